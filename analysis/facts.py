"""What a report says of one 2x2 table, and the conditions that follow for its cells."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.errors import BadReport
from analysis.printed import (
    COUNTS,
    MEASURES,
    QUADRATIC,
    Ints,
    Printed,
    PrintedInterval,
    Rounding,
    word,
)
from analysis.printed_intervals import Fitting, Method, fitting

Cells = tuple[Ints, Ints, Ints, Ints]
Table = tuple[int, int, int, int]
# Not negative when the table agrees.
Condition = Callable[[Cells], Ints]

# Outwards, to how many parts of 1 the proportions with a printed interval are known.
_PARTS = 1_000_000
_FEW = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The total, and everything else that is reported, by name.

    Attributes
    ----------
    total : int
        Participants.
    counts : mapping of str to int
        Numbers of participants by name: cells and totals.
    figures : mapping of str to Printed
    intervals : mapping of str to PrintedInterval
    method : str
        How confidence intervals were made, or "any".
    rounding : {"nearest", "truncated"}
    """

    total: int
    counts: Mapping[str, int]
    figures: Mapping[str, Printed]
    intervals: Mapping[str, PrintedInterval]
    method: Method = "any"
    rounding: Rounding = "nearest"

    @property
    def names(self) -> tuple[str, ...]:
        """Everything but the total; intervals as "sensitivity_ci"."""
        return (*self.counts, *self.figures, *(f"{name}_ci" for name in self.intervals))

    def only(self, names: Iterable[str]) -> "Facts":
        """Return the facts of these names.

        Parameters
        ----------
        names : iterable of str

        Returns
        -------
        Facts
        """
        kept = set(names)
        return replace(
            self,
            counts={name: value for name, value in self.counts.items() if name in kept},
            figures={name: value for name, value in self.figures.items() if name in kept},
            intervals={
                name: value for name, value in self.intervals.items() if f"{name}_ci" in kept
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the cells of a table must satisfy, by how it can be used.

    Attributes
    ----------
    planes : list of Condition
        Linear in the cells.
    given_disease : list of Condition
        Linear once those with and those without the condition are fixed.
    products : list of Condition
        Linear in each cell alone.
    ranges : dict
        By measure, the numerators that fit its printed interval.
    """

    planes: list[Condition]
    given_disease: list[Condition]
    products: list[Condition]
    ranges: dict[str, Fitting]


def conditions_of(facts: Facts) -> Conditions:
    """Return what the facts demand of the cells.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    Conditions

    Raises
    ------
    BadReport
        A figure has more decimals than whole-number arithmetic has room for.
    """
    found = Conditions(planes=[], given_disease=[], products=[], ranges={})
    for name, value in facts.counts.items():
        found.planes.extend(_is(name, value))
    for name, figure in facts.figures.items():
        kind = found.planes if name not in QUADRATIC else found.given_disease
        (found.products if name == "dor" else kind).extend(_rounds_to(name, figure, facts.total))
    return found


def add_intervals(
    found: Conditions, facts: Facts, wholes: Callable[[Condition], tuple[int, int]]
) -> None:
    """Add to ``found`` what the printed intervals of the facts demand.

    Parameters
    ----------
    found : Conditions
    facts : Facts
    wholes : callable
        Returns the range each denominator has without the intervals.
    """
    for name, interval in facts.intervals.items():
        range_ = wholes(_whole_of(name))
        # Over all denominators it is computed once, for whatever else is known.
        if range_[1] - range_[0] > _FEW:
            range_ = (0, facts.total)
        found.ranges[name] = fitting(interval, facts.total, range_, facts.method)
        found.planes.extend(_near(name, found.ranges[name]))


def _whole_of(name: str) -> Condition:
    return lambda cells: MEASURES[name](*cells)[1]


def _is(name: str, value: int) -> tuple[Condition, Condition]:
    count = COUNTS[name]
    return (lambda cells: count(*cells) - value, lambda cells: value - count(*cells))


def _rounds_to(name: str, figure: Printed, total: int) -> list[Condition]:
    measure = MEASURES[name]
    largest = total * (total if name in QUADRATIC else 2)
    if largest * max(figure.high, figure.scale) > 2**62:
        raise BadReport(f"{word(name)} is given with more decimals than can be used.")
    cut = int(figure.open_top)

    def defined(cells: Cells) -> Ints:
        return measure(*cells)[1] - 1

    def above(cells: Cells) -> Ints:
        part, whole = measure(*cells)
        return figure.scale * part - figure.low * whole

    def below(cells: Cells) -> Ints:
        part, whole = measure(*cells)
        return figure.high * whole - figure.scale * part - cut

    return [defined, above, below]


def _near(name: str, range_: Fitting) -> list[Condition]:
    """Return bounds of a proportion and its denominator that its interval implies."""
    measure = MEASURES[name]
    low, high = range_.hull()
    wholes = np.flatnonzero(low <= high)
    if not len(wholes):
        return [lambda cells: np.asarray(-1) - 0 * cells[0]]
    least, most = int(wholes[0]), int(wholes[-1])
    bottom = int(np.floor((low[wholes] / wholes).min() * _PARTS))
    top = int(np.ceil((high[wholes] / wholes).max() * _PARTS))

    def above(cells: Cells) -> Ints:
        part, whole = measure(*cells)
        return _PARTS * part - bottom * whole

    def below(cells: Cells) -> Ints:
        part, whole = measure(*cells)
        return top * whole - _PARTS * part

    return [
        lambda cells: measure(*cells)[1] - least,
        lambda cells: most - measure(*cells)[1],
        above,
        below,
    ]
