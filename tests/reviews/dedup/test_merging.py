"""What people merge, judge and take apart, and that no rule undoes it."""

import pytest

from reviews.core.errors import DomainError, StaleEdit
from reviews.dedup import services
from reviews.models import DuplicateGroup, PossibleDuplicate, Record
from tests.factories import ImportBatchFactory, RecordFactory
from tests.reviews.dedup.build import TITLE, copies, doubtful, find, kept

pytestmark = pytest.mark.django_db


def test_a_dissolved_group_is_never_made_again(review, lead):
    records = copies(review, 3)
    find(review)
    group = services.dissolve_group(DuplicateGroup.objects.get(), by=lead)
    assert kept(review) == {record.pk for record in records}
    find(review)
    assert kept(review) == {record.pk for record in records}
    assert not PossibleDuplicate.objects.waiting_in(review).exists()
    with pytest.raises(DomainError, match="already"):
        services.dissolve_group(group, by=lead)


def test_a_fourth_copy_does_not_bring_a_dissolved_group_back_together(review, lead):
    one, two = copies(review)
    find(review)
    services.dissolve_group(DuplicateGroup.objects.get(), by=lead)
    copies(review, 1)
    find(review)
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.group_id is None or one.group_id != two.group_id


def test_what_no_rule_is_sure_of_waits_for_a_person(review, lead):
    pair = doubtful(review)
    assert 0 < pair.score < 1
    assert "same title" in pair.reasons
    assert services.waiting_counts(review, review.memberships.get()) == {"possible_duplicates": 1}


@pytest.mark.parametrize("resolution", ["different", "linked"])
def test_a_pair_judged_is_not_asked_again(review, lead, resolution):
    pair = doubtful(review)
    services.resolve_pair(pair, by=lead, resolution=resolution, version=1)
    find(review)
    assert not PossibleDuplicate.objects.waiting_in(review).exists()
    assert len(kept(review)) == 2


def test_the_same_report_is_merged_and_can_be_taken_apart_again(review, lead):
    pair = services.resolve_pair(doubtful(review), by=lead, resolution="same", version=1)
    assert len(kept(review)) == 1
    group = DuplicateGroup.objects.get()
    assert (group.method, group.made_by) == ("by hand", lead)
    pair = services.resolve_pair(pair, by=lead, resolution="", version=pair.version)
    assert len(kept(review)) == 2
    assert (pair.resolution, pair.resolved_by) == ("", None)
    assert not DuplicateGroup.objects.exists()


def test_a_stale_judgement_of_a_pair_is_refused(review, lead):
    pair = doubtful(review)
    services.resolve_pair(pair, by=lead, resolution="linked", version=1)
    with pytest.raises(StaleEdit):
        services.resolve_pair(pair, by=lead, resolution="same", version=1)
    assert len(kept(review)) == 2


def test_merging_by_hand_joins_whole_groups(review, lead):
    copies(review)
    copies(review, title="Another title that is long enough", doi="10.1/other")
    find(review)
    one, other = DuplicateGroup.objects.order_by("pk")
    services.merge_records([one.records.first(), other.records.first()], by=lead)
    assert DuplicateGroup.objects.get() == one
    assert one.records.count() == 4
    assert len(kept(review)) == 1


def two_groups(review):
    """Two reports in two copies each, the rules sure of both."""
    copies(review)
    copies(review, title="Another title that is long enough", doi="10.1/other")
    find(review)
    return list(DuplicateGroup.objects.order_by("pk"))


def standing(review):
    """Return the groups as they stand: their records, who is kept, and why."""
    groups = DuplicateGroup.objects.filter(review=review, dissolved_at__isnull=True)
    return {
        tuple(group.records.order_by("id").values_list("pk", "kept")): (
            group.method,
            tuple(group.evidence),
        )
        for group in groups
    }


def test_a_merge_by_hand_taken_apart_gives_back_the_groups_it_joined(review, lead):
    one, other = two_groups(review)
    before = standing(review)
    merged = services.merge_records([one.records.first(), other.records.first()], by=lead)
    alone = RecordFactory(review=review, title="A third report of something else altogether")
    services.merge_records([merged.records.first(), alone], by=lead)
    services.dissolve_group(DuplicateGroup.objects.get(), by=lead)
    find(review)
    alone.refresh_from_db()
    assert (alone.group, alone.kept) == (None, True)
    services.dissolve_group(DuplicateGroup.objects.get(dissolved_at=None), by=lead)
    find(review)
    assert standing(review) == before


