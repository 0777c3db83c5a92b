"""The review's home, the list of my reviews, and the records behind the boxes."""

import csv
import re

import pytest
from defusedxml import ElementTree
from django.urls import reverse

from reviews import models
from tests.factories import MembershipFactory, RecordFactory, ReviewFactory, ScreeningItemFactory
from tests.reviews.reporting.world import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(client, review, reviewer):
    client.force_login(reviewer)
    return client


def _text(response):
    return response.content.decode()


def test_the_home_shows_the_diagram_and_that_it_adds_up(ana, review, django_assert_max_num_queries):
    build(5, review=review)
    with django_assert_max_num_queries(17):
        response = ana.get(reverse("review", args=[review.pk]))
    page = _text(response)
    assert response.status_code == 200
    assert "Every box adds up" in page
    assert "Records identified from:" in page
    assert "What waits for you" in page


def test_the_number_of_queries_does_not_grow_with_the_review(
    ana, review, django_assert_max_num_queries
):
    build(5, review=review, size=150)
    with django_assert_max_num_queries(17):
        ana.get(reverse("review", args=[review.pk]))


@pytest.mark.parametrize("seed", [2, 7])
def test_every_link_of_the_diagram_lists_as_many_rows_as_its_number(ana, review, seed):
    build(seed, review=review, size=40)
    page = _text(ana.get(reverse("review", args=[review.pk])))
    links = re.findall(
        r'href="([^"]*reporting/(?:records|studies)/[^"]*)">[^<]*<[^>]*>\(n = (\d+)', page
    )
    assert len(links) > 12
    for url, n in links:
        answer = ana.get(url.replace("&amp;", "&"))
        assert answer.status_code == 200, url
        assert len(answer.context["page"]) == int(n), url
        if "/records/" in url:
            assert f"{n} record" in _text(answer)
            assert _lines_of_the_files(ana, answer) == {int(n)}, url


def _lines_of_the_files(ana, answer):
    """Follow the page's own links to its files, and count the records in each."""
    files = re.findall(r'href="([^"]*records/\w+\.(?:ris|csv)[^"]*)"', _text(answer))
    assert len(files) == 2
    texts = [b"".join(ana.get(url.replace("&amp;", "&"))) for url in files]
    counted = (texts[0].count(b"ER  - "), len(list(csv.reader(texts[1].decode().splitlines()))) - 1)
    return set(counted)


@pytest.mark.parametrize(
    ("name", "more", "entry"),
    [
        ("reporting:box", ["databases"], "Overview"),
        ("reporting:studies", ["included"], "Overview"),
        ("reporting:prisma_s", [], "Write-up"),
        ("reporting:statement", [1], "Write-up"),
        ("protocol:team", [], "Team"),
        ("protocol:roles", None, "Team"),
    ],
)
def test_the_navigation_shows_where_every_page_belongs(client, review, lead, name, more, entry):
    client.force_login(lead)
    if more is None:
        more = [review.memberships.get(user=lead).pk]
    answer = client.get(reverse(name, args=[review.pk, *more]))
    assert [each.label for each in answer.context["nav"] if each.current] == [entry]


def test_first_steps_offer_what_this_person_may_do(ana, client, review, lead, observer):
    team = reverse("protocol:team", args=[review.pk]) + '">Invite'
    searches = reverse("searches:list", args=[review.pk]) + '">Bring'
    home = reverse("review", args=[review.pk])
    offered = {}
    for person in (lead, observer):
        client.force_login(person)
        page = _text(client.get(home))
        offered[person] = (team in page, searches in page)
    assert offered == {lead: (True, True), observer: (False, False)}
    assert "A lead writes down the question" in page


def test_a_new_review_shows_first_steps(ana, review):
    page = _text(ana.get(reverse("review", args=[review.pk])))
    assert "First steps" in page
    assert "Bring in a search" in page


def test_a_sum_that_does_not_come_out_is_said(ana, review, monkeypatch):
    build(1, review=review)
    monkeypatch.setattr(
        "reviews.reporting.flow.failed_identities", lambda _: ["Records screened do not add up."]
    )
    page = _text(ana.get(reverse("review", args=[review.pk])))
    assert "Records screened do not add up." in page
    assert "Every box adds up" not in page


