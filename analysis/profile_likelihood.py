"""Profile-likelihood intervals of summary sensitivity and specificity."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from analysis.bivariate import FREE
from analysis.data import Floats
from analysis.newton import ascent, maximise
from analysis.one_effect import HERMITE_RULES
from analysis.quadrature import L11, L22, Arms, corrected, evaluate, log_likelihood
from analysis.results import ARMS, BivariateFit

_TOLERANCE = 1e-7
# Newton decrement at which the other parameters count as at their best: 1e-12 of a log-likelihood.
_MAXIMUM = 1e-12
# Beyond this a bound of a proportion is called uncertain: a tenth of the 1e-4 promised, for where
# the quadrature converges slowly ten more nodes show only a part of its error.
_UNCERTAIN = 1e-5
_MORE_NODES = 10
# Graded steps, for what lies so far from the maximum that its nodes do not do; and for how many
# studies at most.
_FINER_NODES = 61
_MOST_STUDIES = 2000
# Where one evaluation takes more points of graded steps than this, few steps are tried first,
# corrected by what they leave out at the maximum, and kept where the bounds are then exact enough.
_MANY_POINTS = 2e5
_FEW_NODES = 41
_EXACT = 1e-6
_MOST_ROUNDS = 40
_MOST_STEPS = 80
# All of a search, some seconds' worth; then the bounds not found are given up. A point of graded
# steps takes thrice as long.
_MOST_POINTS = 1.2e8
# Logits beyond this are proportions within 1e-13 of 0 or 1: the likelihood has no bound there.
_FARTHEST = 30.0
# A search that starts exactly on a zero of L would never leave it: the gradient is zero there.
_NUDGE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInterval:
    """A profile-likelihood interval of a proportion.

    Attributes
    ----------
    low, high : float or None
        None where the likelihood never falls far enough: these studies set no bound.
    quadrature_error : float
        How far the bounds move, at first order, when 10 more nodes are used.
    given_up : bool
        Whether a bound is missing because the search for it took too long.
    """

    low: float | None
    high: float | None
    quadrature_error: float
    given_up: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, with a sentence where a bound is missing or uncertain."""
        missing = [name for name in ("low", "high") if getattr(self, name) is None]
        reason = None
        if missing:
            ends = " and ".join({"low": "lower", "high": "upper"}[name] for name in missing)
            reason = f"The likelihood does not fall far enough for its {ends} bound."
            if self.given_up:
                reason = f"The search for its {ends} bound takes too long and was given up."
        elif self.quadrature_error > _UNCERTAIN:
            error = f"{self.quadrature_error:.1g}"
            reason = f"The numerical integration leaves it uncertain, by {error} or more."
        return {
            "interval": [self.low, self.high],
            "quadrature_error": self.quadrature_error,
            "reason": reason,
        }


def profile_intervals(fit: BivariateFit, level: float = 0.95) -> dict[str, ProfileInterval]:
    """Return the intervals of sensitivity and specificity where the profile likelihood is high.

    A value belongs to the interval when fixing it lowers twice the maximised log-likelihood by no
    more than the quantile of chi-squared on one degree of freedom. All four bounds are sought at
    once by Newton's method on the signed root of that fall, which is nearly linear [1]_.

    Parameters
    ----------
    fit : BivariateFit
    level : float

    Returns
    -------
    dict
        Keys "sensitivity" and "specificity".

    References
    ----------
    .. [1] Venzon DJ, Moolgavkar SH. A method for computing profile-likelihood-based confidence
       intervals. Appl Stat 1988;37:87-94.
    """
    which = np.array([0, 0, 1, 1])
    target = float(norm.ppf((1 + level) / 2))
    nodes = fit.nodes
    arms = Arms.from_tables(fit.data)
    many = nodes not in HERMITE_RULES and fit.k * nodes**2 > _MANY_POINTS
    if many:
        few = corrected(arms, fit.theta, _FEW_NODES, nodes)
        found, unsettled, bounds, moves = _bounds(fit, few, which, target, _FEW_NODES)
    if not many or unsettled.any() or moves.max() > _EXACT:
        found, unsettled, bounds, moves = _bounds(fit, arms, which, target, nodes)
    if moves.max() > _UNCERTAIN and nodes < _FINER_NODES and fit.k < _MOST_STUDIES:
        found, unsettled, bounds, moves = _bounds(fit, arms, which, target, _FINER_NODES)
    low_high = [float(bound) if there else None for bound, there in zip(bounds, found, strict=True)]
    return {
        arm: ProfileInterval(
            low=low_high[2 * i],
            high=low_high[2 * i + 1],
            quadrature_error=float(moves[2 * i : 2 * i + 2].max()),
            given_up=bool(unsettled[2 * i : 2 * i + 2].any()),
        )
        for i, arm in enumerate(ARMS)
    }


