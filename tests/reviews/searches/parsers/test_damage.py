"""Damage: what is kept of a record, and what is said about it."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.searches.parsers import UnreadableFile, parse
from reviews.searches.parsers.record import Problems

EXPORTS = Path(__file__).resolve().parents[3] / "fixtures" / "exports"


@pytest.fixture(scope="module")
def damaged():
    parsed = parse(EXPORTS / "damaged.ris")
    return list(parsed.records), parsed.problems


def test_no_damage_costs_a_neighbour(damaged):
    records, _ = damaged
    assert [record.title for record in records] == [
        "No first line",
        "No last line",
        "AB C",
        "Müller in another encoding",
        "Müller in UTF-8",
        "Naïve and cut",
    ]


def test_all_damage_is_said_with_its_line(damaged):
    _, problems = damaged
    assert sorted((problem.line, problem.reason) for problem in problems) == [
        (1, "The record has no TY line."),
        (4, "The year could not be read."),
        (7, "The record before this line has no ER line."),
        (8, "Characters that are no text (such as NUL) were removed."),
        (12, "This line is outside any record."),
        (14, "The line is not UTF-8 like the rest and was read as Windows-1252."),
        (17, "The DOI could not be read."),
        (23, "The file ends within a record: there is no ER line."),
    ]


def test_a_line_with_an_unknown_tag_stays_in_the_raw_text(damaged):
    records, _ = damaged
    assert "ZZ  - an unknown tag" in records[2].raw
    assert "\0" not in records[2].raw


def test_a_flood_of_problems_is_cut_short():
    parsed = parse(b"TY  - JOUR\nTI  - x\nER  - \n" + b"stray\n" * 20_000)
    assert len(list(parsed.records)) == 1
    assert len(parsed.problems) == Problems.MOST + 1
    assert "more than 10,000" in parsed.problems[-1].reason


def _assert_storable(data: bytes, **options) -> None:
    try:
        parsed = parse(data, **options)
        records = list(parsed.records)
    except UnreadableFile:
        return
    for position, record in enumerate(records, start=1):
        assert record.position == position
        texts = [record.title, record.abstract, record.raw, *record.authors, *record.keywords]
        texts += [record.doi, record.pmid, record.journal, record.url, record.type, record.volume]
        for text in texts:
            assert "\0" not in text
            text.encode("utf-8")
    for problem in parsed.problems:
        assert problem.line >= 1
        assert problem.reason.endswith(".")
        problem.text.encode("utf-8")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_a_parser_fail(data):
    for told in (None, "ris", "nbib"):
        _assert_storable(data, format=told)
    _assert_storable(b"Title,DOI,Year,Authors\n" + data, format="csv")


_LINES = r"""TY  - JOUR|TY  - |ER  - |ER  - is text|TI  - Title|AB  - Text|  wrapped||PMID- 1
|PMID- x|OWN - NLM|FAU - Doe, J|DP  - 2001|ty - jour|KW - a;b|"|","|a,b|Title,Year|DO  - 10.1/%00
|PY  - 20|&#0;&#xD800;|<i>x|EP  - 9|CT - computed|TI- x|[1, 2]|['a']|UR  - https://doi.org/10.1234/%00
""".replace("\n", "")
_PIECES = st.sampled_from([*_LINES.split("|"), "\ufeff", "\0", "\x85", "\x1a"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_PIECES, max_size=25),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-16", "utf-16-le"]),
)
def test_no_order_of_lines_makes_a_parser_fail(pieces, line_end, encoding):
    data = line_end.join(pieces).encode(encoding)
    for told in (None, "ris", "nbib", "csv"):
        _assert_storable(data, format=told)


_WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_WORDS, _WORDS, st.integers(1900, 2099)), min_size=1, max_size=8))
def test_what_was_written_is_what_is_read(written):
    ris = "".join(f"TY  - JOUR\nTI  - {t}\nAU  - {a}\nPY  - {y}\nER  - \n\n" for t, a, y in written)
    nbib = "\n".join(f"PMID- 1\nTI  - {t}\nAU  - {a}\nDP  - {y}\n" for t, a, y in written)
    table = "Title\tAuthors\tYear\n" + "".join(f"{t}\t{a}\t{y}\n" for t, a, y in written)
    for text in (ris, nbib, table):
        records = list(parse(text.encode("utf-8-sig")).records)
        read = [(record.title, record.authors, record.year) for record in records]
        assert read == [(title, [author], year) for title, author, year in written]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_300))
def test_a_file_cut_anywhere_keeps_every_record_before_the_cut(cut):
    data = (EXPORTS / "vendors.ris").read_bytes()[:cut]
    whole = data.count(b"\nER  - \n") + data.count(b"\nER  -\n")
    try:
        records = list(parse(data).records)
    except UnreadableFile:
        assert whole == 0
        return
    assert whole <= len(records) <= whole + 1


_SIZE = 1 << 16
_HOSTILE = ["10.", "10.1/)", ")", ":", "&#", "<i ", "A, ", "['", "PMID ", "?D=med", "1-", ";", '"']
_HOSTILE += [
    "A: ",
    "\\",
    "\n",
    "  ",
    "x\n",
    "TI  - x\n",
    "T1  - y\n",
    "AU  - x\n",
    '"x\n',
    "[",
    "@",
]


@pytest.mark.parametrize("piece", _HOSTILE)
def test_the_time_grows_with_the_text_and_not_with_its_square(piece):
    text = piece * (_SIZE // len(piece))
    fields = "".join(f"{tag}  - {text}\n" for tag in ("TI", "DO", "N1", "UR", "AU", "SN", "KW"))
    ris = f"TY  - JOUR\n{fields}AB  - {text}\nER  - \n"
    table = f"Title,DOI,Authors,Source\n{text}\n{text},{text},{text},{text}\n"
    start = time.process_time()
    for data, told in ((ris, "ris"), (ris, None), (table, "csv"), (text, None), (text, "nbib")):
        _assert_storable(data.encode(), format=told)
    assert time.process_time() - start < 8
