"""2x2 tables of the studies of one index test: read, checked, never changed."""

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import BadTable

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

CELLS = ("TP", "FP", "FN", "TN")
LABEL_COLUMNS = ("study", "label", "author", "name", "id")
LARGEST_COUNT = 1_000_000_000
_WHOLE = re.compile(r"\+?[0-9]+(?:\.0*)?")

MOST_CHARACTERS = 100_000  # of a cell


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TwoByTwos:
    """2x2 tables of ``k`` studies of one index test.

    Attributes
    ----------
    tp, fp, fn, tn : ndarray of int64, shape (k,)
        Numbers of participants: true positive, false positive, false negative, true negative.
    labels : tuple of str, length k
        What to call each study.
    """

    tp: Counts
    fp: Counts
    fn: Counts
    tn: Counts
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        for cell in (self.tp, self.fp, self.fn, self.tn):
            cell.setflags(write=False)

    @classmethod
    def from_rows(
        cls, rows: Iterable[Sequence[Any]], labels: Iterable[str] | None = None
    ) -> "TwoByTwos":
        """Build from rows of ``(tp, fp, fn, tn)``, one per study.

        Parameters
        ----------
        rows : iterable of 4 whole numbers each
        labels : iterable of str, optional
            One per row; by default "Study 1", "Study 2", ...

        Returns
        -------
        TwoByTwos

        Raises
        ------
        BadTable
            A row has not four cells, or a cell is not a whole number of 0 or more.
        """
        listed = list(rows)
        names = [f"Study {i}" for i in range(1, len(listed) + 1)] if labels is None else labels
        names = tuple(str(name) for name in names)
        if not listed:
            raise BadTable("There are no studies: give at least one 2x2 table.")
        if len(names) != len(listed):
            raise BadTable(f"There are {len(listed)} 2x2 tables but {len(names)} labels.")
        counts = [_row(row, position) for position, row in enumerate(listed, start=1)]
        tp, fp, fn, tn = np.array(counts, dtype=np.int64).T.copy()
        return cls(tp=tp, fp=fp, fn=fn, tn=tn, labels=names)

    @classmethod
    def from_frame(cls, frame: Any) -> "TwoByTwos":
        """Build from a pandas DataFrame with columns TP, FP, FN, TN, in any case and order.

        A column named study, label, author, name or id, if any, gives the labels; all other
        columns are ignored.

        Parameters
        ----------
        frame : pandas.DataFrame

        Returns
        -------
        TwoByTwos

        Raises
        ------
        BadTable
            A column is missing or there twice, or a cell is not a whole number of 0 or more.
        """
        header = [str(column) for column in frame.columns]
        return cls._from_table(header, frame.itertuples(index=False, name=None))

    @classmethod
    def from_csv(cls, path: str | Path) -> "TwoByTwos":
        """Build from a CSV file; the columns are those of `from_frame`.

        Comma, semicolon and tab are understood as separators, UTF-8 (with or without a byte
        order mark) and Windows-1252 as encodings.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        TwoByTwos

        Raises
        ------
        BadTable
            Also when the file cannot be opened, is empty or is no text.
        """
        return cls._from_table(*read_csv(path))

    @classmethod
    def _from_table(cls, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> "TwoByTwos":
        columns = _columns(header)
        label_column = next((columns[name] for name in LABEL_COLUMNS if name in columns), None)
        cells = [columns[cell.lower()] for cell in CELLS]
        counts, labels = [], []
        for position, row in enumerate(rows, start=1):
            if len(row) > len(header):
                raise BadTable(f"Row {position} has more cells than the header has columns.")
            padded = [*row, *[""] * (len(header) - len(row))]
            counts.append([padded[column] for column in cells])
            label = "" if label_column is None else str(padded[label_column]).strip()
            labels.append(label or f"Study {position}")
        return cls.from_rows(counts, labels)

    def __len__(self) -> int:
        return len(self.tp)

    @property
    def rows(self) -> list[list[int]]:
        """The tables as lists ``[tp, fp, fn, tn]`` of plain integers."""
        table: list[list[int]] = np.column_stack([self.tp, self.fp, self.fn, self.tn]).tolist()
        return table

    @property
    def events(self) -> Counts:
        """Correctly classified participants, shape (k, 2): true positive, true negative."""
        return np.column_stack([self.tp, self.tn])

    @property
    def totals(self) -> Counts:
        """Participants with and without the target condition, shape (k, 2)."""
        return np.column_stack([self.tp + self.fn, self.fp + self.tn])

    @property
    def sha256(self) -> str:
        """Hash of the counts in their order: the same tables have the same hash everywhere."""
        return hashlib.sha256(json.dumps(self.rows).encode()).hexdigest()

    def select(self, keep: NDArray[np.bool_]) -> "TwoByTwos":
        """Return the studies where ``keep``, shape (k,), is true.

        Parameters
        ----------
        keep : ndarray of bool, shape (k,)

        Returns
        -------
        TwoByTwos
        """
        return TwoByTwos(
            tp=self.tp[keep],
            fp=self.fp[keep],
            fn=self.fn[keep],
            tn=self.tn[keep],
            labels=tuple(label for label, kept in zip(self.labels, keep, strict=True) if kept),
        )


def read_csv(path: str | Path) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a CSV file as text; empty lines are left out.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    list of str, list of list of str

    Raises
    ------
    BadTable
        The file cannot be opened, is empty or is no text.
    """
    text = _read_text(Path(path))
    header_line = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    try:
        lines = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise BadTable(f"{Path(path).name} cannot be read as CSV: {error}.") from error
    # The csv module's own limit is the process's, and another package may have raised it.
    if any(len(cell) > MOST_CHARACTERS for row in lines for cell in row):
        raise BadTable(f"{Path(path).name} cannot be read as CSV: a cell is too long.")
    return lines[0], lines[1:]


def read_with_columns(
    path: str | Path, names: Iterable[str]
) -> tuple[TwoByTwos, dict[str, list[str]]]:
    """Return the 2x2 tables of a CSV file, and further columns of it as text, row by row.

    Parameters
    ----------
    path : str or Path
    names : iterable of str
        Columns asked for, in any case.

    Returns
    -------
    TwoByTwos, dict of list of str

    Raises
    ------
    BadTable
        Also when a column is missing, or one of its cells is empty.
    """
    header, rows = read_csv(path)
    known = [name.strip().lower() for name in header]
    columns = {}
    for name in names:
        if name.strip().lower() not in known:
            raise BadTable(f"The table has no column {_shorten(name)}.")
        at = known.index(name.strip().lower())
        columns[name] = [row[at].strip() if at < len(row) else "" for row in rows]
        if "" in columns[name]:
            position = columns[name].index("") + 1
            raise BadTable(f"Row {position}, column {_shorten(name)} is empty.")
    return TwoByTwos.from_csv(path), columns


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    """Return where each column stands, by lower-case name."""
    names = [name.strip().lower() for name in header]
    missing = [cell for cell in CELLS if cell.lower() not in names]
    if missing:
        raise BadTable(
            f"The table has no column {', '.join(missing)}: columns TP, FP, FN and TN are needed."
        )
    for cell in CELLS:
        if names.count(cell.lower()) > 1:
            raise BadTable(f"The table has more than one column {cell}.")
    return {name: position for position, name in reversed(list(enumerate(names)))}


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadTable(f"{path} cannot be opened: {error.strerror}.") from error
    except ValueError as error:
        raise BadTable(f"{str(path)!r} cannot be opened: {error}.") from error
    if not raw.strip():
        raise BadTable(f"{path.name} is empty.")
    if b"\0" in raw:
        raise BadTable(f"{path.name} is not a text file: save it as CSV in UTF-8.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise BadTable(f"{path.name} is empty.")
    return text


def _row(row: Sequence[Any], position: int) -> list[int]:
    try:
        cells = list(row)
    except TypeError:
        cells = [row]
    if len(cells) != len(CELLS):
        raise BadTable(f"Row {position} has {len(cells)} cells instead of TP, FP, FN and TN.")
    return [_count(value, name, position) for value, name in zip(cells, CELLS, strict=True)]


def _count(value: Any, name: str, position: int) -> int:
    """Return a cell as an integer, or raise with a sentence that names row and column."""
    where = f"Row {position}, column {name}"
    text = "" if value is None else str(value).strip()
    if not text or text.lower() in ("nan", "<na>"):
        raise BadTable(f"{where} is empty: a count of 0 or more is needed.")
    if _WHOLE.fullmatch(text):
        count = int(text.split(".")[0])
        if count > LARGEST_COUNT:
            raise BadTable(f"{where}: {_shorten(text)} is larger than {LARGEST_COUNT}.")
        return count
    raise BadTable(f"{where}: {_why_no_count(text)}.")


def _why_no_count(text: str) -> str:
    shown = _shorten(text)
    try:
        number = float(text)
    except ValueError:
        return f"“{shown}” is not a number"
    if not math.isfinite(number):
        return f"“{shown}” is not a finite number"
    if number < 0:
        return f"{shown} is negative"
    return f"{shown} is not written as a whole number"


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
