"""What pages and later stages read: the matrix, what waits for whom, the agreed levels."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.quality import rules
from reviews.quality.models import Judgement, Rating, ReviewInstrument
from reviews.studies.models import Agreement, Study, StudyReport

MOST_COUNTED = 1_000
SEVERITY = ("", "low", "unclear", "high")
WHERE_AGREED = {"rating__agreed": True}

AGREED, SETTLE, CONFIRM, PROPOSED, WAITING, DRAFT, OPEN, TAKEN = (
    "agreed",
    "settle",
    "confirm",
    "proposed",
    "waiting",
    "draft",
    "open",
    "taken",
)


def worst(levels: Iterable[str]) -> str:
    """Return the most serious of the levels a domain has, one per index test.

    >>> worst(["low", "high", "unclear"]), worst([])
    ('high', '')
    """
    return max(levels, key=SEVERITY.index, default="")


@dataclass(frozen=True, slots=True)
class Column:
    """A domain's risk of bias, or its concern about applicability."""

    kind: str
    code: str
    name: str
    first: bool = False

    @property
    def key(self) -> str:
        return f"{self.code}.{self.kind}"


def columns(definition: rules.Definition) -> list[Column]:
    found = []
    for kind in (rules.BIAS, rules.APPLICABILITY):
        domains = [domain for domain in definition["domains"] if domain[kind]]
        found += [
            Column(kind, domain["code"], domain["name"], first=position == 0)
            for position, domain in enumerate(domains)
        ]
    return found


@dataclass(slots=True)
class Row:
    """A study in the matrix: its agreed levels, and where this person stands with it."""

    study: Study
    state: str
    answered: int = 0
    levels: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def cells(self, shown: Collection[Column]) -> list[tuple[Column, str]]:
        return [(column, worst(self.levels[column.key])) for column in shown]


def studies_of(review: Review):
    """Return the studies to rate, in the order of their labels."""
    return Study.objects.in_review(review)


def matrix_rows(
    studies: Collection[Study], instrument: ReviewInstrument, membership: Membership
) -> list[Row]:
    """Return the matrix for these studies; others' ratings show as their existence only."""
    if instrument.pk is None:
        state = OPEN if membership.can("rate") else TAKEN
        return [Row(study, state) for study in studies]
    viewer = membership.user
    ids = [study.pk for study in studies]
    visible: dict[int, list[Rating]] = defaultdict(list)
    own_or_open = Rating.objects.visible_to(viewer).filter(instrument=instrument, study__in=ids)
    for rating in own_or_open.annotate(answered=Count("answers")):
        visible[rating.study_id].append(rating)
    taken = Counter(_places(instrument).filter(study__in=ids).values_list("study", flat=True))
    rows = {
        study.pk: _row(study, visible[study.pk], taken[study.pk], membership) for study in studies
    }
    _mark_proposals(rows, instrument, viewer)
    agreed = Judgement.objects.visible_to(viewer).filter(
        **WHERE_AGREED, rating__instrument=instrument, rating__study__in=ids
    )
    for study, domain, kind, level in agreed.values_list(
        "rating__study", "domain", "kind", "level"
    ):
        rows[study].levels[f"{domain}.{kind}"].append(level)
    return list(rows.values())


def _mark_proposals(rows: dict[int, Row], instrument: ReviewInstrument, viewer: Any) -> None:
    """Say of studies to settle who is to confirm a proposal; adjudicators still settle."""
    found = proposals(instrument.review_id).visible_to(viewer).proposed()
    found = found.filter(study__in=list(rows), instrument=instrument.code)
    rated = Rating.objects.complete().filter(
        study=OuterRef("study"), instrument=instrument, rater=viewer
    )
    mine = found.waiting_for(viewer).values("pk")
    found = found.filter(Exists(rated)).annotate(to_confirm=Q(pk__in=mine))
    for study, to_confirm in found.values_list("study", "to_confirm"):
        if rows[study].state == SETTLE:
            rows[study].state = CONFIRM if to_confirm else PROPOSED


def proposals(review: Any):
    """Return the agreements on ratings of the review, proposed or in force."""
    return Agreement.objects.in_review(review).filter(kind=Agreement.Kind.RATING)


def _places(instrument: ReviewInstrument):
    """Return the ratings that hold a place; only that they exist may show."""
    return Rating.objects.holding_places().filter(instrument=instrument)


def _row(study: Study, visible: list[Rating], taken: int, membership: Membership) -> Row:
    own = next((r for r in visible if r.rater_id == membership.user.pk), None)
    if own and own.status == Rating.Status.RELEASED:
        own = None
    return Row(study, _state(visible, own, taken, membership), own.answered if own else 0)


def _state(visible: list[Rating], own: Rating | None, taken: int, membership: Membership) -> str:
    needed = membership.review.raters
    if any(rating.agreed for rating in visible):
        return AGREED
    if sum(rating.status == Rating.Status.COMPLETE for rating in visible) >= needed:
        may = own is not None or membership.can("adjudicate")
        return SETTLE if may else TAKEN
    if own:
        return DRAFT if own.status == Rating.Status.DRAFT else WAITING
    return OPEN if membership.can("rate") and taken < needed else TAKEN


