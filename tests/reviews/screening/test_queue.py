"""Items are opened for kept records, and each slot is served once."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.dedup.models import DuplicateGroup
from reviews.jobs.services import start_job
from reviews.jobs.work import do_job
from reviews.screening import services
from reviews.screening.models import Decision, ScreeningItem, Slot
from reviews.screening.queue import count_progress
from tests.factories import (
    ImportBatchFactory,
    RecordFactory,
    ReviewFactory,
    ScreeningItemFactory,
    SearchFactory,
    SourceFactory,
)

pytestmark = pytest.mark.django_db
TA = "title_abstract"


def from_source(review, kind, **values):
    search = SearchFactory(review=review, source=SourceFactory(review=review, kind=kind))
    return RecordFactory(
        review=review, batch=ImportBatchFactory(review=review, search=search), **values
    )


def merge(kept, *others):
    """What de-duplication does to records."""
    group = DuplicateGroup.objects.create(review=kept.review, method="by hand")
    type(kept).objects.filter(pk=kept.pk).update(group=group)
    for other in others:
        type(kept).objects.filter(pk=other.pk).update(group=group, kept=False)
    return group


def serve(review, by):
    return services.serve_item(review, TA, by=by)


def test_items_are_opened_once_with_as_many_slots_as_decisions_are_needed(review):
    RecordFactory.create_batch(3, review=review)
    RecordFactory()
    assert services.open_items(review) == 3
    assert services.open_items(review) == 0
    assert ScreeningItem.objects.in_review(review).count() == 3
    assert Slot.objects.filter(review=review).count() == 6
    assert not ScreeningItem.objects.exclude(review=review).exists()


def test_the_job_opens_items_and_may_run_twice(review, lead):
    RecordFactory.create_batch(2, review=review)
    for _ in range(2):
        job = start_job("screening.open", review=review, by=lead)
        do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert Slot.objects.count() == 4


def test_records_still_being_imported_are_not_screened(review):
    RecordFactory(review=review, batch__committed_at=None)
    assert services.open_items(review) == 0


def test_records_from_other_methods_are_not_screened_at_title_and_abstract(review):
    from_source(review, "register")
    website = from_source(review, "website")
    assert services.open_items(review) == 1
    assert list(services.records_from_other_methods(review)) == [website]


def test_a_group_counts_under_databases_if_any_copy_came_from_there(review):
    website, database = from_source(review, "website"), from_source(review, "database")
    merge(website, database)
    assert services.open_items(review) == 1
    assert not services.records_from_other_methods(review).exists()


def test_items_nobody_has_begun_follow_the_protocol(review, reviewer):
    RecordFactory.create_batch(2, review=review)
    services.open_items(review)
    begun = serve(review, reviewer).item
    review.reviewers_title_abstract = 1
    review.save()
    services.open_items(review)
    needed = {item.pk: item.needed for item in ScreeningItem.objects.all()}
    assert needed.pop(begun.pk) == 2
    assert list(needed.values()) == [1]
    assert Slot.objects.count() == 3


def test_an_untouched_item_of_a_merged_record_goes(review):
    kept, copy = RecordFactory.create_batch(2, review=review)
    services.open_items(review)
    group = merge(kept, copy)
    services.open_items(review)
    assert list(ScreeningItem.objects.values_list("record_id", flat=True)) == [kept.pk]
    # The merge is undone: the copy is screened by itself again.
    type(kept).objects.filter(group=group).update(group=None, kept=True)
    assert services.open_items(review) == 1
    assert Slot.objects.count() == 4


def test_decisions_on_a_merged_record_move_to_the_record_kept(review, reviewer, second_reviewer):
    kept, copy = RecordFactory.create_batch(2, review=review)
    services.open_items(review)
    item = ScreeningItem.objects.get(record=copy)
    services.record_decision(item, by=reviewer, verdict="include")
    merge(kept, copy)
    services.open_items(review)
    item.refresh_from_db()
    assert item.record == kept
    assert ScreeningItem.objects.count() == 1
    assert serve(review, reviewer).done
    assert serve(review, second_reviewer).item == item


def test_where_both_records_were_decided_the_kept_ones_decisions_count(review, reviewer):
    kept, copy = RecordFactory.create_batch(2, review=review)
    services.open_items(review)
    items = {item.record_id: item for item in ScreeningItem.objects.all()}
    for item in items.values():
        services.record_decision(item, by=reviewer, verdict="include")
    merge(kept, copy)
    services.open_items(review)
    assert Decision.objects.count() == 2
    assert list(Slot.objects.filter(decided=False).values_list("item", flat=True)) == [
        items[kept.pk].pk
    ]
    with pytest.raises(DomainError, match="merged with a duplicate"):
        services.record_decision(items[copy.pk], by=reviewer, verdict="exclude")


def test_the_database_lets_only_kept_records_be_screened(review):
    kept, copy = RecordFactory.create_batch(2, review=review)
    merge(kept, copy)
    with pytest.raises(IntegrityError, match="only kept records"), transaction.atomic():
        ScreeningItemFactory(review=review, record=copy)
    item = ScreeningItemFactory(review=review, record=kept)
    with pytest.raises(IntegrityError, match="only kept records"), transaction.atomic():
        ScreeningItem.objects.filter(pk=item.pk).update(record=copy)


def test_a_reviewer_gets_back_the_item_they_hold(review, reviewer):
    ScreeningItemFactory.create_batch(2, review=review)
    first = serve(review, reviewer)
    assert serve(review, reviewer).item == first.item
    assert Slot.objects.filter(reviewer=reviewer).count() == 1


def test_ones_own_expired_lease_is_handed_back_first(review, reviewer):
    item = ScreeningItemFactory(review=review)
    serve(review, reviewer)
    Slot.objects.filter(reviewer=reviewer).update(until=Now())
    assert serve(review, reviewer).item == item


def test_an_expired_lease_goes_to_somebody_else(review, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=review, needed=1)
    serve(review, reviewer)
    assert serve(review, second_reviewer).others_hold_the_rest
    Slot.objects.update(until=Now())
    assert serve(review, second_reviewer).item == item


def test_nothing_left_is_told_from_all_taken(review, reviewer, second_reviewer):
    item = ScreeningItemFactory(review=review, needed=1)
    serve(review, reviewer)
    waiting = serve(review, second_reviewer)
    assert waiting.item is None
    assert not waiting.done
    services.record_decision(item, by=reviewer, verdict="include")
    assert serve(review, second_reviewer).done
    assert serve(review, reviewer).done


def test_a_skipped_item_comes_back_when_nothing_else_is_left(review, reviewer, second_reviewer):
    first, second = ScreeningItemFactory.create_batch(2, review=review, needed=1)
    services.skip_item(serve(review, reviewer).item, by=reviewer)
    assert serve(review, reviewer).item == second
    assert serve(review, second_reviewer).item == first
    services.skip_item(first, by=second_reviewer)
    services.record_decision(second, by=reviewer, verdict="include")
    assert serve(review, reviewer).item == first


def test_items_of_another_review_or_stage_are_never_served(review, reviewer):
    ScreeningItemFactory(review=ReviewFactory())
    ScreeningItemFactory(review=review, stage="full_text")
    assert serve(review, reviewer).done


def test_counts_are_of_ones_own_work(review, reviewer, second_reviewer):
    items = ScreeningItemFactory.create_batch(3, review=review)
    services.record_decision(items[0], by=reviewer, verdict="include")
    assert count_progress(review, TA, by=reviewer) == {"decided": 1, "left": 2}
    assert count_progress(review, TA, by=second_reviewer) == {"decided": 0, "left": 3}
