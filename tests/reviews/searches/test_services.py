"""Sources and searches as PRISMA-S asks for them, and records found in other ways."""

from datetime import date

import pytest
from django.db import IntegrityError

from reviews.core.errors import DomainError, StaleEdit
from reviews.fulltext.services import seek_reports
from reviews.models import Record, Search, Source
from reviews.screening.services import open_items
from reviews.searches import services
from reviews.searches.hits import compare
from tests.factories import ImportBatchFactory, SearchFactory, SourceFactory
from tests.reviews.searches.conftest import ris

pytestmark = pytest.mark.django_db


def test_a_search_is_documented_line_by_line(review, lead):
    source = services.create_source(review, by=lead, name="MEDLINE", platform="Ovid")
    search = services.create_search(
        review,
        by=lead,
        source=source,
        run_on=date(2026, 11, 12),
        strategy=[{"line": "osteoporo*", "hits": 12}],
        limits="None",
        filters="None",
        hits=12,
    )
    assert search.missing == ["peer review"]
    search = services.edit_search(search, by=lead, version=1, peer_review="PRESS")
    assert search.missing == []
    with pytest.raises(StaleEdit):
        services.edit_search(search, by=lead, version=1, limits="English")


def test_a_source_is_named_once(review, lead):
    services.create_source(review, by=lead, name="Embase", platform="Elsevier")
    with pytest.raises(IntegrityError, match="a_source_is_named_once_per_review"):
        services.create_source(review, by=lead, name="EMBASE", platform="elsevier")


def test_a_search_is_not_an_update_of_itself(review, lead):
    first = SearchFactory(review=review)
    second = SearchFactory(review=review, update_of=first)
    with pytest.raises(DomainError, match="itself"):
        services.edit_search(first, by=lead, version=1, update_of=second)


def test_two_edits_at_once_close_no_circle_and_one_that_is_there_is_found(review, lead):
    first = SearchFactory(review=review)
    second = SearchFactory(review=review, update_of=first)
    third = SearchFactory(review=review)
    Search.objects.filter(pk=first.pk).update(update_of=second)
    with pytest.raises(DomainError, match="of itself"):
        services.edit_search(third, by=lead, version=1, update_of=first)


def test_a_search_of_another_reviews_source_is_refused_by_the_database(review, lead):
    with pytest.raises(IntegrityError, match="same_review"):
        services.create_search(review, by=lead, source=SourceFactory(), run_on=date(2026, 1, 1))


def test_records_by_hand_have_a_source_of_their_own_per_kind(review, lead):
    one = services.add_record(review, by=lead, title="From a list", kind="citation")
    two = services.add_record(
        review,
        by=lead,
        title="Another",
        kind="citation",
        doi="https://doi.org/10.1/ABC",
        authors=["Jang R", ""],
    )
    other = services.add_record(review, by=lead, title="A website", kind="website")
    assert (one.batch, one.position, two.position) == (two.batch, 1, 2)
    assert (two.doi, two.authors) == ("10.1/abc", ["Jang R"])
    assert other.batch.search.source.kind == "website"
    assert Source.objects.filter(by_hand=True).count() == 2
    records = Record.objects.in_review(review)
    assert records.identified_otherwise().count() == 3
    assert records.identified_from("citation").count() == 2
    two.batch.refresh_from_db()
    assert two.batch.records_read == 2


def test_a_record_by_hand_keeps_clear_of_a_source_of_its_name(review, lead):
    SourceFactory(review=review, name="Websites")
    assert services.add_record(review, by=lead, title="A", kind="website").batch.search.source.name


@pytest.mark.parametrize("given", [{"title": " "}, {"title": "A", "kind": "database"}])
def test_a_record_by_hand_needs_a_title_and_a_way_it_was_found(review, lead, given):
    with pytest.raises(DomainError):
        services.add_record(review, by=lead, **given)


def test_files_do_not_go_into_a_source_of_records_by_hand(review, lead):
    record = services.add_record(review, by=lead, title="A", kind="website")
    with pytest.raises(DomainError, match="by hand"):
        services.upload_file(record.batch.search, by=lead, name="a.ris", chunks=[b"TY  - "])


def test_a_file_too_large_is_refused_and_leaves_no_stump(review, lead, settings):
    settings.MAX_IMPORT_BYTES = 10
    with pytest.raises(DomainError, match="larger"):
        services.upload_file(
            SearchFactory(review=review), by=lead, name="a.ris", chunks=[b"x" * 6, b"x" * 6]
        )
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_what_is_asked_of_a_search_depends_on_where_it_was_run(review):
    website = SearchFactory(
        review=review, source=SourceFactory(review=review, kind="website"), strategy=[], hits=None
    )
    assert website.missing == ["how it was searched"]
    website.notes = "Read through."
    assert website.missing == []


def test_a_difference_nobody_explained_is_missing(review, lead):
    search = SearchFactory(review=review, hits=5)
    ImportBatchFactory(review=review, search=search, records_read=3)
    listed = Search.objects.for_list(review).get(pk=search.pk)
    assert "why hits and imports differ" in listed.missing
    services.edit_search(search, by=lead, version=1, difference="Two were retracted.")
    assert "why hits and imports differ" not in Search.objects.for_list(review).get().missing


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((None, 3), "not stated; 3 records were imported"),
        ((5, 0), "none are imported yet"),
        ((5, 2), "3 fewer. Every record of its files was read"),
        ((5, 7), "2 more"),
        ((1, 1), "1 record, and as many"),
    ],
)
def test_hits_and_imports_are_compared_in_a_sentence(numbers, words):
    assert words in compare(*numbers)


def test_a_difference_is_laid_to_lines_that_were_not_read_or_files_on_their_way():
    assert "4 lines of its files could not be read" in compare(5, 2, problems=4)
    assert "more are on their way" in compare(5, 2, coming=1)


def test_files_of_other_methods_go_straight_to_reports_sought(review, bring_in):
    source = SourceFactory(review=review, kind="citation")
    assert bring_in(ris(2), into=SearchFactory(review=review, source=source)).state == "in"
    assert open_items(review) == 0
    assert seek_reports(review) == 2
