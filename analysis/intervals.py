"""Intervals of single proportions."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.data import Floats


def clopper_pearson(events: ArrayLike, totals: ArrayLike, level: float = 0.95) -> Floats:
    """Return exact intervals of binomial proportions [1]_.

    Parameters
    ----------
    events, totals : array_like of int, shape (k,)
    level : float
        Two-sided confidence level.

    Returns
    -------
    ndarray, shape (k, 2)
        Lower and upper bound; 0 to 1 where the total is 0.

    References
    ----------
    .. [1] Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the
       case of the binomial. Biometrika 1934;26:404-413.
    """
    y, n = _counts(events, totals)
    tail = (1 - level) / 2
    low = np.where(y > 0, stats.beta.ppf(tail, np.maximum(y, 1), n - y + 1), 0.0)
    high = np.where(y < n, stats.beta.ppf(1 - tail, y + 1, np.maximum(n - y, 1)), 1.0)
    return np.column_stack([low, high])


def wilson(events: ArrayLike, totals: ArrayLike, level: float = 0.95) -> Floats:
    """Return Wilson's score intervals of binomial proportions [1]_, without continuity correction.

    Parameters
    ----------
    events, totals : array_like of int, shape (k,)
    level : float
        Two-sided confidence level.

    Returns
    -------
    ndarray, shape (k, 2)
        Lower and upper bound; 0 to 1 where the total is 0.

    References
    ----------
    .. [1] Wilson EB. Probable inference, the law of succession, and statistical inference.
       J Am Stat Assoc 1927;22:209-212.
    """
    y, n = _counts(events, totals)
    z2 = stats.norm.ppf((1 + level) / 2) ** 2
    middle = (y + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (y * (n - y) / np.maximum(n, 1) + z2 / 4)) / (n + z2)
    low = np.where(y > 0, middle - half, 0.0)
    high = np.where(y < n, middle + half, 1.0)
    return np.column_stack([low, high])


def exact_bound(events: int, total: int, level: float = 0.95) -> float:
    """Return the one-sided exact bound of a proportion observed as 0 or as 1.

    The lower bound when all ``total`` participants are events, the upper when none is.

    Parameters
    ----------
    events, total : int
    level : float
        One-sided confidence level.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        ``events`` is neither 0 nor ``total``, or ``total`` is 0.
    """
    if total < 1 or events not in (0, total):
        raise ValueError("a one-sided bound needs none or all of at least one participant")
    # expm1 keeps the digits of a small bound.
    exponent = np.log1p(-level) / total
    return float(np.exp(exponent)) if events else float(-np.expm1(exponent))


def _counts(events: ArrayLike, totals: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(events, dtype=float), np.asarray(totals, dtype=float)
