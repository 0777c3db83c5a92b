"""Where the integrand over one normal effect peaks, how far it matters, and where its edge is.

The integrand of a binomial arm is p^y (1 - p)^(n - y) phi(u), where logit p = middle + loading u.
Its logarithm is strictly concave, which makes every search here a short one.
"""

from collections.abc import Callable

import numpy as np

from analysis.data import Floats
from analysis.logistic import log_odds_sum, probability

_PEAK_STEPS = 40
# Newton decrement: nodes are placed round the peak, but need not be placed exactly.
_AT_PEAK = 1e-4
# A loading below this moves no logit.
_NO_LOADING = 1e-9
# An integrand is followed until it is down to exp(-28) of its height, 7e-13; with fewer than 56
# steps it is left earlier, where the steps themselves err more.
_FALL = 28.0
_FALL_BY_STEP = 0.5
_REACH_STEPS = 12
# A range too wide costs little where the steps are graded.
_ROUGH_STEPS = 5
_CLOSE = 1.1
_TINY = 1e-12


def fall(nodes: int) -> float:
    """Return how far the logarithm of an integrand is followed down with so many steps.

    Parameters
    ----------
    nodes : int
        Steps of the rule.

    Returns
    -------
    float
    """
    return min(_FALL, _FALL_BY_STEP * nodes)


