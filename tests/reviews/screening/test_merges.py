"""Decisions taken before records were merged: they survive, and are reconciled."""

import pytest

from reviews.core.errors import DomainError
from reviews.dedup import services as dedup
from reviews.jobs.services import start_job
from reviews.jobs.work import do_job
from reviews.models import DuplicateGroup
from reviews.screening import services
from reviews.screening.models import Decision, ScreeningItem
from tests.factories import RecordFactory
from tests.reviews.screening.test_concurrency import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(review):
    """Nothing can be undone, so that outcomes show at once."""
    review.undo_seconds = 0
    review.save()


@pytest.fixture
def pair(review):
    """Two records with their items: the first is kept when they are merged."""
    records = RecordFactory.create_batch(2, review=review)
    services.open_items(review)
    return records


def item_of(record):
    return ScreeningItem.objects.get(record=record)


def decide(record, verdict, *people):
    for person in people:
        services.record_decision(item_of(record), by=person, verdict=verdict)


def follow(review):
    job = start_job("screening.open", review=review, by=None)
    do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.cause


def merge(review, records, by):
    """Merge, and let screening follow; return the record kept and the other one."""
    dedup.merge_records(records, by=by)
    follow(review)
    for record in records:
        record.refresh_from_db()
    return sorted(records, key=lambda record: not record.kept)


def dissolve(review, by):
    dedup.dissolve_group(DuplicateGroup.objects.get(dissolved_at=None), by=by)
    follow(review)


def test_both_decided_alike_keep_their_outcome(review, lead, reviewer, second_reviewer, pair):
    for record in pair:
        decide(record, "include", reviewer, second_reviewer)
    kept, other = merge(review, pair, lead)
    assert item_of(kept).outcome == "included"
    assert item_of(other).outcome == "included"
    assert Decision.objects.count() == 4


def test_decided_differently_is_a_conflict_until_somebody_settles_it(
    review, lead, reviewer, second_reviewer, adjudicator, pair
):
    decide(pair[0], "include", reviewer, second_reviewer)
    decide(pair[1], "exclude", reviewer, second_reviewer)
    kept, _ = merge(review, pair, lead)
    assert item_of(kept).outcome == "conflict"
    services.adjudicate(item_of(kept), by=adjudicator, verdict="include")
    follow(review)
    assert item_of(kept).outcome == "included"


def test_a_conflict_of_a_merge_ends_with_the_merge(review, lead, reviewer, second_reviewer, pair):
    decide(pair[0], "include", reviewer, second_reviewer)
    decide(pair[1], "exclude", reviewer, second_reviewer)
    merge(review, pair, lead)
    dissolve(review, lead)
    assert [item_of(record).outcome for record in pair] == ["included", "excluded"]


def test_a_conflict_of_its_own_stays_when_merged_and_parted(
    review, lead, reviewer, second_reviewer, pair
):
    decide(pair[0], "include", reviewer)
    decide(pair[0], "exclude", second_reviewer)
    kept, _ = merge(review, pair, lead)
    assert kept == pair[0]
    assert item_of(kept).outcome == "conflict"
    dissolve(review, lead)
    assert item_of(pair[0]).outcome == "conflict"
    assert item_of(pair[1]).outcome == "pending"


def test_settled_and_then_dissolved_each_record_has_what_was_decided_on_it(
    review, lead, reviewer, second_reviewer, adjudicator, pair
):
    decide(pair[0], "include", reviewer)
    decide(pair[0], "exclude", second_reviewer)
    services.adjudicate(item_of(pair[0]), by=adjudicator, verdict="include")
    merge(review, pair, lead)
    dissolve(review, lead)
    assert item_of(pair[0]).outcome == "included"
    assert item_of(pair[1]).outcome == "pending"


def test_decisions_go_back_to_the_record_they_were_taken_on(
    review, lead, reviewer, second_reviewer, pair
):
    """The copy was decided, the record kept was not: its item moves there, and back."""
    decide(pair[1], "exclude", reviewer, second_reviewer)
    kept, other = merge(review, pair, lead)
    if other == pair[1]:
        assert item_of(kept).came_from == pair[1]
    assert item_of(kept).outcome == "excluded"
    dissolve(review, lead)
    assert item_of(pair[1]).outcome == "excluded"
    assert item_of(pair[0]).outcome == "pending"


def test_what_was_decided_after_the_merge_stays_with_the_record_kept(
    review, lead, reviewer, second_reviewer, pair
):
    decide(pair[1], "exclude", reviewer)
    kept, _ = merge(review, pair, lead)
    assert kept == pair[0]
    decide(kept, "exclude", second_reviewer)
    dissolve(review, lead)
    assert item_of(pair[0]).outcome == "excluded"
    assert item_of(pair[1]).outcome == "pending"


@pytest.mark.django_db(transaction=True)
def test_a_merge_that_races_with_a_decision_loses_neither(review, lead, reviewer, pair):
    item = item_of(pair[1])
    said = []

    def decide_late():
        try:
            services.record_decision(item, by=reviewer, verdict="include")
            said.append("stored")
        except DomainError as refusal:
            said.append(str(refusal))

    assert in_threads([decide_late, lambda: dedup.merge_records(pair, by=lead)]) == []
    follow(review)
    assert said == ["stored"] or "merged with a duplicate" in said[0]
    assert Decision.objects.count() == said.count("stored")
    kept = ScreeningItem.objects.filter(record__kept=True)
    assert kept.count() == 1
    assert Decision.objects.filter(item=kept.get()).count() == said.count("stored")
