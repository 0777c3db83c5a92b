"""Newton's method for the bivariate likelihood, for several starting points at once."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats
from analysis.one_effect import HERMITE_RULES
from analysis.quadrature import Arms, Evaluation, evaluate, log_likelihood

# The decrement is twice the rise of the log-likelihood still to be had: this one leaves every
# parameter within 1e-8 standard errors of the maximum.
CONVERGED = 1e-16
_ROUGHLY_CONVERGED = 1e-3
_NEARLY_CONVERGED = 1e-9
_SAME_TOP = 1e-2
# Each rung is checked against a rule with _MORE_NODES more. From 41 on they are graded steps.
_RUNGS = (11, 21, 41, 61, 81, 121)
_COMPARING = 61
# No evaluation takes more points than this, about a second's worth; no rule more in all.
_MOST_POINTS = 4e7
_MOST_POINTS_OF_A_RULE = 2e8
# From here on the studies lie too far apart for the next Hermite rule.
_FAR = 1e-2
_MORE_NODES = 10
# Well below the 1e-6 promised, so that estimates and variances are right to their promises too.
_QUADRATURE_TARGET = 1e-8
# From here the value at the nodes and its analytic gradient may disagree: trust the gradient.
_NEAR = 1e-3
_LONGEST_STEP = 2.0
_SHORTEST_SCALE = 1e-8
_MOST_STEPS = 80
# Enough where the rung before came near.
_FEW_STEPS = 12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Maximum:
    """Where Newton's method ended from each of ``b`` starting points.

    Attributes
    ----------
    theta : ndarray, shape (b, 5)
    at : Evaluation
        Log-likelihood, gradient and Hessian there.
    steps : ndarray of int, shape (b,)
    converged : ndarray of bool, shape (b,)
    """

    theta: Floats
    at: Evaluation
    steps: NDArray[np.int64]
    converged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedMaximum:
    """The best maximum found, with what the quadrature left uncertain.

    Attributes
    ----------
    theta : ndarray, shape (5,)
    log_likelihood : float
    hessian : ndarray, shape (5, 5)
    nodes : int
        Nodes per dimension of the rule the maximum was found with.
    quadrature_error : float
        Absolute change of the log-likelihood at ``theta`` when 10 more nodes are used.
    steps : int
        Newton steps taken by the start that won, over all rules.
    start : int
        Which starting point won, from 0.
    converged : bool
    """

    theta: Floats
    log_likelihood: float
    hessian: Floats
    nodes: int
    quadrature_error: float
    steps: int
    start: int
    converged: bool


def maximise_checked(
    starts: Floats,
    arms: Arms,
    *,
    free: NDArray[np.bool_],
    first: CheckedMaximum | None = None,
) -> CheckedMaximum:
    """Maximise from several starts, and refine the rule until the value no longer depends on it.

    Parameters
    ----------
    starts : ndarray, shape (b, 5)
    arms : Arms
    free : ndarray of bool, shape (5,)
    first : CheckedMaximum, optional
        What this function returned for the first start alone: not sought twice.

    Returns
    -------
    CheckedMaximum
    """
    rough = maximise(starts, arms, free=free, nodes=_RUNGS[0], tolerance=_ROUGHLY_CONVERGED)
    # Compared by a finer rule: where studies lie far apart the first one errs by whole units.
    heights = log_likelihood(rough.theta, arms, _COMPARING) if len(starts) > 1 else np.zeros(1)
    # The first of those that reached the same top.
    best = int((heights > heights.max() - _SAME_TOP).argmax())
    if first and first.converged and best == 0:
        return first
    found, nodes, error = _refined(rough.theta[[best]], rough.at.select(best), arms, free)
    return CheckedMaximum(
        theta=found.theta[0],
        log_likelihood=float(found.at.log_likelihood[0]),
        hessian=found.at.hessian[0],
        nodes=nodes,
        quadrature_error=error,
        steps=int(rough.steps[best] + found.steps[0]),
        start=best,
        converged=bool(found.converged[0]),
    )


def _refined(
    theta: Floats, at: Evaluation | None, arms: Arms, free: NDArray[np.bool_]
) -> tuple[Maximum, int, float]:
    """Climb on finer and finer rules; return the maximum, its nodes and the quadrature error."""
    steps, settled, error = np.zeros(1, dtype=np.int64), None, 0.0
    for nodes in _rungs(len(arms)):
        if error > _FAR and nodes in HERMITE_RULES:
            continue
        # The first rung is mostly on the way to the second, which polishes.
        enough = _NEARLY_CONVERGED if nodes == _RUNGS[0] else CONVERGED
        most = _most_steps(nodes, len(arms))
        found = maximise(
            theta, arms, free=free, nodes=nodes, tolerance=enough, at=at, max_steps=most
        )
        theta, steps = found.theta, steps + found.steps
        at = evaluate(theta, arms, nodes + _MORE_NODES) if nodes == _RUNGS[0] else None
        finer = at.log_likelihood if at else log_likelihood(theta, arms, nodes + _MORE_NODES)
        error = abs(float(finer[0] - found.at.log_likelihood[0]))
        good = error < _QUADRATURE_TARGET and bool(found.converged[0])
        if good and nodes == _RUNGS[0]:
            found = maximise(theta, arms, free=free, nodes=nodes, at=found.at)
            steps = steps + found.steps
        # A finer rule that runs out of steps does not undo what a coarser one found.
        if settled is None or found.converged[0]:
            settled = replace(found, steps=steps), nodes, error
        if good:
            break
    assert settled is not None
    return settled


def _most_steps(nodes: int, k: int) -> int:
    """Return how often a rule may be evaluated for ``k`` studies."""
    # Graded steps find the maximum where the nodes before them could not even come near it.
    far = nodes == _RUNGS[0] or nodes not in HERMITE_RULES
    most = _MOST_STEPS if far else _FEW_STEPS
    return max(2, min(most, int(_MOST_POINTS_OF_A_RULE / (nodes**2 * k))))


def _rungs(k: int) -> list[int]:
    """Return the numbers of nodes that ``k`` studies can afford."""
    return [_RUNGS[0], *(nodes for nodes in _RUNGS[1:] if nodes**2 * k < _MOST_POINTS)]


def maximise(
    start: Floats,
    arms: Arms,
    *,
    free: NDArray[np.bool_],
    nodes: int,
    tolerance: float = CONVERGED,
    max_steps: int = _MOST_STEPS,
    at: Evaluation | None = None,
    weights: Floats | None = None,
) -> Maximum:
    """Maximise the log-likelihood over the free parameters.

    Parameters
    ----------
    start : ndarray, shape (b, 5)
        Starting points; parameters that are not free keep their value.
    arms : Arms
    free : ndarray of bool, shape (5,) or (b, 5)
    nodes : int
        Quadrature nodes per dimension.
    tolerance : float
        Newton decrement at which to stop.
    max_steps : int
        Evaluations allowed per starting point.
    at : Evaluation, optional
        At the starting points, where it is known already.
    weights : ndarray, shape (b, k), optional
        How often each study counts from each starting point; by default once.

    Returns
    -------
    Maximum
    """
    theta = start.copy()
    free = np.broadcast_to(free, theta.shape)
    at = at or evaluate(theta, arms, nodes, weights=weights)
    value, gradient, hessian = at.log_likelihood, at.gradient, at.hessian
    steps = np.zeros(len(theta), dtype=np.int64)
    scale = np.ones(len(theta))
    for _ in range(max_steps):
        direction, decrement = ascent(gradient, hessian, free)
        active = (decrement > tolerance) & (scale > _SHORTEST_SCALE)
        if not active.any():
            break
        trial = theta[active] + scale[active, None] * direction[active]
        counted = None if weights is None else weights[active]
        new = evaluate(trial, arms, nodes, weights=counted)
        accepted = (new.log_likelihood >= value[active]) | (decrement[active] < _NEAR)
        rows = np.flatnonzero(active)
        taken = rows[accepted]
        theta[taken] = trial[accepted]
        value[taken] = new.log_likelihood[accepted]
        gradient[taken] = new.gradient[accepted]
        hessian[taken] = new.hessian[accepted]
        steps[rows] += 1
        scale[taken] = 1.0
        scale[rows[~accepted]] /= 4
    return Maximum(
        theta=theta,
        at=Evaluation(log_likelihood=value, gradient=gradient, hessian=hessian),
        steps=steps,
        converged=ascent(gradient, hessian, free)[1] <= 100 * tolerance,
    )


def ascent(gradient: Floats, hessian: Floats, free: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the Newton step, shape (b, 5), and its decrement, shape (b,).

    Negative curvatures of minus the Hessian are turned round, so that the step always goes up;
    parameters that are not free do not move.

    Parameters
    ----------
    gradient : ndarray, shape (b, 5)
    hessian : ndarray, shape (b, 5, 5)
    free : ndarray of bool, shape (b, 5)

    Returns
    -------
    tuple of ndarray
    """
    score = np.where(free, gradient, 0.0)
    information = np.where(free[:, :, None] & free[:, None, :], -hessian, 0.0)
    # A parameter that is not free gets a curvature of its own: no rounding leaks into it.
    information += np.eye(information.shape[1]) * ~free[:, None, :]
    curvature, axes = np.linalg.eigh(information)
    curvature = np.abs(curvature)
    curvature = np.maximum(curvature, 1e-10 * curvature.max(axis=1, keepdims=True))
    along = np.einsum("bij,bi->bj", axes, score)
    step = np.einsum("bij,bj->bi", axes, along / np.maximum(curvature, 1e-300)) * free
    decrement = np.einsum("bi,bi->b", score, step)
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-300)), decrement


def inverse_information(hessian: Floats, free: NDArray[np.bool_], *, means: int = 2) -> Floats:
    """Return the covariance of the estimates, of the Hessian's shape.

    With a variance at zero the likelihood does not change when the other effect's loadings are
    turned; that direction says nothing of the means and is left out. Should a direction that
    matters for the means be flat or rise, their variances are returned as zero.

    Parameters
    ----------
    hessian : ndarray, shape (p, p)
    free : ndarray of bool, shape (p,)
    means : int
        How many of the parameters, from the first, are means; they are free.

    Returns
    -------
    ndarray, shape (p, p)
        Zero in the rows and columns of parameters that are not free.
    """
    where = np.ix_(free, free)
    curvature, axes = np.linalg.eigh(-hessian[where])
    solid = curvature > 1e-9 * curvature.max()
    covariance = np.zeros_like(hessian)
    if np.abs(axes[:means, ~solid]).max(initial=0.0) < 1e-3:
        covariance[where] = (axes[:, solid] / curvature[solid]) @ axes[:, solid].T
    return covariance
