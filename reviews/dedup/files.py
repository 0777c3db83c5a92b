"""Tables of records in files: read for `manage.py dedup_file` and the benchmark, and written."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from reviews.dedup.keys import Keys, Values
from reviews.dedup.matching import Matches

COLUMNS = ("ID", "title", "author", "year", "journal", "volume", "number", "pages", "doi", "pmid")
COLUMNS += ("abstract", "booktitle", "ENTRYTYPE")
_OTHER_NAMES = {"authors": "author", "issue": "number", "type": "entrytype"}
_NOTHING = {"nan", "none", "null", "<na>"}
_LONGEST_CELL = 10_000_000
_BETWEEN_AUTHORS = re.compile(r"\s+and\s+|\s*;\s*")
# "Adeli K.Lewis G. F.": the line breaks between authors were lost.
_GLUED = re.compile(r"(?<=\s[A-Z]\.)(?=[^\W\d_]{2})")
_NAME_AND_INITIALS = re.compile(r"[^\W\d_].*\s[A-Z]{1,3}$")
_YEAR = re.compile(r"\b\d{4}\b")


class UnreadableTable(Exception):
    """The file is no table of records; the reason is a sentence."""


def read_keys(path: Path) -> tuple[list[str], list[Keys]]:
    """Return the identifier of each record of a CSV or Parquet file and what is compared of it.

    Raises UnreadableTable with a sentence where the file is no such table, and OSError where it
    cannot be opened.
    """
    ids: list[str] = []
    keys: list[Keys] = []
    seen: set[str] = set()
    for number, cells in enumerate(_rows(path), start=1):
        name = cells.get("id", "").strip()
        if not name:
            raise UnreadableTable(f"Record {number} has no ID.")
        if name in seen:
            raise UnreadableTable(f"The ID {name[:80]!a} stands twice; record {number} repeats it.")
        seen.add(name)
        ids.append(name)
        keys.append(Keys.of(values_of(cells)))
    if not ids:
        raise UnreadableTable("The table holds no record.")
    return ids, keys


def values_of(cells: Mapping[str, str]) -> Values:
    """Return a record from the cells of a row, by the names of their columns in small letters."""

    def cell(name: str) -> str:
        text = cells.get(name, "").strip()
        return "" if text.lower() in _NOTHING else text

    year = _YEAR.search(cell("year"))
    return Values(
        title=cell("title"),
        authors=split_authors(cell("author")),
        year=int(year.group()) if year else None,
        journal=cell("journal") or cell("booktitle"),
        volume=cell("volume"),
        issue=cell("number"),
        pages=cell("pages"),
        doi=cell("doi"),
        pmid=cell("pmid").removesuffix(".0"),
        abstract=cell("abstract"),
        type=cell("entrytype"),
    )


def split_authors(text: str) -> list[str]:
    """Return the authors of a cell, in whichever way they are set apart.

    >>> split_authors("Okonkwo, Ada and Silva, M."), split_authors("Okonkwo A; Silva M")
    (['Okonkwo, Ada', 'Silva, M.'], ['Okonkwo A', 'Silva M'])
    >>> split_authors("Okonkwo A, Silva M"), split_authors("Okonkwo A. B.Silva M.")
    (['Okonkwo A', 'Silva M'], ['Okonkwo A. B.', 'Silva M.'])
    """
    authors = [each for each in _BETWEEN_AUTHORS.split(text[:20_000]) if each]
    if len(authors) != 1:
        return authors
    pieces = [each.strip() for each in authors[0].split(",")]
    if len(pieces) > 1 and all(map(_NAME_AND_INITIALS.match, pieces)):
        return pieces
    return [each.strip() for each in _GLUED.split(authors[0])]


def write_clusters(out: TextIO, ids: Sequence[str], matches: Matches) -> int:
    """Write the cluster of each record, in the order read; return how many clusters there are."""
    cluster = list(range(len(ids)))
    for group in matches.groups:
        for member in group.members:
            cluster[member] = group.members[0]
    numbers = {first: n for n, first in enumerate(dict.fromkeys(cluster), start=1)}
    write = csv.writer(out, lineterminator="\n").writerow
    write(["ID", "cluster"])
    for name, first in zip(ids, cluster, strict=True):
        write([name, numbers[first]])
    return len(numbers)


def write_possible(out: TextIO, ids: Sequence[str], matches: Matches) -> None:
    """Write the pairs no rule is sure of, the likeliest first."""
    write = csv.writer(out, lineterminator="\n").writerow
    write(["ID_1", "ID_2", "score", "reasons"])
    for pair in sorted(matches.possible, key=lambda each: -each.score):
        write([ids[pair.left], ids[pair.right], f"{pair.score:.2f}", "; ".join(pair.reasons)])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file:
        start = file.read(4)
    return _parquet_rows(path) if start == b"PAR1" else _csv_rows(path)


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding=_encoding_of(path), newline="", errors="replace") as file:
            lines = (line.replace("\x00", "") for line in file)
            head = next(lines, "")
            reader = csv.reader(_chain(head, lines), delimiter=_delimiter_of(head))
            names = _check_columns(next(reader, []))
            for cells in reader:
                if cells:
                    yield dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise UnreadableTable(f"The table breaks off: {error}.") from error
    finally:
        csv.field_size_limit(limit)


def _chain(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield head
    yield from lines


def _encoding_of(path: Path) -> str:
    """Excel writes UTF-16 or the code page of Windows, everybody else UTF-8."""
    with path.open("rb") as file:
        start = file.read(2)
        if start in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16"
        file.seek(0)
        try:
            for line in file:
                line.decode()
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _delimiter_of(head: str) -> str:
    return max(",;\t", key=head.count)


def _check_columns(header: Sequence[str]) -> list[str]:
    small = [name.strip().lower() for name in header]
    names = [_OTHER_NAMES.get(name, name) for name in small]
    if "id" not in names or "title" not in names:
        wanted = ", ".join(COLUMNS)
        raise UnreadableTable(
            f"The first line must name the columns ID and title, and of the others"
            f" what is known: {wanted}."
        )
    return names


def _parquet_rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        # The benchmarks' own extra: the site never reads Parquet.
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UnreadableTable(
            "Reading Parquet needs pyarrow: pip install -r benchmarks/requirements.txt."
        ) from error
    try:
        with ParquetFile(path) as table:
            wanted = {name.lower() for name in COLUMNS} | set(_OTHER_NAMES)
            columns = [name for name in table.schema_arrow.names if name.lower() in wanted]
            names = _check_columns(columns)
            for batch in table.iter_batches(batch_size=2_000, columns=columns):
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    texts = ["" if cell is None else str(cell) for cell in cells]
                    yield dict(zip(names, texts, strict=True))
    except ArrowException as error:
        raise UnreadableTable(f"The Parquet file cannot be read: {error}.") from error
