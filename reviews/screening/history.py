"""What may be told about an item: decisions, notes and settlements, as far as a viewer may see."""

from dataclasses import dataclass, field
from typing import Any

from reviews.screening.models import Decision, LabelUse, Note, Reopening, ScreeningItem, Settlement
from reviews.searches.models import Record


@dataclass(slots=True)
class Stages:
    """One stage of a record: its item and what happened there."""

    item: ScreeningItem
    decisions: list[Decision]
    notes: list[Note]
    labels: list[LabelUse]
    settlements: list[Settlement]
    reopenings: list[Reopening]


@dataclass(slots=True)
class Said:
    """A reviewer's standing verdict, with the notes they wrote."""

    decision: Decision
    notes: list[Note] = field(default_factory=list)


def history_of(record: Record, *, viewer: Any) -> list[Stages]:
    """Return what happened to a record, stage by stage."""
    items = list(
        ScreeningItem.objects.filter(record=record).select_related("reason").order_by("id")
    )
    decisions = _visible(Decision, items, viewer).select_related("reviewer", "reason")
    notes = _visible(Note, items, viewer).select_related("author")
    labels = _visible(LabelUse, items, viewer).select_related("label", "author")
    # A settlement of an item that was reopened is hidden again, as its decisions are.
    settlements = Settlement.objects.filter(item__in=items, item__settled_at__isnull=False)
    settlements = settlements.select_related("by", "reason").order_by("id")
    reopenings = Reopening.objects.filter(item__in=items).select_related("by").order_by("id")
    rows = [list(each) for each in (decisions, notes, labels, settlements, reopenings)]
    return [
        Stages(item, *([row for row in kind if row.item_id == item.pk] for kind in rows))
        for item in items
    ]


def _visible(model: Any, items: list[ScreeningItem], viewer: Any):
    return model.objects.filter(item__in=items).visible_to(viewer).order_by("id")


def verdicts_on(item: ScreeningItem, *, viewer: Any) -> list[Said]:
    """Return the standing verdicts on an item this viewer may see, in the order they came."""
    decisions = Decision.objects.filter(item=item).visible_to(viewer).current()
    notes: dict[int, list[Note]] = {}
    for note in _visible(Note, [item], viewer):
        notes.setdefault(note.author_id, []).append(note)
    return [
        Said(decision, notes.get(decision.reviewer_id, []))
        for decision in decisions.select_related("reviewer", "reason").order_by("id")
    ]
