"""What a reader of a pooled number must be told about the tables behind it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reviews.synthesis.plans import DEVELOPMENT, PATIENT, Row, listed

UNITS = {
    "patient": ("person", "people"),
    "image": ("image", "images"),
    "lesion": ("lesion", "lesions"),
    "hip": ("hip", "hips"),
    "other": ("other unit", "other units"),
}
# The checks of a single table that a pool judges anew, over the tables it really holds.
JUDGED_HERE = {"same_participants", "units_mixed", "apparent_performance", "zero_cells"}


@dataclass(frozen=True, slots=True)
class Caution:
    """A heading, the sentence with the numbers, the tables it is about."""

    code: str
    strong: str
    text: str
    tables: tuple[int, ...] = ()
    bad: bool = False


def cautions(rows: list[Row]) -> list[Caution]:
    """Return what to beware of in a pool of frozen rows, the gravest first."""
    found = [caution for check in _CHECKS for caution in check(rows)]
    return sorted(found, key=lambda caution: not caution.bad)


def _units(rows: list[Row]) -> Iterator[Caution]:
    clustered = [row for row in rows if _is_clustered(row)]
    sources = listed(
        [
            f"{row['units']:,} {UNITS[row['unit']][1]} came from {row['participants']:,} people"
            f" ({row['label']})"
            for row in clustered[:3]
        ]
    )
    others = [row for row in rows if row["unit"] != PATIENT]
    tables = tuple(row["table"] for row in others)
    if others and len(others) < len(rows):
        kinds = sorted({UNITS[row["unit"]][1] for row in others})
        text = (
            f"{_tables(len(others))} {_verb(len(others), 'count')} {listed(kinds, 'or')},"
            f" {_number(len(rows) - len(others)).lower()}"
            f" {_verb(len(rows) - len(others), 'count')} people"
        )
        yield Caution("units_mixed", "Units are mixed.", _with(text, sources), tables)
    elif clustered:
        yield Caution("clustered", "Units are clustered.", f"{sources}.", tables)


def _is_clustered(row: Row) -> bool:
    known = row["participants"] is not None and row["units"] is not None
    return known and row["unit"] != PATIENT and row["units"] > row["participants"]


def _with(text: str, more: str) -> str:
    return f"{text}; {more}." if more else f"{text}."


def _same_people(rows: list[Row]) -> Iterator[Caution]:
    cohorts: dict[int, list[Row]] = defaultdict(list)
    studies: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        cohorts[row["cohort"]].append(row)
        studies[row["study"]].append(row)
    for together in cohorts.values():
        if len(together) > 1:
            label = f"{together[0]['study_label']}, {together[0]['cohort_name']}"
            text = f"{_tables(len(together))} of one cohort are pooled as if independent ({label})."
            tables = tuple(row["table"] for row in together)
            yield Caution(
                "same_participants", "Participants are counted twice.", text, tables, True
            )
    for together in studies.values():
        if len({row["cohort"] for row in together}) > 1:
            text = (
                f"{_tables(len(together))} come from one study and may share people"
                f" ({together[0]['study_label']})."
            )
            tables = tuple(row["table"] for row in together)
            yield Caution("same_study", "One study, several tables.", text, tables)


def _apparent(rows: list[Row]) -> Iterator[Caution]:
    apparent = [row for row in rows if row["role"] == DEVELOPMENT]
    if apparent:
        labels = listed([row["label"] for row in apparent[:5]])
        text = (
            f"{_tables(len(apparent))} {_verb(len(apparent), 'measure')} accuracy where the test"
            f" was developed, which flatters it: {labels}."
        )
        tables = tuple(row["table"] for row in apparent)
        yield Caution("apparent_performance", "Apparent performance is pooled.", text, tables)


def _conditions(rows: list[Row]) -> Iterator[Caution]:
    names = Counter(row["target_condition"] for row in rows)
    if len(names) > 1:
        parts = [f"{name} ({count})" for name, count in names.most_common(6)]
        parts += [f"and {len(names) - 6} more"] if len(names) > 6 else []
        yield Caution("conditions_differ", "Target conditions differ.", f"{'; '.join(parts)}.")


def _zeros(rows: list[Row]) -> Iterator[Caution]:
    zero = [row for row in rows if not all(row[name] for name in ("tp", "fp", "fn", "tn"))]
    if zero:
        labels = listed([row["label"] for row in zero[:5]])
        more = f" and {len(zero) - 5} more" if len(zero) > 5 else ""
        text = f"In {labels}{more}. The model needs no correction; check the counts."
        yield Caution("zero_cells", "Cells are zero.", text, tuple(r["table"] for r in zero))


def _checks_of_tables(rows: list[Row]) -> Iterator[Caution]:
    for row in rows:
        for warning in row.get("warnings", ()):
            if warning["code"] not in JUDGED_HERE:
                yield Caution(
                    warning["code"],
                    f"{row['label']}.",
                    warning["sentence"],
                    (row["table"],),
                    warning["level"] == "bad",
                )


def _number(count: int) -> str:
    words = [
        "None",
        "One",
        "Two",
        "Three",
        "Four",
        "Five",
        "Six",
        "Seven",
        "Eight",
        "Nine",
        "Ten",
        "Eleven",
        "Twelve",
    ]
    return words[count] if count < len(words) else f"{count:,}"


def _tables(count: int) -> str:
    return f"{_number(count)} table{'' if count == 1 else 's'}"


def _verb(count: int, verb: str) -> str:
    return f"{verb}s" if count == 1 else verb


_CHECKS: tuple[Callable[[list[Row]], Iterator[Caution]], ...] = (
    _units,
    _same_people,
    _apparent,
    _conditions,
    _zeros,
    _checks_of_tables,
)
