"""Two extractions of one study, side by side: only what differs. Pure.

A draft is plain values: ``{"characteristics": {...}, "cohorts": [{"id", "values", "tables":
[{"id", "values"}]}]}``. Values compare as they are; texts without regard to outer white space.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
Pair = tuple[Any | None, Any | None]

TABLE_KEY = ("index_test", "target_condition", "reference_standard", "threshold", "reader")
ONLY = "only"  # the field of a difference where one draft has no such cohort or table


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value, a cohort or a table in which two drafts differ.

    Attributes
    ----------
    key : str
        What a choice refers to.
    kind : {"characteristic", "cohort", "table"}
    field : str
        The value's name, or "only" where just one draft has the whole cohort or table.
    first, second
        The values; for "only" True and False.
    """

    key: str
    kind: str
    subject: str
    field: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class Matched:
    """Two drafts laid on each other: characteristics, cohorts, and their tables."""

    characteristics: tuple[Values, Values]
    cohorts: tuple[tuple[Pair, tuple[Pair, ...]], ...]


def match(first: Mapping[str, Any], second: Mapping[str, Any]) -> Matched:
    """Pair the cohorts and tables of two drafts."""
    cohorts = _pairs(
        first["cohorts"], second["cohorts"], (_cohort_key, _cohort_size), last_pair=True
    )
    matched = []
    for one, other in cohorts:
        tables = _pairs(
            one["tables"] if one else [],
            other["tables"] if other else [],
            (_table_key, _table_counts, _table_test),
            last_pair=False,
        )
        matched.append(((one, other), tuple(tables)))
    return Matched(
        (first.get("characteristics") or {}, second.get("characteristics") or {}), tuple(matched)
    )


def differences(matched: Matched) -> list[Difference]:
    """List what differs, in reading order."""
    found = list(_values("characteristic", "study", "Study", *matched.characteristics))
    for pair, tables in matched.cohorts:
        found += _of_pair("cohort", pair)
        if None not in pair:
            for table in tables:
                found += _of_pair("table", table)
    return found


def key_of(kind: str, pair: Pair) -> str:
    """Return the stable name of a pair of cohorts or tables."""
    one, other = ((each["id"] if each else 0) for each in pair)
    return f"{kind}-{one}-{other}"


def _of_pair(kind: str, pair: Pair) -> Iterator[Difference]:
    one, other = pair
    key = key_of(kind, pair)
    if one is None or other is None:
        subject = (one or other)["name"]
        yield Difference(
            key=f"{key}.{ONLY}",
            kind=kind,
            subject=subject,
            field=ONLY,
            first=one is not None,
            second=other is not None,
        )
        return
    yield from _values(kind, key, one["name"], one["values"], other["values"])


def _values(kind: str, key: str, subject: str, a: Values, b: Values) -> Iterator[Difference]:
    for field in [*a, *(name for name in b if name not in a)]:
        if not same(a.get(field), b.get(field)):
            yield Difference(
                key=f"{key}.{field}",
                kind=kind,
                subject=subject,
                field=field,
                first=a.get(field),
                second=b.get(field),
            )


def same(one: Any, other: Any) -> bool:
    """Say whether two values are the same; nothing and an empty text are.

    >>> same(" a", "a "), same(None, ""), same(0, None), same({"x": ""}, {})
    (True, True, False, True)
    """
    return _plain(one) == _plain(other)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split()) or None
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if _plain(v) is not None} or None
    return value


def _pairs(
    left: Sequence[Any],
    right: Sequence[Any],
    keys: Sequence[Callable[[Any], Any]],
    *,
    last_pair: bool,
) -> list[Pair]:
    """Pair by the first key, what is left by the next, where a key is unique on both sides."""
    partner: dict[int, Any] = {}
    free_left, free_right = list(left), list(right)
    for key in keys:
        for one in list(free_left):
            mine = [each for each in free_left if key(each) == key(one)]
            theirs = [each for each in free_right if key(each) == key(one)]
            if len(mine) == 1 and len(theirs) == 1:
                partner[id(one)] = theirs[0]
                free_left.remove(one)
                free_right.remove(theirs[0])
    if last_pair and len(left) == len(right) == len(free_left) == 1:
        partner[id(left[0])] = free_right.pop()
    return [(one, partner.get(id(one))) for one in left] + [(None, each) for each in free_right]


def _text(value: Any) -> Any:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


def _cohort_key(cohort: Any) -> Any:
    return _text(cohort["values"]["name"])


def _cohort_size(cohort: Any) -> Any:
    values = cohort["values"]
    return tuple(values.get(name) for name in ("role", "unit", "participants", "units"))


def _table_key(table: Any) -> Any:
    return tuple(_text(table["values"].get(name)) for name in TABLE_KEY)


def _table_test(table: Any) -> Any:
    return tuple(_text(table["values"].get(name)) for name in TABLE_KEY[:3])


def _table_counts(table: Any) -> Any:
    return tuple(table["values"].get(name) for name in ("tp", "fp", "fn", "tn"))
