"""The activity of a review, read from the audit trail: what this person may know of it.

Events of rows whose content is hidden (independent judgements before all are in) are hidden with
them, by the same ``visible_to`` as the rows themselves.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils.dateparse import parse_datetime

from reviews import models as all_models
from reviews.core.errors import DomainError
from reviews.core.paging import UNREADABLE
from reviews.protocol.models import Review

SIZE = 50
STAGES: dict[str, tuple[str, ...]] = {
    "Protocol": (
        *("Review", "IndexTest", "TargetCondition", "ReferenceStandard", "Criterion"),
        *("ExclusionReason", "HighlightTerm", "Label"),
    ),
    "Team": ("Membership", "Invitation", "ApiToken"),
    "Searches": ("Source", "Search", "SearchStatement", "ImportBatch", "Record"),
    "Duplicates": ("DuplicateGroup", "PossibleDuplicate"),
    "Screening": (
        *("ScreeningItem", "Decision", "Settlement", "Confirmation", "Reopening", "Note"),
        "LabelUse",
    ),
    "Full text": ("Report", "ReportFile"),
    "Studies": (
        *("Study", "StudyReport", "Extraction", "Cohort", "TwoByTwo", "Pin"),
        *("Agreement", "AgreementConfirmation"),
    ),
    "Quality": ("ReviewInstrument", "Rating", "Answer", "Judgement"),
    "Analyses": ("Plan", "Run"),
}
STAGE_OF = {name: stage for stage, names in STAGES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Key:
    """Where an event stands in the order: time, then table, then number within it."""

    when: str
    table: int
    number: int

    def cursor(self) -> str:
        text = json.dumps([self.when, self.table, self.number])
        return base64.urlsafe_b64encode(text.encode()).decode()


Place = tuple[datetime, int, int]  # what a Key holds, to be compared
ASKED_FIRST = 6  # tables; the next time twice as many


@dataclass(frozen=True, slots=True)
class Found:
    """An event as found, before its words are made."""

    key: Key
    model: type[models.Model]
    label: str
    row: dict[str, Any]
    earlier: dict[str, Any] | None
    context: dict[str, Any]
    when: datetime


def event_models() -> list[type[models.Model]]:
    """Return the event model of every audited model of a review, in a lasting order."""
    found = [
        model
        for model in apps.get_app_config("reviews").get_models()
        if hasattr(model, "pgh_tracked_model") and _tracked(model) in STAGE_OF
    ]
    return sorted(found, key=_tracked)


def _tracked(event_model: Any) -> str:
    return event_model.pgh_tracked_model.__name__


def find_events(
    review: Review,
    viewer: Any,
    *,
    person: int | None = None,
    stage: str = "",
    before: str = "",
    size: int = SIZE,
) -> tuple[list[Found], str]:
    """Return the newest events this person may see, and the cursor to older ones, or none."""
    keys = _keys(review, viewer, person=person, stage=stage, before=before, size=size + 1)
    events = _with_rows(keys[:size])
    return events, keys[size - 1].cursor() if len(keys) > size else ""


def _keys(review, viewer, *, person, stage, before, size) -> list[Key]:
    """Find the newest rows over all event tables.

    Those with the newest events are asked first, and no more once none of the others can hold an
    event as new as the last one found: what a person may know costs most of the time.
    """
    end = _place(before) if before else None
    heads = _heads(review, stage, end)
    found: list[Place] = []
    many = ASKED_FIRST
    while heads and (len(found) < size or found[-1][:2] < heads[0]):
        asked, heads = [table for _, table in heads[:many]], heads[many:]
        rows = _newest(asked, review, viewer, person=person, end=end, size=size)
        found = sorted([*found, *rows], reverse=True)[:size]
        many *= 2
    return [Key(when.isoformat(), table, number) for when, table, number in found]


def _heads(review: Review, stage: str, end: Place | None) -> list[tuple[datetime, int]]:
    """Return when the newest event of each table was, whoever may know it; the newest first."""
    branches, parameters = [], []
    for number, model in enumerate(event_models()):
        if stage and STAGE_OF[_tracked(model)] != stage:
            continue
        table = connection.ops.quote_name(model._meta.db_table)
        owner = "pgh_obj_id" if _tracked(model) == "Review" else "review_id"
        branches.append(_HEAD.format(table=table, owner=owner, end=_UP_TO if end else ""))
        parameters += [number, review.pk, *([end[0]] if end else [])]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(branches), parameters)
        return sorted(cursor.fetchall(), reverse=True)


_HEAD = """
(SELECT pgh_created_at, %s::int FROM {table} WHERE {owner} = %s {end}
 ORDER BY pgh_created_at DESC LIMIT 1)
