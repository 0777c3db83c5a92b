"""Whatever befalls a file on its way, no parser fails, hangs or takes a neighbour's record."""

import io
import time
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviews.searches.parsers import FORMATS, UnreadableFile, parse
from tests.reviews.searches.parsers import vendors

SEEDS = [
    value.encode()
    for name, value in vars(vendors).items()
    if name.isupper() and isinstance(value, str) and len(value) > 100
]
_INSERTED = [b"\0", b"\r", b"\xef\xbb\xbf", b"\xff", b"\xfc", b"\n\n", b'"', b"{", b"}", b"<", b"&"]
_INSERTED += [
    b"]]>",
    b"<!--",
    b"@article{",
    b"ER  - ",
    b"%0 ",
    b"PT J\n",
    b"\\",
    b"<1. >\n",
    b"\x1a",
]


def _read(data: bytes, told: str | None = None) -> int:
    """Read a file to its end, hold each text against what PostgreSQL takes, count the records."""
    count = 0
    try:
        parsed = parse(data, format=told)
        for count, record in enumerate(parsed.records, start=1):
            assert record.position == count
            assert record.line >= 1
            texts = [record.title, record.abstract, record.raw, record.journal, record.url]
            texts += [*record.authors, *record.keywords, *record.mesh, *record.accessions.values()]
            for text in texts:
                assert "\0" not in text
                text.encode("utf-8")
    except UnreadableFile:
        return count
    for problem in parsed.problems:
        assert problem.line >= 1
        assert problem.reason.endswith(".")
        problem.text.encode("utf-8")
    return count


_MUTATION = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 4000), st.just(b"")),
    st.tuples(st.just("drop"), st.integers(0, 4000), st.just(b"")),
    st.tuples(st.just("put"), st.integers(0, 4000), st.sampled_from(_INSERTED)),
    st.tuples(st.just("flip"), st.integers(0, 4000), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just("join"), st.integers(0, 4000), st.sampled_from(SEEDS)),
)


def _mutated(data: bytes, mutations: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, what in mutations:
        place %= len(data) + 1
        if kind == "cut":
            data = data[:place]
        elif kind == "drop":
            data = data[:place] + data[place + 40 :]
        elif kind == "flip":
            data = data[:place] + what + data[place + 1 :]
        else:
            data = data[:place] + what + data[place:]
    return data


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.lists(_MUTATION, min_size=1, max_size=6))
def test_no_damage_makes_a_parser_fail(seed, mutations):
    data = _mutated(seed, mutations)
    _read(data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SEEDS), st.sampled_from(sorted(FORMATS)), st.lists(_MUTATION, max_size=2))
def test_a_file_told_to_be_of_another_format_does_no_harm(seed, told, mutations):
    _read(_mutated(seed, mutations), told)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_format_reads_alike_in_every_encoding(encoding, line_end):
    for seed in SEEDS:
        text = seed.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
        plain = [record.title for record in parse(text.encode()).records]
        other = parse(text.replace("\n", line_end).encode(encoding))
        assert [record.title for record in other.records] == plain
        assert plain


# A record of each format that is sound, with a mark to know it by.
SOUND = {
    "ris": "TY  - JOUR\nTI  - {}\nER  - \n\n",
    "nbib": "PMID- 12\nTI  - {}\n\n",
    "wos": "PT J\nTI {}\nER\n\n",
    "ovid_tagged": "<1. >\nTI  - {}\n\n",
    "endnote_tagged": "%0 Book\n%T {}\n\n",
    "bibtex": "@book{{k,\n title={{{}}},\n}}\n\n",
    "pubmed_xml": "<PubmedArticle><Article><ArticleTitle>{}</ArticleTitle></Article>"
    "</PubmedArticle>\n",
    "endnote_xml": "<record><titles><title>{}</title></titles></record>\n",
}


@pytest.mark.parametrize("format_", SOUND)
@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 70))
def test_a_record_cut_off_costs_no_neighbour(format_, cut):
    form = SOUND[format_]
    one, two, three = (form.format(f"Title {word}") for word in ("one", "two", "three"))
    titles = [
        r.title for r in parse((one + two[:cut] + "\n" + three).encode(), format=format_).records
    ]
    assert titles[0].startswith("Title one")
    assert titles[-1] == "Title three"
    assert len(titles) <= 3


_SIZE = 1 << 16
_HOSTILE = ["<record>", "<a>", "<!--", "<![CDATA[", "&", "&amp;", "<", "</record>", "@a{", "@a{b,"]
_HOSTILE += ["{", "}", "\\", "\\'", "$", "a={x},", 'a="', "# ", "and ", ", ", "%0 x\n", "%T x\n"]
_HOSTILE += [
    "PT J\n",
    "AU x\n",
    "   x\n",
    "<1. >\n",
    "A b\n",
    "Title\n  x\n",
    "x y. 1(2):3-4 ",
    "--",
]
_HOSTILE += ["{\\'", "@comment{", "<record><titles>", '"', "a # ", "<a b='", "\n"]


@pytest.mark.parametrize("piece", _HOSTILE)
def test_the_time_grows_with_the_text_and_not_with_its_square(piece):
    text = piece * (_SIZE // len(piece))
    files = [
        ("bibtex", f"@article{{k,\n title={{{text}}},\n author={{{text}}}\n}}\n"),
        ("bibtex", text),
        ("endnote_xml", f"<xml><records><record><titles><title>{text}</title></titles></record>"),
        ("endnote_xml", text),
        ("pubmed_xml", f"<PubmedArticle><ArticleTitle>{text}</ArticleTitle></PubmedArticle>"),
        ("wos", f"PT J\nTI {text}\nAU {text}\nSO {text}\nER\n"),
        ("ovid_tagged", f"<1. >\nTI  - {text}\nAU  - {text}\nSO  - {text}\n"),
        ("ovid_tagged", text),
        ("endnote_tagged", f"%0 Book\n%T {text}\n%K {text}\n%A {text}\n"),
        (None, text),
    ]
    for told, content in files:
        start = time.process_time()
        _read(content.encode(), told)
        assert time.process_time() - start < max(2, 4 * len(content) / 1e6)


def _workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_a_workbook_is_read_like_a_table():
    data = _workbook([["Found on", 2020.0], ["Title", "Year", "DOI"], ["A", 2001, "10.1234/x"]])
    parsed = parse(data)
    (record,) = parsed.records
    assert (parsed.format, record.title, record.year, record.doi) == (
        "xlsx",
        "A",
        2001,
        "10.1234/x",
    )
    assert (record.line, record.raw) == (3, "A\t2001\t10.1234/x")


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread():
    kept = io.BytesIO(_workbook([["Title"], ["A"]]))
    with (
        zipfile.ZipFile(kept, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(210):
            part.write(bytes(1_000_000))
    start = time.process_time()
    with pytest.raises(UnreadableFile, match="unpacks to more than 200 MB"):
        parse(kept.getvalue())
    assert time.process_time() - start < 1


@pytest.mark.parametrize("name", ["../../escaped.txt", "/escaped.txt", "notes.ris"])
def test_other_archives_are_refused_and_never_unpacked(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(name, "TY  - JOUR\nER  - \n")
    with pytest.raises(UnreadableFile, match="zip archive"):
        parse(kept.getvalue())
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(_MUTATION, min_size=1, max_size=3))
def test_a_damaged_workbook_is_read_or_refused(mutations):
    _read(_mutated(WORKBOOK, mutations))


WORKBOOK = _workbook([["Title", "Year"], *([f"Title {n}", 2000 + n] for n in range(20))])
