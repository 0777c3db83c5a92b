"""Tables: headings as vendors name them, quotation, damaged rows."""

from pathlib import Path

import pytest

from reviews.searches.parsers import UnreadableFile, parse
from reviews.searches.parsers.columns import guess_mapping

EXPORTS = Path(__file__).resolve().parents[3] / "fixtures" / "exports"


def read(text: str | bytes, **options):
    """Return the records and the problems of a table."""
    parsed = parse(text if isinstance(text, bytes) else text.encode(), **options)
    return list(parsed.records), parsed.problems


def test_a_scopus_export_is_read_whole():
    parsed = parse(EXPORTS / "scopus.csv")
    first, second = parsed.records
    assert (parsed.format, parsed.problems) == ("csv", [])
    assert first.title == 'Dual-energy absorptiometry, and "opportunistic" CT'
    assert first.authors == ["Abara, N.", "Bell, T."]
    assert (first.journal, first.volume, first.issue) == ("Invented Bone", "5", "1")
    assert (first.pages, first.year) == ("11-19", 2021)
    assert (first.doi, first.pmid) == ("10.99999/ib.5.11", "31000001")
    assert first.abstract == "First line.\nSecond line."
    assert first.keywords == ["CT", "DXA", "Human"]
    assert first.accessions == {"scopus": "2-s2.0-85000000001"}
    assert first.issn == "1234-5679"
    assert (second.pages, second.abstract) == ("104", "")
    assert (first.line, second.line) == (2, 4)


def test_an_unclosed_quotation_mark_costs_only_its_own_row():
    parsed = parse(EXPORTS / "unclosed_quote.csv")
    records = list(parsed.records)
    assert [record.title for record in records] == ["First", "Second", "Third", "Fourth"]
    assert [record.year for record in records][:1] == [2001]
    assert records[2].authors == ["Clark, C."]
    assert {problem.line for problem in parsed.problems} == {3}
    assert "never closed" in parsed.problems[0].reason


def test_a_huge_cell_is_read():
    text = "word " * 200_000
    records, problems = read(f'Title,Abstract\nOne,"{text}"\nTwo,short\n')
    assert [record.title for record in records] == ["One", "Two"]
    assert len(records[0].abstract) == len(text) - 1
    assert problems == []


def test_a_quotation_mark_never_closed_does_not_swallow_a_long_file():
    rows = "".join(f"Title {i},text\n" for i in range(5_000))
    records, problems = read(f'Title,Abstract\n"Bad,text\n{rows}')
    assert len(records) == 5_001
    assert problems[0].line == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    text = f"Title{delimiter}Year\nA, b; c{delimiter}2001\n"
    if delimiter in ",;":
        text = text.replace("A, b; c", '"A, b; c"')
    records, _ = read(text)
    assert [(record.title, record.year) for record in records] == [("A, b; c", 2001)]


def test_excel_says_its_delimiter_in_a_first_line():
    records, _ = read("sep=;\nTitle;Year\nA;2001\n")
    assert [(record.title, record.line) for record in records] == [("A", 3)]


def test_lines_above_the_heading_are_said():
    records, problems = read("My export\n1 May 2020\nTitle,Year\nA,2001\n")
    assert [record.title for record in records] == ["A"]
    assert [problem.line for problem in problems] == [1, 2]


def test_a_mapping_told_replaces_the_guess():
    text = "Name,Title,When\nThe study,not this,2001\n"
    records, _ = read(text, mapping={"title": "Name", "year": "When"})
    assert (records[0].title, records[0].year) == ("The study", 2001)


def test_a_mapping_to_a_column_that_is_not_there_is_a_mistake():
    with pytest.raises(ValueError, match="no column 'Nowhere'"):
        read("Name\nA\n", mapping={"title": "Nowhere"})


def test_a_table_without_a_title_is_refused_with_a_sentence():
    with pytest.raises(UnreadableFile, match="no column for the title"):
        read("a,b\n1,2\n", format="csv")


def test_embase_puts_everything_into_the_source():
    text = 'Title,Author Names,Source\nT,"Liu R., Adler D.G.",Endoscopic U (2014) 3:3 (152-160).'
    (record,), _ = read(text)
    assert (record.journal, record.year, record.volume) == ("Endoscopic U", 2014, "3")
    assert (record.issue, record.pages) == ("3", "152-160")
    assert record.authors == ["Liu, R.", "Adler, D.G."]


def test_lists_written_as_python_does_are_lists():
    (record,), _ = read("title,authors,keywords\nT,\"['Marx, K', 'Lind, A']\",\"['a', 'b']\"\n")
    assert record.authors == ["Marx, K", "Lind, A"]
    assert record.keywords == ["a", "b"]


def test_headings_are_recognised_in_whatever_case_and_punctuation():
    guess = guess_mapping(["ARTICLE_TITLE", "Author/s", "Publication Year", "Journal/Book"])
    assert guess == {"title": [0], "authors": [1], "year": [2], "journal": [3]}


def test_a_heading_below_lines_about_the_export_tells_the_delimiter():
    text = (
        "About the data: exported on 15 March 2019, by nobody\n\nTitle;Authors;PubYear\nA;B;2001\n"
    )
    parsed = parse(text.encode())
    assert [(record.title, record.year) for record in parsed.records] == [("A", 2001)]
    assert parsed.format == "csv"
