"""Reports are sought for what was included, retrieved with their PDFs, then screened."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from reviews.core.errors import DomainError, StaleEdit
from reviews.core.files import StoredFile
from reviews.fulltext import services
from reviews.fulltext.models import Report
from reviews.fulltext.tasks import seek_new_reports
from reviews.jobs.models import Job
from reviews.jobs.services import start_job
from reviews.jobs.work import do_job
from reviews.screening import services as screening
from reviews.screening.models import Note, ScreeningItem
from reviews.searches import services as searches
from reviews.searches.models import Record
from tests.factories import (
    ImportBatchFactory,
    RecordFactory,
    ReportFactory,
    ReviewFactory,
    ScreeningItemFactory,
    SearchFactory,
    SourceFactory,
)
from tests.reviews.screening.test_queue import merge

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def review(db):
    return ReviewFactory(undo_seconds=0)


def included(review, reviewer, **values):
    item = ScreeningItemFactory(review=review, needed=1, **values)
    screening.record_decision(item, by=reviewer, verdict="include")
    return item.record


def pdf(content=PDF, name="report.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def test_included_records_are_sought_once(review, reviewer):
    record = included(review, reviewer)
    ScreeningItemFactory(review=review)
    assert services.seek_reports(review) == 1
    assert services.seek_reports(review) == 0
    assert Report.objects.get().record == record


def test_records_from_other_methods_go_straight_to_reports_sought(review):
    website = SearchFactory(review=review, source=SourceFactory(review=review, kind="website"))
    record = RecordFactory(review=review, batch=ImportBatchFactory(review=review, search=website))
    assert services.seek_reports(review) == 1
    assert Report.objects.get().record == record


@pytest.mark.parametrize(
    "work", [{}, {"attempts": "Asked the library"}, {"retrieval": "retrieved"}]
)
def test_what_other_methods_brought_is_taken_back_until_it_is_looked_for(review, lead, work):
    website = SearchFactory(review=review, source=SourceFactory(review=review, kind="website"))
    batch = ImportBatchFactory(review=review, search=website)
    RecordFactory(review=review, batch=batch)
    services.seek_reports(review)
    Report.objects.update(**work)
    job = searches.withdraw_batch(batch, by=lead)
    do_job(job.pk)
    job.refresh_from_db()
    assert job.status == ("failed" if work else "succeeded")
    assert Report.objects.count() == Record.objects.in_review(review).count() == bool(work)


def test_the_scheduler_takes_in_what_was_included(review, reviewer):
    included(review, reviewer)
    seek_new_reports()
    assert Report.objects.in_review(review).count() == 1
    assert not services.reviews_with_new_reports().exists()


def test_opening_screening_is_followed_by_seeking_reports(review, lead, reviewer):
    included(review, reviewer)
    do_job(start_job("screening.open", review=review, by=lead).pk)
    follower = review_jobs(review).get(kind="fulltext.seek")
    do_job(follower.pk)
    assert Report.objects.in_review(review).count() == 1


def review_jobs(review):
    return Job.objects.in_review(review)


def test_a_reopened_record_is_no_longer_sought_unless_work_was_done(review, reviewer, lead):
    record = included(review, reviewer)
    services.seek_reports(review)
    screening.reopen_item(record.items.get(), by=lead, reason="Criteria changed.")
    services.seek_reports(review)
    assert not Report.objects.exists()


def test_a_report_follows_the_merge_of_its_record(review, reviewer):
    copy, kept = included(review, reviewer), RecordFactory(review=review)
    services.seek_reports(review)
    merge(kept, copy)
    screening.open_items(review)
    services.seek_reports(review)
    assert Report.objects.get().record == kept


def part(*records):
    """What taking a group apart does to its records."""
    Record.objects.filter(pk__in=[each.pk for each in records]).update(group=None, kept=True)


def merged_with_its_report(review, lead, reviewer):
    """Return a record kept and its copy, whose report was looked for before the merge."""
    copy, kept = included(review, reviewer), RecordFactory(review=review)
    services.seek_reports(review)
    services.set_retrieval(
        Report.objects.get(), by=lead, retrieval="not_retrieved", attempts="Library, 3 Nov"
    )
    merge(kept, copy)
    screening.open_items(review)
    services.seek_reports(review)
    return kept, copy


def follow(review):
    screening.open_items(review)
    services.seek_reports(review)


def test_a_report_goes_back_when_the_merge_is_undone(review, lead, reviewer):
    kept, copy = merged_with_its_report(review, lead, reviewer)
    assert Report.objects.get().record == kept
    part(kept, copy)
    follow(review)
    report = Report.objects.get()
    assert (report.record, report.attempts) == (copy, "Library, 3 Nov")
    assert (report.came_from, report.moved_at) == (None, None)
    follow(review)
    assert Report.objects.get().record == copy


def test_a_report_whose_file_came_after_the_merge_stays(review, lead, reviewer):
    kept, copy = merged_with_its_report(review, lead, reviewer)
    services.add_file(Report.objects.get(), by=lead, upload=pdf())
    part(kept, copy)
    follow(review)
    assert Report.objects.get(retrieval="retrieved").record == kept
    assert Report.objects.get(retrieval="sought").record == copy


def test_a_report_people_worked_on_takes_the_place_of_one_that_is_merely_sought(
    review, lead, reviewer
):
    copy, kept = included(review, reviewer), included(review, reviewer)
    services.seek_reports(review)
    own = Report.objects.get(record=copy)
    services.set_retrieval(own, by=lead, retrieval="retrieved")
    merge(kept, copy)
    follow(review)
    assert Report.objects.get().pk == own.pk
    assert Report.objects.get().record == kept


def test_a_retrieved_report_is_screened_at_full_text(review, lead):
    report = ReportFactory(review=review)
    services.set_retrieval(report, by=lead, retrieval="retrieved")
    item = ScreeningItem.objects.get(record=report.record)
    assert item.stage == "full_text"
    assert item.slots.count() == review.reviewers_full_text


def test_not_retrieved_says_where_it_was_sought(review, lead):
    report = ReportFactory(review=review)
    with pytest.raises(DomainError, match="where the report was looked for"):
        services.set_retrieval(report, by=lead, retrieval="not_retrieved", attempts="  ")
    with pytest.raises(IntegrityError, match="says_where_it_was_sought"), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(retrieval="not_retrieved")
    services.set_retrieval(report, by=lead, retrieval="not_retrieved", attempts="Library, 3 Nov")
    report.refresh_from_db()
    assert report.retrieval == "not_retrieved"


def test_a_mistaken_retrieval_is_taken_back_until_somebody_assesses_it(review, lead, reviewer):
    report = ReportFactory(review=review)
    services.set_retrieval(report, by=lead, retrieval="retrieved")
    report = services.set_retrieval(report, by=lead, retrieval="sought")
    assert not ScreeningItem.objects.exists()
    services.set_retrieval(report, by=lead, retrieval="retrieved")
    screening.serve_item(review, "full_text", by=reviewer)
    with pytest.raises(DomainError, match="has begun"):
        services.set_retrieval(report, by=lead, retrieval="sought")


def test_a_note_at_full_text_keeps_the_report_retrieved(review, lead, reviewer):
    report = services.set_retrieval(ReportFactory(review=review), by=lead, retrieval="retrieved")
    item = ScreeningItem.objects.get(record=report.record)
    screening.add_note(item, by=reviewer, text="The reference standard is in the supplement.")
    with pytest.raises(DomainError, match="has begun"):
        services.set_retrieval(report, by=lead, retrieval="sought")
    assert Note.objects.filter(item=item).exists()


def test_a_stale_status_is_refused(review, lead):
    report = ReportFactory(review=review)
    services.set_retrieval(report, by=lead, retrieval="sought", attempts="Asked the library")
    with pytest.raises(StaleEdit):
        services.set_retrieval(report, by=lead, retrieval="sought", attempts="Mine", version=1)


def test_a_pdf_makes_the_report_retrieved_and_earlier_ones_are_kept(review, lead):
    report = ReportFactory(review=review)
    services.add_file(report, by=lead, upload=pdf(name="../../x.pdf"))
    services.add_file(report, by=lead, upload=pdf(PDF + b"second", name="y" * 300 + ".pdf"))
    report.refresh_from_db()
    assert report.retrieval == "retrieved"
    names = [each.name for each in report.files.all()]
    assert names[1] == "x.pdf"
    assert len(names[0]) == 255
    assert ScreeningItem.objects.filter(record=report.record, stage="full_text").exists()
    with pytest.raises(DomainError, match="has that file already"):
        services.add_file(report, by=lead, upload=pdf())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"<html><script>alert(1)</script>", "not a PDF"), (b"x" * 2000 + PDF, "PDF")],
)
def test_what_is_no_pdf_is_refused_and_nothing_is_kept(review, lead, settings, content, sentence):
    report = ReportFactory(review=review)
    with pytest.raises(DomainError, match=sentence):
        services.add_file(report, by=lead, upload=pdf(content))
    assert not StoredFile.objects.exists()
    assert [each for each in settings.MEDIA_ROOT.rglob("*") if each.is_file()] == []


def test_a_pdf_over_the_limit_is_refused(review, lead, settings):
    settings.MAX_PDF_BYTES = 20
    with pytest.raises(DomainError, match="larger than"):
        services.add_file(ReportFactory(review=review), by=lead, upload=pdf())
    assert not StoredFile.objects.exists()
