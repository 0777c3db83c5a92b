"""Many people at once: no slot served twice, every decision stored exactly once."""

import threading
import time
import uuid
from collections import Counter

import pytest
from django.db import connection, transaction

from reviews.core.errors import DomainError
from reviews.dedup.models import DuplicateGroup
from reviews.screening import services
from reviews.screening.models import Decision, Note, ScreeningItem, Slot
from reviews.searches.models import Record
from tests.factories import MembershipFactory, RecordFactory, ReviewFactory, ScreeningItemFactory

pytestmark = pytest.mark.django_db(transaction=True)
TA = "title_abstract"


def in_threads(functions):
    """Run the functions at once, each on a connection of its own; return what they raised."""
    barrier, raised = threading.Barrier(len(functions)), []

    def run(function):
        try:
            barrier.wait(timeout=10)
            function()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[each]) for each in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


@pytest.fixture
def review(db):
    return ReviewFactory(undo_seconds=0)


def test_eight_people_share_the_queue_and_no_slot_is_served_twice(review):
    ScreeningItemFactory.create_batch(40, review=review)
    people = [each.user for each in MembershipFactory.create_batch(8, review=review)]
    served = Counter()

    def work(person):
        while (got := services.serve_item(review, TA, by=person)) and not got.done:
            if got.item:
                served[person.pk, got.item.pk] += 1
                services.record_decision(got.item, by=person, verdict="include")

    assert in_threads([lambda person=person: work(person) for person in people]) == []
    assert set(served.values()) == {1}
    assert len(served) == Decision.objects.count() == 80
    assert ScreeningItem.objects.filter(outcome="included").count() == 40
    assert Slot.objects.filter(decided=True).count() == 80


def test_one_person_in_eight_tabs_holds_one_item(review):
    ScreeningItemFactory.create_batch(10, review=review)
    person = MembershipFactory(review=review).user
    got = []
    tabs = [lambda: got.append(services.serve_item(review, TA, by=person).item.pk)] * 8
    assert in_threads(tabs) == []
    assert len(got) == 8
    assert len(set(got)) == 1
    assert Slot.objects.filter(reviewer=person).count() == 1


def test_the_same_decision_sent_eight_times_is_stored_once(review):
    item, key = ScreeningItemFactory(review=review), uuid.uuid4()
    person = MembershipFactory(review=review).user
    ids = []

    def send():
        decision = services.record_decision(item, by=person, verdict="include", idempotency_key=key)
        ids.append(decision.pk)

    assert in_threads([send] * 8) == []
    assert len(ids) == 8
    assert len(set(ids)) == Decision.objects.count() == 1


def test_of_eight_people_who_decide_one_item_two_are_taken(review):
    item = ScreeningItemFactory(review=review)
    people = [each.user for each in MembershipFactory.create_batch(8, review=review)]
    raised = in_threads(
        [
            lambda person=person: services.record_decision(item, by=person, verdict="exclude")
            for person in people
        ]
    )
    assert [type(error) for error in raised] == [DomainError] * 6
    assert Decision.objects.count() == 2
    item.refresh_from_db()
    assert item.outcome == "excluded"


def test_settling_side_by_side_settles_each_item_once(review):
    review.undo_seconds = 1
    review.save()
    people = [each.user for each in MembershipFactory.create_batch(2, review=review)]
    for item in ScreeningItemFactory.create_batch(12, review=review):
        for person in people:
            services.record_decision(item, by=person, verdict="include")
    ScreeningItem.objects.update(settles_at=review.created_at)
    settled = []
    assert in_threads([lambda: settled.append(services.settle_due_items())] * 4) == []
    assert sum(settled) == 12
    assert ScreeningItem.objects.filter(outcome="included").count() == 12


def test_ones_other_tab_is_not_served_what_one_is_just_deciding(review):
    """A decision kept while offline, or sent by a program, may name any item of the queue."""
    items = ScreeningItemFactory.create_batch(30, review=review)
    person = MembershipFactory(review=review).user

    def screen():
        for _ in range(20):
            services.serve_item(review, TA, by=person)

    def send():
        for item in items:
            services.record_decision(item, by=person, verdict="exclude")

    assert in_threads([screen, screen, screen, send]) == []
    assert Decision.objects.count() == 30


def test_a_note_written_while_its_record_is_merged_is_not_lost(review):
    """The merge waits for the note's transaction, and then finds the item worked on."""
    kept, copy = RecordFactory.create_batch(2, review=review)
    services.open_items(review)
    item, person = ScreeningItem.objects.get(record=copy), MembershipFactory(review=review).user
    group = DuplicateGroup.objects.create(review=review, method="by hand")
    Record.objects.filter(pk=kept.pk).update(group=group)
    Record.objects.filter(pk=copy.pk).update(group=group, kept=False)
    written = threading.Event()

    def write():
        with transaction.atomic():
            services.add_note(item, by=person, text="About to be merged")
            written.set()
            time.sleep(0.5)

    def merge():
        written.wait(timeout=10)
        services.open_items(review)

    assert in_threads([write, merge]) == []
    assert Note.objects.get().item.record == kept
