"""What a file is, told from its content; and what is refused, with a sentence."""

import io

import pytest

from reviews.searches.parsers import UnreadableFile, parse

RIS = "TY  - JOUR\nTI  - Müller\u2019s test\nER  - \n"


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (RIS.encode(), "ris"),
        (b"\n\n  TY  - JOUR\n  TI  - x\n  ER  -\n", "ris"),
        (b"Provider: X\n\nTY - JOUR\nTI - x\nER - \n", "ris"),
        (b"AU  - A, B\nTI  - no first line\nPY  - 2001\n", "ris"),
        (b"PMID- 1\nTI  - x\n", "nbib"),
        (b"OWN - ERIC\nTI  - x\n", "nbib"),
        (b"Title\nOne\n", "csv"),
        (b"id;TITLE;x\n1;One;2\n", "csv"),
        (b'<?xml version="1.0"?><PubmedArticleSet/>', "pubmed_xml"),
        (b"<xml><records><record/></records></xml>", "endnote_xml"),
        (b"FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\n", "wos"),
        (b"% a comment\n@article{key, title={T}}", "bibtex"),
        (b"% all in one line@PREAMBLE{x}@article{key}", "bibtex"),
        (b"Title,Address\nOne,me@lab (Lund)\n", "csv"),
        (b"%0 Journal Article\n%T x\n", "endnote_tagged"),
        (b"<1. >\nAU  - Doe J\nTI  - x\n", "ovid_tagged"),
        (b"Author\n  Doe J\nTitle\n  x\n", "ovid_tagged"),
    ],
)
def test_a_format_is_told_from_the_content(data, format_):
    assert parse(data).format == format_


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\n", "empty"),
        (b"<!DOCTYPE html><html><title>Session expired</title></html>", "web page"),
        (b"\n <HTML lang=en><body>", "web page"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (bytes(range(256)) * 40, "no readable text"),
        (b"PK\x03\x04\x14\x00", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "XLSX or CSV"),
        (b'<?xml version="1.0"?><rss><item/></rss>', "XML"),
        (b'[{"title": "x"}]', "JSON"),
        (b"1: Doe J. A title. J Inv. 2001. PMID: 12345678.\n", "PubMed"),
        (b"Dear colleague,\nhere are the records.\n", "not recognised"),
    ],
)
def test_what_is_no_export_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(UnreadableFile, match=sentence) as refusal:
        parse(data)
    assert str(refusal.value).endswith(".")


def test_the_format_told_goes_before_the_one_found():
    parsed = parse(b"TI  - x\n", format="ris")
    assert [record.title for record in parsed.records] == ["x"]


def test_a_format_nobody_knows_is_a_mistake():
    with pytest.raises(ValueError, match="'docx'"):
        parse(b"x", format="docx")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\x85"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_encodings_and_line_ends(encoding, line_end):
    parsed = parse(RIS.replace("\n", line_end).encode(encoding))
    (record,) = parsed.records
    assert (record.title, parsed.problems) == ("Müller\u2019s test", [])


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Müller\u2019s test"),
        ("latin-1", "Müller à 5 µg"),
        ("gb18030", "骨质疏松症的诊断准确性"),
    ],
)
def test_encodings_that_only_their_bytes_tell(encoding, text):
    parsed = parse(f"TY  - JOUR\nTI  - {text}\nER  - \n".encode(encoding))
    assert [record.title for record in parsed.records] == [text]
    assert parsed.encoding == encoding


def test_a_line_in_another_encoding_costs_only_itself_and_is_said():
    text = "TY  - JOUR\nTI  - Żółw\nAB  - M?ller\nN1  - Żaba\nER  - "
    data = text.encode().replace(b"?", b"\xfc")
    parsed = parse(data)
    (record,) = parsed.records
    assert (record.title, record.abstract) == ("Żółw", "Müller")
    assert [(problem.line, problem.text) for problem in parsed.problems] == [(3, "AB  - Müller")]


class _Pipe(io.RawIOBase):
    """A stream that cannot go back, like an upload being received."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def test_bytes_paths_streams_and_pipes_are_read_alike(tmp_path):
    data = RIS.encode() * 10
    path = tmp_path / "export.dat"
    path.write_bytes(data)
    for source in (data, path, str(path), io.BytesIO(data), _Pipe(data)):
        assert len(list(parse(source).records)) == 10


def test_records_that_cross_the_blocks_a_file_is_read_in_are_whole():
    abstract = "ä word " * 2_000
    data = f"TY  - JOUR\r\nTI  - Ö\r\nAB  - {abstract}\r\nER  - \r\n".encode() * 300
    records = list(parse(data).records)
    assert len(records) == 300
    assert {record.abstract for record in records} == {abstract.strip()}
    assert [record.line for record in records] == list(range(1, 1_200, 4))


def test_a_file_without_line_ends_is_read_in_bounded_pieces():
    parsed = parse(b"TY  - JOUR\nAB  - " + b"x" * (40 << 20))
    (record,) = parsed.records
    assert len(record.abstract.replace("\n", "")) == 40 << 20
    assert "too long" in parsed.problems[0].reason


def test_records_come_while_the_file_is_read():
    records = parse(RIS.encode() * 3).records
    assert next(records).position == 1
    assert [record.position for record in records] == [2, 3]
