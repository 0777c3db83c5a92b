"""What is odd about 2x2 tables: against their cohort, what the report prints, and each other.

Pure: it takes plain facts and gives findings. A finding is never a refusal.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from reviews.extraction.printed import Printed, read_proportion

OK, INFO, WARN, BAD = "ok", "info", "warn", "bad"

CODES = {
    "total_differs": "The cells do not add up to the cohort",
    "condition_differs": "Those with the condition do not add up to the cohort's",
    "groups_swapped": "The groups may be swapped",
    "reported_differs": "The counts contradict what the report prints",
    "reported_unreadable": "A printed value could not be read",
    "same_participants": "The same participants are in more than one table",
    "units_mixed": "Units of analysis and participants are mixed",
    "apparent_performance": "Measured on the participants the test was developed on",
    "zero_cells": "A cell is zero",
    "empty_group": "A group is empty",
    "thresholds_not_nested": "Thresholds do not nest",
    "group_sizes_differ": "Tables of one cohort disagree on who has the condition",
    "not_determined": "The counts are one of several that fit",
    "overlap_noted": "Overlap with other participants is noted",
}
METRICS = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "accuracy": "accuracy",
    "prevalence": "prevalence",
}
SWAPPED = {"sensitivity": "specificity", "specificity": "sensitivity", "ppv": "npv", "npv": "ppv"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something verified: a code, a level, and a sentence with the numbers."""

    code: str
    level: str
    sentence: str
    dismissed: str = ""
    field: str = ""

    @property
    def passed(self) -> bool:
        return self.level == OK

    @property
    def title(self) -> str:
        return CODES[self.code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the checks read of a 2x2 table and its cohort."""

    id: int
    cohort_id: int
    tp: int
    fp: int
    fn: int
    tn: int
    indeterminate: int = 0
    name: str = "this table"
    role: str = "single"
    unit: str = "patient"
    participants: int | None = None
    units: int | None = None
    with_condition: int | None = None
    overlaps: str = ""
    test: int = 0
    condition: int = 0
    standard: int = 0
    reader: str = ""
    threshold_value: Decimal | None = None
    obtained: str = "reported"
    solutions: int | None = None
    reported: dict[str, str] = field(default_factory=dict)
    dismissed: dict[str, str] = field(default_factory=dict)

    @property
    def diseased(self) -> int:
        return self.tp + self.fn

    @property
    def healthy(self) -> int:
        return self.fp + self.tn

    @property
    def total(self) -> int:
        return self.diseased + self.healthy

    @property
    def analysed(self) -> int | None:
        """Return how many units the cohort says were analysed."""
        if self.units is not None:
            return self.units
        return self.participants if self.unit == "patient" else None


def check_tables(tables: Iterable[Facts]) -> dict[int, list[Finding]]:
    """Return the findings of each table, by its id, what passed included."""
    rows = list(tables)
    found = {table.id: [each for check in _ALONE for each in check(table)] for table in rows}
    cohorts: dict[int, list[Facts]] = defaultdict(list)
    for table in rows:
        cohorts[table.cohort_id].append(table)
    for together in cohorts.values():
        for check in _TOGETHER:
            for table, finding in check(together):
                found[table.id].append(finding)
    return {table.id: [_with_reason(table, each) for each in found[table.id]] for table in rows}


def _with_reason(table: Facts, finding: Finding) -> Finding:
    reason = "" if finding.passed else str(table.dismissed.get(finding.code, ""))
    return replace(finding, dismissed=reason) if reason else finding


def metric(table: Facts, name: str) -> Fraction | None:
    """Return the exact value of a metric, or None where its denominator is zero."""
    above, below = {
        "sensitivity": (table.tp, table.diseased),
        "specificity": (table.tn, table.healthy),
        "ppv": (table.tp, table.tp + table.fp),
        "npv": (table.tn, table.tn + table.fn),
        "accuracy": (table.tp + table.tn, table.total),
        "prevalence": (table.diseased, table.total),
    }[name]
    return Fraction(above, below) if below else None


# ---- one table alone ----


def _total(table: Facts) -> Iterator[Finding]:
    expected = table.analysed
    if expected is None:
        return
    total = table.total + table.indeterminate
    if total == expected:
        yield Finding("total_differs", OK, f"Cells add up to the {expected:,} reported", field="n")
        return
    left = f" and {table.indeterminate:,} indeterminate results" if table.indeterminate else ""
    yield Finding(
        "total_differs",
        WARN if total < expected else BAD,
        f"The cells{left} add up to {total:,}, but the cohort has {expected:,}.",
        field="n",
    )


def _condition(table: Facts) -> Iterator[Finding]:
    expected = table.with_condition
    if expected is None:
        return
    if table.diseased == expected:
        sentence = f"Those with the condition add up to the {expected:,} reported"
        yield Finding("condition_differs", OK, sentence, field="with_condition")
    elif table.healthy == expected:
        yield Finding("groups_swapped", BAD, _swapped_sentence(table, expected))
    else:
        yield Finding(
            "condition_differs",
            WARN,
            f"The table has {table.diseased:,} with the condition, the cohort {expected:,}.",
            field="with_condition",
        )


def _swapped_sentence(table: Facts, expected: int) -> str:
    others = table.total - expected
    printed = [name for name, _, fits in _compared(table) if fits]
    support = ""
    if printed:
        support = (
            f" As they stand they fit the printed {_listed([METRICS[name] for name in printed])},"
            " so the report may have swapped its groups."
        )
    return (
        f"The report says {expected:,} with the condition and {others:,} without;"
        f" these counts have {table.diseased:,} and {table.healthy:,}: they fit the text only"
        f" with the groups exchanged.{support}"
    )


def _compared(table: Facts) -> Iterator[tuple[str, Printed, bool]]:
    """Yield each readable printed metric, and whether the counts give it."""
    for name in METRICS:
        printed = read_proportion(str(table.reported.get(name) or ""))
        exact = metric(table, name)
        if printed is not None and exact is not None:
            yield name, printed, printed.agrees_with(exact)


def _reported(table: Facts) -> Iterator[Finding]:
    compared = list(_compared(table))
    wrong = [(name, printed) for name, printed, fits in compared if not fits]
    right = [METRICS[name] for name, _, fits in compared if fits]
    if right:
        verb = "agrees" if len(right) == 1 else "agree"
        sentence = f"{_listed(right).capitalize()} {verb} with what is printed"
        yield Finding("reported_differs", OK, sentence, field="reported")
    if wrong:
        yield Finding("reported_differs", BAD, _contradiction(table, wrong), field="reported")
        if _fits_when_exchanged(table, [(name, printed) for name, printed, _ in compared]):
            yield Finding(
                "groups_swapped",
                BAD,
                f"The printed values fit these counts only with the groups exchanged:"
                f" {table.healthy:,} with the condition and {table.diseased:,} without.",
            )
    for name, label in METRICS.items():
        text = str(table.reported.get(name) or "").strip()
        if text and read_proportion(text) is None:
            sentence = f"The printed {label} “{text[:40]}” could not be read as a proportion."
            yield Finding("reported_unreadable", INFO, sentence, field="reported")


def _contradiction(table: Facts, wrong: Sequence[tuple[str, Printed]]) -> str:
    parts = []
    for name, printed in wrong:
        exact = metric(table, name)
        digits = max(3, len(str(printed.half.denominator)) - 1)
        parts.append(f"{METRICS[name]} {printed.text}, these counts {float(exact or 0):.{digits}f}")
    return f"The report prints {'; '.join(parts)}."


def _fits_when_exchanged(table: Facts, printed: Sequence[tuple[str, Printed]]) -> bool:
    """Say whether sensitivity and specificity fit once each takes the other's place."""
    names = {name for name, _ in printed}
    if not {"sensitivity", "specificity"} <= names:
        return False
    for name, value in printed:
        exact = metric(table, SWAPPED.get(name, name))
        if name in SWAPPED and (exact is None or not value.agrees_with(exact)):
            return False
    return True


def _units(table: Facts) -> Iterator[Finding]:
    analysed = table.units if table.units is not None else table.total + table.indeterminate
    people = table.participants
    if table.unit == "patient":
        if people is not None and analysed > people:
            yield Finding(
                "units_mixed",
                BAD,
                f"{analysed:,} units of {people:,} participants, yet the unit is the patient:"
                " some are counted more than once.",
            )
    elif people is not None and analysed > people:
        yield Finding(
            "units_mixed",
            WARN,
            f"{analysed:,} {_plural(table.unit)} of {people:,} participants: they are clustered,"
            " and the intervals are too narrow.",
        )
    elif people is None:
        yield Finding(
            "units_mixed",
            INFO,
            f"The unit is the {table.unit}; how many participants they come from is not stated.",
        )


def _plural(unit: str) -> str:
    return {"other": "units"}.get(unit, f"{unit}s")


def _apparent(table: Facts) -> Iterator[Finding]:
    if table.role == "development":
        yield Finding(
            "apparent_performance",
            WARN,
            "Apparent performance: the test was developed on these participants,"
            " so its accuracy is too high.",
        )


def _zeros(table: Facts) -> Iterator[Finding]:
    if not table.diseased or not table.healthy:
        group = "with" if not table.diseased else "without"
        lost = "sensitivity" if not table.diseased else "specificity"
        sentence = f"Nobody {group} the condition: {lost} cannot be estimated."
        yield Finding("empty_group", WARN, sentence)
        return
    names = {
        "true positives": table.tp,
        "false positives": table.fp,
        "false negatives": table.fn,
        "true negatives": table.tn,
    }
    zero = [name for name, count in names.items() if not count]
    if zero:
        sentence = f"No {_listed(zero)}. The model needs no correction; check the count."
        yield Finding("zero_cells", INFO, sentence)


def _solved(table: Facts) -> Iterator[Finding]:
    if table.obtained == "solved" and table.solutions is not None and table.solutions > 1:
        yield Finding(
            "not_determined",
            WARN,
            f"{table.solutions:,} tables fit what is printed; this one is an assumption.",
        )


def _overlap(table: Facts) -> Iterator[Finding]:
    if table.overlaps.strip():
        sentence = f"Overlap noted: {table.overlaps.strip()[:200]}"
        yield Finding("overlap_noted", INFO, sentence)


# ---- tables of one cohort ----


def _same_participants(tables: Sequence[Facts]) -> Iterator[tuple[Facts, Finding]]:
    for table in tables:
        others = [other for other in tables if other.id != table.id]
        if others:
            names = _listed([f"“{other.name}”" for other in others[:3]])
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            yield (
                table,
                Finding(
                    "same_participants",
                    WARN,
                    f"Same {table.total:,} {_plural(table.unit)} as {names}{more}:"
                    " only one may enter a pool",
                ),
            )


def _group_sizes(tables: Sequence[Facts]) -> Iterator[tuple[Facts, Finding]]:
    groups: dict[tuple[int, int], list[Facts]] = defaultdict(list)
    for table in tables:
        groups[table.condition, table.standard].append(table)
    for alike in groups.values():
        sizes = sorted({(table.diseased, table.healthy) for table in alike})
        if len(sizes) > 1:
            words = _listed([f"{a:,} with and {b:,} without" for a, b in sizes[:4]])
            for table in alike:
                sentence = f"Tables of this cohort have {words} the condition."
                yield table, Finding("group_sizes_differ", WARN, sentence)


def _nested(tables: Sequence[Facts]) -> Iterator[tuple[Facts, Finding]]:
    """With a rising threshold both true and false positives must rise, or both must fall."""
    series: dict[tuple[int, int, int, str], list[Facts]] = defaultdict(list)
    for table in tables:
        if table.threshold_value is not None:
            key = (table.test, table.condition, table.standard, table.reader.casefold())
            series[key].append(table)
    for steps in series.values():
        steps.sort(key=lambda table: table.threshold_value or 0)
        moves = [_sign(b.tp - a.tp) for a, b in pairwise(steps)]
        moves += [_sign(b.fp - a.fp) for a, b in pairwise(steps)]
        if {-1, 1} <= set(moves):
            line = ", ".join(f"{s.threshold_value}: {s.tp:,} TP and {s.fp:,} FP" for s in steps[:5])
            for table in steps:
                sentence = f"Thresholds are not nested: {line}. Both must move the same way."
                yield table, Finding("thresholds_not_nested", BAD, sentence)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


_ALONE: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _total,
    _condition,
    _reported,
    _units,
    _apparent,
    _zeros,
    _solved,
    _overlap,
)
_TOGETHER: tuple[Callable[[Sequence[Facts]], Iterator[tuple[Facts, Finding]]], ...] = (
    _same_participants,
    _group_sizes,
    _nested,
)
