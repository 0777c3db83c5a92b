"""The maximum of the likelihoods of several tests, each given as a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.cluster_likelihood import Clusters, evaluate_clusters
from analysis.data import Floats
from analysis.newton import ascent

# Log-likelihood, gradient (q,) and Hessian (q, q) at a parameter vector, with so many nodes.
Likelihood = Callable[[Floats, int], tuple[float, Floats, Floats]]

_RUNGS = (11, 21, 31, 41)
_MORE_NODES = 10
_TARGET = 1e-8
_CONVERGED = 1e-14
_ROUGHLY_CONVERGED = 1e-3
_NEAR = 1e-3
_MOST_STEPS = 80


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClusterFit:
    """The maximum of the likelihood.

    Attributes
    ----------
    parameters : ndarray, shape (q,)
        Coefficients, then the lower triangle of each factor L by rows.
    covariance : ndarray, shape (q, q)
        Inverse of the full observed information.
    log_likelihood : float
        Binomial coefficients included.
    nodes : int
    quadrature_error : float
        Absolute change of the log-likelihood with 10 more nodes.
    converged : bool
        Also false where the information says nothing of a coefficient.
    """

    parameters: Floats
    covariance: Floats
    log_likelihood: float
    nodes: int
    quadrature_error: float
    converged: bool


def fit_clusters(rows: Clusters, starts: Floats) -> ClusterFit:
    """Maximise from several starts, and refine the rule until the value stands still.

    Parameters
    ----------
    rows : Clusters
    starts : ndarray, shape (b, q)

    Returns
    -------
    ClusterFit
    """
    return climb(
        lambda parameters, nodes: evaluate_clusters(parameters, rows, nodes),
        starts,
        coefficients=rows.coefficients,
    )


def climb(
    likelihood: Likelihood,
    starts: Floats,
    *,
    coefficients: int,
    rungs: Sequence[int] = _RUNGS,
    more_nodes: int = _MORE_NODES,
    target: float = _TARGET,
    tolerance: float = _CONVERGED,
) -> ClusterFit:
    """Maximise a likelihood from several starts, and refine the rule until it stands still.

    Parameters
    ----------
    likelihood : callable
    starts : ndarray, shape (b, q)
    coefficients : int
        How many of the parameters, from the first, are coefficients.
    rungs : sequence of int
        Nodes per dimension, ascending in steps of ``more_nodes``.
    more_nodes : int
        Each rung is checked against a rule with so many nodes more.
    target : float
        Largest change of the log-likelihood by more nodes that is left as it is.
    tolerance : float
        Newton decrement at which to stop.

    Returns
    -------
    ClusterFit
    """
    rough = [_maximise(start, likelihood, rungs[0], _ROUGHLY_CONVERGED) for start in starts]
    parameters = max(rough, key=lambda found: (found[2], found[1]))[0]
    coarse = likelihood(parameters, rungs[0])[0]
    for nodes in rungs:
        finer = likelihood(parameters, nodes + more_nodes)[0]
        if abs(finer - coarse) < target or nodes == rungs[-1]:
            parameters, value, converged = _maximise(parameters, likelihood, nodes, tolerance)
            coarse, finer = value, likelihood(parameters, nodes + more_nodes)[0]
            if abs(finer - coarse) < target:
                break
        # The next rung is the rule this one was checked against.
        coarse = finer
    error = abs(finer - value)
    hessian = likelihood(parameters, nodes)[2]
    covariance = _inverse_information(hessian, coefficients)
    return ClusterFit(
        parameters=parameters,
        covariance=covariance,
        log_likelihood=value,
        nodes=nodes,
        quadrature_error=error,
        converged=converged and bool((np.diag(covariance)[:coefficients] > 0).all()),
    )


def _maximise(
    start: Floats, likelihood: Likelihood, nodes: int, tolerance: float
) -> tuple[Floats, float, bool]:
    """Climb by Newton's method; return parameters, log-likelihood and whether it converged."""
    here = start.copy()
    value, gradient, hessian = likelihood(here, nodes)
    free = np.ones((1, len(start)), dtype=bool)
    scale = 1.0
    for _ in range(_MOST_STEPS):
        step, decrement = ascent(gradient[None], hessian[None], free)
        if decrement[0] <= tolerance or scale < 1e-8:
            break
        trial = here + scale * step[0]
        new = likelihood(trial, nodes)
        if new[0] >= value or decrement[0] < _NEAR:
            here, (value, gradient, hessian), scale = trial, new, 1.0
        else:
            scale /= 4
    decrement = ascent(gradient[None], hessian[None], free)[1]
    return here, value, bool(decrement[0] <= 100 * tolerance)


def _inverse_information(hessian: Floats, coefficients: int) -> Floats:
    """Return the covariance; zeros where a flat or rising direction moves a coefficient."""
    curvature, axes = np.linalg.eigh(-hessian)
    solid = curvature > 1e-9 * curvature.max()
    if np.abs(axes[:coefficients, ~solid]).max(initial=0.0) > 1e-3:
        return np.zeros_like(hessian)
    covariance: Floats = (axes[:, solid] / curvature[solid]) @ axes[:, solid].T
    return covariance
