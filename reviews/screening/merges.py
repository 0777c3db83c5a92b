"""What a merge of duplicates means for screening: only the record kept is screened."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from reviews.protocol.models import Review
from reviews.screening.models import (
    Decision,
    LabelUse,
    Note,
    Reopening,
    ScreeningItem,
    Settlement,
    Slot,
)
from reviews.searches.models import Record

TRACES = (Decision, Note, LabelUse, Settlement, Reopening)


def follow_merges(review: Review) -> None:
    """Take items of records no longer kept out of the queue; what was decided is not lost.

    An item somebody worked on moves to the record kept, where that one has none or an untouched
    one, and moves back when the merge is undone. Where both were worked on, the kept record's item
    counts and the other one rests; see ``reconciling`` for outcomes that differ.
    """
    _move_back(review)
    resting = ScreeningItem.objects.in_review(review).filter(record__kept=False)
    _lock(resting)
    Slot.objects.filter(item__in=resting, decided=False).delete()
    for item in worked_on(resting.select_related("record")).order_by("id"):
        _move_to_kept(item)
    untouched(ScreeningItem.objects.in_review(review).filter(record__kept=False)).delete()


def _move_to_kept(item: ScreeningItem) -> None:
    if item.record.group_id is None:
        return
    kept = Record.objects.filter(group=item.record.group_id, kept=True).first()
    if kept is None:
        return
    there = ScreeningItem.objects.filter(record=kept, stage=item.stage)
    _lock(there)
    untouched(there).delete()
    if not there.exists():
        ScreeningItem.objects.filter(pk=item.pk).update(
            record=kept, came_from=item.came_from_id or item.record_id, moved_at=Now()
        )


def _move_back(review: Review) -> None:
    """Return an item to the record it was decided on, once that one stands for itself again.

    Not where people went on deciding after the merge: what they saw was the record kept.
    """
    later = Decision.objects.filter(item=OuterRef("pk"), created_at__gt=OuterRef("moved_at"))
    parted = Q(came_from__group__isnull=True) | ~Q(came_from__group=F("record__group"))
    moved = ScreeningItem.objects.in_review(review).filter(parted, came_from__kept=True)
    for item in moved.exclude(Exists(later)).order_by("id"):
        there = ScreeningItem.objects.filter(record=item.came_from_id, stage=item.stage)
        _lock(there)
        untouched(there).delete()
        if not there.exists():
            ScreeningItem.objects.filter(pk=item.pk).update(
                record=item.came_from_id, came_from=None, moved_at=None
            )


def _lock(items: QuerySet[ScreeningItem]) -> None:
    """Wait for whoever is deciding or noting on these items; what they store is then seen."""
    list(items.select_for_update(of=("self",)).order_by("id").values_list("pk", flat=True))


def worked_on(items: QuerySet[ScreeningItem]) -> QuerySet[ScreeningItem]:
    return items.filter(_traces())


def untouched(items: QuerySet[ScreeningItem]) -> QuerySet[ScreeningItem]:
    """Return items on which nobody has decided, noted or settled anything."""
    return items.exclude(_traces())


def _traces():
    found = [Exists(model.objects.filter(item=OuterRef("pk"))) for model in TRACES]
    either = found[0]
    for each in found[1:]:
        either = either | each
    return either