def taken_on(instrument: ReviewInstrument) -> list[tuple[str, int]]:
    """Return how many studies each person has taken on; how far they are does not show."""
    if instrument.pk is None:
        return []
    names = _places(instrument).values_list("rater__name", flat=True)
    return sorted(Counter(names[: 5 * MOST_COUNTED]).items())


@dataclass(frozen=True, slots=True)
class Bar:
    """How often a domain was judged low, unclear and high; shares are of a hundred."""

    column: Column
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def parts(self) -> list[dict[str, Any]]:
        parts, left = [], 0.0
        for level in ("low", "unclear", "high"):
            width = 100 * self.counts.get(level, 0) / self.total if self.total else 0
            parts.append(
                {
                    "level": level,
                    "count": self.counts.get(level, 0),
                    "left": f"{left:.3f}",
                    "width": f"{width:.3f}",
                }
            )
            left += width
        return parts


def summary(instrument: ReviewInstrument, *, viewer: Any) -> list[Bar]:
    """Return the agreed judgements counted by domain, of a thousand studies at most."""
    if instrument.pk is None:
        return []
    agreed = Rating.objects.agreed().filter(instrument=instrument).order_by("id")
    counted = (
        Judgement.objects.visible_to(viewer)
        .filter(rating__in=agreed.values("pk")[:MOST_COUNTED])
        .values("domain", "kind", "level")
        .annotate(count=Count("id"))
        .order_by()
    )
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for each in counted:
        counts[f"{each['domain']}.{each['kind']}"][each["level"]] = each["count"]
    if not counts:
        return []
    return [Bar(column, counts[column.key]) for column in columns(instrument.definition)]


def waiting_for(review: Review, membership: Membership) -> dict[str, Any]:
    """Return the studies that wait for this person, as querysets: to rate, to reconcile, and
    to confirm what another rater proposed."""
    of_study = Rating.objects.filter(study=OuterRef("pk"))
    own = of_study.independent().filter(rater=membership.user)
    held = of_study.holding_places()
    begun = Exists(own.filter(status=Rating.Status.DRAFT))
    hidden = Exists(of_study.in_progress())
    studies = studies_of(review).filter(~Exists(of_study.agreed()))
    if not membership.can("rate"):
        studies = studies.none()
    proposed = proposals(review).filter(study=OuterRef("pk"))
    complete = studies.alias(complete=_count(of_study.complete())).filter(
        Exists(own.complete()), ~hidden, complete__gte=review.raters
    )
    return {
        "to_rate": studies.alias(held=_count(held)).filter(
            begun | (~Exists(own) & Q(held__lt=review.raters))
        ),
        "to_reconcile": complete.filter(~Exists(proposed.proposed())),
        "to_confirm": complete.filter(Exists(proposed.waiting_for(membership.user))),
    }


def waiting_counts(review: Review, membership: Membership) -> dict[str, int]:
    """Return how many studies wait for this person for each task, 1,000 at most."""
    return {
        name: len(studies.values_list("pk")[:MOST_COUNTED])
        for name, studies in waiting_for(review, membership).items()
    }


def _count(ratings: Any) -> Any:
    counted = ratings.order_by().values("study").annotate(n=Count("id")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def own_rating(review: Review, study_id: int, code: str, *, rater: Any) -> Rating | None:
    """Return this person's rating of the study, if they have one in hand."""
    return (
        Rating.objects.in_review(review)
        .independent()
        .filter(study=study_id, instrument__code=code, rater=rater)
        .select_related("study", "instrument")
        .first()
    )


def primary_report(study: Study) -> int | None:
    """Return the id of the report that describes the study first of all."""
    links = StudyReport.objects.filter(study=study).order_by("-primary", "id")
    return links.values_list("report", flat=True).first()


def agreed_rating(review: Review, study_id: int, code: str) -> Rating | None:
    return (
        Rating.objects.in_review(review)
        .agreed()
        .filter(study=study_id, instrument__code=code)
        .select_related("study", "instrument", "agreed_by")
        .first()
    )


def sections_of(definition: rules.Definition, sheet: rules.Sheet) -> list[rules.Section]:
    """Return the sections a rating has."""
    return list(rules.sections(definition, rules.tests_of(sheet)))


def read_out(
    definition: rules.Definition, sheet: rules.Sheet, names: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return a rating for reading, domain by domain."""
    return [
        {
            "section": section,
            "test": names.get(section.test, "index test") if section.test else "",
            "judgements": [
                (
                    rules.KIND_NAMES[kind],
                    *sheet.judgements.get(section.judgement_key(kind), ("", "")),
                )
                for kind in section.kinds
            ],
            "questions": [
                (question, sheet.answers.get(section.answer_key(question["item"]), ""))
                for question in section.questions
            ],
        }
        for section in sections_of(definition, sheet)
    ]
