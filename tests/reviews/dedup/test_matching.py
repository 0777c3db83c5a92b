"""Which records are grouped, which are left to people, and which stay apart."""

import time
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.dedup import matching
from reviews.dedup.compare import best_copy
from reviews.dedup.keys import Keys, first_surname, normalise
from reviews.dedup.matching import Group, Matches

TITLE = "Accuracy of hand radiographs for osteoporosis"


@dataclass(frozen=True)
class Record:
    """A record as searches keep it, as far as matching reads it."""

    title: str = TITLE
    authors: list[str] = field(default_factory=lambda: ["Okonkwo, Ada B."])
    year: int | None = 2019
    journal: str = "Invented Radiology"
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    abstract: str = ""
    type: str = ""


BASE = Record()


def find_matches(records: list[Record], **given) -> Matches:
    return matching.find_matches([Keys.of(record) for record in records], **given)


def groups(records: list[Record]) -> list[Group]:
    return find_matches(records).groups


def grouped(*records: Record) -> list[tuple[int, ...]]:
    """Return the members of each group."""
    return [group.members for group in groups(records)]


def test_a_doi_groups_records_whose_titles_agree():
    other = Record(title=f"{TITLE}: a cohort", authors=["Okonkwo A"], year=2020, doi="10.1234/a")
    assert grouped(replace(BASE, doi="10.1234/A"), other) == [(0, 1)]


def test_a_doi_shared_by_different_titles_groups_nothing():
    book = [
        Record(title=f"Abstract {word} of a congress of radiology", doi="10.1234/congress")
        for word in ("one about bones", "two about teeth", "three about the heart")
    ]
    assert find_matches(book).groups == []
    assert find_matches(book[:2]).groups == []


def test_parts_of_a_series_under_one_doi_stay_apart():
    parts = [replace(BASE, title=f"{TITLE}: part {n}", doi="10.1234/a") for n in (1, 2)]
    assert grouped(*parts) == []


def test_two_different_titles_under_one_doi_are_for_people_to_judge():
    other = Record(title="Ultrasound of the heel in men over seventy", doi="10.1234/a")
    matches = find_matches([replace(BASE, doi="10.1234/a"), other])
    assert matches.groups == []
    (pair,) = matches.possible
    assert pair.reasons[:2] == ("different titles", "same DOI")


def test_what_is_merged_across_titles_does_not_claim_that_they_are_alike():
    told = replace(BASE, doi="10.1234/a", volume="12", pages="221-228")
    (group,) = groups([told, replace(told, title="Handröntgen in der Osteoporosediagnostik")])
    assert group.evidence[0].rule == "title in other words, same DOI, authors, volume and pages"


def test_an_erratum_is_not_its_report():
    erratum = replace(BASE, title=f"Erratum: {TITLE}", doi="10.1234/a")
    assert grouped(replace(BASE, doi="10.1234/a"), erratum) == []


def test_a_pubmed_number_groups():
    other = Record(title=TITLE.upper() + ".", authors=[], year=None, pmid="123")
    assert grouped(replace(BASE, pmid="123"), other) == [(0, 1)]


def test_title_year_and_first_author_group():
    other = Record(title="ACCURACY of hand-radiographs for osteoporosis.", authors=["Okonkwo AB"])
    (group,) = groups([BASE, other])
    assert [each.rule for each in group.evidence] == ["same title, authors, year and journal"]


def test_a_title_alone_never_groups():
    assert grouped(BASE, replace(BASE, year=2011)) == []
    assert grouped(BASE, replace(BASE, authors=["Silva, M."])) == []
    assert grouped(BASE, replace(BASE, authors=[], year=None)) == []


def test_a_short_title_never_groups():
    editorial = replace(BASE, title="Editorial")
    assert grouped(editorial, editorial) == []


def test_the_same_column_in_two_issues_stays_apart():
    column = replace(BASE, title="Remarks from the editor of this journal", volume="24", issue="1")
    assert grouped(column, replace(column, issue="2")) == []


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (replace(BASE, doi="10.1234/b"), "different DOIs"),
        (replace(BASE, pmid="2"), "different PubMed numbers"),
    ],
)
def test_identifiers_that_differ_leave_a_pair_to_people(other, reason):
    matches = find_matches([replace(BASE, doi="10.1234/a", pmid="1"), other])
    assert matches.groups == []
    assert [reason in pair.reasons for pair in matches.possible] == [True]


def test_a_congress_abstract_and_its_article_are_left_to_people():
    article = replace(BASE, journal="Invented Radiology", volume="12", pages="1-9")
    abstract = replace(BASE, journal="Proceedings of Nothing", volume="3", pages="S44")
    matches = find_matches([article, abstract])
    assert matches.groups == []
    assert {"different volumes", "different pages"} < set(matches.possible[0].reasons)


