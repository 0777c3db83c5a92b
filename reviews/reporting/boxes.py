"""The boxes of the flow diagram as conditions on records: counted and listed by the same one."""

from collections.abc import Mapping
from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from reviews.core.errors import DomainError
from reviews.fulltext.models import Report
from reviews.protocol.models import ExclusionReason, Review
from reviews.screening.models import ScreeningItem, Stage
from reviews.searches.models import ImportBatch, Record, Source
from reviews.studies.models import StudyReport

KIND = "batch__search__source__kind"
DATABASES = (Source.Kind.DATABASE, Source.Kind.REGISTER)
FROM_DATABASES = Q(**{f"{KIND}__in": DATABASES})

Outcome = ScreeningItem.Outcome
MAIN, OTHER = Q(kept=True, main=True), Q(kept=True, main=False)
ASSESSED = Q(at_full_text__in=[Outcome.INCLUDED, Outcome.EXCLUDED, Outcome.AUTOMATION])
NOT_RETRIEVED = Q(retrieval=Report.Retrieval.NOT_RETRIEVED)
RETRIEVED = Q(retrieval=Report.Retrieval.RETRIEVED)
UNDECIDED = Q(at_title__in=["", Outcome.PENDING, Outcome.CONFLICT])
DUPLICATE = FROM_DATABASES & Q(kept=False, stands_in=False)
KNOWN_ALREADY = ~FROM_DATABASES & (Q(kept=False) | Q(main=True))


def _from_retrieval_on(prefix: str, sought: Q) -> dict[str, Q]:
    """Return the boxes of one side of the diagram, from the reports sought."""
    awaiting = sought & ~NOT_RETRIEVED & ~ASSESSED
    return {
        f"{prefix}sought": sought,
        f"{prefix}not_retrieved": sought & NOT_RETRIEVED,
        f"{prefix}awaiting_retrieval": awaiting & ~RETRIEVED,
        f"{prefix}awaiting_assessment": awaiting & RETRIEVED,
        f"{prefix}assessment_in_conflict": awaiting & RETRIEVED & Q(at_full_text=Outcome.CONFLICT),
        f"{prefix}assessed": sought & ASSESSED,
        f"{prefix}reports_excluded": sought & ASSESSED & ~Q(at_full_text=Outcome.INCLUDED),
        f"{prefix}reports_included": sought & Q(at_full_text=Outcome.INCLUDED),
    }


# Identification: by the source of each copy.
IDENTIFICATION: dict[str, Q] = {
    "databases": Q(**{KIND: Source.Kind.DATABASE}),
    "registers": Q(**{KIND: Source.Kind.REGISTER}),
    "identified": FROM_DATABASES,
    "duplicates": DUPLICATE,
    "websites": Q(**{KIND: Source.Kind.WEBSITE}),
    "organisations": Q(**{KIND: Source.Kind.ORGANISATION}),
    "citation_searching": Q(**{KIND: Source.Kind.CITATION}),
    "contacts": Q(**{KIND: Source.Kind.CONTACT}),
    "elsewhere": Q(**{KIND: Source.Kind.OTHER}),
    "other_identified": ~FROM_DATABASES,
    "other_duplicates": KNOWN_ALREADY,
}
# From screening on: by the outcome of the one record that is kept of each report.
OUTCOMES: dict[str, Q] = {
    "ineligible_by_automation": MAIN & Q(at_title=Outcome.AUTOMATION),
    "awaiting_screening": MAIN & UNDECIDED,
    "in_conflict": MAIN & Q(at_title=Outcome.CONFLICT),
    "screened": MAIN & Q(at_title__in=[Outcome.INCLUDED, Outcome.EXCLUDED]),
    "excluded": MAIN & Q(at_title=Outcome.EXCLUDED),
    **_from_retrieval_on("", MAIN & Q(at_title=Outcome.INCLUDED)),
    **_from_retrieval_on("other_", OTHER),
    "included_reports": (OTHER | MAIN & Q(at_title=Outcome.INCLUDED))
    & Q(at_full_text=Outcome.INCLUDED, described=True),
    "reports_without_study": (OTHER | MAIN & Q(at_title=Outcome.INCLUDED))
    & Q(at_full_text=Outcome.INCLUDED, described=False),
}
BOXES = IDENTIFICATION | OUTCOMES
# What the conditions of ``OUTCOMES`` ask of a record, with plain values or lists of them.
STATES = ("kept", "main", "at_title", "at_full_text", "retrieval", "described")