"""
_UP_TO = "AND pgh_created_at <= %s"


def _newest(
    tables: list[int], review, viewer, *, person: int | None, end: Place | None, size: int
) -> list[Place]:
    """Return where the newest events of some tables stand that this person may read."""
    models_, branches = event_models(), []
    for number in tables:
        rows = visible_events(models_[number], review, viewer)
        if person is not None:
            rows = rows.filter(pgh_context__metadata__user=person)
        if end:
            rows = rows.filter(_before(end, number))
        rows = rows.annotate(pgh_table=Value(number, models.IntegerField()))
        rows = rows.order_by("-pgh_created_at", "-pgh_id")
        branches.append(rows.values_list("pgh_created_at", "pgh_table", "pgh_id")[:size])
    return list(branches[0].union(*branches[1:], all=True) if len(branches) > 1 else branches[0])


def _place(cursor: str) -> Place:
    try:
        when, table, number = json.loads(base64.urlsafe_b64decode(cursor))
        moment, table, number = parse_datetime(when), int(table), int(number)
        if moment is None or moment.tzinfo is None:
            raise ValueError
    except UNREADABLE as error:
        raise DomainError("This page of the list no longer exists. Start at the first.") from error
    return moment, table, number


def _before(end: Place, table: int) -> Q:
    moment, other_table, number = end
    earlier = Q(pgh_created_at__lt=moment)
    if table < other_table:
        return earlier | Q(pgh_created_at=moment)
    if table == other_table:
        return earlier | Q(pgh_created_at=moment, pgh_id__lt=number)
    return earlier


def visible_events(model: Any, review: Review, viewer: Any) -> QuerySet:
    """Return the events of one table this person may read."""
    name = _tracked(model)
    rows = (
        model.objects.filter(pgh_obj=review.pk)
        if name == "Review"
        else model.objects.filter(review=review)
    )
    rule = HIDDEN.get(name)
    return rows.filter(rule(review, viewer)) if rule else rows


def _settled_or_by(field: str):
    def rule(review: Review, viewer: Any) -> Q:
        settled = all_models.ScreeningItem.objects.settled().filter(pk=OuterRef("item_id"))
        return Q(**{field: viewer.pk}) | Exists(settled)

    return rule


def _on_settled(review: Review, viewer: Any) -> Q:
    """A settlement is hidden again when its item is reopened, as the decisions are."""
    settled = all_models.ScreeningItem.objects.settled().filter(pk=OuterRef("item_id"))
    return Q(Exists(settled))


def _of_settlement_on_settled(review: Review, viewer: Any) -> Q:
    settlements = all_models.Settlement.objects.in_review(review)
    return Q(settlement_id__in=settlements.filter(item__settled_at__isnull=False).values("pk"))


def _within_extraction(review: Review, viewer: Any) -> Q:
    extractions = all_models.Extraction.objects.in_review(review).visible_to(viewer)
    return Q(extraction_id__in=extractions.values("pk"))


def _within_cohort(review: Review, viewer: Any) -> Q:
    """Follow the cohort's own events: the cohort may be gone."""
    extractions = all_models.Extraction.objects.in_review(review).visible_to(viewer)
    cohorts = apps.get_model("reviews", "CohortEvent").objects.filter(
        review=review, extraction_id__in=extractions.values("pk")
    )
    return Q(cohort_id__in=cohorts.values("pgh_obj_id"))


