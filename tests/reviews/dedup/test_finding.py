"""Copies found: what is compared, what is grouped, which record is kept."""

import pytest

from reviews.dedup import finding, services
from reviews.dedup.verdicts import VERSION
from reviews.jobs.services import cancel_job, start_job
from reviews.jobs.work import do_job
from reviews.models import DuplicateGroup, Fingerprint, Job, Record
from tests.factories import ImportBatchFactory, RecordFactory, SearchFactory, SourceFactory
from tests.reviews.dedup.build import TITLE, copies, find, kept

pytestmark = pytest.mark.django_db


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