def test_years_that_differ_by_one_leave_a_pair_to_people():
    matches = find_matches([BASE, replace(BASE, year=2020)])
    assert [(pair.left, pair.right) for pair in matches.possible] == [(0, 1)]
    assert {"same title", "years differ by one"} < set(matches.possible[0].reasons)


def test_title_with_volume_and_page_groups_across_the_turn_of_the_year():
    online = replace(BASE, volume="5", pages="11", year=2019)
    print_ = replace(online, pages="11-9", year=2020)
    assert grouped(print_, online) == [(0, 1)]


def test_what_is_one_by_one_the_same_is_not_joined_when_its_ends_contradict():
    first = replace(BASE, doi="10.1234/a")
    middle = BASE
    last = replace(BASE, doi="10.1234/b")
    matches = find_matches([first, middle, last])
    assert [group.members for group in matches.groups] == [(0, 1)]
    (pair,) = matches.possible
    assert pair.right == 2
    assert "different DOIs" in " ".join(pair.reasons)


def test_groups_carry_enough_evidence_to_join_their_members():
    records = [BASE, replace(BASE, doi="10.1234/a"), replace(BASE, doi="10.1234/a", pmid="7")]
    (group,) = groups(records)
    assert group.members == (0, 1, 2)
    assert len(group.evidence) == 2


def test_the_best_copy_is_the_most_complete_and_else_the_first():
    bare, full = BASE, replace(BASE, abstract="Long.", doi="10.1234/a")
    assert best_copy([bare, full]) is full
    assert best_copy([bare, replace(bare)]) is bare


@pytest.mark.parametrize(
    ("names", "surname"),
    [
        (["van der Valk, Paul"], "valk"),
        (["Smith JA"], "smith"),
        (["John A. Smith"], "smith"),
        (["J.A. Smith"], "smith"),
        (["O'Brien, P."], "obrien"),
        (["García-López M"], "garcialopez"),
        (["Li X"], "li"),
        (["World Health Organization"], "organization"),
        ([], ""),
        ([""], ""),
    ],
)
def test_the_first_authors_family_name(names, surname):
    assert first_surname(names) == surname


def test_accents_ligatures_and_width_do_not_matter():
    assert normalise("É\ufb01cacit\u00e9\uff1a\uff34est") == normalise("eficacite test")


_RECORDS = st.builds(
    Record,
    title=st.sampled_from([TITLE, TITLE + ".", "Editorial", "", "Another long enough title here"]),
    authors=st.sampled_from([["Okonkwo, A."], ["Silva M"], []]),
    year=st.sampled_from([None, 2019, 2020]),
    doi=st.sampled_from(["", "10.1234/a", "10.1234/b"]),
    pmid=st.sampled_from(["", "1", "2"]),
    volume=st.sampled_from(["", "1", "2"]),
    pages=st.sampled_from(["", "1-2", "7"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_RECORDS, max_size=14))
def test_groups_never_overlap_nor_contradict_themselves(records):
    matches = find_matches(records)
    members = [i for group in matches.groups for i in group.members]
    assert len(members) == len(set(members))
    group_of = {i: group for group in matches.groups for i in group.members}
    for group in matches.groups:
        # One place in a journal holds one report, whatever its DOIs.
        named = [records[i] for i in group.members if records[i].doi]
        if len({record.doi for record in named}) > 1:
            assert len({(record.volume, record.pages) for record in named}) == 1
        assert len({records[i].pmid for i in group.members} - {""}) <= 1
        assert len(group.evidence) == len(group.members) - 1
    for pair in matches.possible:
        assert pair.left < pair.right
        left, right = group_of.get(pair.left), group_of.get(pair.right)
        assert left is None or left is not right


def test_a_hundred_thousand_records_take_seconds_even_if_many_are_alike():
    records = [
        replace(BASE, title=f"{TITLE} number {i // 2} of many", doi=f"10.1234/{i // 2}")
        for i in range(60_000)
    ]
    records += [
        replace(BASE, title="Always the same long title", year=i % 100) for i in range(40_000)
    ]
    start = time.process_time()
    matches = find_matches(records)
    assert time.process_time() - start < 30
    assert len([group for group in matches.groups if len(group.members) == 2]) == 30_000


PLACED = replace(
    BASE, authors=["Okonkwo, A.", "Silva, M."], volume="12", issue="3", pages="101-109"
)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACED, title=f"[{TITLE}]. [Review] [33 refs]"),
        replace(PLACED, title=TITLE.replace("radiographs", "radiogrpahs")),
        replace(PLACED, title=f"{TITLE}: a cohort of 300 women"),
        replace(PLACED, title=f"Genauigkeit der Handaufnahme; {TITLE}"),
        replace(PLACED, journal="Inv Radiol", volume="12 (Suppl 1)", issue="", pages="101-9"),
        replace(PLACED, authors=["Ada Okonkwo", "Marta Silva"], year=2020),
        replace(PLACED, authors=[], pages="101"),
        replace(PLACED, authors=["Hand Study Group"], issue=""),
        replace(PLACED, volume="", issue="", pages="", year=2019),
        replace(PLACED, title="Die Handaufnahme zeigt Osteoporose, eine Untersuchung"),
    ],
    ids=[
        *("what stands behind a title", "a slip", "a subtitle", "a translation beside the title"),
        *("an abbreviated place", "names the other way round", "no authors", "a group of authors"),
        *("no place", "a translated title in the same place"),
    ],
)
def test_a_copy_is_known_although(other):
    assert grouped(PLACED, other) == [(0, 1)]


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACED, title=f"{TITLE}: part 2"),
        replace(PLACED, title=f"Reply to: {TITLE}"),
        replace(PLACED, title=f"{TITLE}: reply"),
        replace(PLACED, volume="13"),
        replace(PLACED, pages="211-219"),
        replace(PLACED, title="Another study of hands altogether", pages="101"),
        replace(PLACED, year=2023, volume="", pages=""),
        replace(PLACED, journal="", volume="", issue="", pages="", doi="10.48550/arxiv.1912.1"),
        replace(PLACED, type="Proceedings Paper", volume="", issue="", pages=""),
        replace(PLACED, journal="Nothing Weekly", volume="", issue="", pages="", authors=["Li X"]),
    ],
    ids=[
        *("a second part", "a reply", "a reply in its subtitle", "another volume", "other pages"),
        *("another title on one page", "four years later", "a preprint", "a conference paper"),
        "another author elsewhere",
    ],
)
def test_a_look_alike_stays_apart(other):
    assert grouped(PLACED, other) == []