def _bounds(
    fit: BivariateFit, arms: Arms, which: NDArray[np.int64], target: float, nodes: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats, Floats]:
    """Return which bounds there are, which were given up, their values, and how sure they are.

    The last is how far more nodes would move them.
    """
    side = np.array([-1.0, 1.0, -1.0, 1.0])
    found, unsettled, theta = _search(fit, arms, which, side, target, nodes)
    bounds: Floats = expit(theta[np.arange(len(which)), which])
    shifts = bounds * (1 - bounds) * _moves(fit, arms, theta, which, nodes)
    return found, unsettled, bounds, np.where(found, shifts, 0.0)


def _moves(
    fit: BivariateFit, arms: Arms, theta: Floats, which: NDArray[np.int64], nodes: int
) -> Floats:
    """Return how far each logit bound moves, at first order, with more nodes than the fit's."""
    points = np.vstack([fit.theta, theta])
    coarse = log_likelihood(points, arms, nodes)
    more = max(nodes, fit.nodes) + _MORE_NODES
    finer = evaluate(points, Arms.from_tables(fit.data), more)
    change = finer.log_likelihood - coarse
    steepness = np.abs(finer.gradient[1:][np.arange(len(which)), which])
    moves: Floats = np.abs(change[1:] - change[0]) / np.maximum(steepness, 1e-6)
    return moves


def _search(
    fit: BivariateFit,
    arms: Arms,
    which: NDArray[np.int64],
    side: Floats,
    target: float,
    nodes: int,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """Return for which bounds the signed root reaches the target, and the parameters there.

    Between them: which bounds were given up.
    """
    free = np.tile(FREE[fit.model], (len(which), 1))
    free[np.arange(len(which)), which] = False
    slope = fit.theta_cov[:, which].T / np.diag(fit.theta_cov)[which, None]
    move = side * target * np.sqrt(np.diag(fit.theta_cov)[which])
    theta = np.tile(fit.theta, (len(which), 1)) + slope * move[:, None]
    start = fit.theta[which]
    reached = np.zeros(len(which), dtype=bool)
    open_ = np.arange(len(which))
    # Evaluations of one parameter vector that are left.
    left = int(_MOST_POINTS / (fit.k * nodes**2 * (1 if nodes in HERMITE_RULES else 3)))
    for _ in range(_MOST_ROUNDS):
        most = min(_MOST_STEPS, left // max(len(open_), 1))
        if not len(open_) or not most:
            break
        found = maximise(
            _off_zero(theta[open_], free[open_]),
            arms,
            free=free[open_],
            nodes=nodes,
            tolerance=_MAXIMUM,
            max_steps=most,
        )
        left -= int(found.steps.sum()) + len(open_)
        theta[open_] = found.theta
        at = theta[open_, which[open_]]
        fall = np.sqrt(np.maximum(2 * (fit.log_likelihood - found.at.log_likelihood), 1e-12))
        steepness = -found.at.gradient[np.arange(len(open_)), which[open_]] / fall
        outwards = np.maximum(side[open_] * steepness, 1e-6)
        away = np.abs(at - start[open_])
        step = side[open_] * np.clip((target - fall) / outwards, -0.9 * away, np.maximum(away, 1))
        # The other parameters follow, as far as the curvature tells.
        bend = found.at.hessian[np.arange(len(open_)), :, which[open_]]
        theta[open_] += ascent(bend * step[:, None], found.at.hessian, free[open_])[0]
        theta[open_, which[open_]] = at + step
        # Cut short, the other parameters may not be at their best.
        done = (np.abs(step) < _TOLERANCE) & (found.converged | (most == _MOST_STEPS))
        reached[open_[done]] = True
        open_ = open_[~done & (np.abs(at + step) < _FARTHEST)]
    unsettled = np.zeros(len(which), dtype=bool)
    unsettled[open_] = True
    return reached, unsettled, theta


def _off_zero(theta: Floats, free: NDArray[np.bool_]) -> Floats:
    moved = theta.copy()
    for diagonal in (L11, L22):
        on_zero = free[:, diagonal] & (np.abs(theta[:, diagonal]) < _NUDGE / 10)
        moved[on_zero, diagonal] = _NUDGE
    return moved
