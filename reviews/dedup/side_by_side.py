"""Two or more records next to each other, with the words that differ."""

from dataclasses import dataclass
from typing import Any

from reviews.core.versions import Segments, differences
from reviews.dedup.compare import Best
from reviews.dedup.keys import normalise
from reviews.searches.models import Record

LONGEST = 3_000
ROWS = (
    ("Title", "title"),
    ("Authors", "authors"),
    ("Year", "year"),
    ("Journal", "journal"),
    ("Volume", "volume"),
    ("Issue", "issue"),
    ("Pages", "pages"),
    ("DOI", "doi"),
    ("PubMed", "pmid"),
    ("Type", "type"),
    ("Language", "language"),
    ("Abstract", "abstract"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A field of two records, cut into what agrees and what differs."""

    label: str
    left: Segments
    right: Segments
    same: bool
    said: bool


def compare(first: Record, second: Record) -> list[Row]:
    """Return the fields that at least one of two records fills."""
    rows = []
    for label, name in ROWS:
        a, b = _text(first, name), _text(second, name)
        if a or b:
            said = name in {"title", "abstract"}
            left, right = ([(a, bool(a))], [(b, bool(b))])
            if a and b:
                left, right = differences(a, b, key=_bare)
            same = not any(differs for _, differs in [*left, *right])
            rows.append(Row(label, left, right, same, said))
    return rows


@dataclass(frozen=True, slots=True)
class Cells:
    """A field of a whole group: the value shown, where it is from, and every copy's own."""

    label: str
    best: str
    best_from: Record
    values: list[str]
    same: bool


def lay_out(fields: dict[str, Best], copies: list[Record]) -> list[Cells]:
    """Return the fields of a group's records, the best value first."""
    rows = []
    for label, name in ROWS:
        values = [_text(copy, name) for copy in copies]
        if any(values):
            best = fields[name]
            shown = _text(best.copy, name)
            rows.append(Cells(label, shown, best.copy, values, len({*values}) == 1))
    return rows


def _bare(word: str) -> str:
    """Capitals, accents and points are no difference worth a mark."""
    return normalise(word) or word


def _text(record: Record, name: str) -> str:
    value: Any = getattr(record, name)
    if name == "authors":
        value = "; ".join(map(str, value))
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
