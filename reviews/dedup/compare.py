"""Copies of a report side by side: the best value of each field, and which copy is the best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reviews.dedup.keys import Copy

CopyT = TypeVar("CopyT", bound=Copy)

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
    ordered = [kept, *sorted(others, key=_completeness, reverse=True)]
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


def best_copy(copies: Sequence[CopyT]) -> CopyT:
    """Return the most complete of some copies; of equals, the first."""
    return max(copies, key=_completeness)


def _completeness(record: Copy) -> tuple[int, ...]:
    """What screening needs counts first: an abstract, then what identifies and locates."""
    known = (record.doi, record.pmid, record.year, record.journal, record.authors, record.volume)
    return (
        bool(record.abstract),
        bool(record.title),
        sum(map(bool, known)),
        min(len(record.abstract), 5_000) // 200,
        len(record.authors),
    )
