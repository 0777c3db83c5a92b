"""The pages of the stage: who may, what is shown, what bad input gets."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from reviews.jobs.models import Job
from reviews.jobs.work import do_job
from reviews.models import ImportBatch, Record, Search, Source
from reviews.searches import services
from tests.factories import ImportBatchFactory, RecordFactory, SearchFactory, SourceFactory
from tests.reviews.searches.conftest import ris

pytestmark = pytest.mark.django_db
LISTS = ["searches:list", "searches:records"]
WRITING = ["searches:import", "searches:source_new", "searches:search_new", "searches:record_new"]


def url(name, review, *args):
    return reverse(f"searches:{name}" if ":" not in name else name, args=[review.pk, *args])


def sent(review, content=b"", *, name="export.ris", search=None):
    return {
        "search": (search or SearchFactory(review=review)).pk,
        "file": SimpleUploadedFile(name, content),
    }


@pytest.mark.parametrize("name", LISTS + WRITING)
def test_an_outsider_finds_nothing(client, review, outsider, name):
    client.force_login(outsider)
    assert client.get(url(name, review)).status_code == 404


@pytest.mark.parametrize("name", WRITING)
def test_an_observer_may_not_write(client, review, observer, name):
    client.force_login(observer)
    assert client.get(url(name, review)).status_code == 403


@pytest.mark.parametrize("name", LISTS + WRITING)
def test_an_empty_review_says_what_to_do(client, review, reviewer, name):
    client.force_login(reviewer)
    page = client.get(url(name, review))
    assert page.status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_any_number_of_rows(
    client, review, reviewer, django_assert_max_num_queries, name
):
    for _ in range(5):
        batch = ImportBatchFactory(review=review)
        RecordFactory.create_batch(15, review=review, batch=batch)
        staged = ImportBatchFactory(review=review, committed_at=None)
        assert staged.state == "coming"
    client.force_login(reviewer)
    with django_assert_max_num_queries(12):
        assert client.get(url(name, review)).status_code == 200


def test_a_search_of_the_future_is_refused(client, review, reviewer):
    source = SourceFactory(review=review)
    client.force_login(reviewer)
    given = {"source": source.pk, "run_on": "9999-01-01"}
    page = client.post(url("search_new", review), given)
    assert "run_on" in page.context["form"].errors


def test_a_source_and_its_search_are_written_down(client, review, reviewer):
    client.force_login(reviewer)
    client.post(
        url("source_new", review), {"name": "MEDLINE", "platform": "Ovid", "kind": "database"}
    )
    source = Source.objects.get()
    page = client.post(
        url("search_new", review),
        {
            "source": source.pk,
            "run_on": "2024-11-12",
            "hits": 12,
            "strategy": "osteoporo*[tiab] | 133,902\n#1 AND #2\t12",
        },
        follow=True,
    )
    assert "133,902" in page.content.decode()
    search = Search.objects.get()
    assert search.strategy[1] == {"line": "#1 AND #2", "hits": 12}
    again = client.post(
        url("source_new", review), {"name": "medline", "platform": "ovid", "kind": "database"}
    )
    assert again.status_code == 422
    assert "already has this source" in again.content.decode()


def test_a_stale_form_shows_both_texts(client, review, reviewer):
    client.force_login(reviewer)
    search = SearchFactory(review=review, strategy=[{"line": "a", "hits": None}])
    services.edit_search(search, by=reviewer, version=1, limits="English only")
    page = client.post(
        url("search_edit", review, search.pk),
        {
            "source": search.source_id,
            "run_on": "2024-11-12",
            "strategy": "b",
            "limits": "German only",
            "version": 1,
        },
    )
    assert page.status_code == 409
    assert "German" in page.content.decode()
    assert "English" in page.content.decode()


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "²"])
def test_a_form_without_its_version_is_refused(client, review, reviewer, version):
    client.force_login(reviewer)
    search = SearchFactory(review=review)
    given = {"source": search.source_id, "run_on": "2024-11-12", "version": version}
    assert client.post(url("search_edit", review, search.pk), given).status_code in {409, 422}


def test_another_reviews_ids_are_as_if_missing(client, review, reviewer):
    client.force_login(reviewer)
    other = SearchFactory()
    batch = ImportBatchFactory()
    record = RecordFactory()
    for name, pk in [
        ("search", other.pk),
        ("search_edit", other.pk),
        ("source_edit", other.source_id),
        ("batch", batch.pk),
        ("batch_file", batch.pk),
        ("columns", batch.pk),
        ("record", record.pk),
    ]:
        assert client.get(url(name, review, pk)).status_code == 404, name
    for name in ("cancel", "withdraw"):
        assert client.post(url(name, review, batch.pk)).status_code == 404
    given = {"source": other.source_id, "run_on": "2024-11-12", "update_of": other.pk}
    page = client.post(url("search_new", review), given)
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"source", "update_of"}
    page = client.post(url("import", review), sent(review, ris(1), search=other))
    assert set(page.context["form"].errors) == {"search"}
    page = client.get(url("records", review), {"source": other.source_id, "batch": batch.pk})
    assert page.status_code == 200


def test_a_file_is_uploaded_and_followed(client, review, reviewer):
    client.force_login(reviewer)
    page = client.post(url("import", review), sent(review, ris(2)), follow=True)
    batch = ImportBatch.objects.get()
    assert page.redirect_chain[-1][0] == url("batch", review, batch.pk)
    assert "Waiting for a worker" in page.content.decode()
    partial = client.get(url("batch", review, batch.pk), headers={"HX-Request": "true"})
    assert partial.content.decode().lstrip().startswith("<section")
    assert "HX-Refresh" not in partial
    do_job(batch.job_id)
    partial = client.get(url("batch", review, batch.pk), headers={"HX-Request": "true"})
    assert partial["HX-Refresh"] == "true"
    got = client.get(url("batch_file", review, batch.pk))
    assert b"".join(got.streaming_content) == ris(2)
    assert got["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("content", [b"", None])
def test_no_file_or_an_empty_one_gets_a_sentence(client, review, reviewer, content):
    client.force_login(reviewer)
    given = sent(review, content or b"")
    if content is None:
        del given["file"]
    page = client.post(url("import", review), given)
    assert page.status_code == 422
    assert page.context["form"].errors["file"]


def test_the_same_file_sent_twice_gets_a_sentence(client, review, reviewer):
    client.force_login(reviewer)
    search = SearchFactory(review=review)
    client.post(url("import", review), sent(review, ris(2), search=search))
    page = client.post(url("import", review), sent(review, ris(2), search=search))
    assert page.status_code == 422
    assert "imported into this search already" in page.content.decode()
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "offered"), [(b"Title,Year\nBone,2021\n", True), (ris(2), False)]
)
def test_columns_are_offered_for_tables_alone(client, review, lead, bring_in, content, offered):
    client.force_login(lead)
    batch = bring_in(content)
    do_job(services.withdraw_batch(batch, by=lead).pk)
    page = client.get(url("batch", review, batch.pk)).content.decode()
    assert "Taken back." in page
    assert ("Name the columns" in page) is offered


def test_an_import_being_cancelled_says_so_and_offers_it_no_more(client, review, lead, search):
    batch = services.upload_file(search, by=lead, name="a.ris", chunks=[ris(2)])
    lease = timezone.now() + timedelta(minutes=1)
    Job.objects.filter(pk=batch.job_id).update(
        status="running", lease_until=lease, cancel_requested=True, done=1, total=2
    )
    client.force_login(lead)
    page = client.get(url("batch", review, batch.pk)).content.decode()
    assert "Being cancelled" in page
    assert " a second" not in page
    assert url("cancel", review, batch.pk) not in page


def test_columns_are_named_on_their_page(client, review, reviewer, bring_in):
    client.force_login(reviewer)
    batch = bring_in(b"What,Who,When\nBone on film,Jang R,2021\n")
    page = client.get(url("batch", review, batch.pk))
    assert "Name the columns" in page.content.decode()
    assert "Bone on film" in client.get(url("columns", review, batch.pk)).content.decode()
    assert client.post(url("columns", review, batch.pk), {"title": "No"}).status_code == 422
    page = client.post(url("columns", review, batch.pk), {"title": "What", "year": "When"})
    again = ImportBatch.objects.latest("id")
    assert page["Location"] == url("batch", review, again.pk)
    assert again.mapping == {"title": "What", "year": "When"}


def test_a_record_is_added_by_hand(client, review, reviewer):
    client.force_login(reviewer)
    given = {"kind": "citation", "title": "A title", "authors": "Jang R\nChoi J", "year": 2020}
    page = client.post(url("record_new", review), given, follow=True)
    record = Record.objects.get()
    assert record.authors == ["Jang R", "Choi J"]
    assert "A title" in page.content.decode()
    for bad in (
        {"title": ""},
        {"year": "soon"},
        {"year": 99999},
        {"kind": "database"},
        {"url": "javascript:alert(1)"},
    ):
        assert client.post(url("record_new", review), given | bad).status_code == 422


def test_nul_bytes_are_refused_at_the_door(client, review, reviewer):
    client.force_login(reviewer)
    given = {"kind": "citation", "title": "A\x00title"}
    assert client.post(url("record_new", review), given).status_code == 400
    assert client.get(url("records", review), {"q": "\x00"}).status_code == 400


def titles(page):
    return {record.title for record in page.context["page"]}


def test_records_are_found_and_narrowed(client, review, reviewer):
    client.force_login(reviewer)
    register = SearchFactory(review=review, source=SourceFactory(review=review, kind="register"))
    batch = ImportBatchFactory(review=review, search=register)
    RecordFactory(review=review, title="Hip radiographs", year=2020, doi="10.1/x", pmid="12345678")
    RecordFactory(review=review, title="Spine CT", year=2022, abstract="", batch=batch)
    RecordFactory(title="Hip radiographs of others")
    for query, found in [
        ({}, {"Hip radiographs", "Spine CT"}),
        ({"q": "radiograph"}, {"Hip radiographs"}),
        ({"q": '"spine ct" -hip'}, {"Spine CT"}),
        ({"q": "10.1/X"}, {"Hip radiographs"}),
        ({"q": "12345678"}, {"Hip radiographs"}),
        ({"q": "((& | !"}, set()),
        ({"kind": "register"}, {"Spine CT"}),
        ({"kind": "searched"}, {"Hip radiographs", "Spine CT"}),
        ({"kind": "other_methods"}, set()),
        ({"year_from": 2021}, {"Spine CT"}),
        ({"abstract": "no"}, {"Spine CT"}),
        ({"copies": "removed"}, set()),
        ({"source": register.source_id}, {"Spine CT"}),
        ({"batch": batch.pk}, {"Spine CT"}),
        ({"year_from": "soon"}, {"Hip radiographs", "Spine CT"}),
        ({"batch": "9" * 40}, None),
    ]:
        page = client.get(url("records", review), query)
        assert page.status_code == 200, query
        assert found is None or titles(page) == found, query


def test_pages_of_records_follow_each_other(client, review, reviewer):
    client.force_login(reviewer)
    batch = ImportBatchFactory(review=review)
    RecordFactory.create_batch(60, review=review, batch=batch)
    first = client.get(url("records", review))
    second = client.get(url("records", review), {"after": first.context["page"].after})
    assert len(first.context["page"]) + len(second.context["page"]) == 60
    assert not titles(first) & titles(second)
    assert client.get(url("records", review), {"after": "nonsense"}).status_code == 409


def test_a_record_shows_its_copies_its_text_and_its_history(client, review, reviewer):
    client.force_login(reviewer)
    record = RecordFactory(review=review, raw="TY  - JOUR <script>", line=7)
    page = client.get(url("record", review, record.pk)).content.decode()
    assert "&lt;script&gt;" in page
    assert "line 7" in page


def _workbook(*rows):
    kept = io.BytesIO()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(kept)
    return kept.getvalue()


def test_the_columns_of_a_workbook_are_named_once_per_source(client, review, reviewer, bring_in):
    client.force_login(reviewer)
    heading = ["What", "When"]
    batch = bring_in(_workbook(heading, ["Bone on film", 2019]), name="export.xlsx")
    assert batch.state == "failed"
    page = client.get(url("columns", review, batch.pk)).content.decode()
    assert "Bone on film" in page
    client.post(url("columns", review, batch.pk), {"title": "What", "year": "When"})
    again = ImportBatch.objects.latest("id")
    do_job(again.job_id)
    again.refresh_from_db()
    assert (again.state, again.format, again.records_read) == ("in", "xlsx", 1)

    update = SearchFactory(review=review, source=again.search.source)
    later = bring_in(_workbook([*heading, "More"], ["Hip on film", 2020, "x"]), into=update)
    assert later.mapping == {"title": "What", "year": "When"}
    assert list(later.records.values_list("title", "year")) == [("Hip on film", 2020)]
    elsewhere = SearchFactory(review=review, source=SourceFactory(review=review))
    assert bring_in(_workbook(heading, ["Jaw", 2021]), into=elsewhere).state == "failed"
    # What a table of other columns, or no table, has to say for itself comes first.
    assert bring_in(ris(2), into=update).records_read == 2


def test_a_format_may_be_told(client, review, reviewer):
    client.force_login(reviewer)
    # A table whose first cell looks like a tag.
    data = sent(review, b"TY  - x,Title\n1,Bone\n", name="odd.csv") | {"format": "csv"}
    client.post(url("import", review), data)
    batch = ImportBatch.objects.latest("id")
    do_job(batch.job_id)
    batch.refresh_from_db()
    assert (batch.format, [r.title for r in batch.records.all()]) == ("csv", ["Bone"])
    assert client.post(url("import", review), data | {"format": "docx"}).status_code == 422


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bib", b"@article{k,\n title={Bone},\n year=2001}"),
        ("enw", b"%0 Journal Article\n%T Bone\n%D 2001\n"),
        ("ciw", b"FN ISI\nVR 1.0\nPT J\nTI Bone\nPY 2001\nER\n\nEF"),
        ("txt", b"<1. >\nTI  - Bone\nYR  - 2001\n"),
        ("xml", b"<xml><records><record><titles><title>Bone</title></titles><dates><year>2001"
         b"</year></dates></record></records></xml>"),
        ("xml", b"<PubmedArticleSet><PubmedArticle><Article><Journal><JournalIssue><PubDate><Year>"
         b"2001</Year></PubDate></JournalIssue></Journal><ArticleTitle>Bone</ArticleTitle></Article>"
         b"</PubmedArticle></PubmedArticleSet>"),
    ],
)  # fmt: skip
def test_every_format_comes_into_the_review(bring_in, name, content):
    batch = bring_in(content, name=f"export.{name}")
    assert list(batch.records.values_list("title", "year")) == [("Bone", 2001)]
    assert batch.problems == []
