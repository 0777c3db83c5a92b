"""Parametric bootstrap intervals of summary sensitivity, specificity and the area."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from analysis.areas import logistic_areas
from analysis.bivariate import FREE
from analysis.data import Floats, TwoByTwos
from analysis.estimability import why_not_estimable
from analysis.newton import maximise
from analysis.quadrature import L11, L21, L22, Arms
from analysis.results import ARMS, ZERO_VARIANCE, BivariateFit

Progress = Callable[[int, int, str], None]

# Fewer than this leave nothing in a tail of 2.5 %.
FEWEST = 40
_TROUBLE = 0.01
_TOLERANCE = 1e-8
_NUDGE = 0.1
# Of the refits, by those of the fit at most; beyond, the least of graded steps, for studies so far
# apart that Hermite's rules do not find the maximum.
_NODES = {11: 21, 21: 41, 25: np.inf}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bootstrap:
    """Refits of data simulated from a fit.

    Attributes
    ----------
    replicates : int
        Data sets simulated.
    seed : int
    means : ndarray, shape (m, 2)
        Mean logit sensitivity and specificity of the ``m`` data sets with an estimate.
    areas : ndarray, shape (a,)
        Areas under the curve of those among them that have a curve.
    level : float
    """

    replicates: int
    seed: int
    means: Floats
    areas: Floats
    level: float

    @property
    def failed(self) -> int:
        """Data sets without an estimate: a perfect arm, or a search that did not converge."""
        return self.replicates - len(self.means)

    def interval(self, values: Floats) -> list[float] | None:
        """Return the percentile interval of simulated values; None of fewer than 40.

        Parameters
        ----------
        values : ndarray, shape (n,)

        Returns
        -------
        list of [low, high] or None
        """
        if len(values) < FEWEST:
            return None
        tail = (1 - self.level) / 2
        low, high = np.quantile(values, [tail, 1 - tail]).tolist()
        return [low, high]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: percentile intervals, or null and the reason."""
        values = dict(zip(ARMS, expit(self.means.T), strict=True)) | {"auc": self.areas}
        return {
            "replicates": self.replicates,
            "failed": self.failed,
            "without_curve": len(self.means) - len(self.areas),
            "seed": self.seed,
            "level": self.level,
            **{name: {"interval": self.interval(found)} for name, found in values.items()},
            "reason": self._reason(),
            "warnings": self._warnings(),
        }

    def _reason(self) -> str | None:
        if min(len(self.means), len(self.areas)) >= FEWEST:
            return None
        return (
            f"A percentile interval needs at least {FEWEST} simulated data sets with an estimate."
        )

    def _warnings(self) -> list[str]:
        if self.failed <= _TROUBLE * self.replicates:
            return []
        return [
            f"{self.failed} of {self.replicates} simulated data sets had no estimate and are left "
            "out, so the intervals may be too narrow."
        ]


def bootstrap(
    fit: BivariateFit,
    *,
    replicates: int = 1000,
    seed: int = 1,
    level: float = 0.95,
    progress: Progress | None = None,
) -> Bootstrap:
    """Simulate data sets from a fit, fit each again, and keep what varies [1]_.

    Random effects and counts are drawn from the fitted model with the studies' own sizes. Each
    refit starts at the fit, with 11 nodes (21 where the fit itself needed more than 21, 25 graded
    steps where it needed more than 41): far more exact than what it measures. The same seed and
    numpy version give the same numbers.

    Parameters
    ----------
    fit : BivariateFit
    replicates : int
        At least 1.
    seed : int
    level : float
        Of the percentile intervals.
    progress : callable, optional
        Called with (done, total, message) before each refit; what it raises is passed on, which
        is how a bootstrap is cancelled.

    Returns
    -------
    Bootstrap

    Raises
    ------
    ValueError
        Fewer than one replicate is asked for.

    References
    ----------
    .. [1] Efron B, Tibshirani RJ. An introduction to the bootstrap. Chapman & Hall, 1993.
    """
    if replicates < 1:
        raise ValueError("a bootstrap needs at least one replicate")
    random = np.random.default_rng(seed)
    nodes = next(few for few, most in _NODES.items() if fit.nodes <= most)
    found = []
    for i in range(replicates):
        if progress:
            progress(i, replicates, "Simulating and fitting again")
        theta = _refit(fit, simulate(fit, random), nodes)
        if theta is not None:
            found.append(theta)
    thetas = np.array(found).reshape(-1, len(fit.theta))
    return Bootstrap(
        replicates=replicates,
        seed=seed,
        means=thetas[:, :2],
        areas=areas(thetas),
        level=level,
    )


def simulate(fit: BivariateFit, random: np.random.Generator) -> TwoByTwos:
    """Draw one data set from a fit, with the same studies and numbers of participants.

    Parameters
    ----------
    fit : BivariateFit
    random : numpy.random.Generator

    Returns
    -------
    TwoByTwos
    """
    normal = random.standard_normal((fit.k, 2))
    factor = np.array([[fit.theta[L11], 0.0], [fit.theta[L21], fit.theta[L22]]])
    events = random.binomial(fit.data.totals, expit(fit.mean + normal @ factor.T))
    missed = fit.data.totals - events
    return TwoByTwos(
        tp=events[:, 0].copy(),
        fp=missed[:, 1].copy(),
        fn=missed[:, 0].copy(),
        tn=events[:, 1].copy(),
        labels=fit.data.labels,
    )


def _refit(fit: BivariateFit, data: TwoByTwos, nodes: int) -> Floats | None:
    free = FREE[fit.model]
    if why_not_estimable(data, spread=(bool(free[L11]), bool(free[L22]))):
        return None
    start = fit.theta.copy()
    for diagonal in (L11, L22):
        # A search that starts on a zero of L would never leave it.
        if free[diagonal] and start[diagonal] < _NUDGE:
            start[diagonal] = _NUDGE
    found = maximise(
        start[None], Arms.from_tables(data), free=free, nodes=nodes, tolerance=_TOLERANCE
    )
    theta: Floats = found.theta[0]
    return theta if found.converged[0] else None


def areas(thetas: Floats) -> Floats:
    """Return the area under the HSROC curve for each parameter vector that has a curve.

    Parameters
    ----------
    thetas : ndarray, shape (m, 5)

    Returns
    -------
    ndarray, shape (a,)
        Right to 1e-8; parameter vectors with a variance of zero have no curve and are left out.
    """
    s1 = np.abs(thetas[:, L11])
    s2 = np.hypot(thetas[:, L21], thetas[:, L22])
    curved = np.minimum(s1, s2) ** 2 >= ZERO_VARIANCE
    slope = s1[curved] / s2[curved]
    intercept = thetas[curved, 0] + slope * thetas[curved, 1]
    return logistic_areas(intercept, slope)
