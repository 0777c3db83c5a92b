"""Rows of a delimited file, each with its lines; a stray quotation mark costs only its own row."""

import csv
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviews.searches.parsers.columns import guess_mapping
from reviews.searches.parsers.record import Problems

DELIMITERS = ",;\t|"
# A cell may span lines, but not half the file: then a quotation mark was never closed.
MOST_LINES = 2_000
MOST_CHARACTERS = 1 << 24

# The default of 128 kB aborts a file at its first long cell. The setting is the process's own;
# rows are bounded here instead.
csv.field_size_limit(MOST_CHARACTERS * 2)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, the number of its first line, and its text."""

    line: int
    cells: list[str]
    raw: str


class _Lines:
    """Lines that can be given back, and that end where a row has taken too many."""

    def __init__(self, blocks: Iterable[list[str]]) -> None:
        self._lines = itertools.chain.from_iterable(blocks)
        self._returned: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []
        self.cut = False

    def start_row(self) -> None:
        self.taken = []
        self.size = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES or self.size > MOST_CHARACTERS:
            self.cut = True
            raise StopIteration
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.number += 1
        self.taken.append(line)
        self.size += len(line)
        # The csv module wants the line ends that are part of a cell.
        return line + "\n"

    def give_back_all_but_first(self) -> None:
        later = self.taken[1:]
        self._returned.extendleft(reversed(later))
        self.number -= len(later)
        self.taken = self.taken[:1]


def read_rows(blocks: Iterable[list[str]], delimiter: str, problems: Problems) -> Iterator[Row]:
    """Yield the rows that hold anything."""
    lines = _Lines(blocks)
    width = 0
    while True:
        lines.start_row()
        cells = _next_row(lines, delimiter)
        if cells is None:
            return
        if len(lines.taken) > 1 and _swallowed_rows(lines, cells, delimiter, width):
            lines.give_back_all_but_first()
            text = lines.taken[0]
            problems.add(
                lines.number, "A quotation mark is never closed; read up to its line end.", text
            )
            cells = _one_line(text, delimiter)
        if any(cell.strip() for cell in cells):
            width = width or len(cells)
            yield Row(lines.number - len(lines.taken) + 1, cells, "\n".join(lines.taken))


def _next_row(lines: _Lines, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t"))
    except StopIteration:
        return None
    except csv.Error:
        # A cell beyond every bound: one line alone is always readable.
        lines.cut = True
        return []


def _one_line(text: str, delimiter: str) -> list[str]:
    """Read a line whose quotation marks do not add up: take them literally."""
    return [cell.strip().strip('"') for cell in text.split(delimiter)]


def _swallowed_rows(lines: _Lines, cells: list[str], delimiter: str, width: int) -> bool:
    """Say whether a row over several lines rather is several rows and a stray quotation mark."""
    if lines.cut:
        return True
    if len(cells) == width or width < 2:
        return False
    return any(
        len(next(csv.reader([line], delimiter=delimiter), [])) == width
        for line in lines.taken[1:50]
    )


def guess_delimiter(lines: Iterable[str]) -> str:
    """Return the delimiter that gives the first lines the most columns, the same in each."""
    sample = [line for line in itertools.islice(lines, 20) if line.strip()]
    if sample and sample[0].lower().startswith("sep=") and len(sample[0].strip()) == 5:
        return sample[0][4]
    # The heading may stand below a line or two about the export.
    for line in sample:
        delimiter, cells = _widest(line)
        if len(cells) > 1 and "title" in guess_mapping(cells):
            return delimiter
    return _widest(sample[0])[0] if sample else ","


def _widest(line: str) -> tuple[str, list[str]]:
    """Return the delimiter that gives a line the most cells, and these."""
    best = ","
    cells: list[str] = []
    for delimiter in DELIMITERS:
        found = next(csv.reader([line], delimiter=delimiter), [])
        if len(found) > len(cells):
            best, cells = delimiter, found
    return best, cells
