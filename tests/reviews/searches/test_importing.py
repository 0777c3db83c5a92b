"""What a file brings into the review, and what a bad file leaves behind: nothing."""

import pytest

from reviews.core.errors import DomainError
from reviews.jobs.models import Job
from reviews.jobs.services import claim_job
from reviews.jobs.work import Superseded, Work, do_job
from reviews.models import ImportBatch, Label, LabelUse, Note, Record
from reviews.screening.services import add_note, toggle_label
from reviews.searches import importing, services
from reviews.searches.parsers import parse
from tests.factories import ScreeningItemFactory, SearchFactory
from tests.reference import needs_reference, reference_files
from tests.reviews.searches.conftest import ris

pytestmark = pytest.mark.django_db


def records_of(batch):
    return list(Record.objects.filter(batch=batch).order_by("position"))


def test_an_import_brings_every_record_with_its_text_and_line(bring_in, review):
    batch = bring_in(ris(3))
    assert (batch.state, batch.records_read, batch.format) == ("in", 3, "ris")
    first, second, _ = records_of(batch)
    assert first.title == "Osteoporosis on radiographs, part 1"
    assert first.doi == "10.1000/1"
    assert first.raw.startswith("TY  - JOUR")
    assert (first.line, second.line) == (1, 9)
    assert Record.objects.in_review(review).matching("radiograph bone").count() == 3
    assert Job.objects.filter(kind="dedup.find").exists()


def test_the_file_is_kept_byte_for_byte(bring_in):
    batch = bring_in(ris(2))
    assert batch.file.path.read_bytes() == ris(2)


def test_the_same_file_goes_into_a_search_once(bring_in, search, lead, review):
    bring_in(ris(2))
    with pytest.raises(Exception, match="the_same_file_once_per_search"):
        bring_in(ris(2), name="other-name.ris")
    other = SearchFactory(review=review)
    assert bring_in(ris(2), into=other).state == "in"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "web page"),
        (b"   \n\n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (b"\x00\x01\x02\x03" * 2000, "text"),
        (b"TY  - \n", "No record"),
    ],
)
def test_a_file_that_is_no_export_is_refused_with_a_sentence(bring_in, content, sentence):
    batch = bring_in(content)
    if batch.state == "in":  # a bare tag is a record without a title, kept with its problem
        assert batch.problem_count
        return
    assert batch.state == "failed"
    assert sentence in batch.job.cause
    assert not Record.objects.filter(batch=batch).exists()


def test_a_refused_file_is_on_its_way_until_its_job_has_ended(bring_in):
    batch = bring_in(b"%PDF-1.7")
    batch.job.status = Job.Status.RUNNING
    assert batch.withdrawn_at
    assert batch.state == "coming"


def test_a_refused_file_can_be_sent_again(bring_in):
    assert bring_in(b"%PDF-1.7").state == "failed"
    assert bring_in(b"%PDF-1.7").state == "failed"


def test_nul_bytes_and_huge_cells_are_kept_readable(bring_in):
    huge = "bone " * 400_000
    content = f"TY  - JOUR\nTI  - A\x00title\nAB  - {huge}\nDO  - 10.1/{'x' * 9_000}\nER  - \n"
    batch = bring_in(content.encode())
    (record,) = records_of(batch)
    assert record.title == "Atitle"
    assert len(record.abstract) > 1_900_000
    assert batch.problems[0]["line"] == 2


def test_problems_are_listed_with_the_line_of_their_record(bring_in):
    batch = bring_in(b"TY  - JOUR\nTI  - A title of some length\nPY  - 20222\nER  - \n")
    assert batch.state == "in"
    assert [problem["line"] for problem in batch.problems] == [1]


def test_at_most_a_thousand_problems_are_kept(bring_in):
    content = b"TY  - JOUR\nTI  - A title\nPY  - 20222\nER  - \n" * 1_200
    batch = bring_in(content)
    assert (batch.records_read, batch.problem_count) == (1_200, 1_200)
    assert len(batch.problems) == importing.PROBLEMS_KEPT


def test_an_import_goes_on_after_the_last_chunk_kept(search, lead, monkeypatch):
    monkeypatch.setattr(importing, "ROWS", 4)
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(10)])
    first = Work(claim_job(batch.job_id))
    parsed = parse(ris(10)).records
    importing._copy(batch, importing._chunk(next(parsed), parsed))
    ids = [record.pk for record in records_of(batch)]
    assert len(ids) == 4
    # The worker dies here: its lease runs out and another one takes the job.
    first.claim.row().update(status="queued", lease_until=None)
    do_job(batch.job_id)
    batch.refresh_from_db()
    assert (batch.state, batch.records_read) == ("in", 10)
    assert [record.position for record in records_of(batch)] == list(range(1, 11))
    assert [record.pk for record in records_of(batch)][:4] == ids


def test_records_that_are_not_those_of_the_file_are_not_committed(search, lead):
    """Whatever stood there before, as a reader of an earlier version may have staged it."""
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(3)])
    importing._copy(batch, parse(ris(5)).records)
    do_job(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert "3 records were read and 5 stored" in batch.job.cause
    assert records_of(batch) == []


def test_how_many_records_to_expect_is_judged_by_the_bytes_read(search, lead, monkeypatch):
    monkeypatch.setattr(importing, "ROWS", 1_000)
    told = []
    real = Work.progress

    def listen(work, done, total, message=""):
        told.append((done, total))
        real(work, done, total, message)

    monkeypatch.setattr(Work, "progress", listen)
    long = ris(8_000, title="Osteoporosis on radiographs " * 100)
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[long])
    do_job(batch.job_id)
    assert told[-1] == (8_000, 8_000)
    assert [done for done, _ in told] == list(range(1_000, 8_001, 1_000))
    assert all(7_000 <= total <= 8_000 for done, total in told if done > 3_000), told


