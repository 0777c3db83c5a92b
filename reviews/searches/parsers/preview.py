"""The first rows of a table, for people who must say what its columns hold."""

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

from reviews.searches.parsers.columns import guess_mapping
from reviews.searches.parsers.detect import refuse_unreadable
from reviews.searches.parsers.encoding import blocks_of_lines, sniff_encoding
from reviews.searches.parsers.record import Problems, UnreadableFile, without_controls
from reviews.searches.parsers.rows import Row, guess_delimiter, read_rows
from reviews.searches.parsers.workbook import ARCHIVE, is_workbook, read_sheet

_ROWS = 3
_LONGEST_CELL = 120


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns, a few rows, and the column guessed for each field."""

    header: list[str]
    rows: list[list[str]]
    guess: dict[str, str]

    @property
    def columns(self) -> list[tuple[str, list[str]]]:
        """Return each column's name with its first cells."""
        return [
            (name, [row[i] if i < len(row) else "" for row in self.rows])
            for i, name in enumerate(self.header)
        ]


def preview_table(path: str | os.PathLike[str]) -> Table | None:
    """Return the beginning of a table, or None for what has no columns at all."""
    with Path(path).open("rb") as stream:
        try:
            if (head := stream.read(1 << 16)).startswith(ARCHIVE) and is_workbook(stream):
                return _table(list(itertools.islice(read_sheet(stream, Problems()), _ROWS + 1)))
            refuse_unreadable(head)
        except UnreadableFile:
            return None
        encoding = sniff_encoding(stream)
        first = next(iter(blocks_of_lines(stream, encoding, Problems())), [])
    lines = [without_controls(line) for line in first[:200]]
    if lines and lines[0].lower().startswith("sep="):
        lines = lines[1:]
    return _table(list(read_rows([lines], guess_delimiter(lines), Problems()))[: _ROWS + 1])


def _table(rows: list[Row]) -> Table | None:
    if not rows or len(rows[0].cells) < 2:
        return None
    header = [cell.strip() for cell in rows[0].cells]
    guess = {field: header[places[0]] for field, places in guess_mapping(header).items()}
    cells = [[cell.strip()[:_LONGEST_CELL] for cell in row.cells] for row in rows[1:]]
    return Table(header, cells, guess)
