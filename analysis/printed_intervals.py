"""Which proportions x / m have a confidence interval as a report prints it.

For a given m the bounds of each method rise with x, so that those x are neighbours: from the least
whose lower and upper bounds are both high enough to the greatest for which both are low enough.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from analysis.data import Floats
from analysis.printed import Ints, Printed, PrintedInterval

Method = Literal["any", "wald", "wilson", "exact"]
METHODS: tuple[Method, ...] = ("any", "wald", "wilson", "exact")
_ALPHA = 0.05
# The 97.5 % point of the normal distribution, as programs take it.
_POINTS = (1.959963984540054, 1.96)
# A bound exactly half a unit away may be computed on either side of it.
_SLACK = 1e-9
# The x of exact bounds are never as far from those of Wilson's.
_FROM_WILSON = 3.0

# (m, a) -> the x, as a real number, whose lower bound is a.
Threshold = Callable[[Floats, float], Floats]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fitting:
    """The numerators that fit, for every denominator from 0 to n.

    Attributes
    ----------
    low, high : ndarray of int64, shape (methods, n + 1)
        Least and greatest numerator; low above high where none fits.
    """

    low: Ints
    high: Ints

    def holds(self, part: Ints, whole: Ints) -> NDArray[np.bool_]:
        """Say of each part and whole whether its interval is the printed one."""
        held = (self.low[:, whole] <= part) & (part <= self.high[:, whole])
        return np.asarray(held.any(axis=0))

    def hull(self) -> tuple[Ints, Ints]:
        """Return least and greatest numerator over all methods, by denominator."""
        empty = self.low > self.high
        low = np.where(empty, self.low.shape[1], self.low).min(axis=0)
        high = np.where(empty, -1, self.high).max(axis=0)
        return low, high


@lru_cache(maxsize=64)
def fitting(interval: PrintedInterval, n: int, wholes: tuple[int, int], method: Method) -> Fitting:
    """Return the proportions with at most ``n`` in the denominator whose interval is this.

    Parameters
    ----------
    interval : PrintedInterval
        Of 95 %, two-sided.
    n : int
    wholes : (int, int)
        Least and greatest denominator to look at.
    method : {"any", "wald", "wilson", "exact"}
        "any": each of the three. Wald bounds below 0 or above 1 count as printed as 0 and 1.

    Returns
    -------
    Fitting
    """
    shares = _Shares.of(interval)
    m = np.arange(max(wholes[0], 1), wholes[1] + 1, dtype=float)
    sides = []
    if method in ("any", "wald"):
        sides.append(_widest(m, shares, _wald))
    if method in ("any", "wilson"):
        sides.append(_widest(m, shares, _wilson))
    if method in ("any", "exact"):
        sides.append(_exact_range(m, shares))
    low = np.ones((len(sides), n + 1), dtype=np.int64)
    high = np.zeros_like(low)
    at = m.astype(np.int64)
    low[:, at] = [np.maximum(np.ceil(least), 0) for least, _ in sides]
    high[:, at] = [np.minimum(np.floor(most), m) for _, most in sides]
    return Fitting(low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shares:
    """Between which proportions the lower and the upper bound lie."""

    lower: tuple[float, float]
    upper: tuple[float, float]

    @classmethod
    def of(cls, interval: PrintedInterval) -> "_Shares":
        return cls(lower=_ends(interval.low), upper=_ends(interval.high))

    def numerators(self, m: Floats, threshold: Threshold) -> tuple[Floats, Floats]:
        """Return the least and the greatest x that fit, as real numbers.

        The upper bound of x is 1 less the lower bound of m - x.
        """

        def lower(share: float, nowhere: Floats) -> Floats:
            return threshold(m, share) if 0 < share < 1 else nowhere

        least = np.maximum(lower(self.lower[0], 0 * m), m - lower(1 - self.upper[0], m))
        most = np.minimum(lower(self.lower[1], m), m - lower(1 - self.upper[1], 0 * m))
        return least, most


def _ends(bound: Printed) -> tuple[float, float]:
    top = bound.high / bound.scale
    return bound.low / bound.scale - _SLACK, top - _SLACK if bound.open_top else top + _SLACK


def _widest(
    m: Floats, shares: _Shares, threshold: Callable[[Floats, float, float], Floats]
) -> tuple[Floats, Floats]:
    """Return the numerators that fit with one normal point or the other."""
    found = [
        shares.numerators(m, lambda totals, share, z=z: threshold(totals, share, z))  # type: ignore[misc]
        for z in _POINTS
    ]
    return np.minimum(found[0][0], found[1][0]), np.maximum(found[0][1], found[1][1])


def _wilson(m: Floats, share: float, z: float) -> Floats:
    """Invert p - z sqrt(a (1 - a) / m) = a: Wilson's bounds solve the score test for a."""
    return m * share + z * np.sqrt(m * share * (1 - share))


def _wald(m: Floats, share: float, z: float) -> Floats:
    """Invert p - z sqrt(p (1 - p) / m) = a for p: Wilson's upper bound of a."""
    z2 = z * z
    root = z * np.sqrt(m * share * (1 - share) + z2 / 4)
    return m * (m * share + z2 / 2 + root) / (m + z2)


def _exact(m: Floats, share: float) -> Floats:
    """Return half less than the first x whose Clopper-Pearson lower bound is at least a.

    That is the first with P(X >= x) <= 2.5 % at a; a lower bound equals a nowhere else.
    """

    def tail(x: Floats, totals: Floats) -> Floats:
        inside = (x > 0) & (x <= totals)
        found = betainc(np.where(inside, x, 1), np.where(inside, totals - x + 1, 1), share)
        return np.where(inside, found, np.where(x > totals, 0.0, 1.0))

    # Wilson's, corrected for whole numbers and for skewness, is mostly right.
    skew = (_POINTS[0] ** 2 - 1) / 6 * (1 - 2 * share)
    x = np.clip(np.ceil(_wilson(m, share, _POINTS[0]) + 0.5 + skew), 0, m + 1)
    _walk(x, 1, lambda at: tail(x[at], m[at]) > _ALPHA / 2)
    _walk(x, -1, lambda at: tail(x[at] - 1, m[at]) <= _ALPHA / 2)
    return x - 0.5


def _walk(x: Floats, step: int, onward: Callable[[Ints], NDArray[np.bool_]]) -> None:
    """Move each x by the step while it is to go onward."""
    at = np.arange(len(x))
    while len(at := at[onward(at)]):
        x[at] += step


def _exact_range(m: Floats, shares: _Shares) -> tuple[Floats, Floats]:
    """Look only where Wilson's interval nearly fits."""
    least, most = shares.numerators(m, lambda totals, share: _wilson(totals, share, _POINTS[0]))
    near = least - _FROM_WILSON <= most + _FROM_WILSON
    least, most = np.ones_like(m), np.zeros_like(m)
    least[near], most[near] = shares.numerators(m[near], _exact)
    return least, most
