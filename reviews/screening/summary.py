"""What the overview tells: one's own progress, settled totals, agreement."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Now

from reviews.core.counting import count_each
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.screening.agreement import Agreement, Coefficient, measure_agreement
from reviews.screening.models import Decision, Reopening, ScreeningItem, Stage
from reviews.screening.queue import MOST_WAITING, records_waiting_to_open, slots_decided
from reviews.screening.services import waiting_for

ADVANCE, EXCLUDE = "include", "exclude"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviewers and how far they agree at a stage."""

    first: Any
    second: Any
    agreement: Agreement

    @property
    def cells(self) -> list[tuple[str, str, str]]:
        """Return estimate, interval and, where there is none, the reason of each coefficient."""
        found = self.agreement
        return [_cell(each) for each in (found.raw, found.kappa, found.pabak, found.ac1)]


def _cell(found: Coefficient) -> tuple[str, str, str]:
    """Write a coefficient as people read it.

    >>> _cell(Coefficient(estimate=0.5, low=-0.25, high=0.8))
    ('0.50', '\u22120.25 to 0.80', '')
    """
    if found.estimate is None:
        return "", "", found.reason
    low, high = (None if bound is None else _number(bound) for bound in (found.low, found.high))
    return _number(found.estimate), f"{low} to {high}" if low is not None else "", found.reason


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\u2212")


def summary(review: Review, membership: Membership) -> dict[str, Any]:
    """Return one's own progress and the settled totals of each stage, and what is not taken in.

    Nothing of others' pending work shows.
    """
    querysets = {"unopened": records_waiting_to_open(review)}
    for stage in Stage:
        waiting = waiting_for(review, membership, stage)
        querysets |= {f"{stage} {name}": rows for name, rows in waiting.items()}
        querysets[f"{stage} decided"] = slots_decided(review, stage, by=membership.user)
    counts = count_each(querysets)
    totals = _totals(review)
    return {
        "unopened": counts["unopened"],
        "stages": [_stage(stage, totals[stage], counts) for stage in Stage],
    }


def _totals(review: Review) -> dict[str, dict[str, int]]:
    """Count the items of each stage by outcome."""
    items = ScreeningItem.objects.in_review(review).filter(record__kept=True)
    totals = {stage.value: dict.fromkeys(ScreeningItem.Outcome.values, 0) for stage in Stage}
    for stage, outcome, number in items.values_list("stage", "outcome").annotate(Count("id")):
        totals[stage][outcome] = number
    return totals


def _stage(stage: Stage, totals: dict[str, int], counts: dict[str, int]) -> dict[str, Any]:
    mine = {name: counts[f"{stage} {name}"] for name in ("to_screen", "conflicts", "decided")}
    return {
        "stage": stage,
        "opened": sum(totals.values()),
        "totals": totals,
        **mine,
        "shown": {name: shown(count) for name, count in mine.items()},
    }


def shown(count: int) -> str:
    """Return a count as people read it.

    >>> shown(7), shown(1000)
    ('7', '999+')
    """
    return f"{MOST_WAITING - 1}+" if count >= MOST_WAITING else str(count)


def agreement_of_pairs(review: Review, stage: str, *, viewer) -> list[Pair]:
    """Return each pair's agreement over settled items, by their last verdicts before unblinding.

    Include and maybe count as one, as they do when an item settles.
    """
    verdicts: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for item, reviewer, verdict in _blind_verdicts(review, stage, viewer):
        if verdict != Decision.WITHDRAWN:
            verdicts[item].append((reviewer, EXCLUDE if verdict == EXCLUDE else ADVANCE))
    cells: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for given in verdicts.values():
        for (first, one), (second, other) in combinations(sorted(given), 2):
            cells[first, second].append((one, other))
    people = get_user_model().objects.in_bulk({each for pair in cells for each in pair})
    return [
        Pair(people[first], people[second], measure_agreement(both, categories=[ADVANCE, EXCLUDE]))
        for (first, second), both in sorted(cells.items())
    ]


def _blind_verdicts(review: Review, stage: str, viewer):
    """Return each reviewer's last verdict on each settled item before anybody saw another's."""
    reopened = (
        Reopening.objects.filter(item=OuterRef("item"))
        .order_by()
        .values("item")
        .annotate(first=Min("created_at"))
        .values("first")
    )
    decisions = (
        Decision.objects.in_review(review)
        .visible_to(viewer)
        .filter(stage=stage, item__settled_at__lte=Now(), item__record__kept=True)
    )
    blind = decisions.annotate(unblinded=Subquery(reopened)).filter(
        Q(unblinded__isnull=True) | Q(created_at__lt=F("unblinded"))
    )
    last = blind.order_by("item", "reviewer", "-revision").distinct("item", "reviewer")
    return last.values_list("item_id", "reviewer_id", "verdict")