TITLES = {
    "databases": "Records identified from databases",
    "registers": "Records identified from registers",
    "identified": "Records identified from databases and registers",
    "duplicates": "Duplicate records removed",
    "websites": "Records identified from websites",
    "organisations": "Records identified from organisations",
    "citation_searching": "Records identified by citation searching",
    "contacts": "Records identified by contact with authors",
    "elsewhere": "Records identified in other ways",
    "other_identified": "Records identified by other methods",
    "other_duplicates": "Records from other methods that were known already",
    "ineligible_by_automation": "Records marked as ineligible by automation tools",
    "awaiting_screening": "Records awaiting screening",
    "in_conflict": "Records in conflict",
    "screened": "Records screened",
    "excluded": "Records excluded",
    "sought": "Reports sought for retrieval",
    "not_retrieved": "Reports not retrieved",
    "awaiting_retrieval": "Reports being sought",
    "awaiting_assessment": "Reports awaiting assessment",
    "assessment_in_conflict": "Reports in conflict",
    "assessed": "Reports assessed for eligibility",
    "reports_excluded": "Reports excluded",
    "reports_included": "Reports included",
    "included_reports": "Reports of included studies",
    "reports_without_study": "Reports included, not yet assigned to a study",
}


def title_of(box: str) -> str:
    """Return the words for a box, those of other methods too."""
    if box in TITLES:
        return TITLES[box]
    return f"{TITLES[box.removeprefix('other_')]}, other methods"


def records_of(review: Review) -> QuerySet[Record]:
    """Return the review's records with what the conditions ask for.

    ``main`` says whether any copy came from a database or register; ``stands_in`` marks the copy
    that counts for its report where the kept one came by another method.
    """
    records = Record.objects.in_review(review).filter(batch__withdrawn_at__isnull=True)
    # Asked beforehand: joined in each subquery, three more tables leave the planner room for a
    # plan of nested scans wherever it has seen the tables empty.
    batches = ImportBatch.objects.in_review(review).filter(search__source__kind__in=DATABASES)
    of_databases = Q(batch__in=list(batches.values_list("pk", flat=True)))
    copies = Record.objects.filter(of_databases, group=OuterRef("group"))
    kept_elsewhere = Record.objects.filter(~of_databases, group=OuterRef("group"), kept=True)
    first_copy = copies.order_by().values("group").annotate(first=Min("id")).values("first")
    return records.annotate(
        title_item=FilteredRelation("items", condition=Q(items__stage=Stage.TITLE_ABSTRACT)),
        full_item=FilteredRelation("items", condition=Q(items__stage=Stage.FULL_TEXT)),
        at_title=Coalesce("title_item__outcome", Value("")),
        at_full_text=Coalesce("full_item__outcome", Value("")),
        retrieval=Coalesce("reports__retrieval", Value("")),
        reason=F("full_item__reason"),
        main=_is(FROM_DATABASES | Q(Exists(copies))),
        stands_in=_is(Q(Exists(kept_elsewhere)) & Q(id=Subquery(first_copy))),
        described=_is(
            Q(at_full_text=Outcome.INCLUDED)
            & Q(Exists(StudyReport.objects.filter(report__record=OuterRef("pk"))))
        ),
    )


def records_in(
    review: Review, box: str, *, source: int | None = None, reason: int | None = None
) -> QuerySet[Record]:
    """Return exactly the records a box counts, or those of one source or reason in it.

    Raises
    ------
    DomainError
        There is no such box.
    """
    if box not in BOXES:
        raise DomainError("The diagram has no such box.")
    records = records_of(review).filter(BOXES[box])
    if source is not None:
        records = records.filter(batch__search__source=source)
    if reason is not None:
        records = records.filter(reason=reason or None)
    return records


def part_of(review: Review, *, source: int | None, reason: int | None) -> str:
    """Return the name of the source or reason a box is narrowed to, or nothing."""
    for model, number in ((ExclusionReason, reason), (Source, source)):
        if number and (found := model.objects.filter(review=review, pk=number).first()):
            return found.name
    return ""


def holds(condition: Q, state: Mapping[str, Any]) -> bool:
    """Ask a condition of one combination of ``STATES``, as the database would of a record.

    >>> holds(~Q(kept=False) & Q(retrieval__in=["sought", ""]), {"kept": True, "retrieval": ""})
    True
    """
    answers = (
        holds(part, state) if isinstance(part, Q) else _is_value(state, *part)
        for part in condition.children
    )
    joined = any(answers) if condition.connector == Q.OR else all(answers)
    return joined != condition.negated


def _is_value(state: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name.endswith("__in"):
        return state[name.removesuffix("__in")] in wanted
    return state[name] == wanted


def _is(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())
