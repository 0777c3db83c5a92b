"""The search for all 2x2 tables that satisfy what a report says.

The cells of a table of n participants are a point in three dimensions, and each linear condition a
half-space. The corners of the body they leave bound one cell total; for each of its values the
conditions without the last cell (Fourier and Motzkin) bound a second number, and for each pair the
conditions bound the last cell from both sides. Real numbers only narrow the search, with room to
spare; what counts is decided in whole numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats
from analysis.facts import Cells, Condition, Conditions, Facts, Table, add_intervals, conditions_of
from analysis.printed import MEASURES, Ints

MOST_PAIRS = 2_100_000
MOST_TABLES = 500_000
_BLOCK = 1 << 16
# Participants that rounding errors of real arithmetic cannot reach.
_ROOM = 1e-2
_FAR = 1e9
_FEW_PAIRS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Tables that fit: how many, the first, and whether everything was looked through.

    Attributes
    ----------
    count : int
    tables : tuple of Table
        The first of them, each (TP, FP, FN, TN).
    complete : bool
        Where false, there may be more.
    """

    count: int
    tables: tuple[Table, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way to walk through the tables: a row, a first number in it, and the last, free cell."""

    measure: str
    row: Callable[[Cells], Ints]
    cells: Callable[[Ints, Ints, Ints, int], Cells]
    by_disease: bool = False


_WAYS = (
    _Way(
        measure="sensitivity",
        row=lambda cells: cells[0] + cells[2],
        cells=lambda row, first, x, n: (first, x, row - first, n - row - x),
        by_disease=True,
    ),
    _Way(
        measure="specificity",
        row=lambda cells: cells[1] + cells[3],
        cells=lambda row, first, x, n: (n - row - x, row - first, x, first),
        by_disease=True,
    ),
    _Way(
        measure="ppv",
        row=lambda cells: cells[0] + cells[1],
        cells=lambda row, first, x, n: (first, row - first, x, n - row - x),
    ),
    _Way(
        measure="npv",
        row=lambda cells: cells[2] + cells[3],
        cells=lambda row, first, x, n: (n - row - x, x, row - first, first),
    ),
    _Way(
        measure="accuracy",
        row=lambda cells: cells[0] + cells[3],
        cells=lambda row, first, x, n: (first, x, n - row - x, row - first),
    ),
    _Way(
        measure="f1",
        row=lambda cells: cells[0],
        cells=lambda row, first, x, n: (row, x, first - x, n - row - first),
    ),
)


def tables_that_fit(
    facts: Facts, limit: int, most_pairs: int = MOST_PAIRS, most_tables: int = MOST_TABLES
) -> Found:
    """Count the tables that fit and list the first; with a limit of 0 stop at the first.

    Parameters
    ----------
    facts : Facts
    limit : int
    most_pairs, most_tables : int
        How many pairs of row and first number, and single tables, to look at at most.

    Returns
    -------
    Found
    """
    conditions = conditions_of(facts)
    body = _body(facts.total, conditions.planes)
    if len(body.corners) and facts.intervals:
        add_intervals(conditions, facts, lambda number: body.range_of(number, facts.total))
        body = _body(facts.total, conditions.planes)
    if not len(body.corners):
        return Found(count=0, tables=(), complete=True)
    walk = _shortest_walk(facts.total, conditions, body)
    every = -(-walk.pairs // most_pairs) or 1
    found = walk.only_every(every).look(limit, most_tables)
    return found if every == 1 else replace(found, complete=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Body:
    """Where a table can lie: its corners as cells, shape (corners, 4), and the planes there."""

    corners: Floats
    planes: list[Condition]

    def range_of(self, number: Condition, n: int) -> tuple[int, int]:
        """Return the least and greatest whole value of a linear number of the cells."""
        tp, fp, fn, tn = self.corners.T
        values = number((tp, fp, fn, tn))
        low, high = np.floor(values.min() - _ROOM), np.ceil(values.max() + _ROOM)
        return max(int(low), 0), min(int(high), n)


def _body(n: int, planes: list[Condition]) -> _Body:
    """Return the body within all planes; without corners where they leave no room."""
    planes = [*_NOT_NEGATIVE, *planes]
    normals, offsets = _coefficients(n, planes)
    lengths = np.linalg.norm(normals, axis=1)
    if (offsets[lengths == 0] < 0).any():
        return _Body(corners=np.empty((0, 4)), planes=[])
    planes = [plane for plane, length in zip(planes, lengths, strict=True) if length > 0]
    normals, offsets = normals[lengths > 0], offsets[lengths > 0]
    normals, offsets = normals / lengths[lengths > 0, None], offsets / lengths[lengths > 0]
    points = _meeting_points(normals, offsets)
    room = points @ normals.T + offsets
    inside = (room >= -_ROOM).all(axis=1)
    points, room = points[inside], room[inside]
    touched = (room <= 1.0).any(axis=0)
    return _Body(
        corners=np.column_stack([points, n - points.sum(axis=1)]),
        planes=[plane for plane, used in zip(planes, touched, strict=True) if used],
    )


def _meeting_points(normals: Floats, offsets: Floats) -> Floats:
    """Return where any three planes meet, shape (points, 3), by Cramer's rule."""
    triples = _triples(len(normals))
    first, second, third = (normals[chosen] for chosen in triples)
    a, b, c = (offsets[chosen, None] for chosen in triples)
    bc, ca, ab = np.cross(second, third), np.cross(third, first), np.cross(first, second)
    volume = np.einsum("ij,ij->i", first, bc)
    meet = np.abs(volume) > 1e-12
    points: Floats = -(a * bc + b * ca + c * ab)[meet] / volume[meet, None]
    return points


def _coefficients(n: int, planes: list[Condition]) -> tuple[Floats, Floats]:
    """Return planes as normals @ (tp, fp, fn) + offsets >= 0."""
    # At no participant but TN, and at one of each of the others.
    at = (
        np.array([0, 1, 0, 0]),
        np.array([0, 0, 1, 0]),
        np.array([0, 0, 0, 1]),
        np.array([n, n - 1, n - 1, n - 1]),
    )
    values = np.array([plane(at) for plane in planes], dtype=float)
    return values[:, 1:] - values[:, :1], values[:, 0]


@lru_cache(maxsize=64)
def _triples(number: int) -> NDArray[np.int64]:
    return np.array(list(combinations(range(number), 3))).T


_NOT_NEGATIVE: tuple[Condition, ...] = (
    lambda cells: cells[0],
    lambda cells: cells[1],
    lambda cells: cells[2],
    lambda cells: cells[3],
)


def _shortest_walk(n: int, conditions: Conditions, body: _Body) -> "_Walk":
    """Return the way with the fewest pairs, or the first that has few."""
    bound = bool(conditions.given_disease or conditions.products)
    walks = []
    for way in _WAYS:
        if way.by_disease or not bound:
            walks.append(_walk(way, n, conditions, body))
            if walks[-1].pairs < _FEW_PAIRS:
                break
    return min(walks, key=lambda walk: walk.pairs)


def _walk(way: _Way, n: int, conditions: Conditions, body: _Body) -> "_Walk":
    low, high = body.range_of(way.row, n)
    rows = np.arange(low, high + 1)
    linear = [*body.planes, *(conditions.given_disease if way.by_disease else ())]
    start, by_first, by_free = _along(way, rows, n, linear)
    least, most = _without_free(start, by_first, by_free)
    if range_ := conditions.ranges.get(way.measure):
        from_, to = range_.hull()
        least, most = np.maximum(least, from_[rows]), np.minimum(most, to[rows])
    numbers = np.maximum(most - least + 1, 0)
    return _Walk(way=way, n=n, conditions=conditions, rows=rows, least=least, numbers=numbers)


def _along(
    way: _Way, rows: Ints, n: int, conditions: list[Condition]
) -> tuple[Floats, Floats, Floats]:
    """Return each condition as start + by_first first + by_free x, shapes (conditions, rows)."""
    none, one = np.zeros_like(rows), np.ones_like(rows)
    start, with_first, with_free = (
        np.array([condition(way.cells(rows, first, free, n)) for condition in conditions], float)
        for first, free in ((none, none), (one, none), (none, one))
    )
    return start, with_first - start, with_free - start


def _without_free(start: Floats, by_first: Floats, by_free: Floats) -> tuple[Ints, Ints]:
    """Return the range of the first number for which the free one has a range, in real numbers."""
    low, high = np.full(start.shape[1], -_FAR), np.full(start.shape[1], _FAR)

    def cut(base: Floats, slope: Floats, unit: Floats) -> None:
        """Keep base + slope first >= 0; units are what a participant more would add."""
        steps = np.where(np.abs(slope) <= 1e-9 * unit, 0.0, slope)
        bound = -base / np.where(steps == 0, 1.0, steps)
        np.maximum(low, bound, where=steps > 0, out=low)
        np.minimum(high, bound, where=steps < 0, out=high)
        high[(steps == 0) & (base < -_ROOM * unit)] = -_FAR

    for base, slope, free in zip(start, by_first, by_free, strict=True):
        apart = free == 0
        cut(np.where(apart, base, 0.0), np.where(apart, slope, 0.0), np.abs(slope))
    for i in np.flatnonzero((by_free > 0).any(axis=1)):
        for j in np.flatnonzero((by_free < 0).any(axis=1)):
            up, down = np.maximum(by_free[i], 0.0), np.maximum(-by_free[j], 0.0)
            cut(up * start[j] + down * start[i], up * by_first[j] + down * by_first[i], up * down)
    return np.ceil(low - _ROOM).astype(np.int64), np.floor(high + _ROOM).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """The pairs of row and first number to look at in one way."""

    way: _Way
    n: int
    conditions: Conditions
    rows: Ints
    least: Ints
    numbers: Ints

    @property
    def pairs(self) -> int:
        return int(self.numbers.sum())

    def only_every(self, step: int) -> "_Walk":
        """Return the walk through every so manieth row."""
        return replace(
            self, rows=self.rows[::step], least=self.least[::step], numbers=self.numbers[::step]
        )

    def look(self, limit: int, most_tables: int) -> Found:
        """Look at all pairs, but at most so many single tables."""
        if self.conditions.ranges:
            return self._look_singly(limit, most_tables)
        count = 0
        tables: list[Table] = []
        for pairs in self._blocks():
            row, first, low, high = self._narrow(*pairs)
            count += int((high - low + 1).sum())
            tables += self._first(row, first, low, high, limit - len(tables))
            if count and not limit:
                break
        return Found(count=count, tables=tuple(tables), complete=True)

    def _look_singly(self, limit: int, most: int) -> Found:
        count, left, complete = 0, most, True
        tables: list[Table] = []
        for pairs in self._blocks():
            row, first, low, high = self._narrow(*pairs)
            # Of too many pairs, every so manieth: what fits lies anywhere.
            every = -(-int((high - low + 1).sum()) // max(left, 1)) or 1
            complete = complete and every == 1
            for cells in self._singly(*(each[::every] for each in (row, first, low, high))):
                left -= len(cells[0])
                fit = self._in_ranges(cells)
                count += int(fit.sum())
                tables += _listed(cells, np.flatnonzero(fit)[: limit - len(tables)])
            if count and not limit:
                break
        return Found(count=count, tables=tuple(tables), complete=complete)

    def _blocks(self) -> Iterator[tuple[Ints, Ints]]:
        for which, first in _spread(self.least, self.numbers):
            yield self.rows[which], first

    def _narrow(self, row: Ints, first: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the pairs for which the free cell has values left, with least and greatest."""
        conditions = self.conditions
        low, high = np.zeros_like(row), np.full_like(row, self.n)
        for condition in (
            *_NOT_NEGATIVE,
            *conditions.planes,
            *conditions.given_disease,
            *conditions.products,
        ):
            at_0 = condition(self.way.cells(row, first, np.zeros_like(row), self.n))
            slope = condition(self.way.cells(row, first, np.ones_like(row), self.n)) - at_0
            rising, falling = slope > 0, slope < 0
            steps = np.where(slope == 0, 1, slope)
            low = np.where(rising, np.maximum(low, -(at_0 // steps)), low)
            high = np.where(falling, np.minimum(high, at_0 // -steps), high)
            left = (low <= high) & (rising | falling | (at_0 >= 0))
            row, first, low, high = row[left], first[left], low[left], high[left]
        return row, first, low, high

    def _singly(self, row: Ints, first: Ints, low: Ints, high: Ints) -> Iterator[Cells]:
        for which, free in _spread(low, high - low + 1):
            yield self.way.cells(row[which], first[which], free, self.n)

    def _in_ranges(self, cells: Cells) -> NDArray[np.bool_]:
        """Say which tables have all printed intervals."""
        fit = np.ones(len(cells[0]), dtype=bool)
        for name, range_ in self.conditions.ranges.items():
            part, whole = MEASURES[name](*cells)
            fit &= range_.holds(part, whole)
        return fit

    def _first(self, row: Ints, first: Ints, low: Ints, high: Ints, wanted: int) -> list[Table]:
        """Return the first tables of these pairs."""
        pairs = slice(0, max(wanted, 0))
        numbers = (high - low + 1)[pairs]
        tables: list[Table] = []
        for which, free in _spread(low[pairs], np.minimum(numbers, max(wanted, 0))):
            cells = self.way.cells(row[which], first[which], free, self.n)
            tables += _listed(cells, np.arange(len(free))[: wanted - len(tables)])
        return tables


def _spread(least: Ints, numbers: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield the numbers from each least on, in blocks: of which, and the number."""
    ends = np.cumsum(numbers)
    last = int(ends[-1]) if len(ends) else 0
    for begin in range(0, last, _BLOCK):
        at = np.arange(begin, min(begin + _BLOCK, last))
        which = np.searchsorted(ends, at, side="right")
        yield which, least[which] + at - (ends - numbers)[which]


def _listed(cells: Cells, at: Ints) -> list[Table]:
    tp, fp, fn, tn = (cell[at].tolist() for cell in cells)
    return list(zip(tp, fp, fn, tn, strict=True))
