"""Habits of vendors and of reference managers that once cost a record, a name or a number."""

import pytest

from reviews.searches.parsers import parse
from reviews.searches.parsers.names import split_authors


def _read(text: str | bytes):
    parsed = parse(text.encode() if isinstance(text, str) else text)
    return list(parsed.records), parsed


def _ris(*lines: str) -> str:
    return "\n".join(["TY  - JOUR", "TI  - Bones", *lines, "ER  - ", ""])


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("et al.", []),
        ("Smith, J. et al.", ["Smith, J."]),
        ("Smith, J., et al", ["Smith, J."]),
        ("Smith, J. & Doe, A. B.", ["Smith, J.", "Doe, A. B."]),
        ("Johnson & Johnson", ["Johnson & Johnson"]),
        ("J. Smith and A. Doe", ["J. Smith", "A. Doe"]),
        ("J. Smith, A. B. Doe, E. Poe", ["J. Smith", "A. B. Doe", "E. Poe"]),
        (
            "Centers for Disease Control and Prevention",
            ["Centers for Disease Control and Prevention"],
        ),
        ("King, Martin L., Jr.", ["King, Martin L., Jr."]),
        ("M&uuml;ller, J.", ["Müller, J."]),
        ("Etal, A.", ["Etal, A."]),
        ("王小明\uff0c李华\u3001张三\uff1b赵四", ["王小明", "李华", "张三", "赵四"]),
    ],
)
def test_people_are_told_apart_and_groups_are_not(written, people):
    assert split_authors(written) == people


def test_the_book_of_a_chapter_is_where_it_appeared():
    records, _ = _read("TY  - CHAP\nTI  - A chapter\nBT  - The book\nER  - \n")
    assert (records[0].title, records[0].journal) == ("A chapter", "The book")


def test_an_address_in_the_field_of_links_holds_the_doi():
    records, _ = _read(_ris("L3  - http://dx.doi.org/10.1000/ABC.1"))
    assert records[0].doi == "10.1000/abc.1"


def test_a_lost_line_end_between_two_records_merges_none():
    records, _ = _read("TY  - JOUR\nTI  - One\nER  - TY  - JOUR\nTI  - Two\nER  - \n")
    assert [record.title for record in records] == ["One", "Two"]
    assert [record.line for record in records] == [1, 3]


def test_a_closing_line_in_small_letters_closes():
    records, _ = _read("TY  - JOUR\nTI  - One\ner  - \nTY  - JOUR\nTI  - Two\ner  -\n")
    assert [record.title for record in records] == ["One", "Two"]


def test_a_number_above_the_type_is_no_record_of_its_own():
    lines = "ID  - {0}\nTY  - JOUR\nTI  - Title {0}\nER  - \n\n"
    records, _ = _read(lines.format(1) + lines.format(2))
    assert [record.title for record in records] == ["Title 1", "Title 2"]


CENTRAL = """\
Record #1 of 2
ID: CN-00123456
AU: Smith J
AU: Doe AB
TI: Screening for osteoporosis
SO: Invented journal
YR: 1999
VL: 12
NO: 3
PG: 1-9
PM: PUBMED 10123456
DOI: 10.1000/abc
AB: First.
Record #7 of the log was lost.


Record #2 of 2
ID: CN-00999999
TI: Another trial
YR: 2003

"""


def test_the_text_of_central_is_read():
    records, parsed = _read(CENTRAL)
    first, second = records
    assert parsed.format == "central"
    assert (first.title, first.year, first.pages) == ("Screening for osteoporosis", 1999, "1-9")
    assert first.authors == ["Smith, J", "Doe, AB"]
    assert (first.pmid, first.doi) == ("10123456", "10.1000/abc")
    assert first.accessions == {"central": "CN-00123456"}
    assert "Record #7" in first.abstract
    assert (second.title, second.line) == ("Another trial", 17)


def test_ovid_separates_people_by_full_stops():
    text = "<1>\nTitle\n  One\nAuthors\n  Smith JA. Jones B.\nSource\n  J X. 12(3):1-9, 2001 Mar.\n"
    records, _ = _read(text)
    assert records[0].authors == ["Smith, JA", "Jones, B"]


@pytest.mark.parametrize(
    ("field", "people"),
    [
        (r"{\~N}unez, A. and {\L}ukasz Ni{\~n}o", ["Ñunez, A.", "Niño, Łukasz"]),
        ("Jean de La Fontaine", ["de La Fontaine, Jean"]),
        ("Smith, J.; Doe, A.", ["Smith, J.", "Doe, A."]),
        ("J. Smith, A. Doe, E. Poe", ["Smith, J.", "Doe, A.", "Poe, E."]),
        ("{Barnes; Noble, Inc.} and Smith, J.", ["Barnes; Noble, Inc.", "Smith, J."]),
    ],
)
def test_people_of_bibtex(field, people):
    records, _ = _read("@article{a, title = {T}, author = {" + field + "}}\n")
    assert records[0].authors == people


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        ("診斷試驗準確性的系統評價與統合分析研究方法進展", "big5"),
        ("诊断试验准确性的系统评价与荟萃分析研究方法进展", "gb18030"),
        ("骨粗鬆症の診断における画像検査の精度について", "cp932"),
        ("骨粗鬆症の診断における画像検査の精度について", "euc_jp"),
        ("골다공증 진단의 정확성에 대한 체계적 고찰 연구", "cp949"),
        ("Точность диагностических тестов при остеопорозе", "cp1251"),
        ("Точность диагностических тестов при остеопорозе", "koi8_r"),
        ("Évaluation de la sensibilité à l\u2019été: une étude", "cp1252"),
        ("Größenverhältnisse überprüft, à la carte", "latin-1"),
    ],
)
def test_encodings_of_other_scripts_are_told_from_their_letters(title, encoding):
    text = f"TY  - JOUR\nTI  - {title}\nPY  - 2015\nER  - \n"
    records, parsed = _read(text.encode(encoding))
    assert (records[0].title, parsed.encoding) == (title, encoding)


def test_files_of_two_encodings_put_together_are_read_line_by_line():
    one = _ris("AB  - Größe").encode()
    two = _ris("AB  - Größe", "AU  - Müller, J.").encode("cp1252")
    records, _ = _read(one + two)
    assert [record.abstract for record in records] == ["Größe", "Größe"]
    assert records[1].authors == ["Müller, J."]


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#57343;", "&#x0dfff", "&#x0;"])
def test_half_a_character_in_xml_costs_itself_alone(reference):
    one = f"<record><titles><title>A{reference} B</title></titles></record>"
    records, _ = _read(f"<xml><records>{one}<record><title>C</title></record></records></xml>")
    assert [record.title for record in records] == ["A B", "C"]


def test_characters_given_by_number_are_read():
    one = "<record><titles><title>&#201;t&#xE9; &#xD55C; &#x1F9B4;</title></titles></record>"
    records, _ = _read(f"<xml><records>{one}</records></xml>")
    assert records[0].title == "Été \ud55c \U0001f9b4"
