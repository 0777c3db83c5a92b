"""From the file a database exported to records: nothing lost, nothing merged, everything said."""

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from reviews.searches.parsers.bibtex import read_bibtex
from reviews.searches.parsers.central import read_central
from reviews.searches.parsers.delimited import read_delimited, read_table
from reviews.searches.parsers.detect import FORMATS, detect_format, refuse_binary, refuse_unreadable
from reviews.searches.parsers.encoding import (
    Encoding,
    blocks_of_lines,
    pieces_of_text,
    sniff_encoding,
)
from reviews.searches.parsers.endnote_tagged import read_endnote_tagged
from reviews.searches.parsers.endnote_xml import read_endnote_xml
from reviews.searches.parsers.nbib import read_nbib
from reviews.searches.parsers.ovid import read_ovid
from reviews.searches.parsers.pubmed_xml import read_pubmed_xml
from reviews.searches.parsers.record import (
    ParsedRecord,
    Problem,
    Problems,
    UnreadableFile,
    has_controls,
    without_controls,
)
from reviews.searches.parsers.ris import read_ris
from reviews.searches.parsers.workbook import ARCHIVE, is_workbook, read_sheet
from reviews.searches.parsers.wos import read_wos

__all__ = ["FORMATS", "ParsedFile", "ParsedRecord", "Problem", "UnreadableFile", "parse"]

_HEAD = 1 << 16
_OF_LINES = {
    "ris": read_ris,
    "nbib": read_nbib,
    "wos": read_wos,
    "ovid_tagged": read_ovid,
    "endnote_tagged": read_endnote_tagged,
    "bibtex": read_bibtex,
    "central": read_central,
}
_OF_XML = {"pubmed_xml": read_pubmed_xml, "endnote_xml": read_endnote_xml}
_IN_MEMORY = 1 << 23


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file being read: its records come as they are asked for, and problems with them.

    `problems` is complete once `records` is exhausted.
    """

    format: str
    encoding: str
    records: Iterator[ParsedRecord]
    problems: Problems


def parse(
    source: bytes | str | os.PathLike[str] | BinaryIO,
    *,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ParsedFile:
    """Read an export given as bytes, as a path or as a binary stream.

    The format is told from the content unless given; `mapping` tells for a table which column (by
    its name) holds a field. Raises UnreadableFile, with a sentence, for what is no export at all.
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"There is no format {format!r}; there are {', '.join(FORMATS)}.")
    stream = _open(source)
    owned = None if stream is source else stream
    try:
        return _parse(stream, format, mapping, owned)
    except BaseException:
        if owned is not None:
            owned.close()
        raise


def _parse(
    stream: BinaryIO, told: str | None, mapping: Mapping[str, str] | None, owned: BinaryIO | None
) -> ParsedFile:
    stream.seek(0)
    head = stream.read(_HEAD)
    problems = Problems()
    if head.startswith(ARCHIVE) and is_workbook(stream):
        records = read_table(read_sheet(stream, problems, mapping), problems, mapping=mapping)
        return ParsedFile("xlsx", "utf-8", _to_the_end(records, problems, owned), problems)
    refuse_unreadable(head)
    encoding = sniff_encoding(stream)
    text = _head_text(head, encoding)
    refuse_binary(text)
    name = told if told not in (None, "xlsx") else ("csv" if mapping else detect_format(text))
    if name in _OF_XML:
        pieces = pieces_of_text(stream, encoding, problems, ends=b">")
        records = _OF_XML[name](_clean_pieces(pieces, problems), problems)
    else:
        blocks = _clean(blocks_of_lines(stream, encoding, problems), problems)
        if name == "csv":
            records = read_delimited(blocks, problems, mapping=mapping)
        else:
            records = _OF_LINES[name](blocks, problems)
    return ParsedFile(name, encoding.name, _to_the_end(records, problems, owned), problems)


def _open(source: bytes | str | os.PathLike[str] | BinaryIO) -> BinaryIO:
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if isinstance(source, str | os.PathLike):
        return Path(source).open("rb")
    if source.seekable():
        return source
    copy = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - read on after this returns
    while chunk := source.read(_HEAD):
        copy.write(chunk)
    return cast(BinaryIO, copy)


def _head_text(head: bytes, encoding: Encoding) -> str:
    text = head[encoding.bom :].decode(encoding.name, "replace").removesuffix("\ufffd")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\x85", "\n") if encoding.nel else text


def _clean(blocks: Iterator[list[str]], problems: Problems) -> Iterator[list[str]]:
    """Remove what no text column takes before anything is read from the lines, and say so."""
    number = 0
    for block in blocks:
        if has_controls("".join(block)):
            for i, line in enumerate(block):
                cleaned = without_controls(line)
                if cleaned != line and line.strip("\x1a"):
                    reason = "Characters that are no text (such as NUL) were removed."
                    problems.add(number + i + 1, reason, cleaned)
                block[i] = cleaned
        number += len(block)
        yield block


def _clean_pieces(pieces: Iterator[str], problems: Problems) -> Iterator[str]:
    number = 1
    for piece in pieces:
        if has_controls(piece):
            reason = "Characters that are no text (such as NUL) were removed."
            problems.add(number, reason)
            piece = without_controls(piece)
        number += piece.count("\n")
        yield piece


def _to_the_end(
    records: Iterator[ParsedRecord], problems: Problems, owned: BinaryIO | None
) -> Iterator[ParsedRecord]:
    """Pass the records on; then close the file if we opened it, and say if there were none."""
    none = True
    try:
        for record in records:
            none = False
            yield record
    finally:
        if owned is not None:
            owned.close()
    if none:
        problems.add(1, "No record was found in the file.")