def test_a_superseded_worker_adds_nothing(search, lead):
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(3)])
    old = Work(claim_job(batch.job_id))
    Job.objects.filter(pk=batch.job_id).update(fence=9)
    with pytest.raises(Superseded):
        importing.load_batch(old)
    assert records_of(batch) == []


def test_records_on_their_way_are_not_in_the_review(search, lead, review):
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(3)])
    importing._copy(batch, parse(ris(3)).records)
    assert len(records_of(batch)) == 3
    assert not Record.objects.in_review(review).exists()


def test_a_cancelled_import_leaves_nothing(search, lead, monkeypatch):
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(5)])
    real = importing._Reading.after

    def cancel_after_the_first_chunk(reading, position):
        for record in real(reading, position):
            if record.position == 3:
                assert len(records_of(batch)) == 2
                services.cancel_import(batch, by=lead)
            yield record

    monkeypatch.setattr(importing, "ROWS", 2)
    monkeypatch.setattr(importing._Reading, "after", cancel_after_the_first_chunk)
    do_job(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert batch.withdrawn_at
    assert records_of(batch) == []


def test_an_import_cancelled_while_waiting_is_over_at_once(search, lead):
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(5)])
    services.cancel_import(batch, by=lead)
    batch.refresh_from_db()
    assert (batch.state, bool(batch.withdrawn_at)) == ("cancelled", True)


def test_the_sweep_clears_what_a_dead_worker_left(search, lead):
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(5)])
    importing._copy(batch, parse(ris(5)).records)
    assert importing.discard_abandoned() == 0
    Job.objects.filter(pk=batch.job_id).update(
        status="failed", finished_at="2026-01-01T00:00Z", cause="died"
    )
    assert importing.discard_abandoned() == 1
    assert records_of(batch) == []
    assert services.upload_file(search, by=lead, name="a.ris", chunks=[ris(5)]).pk != batch.pk


def take_back(batch, by):
    job = services.withdraw_batch(batch, by=by)
    do_job(job.pk)
    job.refresh_from_db()
    batch.refresh_from_db()
    return job


def test_an_import_can_be_taken_back_and_the_file_read_again(bring_in, lead, review):
    batch = bring_in(ris(3))
    assert take_back(batch, lead).status == "succeeded"
    assert batch.state == "withdrawn"
    assert not Record.objects.in_review(review).exists()
    again = services.import_again(batch, by=lead)
    do_job(again.job_id)
    assert Record.objects.in_review(review).count() == 3


def test_an_import_people_decided_on_stays(bring_in, lead, review):
    batch = bring_in(ris(3))
    item = ScreeningItemFactory(review=review, record=records_of(batch)[0])
    item.decisions.create(
        review=review, stage=item.stage, reviewer=lead, revision=1, verdict="include"
    )
    job = take_back(batch, lead)
    assert (job.status, batch.state) == ("failed", "in")
    assert "worked on" in job.cause
    assert Record.objects.in_review(review).count() == 3


@pytest.mark.parametrize("model", [Note, LabelUse])
def test_an_import_on_which_somebody_noted_or_labelled_anything_stays(
    bring_in, lead, review, reviewer, model
):
    batch = bring_in(ris(3))
    item = ScreeningItemFactory(review=review, record=records_of(batch)[0])
    if model is Note:
        add_note(item, by=reviewer, text="Compare with the other cohort")
    else:
        toggle_label(item, Label.objects.create(review=review, name="Look again"), by=reviewer)
    job = take_back(batch, lead)
    assert (job.status, batch.state) == ("failed", "in")
    assert "written notes" in job.cause
    assert model.objects.filter(item=item, author=reviewer).exists()
    assert Record.objects.in_review(review).count() == 3


def test_an_import_with_undecided_items_is_taken_back_with_them(bring_in, lead, review):
    batch = bring_in(ris(3))
    ScreeningItemFactory(review=review, record=records_of(batch)[0])
    assert take_back(batch, lead).status == "succeeded"


def test_taking_back_twice_is_refused(bring_in, lead):
    batch = bring_in(ris(3))
    services.withdraw_batch(batch, by=lead)
    with pytest.raises(DomainError, match="already"):
        services.withdraw_batch(batch, by=lead)


def test_a_table_is_read_by_the_columns_people_name(bring_in, lead):
    content = b"What,Who,When\nBone on film,Jang R,2021\n"
    batch = bring_in(content, name="t.csv")
    assert batch.state == "failed"
    again = services.import_again(batch, by=lead, mapping={"title": "What", "year": "When"})
    do_job(again.job_id)
    again.refresh_from_db()
    (record,) = records_of(again)
    assert (record.title, record.year) == ("Bone on film", 2021)


@pytest.mark.parametrize(
    "mapping", [{"title": "Nowhere"}, {"nothing": "What"}, {"title": ""}, {"year": "When"}]
)
def test_a_mapping_to_columns_that_are_not_there_is_refused(bring_in, lead, mapping):
    batch = bring_in(b"What,Who,When\nBone on film,Jang R,2021\n")
    with pytest.raises(DomainError):
        services.import_again(batch, by=lead, mapping=mapping)


@needs_reference
@pytest.mark.parametrize(
    "path", reference_files("exports/damaged", "*.*"), ids=lambda path: path.name
)
def test_a_damaged_file_is_read_or_refused_with_a_sentence(bring_in, path):
    batch = bring_in(path.read_bytes(), name=path.name)
    assert batch.state in {"in", "failed"}
    if batch.state == "in":
        assert batch.records_read == len(records_of(batch)) > 0
    else:
        assert "unexpected" not in batch.job.cause
        assert not ImportBatch.objects.filter(records__batch=batch).exists()
