"""Genuine exports of many vendors, and files damaged on purpose: counts, and Zotero's reading."""

import json
import re
from pathlib import Path

import pytest

from reviews.searches.parsers import UnreadableFile, parse
from tests.reference import needs_reference, reference_files

pytestmark = needs_reference

RIS = [path for path in reference_files("exports/ris") if path.suffix != ".json"]
NBIB = [path for path in reference_files("exports/nbib") if path.suffix != ".json"]
CSV = reference_files("exports/csv")
READ_BY_ZOTERO = [
    path
    for folder in ("ris", "nbib")
    for path in reference_files(f"exports/{folder}", "*.expected.json")
]

# Records that have no first tag to count by: without TY; of ERIC; after a blank line only.
WITHOUT_FIRST_TAG = {
    "jabref__RisImporterCorrupted.ris": 1,
    "colrev__nbib_data.nbib": 1,
    "zotero__MEDLINEnbib_07.nbib": 2,
    "jabref__MedlinePlainImporterTestMultipleEntries.txt": 4,
}


def _read(path: Path):
    parsed = parse(path)
    return list(parsed.records), parsed


def _text(path: Path) -> str:
    text = path.read_bytes().decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("path", RIS, ids=lambda path: path.name)
def test_no_ris_record_is_lost_or_merged(path):
    records, parsed = _read(path)
    first_lines = re.findall(r"^[ \t\ufeff]*TY {1,2}-", _text(path), re.MULTILINE)
    assert parsed.format == "ris"
    assert len(records) == len(first_lines) + WITHOUT_FIRST_TAG.get(path.name, 0)


@pytest.mark.parametrize("path", NBIB, ids=lambda path: path.name)
def test_no_nbib_record_is_lost_or_merged(path):
    records, parsed = _read(path)
    first_lines = re.findall(r"^PMID ?-", _text(path), re.MULTILINE)
    expected = len(first_lines) + WITHOUT_FIRST_TAG.get(path.name, 0)
    if path.name == "jabref__MedlinePlainImporterTestMultipleEntries.txt":
        # Its blank lines make seven records, three of which begin with a PMID.
        expected = 7
    assert parsed.format == "nbib"
    assert len(records) == expected


@pytest.mark.parametrize("path", [*RIS, *NBIB], ids=lambda path: path.name)
def test_every_line_of_a_record_is_in_its_raw_text(path):
    records, parsed = _read(path)
    kept = "\n".join(record.raw for record in records)
    said = {problem.line for problem in parsed.problems}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip(" \t\ufeff") and not re.fullmatch(r"\W*\d+\W*", line):
            assert line.rstrip() in kept or number in said


CSV_ROWS = {
    "ASySD__zotero_export.csv": 1233,
    "asreview__embase.csv": 6,
    "asreview__generic_tab.csv": 2,
    "asreview__missing_values.csv": 4,
    "bibliometrix__lens_sample.csv": 8,
    "bibliometrix__openalex_sample.csv": 8,
    "bibliometrix__scopus_sample.csv": 8,
    "colrev__csv_data.csv": 2,
}


@pytest.mark.parametrize("path", CSV, ids=lambda path: path.name)
def test_no_row_of_a_table_is_lost(path):
    records, parsed = _read(path)
    assert parsed.format == "csv"
    assert len(records) == CSV_ROWS.get(path.name, len(records))
    assert sum(bool(record.title) for record in records) > 0
    if path.stem.endswith(("_sample", "_export", "_embase")):
        assert all(record.title and record.year for record in records)


def _letters(text: str | None) -> str:
    return re.sub(r"[\W_]+", "", text or "").lower()


@pytest.mark.parametrize("path", READ_BY_ZOTERO, ids=lambda path: path.name)
def test_titles_authors_years_and_dois_agree_with_zotero(path):
    records, _ = _read(path.with_name(path.name.removesuffix(".expected.json")))
    items = json.loads(path.read_text())
    assert len(records) == len(items)
    for record, item in zip(records, items, strict=True):
        if "title" in item:
            assert _letters(record.title) == _letters(item["title"])
        people = [
            _letters(person["lastName"] + person.get("firstName", ""))
            for person in item["creators"]
            if person["creatorType"] in ("author", "inventor")
        ]
        if people:
            assert [_letters(author) for author in record.authors] == people
        year = re.search(r"[1-9]\d{3}", item.get("date") or item.get("issueDate") or "")
        assert record.year == (int(year[0]) if year else None)
        if "DOI" in item:
            assert record.doi == item["DOI"].lower()


