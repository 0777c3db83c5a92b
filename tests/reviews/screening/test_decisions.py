"""Decisions are appended, can be undone for a while, and settle an item afterwards."""

import uuid

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.screening import services
from reviews.screening.models import Decision, ScreeningItem, Slot
from tests.factories import ExclusionReasonFactory, ReviewFactory, ScreeningItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_once(review):
    """Outcomes show with the last decision."""
    review.undo_seconds = 0
    review.save()
    return review


def let_time_pass(item):
    """Nothing on the item can be undone any more, as far as its settling is concerned."""
    ScreeningItem.objects.filter(pk=item.pk).update(settles_at=Now())


def decide(item, by, verdict, **more):
    return services.record_decision(item, by=by, verdict=verdict, **more)


def outcome(item):
    item.refresh_from_db()
    return item.outcome


def test_two_inclusions_advance_a_record(at_once, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=at_once)
    decide(item, reviewer, "include")
    assert outcome(item) == "pending"
    decide(item, second_reviewer, "maybe")
    assert outcome(item) == "included"
    assert item.settled_at


def test_disagreement_is_a_conflict(at_once, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=at_once)
    decide(item, reviewer, "include")
    decide(item, second_reviewer, "exclude")
    assert outcome(item) == "conflict"


def test_an_outcome_shows_only_when_nothing_can_be_undone(review, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=review)
    decide(item, reviewer, "exclude")
    decide(item, second_reviewer, "exclude")
    assert services.settle_due_items() == 0
    assert outcome(item) == "pending"
    let_time_pass(item)
    assert services.settle_due_items() == 1
    assert outcome(item) == "excluded"
    assert services.settle_due_items() == 0


def test_the_same_key_returns_the_same_decision(review, reviewer):
    item, key = ScreeningItemFactory(review=review), uuid.uuid4()
    first = decide(item, reviewer, "include", idempotency_key=key)
    again = decide(item, reviewer, "exclude", idempotency_key=key)
    assert again.pk == first.pk
    assert Decision.objects.count() == 1


def test_a_key_of_another_record_is_refused(review, reviewer):
    key = uuid.uuid4()
    decide(ScreeningItemFactory(review=review), reviewer, "include", idempotency_key=key)
    with pytest.raises(DomainError, match="another record"):
        decide(ScreeningItemFactory(review=review), reviewer, "include", idempotency_key=key)


def test_a_changed_mind_is_a_new_revision(review, reviewer):
    item = ScreeningItemFactory(review=review)
    decide(item, reviewer, "include")
    decide(item, reviewer, "exclude")
    assert list(item.decisions.order_by("revision").values_list("revision", "verdict")) == [
        (1, "include"),
        (2, "exclude"),
    ]
    assert item.decisions.current().get().verdict == "exclude"
    assert Slot.objects.filter(item=item, decided=True).count() == 1


def test_a_decision_cannot_be_changed_after_the_window(at_once, reviewer):
    item = ScreeningItemFactory(review=at_once)
    decide(item, reviewer, "include")
    with pytest.raises(DomainError, match="is over"):
        decide(item, reviewer, "exclude")
    with pytest.raises(DomainError, match="is over"):
        services.undo_decision(item, by=reviewer)


def test_undo_appends_a_withdrawn_revision_and_gives_the_record_back(review, reviewer):
    first, second = ScreeningItemFactory.create_batch(2, review=review)
    assert services.serve_item(review, "title_abstract", by=reviewer).item == first
    decide(first, reviewer, "include")
    assert services.serve_item(review, "title_abstract", by=reviewer).item == second
    services.undo_decision(first, by=reviewer)
    assert first.decisions.order_by("-revision")[0].verdict == "withdrawn"
    assert not first.decisions.current().exists()
    assert services.serve_item(review, "title_abstract", by=reviewer).item == first
    assert not Slot.objects.filter(item=second, reviewer=reviewer).exists()


def test_undo_stops_the_settling(review, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=review)
    decide(item, reviewer, "include")
    decide(item, second_reviewer, "include")
    services.undo_decision(item, by=second_reviewer)
    item.refresh_from_db()
    assert item.settles_at is None
    let_time_pass(item)
    services.settle_due_items()
    assert outcome(item) == "pending"


def test_undo_is_refused_once_settled_and_twice(review, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=review)
    decide(item, reviewer, "include")
    services.undo_decision(item, by=reviewer)
    with pytest.raises(DomainError, match="no decision of yours"):
        services.undo_decision(item, by=reviewer)
    decide(item, reviewer, "include")
    decide(item, second_reviewer, "include")
    let_time_pass(item)
    services.settle_due_items()
    with pytest.raises(DomainError, match="is over"):
        services.undo_decision(item, by=reviewer)


def test_a_third_decision_is_not_taken(review, reviewer, second_reviewer, lead):
    item = ScreeningItemFactory(review=review)
    decide(item, reviewer, "include")
    decide(item, second_reviewer, "include")
    with pytest.raises(DomainError, match="meanwhile"):
        decide(item, lead, "include")