def test_a_column_of_an_editor_stays_apart_from_issue_to_issue():
    column = replace(PLACED, title="Editorial introduction", authors=["Zander, V."], pages="5-6")
    assert grouped(column, replace(column, issue="4", pages="5-8")) == []


def test_editorials_of_unnamed_journals_stay_apart_although_their_pages_agree():
    editorial = replace(PLACED, title="Editorial", authors=[], journal="", pages="1")
    assert grouped(editorial, editorial) == []


def test_versions_of_a_cochrane_review_stay_apart():
    first = replace(BASE, journal="Cochrane Database of Systematic Reviews", pages="CD001234")
    assert grouped(first, replace(first, year=2020)) == []


def test_groups_made_before_grow_and_are_not_judged_anew():
    records = [BASE, replace(BASE, title="Quite another report, merged by hand"), BASE]
    matches = find_matches(records, together=[(0, 1)], new={2})
    assert [group.members for group in matches.groups] == [(0, 1, 2)]
    assert len(matches.groups[0].evidence) == 1


def test_only_pairs_with_a_new_record_are_compared():
    assert find_matches([BASE, BASE, BASE], new=set()).groups == []


def test_records_judged_to_be_different_are_never_brought_together():
    records = [BASE] * 4
    matches = find_matches(records, apart=[(0, 1)])
    where = {i: group.members for group in matches.groups for i in group.members}
    assert where.get(0) != where.get(1)
    assert find_matches(records, apart=[(0, 1, 2, 3)]).groups == []


def test_five_thousand_copies_are_one_group_in_a_moment():
    start = time.process_time()
    (group,) = groups([replace(PLACED, doi="10.1234/a")] * 5_000)
    assert len(group.members) == 5_000
    assert time.process_time() - start < 20


def test_a_thousand_editorials_do_not_flood_the_queue():
    editorials = [replace(BASE, title="Editorial", authors=[], year=None) for _ in range(1_000)]
    matches = find_matches(editorials)
    assert matches.groups == []
    assert len(matches.possible) < 50


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Record,
            title=st.text(max_size=60),
            authors=st.lists(st.text(max_size=20), max_size=3),
            journal=st.text(max_size=20),
            volume=st.text(max_size=6),
            issue=st.text(max_size=6),
            pages=st.text(max_size=12),
            doi=st.text(max_size=12),
            pmid=st.text(max_size=6),
            abstract=st.text(max_size=200),
            type=st.text(max_size=10),
        ),
        max_size=6,
    )
)
def test_any_text_at_all_is_compared(records):
    find_matches(records * 2)
