"""The likelihood of two index tests with four correlated random effects per study.

Each study has up to four binomial arms: the sensitivities of both tests, then their specificities.
Their logits are jointly normal between studies with an unstructured covariance L L' [1]_; a test a
study did not use is an empty arm. The four-dimensional integral is taken by adaptive Gauss-Hermite
quadrature round each study's mode, the derivatives by Fisher's and Louis' identities, as in
`analysis.quadrature`.

References
----------
.. [1] Hoyer A, Kuss O. Meta-analysis for the comparison of two diagnostic tests to a common gold
   standard: a generalized linear mixed model approach. Stat Methods Med Res 2018;27:1410-1421.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit, gammaln

from analysis.clusters import ClusterFit, climb
from analysis.data import Counts, Floats, TwoByTwos

EFFECTS = 4
LOWER = np.tril_indices(EFFECTS)
_MODE_STEPS = 60
_MODE_TOLERANCE = 1e-9
_RUNGS = (5, 7, 9, 11)
_TARGET = 1e-5
# The log-likelihood is then within 1e-10 of its maximum.
_CONVERGED = 1e-10
# Grids of about this many points at once.
_BLOCK = 60_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FourArms:
    """``k`` studies of two tests.

    Attributes
    ----------
    events, totals : ndarray of float, shape (k, 4)
        Correctly classified and all participants: of the diseased by either test, of the healthy
        by either test; a total of 0 is an empty arm.
    design : ndarray, shape (4, p)
        The four mean logits over the ``p`` coefficients.
    """

    events: Floats
    totals: Floats
    design: Floats

    @classmethod
    def build(cls, data: TwoByTwos, test: Counts, study: Counts, design: Floats) -> "FourArms":
        """Bring the tables of both tests of each study together.

        Parameters
        ----------
        data : TwoByTwos
            One row per study and test, ``r`` in all.
        test : ndarray of int, shape (r,)
            0 or 1.
        study : ndarray of int, shape (r,)
        design : ndarray, shape (4, p)

        Returns
        -------
        FourArms
        """
        number = np.unique(study, return_inverse=True)[1]
        events, totals = np.zeros((2, int(number.max()) + 1, EFFECTS))
        for arm in range(2):
            events[number, 2 * arm + test] = data.events[:, arm]
            totals[number, 2 * arm + test] = data.totals[:, arm]
        return cls(events=events, totals=totals, design=design)

    @property
    def coefficients(self) -> int:
        """Number of coefficients, p."""
        return int(self.design.shape[1])


def lower(entries: Floats) -> Floats:
    """Return the factor L, shape (4, 4), of its ten entries by rows."""
    factor = np.zeros((EFFECTS, EFFECTS))
    factor[LOWER] = entries
    return factor


def evaluate_four(parameters: Floats, arms: FourArms, nodes: int) -> tuple[float, Floats, Floats]:
    """Return log-likelihood, gradient (q,) and Hessian (q, q) at one parameter vector.

    Parameters
    ----------
    parameters : ndarray, shape (q,)
        The p coefficients, then the ten entries of L by rows.
    arms : FourArms
    nodes : int
        Quadrature nodes per dimension.

    Returns
    -------
    float, ndarray, ndarray
    """
    y, n = arms.events, arms.totals
    value = float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum())
    mean, factor = (
        arms.design @ parameters[: arms.coefficients],
        lower(parameters[-len(LOWER[0]) :]),
    )
    size = max(1, _BLOCK // nodes**EFFECTS)
    gradient = np.zeros(EFFECTS + len(LOWER[0]))
    hessian = np.zeros((len(gradient), len(gradient)))
    for first in range(0, len(y), size):
        block = slice(first, first + size)
        part = _integrate(mean, factor, y[block], n[block], nodes)
        value += part[0]
        gradient += part[1]
        hessian += part[2]
    # From the four means to the coefficients they follow from.
    turn = np.zeros((len(gradient), len(parameters)))
    turn[:EFFECTS, : arms.coefficients] = arms.design
    turn[EFFECTS:, arms.coefficients :] = np.eye(len(LOWER[0]))
    return value, turn.T @ gradient, turn.T @ hessian @ turn


def _integrate(
    mean: Floats, factor: Floats, events: Floats, totals: Floats, nodes: int
) -> tuple[float, Floats, Floats]:
    x, plain = _rule(nodes)
    mode, height, spread = _modes(mean, factor, events, totals)
    u = mode[:, None, :] + x @ spread.transpose(0, 2, 1)
    eta = mean + u @ factor.T
    at_mode = (mean + mode @ factor.T)[:, None, :]
    y, n = events[:, None, :], totals[:, None, :]
    # Relative to the mode, so that large counts lose no digits.
    change = y * (eta - at_mode) - n * (np.logaddexp(0, eta) - np.logaddexp(0, at_mode))
    total = change.sum(axis=2) - ((u**2).sum(axis=2) - (mode**2).sum(axis=1)[:, None]) / 2
    posterior = np.exp(np.minimum(total, 0.0)) * plain
    mass = posterior.sum(axis=1)
    posterior /= mass[:, None]
    determinant = np.prod(np.diagonal(spread, axis1=1, axis2=2), axis=1)
    value = float((height + np.log(determinant * mass)).sum())
    rate = expit(eta)
    return value, *_derivatives(u, posterior, y - n * rate, n * rate * (1 - rate))


def _derivatives(
    u: Floats, posterior: Floats, residual: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    """Return the gradient (14,) and the Hessian (14, 14) by the four means and the ten of L."""
    rows, columns = LOWER
    score = np.concatenate([residual, residual[:, :, rows] * u[:, :, columns]], axis=2)
    mean = np.einsum("kn,knq->kq", posterior, score)
    flat = score.reshape(-1, score.shape[2])
    hessian = (flat * posterior.reshape(-1, 1)).T @ flat - mean.T @ mean
    for arm in range(EFFECTS):
        own = np.append(arm, EFFECTS + np.flatnonzero(rows == arm))
        slopes = np.concatenate([np.ones_like(u[:, :, :1]), u[:, :, : arm + 1]], axis=2)
        flat = slopes.reshape(-1, arm + 2)
        heavy = (weight[:, :, arm] * posterior).reshape(-1, 1)
        hessian[np.ix_(own, own)] -= (flat * heavy).T @ flat
    return mean.sum(axis=0), hessian


@lru_cache(maxsize=8)
def _rule(nodes: int) -> tuple[Floats, Floats]:
    """Return the nodes, shape (nodes^4, 4), and the weights of a plain integral."""
    x, weight = hermegauss(nodes)
    plain = weight * np.exp(x**2 / 2) / np.sqrt(2 * np.pi)
    grid = np.stack(np.meshgrid(*[x] * EFFECTS, indexing="ij"), axis=-1).reshape(-1, EFFECTS)
    weights = np.stack(np.meshgrid(*[plain] * EFFECTS, indexing="ij"), axis=-1)
    return grid, weights.reshape(-1, EFFECTS).prod(axis=1)


def _modes(
    mean: Floats, factor: Floats, events: Floats, totals: Floats
) -> tuple[Floats, Floats, Floats]:
    """Maximise each study's integrand over u by Newton's method; it is strictly concave.

    Returns the modes (k, 4), the heights there (k,), and the lower factors of the inverse
    curvatures (k, 4, 4).
    """

    def height(u: Floats) -> Floats:
        eta = mean + u @ factor.T
        inside: Floats = (events * eta - totals * np.logaddexp(0, eta) - u**2 / 2).sum(axis=1)
        return inside

    u = np.zeros_like(events)
    value, scale = height(u), np.ones(len(events))
    for _ in range(_MODE_STEPS):
        rate = expit(mean + u @ factor.T)
        slope = (events - totals * rate) @ factor - u
        heavy = totals * rate * (1 - rate)
        curvature = np.eye(EFFECTS) + np.einsum("ai,ka,aj->kij", factor, heavy, factor)
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        decrement = (slope * step).sum(axis=1)
        if decrement.max() < _MODE_TOLERANCE:
            break
        trial = u + scale[:, None] * step
        new = height(trial)
        # Near the mode rounding hides the rise of the height: trust the step.
        better = (new >= value) | (decrement < 1e-6)
        u, value = np.where(better[:, None], trial, u), np.where(better, new, value)
        scale = np.where(better, np.minimum(2 * scale, 1.0), scale / 4)
    return u, value, np.linalg.cholesky(np.linalg.inv(curvature))


def fit_four(arms: FourArms, *, near: ClusterFit | None = None) -> ClusterFit:
    """Maximise the likelihood.

    Parameters
    ----------
    arms : FourArms
    near : ClusterFit, optional
        Of a model with four means that this one is nested in: where to start. By default from
        three points.

    Returns
    -------
    ClusterFit
        With the ten entries of L after the coefficients. The rule is refined from 5 to 11 nodes per
        dimension until 2 more change the log-likelihood by less than 1e-5; near another fit, its
        nodes are taken.
    """
    starts: Floats = _starts(arms)
    rungs: tuple[int, ...] = _RUNGS
    if near is not None:
        means = np.linalg.lstsq(arms.design, near.parameters[:EFFECTS], rcond=None)[0]
        starts, rungs = np.concatenate([means, near.parameters[EFFECTS:]])[None], (near.nodes,)
    return climb(
        lambda parameters, nodes: evaluate_four(parameters, arms, nodes),
        starts,
        coefficients=arms.coefficients,
        rungs=rungs,
        more_nodes=2,
        target=_TARGET,
        tolerance=_CONVERGED,
    )


def _starts(arms: FourArms) -> Floats:
    """Return starting points, shape (3, q); the correction of 0.5 is for these alone."""
    some = arms.totals > 0
    logits = np.log((arms.events + 0.5) / (arms.totals - arms.events + 0.5))
    own = np.where(some, logits, 0).sum(axis=0) / some.sum(axis=0)
    means = np.linalg.lstsq(arms.design, own, rcond=None)[0]
    # Tests of one study resemble each other; sensitivity and specificity trade off a little.
    alike = np.kron([[1.0, -0.2], [-0.2, 1.0]], [[1.0, 0.5], [0.5, 1.0]])
    sizes = np.sqrt(np.maximum(np.where(some, (logits - own) ** 2, 0).sum(axis=0), 0.1))
    sizes /= np.sqrt(some.sum(axis=0))
    shapes = [alike * np.outer(sizes, sizes), 0.5 * np.eye(EFFECTS), 0.1 * alike]
    return np.array([[*means, *np.linalg.cholesky(shape)[LOWER]] for shape in shapes])
