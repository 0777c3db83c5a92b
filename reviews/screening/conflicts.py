"""Settle conflicts, by an adjudicator or by the deciders' consensus, and reopen items."""

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from reviews.core.audit import because
from reviews.core.errors import DomainError
from reviews.protocol.members import Membership
from reviews.screening.decisions import check_verdict, lock_item, withdraw
from reviews.screening.models import (
    Confirmation,
    Decision,
    Reopening,
    ScreeningItem,
    Settlement,
    Slot,
    Stage,
    Verdict,
)
from reviews.screening.queue import took_part

Outcome = ScreeningItem.Outcome
OUTCOMES = {Verdict.INCLUDE: Outcome.INCLUDED, Verdict.EXCLUDE: Outcome.EXCLUDED}

ALONE = (
    "Nobody else who decided on this record is still a member. A member who took no part can"
    " settle it, or a lead can reopen it."
)


def deciders_of(item: ScreeningItem) -> set[int]:
    """Return the ids of those whose decision on the item stands."""
    return set(Decision.objects.filter(item=item).current().values_list("reviewer_id", flat=True))


def others_to_confirm(item: ScreeningItem, *, by_id: int) -> set[int]:
    """Return the other deciders; who has left the review is not asked."""
    members = Membership.objects.open().filter(review=item.review_id)
    return deciders_of(item) & set(members.values_list("user_id", flat=True)) - {by_id}


def standing_settlement(item: ScreeningItem) -> Settlement | None:
    """Return the settlement that holds or is proposed."""
    return (
        Settlement.objects.filter(item=item, revoked_at__isnull=True).select_related("by", "reason")
    ).first()


def can_be_settled(item: ScreeningItem) -> bool:
    """Return True for conflicts, and for exclusions whose reasons differ."""
    if item.outcome == Outcome.CONFLICT:
        return True
    if item.outcome != Outcome.EXCLUDED or item.stage != Stage.FULL_TEXT:
        return False
    reasons = Decision.objects.filter(item=item).current().values_list("reason_id", flat=True)
    settled = Settlement.objects.filter(
        item=item, revoked_at__isnull=True, in_force_at__isnull=False
    )
    return len(set(reasons)) > 1 and not settled.exists()


def _lock_unsettled(item: ScreeningItem, *, verdict: str | None = None, reason=None):
    item = lock_item(item)
    if not can_be_settled(item):
        raise DomainError("There is no conflict on this record any more. Nothing was changed.")
    if verdict is not None:
        if verdict == Verdict.MAYBE:
            raise DomainError("A conflict is settled by include or exclude.")
        check_verdict(item, verdict=verdict, reason=reason)
    return item


@transaction.atomic
def adjudicate(item: ScreeningItem, *, by, verdict: str, reason=None, note: str = "") -> Settlement:
    """Settle a conflict as somebody who took no part in it; a proposed consensus gives way."""
    item = _lock_unsettled(item, verdict=verdict, reason=reason)
    if took_part(item, by):
        raise DomainError(
            "You decided on this record yourself. Somebody who took no part can settle it, or you"
            " can propose a consensus."
        )
    _revoke(item)
    settlement = _settlement(item, Settlement.How.ADJUDICATION, by, verdict, reason, note)
    _apply(settlement)
    return settlement


@transaction.atomic
def propose_consensus(
    item: ScreeningItem, *, by, verdict: str, reason=None, note: str = ""
) -> Settlement:
    """Propose what the deciders agree on; it holds once every other decider confirms."""
    item = _lock_unsettled(item, verdict=verdict, reason=reason)
    if by.pk not in deciders_of(item):
        raise DomainError("Only those who decided on this record can propose a consensus.")
    if not others_to_confirm(item, by_id=by.pk):
        raise DomainError(ALONE)
    if standing_settlement(item):
        raise DomainError("A consensus has been proposed already. Confirm or refuse it first.")
    return _settlement(item, Settlement.How.CONSENSUS, by, verdict, reason, note)


