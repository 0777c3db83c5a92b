"""All 2x2 tables of whole numbers that agree with what a report prints.

Every measure is a quotient; as printed it stands for all values that round to it. With the total
of one row of the table and that row's first cell fixed, each printed measure bounds one remaining
cell from both sides by a linear inequality: the tables are counted without looking at each, in
whole-number arithmetic throughout.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.errors import BadReport, TooManyCandidates
from analysis.printed import MEASURES, RATIOS, Ints, Printed, read_figure, word

Cells = tuple[Ints, Ints, Ints, Ints]
# Not negative when the table agrees; linear in the free cell.
Condition = Callable[[Cells], Ints]
Status = Literal["unique", "several", "none"]

LARGEST_TOTAL = 100_000
_MOST_PAIRS = 20_000_000
_MOST_PAIRS_TO_DIAGNOSE = 1_000_000
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The 2x2 tables that agree with a report.

    Attributes
    ----------
    status : {"unique", "several", "none"}
    count : int
        How many tables agree.
    tables : tuple of (tp, fp, fn, tn)
        The first of them, at most as many as asked for.
    conflict : tuple of str
        With no table: figures that cannot hold together; as far as could be looked through, none
        of them can be spared.
    culprits : tuple of str
        With no table: figures each of which, taken away alone, leaves at least one table.
    sentence : str
        The outcome for the reader.
    """

    status: Status
    count: int
    tables: tuple[tuple[int, int, int, int], ...]
    conflict: tuple[str, ...]
    culprits: tuple[str, ...]
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "status": self.status,
            "count": self.count,
            "tables": [list(table) for table in self.tables],
            "conflict": list(self.conflict),
            "culprits": list(self.culprits),
            "sentence": self.sentence,
        }