def test_a_decision_that_comes_late_is_taken_if_a_place_is_free(review, reviewer):
    item = ScreeningItemFactory(review=review)
    services.serve_item(review, "title_abstract", by=reviewer)
    Slot.objects.update(until=Now())
    services.serve_item(review, "title_abstract", by=reviewer)
    Slot.objects.update(reviewer=None, until=None)
    assert decide(item, reviewer, "include").pk


@pytest.mark.parametrize(
    ("stage", "verdict", "sentence"),
    [
        ("title_abstract", "perhaps", "include, maybe or exclude"),
        ("title_abstract", "withdrawn", "include, maybe or exclude"),
        ("full_text", "maybe", "included or excluded"),
        ("full_text", "exclude", "needs a reason"),
    ],
)
def test_a_stage_takes_only_its_own_verdicts(review, reviewer, stage, verdict, sentence):
    with pytest.raises(DomainError, match=sentence):
        decide(ScreeningItemFactory(review=review, stage=stage), reviewer, verdict)
    assert not Decision.objects.exists()


def test_reasons_are_of_this_review_this_stage_and_not_retired(review, reviewer):
    item = ScreeningItemFactory(review=review, stage="full_text")
    foreign = ExclusionReasonFactory(review=ReviewFactory())
    elsewhere = ExclusionReasonFactory(review=review, at_full_text=False)
    retired = ExclusionReasonFactory(review=review, retired_at=review.created_at)
    for reason in (foreign, elsewhere, retired):
        with pytest.raises(DomainError, match="no such exclusion reason"):
            decide(item, reviewer, "exclude", reason=reason)
    with pytest.raises(DomainError, match="Only an exclusion"):
        decide(item, reviewer, "include", reason=ExclusionReasonFactory(review=review))


def test_the_earlier_reason_of_the_protocol_counts(at_once, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=at_once, stage="full_text")
    later = ExclusionReasonFactory(review=at_once, position=5)
    earlier = ExclusionReasonFactory(review=at_once, position=2)
    decide(item, reviewer, "exclude", reason=later)
    decide(item, second_reviewer, "exclude", reason=earlier)
    assert outcome(item) == "excluded"
    assert item.reason == earlier


def test_absurd_seconds_are_cut(review, reviewer):
    item = ScreeningItemFactory(review=review)
    assert decide(item, reviewer, "include", seconds=10**12).seconds == 86_400


# ---- the promises of the database ----


def raw_decision(item, by, **values):
    defaults = {"verdict": "include", "revision": 1}
    return Decision.objects.create(
        review=item.review, item=item, stage=item.stage, reviewer=by, **{**defaults, **values}
    )


def refused(name):
    return pytest.raises(IntegrityError, match=name)


def test_the_database_keeps_one_decision_per_item_reviewer_and_revision(review, reviewer):
    item = ScreeningItemFactory(review=review)
    raw_decision(item, reviewer)
    with refused("one_decision_per_item_reviewer_and_revision"), transaction.atomic():
        raw_decision(item, reviewer)


def test_the_database_refuses_an_exclusion_at_full_text_without_reason(review, reviewer):
    item = ScreeningItemFactory(review=review, stage="full_text")
    with refused("a_full_text_exclusion_has_a_reason"), transaction.atomic():
        raw_decision(item, reviewer, verdict="exclude")
    with refused("no_maybe_at_full_text"), transaction.atomic():
        raw_decision(item, reviewer, verdict="maybe")


def test_the_database_never_changes_a_decision(review, reviewer):
    decision = raw_decision(ScreeningItemFactory(review=review), reviewer)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(verdict="exclude")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk)._raw_delete("default")


def test_the_database_keeps_one_item_per_record_and_stage(review):
    item = ScreeningItemFactory(review=review)
    with refused("one_item_per_record_and_stage"), transaction.atomic():
        ScreeningItemFactory(review=review, record=item.record)


def test_the_database_keeps_one_slot_per_item_and_reviewer(review, reviewer):
    item = ScreeningItemFactory(review=review)
    with refused("one_slot_per_item_and_reviewer"), transaction.atomic():
        Slot.objects.filter(item=item).update(reviewer=reviewer)
    with refused("one_slot_per_item_and_number"), transaction.atomic():
        Slot.objects.create(review=review, item=item, stage=item.stage, number=1)


def test_a_decision_on_a_record_taken_away_meanwhile_gets_a_sentence(review, reviewer):
    item = ScreeningItemFactory(review=review)
    ScreeningItem.objects.filter(pk=item.pk).delete()
    with pytest.raises(DomainError, match="not stored"):
        services.record_decision(item, by=reviewer, verdict="include")


def test_many_items_settle_in_few_statements(
    review, reviewer, second_reviewer, django_assert_max_num_queries
):
    items = ScreeningItemFactory.create_batch(20, review=review)
    for number, item in enumerate(items):
        decide(item, reviewer, "include")
        decide(item, second_reviewer, "exclude" if number % 2 else "include")
        let_time_pass(item)
    with django_assert_max_num_queries(12):
        assert services.settle_due_items() == 20
    assert [outcome(item) for item in items] == ["included", "conflict"] * 10