@transaction.atomic
def confirm_consensus(item: ScreeningItem, *, by) -> Settlement:
    """Agree to the proposal; the last confirmation settles the conflict."""
    item = _lock_unsettled(item)
    proposal = _proposal(item, by)
    others = others_to_confirm(item, by_id=proposal.by_id)
    if by.pk not in others:
        raise DomainError("You proposed this yourself; the others who decided confirm it.")
    Confirmation.objects.get_or_create(review_id=item.review_id, settlement=proposal, by=by)
    if others <= set(proposal.confirmations.values_list("by_id", flat=True)):
        Settlement.objects.filter(pk=proposal.pk).update(in_force_at=Now())
        _apply(proposal)
    return proposal


@transaction.atomic
def refuse_consensus(item: ScreeningItem, *, by) -> None:
    """Turn a proposal down, or take one's own back; the conflict stays."""
    item = _lock_unsettled(item)
    _proposal(item, by)
    _revoke(item)


def _proposal(item: ScreeningItem, by) -> Settlement:
    proposal = standing_settlement(item)
    if proposal is None or proposal.in_force_at:
        raise DomainError("No consensus is proposed on this record.")
    if by.pk not in deciders_of(item):
        raise DomainError("Only those who decided on this record can answer the proposal.")
    return proposal


def _settlement(item, how, by, verdict, reason, note) -> Settlement:
    at_once = how == Settlement.How.ADJUDICATION
    return Settlement.objects.create(
        review_id=item.review_id,
        item=item,
        how=how,
        by=by,
        verdict=verdict,
        reason=reason,
        note=note.strip(),
        in_force_at=Now() if at_once else None,
    )


def _apply(settlement: Settlement) -> None:
    ScreeningItem.objects.filter(pk=settlement.item_id).update(
        outcome=OUTCOMES[Verdict(settlement.verdict)],
        reason_id=settlement.reason_id,
        settled_at=Now(),
    )


def _revoke(item: ScreeningItem) -> None:
    Settlement.objects.filter(item=item, revoked_at__isnull=True).update(revoked_at=Now())


@transaction.atomic
def reopen_item(item: ScreeningItem, *, by, reason: str) -> Reopening:
    """Send a settled item back to the reviewers; its old decisions stay in the history."""
    item = lock_item(item)
    reason = reason.strip()
    if not reason:
        raise DomainError("Say why the record is reopened.")
    if item.settled_at is None:
        raise DomainError("This record is not settled, so there is nothing to reopen.")
    if item.stage == Stage.TITLE_ABSTRACT and _assessed(item):
        raise DomainError(
            "Its report has been assessed at full text already. Reopen it there instead."
        )
    with because(reason):
        reopening = Reopening.objects.create(
            review_id=item.review_id, item=item, by=by, reason=reason[:5000]
        )
        for decision in Decision.objects.filter(item=item).current():
            withdraw(decision)
        _revoke(item)
        ScreeningItem.objects.filter(pk=item.pk).update(
            outcome=Outcome.PENDING, reason=None, settles_at=None, settled_at=None
        )
        Slot.objects.filter(item=item).update(reviewer=None, until=None, decided=False)
    return reopening


def _assessed(item: ScreeningItem) -> bool:
    return Decision.objects.filter(item__record=item.record_id, stage=Stage.FULL_TEXT).exists()


def conflicts_in(review, stage: str | None = None) -> QuerySet[ScreeningItem]:
    """Return conflicts of kept records; their verdicts may be shown."""
    found = ScreeningItem.objects.in_review(review).filter(
        outcome=Outcome.CONFLICT, record__kept=True
    )
    return found.filter(stage=stage) if stage else found


def proposals_on(items) -> dict[int, Settlement]:
    """Return what is proposed on conflicts, by item; one query for a whole page."""
    found = Settlement.objects.filter(item__in=[item.pk for item in items], revoked_at=None)
    return {each.item_id: each for each in found.select_related("by")}


def conflicts_for(membership: Membership, stage: str | None = None) -> QuerySet[ScreeningItem]:
    """Return the conflicts this member can do something about."""
    found = conflicts_in(membership.review_id, stage)
    mine = Decision.objects.filter(review=membership.review_id, reviewer=membership.user_id).values(
        "item"
    )
    if membership.can("adjudicate"):
        return found
    return found.filter(pk__in=mine)