# What is kept of each damaged file: the titles (or how many records), and how many problems.
KEPT = {
    "csv_dup_headers.csv": (["A"], 3),
    "csv_excel_semicolon_cp1252.csv": (["Müller\u2019s test"], 0),
    "csv_newlines_in_cells.csv": (["A", "=cmd|' /C calc'!A0"], 0),
    "csv_ragged.csv": (["A", "C"], 2),
    "csv_utf16_tab.txt": (["A"], 0),
    "nbib_crlf.nbib": (20, 0),
    "nbib_latin1.nbib": (["Müller test"], 0),
    "nbib_no_blank_between.nbib": (20, 0),
    "nbib_truncated.nbib": (12, 0),
    "ris_5000_authors.ris": (["huge author list"], 0),
    "ris_abstract_with_tag_like_lines.ris": (["Tag-like text"], 0),
    "ris_cp1252_smartquotes.ris": (["Patients\u2019 \u201cpreference\u201d \u2013 a review"], 0),
    "ris_cr_only.ris": (1, 1),
    "ris_crlf_bom.ris": (1, 1),
    "ris_dup_tags.ris": (["title one title three"], 1),
    "ris_glued_no_ER.ris": (["First record without end", "Second record"], 1),
    "ris_header_junk.ris": (["has provider header"], 3),
    "ris_html_entities.ris": (["Helicobacter & 2 H\u2082O p<0.05 \u03b2-lactam"], 0),
    "ris_indented.ris": (["indented tags"], 0),
    "ris_latin1.ris": (["Évaluation de la sensibilité ± 5 µg"], 0),
    "ris_lowercase_ty.ris": (["lower case tags"], 0),
    "ris_missing_everything.ris": (["", ""], 2),
    "ris_multiline_abstract.ris": (["Long title that is wrapped over lines"], 0),
    "ris_no_trailing_space_ER.ris": (["ER without space", "Two"], 0),
    "ris_nul_and_ctrl.ris": (["control chars"], 1),
    "ris_one_space_dash.ris": (["Single space tags"], 0),
    "ris_truncated_midrecord.ris": (1, 1),
    "ris_unknown_ty.ris": (["e journal", "unknown"], 0),
    "ris_utf16be_bom.ris": (6, 12),
    "ris_utf16le_bom.ris": (6, 12),
}
REFUSED = {
    "empty.ris": "empty",
    "html_login_page.ris": "web page",
    "endnote_billion_laughs.xml": "XML",
    "endnote_xxe.xml": "XML",
    "endnote_truncated.xml": "XML",
    "bib_nokey.bib": "BibTeX",
    "wos_no_EF.ciw": "Web of Science",
}
DAMAGED = {path.name: path for path in reference_files("exports/damaged")}


def test_no_damaged_file_of_our_formats_is_left_out():
    ours = {name for name in DAMAGED if name.startswith(("ris", "nbib", "csv"))}
    assert ours == set(KEPT)


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_of_a_damaged_file_and_what_is_said(name):
    records, parsed = _read(DAMAGED[name])
    titles, problems = KEPT[name]
    if isinstance(titles, int):
        assert len(records) == titles
        assert all(record.title for record in records)
    else:
        assert [record.title for record in records] == titles
    assert len(parsed.problems) == problems


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_export_we_read_is_refused_with_a_sentence(name):
    with pytest.raises(UnreadableFile, match=REFUSED[name]):
        parse(DAMAGED[name])


def test_five_thousand_authors_are_all_kept():
    records, _ = _read(DAMAGED["ris_5000_authors.ris"])
    assert len(records[0].authors) == 5_000


def test_a_file_is_read_alike_in_either_order_of_bytes():
    little, _ = _read(DAMAGED["ris_utf16le_bom.ris"])
    big, _ = _read(DAMAGED["ris_utf16be_bom.ris"])
    assert little == big
    assert all(record.doi and record.abstract for record in little)


OTHERS = [
    path
    for folder in (
        "wos",
        "ovid_tagged",
        "endnote_tagged",
        "bibtex",
        "pubmed_xml",
        "endnote_xml",
        "xlsx",
    )
    for path in reference_files(f"exports/{folder}")
    if path.suffix != ".json"
]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_formats_we_do_not_read_are_refused_rather_than_misread(path):
    with pytest.raises(UnreadableFile, match=r"\.$"):
        parse(path)
