"""Judgements of risk of bias and applicability, as plain values: QUADAS-2 or any like it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.data import LABEL_COLUMNS, read_csv
from analysis.errors import BadTable

LEVELS = ("low", "unclear", "high")
_WORDS = {
    **{level: level for level in LEVELS},
    "+": "low",
    "?": "unclear",
    "-": "high",
    "\u2212": "high",
    "\u2013": "high",
    "insufficient information": "unclear",
    "insufficient": "unclear",
    "l": "low",
    "u": "unclear",
    "h": "high",
    "": None,
    "na": None,
    "n/a": None,
    "not rated": None,
}
_KIND = re.compile(r"[:,]?\s*(risk of bias|applicability(?: concerns?)?)\s*[:,]?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A column of the table: a domain's risk of bias, or its concern about applicability.

    Attributes
    ----------
    name : str
    concern : bool
        Whether of applicability.
    """

    name: str
    concern: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """Judgements of studies by domain.

    Attributes
    ----------
    domains : tuple of Domain, length d
        Risk of bias first, then applicability.
    labels : tuple of str, length k
    levels : tuple of tuple, shape (k, d)
        "low", "unclear", "high", or None where there is no judgement.
    """

    domains: tuple[Domain, ...]
    labels: tuple[str, ...]
    levels: tuple[tuple[str | None, ...], ...]

    @classmethod
    def from_values(
        cls,
        domains: Sequence[tuple[str, bool]],
        labels: Sequence[str],
        levels: Sequence[Sequence[str | None]],
    ) -> "Judgements":
        """Build from plain values: of each domain its name and whether it is a concern.

        Parameters
        ----------
        domains : sequence of (str, bool), length d
        labels : sequence of str, length k
            Names of the studies.
        levels : sequence of sequences, shape (k, d)
            Words such as "low" and "+", or None.

        Returns
        -------
        Judgements

        Raises
        ------
        BadTable
            There are no domains or no studies, the shapes do not agree, or a judgement is none.
        """
        if not domains or not labels:
            raise BadTable("There are no judgements: give at least one domain and one study.")
        if len(levels) != len(labels) or any(len(row) != len(domains) for row in levels):
            raise BadTable("Every study needs one judgement, or none, for each domain.")
        order = sorted(range(len(domains)), key=lambda i: domains[i][1])
        read = [[_level(value) for value in row] for row in levels]
        return cls(
            domains=tuple(Domain(name=domains[i][0], concern=domains[i][1]) for i in order),
            labels=tuple(str(label) for label in labels),
            levels=tuple(tuple(row[i] for i in order) for row in read),
        )

    @classmethod
    def from_csv(cls, path: str | Path) -> "Judgements":
        """Read a file with a row per study; columns that hold only judgements are the domains.

        "applicability" in the head of a column makes it a concern. Judgements are low, unclear and
        high, or +, ? and -.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Judgements

        Raises
        ------
        BadTable
            The file cannot be read, or no column holds judgements.
        """
        header, rows = read_csv(path)
        names = [name.strip() for name in header]
        padded = [[*row, *[""] * (len(header) - len(row))] for row in rows]
        columns = [i for i in range(len(names)) if _judges([row[i] for row in padded])]
        if not columns:
            raise BadTable(
                "No column holds judgements: each domain needs a column of low, unclear and high."
            )
        label = next((i for i, x in enumerate(names) if x.lower() in LABEL_COLUMNS), None)
        labels = [
            (padded[i][label].strip() if label is not None else "") or f"Study {i + 1}"
            for i in range(len(padded))
        ]
        domains = [_domain(names[i]) for i in columns]
        return cls.from_values(domains, labels, [[row[i] for i in columns] for row in padded])

    def counts(self, domain: int) -> dict[str, int]:
        """Return how many studies have each level in a domain; those without are left out.

        Parameters
        ----------
        domain : int
            Its position in `domains`.

        Returns
        -------
        dict of int
        """
        column = [row[domain] for row in self.levels]
        return {level: column.count(level) for level in LEVELS}

    def of(self, labels: Sequence[str]) -> list[tuple[str | None, ...] | None]:
        """Return the judgements of risk of bias of these studies, None for one without any.

        Parameters
        ----------
        labels : sequence of str
            Names of studies, as written in the table of judgements.

        Returns
        -------
        list
        """
        known = dict(zip(self.labels, self.levels, strict=True))
        bias = [i for i, domain in enumerate(self.domains) if not domain.concern]
        found = [known.get(label) for label in labels]
        return [row and tuple(row[i] for i in bias) for row in found]


def _judges(cells: Sequence[str]) -> bool:
    words = [cell.strip().lower() for cell in cells]
    return all(word in _WORDS for word in words) and any(_WORDS[word] for word in words)


def _domain(head: str) -> tuple[str, bool]:
    concern = "applicab" in head.lower() or "concern" in head.lower()
    name = _KIND.sub("", head).strip(" :,-") or head
    return name[:1].upper() + name[1:], concern


def _level(value: Any) -> str | None:
    word = "" if value is None else str(value).strip().lower()
    if word not in _WORDS:
        raise BadTable(f"\u201c{word[:40]}\u201d is no judgement: low, unclear or high are.")
    return _WORDS[word]
