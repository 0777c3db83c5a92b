"""Take decisions, take them back, and settle items once nothing can be undone any more."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.protocol.models import ExclusionReason
from reviews.screening import rules
from reviews.screening.models import Decision, ScreeningItem, Skip, Slot, Stage, Verdict
from reviews.screening.queue import LEASE, lock_reviewer

BATCH = 500
MOST_SECONDS = 24 * 3600
MOST_UNDONE = 30

TOO_LATE = (
    "The time to change this decision is over. A lead of the review can reopen it, with a reason."
)
NOT_NEEDED = (
    "This record was settled or given to somebody else meanwhile. Your decision was not stored."
)


def lock_item(item: ScreeningItem) -> ScreeningItem:
    """Lock the item's row and return it as it is now, with its record and review."""
    locked = ScreeningItem.objects.select_for_update(of=("self",))
    found = locked.select_related("record", "review").filter(pk=item.pk).first()
    if found is None:
        raise DomainError("This record was taken out of screening meanwhile. It was not stored.")
    return found


@transaction.atomic
def record_decision(
    item: ScreeningItem,
    *,
    by,
    verdict: str,
    reason: ExclusionReason | None = None,
    seconds: int | None = None,
    idempotency_key: uuid.UUID | None = None,
) -> Decision:
    """Append a reviewer's verdict; the same key again returns the same decision.

    The item settles when all decisions it needs are in and none can be undone any more.
    """
    # One's other tabs wait: they must not be served this item while its slot is being taken.
    lock_reviewer(item.review_id, by)
    item = lock_item(item)
    key = idempotency_key or uuid.uuid4()
    if earlier := Decision.objects.filter(reviewer=by, idempotency_key=key).first():
        return _same(earlier, item)
    check_verdict(item, verdict=verdict, reason=reason)
    _refuse_settled(item)
    standing = _standing_decision(item, by=by)
    if standing and not _can_be_undone(standing, item):
        raise DomainError(TOO_LATE)
    slot = _slot_for(item, by=by)
    decision = Decision.objects.create(
        review_id=item.review_id,
        item=item,
        stage=item.stage,
        reviewer=by,
        revision=_next_revision(item, by=by),
        verdict=verdict,
        reason=reason,
        seconds=None if seconds is None else max(0, min(seconds, MOST_SECONDS)),
        idempotency_key=key,
    )
    Slot.objects.filter(pk=slot.pk).update(reviewer=by, decided=True, until=None)
    Skip.objects.filter(item=item, reviewer=by).delete()
    _schedule(item)
    return decision


def check_verdict(item: ScreeningItem, *, verdict: str, reason: ExclusionReason | None) -> None:
    """Refuse verdicts and reasons the stage does not have."""
    full_text = item.stage == Stage.FULL_TEXT
    if verdict not in Verdict.values:
        raise DomainError("Decide include, maybe or exclude.")
    if full_text and verdict == Verdict.MAYBE:
        raise DomainError("At full text a report is included or excluded.")
    if verdict != Verdict.EXCLUDE and reason is not None:
        raise DomainError("Only an exclusion has a reason.")
    if full_text and verdict == Verdict.EXCLUDE and reason is None:
        raise DomainError("Excluding a report at full text needs a reason.")
    if reason is not None:
        _check_reason(item, reason)


def _check_reason(item: ScreeningItem, reason: ExclusionReason) -> None:
    here = reason.at_full_text if item.stage == Stage.FULL_TEXT else reason.at_title_abstract
    if reason.review_id != item.review_id or reason.retired_at or not here:
        raise DomainError("The protocol has no such exclusion reason at this stage.")


def _same(earlier: Decision, item: ScreeningItem) -> Decision:
    if earlier.item_id != item.pk:
        raise DomainError("This decision was already stored for another record.")
    return earlier


def _refuse_settled(item: ScreeningItem) -> None:
    if not item.record.kept:
        raise DomainError("This record was merged with a duplicate; the copy kept is screened.")
    due = ScreeningItem.objects.filter(pk=item.pk, settles_at__lte=Now()).exists()
    if item.settled_at or due:
        raise DomainError(NOT_NEEDED)


def _standing_decision(item: ScreeningItem, *, by) -> Decision | None:
    last = Decision.objects.filter(item=item, reviewer=by).order_by("-revision").first()
    return last if last and last.verdict != Decision.WITHDRAWN else None


def _can_be_undone(decision: Decision, item: ScreeningItem) -> bool:
    window = timedelta(seconds=item.review.undo_seconds)
    return Decision.objects.filter(pk=decision.pk, created_at__gt=Now() - window).exists()


def _next_revision(item: ScreeningItem, *, by) -> int:
    mine = Decision.objects.filter(item=item, reviewer=by).order_by("-revision")
    return (mine.values_list("revision", flat=True).first() or 0) + 1


