"""Every study left out in turn, and the model fitted again: all refits at once."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.bivariate import (
    FREE,
    GIVEN_START,
    describe_maximum,
    fit_bivariate,
    notes_on_empty_arms,
    off_zero,
)
from analysis.data import Counts, Floats, TwoByTwos
from analysis.estimability import not_estimable, why_not_estimable
from analysis.newton import CheckedMaximum, Maximum, ascent, maximise
from analysis.one_effect import HERMITE_RULES
from analysis.quadrature import L11, L22, Arms, Evaluation, by_study, corrected, log_likelihood
from analysis.results import ARMS, BivariateFit, NotEstimable

Progress = Callable[[int, int, str], None]

_MORE_NODES = 10
_TARGET = 5e-7
# Newton decrement: after one more step the means are within 1e-6 standard errors.
_TOLERANCE = 1e-10
# Where one evaluation of all refits takes more points of graded steps than this, few steps are
# taken, and corrected by what they leave out at the full fit.
_MOST_POINTS = 1e7
_FEW_NODES = 41
# Parameter vectors are taken together until they meet this many studies.
_STUDIES_AT_ONCE = 40_000
# Refits are checked by more nodes, those farthest from the full fit first, until with all that
# meet this many studies together the check is passed.
_STUDIES_CHECKED = 2_000
# Of the steps of one batch together.
_MOST_POINTS_TOGETHER = 6e7
# Of fits of their own, counted by one evaluation each: a few seconds' worth.
_MOST_POINTS_ALONE = 2e7
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
    reason = why_not_estimable(data, spread=spread)
    if reason:
        return not_estimable(data, model=fit.model, reason=reason)
    nothing = {"kind": "none", "reason": TOO_LONG}
    return NotEstimable(
        data=data,
        model=fit.model,
        reason=TOO_LONG,
        fallback=dict.fromkeys(ARMS, nothing),
        warnings=(TOO_LONG,),
    )


def _checked(
    fit: BivariateFit, data: TwoByTwos, best: CheckedMaximum
) -> BivariateFit | NotEstimable | None:
    """Return the refit; None where its nodes do not do."""
    if not best.converged or best.quadrature_error > _TARGET:
        return None
    notes = notes_on_empty_arms(data, data)
    return describe_maximum(data, best, model=fit.model, start=GIVEN_START, notes=notes)


def _maxima(fit: BivariateFit, left_out: Counts) -> list[CheckedMaximum]:
    arms, nodes, free = Arms.from_tables(fit.data), fit.nodes, FREE[fit.model]
    weights = np.ones((len(left_out), fit.k))
    weights[np.arange(len(left_out)), left_out] = 0.0
    start = off_zero(fit.theta[None], free)
    if nodes not in HERMITE_RULES and fit.k**2 * nodes**2 > _MOST_POINTS:
        arms, nodes = corrected(arms, start[0], _FEW_NODES, nodes), _FEW_NODES
    # All start at the same point, so that all studies together are evaluated there but once.
    shares = by_study(start, arms, nodes)
    value, gradient, hessian = (share.sum(axis=1) - share[0, left_out] for share in shares)
    found = maximise(
        np.repeat(start, len(left_out), axis=0),
        arms,
        free=free,
        nodes=nodes,
        tolerance=_TOLERANCE,
        weights=weights,
        max_steps=int(np.clip(_MOST_POINTS_TOGETHER / (weights.size * nodes**2), 8, 80)),
        at=Evaluation(log_likelihood=value, gradient=gradient, hessian=hessian),
    )
    found = _one_step_more(found, free)
    away = found.theta - start
    moved = np.abs(np.einsum("bp,pq,bq->b", away, shares[2][0].sum(axis=0), away))
    errors = _errors(fit, found, weights, moved)
    return [_one(found, i, fit.nodes, float(error)) for i, error in enumerate(errors)]


def _one_step_more(found: Maximum, free: NDArray[np.bool_]) -> Maximum:
    """Take a last step of Newton's method without evaluating where it leads."""
    everywhere = np.tile(free, (len(found.theta), 1))
    step, decrement = ascent(found.at.gradient, found.at.hessian, everywhere)
    at = replace(found.at, log_likelihood=found.at.log_likelihood + decrement / 2)
    return replace(found, theta=found.theta + step, at=at)


def _errors(fit: BivariateFit, found: Maximum, weights: Floats, moved: Floats) -> Floats:
    """Return what more nodes change; of refits near the full fit, the most of farther ones."""
    arms, farthest_first = Arms.from_tables(fit.data), np.argsort(-moved)
    size = max(1, _STUDIES_CHECKED // fit.k)
    errors = np.empty(len(moved))
    for i in range(0, len(moved), size):
        batch, rest = farthest_first[i : i + size], farthest_first[i + size :]
        finer = log_likelihood(
            found.theta[batch], arms, fit.nodes + _MORE_NODES, weights=weights[batch]
        )
        errors[batch] = np.abs(finer - found.at.log_likelihood[batch])
        errors[rest] = errors[batch].max()
        if errors[batch].max() < _TARGET:
            break
    return errors


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
