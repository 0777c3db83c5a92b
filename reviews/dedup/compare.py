"""Copies of a report side by side: the best value of each field, and how far two records agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from reviews.dedup.keys import Copy, Keys
from reviews.dedup.matching import best_copy

FIELDS = ["title", "abstract", "authors", "year", "journal", "volume", "issue", "pages"]
FIELDS += ["doi", "pmid", "issn", "keywords", "mesh", "language", "type", "url"]
# More text is more of the report; of the other fields the best copy's is as good as any.
_LONGEST_WINS = {"abstract", "authors"}


@dataclass(frozen=True, slots=True)
class Best:
    """A field's value and the copy it was taken from."""

    value: Any
    copy: Any


def best_fields(kept: Any, copies: Sequence[Any]) -> dict[str, Best]:
    """Return each field from the best copy that fills it, the kept record first."""
    others = [copy for copy in copies if copy is not kept and copy.pk != kept.pk]
    ordered = [kept]
    while others:
        ordered.append(best_copy(others))
        others.remove(ordered[-1])
    return {field: _best(field, ordered) for field in FIELDS}


def _best(field: str, ordered: Sequence[Any]) -> Best:
    filled = [copy for copy in ordered if getattr(copy, field)]
    if not filled:
        return Best(getattr(ordered[0], field), ordered[0])
    if field in _LONGEST_WINS:
        best = max(filled, key=lambda copy: len(getattr(copy, field)))
        # A few more words are no reason to mix copies.
        if len(getattr(best, field)) <= 1.2 * len(getattr(filled[0], field)):
            best = filled[0]
        return Best(getattr(best, field), best)
    return Best(getattr(filled[0], field), filled[0])


def agreement(one: Copy, other: Copy) -> float:
    """Return the share of comparable fields in which two records agree, from 0 to 1."""
    a, b = Keys.of(one), Keys.of(other)
    found = [SequenceMatcher(None, a.title[:400], b.title[:400], autojunk=False).ratio()]
    for name in ("author", "year", "journal", "volume", "page", "doi", "pmid"):
        left, right = getattr(a, name), getattr(b, name)
        if left and right:
            found.append(float(left == right))
    return round(sum(found) / len(found), 2)
