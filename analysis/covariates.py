"""A covariate of the studies: a group each belongs to, or a number each has."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, read_csv
from analysis.errors import BadCovariate

Kind = Literal["categorical", "continuous"]

_MISSING = {"", "na", "n/a", "nan", "<na>", "."}
_MOST_GROUPS_OF_NUMBERS = 6


# Beyond this a number has no square, and a covariate no standard deviation.
_LARGEST = 1e150


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """One value per study.

    Attributes
    ----------
    name : str
    values : tuple of str, length k
        As written; "" where missing.
    kind : {"categorical", "continuous"}
    """

    name: str
    values: tuple[str, ...]
    kind: Kind

    @classmethod
    def from_values(
        cls, name: str, values: Iterable[object], *, kind: Kind | None = None
    ) -> "Covariate":
        """Build from values; by default numbers are continuous when they look measured.

        Measured: a fraction among them, or more than six different ones. Whole numbers of six
        kinds or fewer are taken for codes of groups.

        Parameters
        ----------
        name : str
        values : iterable
            One per study; None, "" and the usual signs of a missing value are missing.
        kind : {"categorical", "continuous"}, optional

        Returns
        -------
        Covariate

        Raises
        ------
        BadCovariate
            A continuous covariate with a value that is no finite number.
        """
        texts = tuple("" if value is None else str(value).strip() for value in values)
        texts = tuple("" if text.lower() in _MISSING else text for text in texts)
        numbers = [_number(text) for text in texts if text]
        if kind is None:
            kind = "continuous" if _measured(numbers) else "categorical"
        if kind == "continuous" and None in numbers:
            wrong = next(text for text in texts if text and _number(text) is None)
            raise BadCovariate(f"The covariate {name} has “{wrong[:40]}”, which is not a number.")
        return cls(name=name, values=texts, kind=kind)

    @classmethod
    def from_csv(cls, path: str | Path, name: str, *, kind: Kind | None = None) -> "Covariate":
        """Read the column of that name, in any case.

        Parameters
        ----------
        path : str or Path
        name : str
        kind : {"categorical", "continuous"}, optional
            By default as `from_values` guesses.

        Returns
        -------
        Covariate

        Raises
        ------
        BadCovariate
            There is no such column, or more than one.
        BadTable
            The file cannot be read.
        """
        header, rows = read_csv(path)
        names = [column.strip().lower() for column in header]
        if names.count(name.strip().lower()) != 1:
            there = ", ".join(column.strip() for column in header)
            raise BadCovariate(f"There is not exactly one column {name}. Columns: {there}.")
        column = names.index(name.strip().lower())
        cells = (row[column] if column < len(row) else "" for row in rows)
        return cls.from_values(header[column].strip(), cells, kind=kind)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which studies have a value, shape (k,)."""
        return np.array([bool(value) for value in self.values])

    @property
    def levels(self) -> tuple[str, ...]:
        """The different values in order: of numbers by size, of words by alphabet."""
        return tuple(sorted({value for value in self.values if value}, key=_order))

    @property
    def numbers(self) -> Floats:
        """The values of a continuous covariate without missing ones, shape (k,)."""
        return np.array([float(value) for value in self.values])

    def select(self, keep: NDArray[np.bool_]) -> "Covariate":
        """Return the values where ``keep``, shape (k,), is true.

        Parameters
        ----------
        keep : ndarray of bool, shape (k,)

        Returns
        -------
        Covariate
        """
        kept = tuple(value for value, wanted in zip(self.values, keep, strict=True) if wanted)
        return Covariate(name=self.name, values=kept, kind=self.kind)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < _LARGEST else None


def _measured(numbers: list[float | None]) -> bool:
    if not numbers or None in numbers:
        return False
    several = len(set(numbers)) > _MOST_GROUPS_OF_NUMBERS
    return several or any(number is not None and number % 1 for number in numbers)


def _order(text: str) -> tuple[bool, float, str]:
    number = _number(text)
    return number is None, number or 0.0, text
