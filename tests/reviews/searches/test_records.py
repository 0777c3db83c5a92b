"""The list of records: what words find, in which order, and that nothing typed is an error."""

import pytest
from django.urls import reverse

from reviews.models import DuplicateGroup, Record
from reviews.searches import record_views
from reviews.searches.finding import MOST_CHARACTERS
from tests.factories import ImportBatchFactory, RecordFactory, SearchFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, review, reviewer):
    """Ask for the list with these parameters."""
    client.force_login(reviewer)

    def page(**query):
        return client.get(reverse("searches:records", args=[review.pk]), query)

    return page


@pytest.fixture
def three(review):
    RecordFactory(
        review=review,
        title="Osteoporosis and radiographs",
        abstract="Of the spine.",
        year=2020,
        doi="10.1/bone",
        pmid="",
    )
    RecordFactory(
        review=review,
        title="Deep learning for the hip",
        abstract="Radiographs showed osteopenia.",
        year=None,
        doi="",
        pmid="",
    )
    RecordFactory(
        review=review,
        title="Computed tomography",
        abstract="",
        year=2018,
        doi="10.1/ct",
        pmid="31234567",
    )


def titles(answer):
    return [record.title.split()[0] for record in answer.context["page"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("radiograph", ["Osteoporosis", "Deep"]),  # a word in the title counts more
        ("osteo*", ["Osteoporosis", "Deep"]),
        ("osteoporos*", ["Osteoporosis"]),
        ("OSTEOPOROSIS*", ["Osteoporosis"]),
        ('"deep learn*"', ["Deep"]),
        ('"learning deep"', []),
        ("osteo* -hip", ["Osteoporosis"]),
        ("osteo* -radiograph*", []),
        ("tomography or spine", ["Computed", "Osteoporosis"]),
        ("the* spine", []),
        ("the", []),
        ("10.1/ct", ["Computed"]),
        ("31234567", ["Computed"]),
    ],
)
def test_words_find_records_those_with_the_word_in_the_title_first(page, three, words, found):
    assert sorted(titles(page(q=words))) == sorted(found)
    if words == "radiograph":
        assert titles(page(q=words)) == found


@pytest.mark.parametrize(
    "words",
    [
        '"',
        '"bone',
        "((& | !",
        "' OR 1=1 --",
        "*",
        "** *a*",
        "-",
        "- -",
        "or or",
        "bone:*A",
        "a_b*",
        "qz1begins1 osteo*",
        "\\'osteo*\\'",
        "<->",
        "\x02bone\x03",
        "the of and",
        "骨密度*",
        "🦴*",
        "a* " * 300,
        "bone " * 150,
        "\u202ebone",
        "x" * (MOST_CHARACTERS - 1) + "*",
    ],
)
@pytest.mark.parametrize("order", ["", "year"])
def test_nothing_typed_is_an_error(page, three, words, order):
    assert page(q=words, order=order).status_code == 200


def test_too_many_characters_get_a_sentence(page, three):
    answer = page(q="bone " * 2_000)
    assert answer.status_code == 200
    assert "at most 1000 characters" in answer.content.decode()


def test_what_was_found_is_marked_and_nothing_else_is_markup(page, review):
    RecordFactory(review=review, title="<b>Bones</b> & joints", abstract="Dense <i>bone</i> here.")
    html = page(q="bone").content.decode()
    assert '&lt;b&gt;<mark class="hl">Bones</mark>&lt;/b&gt; &amp; joints' in html
    assert '<mark class="hl">bone</mark>' in html
    assert "<i>bone" not in html


@pytest.fixture
def of_people(review):
    """One record by several people, which another one names in its title."""
    people = [
        "Jang, Ryan",
        "Müller-Lüdenscheidt, K.",
        'O"Brien\\, S.',
        "Charles, A.",
        "van Dam, B.",
    ]
    people += [f"Else{n}, A." for n in range(20)] + ["Nakamoto, T."]
    RecordFactory(review=review, title="Hip films", authors=people, journal="Bone and Ageing")
    RecordFactory(review=review, title="A reply to Jang", authors=["Other, B."], journal="Spine")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("jang", ["A", "Hip"]),  # in the title before among the authors
        ("Jang Ryan", ["Hip"]),
        ("müller-lüdenscheidt", ["Hip"]),
        ("o brien", ["Hip"]),
        ("charles", ["Hip"]),
        ("naka*", ["Hip"]),
        ("spine", ["A"]),
        ('"bone and ageing"', ["Hip"]),
        ("jang -reply", ["Hip"]),
    ],
)
def test_words_find_authors_and_journals(page, of_people, words, found):
    assert titles(page(q=words)) == found


def test_an_author_found_is_shown_and_marked_however_far_down_the_list(page, of_people):
    html = page(q="nakamoto").content.decode()
    assert '<mark class="hl">Nakamoto</mark>, T. and others' in html
    assert "Else0" in html
    assert "Else1" not in html
    assert (
        '<mark class="hl">Bone</mark> and <mark class="hl">Ageing</mark>'
        in page(q="bone ageing").content.decode()
    )