def test_a_pair_taken_back_takes_the_copies_of_each_side_with_it(review, lead):
    two_groups(review)
    before = standing(review)
    first, second = sorted(kept(review))
    pair = PossibleDuplicate.objects.create(review=review, first_id=first, second_id=second)
    pair = services.resolve_pair(pair, by=lead, resolution="same", version=1)
    assert len(kept(review)) == 1
    services.resolve_pair(pair, by=lead, resolution="", version=pair.version)
    assert standing(review) == before
    find(review)
    assert standing(review) == before


def test_merging_needs_two_records_of_the_same_review(review, lead):
    (record,) = copies(review, 1)
    with pytest.raises(DomainError, match="at least two"):
        services.merge_records([record], by=lead)
    with pytest.raises(DomainError, match="at least two"):
        services.merge_records([record, RecordFactory()], by=lead)
    with pytest.raises(DomainError, match="at least two"):
        services.merge_records([], by=lead)


def test_what_people_merged_stays_merged_when_looked_at_again(review, lead):
    records = [
        RecordFactory(review=review, title=f"Title number {n} of some length", doi=f"10.1/{n}")
        for n in range(2)
    ]
    services.merge_records(records, by=lead)
    find(review)
    assert len(kept(review)) == 1


def test_a_record_taken_out_of_its_group_stays_out(review, lead):
    one, two, three = copies(review, 3)
    find(review)
    services.take_out_record(three, by=lead)
    find(review)
    assert kept(review) >= {three.pk}
    assert len(kept(review)) == 2
    assert DuplicateGroup.objects.get().records.count() == 2
    judged = PossibleDuplicate.objects.filter(resolution="different", second=three)
    assert set(judged.values_list("first", flat=True)) == {one.pk, two.pk}
    with pytest.raises(DomainError, match="stands for itself"):
        services.take_out_record(three, by=lead)


def test_what_was_taken_apart_can_be_merged_and_taken_apart_again(review, lead):
    records = copies(review, 3)
    find(review)
    for _ in range(2):
        group = services.dissolve_group(DuplicateGroup.objects.get(dissolved_at=None), by=lead)
        assert group.parted == [record.pk for record in records]
        services.merge_records(records, by=lead)
        find(review)
        assert len(kept(review)) == 1


def test_a_large_group_taken_apart_stays_apart(review, lead):
    """Five thousand copies would be twelve million pairs: the group is kept apart as a whole."""
    batch = ImportBatchFactory(review=review)
    Record.objects.bulk_create(
        Record(review=review, batch=batch, position=n, title=TITLE, doi="10.1/hip", year=2020)
        for n in range(1, 301)
    )
    find(review)
    assert len(kept(review)) == 1
    fields, shown = services.merged_fields(Record.objects.get(kept=True))
    assert fields["title"].value == TITLE
    assert len(shown) == 300
    services.dissolve_group(DuplicateGroup.objects.get(), by=lead)
    assert not PossibleDuplicate.objects.exists()
    find(review)
    assert len(kept(review)) == 300
    assert not PossibleDuplicate.objects.waiting_in(review).exists()


def test_a_judgement_taken_back_is_left_to_people(review, lead):
    one, two = copies(review)
    find(review)
    services.dissolve_group(DuplicateGroup.objects.get(), by=lead)
    pair = PossibleDuplicate.objects.get(first=one, second=two)
    services.resolve_pair(pair, by=lead, resolution="", version=pair.version)
    find(review)
    assert kept(review) == {one.pk, two.pk}
    assert PossibleDuplicate.objects.waiting_in(review).get() == pair


def test_two_people_judging_one_pair_do_it_once(review, lead, reviewer):
    pair = doubtful(review)
    services.resolve_pair(pair, by=lead, resolution="same", version=1)
    with pytest.raises(StaleEdit):
        services.resolve_pair(pair, by=reviewer, resolution="different", version=1)
    pair.refresh_from_db()
    assert (pair.resolution, pair.resolved_by) == ("same", lead)
    assert len(kept(review)) == 1


def test_a_pair_of_records_that_were_grouped_meanwhile_joins_their_groups(review, lead):
    pair = doubtful(review)
    mates = [RecordFactory(review=review, title=f"Hand-picked {n}") for n in (1, 2)]
    services.merge_records([pair.first, mates[0]], by=lead)
    services.merge_records([pair.second, mates[1]], by=lead)
    pair = PossibleDuplicate.objects.filter(pk=pair.pk).first()
    if pair is None:
        services.merge_records([mates[0], mates[1]], by=lead)
    else:
        services.resolve_pair(pair, by=lead, resolution="same", version=pair.version)
    assert DuplicateGroup.objects.get().records.count() == 4
    assert len(kept(review)) == 1
