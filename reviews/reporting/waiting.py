"""What waits for a member, over all stages, in one query."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import NoReverseMatch, reverse

from reviews.core.counting import count_each
from reviews.dedup.models import PossibleDuplicate
from reviews.extraction import queries as extraction
from reviews.fulltext.models import Report
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.quality import reading as quality
from reviews.screening.conflicts import conflicts_for
from reviews.screening.models import ScreeningItem, Slot, Stage
from reviews.synthesis.changes import stale_plans

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of work: what it is called, where it is done, under which entry it counts."""

    label: str
    view: str
    entry: str
    context: str


TASKS = {
    "possible_duplicates": Task(
        "Compare possible duplicates", "dedup:list", "Duplicates", "Pairs the rules leave to people"
    ),
    "to_screen": Task("Screen records", "screening:screen", "Screening", "By title and abstract"),
    "conflicts": Task(
        "Settle conflicts", "screening:conflicts", "Screening", "At title and abstract"
    ),
    "to_retrieve": Task(
        "Retrieve reports", "fulltext:list", "Full text", "Being sought; find them or say where"
    ),
    "to_assess": Task(
        "Assess reports", "screening:screen_full_text", "Full text", "Retrieved, to be read"
    ),
    "conflicts_at_full_text": Task(
        "Settle conflicts on reports", "screening:conflicts", "Full text", "At full text"
    ),
    "to_extract": Task(
        "Extract studies", "extraction:studies", "Studies", "Yours to begin or to complete"
    ),
    "to_agree": Task(
        "Agree on extractions", "extraction:studies", "Studies", "All drafts are complete"
    ),
    "extractions_to_confirm": Task(
        "Confirm agreements", "extraction:studies", "Studies", "The other extractor proposed one"
    ),
    "to_rate": Task("Rate studies", "quality:matrix", "Quality", "Yours to begin or to complete"),
    "to_reconcile": Task(
        "Reconcile ratings", "quality:matrix", "Quality", "All ratings are complete"
    ),
    "ratings_to_confirm": Task(
        "Confirm ratings", "quality:matrix", "Quality", "The other rater proposed what you agree on"
    ),
    "stale_analyses": Task(
        "Run again", "synthesis:plans", "Analyses", "Tables changed since the last run"
    ),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of "What waits for you"."""

    task: Task
    count: int
    url: str

    @property
    def shown(self) -> str:
        return shown(self.count)


def shown(count: int) -> str:
    """Return a count as the navigation shows it.

    >>> shown(0), shown(999), shown(1000)
    ('', '999', '999+')
    """
    return "" if not count else "999+" if count >= MOST else str(count)


def waiting_counts(review: Review, membership: Membership) -> dict[str, int]:
    """Count what waits for this member, each up to 1,000, in one query."""
    return count_each(querysets_for(review, membership))


def waiting_lines(review: Review, membership: Membership, counts: dict[str, int]) -> list[Waiting]:
    """Return what waits, stale analyses included, with where to do it."""
    if membership.can("run"):
        counts = {**counts, "stale_analyses": len(stale_plans(review))}
    return [
        Waiting(task, counts[name], address(task.view, review))
        for name, task in TASKS.items()
        if counts.get(name)
    ]


def address(view: str, review: Review) -> str:
    """Return where a task is done, or the review's home where a stage offers no such page."""
    try:
        return reverse(view, args=[review.pk])
    except NoReverseMatch:
        return reverse("review", args=[review.pk])


def querysets_for(review: Review, membership: Membership) -> dict[str, QuerySet]:
    """Return what waits for this member, each up to ``MOST`` rows."""
    waiting = _waiting_for(review, membership)
    return {name: rows.order_by().values("pk")[:MOST] for name, rows in waiting.items()}


def _waiting_for(review: Review, membership: Membership) -> dict[str, QuerySet]:
    found: dict[str, QuerySet] = {}
    if membership.can("deduplicate"):
        found["possible_duplicates"] = PossibleDuplicate.objects.waiting_in(review)
    if membership.can("screen"):
        found["to_screen"] = _to_decide(review, membership.user, Stage.TITLE_ABSTRACT)
        found["to_assess"] = _to_decide(review, membership.user, Stage.FULL_TEXT)
    if membership.can("screen") or membership.can("adjudicate"):
        found["conflicts"] = conflicts_for(membership, Stage.TITLE_ABSTRACT)
        found["conflicts_at_full_text"] = conflicts_for(membership, Stage.FULL_TEXT)
    if membership.can("retrieve"):
        found["to_retrieve"] = Report.objects.in_review(review).filter(
            retrieval=Report.Retrieval.SOUGHT
        )
    if membership.can("extract"):
        found |= _named(extraction.waiting_for(review, membership), "extractions_to_confirm")
    if membership.can("rate"):
        found |= _named(quality.waiting_for(review, membership), "ratings_to_confirm")
    return found


def _named(studies: dict[str, QuerySet], to_confirm: str) -> dict[str, QuerySet]:
    """Return what both stages call "to_confirm" under a name of each."""
    return {to_confirm if name == "to_confirm" else name: rows for name, rows in studies.items()}


def _to_decide(review: Review, user: Any, stage: str) -> QuerySet[ScreeningItem]:
    """Return the items with a free decision in which this person took no part."""
    slots = Slot.objects.filter(item=OuterRef("pk"))
    return ScreeningItem.objects.in_review(review).filter(
        Exists(slots.filter(decided=False)),
        ~Exists(slots.filter(reviewer=user, decided=True)),
        stage=stage,
        outcome=ScreeningItem.Outcome.PENDING,
        record__kept=True,
    )
