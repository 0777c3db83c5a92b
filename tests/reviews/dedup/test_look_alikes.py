"""Titles and numbers that are nearly the same, and belong to two reports."""

from dataclasses import replace

import pytest

from tests.reviews.dedup.test_matching import Record, grouped

WHOLE = Record(
    title="Diagnostic accuracy of heel ultrasound for osteoporosis in postmenopausal women",
    authors=["Okonkwo, Ada B.", "Lindqvist, P.", "Silva, M."],
    year=2018,
    volume="29",
    issue="4",
    pages="811-819",
)
UNPLACED = replace(WHOLE, pages="")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Bone density in patients with hypothyroidism",
            "Bone density in patients with hyperthyroidism",
        ),
        (
            "Interobserver agreement of fracture assessment",
            "Intraobserver agreement of fracture assessment",
        ),
        (
            "Screening of symptomatic women for fractures",
            "Screening of asymptomatic women for fractures",
        ),
        (
            "Heel ultrasound in premenopausal women of Oslo",
            "Heel ultrasound in postmenopausal women of Oslo",
        ),
        (
            "Fracture assessment with a contrast agent in women",
            "Fracture assessment without a contrast agent in women",
        ),
        (
            "Heel ultrasound for bone loss in male patients",
            "Heel ultrasound for bone loss in female patients",
        ),
        (
            "Heel ultrasound at diagnosis I of the symposium",
            "Heel ultrasound at diagnosis II of the symposium",
        ),
        (
            "Heel ultrasound: one-year results of the trial",
            "Heel ultrasound: five-year results of the trial",
        ),
    ],
)
def test_titles_that_say_the_opposite_are_two_reports(one, other):
    assert grouped(replace(UNPLACED, title=one), replace(UNPLACED, title=other)) == []
    with_doi = replace(UNPLACED, doi="10.1234/a")
    assert grouped(replace(with_doi, title=one), replace(with_doi, title=other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Non invasive assessment of fractures in women",
            "Noninvasive assessment of fractures in women",
        ),
        ("Anaemia and bone density of women in Oslo", "Anemia and bone density of women in Oslo"),
        ("Heel ultrasound of bones, part one", "Heel ultrasound of bones, part I"),
    ],
)
def test_spellings_of_one_title_are_one_report(one, other):
    assert grouped(replace(WHOLE, title=one), replace(WHOLE, title=other)) == [(0, 1)]


@pytest.mark.parametrize(
    "other",
    [
        replace(
            WHOLE,
            title="Diagnostic accuracy of heel ultrasound for osteoporosis in elderly men",
            authors=["Lee, K."],
            journal="Bone",
            volume="99",
            pages="1-9",
            pmid="29300001",
        ),
        replace(
            WHOLE,
            title="Diagnostic accuracy of heel ultrasound for osteoporosis in premenopausal women",
            pages="820-829",
            pmid="29300001",
        ),
    ],
)
def test_a_pubmed_number_given_by_mistake_merges_nothing(other):
    assert grouped(replace(WHOLE, pmid="29300001"), other) == []


def test_a_thesis_and_the_article_made_of_it_are_two_reports():
    thesis = replace(WHOLE, journal="", volume="", issue="", pages="", type="THES")
    assert grouped(thesis, WHOLE) == []


def test_versions_of_a_cochrane_review_in_one_year_stay_apart():
    first = replace(WHOLE, journal="Cochrane Database Syst Rev", pages="CD000123", volume="1")
    assert grouped(replace(first, issue="3"), replace(first, issue="9")) == []
    dois = [f"10.1002/14651858.CD000123.pub{n}" for n in (2, 3)]
    assert grouped(*(replace(first, issue="", doi=doi) for doi in dois)) == []
