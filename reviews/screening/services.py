"""The one door to what screening does; see the modules named here for how."""

from django.db.models import QuerySet

from reviews.core.counting import count_each
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.screening.conflicts import (
    adjudicate,
    confirm_consensus,
    conflicts_for,
    propose_consensus,
    refuse_consensus,
    reopen_item,
)
from reviews.screening.decisions import record_decision, settle_due_items, undo_decision
from reviews.screening.models import Stage
from reviews.screening.queue import (
    MOST_WAITING,
    items_left,
    open_full_text,
    open_items,
    records_from_other_methods,
    records_to_screen,
    serve_item,
    skip_item,
)
from reviews.screening.reconciling import reconcile
from reviews.screening.remarks import add_note, toggle_label


def waiting_counts(
    review: Review, membership: Membership, stage: str | None = None
) -> dict[str, int]:
    """Count what waits for this member, each up to 1,000 ("999+" from there on)."""
    return count_each(waiting_for(review, membership, stage or Stage.TITLE_ABSTRACT))


def waiting_for(review: Review, membership: Membership, stage: str) -> dict[str, QuerySet]:
    """Return what waits for this member at a stage, each up to 1,000 rows."""
    screens = membership.can("screen")
    to_screen = items_left(review, stage, by=membership.user)
    conflicts = conflicts_for(membership, stage).values("pk")[:MOST_WAITING]
    return {
        "to_screen": to_screen if screens else to_screen.none(),
        "conflicts": conflicts if screens or membership.can("adjudicate") else conflicts.none(),
    }


__all__ = [
    "add_note",
    "adjudicate",
    "confirm_consensus",
    "open_full_text",
    "open_items",
    "propose_consensus",
    "reconcile",
    "record_decision",
    "records_from_other_methods",
    "records_to_screen",
    "refuse_consensus",
    "reopen_item",
    "serve_item",
    "settle_due_items",
    "skip_item",
    "toggle_label",
    "undo_decision",
    "waiting_counts",
    "waiting_for",
]
