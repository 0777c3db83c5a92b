"""Copies found, merged by people, taken apart for ever."""

import pytest

from reviews.core.errors import DomainError, StaleEdit
from reviews.dedup import finding, services
from reviews.dedup.verdicts import VERSION
from reviews.jobs.services import cancel_job, start_job
from reviews.jobs.work import do_job
from reviews.models import DuplicateGroup, Fingerprint, Job, PossibleDuplicate, Record
from tests.factories import ImportBatchFactory, RecordFactory, SearchFactory, SourceFactory

pytestmark = pytest.mark.django_db
TITLE = "Deep learning on hip radiographs for osteoporosis screening"


def find(review):
    job = start_job("dedup.find", review=review, by=None)
    do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.cause


def copies(review, count=2, **values):
    values = {"title": TITLE, "doi": "10.1/hip", **values}
    return [RecordFactory(review=review, **values) for _ in range(count)]


def doubtful(review):
    """Two records of one title, a year apart: no rule is sure of them."""
    one = RecordFactory(review=review, title=TITLE, year=2020, journal="arXiv")
    other = RecordFactory(review=review, title=TITLE, year=2021, journal="Osteoporosis Int")
    find(review)
    return PossibleDuplicate.objects.get(first=one, second=other)


def kept(review):
    return set(Record.objects.in_review(review).kept().values_list("pk", flat=True))


def test_copies_are_grouped_with_their_evidence_and_the_best_is_kept(review):
    poor, rich = copies(review)
    Record.objects.filter(pk=poor.pk).update(abstract="")
    find(review)
    group = DuplicateGroup.objects.get()
    assert set(group.records.all()) == {poor, rich}
    assert kept(review) == {rich.pk}
    assert group.evidence == [f"Records {poor.pk} and {rich.pk}: same DOI, titles alike."]
    assert "version" in group.method


def test_looking_twice_changes_nothing(review):
    copies(review, 3)
    find(review)
    before = list(DuplicateGroup.objects.values_list("pk", "evidence"))
    find(review)
    assert list(DuplicateGroup.objects.values_list("pk", "evidence")) == before


def test_a_later_copy_joins_the_group_and_the_kept_record_stays(review):
    first, _ = copies(review)
    find(review)
    (before,) = kept(review)
    RecordFactory(review=review, title=TITLE, doi="10.1/hip", abstract="Longer. " * 500)
    find(review)
    assert kept(review) == {before}
    assert DuplicateGroup.objects.get().records.count() == 3
    assert first.pk in DuplicateGroup.objects.get().records.values_list("pk", flat=True)


def test_a_record_of_an_earlier_search_is_kept_although_a_later_copy_is_better(review):
    old = RecordFactory(review=review, title=TITLE, doi="10.1/hip", abstract="")
    find(review)
    copies(review, 1)
    find(review)
    assert kept(review) == {old.pk}


def test_a_database_copy_stands_for_the_group(review):
    by_hand = SearchFactory(review=review, source=SourceFactory(review=review, kind="citation"))
    batch = ImportBatchFactory(review=review, search=by_hand)
    RecordFactory(
        review=review, batch=batch, title=TITLE, doi="10.1/hip", abstract="Longer. " * 500
    )
    (found,) = copies(review, 1)
    find(review)
    assert kept(review) == {found.pk}


def test_a_record_by_hand_with_a_copy_from_a_database_counts_there(review, lead):
    by_hand = SearchFactory(review=review, source=SourceFactory(review=review, kind="citation"))
    batch = ImportBatchFactory(review=review, search=by_hand)
    first = RecordFactory(review=review, batch=batch, title=TITLE, doi="10.1/hip")
    alone = RecordFactory(review=review, batch=batch, title="Something else that is long enough")
    find(review)
    copies(review, 1)
    find(review)
    counted = Record.objects.in_review(review).kept().counted_with_databases()
    assert set(counted) == {first}
    assert kept(review) == {first.pk, alone.pk}


def test_records_of_another_review_are_never_compared(review):
    copies(review, 1)
    RecordFactory(title=TITLE, doi="10.1/hip")
    find(review)
    assert not DuplicateGroup.objects.exists()


def test_records_on_their_way_are_not_compared(review):
    copies(review, 1)
    staged = ImportBatchFactory(review=review, committed_at=None)
    RecordFactory(review=review, batch=staged, title=TITLE, doi="10.1/hip")
    find(review)
    assert not DuplicateGroup.objects.exists()


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


