"""Genuine exports of many vendors, and files damaged on purpose: counts, and Zotero's reading."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from reviews.searches.parsers import UnreadableFile, parse
from tests.reference import needs_reference, reference_files

pytestmark = needs_reference

FORMATS = ("ris", "nbib", "wos", "ovid_tagged", "endnote_tagged", "bibtex", "pubmed_xml")
FORMATS += ("endnote_xml", "csv", "xlsx")


def _exports(folder: str) -> list[Path]:
    return [path for path in reference_files(f"exports/{folder}") if path.suffix != ".json"]


ALL = [(path, folder) for folder in FORMATS for path in _exports(folder)]
RIS, NBIB, CSV = _exports("ris"), _exports("nbib"), _exports("csv")
TAGGED = [*RIS, *NBIB, *_exports("wos"), *_exports("ovid_tagged"), *_exports("endnote_tagged")]
READ_BY_ZOTERO = [
    path for folder in FORMATS for path in reference_files(f"exports/{folder}", "*.expected.json")
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


# What begins a record, for an eye that knows nothing of how we read.
FIRST_LINES = {
    "wos": r"^\ufeff?PT [A-Z]\s*$",
    "ovid_tagged": r"^<\d+\. ?>|^<\d+>",
    "endnote_tagged": r"^%0(?![^\n]*\n%0)",  # the last of several in a row
    "pubmed_xml": r"<Pubmed(?:Book)?Article>",
    "endnote_xml": r"<record>",
    "bibtex": r"^[^@\n]*@(?!comment\b|string\b|preamble\b)\w+\s*[{(]",
}
# Files whose records do not all begin so, with how many there are and why.
COUNTED_BY_HAND = {
    "colrev__enl_data.enl": 3,  # the third has no type
    "jabref__Endnote.pattern.E.enw": 1,  # no type
    "jabref__OvidImporterTest2Invalid.txt": 2,  # without numbers; "Score" begins each
    "bibtex-ruby__decoret.bib": 6,  # the seventh stands within a comment
    "jabref__encodingWithoutNewline.bib": 1,  # three entries in one line, two without record
}


@pytest.mark.parametrize(
    ("path", "folder"),
    [each for each in ALL if each[1] in FIRST_LINES and each[0].stat().st_size],
    ids=lambda value: getattr(value, "name", value),
)
def test_no_record_of_the_other_formats_is_lost_or_merged(path, folder):
    records, parsed = _read(path)
    found = re.findall(FIRST_LINES[folder], _text(path), re.MULTILINE | re.IGNORECASE)
    assert parsed.format == folder
    assert len(records) == COUNTED_BY_HAND.get(path.name, len(found))
    assert [record.position for record in records] == list(range(1, len(records) + 1))


@pytest.mark.parametrize("path", _exports("xlsx"), ids=lambda path: path.name)
def test_no_row_of_a_workbook_is_lost(path):
    records, parsed = _read(path)
    with zipfile.ZipFile(path) as archive:
        rows = archive.read("xl/worksheets/sheet1.xml").count(b"<row ")
    assert (parsed.format, len(records)) == ("xlsx", rows - 1)


@pytest.mark.parametrize("path", TAGGED, ids=lambda path: path.name)
def test_every_line_of_a_record_is_in_its_raw_text(path):
    records, parsed = _read(path)
    kept = "\n".join(record.raw for record in records)
    said = {problem.line for problem in parsed.problems}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip(" \t\ufeff") and not re.fullmatch(r"\W*\d+\W*|\ufeff?(FN|VR|EF)\b.*", line):
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


@pytest.mark.parametrize("path", CSV, ids=lambda path: path.name)
def test_as_many_records_as_the_csv_module_sees_rows(path):
    delimiter = max(",;\t", key=_text(path).split("\n")[0].count)
    rows = csv.reader(io.StringIO(_text(path), newline=""), delimiter=delimiter)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(_read(path)[0]) == len(filled) - 1


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
    "bib_dupfields.bib": (["One"], 1),
    "bib_dupkeys.bib": (["One", "Two"], 0),
    "bib_nokey.bib": (["No key", "No key 2"], 0),
    "bib_scopus_key_space.bib": (["Key with space ü \u03b1"], 0),
    "bib_unbalanced.bib": (["Unbalanced brace", "Good one"], 1),
    "bib_undefined_string.bib": (["One"], 0),
    "csv_dup_headers.csv": (["A"], 3),
    "csv_excel_semicolon_cp1252.csv": (["Müller\u2019s test"], 0),
    "csv_newlines_in_cells.csv": (["A", "=cmd|' /C calc'!A0"], 0),
    "csv_ragged.csv": (["A", "C"], 2),
    "csv_utf16_tab.txt": (["A"], 0),
    # The entities stay as they are written: nothing is expanded, nothing fetched.
    "endnote_billion_laughs.xml": (["&lol8;"], 1),
    "endnote_xxe.xml": (["&x;"], 2),
    "endnote_ctrl_chars.xml": (26, 1),
    "endnote_truncated.xml": (310, 1),
    "endnote_two_roots.xml": (28, 0),
    "endnote_utf16.xml": (14, 0),
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
    "wos_no_EF.ciw": (["A title wrapped", "Two"], 1),
}
REFUSED = {
    "empty.ris": "empty",
    "html_login_page.ris": "web page",
}
DAMAGED = {path.name: path for path in reference_files("exports/damaged")}


def test_no_damaged_file_is_left_out():
    assert set(DAMAGED) == {*KEPT, *REFUSED}


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


def test_a_broken_record_of_xml_costs_no_neighbour():
    whole, _ = _read(DAMAGED["endnote_utf16.xml"])
    twice, _ = _read(DAMAGED["endnote_two_roots.xml"])
    assert [r.title for r in twice] == [r.title for r in whole] * 2
