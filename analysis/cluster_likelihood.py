"""The bivariate binomial likelihood with covariates, and random effects shared within clusters.

Rows are 2x2 tables. The rows of a cluster share one pair of random effects b = L u, where L may
differ between groups of clusters; each row has linear predictors of its own for sensitivity and
specificity. The integral over u and the derivatives are computed as in `analysis.quadrature`:
adaptive Gauss-Hermite nodes round each cluster's mode, Fisher's and Louis' identities.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit, gammaln

from analysis.data import Counts, Floats

LOADINGS = 3
_MODE_STEPS = 60
_MODE_TOLERANCE = 1e-9
# Grids of about this many points at once.
_BLOCK = 120_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Clusters:
    """``r`` tables in ``c`` clusters, sorted by cluster.

    Attributes
    ----------
    events, totals : ndarray of float, shape (r, 2)
        Correctly classified and all participants: of the diseased, of the healthy.
    design : ndarray, shape (2, r, p)
        Linear predictors of logit sensitivity and logit specificity over the ``p`` coefficients.
    first : ndarray of int, shape (c,)
        Where each cluster begins.
    group : ndarray of int, shape (c,)
        Which factor L each cluster has.
    """

    events: Floats
    totals: Floats
    design: Floats
    first: Counts
    group: Counts

    def __len__(self) -> int:
        return len(self.first)

    @property
    def coefficients(self) -> int:
        """Number of coefficients, p."""
        return int(self.design.shape[2])

    @property
    def member(self) -> Counts:
        """The cluster of each row, shape (r,)."""
        sizes = np.diff(np.append(self.first, len(self.events)))
        return np.repeat(np.arange(len(self)), sizes)

    def blocks(self, nodes: int) -> "list[Clusters]":
        """Return the clusters in blocks whose grids fit into memory.

        Parameters
        ----------
        nodes : int
            Quadrature nodes per dimension.

        Returns
        -------
        list of Clusters
        """
        size = max(1, _BLOCK // nodes**2)
        ends = np.append(self.first, len(self.events))
        return [self._between(i, min(i + size, len(self)), ends) for i in range(0, len(self), size)]

    def _between(self, low: int, high: int, ends: Counts) -> "Clusters":
        rows = slice(int(ends[low]), int(ends[high]))
        return Clusters(
            events=self.events[rows],
            totals=self.totals[rows],
            design=self.design[:, rows],
            first=self.first[low:high] - ends[low],
            group=self.group[low:high],
        )

    @classmethod
    def build(
        cls, *, events: Floats, totals: Floats, design: Floats, cluster: Counts, group: Counts
    ) -> "Clusters":
        """Sort rows by ``cluster`` and ``group``, both of shape (r,).

        Parameters
        ----------
        events, totals : ndarray, shape (r, 2)
            Correctly classified and all participants of each row: of the diseased, of the healthy.
        design : ndarray, shape (2, r, c)
            How each row's two mean logits follow from the c coefficients.
        cluster, group : ndarray of int, shape (r,)
            Whose random effects the row has, and whose covariance.

        Returns
        -------
        Clusters
        """
        order = np.lexsort((cluster, group))
        ids = np.column_stack([group, cluster])[order]
        starts = np.append(True, (ids[1:] != ids[:-1]).any(axis=1))
        first = np.flatnonzero(starts)
        return cls(
            events=events[order],
            totals=totals[order],
            design=design[:, order],
            first=first,
            group=group[order][first],
        )


def evaluate_clusters(
    parameters: Floats, rows: Clusters, nodes: int
) -> tuple[float, Floats, Floats]:
    """Return log-likelihood, gradient (q,) and Hessian (q, q) at one parameter vector.

    Parameters
    ----------
    parameters : ndarray, shape (q,)
        Coefficients of logits, then the lower triangle of each factor L by rows.
    rows : Clusters
    nodes : int
        Quadrature nodes per dimension.

    Returns
    -------
    float, ndarray, ndarray
    """
    y, n = rows.events, rows.totals
    value = float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum())
    gradient = np.zeros(len(parameters))
    hessian = np.zeros((len(parameters), len(parameters)))
    for block in rows.blocks(nodes):
        part = _integrate(parameters, block, nodes)
        value += part[0]
        gradient += part[1]
        hessian += part[2]
    return value, gradient, hessian


def _integrate(parameters: Floats, rows: Clusters, nodes: int) -> tuple[float, Floats, Floats]:
    p = rows.coefficients
    mean = rows.design @ parameters[:p]
    loadings = parameters[p:].reshape(-1, LOADINGS)[rows.group].T
    member = rows.member
    y, n = rows.events.T, rows.totals.T
    mode, height, (c11, c21, c22) = _modes(mean, loadings, rows)
    x, plain = _rule(nodes)
    u1 = mode[0][:, None, None] + c11[:, None, None] * x[:, None]
    u2 = mode[1][:, None, None] + c21[:, None, None] * x[:, None] + c22[:, None, None] * x
    u = np.stack(np.broadcast_arrays(u1, u2))
    eta = mean[:, :, None, None] + _effects(loadings[:, :, None, None], u)[:, member]
    at_mode = (mean + _effects(loadings, mode)[:, member])[:, :, None, None]
    y, n = y[:, :, None, None], n[:, :, None, None]
    # Relative to the mode, so that large counts lose no digits.
    change = y * (eta - at_mode) - n * (np.logaddexp(0, eta) - np.logaddexp(0, at_mode))
    total = np.add.reduceat(change.sum(axis=0), rows.first, axis=0)
    total -= ((u**2).sum(axis=0) - (mode**2).sum(axis=0)[:, None, None]) / 2
    posterior = np.exp(np.minimum(total, 0.0)) * np.multiply.outer(plain, plain)
    mass = posterior.sum(axis=(1, 2))
    posterior /= mass[:, None, None]
    value = float((height + np.log(c11 * c22 * mass)).sum())
    rate = expit(eta)
    weight = n * rate * (1 - rate)
    return value, *_derivatives(rows, len(parameters), u, posterior, y - n * rate, weight)


def _derivatives(
    rows: Clusters, q: int, u: Floats, posterior: Floats, residual: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    """Return the gradient (q,) and the Hessian (q, q): Fisher's and Louis' identities."""
    score = np.zeros((*posterior.shape, q))
    hessian = np.zeros((q, q))
    for arm in range(2):
        slopes = _slopes(rows, q, u, arm)
        score += np.add.reduceat(residual[arm][..., None] * slopes, rows.first, axis=0)
        flat = slopes.reshape(-1, q)
        hessian -= (flat * (weight[arm] * posterior[rows.member]).reshape(-1, 1)).T @ flat
    mean = (score * posterior[..., None]).sum(axis=(1, 2))
    flat = score.reshape(-1, q)
    hessian += (flat * posterior.reshape(-1, 1)).T @ flat - mean.T @ mean
    return mean.sum(axis=0), hessian


def _slopes(rows: Clusters, q: int, u: Floats, arm: int) -> Floats:
    """Return the derivatives of one arm's logits by the parameters, shape (r, nodes, nodes, q)."""
    r, p = len(rows.events), rows.coefficients
    slopes = np.zeros((r, *u.shape[2:], q))
    slopes[..., :p] = rows.design[arm][:, None, None, :]
    own, at = np.arange(r), p + LOADINGS * rows.group[rows.member]
    if arm == 0:
        slopes[own, :, :, at] = u[0][rows.member]
    else:
        slopes[own, :, :, at + 1] = u[0][rows.member]
        slopes[own, :, :, at + 2] = u[1][rows.member]
    return slopes