def test_five_thousand_authors_fit_the_words_of_a_record(page, review):
    """PostgreSQL refuses more than 1 MB of words: the last of so many are not searched."""
    words = [chr(0x20000 + n) + "-" + chr(0x24000 + n) for n in range(15_000)]
    RecordFactory(
        review=review,
        title=" ".join(words[:2_500]),
        abstract=" ".join(words) * 4,
        authors=[f"Surname{n}, {n:0100}x" for n in range(5_000)],
        journal=" ".join(words[-250:]),
    )
    assert len(titles(page(q="surname7"))) == 1
    assert titles(page(q="surname4999")) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"order": "year"}, ["Osteoporosis", "Computed", "Deep"]),
        ({"order": "oldest"}, ["Deep", "Computed", "Osteoporosis"]),
        ({"order": "imported"}, ["Osteoporosis", "Deep", "Computed"]),
        ({}, ["Computed", "Deep", "Osteoporosis"]),
        ({"year_to": 2019}, ["Computed"]),
        ({"year_from": 2019}, ["Osteoporosis"]),
        ({"identifiers": "none"}, ["Deep"]),
        ({"identifiers": "pmid"}, ["Computed"]),
        ({"abstract": "no"}, ["Computed"]),
        ({"abstract": "yes", "q": "osteo*", "order": "year"}, ["Osteoporosis", "Deep"]),
    ],
)
def test_records_are_narrowed_and_ordered(page, three, asked, found):
    assert titles(page(**asked)) == found


@pytest.mark.parametrize(
    "asked", [{}, {"order": "year"}, {"q": "title"}, {"q": "t*", "order": "new"}]
)
def test_pages_follow_each_other_in_every_order(page, review, asked):
    batch = ImportBatchFactory(review=review)
    for n in range(120):
        RecordFactory(review=review, batch=batch, title=f"Title {n}", year=2000 + n % 3 or None)
    seen, query = [], ""
    for _ in range(3):
        answer = page(**asked, **dict([query.split("=", 1)] if query else []))
        seen += [record.pk for record in answer.context["page"]]
        query = answer.context["page"].next_query
    assert query == ""
    assert len(seen) == len(set(seen)) == 120
    back = page(**asked, **dict([answer.context["page"].previous_query.split("=", 1)]))
    assert [record.pk for record in back.context["page"]] == seen[50:100]


def test_counts_end_where_people_stop_reading(page, review, monkeypatch):
    monkeypatch.setattr(record_views, "COUNTED_UP_TO", 3)
    monkeypatch.setattr(record_views, "MOST_RANKED", 5)
    batch = ImportBatchFactory(review=review)
    RecordFactory.create_batch(3, review=review, batch=batch, title="Bone")
    assert "3 records." in page().content.decode()
    RecordFactory.create_batch(1, review=review, batch=batch, title="Bone")
    assert "3+ records." in page().content.decode()
    assert "3+ records." in page(q="bone").content.decode()
    RecordFactory.create_batch(4, review=review, batch=batch, title="Bone")
    answer = page(q="bone")
    assert "More than 5 records have these words" in answer.content.decode()
    assert len(answer.context["page"]) == 5


@pytest.mark.parametrize("asked", [{}, {"q": "bone"}, {"q": "bone", "order": "year"}])
def test_a_page_costs_at_most_twelve_queries(page, review, django_assert_max_num_queries, asked):
    for _ in range(4):
        RecordFactory.create_batch(
            15, review=review, batch=ImportBatchFactory(review=review), title="Bone"
        )
    with django_assert_max_num_queries(12):
        assert len(page(**asked).context["page"]) == 50


@pytest.mark.parametrize("day", ["2025-01-01", "2024-01-01"])
def test_an_update_shows_what_no_earlier_search_had(page, review, day):
    first = SearchFactory(review=review, run_on="2024-01-01")
    update = SearchFactory(review=review, source=first.source, run_on=day, update_of=first)
    batches = [ImportBatchFactory(review=review, search=each) for each in (first, update)]
    group = DuplicateGroup.objects.create(review=review, method="doi")
    RecordFactory(review=review, batch=batches[0], title="Known", group=group)
    RecordFactory(review=review, batch=batches[1], title="Copy", group=group, kept=False)
    RecordFactory(review=review, batch=batches[1], title="New")
    twice = DuplicateGroup.objects.create(review=review, method="doi")
    RecordFactory(review=review, batch=batches[1], title="Twice", group=twice)
    RecordFactory(review=review, batch=batches[1], title="Again", group=twice, kept=False)
    assert titles(page(search=update.pk)) == ["Again", "Twice", "New", "Copy"]
    assert titles(page(search=update.pk, new="1")) == ["Again", "Twice", "New"]
    nothing = page(search=update.pk, new="1", year_from="2200")
    assert "Nothing new here" in nothing.content.decode()
    assert Record.objects.new_with(update).count() == 3


def test_a_word_nobody_wrote_leads_to_words_that_begin_so(page, review):
    RecordFactory(review=review, title="Osteoporosis", year=2020)
    answer = page(q="osteopo", year_from="2019").content.decode()
    assert 'href="?q=osteopo%2A&amp;year_from=2019"' in answer
    assert "Look for osteopo*" in answer
    assert titles(page(q="osteopo*", year_from="2019")) == ["Osteoporosis"]
    for words in ("osteopo hip", '"osteopo', "zz*"):
        assert "No record has this word" not in page(q=words).content.decode()


def test_empty_states_say_what_to_do(page, three):
    assert "or add a record by hand" not in page(q="nowhere").content.decode()
    assert "No record has this word" in page(q="nowhere").content.decode()
    assert "No record is like that" in page(year_from=2021).content.decode()
