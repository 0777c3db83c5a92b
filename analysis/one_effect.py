"""The integral of one binomial arm over one normal effect, for many arms at once.

The likelihood of an arm in which everybody was found, or nobody, is a cliff; in the middle of a
wide normal density it needs small steps at its edge and large ones elsewhere. Steps of a
hyperbolic sine are both: equal in t, where u = centre + width sinh(t). In t the integrand is smooth
on a strip that does not depend on how wide the density is, so that sums over equal steps converge
exponentially [1]_, as fast for a standard deviation of 30 logits as of 1.

References
----------
.. [1] Trefethen LN, Weideman JAC. The exponentially convergent trapezoidal rule. SIAM Rev
   2014;56:385-458.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from analysis.data import Counts, Floats
from analysis.identities import Arm, describe_arm
from analysis.logistic import probability
from analysis.peaks import edge_of, fall, find_peaks, near, range_of_effect

# With these numbers of nodes they are Gauss's and Hermite's round the peak; with others, graded
# steps.
HERMITE_RULES = (11, 21, 31)
ROOT_TWO_PI = float(np.sqrt(2 * np.pi))
# Grids of about this many points stay in the processor's cache.
_BLOCK = 30_000


class Line(NamedTuple):
    """The integrand over one effect at ``n`` nodes, of each of ``r`` arms.

    Attributes
    ----------
    u : ndarray, shape (r, n)
        The nodes.
    mass : ndarray, shape (r, n)
        Weight times integrand, relative to the integrand at the peak.
    peak : ndarray, shape (r,)
        The most probable effect, nearly.
    arm : Arm
        At the nodes.
    """

    u: Floats
    mass: Floats
    peak: Floats
    arm: Arm


class LineSums(NamedTuple):
    """Integrals over one effect, each relative to the integrand at the peak, of shape (r,).

    ``mass`` is that of the integrand itself, ``s`` are those of the residual y - n p times 1 and u,
    ``d`` those of its square minus the binomial variance, times 1, u and u squared.
    """

    mass: Floats
    peak: Floats
    s: tuple[Floats, ...]
    d: tuple[Floats, ...]


@lru_cache(maxsize=16)
def hermite_rule(nodes: int) -> tuple[Floats, Floats]:
    """Return Gauss-Hermite nodes, and the weights for the whole integrand phi(x) f(x)."""
    x, weight = hermegauss(nodes)
    return x, weight * np.exp(x**2 / 2) / ROOT_TWO_PI


def integrand(middle: Floats, loading: Floats, events: Floats, totals: Floats, nodes: int) -> Line:
    """Describe p^y (1 - p)^(n - y) phi(u), where the logit of p is middle + loading u.

    Parameters
    ----------
    middle, loading, events, totals : ndarray, shape (r,)
    nodes : int
        Gauss-Hermite nodes where it is one of `HERMITE_RULES`, else graded steps.

    Returns
    -------
    Line
    """
    arms = np.array([middle, loading, events, totals])
    return _at_nodes(arms, _placed(arms, nodes), nodes)


def line_sums(
    middle: Floats,
    loading: Floats,
    events: Floats,
    totals: Floats,
    nodes: int,
    *,
    value_only: bool = False,
) -> LineSums:
    """Integrate many arms, in blocks that stay in the processor's cache; see `integrand`.

    With ``value_only`` the sums ``s`` and ``d`` are left out.

    Parameters
    ----------
    middle, loading, events, totals : ndarray, of one shape
        Of the arms: the logit is middle + loading u, u standard normal.
    nodes : int
        Of the rule.
    value_only : bool
        Leave out what only derivatives need.

    Returns
    -------
    LineSums
    """
    arms = np.array([middle, loading, events, totals])
    placed = _placed(arms, nodes)
    size = max(1, _BLOCK // nodes)
    parts = []
    for i in range(0, len(middle), size):
        block = slice(i, i + size)
        parts.append(_sums(_at_nodes(arms[:, block], placed[:, block], nodes), value_only))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return LineSums(columns[0], placed[0], tuple(columns[1:3]), tuple(columns[3:]))


def _placed(arms: Floats, nodes: int) -> Floats:
    """Return the peaks, and what else says where the nodes are, in rows."""
    middle, loading, _, totals = arms
    peak = find_peaks(*arms)
    if nodes in HERMITE_RULES:
        p = probability(middle + loading * peak)
        return np.stack([peak, 1 / np.sqrt(1 + loading**2 * totals * p * (1 - p))])
    low, high = range_of_effect(peak, *arms, fall=fall(nodes))
    centre, width = near(low, high, *edge_of(*arms))
    start, stop = np.arcsinh((low - centre) / width), np.arcsinh((high - centre) / width)
    return np.stack([peak, centre, width, start, (stop - start) / (nodes - 1)])


def _at_nodes(arms: Floats, placed: Floats, nodes: int) -> Line:
    middle, loading, events, totals = arms
    peak = placed[0][:, None]
    if nodes in HERMITE_RULES:
        x, plain = hermite_rule(nodes)
        away, weight = (placed[1][:, None] * column for column in (x, plain))
    else:
        away, weight = _graded(placed[1:, :, None], np.arange(nodes))
        away -= peak
    eta = middle + loading * placed[0]
    arm = describe_arm(loading[:, None] * away, eta[:, None], events, totals)
    change = arm.change
    change -= away * (peak + away / 2)
    # Nothing is much higher than the peak: this acts only where rounding hid it.
    mass = np.exp(np.minimum(change, 1.0, out=change), out=change)
    mass *= weight
    away += peak
    return Line(away, mass, placed[0], arm)


def _graded(placed: Floats, number: Counts) -> tuple[Floats, Floats]:
    """Return the steps of these numbers, fine round the centre, and their weights."""
    centre, width, start, step = placed
    growth = np.exp(start + step * number)
    shrink = 1 / growth
    weight = growth + shrink
    weight *= step * width / (2 * ROOT_TWO_PI)
    growth -= shrink
    growth *= width / 2
    growth += centre
    return growth, weight


def _sums(line: Line, value_only: bool) -> tuple[Floats, ...]:
    mass = line.mass @ np.ones(line.mass.shape[1])
    if value_only:
        return (mass,)
    s, d = line.arm.derivatives()
    sign = line.arm.sign[:, 0]
    moment = line.mass * line.u
    first = (_dot(s, line.mass) * sign, _dot(s, moment) * sign)
    second = (_dot(d, line.mass), _dot(d, moment))
    moment *= line.u
    return mass, *first, *second, _dot(d, moment)


def _dot(x: Floats, y: Floats) -> Floats:
    """Return the sums of x y over the nodes."""
    sums: Floats = np.einsum("ij,ij->i", x, y)
    return sums