def test_what_waits_counts_in_the_navigation_and_on_the_page(ana, review):
    for _ in range(3):
        ScreeningItemFactory(review=review)
    page = _text(ana.get(reverse("review", args=[review.pk])))
    assert "Screen records" in page
    assert re.search(r'Screening <span class="count">3<', page)
    part = _text(ana.get(reverse("reporting:waiting", args=[review.pk])))
    assert "Screen records" in part
    assert "<html" not in part


def test_an_observer_has_nothing_waiting(client, review, observer):
    ScreeningItemFactory(review=review)
    client.force_login(observer)
    assert "Screen records" not in _text(client.get(reverse("review", args=[review.pk])))


def test_the_flow_can_be_kept_as_a_picture_and_as_a_table(ana, review):
    build(3, review=review)
    models.Source.objects.filter(review=review).update(platform="<&\x01>")
    models.ExclusionReason.objects.filter(review=review).update(description="x")
    svg = b"".join(ana.get(reverse("reporting:flow_file", args=[review.pk, "svg"])))
    root = ElementTree.fromstring(svg)
    said = "".join(root.itertext())
    assert "Records screened" in said
    assert not [each for each in root.iter() if "style" in each.attrib or "class" in each.attrib]
    table = b"".join(ana.get(reverse("reporting:flow_file", args=[review.pk, "csv"]))).decode()
    assert "Reports sought for retrieval" in table
    assert ana.get(reverse("reporting:flow_file", args=[review.pk, "exe"])).status_code == 404


def test_the_records_of_a_box_come_as_ris(ana, review):
    build(3, review=review)
    ris = b"".join(ana.get(reverse("reporting:box_file", args=[review.pk, "databases", "ris"])))
    assert ris.count(b"TY  - ") == ris.count(b"ER  - ") > 0


def test_a_box_that_does_not_exist_is_not_found(ana, review):
    assert ana.get(reverse("reporting:box", args=[review.pk, "nonsense"])).status_code == 404
    assert ana.get(reverse("reporting:studies", args=[review.pk, "nonsense"])).status_code == 404


def test_ids_and_cursors_nobody_gave_out_get_a_page_or_a_sentence(ana, review):
    url = reverse("reporting:box", args=[review.pk, "databases"])
    RecordFactory(review=review)
    assert ana.get(f"{url}?source=99999999999999999999&reason=x").status_code == 200
    refused = ana.get(f"{url}?after=rubbish")
    assert refused.status_code == 409
    assert f'href="/reviews/{review.pk}/">Back to the review' in refused.content.decode()
    assert ana.get(f"{url}?source={RecordFactory().batch.search.source_id}").context["rows"] == []


@pytest.mark.parametrize("name", ["review", "reporting:flow", "reporting:activity"])
def test_outsiders_find_nothing(client, review, outsider, name):
    client.force_login(outsider)
    assert client.get(reverse(name, args=[review.pk])).status_code == 404


def test_my_reviews_lists_mine_alone_with_what_waits(
    ana, review, reviewer, django_assert_max_num_queries
):
    ScreeningItemFactory(review=review)
    ReviewFactory(title="Somebody else's")
    for _ in range(5):
        MembershipFactory(user=reviewer, review=ReviewFactory())
    with django_assert_max_num_queries(8):
        page = _text(ana.get(reverse("home")))
    assert review.title in page
    assert "1 thing waits for you, 1 of them a record to screen" in page
    assert "Somebody else" not in page


def test_somebody_without_reviews_is_told_what_to_do(client, outsider):
    client.force_login(outsider)
    assert "Start your first review" in _text(client.get(reverse("home")))


def test_the_writeup_links_to_every_file(ana, review):
    build(3, review=review)
    page = _text(ana.get(reverse("reporting:writeup", args=[review.pk])))
    links = set(re.findall(r'href="(/reviews/[^"]*\.(?:csv|ris|svg|txt)[^"]*)"', page))
    assert len(links) > 10
    for url in links:
        response = ana.get(url.replace("&amp;", "&"))
        assert response.status_code == 200, url
        assert url.split("?")[0].endswith("ris") or b"".join(response), url
