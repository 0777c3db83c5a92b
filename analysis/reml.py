"""Restricted maximum likelihood of a weighted linear mixed model with one grouping."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from analysis.data import Counts, Floats

_ROUNDS = 6
# Of one round; a search that stands still needs a tenth of them.
_MOST_ITERATIONS = 200
_NOTHING = 1e-12
# Of the effects at the start, in residual standard deviations.
_SIZES = (1.0, 10.0, 100.0)
_STANDS_STILL = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MixedModel:
    """A fitted linear mixed model y = X beta + Z b + e, b ~ N(0, s2 L L'), e ~ N(0, s2 / w).

    Attributes
    ----------
    beta : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Of ``beta``, given the variances, as lme4 reports it.
    residual_variance : float
        s2.
    between_cov : ndarray, shape (q, q)
        Of the random effects, s2 L L'.
    criterion : float
        Minus twice the restricted log-likelihood.
    converged : bool
    """

    beta: Floats
    covariance: Floats
    residual_variance: float
    between_cov: Floats
    criterion: float
    converged: bool

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: nulls but for "converged" where the search failed."""
        names = ("beta", "covariance", "residual_variance", "between_cov", "criterion")
        found = {name: np.asarray(getattr(self, name)).tolist() for name in names}
        told = found if self.converged else dict.fromkeys(names)
        return {**told, "converged": self.converged}


def fit_mixed_model(y: Floats, x: Floats, z: Floats, weights: Floats, group: Counts) -> MixedModel:
    """Fit by restricted maximum likelihood, profiled over beta and s2 as in lme4 [1]_.

    Parameters
    ----------
    y, weights : ndarray, shape (n,)
    x : ndarray, shape (n, p)
    z : ndarray, shape (n, q)
        Random effects of the observation's group.
    group : ndarray of int, shape (n,)
        From 0.

    Returns
    -------
    MixedModel

    References
    ----------
    .. [1] Bates D, Maechler M, Bolker B, Walker S. Fitting linear mixed-effects models using lme4.
       J Stat Softw 2015;67(1):1-48.
    """
    criterion = _Criterion(y, x, z, weights, group)
    q = z.shape[1]
    start = np.eye(q)[np.tril_indices(q)]
    best = min((criterion.lower_from(size * start) for size in _SIZES), key=_height)
    for _ in range(_ROUNDS):
        # A fresh start forgets a curvature that rounding spoilt.
        again = criterion.lower_from(best.x)
        gained, best = best.fun - again.fun, again
        if gained < _STANDS_STILL:
            break
    return criterion.model(best.x, gained < _STANDS_STILL)


def _height(found: OptimizeResult) -> float:
    return float(found.fun)


class _Criterion:
    """The profiled REML criterion as a function of the entries of L.

    The fixed effects are taken in orthonormal columns and y as what their weighted least squares
    leave of it, so that nothing cancels where the columns of x are nearly one, or the lines nearly
    exact.
    """

    def __init__(self, y: Floats, x: Floats, z: Floats, weights: Floats, group: Counts) -> None:
        self.p, self.q, self.n = x.shape[1], z.shape[1], len(y)
        self.lower = np.tril_indices(self.q)
        root = np.sqrt(weights)
        orthonormal, self.triangle = np.linalg.qr(x * root[:, None])
        self.ordinary = np.linalg.solve(self.triangle, orthonormal.T @ (y * root))
        columns = np.column_stack([orthonormal / root[:, None], y - x @ self.ordinary])
        groups = int(group.max()) + 1
        self.zz = np.zeros((groups, self.q, self.q))
        self.zx = np.zeros((groups, self.q, self.p + 1))
        for i in range(groups):
            own = group == i
            weighted = (z[own] * weights[own, None]).T
            self.zz[i], self.zx[i] = weighted @ z[own], weighted @ columns[own]
        self.xx = (columns * weights[:, None]).T @ columns
        self.log_weights = float(np.log(weights).sum())

    def value(self, entries: Floats) -> float:
        """Return minus twice the restricted log-likelihood."""
        log_determinant, inner, _ = self._parts(entries)
        p, df = self.p, self.n - self.p
        beta = np.linalg.solve(inner[:p, :p], inner[:p, p])
        # Points exactly on their lines leave nothing but rounding, of either sign.
        left = max(float(inner[p, p] - inner[p, :p] @ beta), _NOTHING)
        return float(
            log_determinant
            - self.log_weights
            + np.linalg.slogdet(inner[:p, :p])[1]
            + 2 * np.log(np.abs(np.diag(self.triangle))).sum()
            + df * (1 + np.log(2 * np.pi * left / df))
        )

    def lower_from(self, entries: Floats) -> OptimizeResult:
        """Search for the minimum from these entries."""
        most = {"maxiter": _MOST_ITERATIONS}
        return minimize(self.value, entries, jac=self.slope, method="BFGS", options=most)

    def slope(self, entries: Floats) -> Floats:
        """Return the derivatives of `value`, by central differences of fourth order."""
        steps = 1e-3 * np.eye(len(entries))
        slopes: Floats = np.array(
            [
                8 * (self.value(entries + step) - self.value(entries - step))
                - (self.value(entries + 2 * step) - self.value(entries - 2 * step))
                for step in steps
            ]
        )
        return slopes / 12e-3

    def model(self, entries: Floats, converged: bool) -> MixedModel:
        """Return everything at the minimum."""
        _, inner, factor = self._parts(entries)
        p, df = self.p, self.n - self.p
        beta = np.linalg.solve(inner[:p, :p], inner[:p, p])
        variance = max(float(inner[p, p] - inner[p, :p] @ beta), _NOTHING) / df
        back = np.linalg.inv(self.triangle)
        covariance = variance * back @ np.linalg.inv(inner[:p, :p]) @ back.T
        return MixedModel(
            beta=np.asarray(self.ordinary + back @ beta, dtype=np.float64),
            covariance=np.asarray(covariance, dtype=np.float64),
            residual_variance=variance,
            between_cov=variance * factor @ factor.T,
            criterion=self.value(entries),
            converged=converged,
        )

    def _parts(self, entries: Floats) -> tuple[float, Floats, Floats]:
        """Return log|I + L'Z'WZL|, the reduced cross products, and L."""
        factor = np.zeros((self.q, self.q))
        factor[self.lower] = entries
        middle = np.eye(self.q) + factor.T @ self.zz @ factor
        reach = factor.T @ self.zx
        inner = self.xx - (reach.transpose(0, 2, 1) @ np.linalg.solve(middle, reach)).sum(axis=0)
        return float(np.linalg.slogdet(middle)[1].sum()), inner, factor