def solve_two_by_two(
    *,
    n: int | None = None,
    n_pos: int | None = None,
    n_neg: int | None = None,
    reported: Mapping[str, str],
    limit: int = 100,
) -> Solution:
    """Find all 2x2 tables of whole numbers that agree with what is reported.

    Parameters
    ----------
    n, n_pos, n_neg : int, optional
        Participants: all, with and without the target condition. ``n``, or the other two.
    reported : mapping of str to str
        Measures as printed, by name: "sensitivity", "specificity", "ppv", "npv", "accuracy",
        "prevalence" (each a percentage, or a proportion when it is at most 1 and has no percent
        sign), "lr_positive", "lr_negative". The number of decimals printed counts; both ways of
        rounding a half are allowed.
    limit : int
        How many tables to list.

    Returns
    -------
    Solution

    Raises
    ------
    BadReport
        A figure cannot be read, or the numbers of participants are missing or contradict.
    TooManyCandidates
        Too little is known.
    """
    total, diseased = _participants(n, n_pos, n_neg)
    figures = {name: read_figure(text, name) for name, text in reported.items() if text.strip()}
    if not figures:
        raise BadReport("Give at least one reported measure, such as sensitivity.")
    facts = _Facts(total=total, diseased=diseased, figures=figures)
    count, tables = _enumerate(facts, limit)
    if count:
        return _found(count, tables)
    conflict, culprits = _diagnose(facts)
    return Solution(
        status="none",
        count=0,
        tables=(),
        conflict=conflict,
        culprits=culprits,
        sentence=_why_none(conflict, culprits),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    total: int
    diseased: int | None
    figures: Mapping[str, Printed]

    @property
    def names(self) -> tuple[str, ...]:
        return (*(("n_pos",) if self.diseased is not None else ()), *self.figures)

    def without(self, names: list[str], left_out: str) -> "_Facts":
        """Return the named facts but one."""
        kept = set(names) - {left_out}
        return _Facts(
            total=self.total,
            diseased=self.diseased if "n_pos" in kept else None,
            figures={name: figure for name, figure in self.figures.items() if name in kept},
        )


def _participants(n: int | None, n_pos: int | None, n_neg: int | None) -> tuple[int, int | None]:
    """Return the total, and the number with the target condition where it is known."""
    for name, value in (("n", n), ("n_pos", n_pos), ("n_neg", n_neg)):
        if value is not None and value < 0:
            raise BadReport(f"{word(name)} is negative.")
    if n is None:
        if n_pos is None or n_neg is None:
            raise BadReport(
                "Give the number of participants, or the numbers with and without the condition."
            )
        n = n_pos + n_neg
    if n_pos is None and n_neg is not None:
        n_pos = n - n_neg
    if n_pos is not None and (not 0 <= n_pos <= n or (n_neg is not None and n_pos + n_neg != n)):
        raise BadReport("The numbers of participants do not add up.")
    if not 0 < n <= LARGEST_TOTAL:
        raise BadReport(f"The number of participants must be from 1 to {LARGEST_TOTAL}.")
    return n, n_pos


@dataclass(frozen=True, slots=True, kw_only=True)
class _Direction:
    """A way to walk through the tables: a row, its first cell, and the one cell left free."""

    measure: str
    cells: Callable[[Ints, Ints, Ints, int], Cells]

    def rows(self, facts: _Facts) -> Ints:
        """Return the totals the row can have."""
        by_disease = {"sensitivity": False, "specificity": True}
        if self.measure not in by_disease:
            return np.arange(facts.total + 1)
        low, high = 0, facts.total
        if facts.diseased is not None:
            low = high = facts.diseased
        elif figure := facts.figures.get("prevalence"):
            low = -(-figure.low * facts.total // figure.scale)
            high = figure.high * facts.total // figure.scale
        diseased = np.arange(low, high + 1)
        return facts.total - diseased if by_disease[self.measure] else diseased

    def first_cells(self, facts: _Facts) -> tuple[Ints, Ints, Ints]:
        """Return row totals, and the least first cell and number of first cells of each."""
        rows = self.rows(facts)
        figure = facts.figures.get(self.measure)
        if figure is None:
            return rows, np.zeros_like(rows), rows + 1
        least = -(-figure.low * rows // figure.scale)
        most = figure.high * rows // figure.scale
        return rows, least, np.maximum(most - least + 1, 0)


_DIRECTIONS = (
    _Direction(
        measure="sensitivity",
        cells=lambda row, first, x, n: (first, x, row - first, n - row - x),
    ),
    _Direction(
        measure="specificity",
        cells=lambda row, first, x, n: (n - row - x, row - first, x, first),
    ),
    _Direction(
        measure="ppv",
        cells=lambda row, first, x, n: (first, row - first, x, n - row - x),
    ),
    _Direction(
        measure="npv",
        cells=lambda row, first, x, n: (n - row - x, x, row - first, first),
    ),
)


def _enumerate(
    facts: _Facts, limit: int, most_pairs: int = _MOST_PAIRS
) -> tuple[int, list[tuple[int, int, int, int]]]:
    """Count the tables that agree, and list the first; with a limit of 0 stop at the first."""
    ratios = any(name in facts.figures for name in RATIOS)
    # Likelihood ratios are linear in the free cell only when the disease row is fixed.
    usable = _DIRECTIONS[:2] if ratios else _DIRECTIONS
    ways = [(way, way.first_cells(facts)) for way in usable]
    way, walk = min(ways, key=lambda pair: int(pair[1][2].sum()))
    if walk[2].sum() > most_pairs:
        raise TooManyCandidates(
            "Too little is known to look through all tables: give the number of participants "
            "with the target condition, or one more measure."
        )
    conditions = _conditions(facts)
    count = 0
    tables: list[tuple[int, int, int, int]] = []
    for row, first in _blocks(*walk):
        row, first, low, high = _narrow(way, row, first, facts.total, conditions)
        numbers = high - low + 1
        count += int(numbers.sum())
        for i in range(len(row)):
            if len(tables) >= limit:
                break
            for x in np.arange(low[i], min(high[i], low[i] + limit - len(tables) - 1) + 1):
                tp, fp, fn, tn = way.cells(row[i], first[i], x, facts.total)
                tables.append((int(tp), int(fp), int(fn), int(tn)))
        if count and not limit:
            break
    return count, tables


def _blocks(rows: Ints, least: Ints, numbers: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield all pairs of row total and first cell, in blocks."""
    ends = np.cumsum(numbers)
    for begin in range(0, int(ends[-1]) if len(ends) else 0, _BLOCK):
        pair = np.arange(begin, min(begin + _BLOCK, int(ends[-1])))
        which = np.searchsorted(ends, pair, side="right")
        yield rows[which], least[which] + pair - (ends - numbers)[which]


def _narrow(
    way: _Direction, row: Ints, first: Ints, total: int, conditions: list[Condition]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the pairs for which the free cell has values left, with its least and greatest."""
    low, high = np.zeros_like(row), total - row
    for condition in conditions:
        at_0 = condition(way.cells(row, first, np.zeros_like(row), total))
        slope = condition(way.cells(row, first, np.ones_like(row), total)) - at_0
        rising, falling = slope > 0, slope < 0
        steps = np.where(slope == 0, 1, slope)
        low = np.where(rising, np.maximum(low, -(at_0 // steps)), low)
        high = np.where(falling, np.minimum(high, at_0 // -steps), high)
        left = (low <= high) & (rising | falling | (at_0 >= 0))
        row, first, low, high = row[left], first[left], low[left], high[left]
    return row, first, low, high


def _conditions(facts: _Facts) -> list[Condition]:
    conditions: list[Condition] = []
    diseased = facts.diseased
    if diseased is not None:
        conditions += [
            lambda cells: cells[0] + cells[2] - diseased,
            lambda cells: diseased - cells[0] - cells[2],
        ]
    for name, figure in facts.figures.items():
        conditions += _measure_conditions(name, figure, facts.total)
    return conditions


def _measure_conditions(name: str, figure: Printed, total: int) -> list[Condition]:
    measure = MEASURES[name]
    largest = total * (total if name in RATIOS else 1)
    if largest * max(figure.high, figure.scale) > 2**62:
        raise BadReport(f"{word(name)} is given with more decimals than can be used.")

    def defined(cells: Cells) -> Ints:
        return measure(*cells)[1] - 1

    def above(cells: Cells) -> Ints:
        part, whole = measure(*cells)
        return figure.scale * part - figure.low * whole

    def below(cells: Cells) -> Ints:
        part, whole = measure(*cells)
        return figure.high * whole - figure.scale * part

    return [defined, above, below]


def _diagnose(facts: _Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a set of facts in conflict, none to be spared, and those that alone are to blame."""
    names = list(facts.names)
    culprits = [name for name in names if _possible(facts.without(names, name)) is True]
    needed = list(names)
    # What was read last is spared first: the numbers of participants are the surest.
    for name in reversed(names):
        if _possible(facts.without(needed, name)) is False:
            needed.remove(name)
    return tuple(needed), tuple(culprits)


def _possible(facts: _Facts) -> bool | None:
    """Return whether any table agrees; None where there are too many to look through."""
    try:
        return _enumerate(facts, limit=0, most_pairs=_MOST_PAIRS_TO_DIAGNOSE)[0] > 0
    except TooManyCandidates:
        return None


def _found(count: int, tables: list[tuple[int, int, int, int]]) -> Solution:
    if count == 1:
        tp, fp, fn, tn = tables[0]
        sentence = f"Exactly one table agrees: TP {tp}, FP {fp}, FN {fn}, TN {tn}."
    else:
        sentence = f"{count} tables agree: the report does not settle the counts."
    return Solution(
        status="unique" if count == 1 else "several",
        count=count,
        tables=tuple(tables),
        conflict=(),
        culprits=(),
        sentence=sentence,
    )


def _why_none(conflict: tuple[str, ...], culprits: tuple[str, ...]) -> str:
    if len(conflict) == 1:
        return f"No table agrees: {word(conflict[0])} as printed does not fit so many participants."
    together = ", ".join(word(name) for name in conflict)
    sentence = f"No table agrees: {together} as printed cannot all hold."
    if culprits:
        alone = ", ".join(word(name) for name in culprits)
        return f"{sentence} Leaving out one of these alone would do: {alone}."
    return sentence
