"""Conflicts end by adjudication or consensus; settled items can be reopened."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from reviews.core.errors import DomainError
from reviews.protocol.members import Membership
from reviews.protocol.roles import LEAD
from reviews.screening import services
from reviews.screening.conflicts import conflicts_for
from reviews.screening.models import Confirmation, Decision, ScreeningItem, Settlement, Slot
from tests.factories import (
    ExclusionReasonFactory,
    MembershipFactory,
    ReviewFactory,
    ScreeningItemFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(db):
    return ReviewFactory(undo_seconds=0)


@pytest.fixture
def conflict(review, reviewer, second_reviewer):
    return in_conflict(review, reviewer, second_reviewer)


def in_conflict(review, one, other, **values):
    item = ScreeningItemFactory(review=review, **values)
    services.record_decision(item, by=one, verdict="include")
    reason = ExclusionReasonFactory(review=review)
    services.record_decision(item, by=other, verdict="exclude", reason=reason)
    item.refresh_from_db()
    assert item.outcome == "conflict"
    return item


def outcome(item):
    item.refresh_from_db()
    return item.outcome


def test_somebody_who_took_no_part_settles_a_conflict(conflict, adjudicator):
    services.adjudicate(conflict, by=adjudicator, verdict="include", note="Fits.")
    assert outcome(conflict) == "included"
    assert conflict.settlements.get().how == "adjudication"


def test_who_decided_cannot_adjudicate(conflict, reviewer):
    with pytest.raises(DomainError, match="decided on this record yourself"):
        services.adjudicate(conflict, by=reviewer, verdict="include")
    with pytest.raises(IntegrityError, match="adjudicator took no part"), transaction.atomic():
        Settlement.objects.create(
            review=conflict.review,
            item=conflict,
            how="adjudication",
            verdict="include",
            by=reviewer,
            in_force_at=Now(),
        )
    assert outcome(conflict) == "conflict"


def test_a_conflict_is_settled_once_and_without_maybe(conflict, adjudicator, lead):
    with pytest.raises(DomainError, match="include or exclude"):
        services.adjudicate(conflict, by=adjudicator, verdict="maybe")
    services.adjudicate(conflict, by=adjudicator, verdict="exclude")
    with pytest.raises(DomainError, match="no conflict"):
        services.adjudicate(conflict, by=lead, verdict="include")


def test_an_exclusion_at_full_text_is_settled_with_a_reason(
    review, reviewer, second_reviewer, adjudicator
):
    item = in_conflict(review, reviewer, second_reviewer, stage="full_text")
    with pytest.raises(DomainError, match="needs a reason"):
        services.adjudicate(item, by=adjudicator, verdict="exclude")
    reason = ExclusionReasonFactory(review=review)
    services.adjudicate(item, by=adjudicator, verdict="exclude", reason=reason)
    assert outcome(item) == "excluded"
    assert item.reason == reason


def test_different_reasons_at_full_text_can_be_changed_by_settlement(
    review, reviewer, second_reviewer, adjudicator
):
    item = ScreeningItemFactory(review=review, stage="full_text")
    first, second = ExclusionReasonFactory.create_batch(2, review=review)
    services.record_decision(item, by=reviewer, verdict="exclude", reason=first)
    services.record_decision(item, by=second_reviewer, verdict="exclude", reason=second)
    assert outcome(item) == "excluded"
    assert item.reason == first
    services.adjudicate(item, by=adjudicator, verdict="exclude", reason=second)
    item.refresh_from_db()
    assert item.reason == second


def test_a_team_of_two_can_finish_by_consensus(review, lead, reviewer):
    item = in_conflict(review, lead, reviewer)
    services.propose_consensus(item, by=lead, verdict="exclude", note="We talked.")
    assert outcome(item) == "conflict"
    with pytest.raises(DomainError, match="proposed this yourself"):
        services.confirm_consensus(item, by=lead)
    services.confirm_consensus(item, by=reviewer)
    assert outcome(item) == "excluded"
    assert item.settlements.get().in_force_at


def test_a_refused_consensus_leaves_the_conflict_open(conflict, reviewer, second_reviewer):
    services.propose_consensus(conflict, by=reviewer, verdict="include")
    with pytest.raises(DomainError, match="proposed already"):
        services.propose_consensus(conflict, by=second_reviewer, verdict="exclude")
    services.refuse_consensus(conflict, by=second_reviewer)
    assert outcome(conflict) == "conflict"
    services.propose_consensus(conflict, by=second_reviewer, verdict="exclude")
    services.confirm_consensus(conflict, by=reviewer)
    assert outcome(conflict) == "excluded"


def test_only_deciders_propose_and_answer(conflict, reviewer, lead):
    with pytest.raises(DomainError, match="Only those who decided"):
        services.propose_consensus(conflict, by=lead, verdict="include")
    services.propose_consensus(conflict, by=reviewer, verdict="include")
    for answer in (services.confirm_consensus, services.refuse_consensus):
        with pytest.raises(DomainError, match="Only those who decided"):
            answer(conflict, by=lead)


def test_the_database_wants_a_consensus_confirmed_by_every_other_decider(
    conflict, reviewer, second_reviewer
):
    proposal = services.propose_consensus(conflict, by=reviewer, verdict="include")
    rows = Settlement.objects.filter(pk=proposal.pk)
    with pytest.raises(IntegrityError, match="every other decider"), transaction.atomic():
        rows.update(in_force_at=Now())
    Confirmation.objects.create(review=conflict.review, settlement=proposal, by=second_reviewer)
    assert rows.update(in_force_at=Now()) == 1


def test_an_adjudicator_may_cut_a_proposed_consensus_short(conflict, reviewer, adjudicator):
    services.propose_consensus(conflict, by=reviewer, verdict="include")
    services.adjudicate(conflict, by=adjudicator, verdict="exclude")
    assert outcome(conflict) == "excluded"


def leave(review, user):
    Membership.objects.filter(review=review, user=user).update(until=timezone.now())


def test_removing_a_member_does_not_orphan_a_conflict(
    review, conflict, reviewer, second_reviewer, lead
):
    services.propose_consensus(conflict, by=reviewer, verdict="include")
    leave(review, second_reviewer)
    services.refuse_consensus(conflict, by=reviewer)
    with pytest.raises(DomainError, match="Nobody else who decided"):
        services.propose_consensus(conflict, by=reviewer, verdict="include")
    assert conflict in conflicts_for(review.memberships.get(roles__contains=[LEAD]))
    services.adjudicate(conflict, by=lead, verdict="include")
    assert outcome(conflict) == "included"


def test_a_lead_who_decided_can_reopen_what_a_member_left_behind(review, lead, reviewer):
    item = in_conflict(review, lead, reviewer)
    leave(review, reviewer)
    services.reopen_item(item, by=lead, reason="The other reviewer left.")
    newcomer = MembershipFactory(review=review).user
    for person in (lead, newcomer):
        assert services.serve_item(review, "title_abstract", by=person).item == item
        services.record_decision(item, by=person, verdict="include")
    assert outcome(item) == "included"


def test_reopening_hides_what_was_said_and_needs_new_decisions(
    conflict, lead, reviewer, second_reviewer
):
    services.reopen_item(conflict, by=lead, reason="Criteria changed.")
    assert outcome(conflict) == "pending"
    assert not Slot.objects.filter(item=conflict, decided=True).exists()
    visible = Decision.objects.filter(item=conflict).visible_to(reviewer)
    assert set(visible.values_list("reviewer_id", flat=True)) == {reviewer.pk}
    for person in (reviewer, second_reviewer):
        services.record_decision(conflict, by=person, verdict="exclude")
    assert outcome(conflict) == "excluded"


def test_reopening_needs_a_reason_and_a_settled_item(review, conflict, lead):
    with pytest.raises(DomainError, match="Say why"):
        services.reopen_item(conflict, by=lead, reason="  ")
    with pytest.raises(DomainError, match="nothing to reopen"):
        services.reopen_item(ScreeningItemFactory(review=review), by=lead, reason="Why not")


def test_title_and_abstract_is_not_reopened_below_an_assessed_report(
    review, conflict, lead, reviewer
):
    item = ScreeningItemFactory(review=review, record=conflict.record, stage="full_text")
    services.record_decision(item, by=reviewer, verdict="include")
    with pytest.raises(DomainError, match="at full text already"):
        services.reopen_item(conflict, by=lead, reason="Criteria changed.")


def test_conflicts_wait_for_deciders_and_adjudicators(
    review, conflict, reviewer, adjudicator, observer
):
    bystander = MembershipFactory(review=review)
    waiting = {
        name: services.waiting_counts(review, review.memberships.get(user=user))["conflicts"]
        for name, user in {
            "reviewer": reviewer,
            "adjudicator": adjudicator,
            "observer": observer,
            "bystander": bystander.user,
        }.items()
    }
    assert waiting == {"reviewer": 1, "adjudicator": 1, "observer": 0, "bystander": 0}


def test_notes_and_labels_are_hidden_until_the_item_settles(review, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=review)
    services.add_note(item, by=reviewer, text="Fits well")
    assert not item.notes.all().visible_to(second_reviewer).exists()
    ScreeningItem.objects.filter(pk=item.pk).update(outcome="conflict", settled_at=Now())
    assert item.notes.all().visible_to(second_reviewer).count() == 1
    with pytest.raises(DomainError, match="empty"):
        services.add_note(item, by=reviewer, text="  ")
    with pytest.raises(DomainError, match="5,000"):
        services.add_note(item, by=reviewer, text="x" * 5001)
