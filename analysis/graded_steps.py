"""The integral over both random effects by graded steps, for studies that lie very far apart.

With between-study standard deviations of several logits a study's integrand is a cliff, or a ridge,
with a normal tail behind it, which Gauss-Hermite nodes resolve slowly. `analysis.one_effect`
integrates over the second effect given the first. What is left of the first effect has up to two
edges: that of its own arm, and that of the second arm, which the first effect moves too. The
steps over it are equal in the sum of two inverse hyperbolic sines, and so fine at both.
"""

import numpy as np

from analysis.data import Floats
from analysis.identities import N_PARAMETERS, derivatives, describe_arm
from analysis.modes import Modes, find_modes
from analysis.one_effect import ROOT_TWO_PI, line_sums
from analysis.peaks import edge_of, fall, find_peaks, log_chance, near, range_that_matters

Edges = list[tuple[Floats, Floats]]

# Of the table by which the sum of two inverse hyperbolic sines is inverted.
_TABLE = 24
_POLISHING = 3
_NO_LOADING = 1e-9


def integrate_by_graded_steps(
    theta: Floats, events: Floats, totals: Floats, nodes: int, *, value_only: bool = False
) -> tuple[Floats, Floats, Floats]:
    """Return log-likelihood (r,), gradient (r, 5) and Hessian (r, 5, 5) of each of r studies.

    Parameters
    ----------
    theta : ndarray, shape (5, r)
    events, totals : ndarray, shape (2, r)
    nodes : int
        Steps per dimension.
    value_only : bool
        Whether gradient and Hessian are left empty.

    Returns
    -------
    tuple of ndarray
        Shapes (r,), (r, 5) and (r, 5, 5).
    """
    _, mu2, l11, l21, l22 = theta
    mode = find_modes(theta, events, totals)
    u1, weight = _first_steps(theta, events, totals, mode, nodes)
    away1 = u1 - mode.u1[:, None]
    arm1 = describe_arm(l11[:, None] * away1, mode.eta1[:, None], events[0], totals[0])

    middle = mu2[:, None] + l21[:, None] * u1
    loading, y, n = (np.repeat(column, nodes) for column in (l22, events[1], totals[1]))
    second = line_sums(middle.ravel(), loading, y, n, nodes, value_only=value_only)
    mass, peak = second.mass.reshape(u1.shape), second.peak.reshape(u1.shape)
    away2 = peak - mode.u2[:, None]
    moved = l21[:, None] * away1 + l22[:, None] * away2
    change = describe_arm(moved, mode.eta2[:, None], events[1], totals[1]).change
    change += arm1.change
    change -= away1 * (mode.u1[:, None] + away1 / 2) + away2 * (mode.u2[:, None] + away2 / 2)
    # Nothing is much higher than the mode: this acts only where rounding hid it.
    outer = weight * np.exp(np.minimum(change, 1.0))
    total = (outer * mass).sum(axis=1)
    value = mode.value + np.log(total)
    if value_only:
        return value, np.empty((0, N_PARAMETERS)), np.empty((0, N_PARAMETERS, N_PARAMETERS))
    outer /= total[:, None]
    s, d = (tuple(outer * sums.reshape(u1.shape) for sums in side) for side in (second.s, second.d))
    s1, d1 = arm1.derivatives()
    return value, *derivatives(outer * mass, (s1 * arm1.sign, d1), u1, s, d)


def _first_steps(
    theta: Floats, events: Floats, totals: Floats, mode: Modes, nodes: int
) -> tuple[Floats, Floats]:
    """Return the nodes of the first effect, shape (r, nodes), and their weights."""
    mu1, mu2, l11, l21, l22 = theta

    def height(u1: Floats) -> tuple[Floats, Floats]:
        middle = mu2 + l21 * u1
        u2 = find_peaks(middle, l22, events[1], totals[1])
        first, slope1 = log_chance(mu1 + l11 * u1, events[0], totals[0])
        second, slope2 = log_chance(middle + l22 * u2, events[1], totals[1])
        # What a second effect nearer its peak would add, at most.
        missing = (l22 * slope2 - u2) ** 2 / 2
        value = first + second - (u1**2 + u2**2) / 2 + missing
        return value, l11 * slope1 + l21 * slope2 - u1

    slope = height(mode.u1)[1]
    low, high = range_that_matters(height, mode.u1, mode.value, slope, fall=fall(nodes))
    centre, width = edge_of(mu2, l21, events[1], totals[1])
    # Seen through the second effect the second arm's edge is blurred.
    blurred = np.hypot(width, l22 / np.maximum(np.abs(l21), _NO_LOADING))
    edges = (edge_of(mu1, l11, events[0], totals[0]), (centre, blurred))
    return _twice_graded(low, high, [near(low, high, *edge) for edge in edges], nodes)


def _twice_graded(low: Floats, high: Floats, edges: Edges, nodes: int) -> tuple[Floats, Floats]:
    """Return steps from low to high that are fine at both edges, and their weights."""
    (c1, w1), (c2, w2) = columns = [(centre[:, None], width[:, None]) for centre, width in edges]

    def place(u: Floats) -> Floats:
        sums: Floats = np.arcsinh((u - c1) / w1) + np.arcsinh((u - c2) / w2)
        return sums

    def density(u: Floats) -> Floats:
        sums: Floats = 1 / np.sqrt(w1**2 + (u - c1) ** 2) + 1 / np.sqrt(w2**2 + (u - c2) ** 2)
        return sums

    table = _table(low, high, columns)
    known = place(table)
    step = (known[:, -1:] - known[:, :1]) / (nodes - 1)
    wanted = known[:, :1] + step * np.arange(nodes)
    # One interpolation for all studies: each has a stretch of its own.
    stretch = (np.ptp(known, axis=1).max() + 1) * np.arange(len(low))[:, None] - known[:, :1]
    u = np.interp(wanted + stretch, (known + stretch).ravel(), table.ravel())
    for _ in range(_POLISHING):
        u += (wanted - place(u)) / density(u)
    return u, step / (density(u) * ROOT_TWO_PI)


def _table(low: Floats, high: Floats, columns: Edges) -> Floats:
    """Return effects from low to high, close together at both edges."""
    fine, known = np.linspace(0, 1, _TABLE), []
    for centre, width in columns:
        start, stop = (np.arcsinh((end[:, None] - centre) / width) for end in (low, high))
        known.append(centre + width * np.sinh(start + (stop - start) * fine))
    return np.sort(np.concatenate(known, axis=1), axis=1)