def log_chance(logit: Floats, events: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Return the logarithm of p^y (1 - p)^(n - y), and its slope.

    Parameters
    ----------
    logit, events, totals : ndarray, of one shape

    Returns
    -------
    tuple of ndarray
    """
    value: Floats = events * logit - totals * log_odds_sum(logit)
    return value, events - totals * probability(logit)


def find_peaks(middle: Floats, loading: Floats, events: Floats, totals: Floats) -> Floats:
    """Return the most probable effects, of the common shape of the arguments.

    Newton's method, kept between bounds that follow from the counts: at the edge of the
    likelihood half a participant is missing at most, so the slope is below half the loading.

    Parameters
    ----------
    middle, loading, events, totals : ndarray, of one shape
        Of the arms: the logit is middle + loading u, u standard normal.

    Returns
    -------
    ndarray
    """
    place, _ = _edge_logit(events, totals)
    steep = np.abs(loading)
    aim = (place - middle) / _safe(loading)
    ends = loading * (events - totals), loading * events
    low = np.maximum(np.minimum(aim, 0) - steep / 2, np.minimum(*ends))
    high = np.minimum(np.maximum(aim, 0) + steep / 2, np.maximum(*ends))
    u = np.clip(_first_guess(middle, loading, events, totals), low, high)
    for _ in range(_PEAK_STEPS):
        p = probability(middle + loading * u)
        expected = totals * p
        slope = loading * (events - expected) - u
        step = slope / (1 + loading**2 * expected * (1 - p))
        if (slope * step).max() < _AT_PEAK:
            break
        up = slope > 0
        low, high = np.where(up, u, low), np.where(up, high, u)
        u = u + step
        u = np.where((u < low) | (u > high), (low + high) / 2, u)
    return u


def _first_guess(middle: Floats, loading: Floats, events: Floats, totals: Floats) -> Floats:
    """Return the peak were the events Poisson distributed, or the logits normal.

    With Poisson events l (l y - u) is Lambert's W function of l^2 n exp(m + l^2 y).
    """
    turn = np.where(2 * events > totals, -1.0, 1.0)
    rare, own = np.minimum(events, totals - events), turn * _safe(loading)
    square = own**2
    logarithm = np.log(square * np.maximum(totals, 1.0)) + turn * middle + square * rare
    poisson = own * rare - _lambert_w(logarithm) / own
    place, width = _edge_logit(events, totals)
    normal = loading * (place - middle) / (width**2 + loading**2)
    return np.where(turn * middle + own * poisson < 0, poisson, normal)


def _lambert_w(logarithm: Floats) -> Floats:
    """Return w with w exp(w) = exp(logarithm), to about four digits."""
    first = log_odds_sum(logarithm)
    w = np.maximum(first * (1 - np.log1p(first) / (2 + first)), np.exp(-700.0))
    refined: Floats = w * (1 + logarithm - np.log(w)) / (1 + w)
    return refined


def edge_of(
    middle: Floats, loading: Floats, events: Floats, totals: Floats
) -> tuple[Floats, Floats]:
    """Return where the likelihood has its edge or top, and how wide that is, in units of u.

    Parameters
    ----------
    middle, loading, events, totals : ndarray, of one shape
        Of the arms: the logit is middle + loading u, u standard normal.

    Returns
    -------
    tuple of ndarray
    """
    place, width = _edge_logit(events, totals)
    return (place - middle) / _safe(loading), width / np.abs(_safe(loading))


def near(low: Floats, high: Floats, centre: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Return an edge brought near a range, where it lies far away, and made no wider than it.

    Parameters
    ----------
    low, high : ndarray
        The range.
    centre, width : ndarray
        The edge.

    Returns
    -------
    tuple of ndarray
        Its new centre and width.
    """
    whole = high - low
    return np.clip(centre, low - whole, high + whole), np.minimum(width, whole)


def _edge_logit(events: Floats, totals: Floats) -> tuple[Floats, Floats]:
    y, rest = events + 0.5, totals - events + 0.5
    return np.log(y / rest), np.where(totals > 0, np.sqrt(1 / y + 1 / rest), np.inf)


def _safe(loading: Floats) -> Floats:
    """Return the loading, or a tiny one in its place, to divide by."""
    return np.where(np.abs(loading) < _NO_LOADING, _NO_LOADING, loading)


def range_of_effect(
    peak: Floats, middle: Floats, loading: Floats, events: Floats, totals: Floats, *, fall: float
) -> tuple[Floats, Floats]:
    """Return the effects between which the integrand of an arm matters, or a little more.

    Parameters
    ----------
    peak : ndarray
        The most probable effects.
    middle, loading, events, totals : ndarray, of one shape
        Of the arms: the logit is middle + loading u, u standard normal.
    fall : float
        How far the logarithm of the integrand is followed down.

    Returns
    -------
    tuple of ndarray
        Lower and upper end.
    """

    def height(u: Floats) -> tuple[Floats, Floats]:
        value, slope = log_chance(middle + loading * u, events, totals)
        return value - u**2 / 2, loading * slope - u

    return range_that_matters(height, peak, *height(peak), fall=fall, steps=_ROUGH_STEPS)


def range_that_matters(
    height: Callable[[Floats], tuple[Floats, Floats]],
    peak: Floats,
    top: Floats,
    slope: Floats,
    *,
    fall: float,
    steps: int = _REACH_STEPS,
) -> tuple[Floats, Floats]:
    """Return between which effects the logarithm of an integrand is within ``fall`` of a height.

    Parameters
    ----------
    height : callable
        Takes effects, shape (2, r), and returns the logarithm there, and its slope. It bends at
        least as much as that of a normal density.
    peak, top, slope : ndarray, shape (r,)
        An effect near the peak, and the logarithm and its slope there.
    fall : float
    steps : int
        After so many the range may still be too wide, never too narrow.

    Returns
    -------
    tuple of ndarray
        Lower and upper end.
    """
    side = np.array([[-1.0], [1.0]])
    outer = far = side * slope + np.sqrt(slope**2 + 2 * fall)
    inner = np.zeros_like(outer)
    for _ in range(steps):
        value, slope = height(peak + side * far)
        fallen, steep = np.maximum(top - value, _TINY), np.maximum(-side * slope, _TINY)
        # The fall is convex: its tangent and its chord enclose where it reaches what is sought.
        outer = np.minimum(outer, far + (fall - fallen) / steep)
        inner = np.maximum(inner, far * np.minimum(fall / fallen, 1.0))
        if (outer < _CLOSE * inner).all():
            break
        # Its root is nearly straight.
        root = np.sqrt(fallen)
        far = far + 2 * root * (np.sqrt(fall) - root) / steep
        far = np.where((far > inner) & (far < outer), far, np.sqrt(inner * outer))
    return peak - outer[0], peak + outer[1]
