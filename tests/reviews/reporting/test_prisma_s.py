"""The PRISMA-S checklist: filled from the data, stated by the team, or named as missing."""

import pytest
from django.urls import reverse

from reviews.models import DuplicateGroup, SearchStatement
from reviews.reporting.prisma_s import ITEMS, checklist
from reviews.searches import services
from tests.factories import ImportBatchFactory, RecordFactory, SearchFactory, SourceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def searched(review):
    """Two databases on one platform, one of them documented; and a website."""
    full = SearchFactory(
        review=review,
        source=SourceFactory(review=review, name="MEDLINE", platform="Ovid"),
        run_on="2024-11-12",
        strategy=[{"line": "bone", "hits": 3}],
        limits="None.",
        filters="None.",
        peer_review="PRESS.",
        hits=1,
    )
    ImportBatchFactory(review=review, search=full, records_read=1)
    bare = SearchFactory(
        review=review,
        source=SourceFactory(review=review, name="Embase", platform="Ovid"),
        run_on="2024-11-13",
        hits=5,
        strategy=[],
        limits="",
    )
    ImportBatchFactory(review=review, search=bare, records_read=3)
    SearchFactory(
        review=review,
        source=SourceFactory(review=review, name="WHO", kind="website"),
        notes="Looked through by hand.",
        strategy=[],
    )
    return full, bare


def test_an_empty_review_lacks_all_sixteen_items(review):
    items = checklist(review)
    assert [item.number for item in items] == list(range(1, 17)) == list(ITEMS)
    assert all(item.missing.endswith(".") for item in items)


def test_items_are_filled_from_the_data_and_gaps_are_named(review, searched):
    item = {each.number: each for each in checklist(review)}
    assert item[1].lines == ["Embase (Ovid)", "MEDLINE (Ovid)"]
    assert item[1].complete
    assert item[2].lines == ["Ovid: Embase, MEDLINE"]
    assert "searched together" in item[2].missing
    assert not item[3].complete
    assert "Looked through by hand." in item[4].lines[0]
    assert item[8].missing == "No strategy is written down: Embase (Ovid), 13 November 2024."
    assert "MEDLINE (Ovid), 12 November 2024: None." in item[9].lines
    assert "Embase" in item[9].missing
    assert "Embase (Ovid): 13 November 2024" in item[13].lines
    assert "as many are in" in item[15].lines[1]
    assert "2 fewer" in item[15].lines[0]
    assert item[15].missing == "Embase (Ovid), 13 November 2024: the difference is not explained."
    assert not item[16].complete


def test_explaining_a_difference_completes_the_totals(review, searched, lead):
    services.edit_search(searched[1], by=lead, version=1, difference="Two were retracted.")
    total = checklist(review)[14]
    assert total.complete
    assert "Two were retracted." in total.lines[0]


def test_the_method_of_each_merge_and_the_duplicates_removed_are_told(review):
    group = DuplicateGroup.objects.create(review=review, method="rules; version 7")
    RecordFactory(review=review, group=group)
    RecordFactory(review=review, group=group, kept=False)
    assert checklist(review)[15].lines == [
        "1 duplicate records removed by Quadrant",
        "rules; version 7: 1 group of copies",
    ]


def test_the_number_of_queries_does_not_grow(review, searched, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        checklist(review)


def test_a_statement_fills_an_item_and_a_stale_one_shows_both(client, review, reviewer):
    client.force_login(reviewer)
    address = reverse("reporting:statement", args=[review.pk, 11])
    assert "strategies of other reviews" in client.get(address).content.decode()
    assert client.post(address, {"text": "None were used.", "version": 1}).status_code == 302
    assert SearchStatement.objects.get().text == "None were used."
    page = client.get(reverse("reporting:prisma_s", args=[review.pk])).content.decode()
    assert "None were used." in page
    stale = client.post(address, {"text": "One was.", "version": 1})
    assert stale.status_code == 409
    assert "None" in stale.content.decode()
    assert client.post(address, {"text": "x" * 5_001, "version": 2}).status_code == 422
    assert client.post(address, {"text": "x"}).status_code in {409, 422}
    assert client.get(address.replace("/11/", "/17/")).status_code == 404


def test_an_observer_reads_the_checklist_and_writes_nothing(client, review, observer):
    client.force_login(observer)
    assert client.get(reverse("reporting:prisma_s", args=[review.pk])).status_code == 200
    assert client.get(reverse("reporting:statement", args=[review.pk, 1])).status_code == 403


@pytest.mark.parametrize("kind", ["csv", "txt"])
def test_the_checklist_can_be_kept_and_no_cell_is_a_formula(client, review, lead, kind):
    services.write_statement(review, by=lead, item=2, text="=cmd()", version=1)
    client.force_login(lead)
    answer = client.get(reverse("reporting:prisma_s_file", args=[review.pk, kind]))
    text = b"".join(answer.streaming_content).decode()
    assert "Multi-database searching" in text
    assert "Missing" in text or "missing" in text
    if kind == "csv":
        assert ",'=cmd()" in text
    assert (
        client.get(reverse("reporting:prisma_s_file", args=[review.pk, "pdf"])).status_code == 404
    )
