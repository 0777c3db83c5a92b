"""Whether the likelihood has a maximum, decided before it is searched; and what to say if not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from analysis.data import Counts, TwoByTwos
from analysis.intervals import clopper_pearson, exact_bound
from analysis.newton import maximise_checked
from analysis.quadrature import L11, MU1, Arms
from analysis.results import ARMS, Model, NotEstimable

_WHO = {
    "sensitivity": "participants with the target condition",
    "specificity": "participants without the target condition",
}
_FOUND = {"sensitivity": "tested positive", "specificity": "tested negative"}
_UNIVARIATE = np.array([True, False, True, False, False])


def why_not_estimable(data: TwoByTwos, *, spread: tuple[bool, bool] = (True, True)) -> str | None:
    """Return the reason why the model has no finite maximum for these tables, if so.

    Parameters
    ----------
    data : TwoByTwos
    spread : tuple of bool
        Whether the model has a between-study variance of sensitivity, and of specificity.

    Returns
    -------
    str or None
    """
    if len(data) == 0:
        return "No study has any participants, so there is nothing to pool."
    if len(data) == 1:
        return (
            "There is only one study: a meta-analysis needs at least two. "
            "The exact intervals of that study are given instead."
        )
    reasons = [
        _arm_reason(arm, data.events[:, i], data.totals[:, i], spread[i])
        for i, arm in enumerate(ARMS)
    ]
    return " ".join(reason for reason in reasons if reason) or None


def not_estimable(
    data: TwoByTwos, *, model: Model, reason: str, warnings: tuple[str, ...] = ()
) -> NotEstimable:
    """Return the result for tables without an estimate, with each arm's fallback.

    Parameters
    ----------
    data : TwoByTwos
    model : {"bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"}
    reason : str
        A sentence; it becomes the first warning.
    warnings : tuple of str
        Further ones.

    Returns
    -------
    NotEstimable
    """
    fallback = {
        arm: _fallback(arm, data.events[:, i], data.totals[:, i]) for i, arm in enumerate(ARMS)
    }
    return NotEstimable(
        data=data, model=model, reason=reason, fallback=fallback, warnings=(reason, *warnings)
    )


def _arm_reason(arm: str, events: Counts, totals: Counts, spread: bool) -> str | None:
    y, n = events[totals > 0], totals[totals > 0]
    if len(n) < 2:
        number = "Only one study has" if len(n) else "No study has"
        return f"{number} {_WHO[arm]}: {arm} cannot be pooled."
    if (y == n).all() or (y == 0).all():
        extent = "Every one" if y.any() else "None"
        return (
            f"{extent} of the {int(n.sum())} {_WHO[arm]} {_FOUND[arm]}: the likelihood has "
            f"no finite maximum for {arm}, so a one-sided exact bound is given instead."
        )
    if spread and ((y == n) | (y == 0)).all():
        return (
            f"In each study either all or none of the {_WHO[arm]} {_FOUND[arm]}: how much "
            f"{arm} varies between studies has no finite estimate."
        )
    return None


def _fallback(arm: str, events: Counts, totals: Counts) -> Mapping[str, Any]:
    """Return what can be said of one arm alone, by "kind"."""
    used = totals > 0
    y, n = events[used], totals[used]
    found, total = int(y.sum()), int(n.sum())
    counts = {"k": len(n), "events": found, "total": total}
    if not total:
        return {"kind": "none", "reason": _arm_reason(arm, events, totals, True), **counts}
    if found in (0, total) and len(n) > 1:
        return {
            "kind": "bound",
            "estimate": found / total,
            "bound": exact_bound(found, total),
            "side": "lower" if found else "upper",
            "level": 0.95,
            **counts,
        }
    if len(n) == 1:
        low, high = clopper_pearson(found, total)[0].tolist()
        return {"kind": "exact", "estimate": found / total, "interval": [low, high], **counts}
    if ((y == n) | (y == 0)).all():
        return {"kind": "none", "reason": _arm_reason(arm, events, totals, True), **counts}
    return {**_univariate(y, n), **counts}


def _univariate(events: Counts, totals: Counts) -> dict[str, Any]:
    """Fit the random-intercept binomial model to one arm: the other is left empty."""
    nobody = np.zeros(len(totals))
    arms = Arms.from_counts(
        np.column_stack([events, nobody]).astype(float),
        np.column_stack([totals, nobody]).astype(float),
    )
    logits = np.log((events + 0.5) / (totals - events + 0.5))
    starts = np.array([[logits.mean(), 0.0, sd, 0.0, 0.0] for sd in (0.3, 1.0)])
    best = maximise_checked(starts, arms, free=_UNIVARIATE)
    information = -best.hessian[np.ix_(_UNIVARIATE, _UNIVARIATE)]
    if not best.converged or np.linalg.eigvalsh(information)[0] <= 0:
        return {"kind": "none", "reason": "The univariate model did not converge either."}
    mean = float(best.theta[MU1])
    se = float(np.sqrt(np.linalg.inv(information)[0, 0]))
    reach = float(norm.ppf(0.975)) * se
    return {
        "kind": "univariate",
        "estimate": float(expit(mean)),
        "wald": [float(expit(mean - reach)), float(expit(mean + reach))],
        "mean_logit": mean,
        "standard_error": se,
        "variance": float(best.theta[L11] ** 2),
        "log_likelihood": best.log_likelihood,
    }
