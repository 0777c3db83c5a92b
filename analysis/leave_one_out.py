"""Every study left out in turn, and the model fitted again: all refits at once."""

from collections.abc import Callable

import numpy as np

from analysis.bivariate import (
    FREE,
    GIVEN_START,
    describe_maximum,
    fit_bivariate,
    notes_on_empty_arms,
    off_zero,
)
from analysis.data import Counts, TwoByTwos
from analysis.estimability import not_estimable, why_not_estimable
from analysis.newton import CheckedMaximum, Maximum, maximise
from analysis.quadrature import L11, L22, Arms, evaluate
from analysis.results import BivariateFit, NotEstimable

Progress = Callable[[int, int, str], None]

_MORE_NODES = 10
_TARGET = 1e-7
# Newton decrement: the means are then within 1e-6 standard errors.
_TOLERANCE = 1e-13
# The full fit may have finer equal steps than the refits can afford; these are then less exact,
# and say by how much.
_MOST_POINTS = 4e7
_AFFORDABLE = (481, 241, 121, 61)
_ENOUGH = 1e-4
# Parameter vectors are taken together until they meet this many studies.
_STUDIES_AT_ONCE = 40_000
# Of the steps of one batch together.
_MOST_POINTS_TOGETHER = 6e7
# Of fits of their own, counted by one evaluation each: a few seconds' worth.
_MOST_POINTS_ALONE = 4e6
TOO_LONG = (
    "The other studies lie so many logits apart that the fit without this one takes too long."
)


def leave_one_out(
    fit: BivariateFit, *, progress: Progress | None = None
) -> list[BivariateFit | NotEstimable]:
    """Fit the same model without each study.

    The refits start at the full fit and take its nodes, all together; where those do not do, or
    the search does not converge, the study is left out by a fit of its own.

    Parameters
    ----------
    fit : BivariateFit
        Of ``k`` studies.
    progress : callable, optional
        Called with (done, total, message) before each batch of refits; what it raises is passed
        on, which is how they are cancelled.

    Returns
    -------
    list of BivariateFit or NotEstimable, length k
    """
    size = max(1, _STUDIES_AT_ONCE // fit.k)
    refits: list[BivariateFit | NotEstimable] = []
    for first in range(0, fit.k, size):
        if progress:
            progress(first, fit.k, "Leaving out each study in turn")
        refits += _refits(fit, np.arange(first, min(first + size, fit.k)))
    return refits


def _refits(fit: BivariateFit, left_out: Counts) -> list[BivariateFit | NotEstimable]:
    others = [fit.data.select(np.arange(fit.k) != i) for i in left_out]
    free = FREE[fit.model]
    spread = (bool(free[L11]), bool(free[L22]))
    possible = np.array([why_not_estimable(data, spread=spread) is None for data in others])
    rows = np.flatnonzero(possible)
    refits: list[BivariateFit | NotEstimable | None] = [None] * len(others)
    if len(rows):
        for row, best in zip(rows, _maxima(fit, left_out[rows]), strict=True):
            refits[row] = _checked(fit, others[row], best)
    few = sum(refit is None for refit in refits) * fit.k * fit.nodes**2 < _MOST_POINTS_ALONE
    return [
        refit or (_alone(fit, data) if few else _given_up(fit, data))
        for refit, data in zip(refits, others, strict=True)
    ]


def _alone(fit: BivariateFit, data: TwoByTwos) -> BivariateFit | NotEstimable:
    return fit_bivariate(data, model=fit.model, start=fit.theta)


def _given_up(fit: BivariateFit, data: TwoByTwos) -> NotEstimable:
    """Return why the search was not made; tables without a maximum have their own reason."""
    spread = (bool(FREE[fit.model][L11]), bool(FREE[fit.model][L22]))
    reason = why_not_estimable(data, spread=spread) or TOO_LONG
    return not_estimable(data, model=fit.model, reason=reason)


def _checked(
    fit: BivariateFit, data: TwoByTwos, best: CheckedMaximum
) -> BivariateFit | NotEstimable | None:
    """Return the refit; None where its nodes do not do."""
    enough = _TARGET if best.nodes == fit.nodes else _ENOUGH
    if not best.converged or best.quadrature_error > enough:
        return None
    notes = notes_on_empty_arms(data, data)
    return describe_maximum(data, best, model=fit.model, start=GIVEN_START, notes=notes)


def _maxima(fit: BivariateFit, left_out: Counts) -> list[CheckedMaximum]:
    arms, nodes = Arms.from_tables(fit.data), _affordable(fit)
    weights = np.ones((len(left_out), fit.k))
    weights[np.arange(len(left_out)), left_out] = 0.0
    start = off_zero(np.tile(fit.theta, (len(left_out), 1)), FREE[fit.model])
    found = maximise(
        start,
        arms,
        free=FREE[fit.model],
        nodes=nodes,
        tolerance=_TOLERANCE,
        weights=weights,
        max_steps=int(np.clip(_MOST_POINTS_TOGETHER / (weights.size * nodes**2), 8, 80)),
    )
    finer = evaluate(found.theta, arms, nodes + _MORE_NODES, weights=weights)
    errors = np.abs(finer.log_likelihood - found.at.log_likelihood)
    return [_one(found, i, nodes, float(error)) for i, error in enumerate(errors)]


def _affordable(fit: BivariateFit) -> int:
    """Return the nodes of the full fit, or fewer where all refits would take too many points."""
    for nodes in (fit.nodes, *(fewer for fewer in _AFFORDABLE[:-1] if fewer < fit.nodes)):
        if fit.k**2 * nodes**2 < _MOST_POINTS:
            return nodes
    return min(fit.nodes, _AFFORDABLE[-1])


def _one(found: Maximum, i: int, nodes: int, error: float) -> CheckedMaximum:
    return CheckedMaximum(
        theta=found.theta[i],
        log_likelihood=float(found.at.log_likelihood[i]),
        hessian=found.at.hessian[i],
        nodes=nodes,
        quadrature_error=error,
        steps=int(found.steps[i]),
        start=0,
        converged=bool(found.converged[i]),
    )