def _slot_for(item: ScreeningItem, *, by) -> Slot:
    """Return this reviewer's slot, or one that is free: a decision kept offline may come late."""
    slots = Slot.objects.filter(item=item).select_for_update().order_by("number")
    free = Q(decided=False) & (Q(reviewer__isnull=True) | Q(until__lt=Now()))
    slot = slots.filter(reviewer=by).first() or slots.filter(free).first()
    if slot is None:
        raise DomainError(NOT_NEEDED)
    return slot


def _schedule(item: ScreeningItem) -> None:
    """Set when the item settles; at once where nothing can be undone."""
    if Slot.objects.filter(item=item, decided=True).count() < item.needed:
        return
    undo = item.review.undo_seconds
    rows = ScreeningItem.objects.filter(pk=item.pk)
    rows.update(settles_at=Now() + timedelta(seconds=undo))
    if undo == 0:
        settle([item])


@transaction.atomic
def undo_decision(item: ScreeningItem, *, by) -> Decision:
    """Take back one's decision while it can be; the item comes back to this reviewer."""
    lock_reviewer(item.review_id, by)
    item = lock_item(item)
    decision = _standing_decision(item, by=by)
    if decision is None:
        raise DomainError("There is no decision of yours to undo on this record.")
    if item.settled_at or not _can_be_undone(decision, item):
        raise DomainError(TOO_LATE)
    withdrawn = withdraw(decision)
    mine = Slot.objects.filter(review=item.review_id, stage=item.stage, reviewer=by)
    mine.filter(decided=False).update(reviewer=None, until=None)
    mine.filter(item=item).update(decided=False, until=Now() + LEASE)
    ScreeningItem.objects.filter(pk=item.pk).update(settles_at=None)
    return withdrawn


def withdraw(decision: Decision) -> Decision:
    """Append the revision that takes a decision back."""
    return Decision.objects.create(
        review_id=decision.review_id,
        item_id=decision.item_id,
        stage=decision.stage,
        reviewer_id=decision.reviewer_id,
        revision=decision.revision + 1,
        verdict=Decision.WITHDRAWN,
    )


def last_undoable(review, stage: str, *, by) -> Decision | None:
    """Return the reviewer's latest decision of this stage if it can still be undone."""
    window = Now() - timedelta(seconds=review.undo_seconds)
    mine = Decision.objects.in_review(review).filter(reviewer=by, stage=stage)
    # The window is asked of a few rows only: as a filter it would read all this person decided.
    latest = mine.annotate(fresh=ExpressionWrapper(Q(created_at__gt=window), BooleanField()))
    seen: set[int] = set()
    for decision in latest.select_related("item__record", "reason").order_by("-id")[:MOST_UNDONE]:
        if not decision.fresh:
            return None
        standing = decision.item_id not in seen and decision.verdict != Decision.WITHDRAWN
        if standing and decision.item.settled_at is None:
            return decision
        seen.add(decision.item_id)
    return None


def settle_due_items() -> int:
    """Settle every item whose decisions can no longer be undone; safe to run side by side."""
    settled = 0
    while done := _settle_some():
        settled += done
    return settled


@transaction.atomic
def _settle_some() -> int:
    due = ScreeningItem.objects.filter(settles_at__lte=Now(), settled_at__isnull=True)
    items = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("id")[:BATCH])
    settle(items)
    return len(items)


def settle(items: Iterable[ScreeningItem]) -> None:
    """Give locked items the outcome their decisions amount to."""
    items = list(items)
    standing: dict[int, list[Decision]] = defaultdict(list)
    for decision in Decision.objects.filter(item__in=items).current():
        standing[decision.item_id].append(decision)
    order = _protocol_order({item.review_id for item in items})
    alike: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for item in items:
        alike[_outcome(item, standing[item.pk], order[item.review_id])].append(item.pk)
    for (outcome, reason), ids in alike.items():
        pending = outcome == ScreeningItem.Outcome.PENDING
        ScreeningItem.objects.filter(pk__in=ids).update(
            outcome=outcome,
            reason_id=int(reason) if reason else None,
            settled_at=None if pending else Now(),
            **({"settles_at": None} if pending else {}),
        )


def _protocol_order(review_ids: set[int]) -> dict[int, list[str]]:
    order: dict[int, list[str]] = defaultdict(list)
    reasons = ExclusionReason.objects.filter(review__in=review_ids)
    for reason in reasons.order_by("position", "id"):
        order[reason.review_id].append(str(reason.pk))
    return order


def _outcome(
    item: ScreeningItem, decisions: list[Decision], order: list[str]
) -> tuple[str, str | None]:
    given = [(each.verdict, str(each.reason_id) if each.reason_id else None) for each in decisions]
    if item.stage == Stage.FULL_TEXT:
        return rules.settle_full_text(given, needed=item.needed, reasons=order)
    outcome = rules.settle([verdict for verdict, _ in given], needed=item.needed)
    reasons = [reason for _, reason in given if reason]
    excluded = outcome == ScreeningItem.Outcome.EXCLUDED
    return outcome, rules.first_reason(reasons, order) if excluded and reasons else None
