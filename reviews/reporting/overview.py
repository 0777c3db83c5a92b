"""The rows of the team's table, and of the list of my reviews."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from reviews.core.counting import count_each
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.reporting.waiting import MOST, querysets_for, shown
from reviews.screening.models import ScreeningItem, Slot, Stage
from reviews.searches.models import ImportBatch
from reviews.studies.models import Study
from reviews.synthesis.models import Run

MOST_REVIEWS = 100


@dataclass(frozen=True, slots=True)
class TeamRow:
    """How many settled records and reports a member decided on."""

    name: str
    records: int
    reports: int


def team_rows(review: Review, *, viewer: Any) -> list[TeamRow]:
    """Count decisions on settled items alone, so that nothing hints at an open one."""
    settled = Slot.objects.filter(review=review, decided=True, item__settled_at__isnull=False)
    rows = (
        settled.values("reviewer", "reviewer__name", "reviewer__email")
        .annotate(
            records=Count("pk", filter=Q(stage=Stage.TITLE_ABSTRACT)),
            reports=Count("pk", filter=Q(stage=Stage.FULL_TEXT)),
        )
        .order_by("-records", "-reports", "reviewer")
    )
    mine = [row for row in rows if row["reviewer"] == viewer.pk]
    others = [row for row in rows if row["reviewer"] != viewer.pk]
    return [TeamRow("You", row["records"], row["reports"]) for row in mine] + [
        TeamRow(row["reviewer__name"] or row["reviewer__email"], row["records"], row["reports"])
        for row in others
    ]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review in the list of mine."""

    review: Review
    roles: str
    records: int
    studies: int
    stage: str
    percent: int
    to_screen: int
    waiting: int
    changed_at: Any

    @property
    def waiting_shown(self) -> str:
        return shown(self.waiting)


# How far a review is, by the furthest stage that has begun.
STAGES = (
    ("has_runs", "Write-up", 100),
    ("studies", "Extraction", 75),
    ("has_reports", "Full text", 50),
    ("has_items", "Screening", 25),
    ("records", "Searches", 10),
)


def rows_of_my_reviews(user: Any, *, archived: bool) -> tuple[list[ReviewRow], bool]:
    """Return my reviews, the newest first, and whether others are archived."""
    reviews = list(_with_sizes(user, archived)[:MOST_REVIEWS])
    memberships = {
        each.review_id: each
        for each in Membership.objects.open().filter(user=user, review__in=reviews)
    }
    waiting = _waiting(reviews, memberships, user)
    rows = [_row(review, memberships[review.pk], waiting[review.pk]) for review in reviews]
    others = Review.objects.of_member(user).filter(archived_at__isnull=archived)
    return rows, others.exists()


def _with_sizes(user: Any, archived: bool):
    """Annotate sizes that cost the same however long the lists are."""
    batches = ImportBatch.objects.filter(
        review=OuterRef("pk"), committed_at__isnull=False, withdrawn_at__isnull=True
    ).order_by()
    read = batches.values("review").annotate(n=Sum("records_read"))
    last = batches.values("review").annotate(last=Max("committed_at"))
    studies = Study.objects.filter(review=OuterRef("pk")).order_by().values("review")
    items = ScreeningItem.objects.filter(review=OuterRef("pk"), stage=Stage.TITLE_ABSTRACT)
    reports = ScreeningItem.objects.filter(review=OuterRef("pk"), stage=Stage.FULL_TEXT)
    return (
        Review.objects.of_member(user)
        .filter(archived_at__isnull=not archived)
        .annotate(
            records=Coalesce(Subquery(read.values("n")), 0),
            studies=Coalesce(Subquery(studies.annotate(n=Count("pk")).values("n")), 0),
            has_items=Exists(items),
            has_reports=Exists(reports),
            has_runs=Exists(Run.objects.filter(review=OuterRef("pk"), finished_at__isnull=False)),
            changed_at=Coalesce(Subquery(last.values("last")), F("created_at")),
        )
        .order_by("-id")
    )


def _waiting(reviews: list[Review], memberships: dict, user: Any) -> dict[int, dict[str, int]]:
    """Count what waits in all reviews, in one query."""
    querysets, places = {}, {}
    for review in reviews:
        membership = memberships[review.pk]
        membership.user, membership.review = user, review
        for name, queryset in querysets_for(review, membership).items():
            querysets[f"{review.pk} {name}"] = queryset
            places[f"{review.pk} {name}"] = (review.pk, name)
    counts: dict[int, dict[str, int]] = {review.pk: {} for review in reviews}
    for key, count in count_each(querysets).items():
        number, name = places[key]
        counts[number][name] = count
    return counts


def _row(review: Any, membership: Membership, waiting: dict[str, int]) -> ReviewRow:
    begun = (each for each in STAGES if getattr(review, each[0]))
    _, stage, percent = next(begun, ("", "Protocol", 0))
    return ReviewRow(
        review=review,
        roles=membership.role_names,
        records=review.records,
        studies=review.studies,
        stage=stage,
        percent=percent,
        to_screen=min(waiting.get("to_screen", 0), MOST),
        waiting=sum(waiting.values()),
        changed_at=review.changed_at,
    )