def _effects(loadings: Floats, u: Floats) -> Floats:
    """Return b = L u, shape (2, c, ...)."""
    l11, l21, l22 = loadings
    return np.stack([l11 * u[0], l21 * u[0] + l22 * u[1]])


@lru_cache(maxsize=16)
def _rule(nodes: int) -> tuple[Floats, Floats]:
    x, weight = hermegauss(nodes)
    return x, weight * np.exp(x**2 / 2) / np.sqrt(2 * np.pi)


def _modes(
    mean: Floats, loadings: Floats, rows: Clusters
) -> tuple[Floats, Floats, tuple[Floats, Floats, Floats]]:
    """Maximise each cluster's integrand over u by Newton's method; it is strictly concave.

    Returns the modes (2, c), the heights there (c,), and the lower factor of the inverse
    curvature.
    """
    y, n = rows.events.T, rows.totals.T
    l11, l21, l22 = loadings

    def logits(u: Floats) -> Floats:
        return mean + _effects(loadings, u)[:, rows.member]

    def height(u: Floats) -> Floats:
        eta = logits(u)
        fit = (y * eta - n * np.logaddexp(0, eta)).sum(axis=0)
        inside: Floats = np.add.reduceat(fit, rows.first) - (u**2).sum(axis=0) / 2
        return inside

    u = np.zeros((2, len(rows)))
    value, scale = height(u), np.ones(len(rows))
    for _ in range(_MODE_STEPS):
        rate = expit(logits(u))
        r1, r2 = np.add.reduceat(y - n * rate, rows.first, axis=1)
        w1, w2 = np.add.reduceat(n * rate * (1 - rate), rows.first, axis=1)
        h11, h12, h22 = 1 + l11**2 * w1 + l21**2 * w2, l21 * l22 * w2, 1 + l22**2 * w2
        determinant = h11 * h22 - h12**2
        g1, g2 = l11 * r1 + l21 * r2 - u[0], l22 * r2 - u[1]
        step = np.stack([h22 * g1 - h12 * g2, h11 * g2 - h12 * g1]) / determinant
        decrement = g1 * step[0] + g2 * step[1]
        if decrement.max() < _MODE_TOLERANCE:
            break
        trial = u + scale * step
        new = height(trial)
        # Near the mode rounding hides the rise of the height: trust the step.
        better = (new >= value) | (decrement < 1e-6)
        u, value = np.where(better, trial, u), np.where(better, new, value)
        scale = np.where(better, np.minimum(2 * scale, 1.0), scale / 4)
    c11 = np.sqrt(h22 / determinant)
    return u, value, (c11, -h12 / determinant / c11, 1 / np.sqrt(h22))
