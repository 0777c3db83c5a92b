"""The pages of full text: the gate, retrieval, PDFs, and screening beside them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reviews.fulltext import services
from reviews.fulltext.models import Report, ReportFile
from reviews.screening.models import Decision
from tests.factories import ExclusionReasonFactory, ReportFactory, ReviewFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def url(name, review, *more):
    return reverse(f"fulltext:{name}", args=[review.pk, *more])


def pdf(content=PDF, name="report.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@pytest.fixture
def as_reviewer(client, reviewer):
    client.force_login(reviewer)
    return client


@pytest.fixture
def report(review):
    return ReportFactory(review=review)


@pytest.fixture
def kept(report, lead):
    return services.add_file(report, by=lead, upload=pdf(name='we"ird\n<name>.pdf'))


def test_pages_open_for_members_and_are_hidden_from_outsiders(
    review, report, kept, as_reviewer, outsider
):
    pages = [
        url("list", review),
        url("screen", review),
        url("report", review, report.pk),
        url("file", review, report.pk, kept.pk),
    ]
    for page in pages:
        answer = as_reviewer.get(page)
        assert answer.status_code == 200
        assert b"".join(answer)
    as_reviewer.force_login(outsider)
    for page in pages:
        assert as_reviewer.get(page).status_code == 404


def test_observers_read_but_do_not_retrieve_or_screen(client, review, report, observer):
    client.force_login(observer)
    assert client.get(url("report", review, report.pk)).status_code == 200
    assert client.get(url("screen", review)).status_code == 403
    assert client.post(url("retrieval", review, report.pk)).status_code == 403
    assert client.post(url("upload", review, report.pk), {"file": pdf()}).status_code == 403


def test_empty_lists_say_what_to_do(review, as_reviewer):
    assert "No report is sought yet" in as_reviewer.get(url("list", review)).content.decode()
    assert (
        "No report matches" in as_reviewer.get(url("list", review), {"q": "cow"}).content.decode()
    )


def test_the_list_is_filtered_by_retrieval(review, report, as_reviewer):
    ReportFactory(review=review, retrieval="not_retrieved", attempts="Library")
    answer = as_reviewer.get(url("list", review), {"retrieval": "not_retrieved"})
    assert [each.retrieval for each in answer.context["page"]] == ["not_retrieved"]
    answer = as_reviewer.get(url("list", review), {"retrieval": "lost", "after": ""})
    assert answer.status_code == 200


def test_retrieval_is_saved_with_its_attempts(review, report, as_reviewer):
    data = {"retrieval": "not_retrieved", "attempts": "", "version": 1}
    answer = as_reviewer.post(url("retrieval", review, report.pk), data)
    assert answer.status_code == 400
    assert "Say where the report was looked for" in answer.content.decode()
    data["attempts"] = "Library, 3 Nov; wrote to the authors"
    assert as_reviewer.post(url("retrieval", review, report.pk), data).status_code == 302
    report.refresh_from_db()
    assert report.retrieval == "not_retrieved"


def test_a_stale_save_shows_both_texts(review, report, as_reviewer):
    data = {"retrieval": "sought", "attempts": "Theirs", "version": 1}
    as_reviewer.post(url("retrieval", review, report.pk), data)
    data["attempts"] = "Mine"
    answer = as_reviewer.post(url("retrieval", review, report.pk), data)
    assert answer.status_code == 409
    assert "Theirs" in answer.content.decode()
    assert "Mine" in answer.content.decode()


def test_a_pdf_is_uploaded(review, report, as_reviewer, reviewer):
    answer = as_reviewer.post(url("upload", review, report.pk), {"file": pdf()})
    assert answer.status_code == 302
    assert report.files.get().uploaded_by == reviewer
    assert Report.objects.get(pk=report.pk).retrieval == "retrieved"
    assert "data-pdf" in as_reviewer.get(url("report", review, report.pk)).content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"<svg onload=alert(1)>", "not a PDF"), (PDF, "has that file already")],
)
def test_bad_uploads_get_a_sentence(review, report, kept, as_reviewer, content, sentence):
    answer = as_reviewer.post(url("upload", review, report.pk), {"file": pdf(content)})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert ReportFile.objects.count() == 1


def test_a_pdf_that_was_cut_short_is_kept_and_said(review, report, as_reviewer):
    whole = as_reviewer.post(url("upload", review, report.pk), {"file": pdf()}, follow=True)
    assert "ends before the PDF does" not in whole.content.decode()
    cut = {"file": pdf(PDF[:20])}
    page = as_reviewer.post(url("upload", review, report.pk), cut, follow=True).content.decode()
    assert "The PDF is kept" in page
    assert "ends before the PDF does" in page


def test_no_file_gets_a_sentence(review, report, as_reviewer):
    answer = as_reviewer.post(url("upload", review, report.pk))
    assert answer.status_code == 400
    assert "Choose the report" in answer.content.decode()


def test_a_pdf_is_served_where_nothing_in_it_can_run(review, report, kept, as_reviewer):
    answer = as_reviewer.get(url("file", review, report.pk, kept.pk))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Content-Disposition"].startswith("inline")
    assert "\n" not in answer["Content-Disposition"]


def test_a_pdf_is_saved_as_one_whatever_it_was_called(review, report, reviewer, as_reviewer):
    """A file that begins with a script and says %PDF- later would run if it were saved as HTML."""
    upload = pdf(b"<script>1</script>" + PDF, name="report.html")
    kept = services.add_file(report, by=reviewer, upload=upload)
    answer = as_reviewer.get(url("file", review, report.pk, kept.pk))
    answer.close()
    assert answer["Content-Disposition"] == 'inline; filename="report.pdf"'


def test_files_and_reports_of_another_review_do_not_exist(review, report, kept, as_reviewer):
    other = ReportFactory(review=ReviewFactory())
    assert as_reviewer.get(url("report", review, other.pk)).status_code == 404
    assert as_reviewer.get(url("file", review, other.pk, kept.pk)).status_code == 404
    assert as_reviewer.post(url("upload", review, other.pk), {"file": pdf()}).status_code == 404
    another = ReportFactory(review=review)
    assert as_reviewer.get(url("file", review, another.pk, kept.pk)).status_code == 404


def test_a_file_missing_on_the_disk_is_not_found(review, report, kept, as_reviewer):
    kept.file.path.unlink()
    assert as_reviewer.get(url("file", review, report.pk, kept.pk)).status_code == 404


def test_a_report_is_assessed_beside_its_pdf_and_excluded_for_a_reason(
    review, report, kept, as_reviewer
):
    reason = ExclusionReasonFactory(review=review, name="Wrong design")
    page = as_reviewer.get(url("screen", review))
    assert page.context["item"].record == report.record
    assert url("file", review, report.pk, kept.pk) in page.content.decode()
    data = {"item": page.context["item"].pk, "verdict": "exclude"}
    answer = as_reviewer.post(url("decide", review), data, follow=True)
    assert "needs a reason" in answer.content.decode()
    as_reviewer.post(url("decide", review), {**data, "reason": reason.pk})
    assert Decision.objects.get().reason == reason


def test_the_screening_address_of_full_text_leads_here(review, as_reviewer):
    answer = as_reviewer.get(reverse("screening:screen_full_text", args=[review.pk]))
    assert answer.url == url("screen", review)


def test_waiting_counts_are_of_this_member(review, report, reviewer, observer, lead):
    counts = {
        user: services.waiting_counts(review, review.memberships.get(user=user))
        for user in (reviewer, observer)
    }
    assert counts[reviewer]["to_retrieve"] == 1
    assert set(counts[observer].values()) == {0}
    services.set_retrieval(report, by=lead, retrieval="retrieved")
    counts = services.waiting_counts(review, review.memberships.get(user=reviewer))
    assert counts == {"to_screen": 1, "conflicts": 0, "to_retrieve": 0}


@pytest.mark.parametrize(("name", "most"), [("list", 12), ("screen", 30)])
def test_pages_cost_few_queries(
    name, most, review, as_reviewer, lead, django_assert_max_num_queries
):
    for report in ReportFactory.create_batch(20, review=review):
        services.set_retrieval(report, by=lead, retrieval="retrieved")
    as_reviewer.get(url(name, review))
    with django_assert_max_num_queries(most):
        as_reviewer.get(url(name, review))
