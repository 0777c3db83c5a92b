"""The one door to what screening does; see the modules named here for how."""

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
    count_left,
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
    stage = stage or Stage.TITLE_ABSTRACT
    conflicts = conflicts_for(membership, stage)[:MOST_WAITING]
    screens = membership.can("screen")
    return {
        "to_screen": count_left(review, stage, by=membership.user) if screens else 0,
        "conflicts": conflicts.count() if screens or membership.can("adjudicate") else 0,
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
]