def test_records_moved_while_they_were_compared_are_looked_at_anew(review, lead, monkeypatch):
    from_the_rules = copies(review)
    real = services.grouping.write_down

    def merge_first(review, found):
        monkeypatch.setattr("reviews.dedup.grouping.write_down", real)
        services.merge_records(from_the_rules, by=lead)
        return real(review, found)

    monkeypatch.setattr("reviews.dedup.grouping.write_down", merge_first)
    find(review)
    assert DuplicateGroup.objects.get().method == "by hand"
    assert Job.objects.filter(kind="dedup.find", status="queued").count() == 1


def test_each_field_comes_from_the_best_copy(review):
    one = RecordFactory(review=review, title=TITLE, doi="10.1/hip", pmid="", journal="Bone")
    two = RecordFactory(review=review, title=TITLE, doi="10.1/hip", pmid="123456", journal="")
    find(review)
    one.refresh_from_db()
    fields, shown = services.merged_fields(one)
    assert {copy.pk for copy in shown} == {one.pk, two.pk}
    assert fields["pmid"].value == "123456"
    assert fields["pmid"].copy.pk == two.pk
    assert fields["journal"].value == "Bone"


def test_groups_are_mended_after_an_import_was_taken_back(review, lead):
    one, two = copies(review)
    find(review)
    (head,) = kept(review)
    Record.objects.filter(pk=head).delete()
    find(review)
    assert kept(review) == ({one.pk, two.pk} - {head})
    assert not DuplicateGroup.objects.exists()


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


def test_only_new_records_are_read_and_compared(review, monkeypatch):
    for n in range(30):
        copies(review, 1, title=f"{n} {chr(97 + n % 26) * 40} {n}", doi=f"10.1/{n}", year=n)
    find(review)
    compared = []
    real = finding.find_matches

    def watched(keys, **given):
        compared.append((len(keys), len(given["new"])))
        return real(keys, **given)

    monkeypatch.setattr(finding, "find_matches", watched)
    find(review)
    assert compared == []
    copies(review, 1, title="Another title altogether, yet long enough", doi="10.1/7", year=7)
    find(review)
    assert compared == [(2, 1)]
    assert len(kept(review)) == 31


def test_a_new_record_joins_the_group_of_an_old_copy(review):
    one, _ = copies(review)
    find(review)
    copies(review, 20, title="Something else altogether, and long enough", doi="")
    find(review)
    (late,) = copies(review, 1)
    find(review)
    late.refresh_from_db()
    one.refresh_from_db()
    assert late.group_id == one.group_id is not None
    assert not late.kept


def test_comparing_anew_finds_what_an_earlier_version_missed(review):
    copies(review)
    find(review)
    Record.objects.update(group=None, kept=True)
    DuplicateGroup.objects.all().delete()
    find(review)
    assert len(kept(review)) == 2
    job = start_job("dedup.find", review=review, by=None, anew=True)
    do_job(job.pk)
    assert len(kept(review)) == 1


def test_fingerprints_of_two_reviews_do_not_meet(review):
    other = copies(RecordFactory().review, 1)[0]
    (mine,) = copies(review, 1)
    find(review)
    find(other.review)
    ours = Fingerprint.objects.get(record=mine).blocks
    theirs = Fingerprint.objects.get(record=other).blocks
    assert ours
    assert set(ours).isdisjoint(theirs)


def test_empty_and_huge_titles_are_compared_and_never_merged(review):
    for title in ("", "", "x" * 200_000, "x" * 200_000):
        RecordFactory(review=review, title=title, authors=[], year=None, abstract="")
    find(review)
    assert len(kept(review)) == 4


def test_the_method_is_said_for_the_methods_section(review, lead):
    copies(review)
    find(review)
    said = services.method_sentence(review)
    assert f"version {VERSION}" in said
    assert "1 duplicate records were removed before screening, 1 by rule" in said


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


def test_a_look_that_is_cancelled_leaves_nothing_behind(review, lead, monkeypatch):
    copies(review)
    job = start_job("dedup.find", review=review, by=lead)
    real = finding.find_matches

    def cancel_first(keys, **given):
        cancel_job(job, by=lead)
        return real(keys, **given)

    monkeypatch.setattr(finding, "find_matches", cancel_first)
    do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not DuplicateGroup.objects.exists()
    assert not Fingerprint.objects.exists()
    monkeypatch.undo()
    find(review)
    assert len(kept(review)) == 1


def test_records_deleted_while_they_were_compared_are_left_out(review, monkeypatch):
    gone, *_ = copies(review, 3)
    copies(review, 1, title="Another title altogether, yet long enough", doi="")
    real = finding.find_matches

    def delete_first(keys, **given):
        Record.objects.filter(pk=gone.pk).delete()
        return real(keys, **given)

    monkeypatch.setattr(finding, "find_matches", delete_first)
    find(review)
    monkeypatch.undo()
    find(review)
    assert len(kept(review)) == 2
    assert Fingerprint.objects.count() == 3
