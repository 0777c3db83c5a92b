"""NBIB, of PubMed and of ERIC."""

from pathlib import Path

import pytest

from reviews.searches.parsers import ParsedRecord, parse

EXPORTS = Path(__file__).resolve().parents[3] / "fixtures" / "exports"


@pytest.fixture(scope="module")
def records() -> list[ParsedRecord]:
    return list(parse(EXPORTS / "pubmed.nbib").records)


def test_a_record_of_pubmed_is_read_whole(records):
    record = records[0]
    assert record.title == (
        "Texture analysis of lumbar radiographs for low bone mass: an invented diagnostic"
        " accuracy study."
    )
    assert record.authors == ["Ferreira, Luis A", "Novak, Jana", "Imagined Study Group"]
    assert (record.journal, record.year) == ("Inventions in radiology", 2019)
    assert (record.volume, record.issue, record.pages) == ("3", "2", "210-8")
    assert (record.doi, record.pmid) == ("10.99999/tex.210", "30000001")
    assert record.accessions == {"pmcid": "PMC7654321"}
    assert record.mesh == ["Bone Density/*physiology", "Humans"]
    assert record.keywords == ["radiomics"]
    assert record.type == "Journal Article; Comparative Study"


def test_wrapped_lines_of_an_abstract_are_joined(records):
    assert records[0].sections == [
        ("OBJECTIVE", "To measure texture."),
        ("METHODS", "Radiographs of 80 women were read twice."),
        ("CONCLUSION", "Texture helps."),
    ]


def test_a_record_without_a_pubmed_number_is_a_record(records):
    record = records[1]
    assert (record.title, record.pmid) == ("A record without a PubMed number", "")
    assert record.accessions == {"eric": "EJ1234567"}
    assert record.issn == "2345-6789"


def test_records_without_a_blank_line_between_them_are_not_merged(records):
    assert [(record.line, record.year) for record in records] == [(2, 2019), (33, 2017), (42, 2016)]


def test_a_blank_line_within_a_record_does_not_split_it():
    text = b"PMID- 1\nTI  - Title\n\nFAU - Doe, Jo\nAU  - Doe J\nDP  - 2001\n"
    (record,) = parse(text).records
    assert (record.authors, record.year) == (["Doe, Jo"], 2001)


def test_text_between_records_is_said():
    parsed = parse(b"PMID- 1\nTI  - One\n\nOmitted by all.\n\nPMID- 2\nTI  - Two\n")
    assert [record.title for record in parsed.records] == ["One", "Two"]
    assert [(problem.line, problem.text) for problem in parsed.problems] == [(4, "Omitted by all.")]
