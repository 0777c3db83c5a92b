"""Sources and searches as PRISMA-S asks for them, and records found in other ways."""

from datetime import date

import pytest
from django.db import IntegrityError

from reviews.core.errors import DomainError, StaleEdit
from reviews.models import Record, Search, Source
from reviews.searches import services
from tests.factories import SearchFactory, SourceFactory

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
