"""RIS, as different vendors write it."""

from pathlib import Path

import pytest

from reviews.searches.parsers import ParsedRecord, parse

EXPORTS = Path(__file__).resolve().parents[3] / "fixtures" / "exports"


def one(*lines: str) -> ParsedRecord:
    """Return the only record of a RIS file with these lines."""
    text = "\n".join(["TY  - JOUR", *lines, "ER  - ", ""])
    (record,) = parse(text.encode()).records
    return record


@pytest.fixture(scope="module")
def vendors() -> list[ParsedRecord]:
    return list(parse(EXPORTS / "vendors.ris").records)


def test_every_record_is_read_once_and_in_order(vendors):
    assert [(record.position, record.line) for record in vendors] == [(1, 2), (2, 23), (3, 42)]


def test_older_tags_are_read(vendors):
    record = vendors[0]
    assert record.title == "Bone density from hand radiographs by a convolutional network"
    assert record.authors == ["Okonkwo, Ada B.", "Lindqvist, Per"]
    assert (record.journal, record.year) == ("Imaginary Research Letters", 2019)
    assert (record.volume, record.issue, record.pages) == ("12", "4", "123-131")
    assert record.issn == "1234-5679"
    assert record.type == "JOUR"


def test_identifiers_are_found_where_vendors_put_them(vendors):
    assert [record.doi for record in vendors] == [
        "10.99999/irl.2019.0123",
        "10.99999/ijd.2020.417",
        "10.99999/pn(2018)3-8",
    ]
    assert [record.pmid for record in vendors] == ["12345678", "", "23456789"]
    assert vendors[1].accessions == {"embase": "L2001234567"}
    assert vendors[2].accessions == {"wos": "WOS:000123456700001", "pmcid": "PMC1234567"}


def test_a_structured_abstract_keeps_its_labels(vendors):
    assert vendors[0].sections == [
        ("BACKGROUND", "Hand radiographs are common."),
        ("METHODS", "We trained a network."),
        ("RESULTS", "It learned."),
    ]


def test_keywords_separated_by_semicolons_lines_and_tags(vendors):
    assert vendors[0].keywords == ["Bone Density", "Radiography", "Hand", "Bones"]


def test_a_title_over_two_lines_is_one_line(vendors):
    assert vendors[1].title == "Screening for osteoporosis with panoramic radiographs: a cohort"


def test_authors_in_one_line_are_separated(vendors):
    assert vendors[1].authors == ["Moreau, J.", "Tanaka, K.", "van der Berg, P."]
    assert vendors[2].authors == ["Silva, M.", "Costa, R.", "Nunes, P."]


def test_an_end_tag_within_a_sentence_ends_nothing(vendors):
    assert vendors[1].abstract == (
        "The ER was busy.\nER - is an abbreviation for emergency room here\nand the text goes on."
    )
    assert vendors[1].language == "English"


def test_an_article_number_stands_for_pages(vendors):
    assert vendors[1].pages == "e0417"


def test_markup_and_entities_are_resolved_but_not_inequalities(vendors):
    assert vendors[2].title == "Vertebral fractures & their signal: p<0.05 and H2O"


def test_raw_text_is_kept_line_by_line(vendors):
    lines = (EXPORTS / "vendors.ris").read_text().split("\n")
    for record in vendors:
        raw = record.raw.split("\n")
        start = record.line - 1
        assert raw[:-1] == lines[start : start + len(raw) - 1]
        assert raw[-1] == "ER  -"


def test_repeated_titles_of_one_tag_are_joined_and_other_ones_said():
    parsed = parse(b"TY  - JOUR\nTI  - One\nTI  - two\nT1  - Another\nPY  - 2001\nER  - \n")
    (record,) = parsed.records
    assert record.title == "One two"
    assert [(problem.line, problem.text) for problem in parsed.problems] == [(1, "Another")]


def test_both_abstracts_are_kept():
    assert one("TI  - T", "AB  - First.", "N2  - Second.").abstract == "First.\nSecond."


@pytest.mark.parametrize(
    ("lines", "pages"),
    [
        (["SP  - 123-130"], "123-130"),
        (["SP  - 123", "EP  - 130"], "123-130"),
        (["SP  - 4", "EP  - 4"], "4"),
        (["SP  - 123--130"], "123-130"),
        (["EP  - 9"], "9"),
        (["C7  - 106558"], "106558"),
    ],
)
def test_pages(lines, pages):
    assert one(*lines).pages == pages


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        (["PY  - 2019///"], 2019),
        (["Y1  - 2019/03/15/"], 2019),
        (["PY  - 99", "Y1  - 2001"], 2001),
        (["DA  - 20190315"], 2019),
        (["PY  - 0000"], None),
        (["Y2  - 2019"], None),
    ],
)
def test_years(lines, year):
    assert one(*lines).year == year


def test_an_accession_number_is_a_pubmed_number_only_where_the_database_is_medline():
    assert one("AN  - 25657356", "DP  - NLM").pmid == "25657356"
    record = one("AN  - 0992879", "DB  - ecn")
    assert (record.pmid, record.accessions) == ("", {"ecn": "0992879"})


def test_a_doi_is_not_taken_from_a_note_that_names_several():
    assert one("N1  - cites 10.1234/one and 10.1234/two").doi == ""


def test_a_list_of_abbreviations_in_an_abstract_is_no_list_of_tags():
    record = one("TI  - T", "AB  - Abbreviations:", "CT - computed tomography", "SP - specificity")
    assert record.abstract == "Abbreviations:\nCT - computed tomography\nSP - specificity"
    assert record.pages == ""


def test_files_put_one_after_the_other_are_read_despite_the_mark_between_them():
    half = "TY  - JOUR\nTI  - T\nER  - \n".encode("utf-8-sig")
    assert len(list(parse(half + half).records)) == 2


@pytest.mark.parametrize("between", ["\t- ", "  -\xa0", " \u2013 ", "\xa0\xa0-\xa0", "  -"])
def test_tags_with_other_spaces_and_dashes(between):
    text = "".join(f"{tag}{between}{value}\n" for tag, value in _SMALL)
    parsed = parse(text.encode())
    (record,) = parsed.records
    assert (parsed.format, record.title, record.year) == ("ris", "A title", 2001)


_SMALL = [("TY", "JOUR"), ("TI", "A title"), ("PY", "2001"), ("ER", "")]


def test_records_that_have_neither_type_nor_end_are_told_apart_by_blank_lines():
    parsed = parse(b"AU  - A, B\nTI  - One\nAB  - Text\n\nmore text\n\nAU  - C, D\nTI  - Two\n")
    assert [record.title for record in parsed.records] == ["One", "Two"]
