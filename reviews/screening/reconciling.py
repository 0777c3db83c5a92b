"""Outcomes of duplicates that were decided before they were merged."""

from collections import defaultdict

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from reviews.core.audit import because
from reviews.protocol.models import Review
from reviews.screening.decisions import settle
from reviews.screening.models import Decision, ScreeningItem, Settlement, Stage, Verdict

Outcome = ScreeningItem.Outcome
DECIDED = (Outcome.INCLUDED, Outcome.EXCLUDED)


@transaction.atomic
def reconcile(review: Review) -> None:
    """Make a conflict of copies that were decided differently; drop it when they are parted.

    Where both were decided alike, the outcome stands. A conflict that was settled stays settled.
    Harmless to repeat.
    """
    _drop_conflicts(review)
    with because("merged with a duplicate that was decided differently"):
        for item in _differing(review).select_for_update(of=("self",)).order_by("id"):
            ScreeningItem.objects.filter(pk=item.pk).update(outcome=Outcome.CONFLICT, reason=None)


def _differing(review: Review) -> QuerySet[ScreeningItem]:
    """Return settled items of kept records of which a copy was decided differently."""
    settled = Settlement.objects.filter(
        item=OuterRef("pk"),
        revoked_at__isnull=True,
        in_force_at__gt=OuterRef("record__group__created_at"),
    )
    assessed = Decision.objects.filter(item__record=OuterRef("record"), stage=Stage.FULL_TEXT)
    items = ScreeningItem.objects.in_review(review).filter(
        Exists(_resting().exclude(outcome=OuterRef("outcome"))),
        record__kept=True,
        record__group__isnull=False,
        outcome__in=DECIDED,
    )
    # Who read the full text has decided more than anybody did on the abstract.
    begun = items.filter(Exists(assessed), stage=Stage.TITLE_ABSTRACT)
    return items.exclude(Exists(settled)).exclude(pk__in=begun.values("pk"))


def _resting() -> QuerySet[ScreeningItem]:
    """Return the decided items of the copies of an outer item's record, at its stage."""
    return ScreeningItem.objects.filter(
        record__group=OuterRef("record__group"),
        record__kept=False,
        stage=OuterRef("stage"),
        outcome__in=DECIDED,
    )


def _drop_conflicts(review: Review) -> None:
    """Give back their outcome to items whose own decisions agree, when no copy differs."""
    conflicts = ScreeningItem.objects.in_review(review).filter(
        outcome=Outcome.CONFLICT, record__kept=True
    )
    alone = list(conflicts.exclude(Exists(_resting())).select_for_update(of=("self",)))
    kinds: dict[int, set[bool]] = defaultdict(set)
    for decision in Decision.objects.filter(item__in=alone).current():
        kinds[decision.item_id].add(decision.verdict == Verdict.EXCLUDE)
    settle(item for item in alone if len(kinds[item.pk]) == 1)