def _within_rating(review: Review, viewer: Any) -> Q:
    ratings = all_models.Rating.objects.in_review(review).visible_to(viewer)
    return Q(rating_id__in=ratings.values("pk"))


def _of_leads(review: Review, viewer: Any) -> Q:
    leads = all_models.Membership.objects.who_can("manage").filter(review=review)
    return Q(Exists(leads.filter(user=viewer)))


HIDDEN = {
    # The team's page shows invitations to leads, and tokens to their owner.
    "Invitation": _of_leads,
    "ApiToken": lambda review, viewer: Q(user_id=viewer.pk),
    "Decision": _settled_or_by("reviewer_id"),
    "Note": _settled_or_by("author_id"),
    "LabelUse": _settled_or_by("author_id"),
    "Settlement": _on_settled,
    "Confirmation": _of_settlement_on_settled,
    # That an item waits for its undo window would tell that the last decision is in.
    "ScreeningItem": lambda review, viewer: Q(settled_at__isnull=False),
    "Extraction": lambda review, viewer: Q(
        pgh_obj_id__in=all_models.Extraction.objects.in_review(review)
        .visible_to(viewer)
        .values("pk")
    ),
    "Cohort": _within_extraction,
    "Pin": _within_extraction,
    "TwoByTwo": _within_cohort,
    "Rating": lambda review, viewer: Q(
        pgh_obj_id__in=all_models.Rating.objects.in_review(review).visible_to(viewer).values("pk")
    ),
    "Agreement": lambda review, viewer: Q(
        pgh_obj_id__in=all_models.Agreement.objects.in_review(review)
        .visible_to(viewer)
        .values("pk")
    ),
    "AgreementConfirmation": lambda review, viewer: Q(
        agreement_id__in=all_models.Agreement.objects.in_review(review)
        .visible_to(viewer)
        .values("pk")
    ),
    "Answer": _within_rating,
    "Judgement": _within_rating,
}


def _with_rows(keys: list[Key]) -> list[Found]:
    """Fetch the events with what the row was before and who changed it, in one query."""
    if not keys:
        return []
    tables = event_models()
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(*_rows_sql(keys, tables))
        for table, number, label, when, row, earlier, context in cursor.fetchall():
            row, earlier, context = (_read(value) for value in (row, earlier, context))
            found[table, number] = (label, when, row, earlier, context or {})
    events = []
    for key in keys:
        label, when, row, earlier, context = found[key.table, key.number]
        model = tables[key.table].pgh_tracked_model
        events.append(Found(key, model, label, row, earlier, context, when))
    return events


def _rows_sql(keys: list[Key], tables: list[Any]) -> tuple[str, list[Any]]:
    branches, parameters = [], []
    for number in sorted({key.table for key in keys}):
        name = connection.ops.quote_name(tables[number]._meta.db_table)
        branches.append(_BRANCH.format(table=name))
        parameters += [number, [key.number for key in keys if key.table == number]]
    return " UNION ALL ".join(branches), parameters


_BRANCH = """
SELECT %s::int, event.pgh_id, event.pgh_label, event.pgh_created_at, to_jsonb(event),
    (SELECT to_jsonb(earlier) FROM {table} AS earlier
     WHERE earlier.pgh_obj_id = event.pgh_obj_id AND earlier.pgh_id < event.pgh_id
     ORDER BY earlier.pgh_id DESC LIMIT 1),
    context.metadata
FROM {table} AS event LEFT JOIN pghistory_context AS context ON context.id = event.pgh_context_id
WHERE event.pgh_id = ANY(%s)
"""


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
