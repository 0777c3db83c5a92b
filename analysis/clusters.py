"""The maximum of the likelihood of `analysis.cluster_likelihood`."""

from dataclasses import dataclass

import numpy as np

from analysis.cluster_likelihood import Clusters, evaluate_clusters
from analysis.data import Floats
from analysis.newton import ascent

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
        Coefficients, then l11, l21, l22 of each group.
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
    rough = [_maximise(start, rows, _RUNGS[0], _ROUGHLY_CONVERGED) for start in starts]
    parameters = max(rough, key=lambda found: (found[2], found[1]))[0]
    for nodes in _RUNGS:
        parameters, value, converged = _maximise(parameters, rows, nodes, _CONVERGED)
        error = abs(evaluate_clusters(parameters, rows, nodes + _MORE_NODES)[0] - value)
        if error < _TARGET:
            break
    hessian = evaluate_clusters(parameters, rows, nodes)[2]
    covariance = _inverse_information(hessian, rows.coefficients)
    return ClusterFit(
        parameters=parameters,
        covariance=covariance,
        log_likelihood=value,
        nodes=nodes,
        quadrature_error=error,
        converged=converged and bool((np.diag(covariance)[: rows.coefficients] > 0).all()),
    )


def _maximise(
    start: Floats, rows: Clusters, nodes: int, tolerance: float
) -> tuple[Floats, float, bool]:
    """Climb by Newton's method; return parameters, log-likelihood and whether it converged."""
    here = start.copy()
    value, gradient, hessian = evaluate_clusters(here, rows, nodes)
    free = np.ones((1, len(start)), dtype=bool)
    scale = 1.0
    for _ in range(_MOST_STEPS):
        step, decrement = ascent(gradient[None], hessian[None], free)
        if decrement[0] <= tolerance or scale < 1e-8:
            break
        trial = here + scale * step[0]
        new = evaluate_clusters(trial, rows, nodes)
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
