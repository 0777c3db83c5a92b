"""Several thresholds per study: sensitivity and specificity as functions of the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from analysis.areas import logistic_areas
from analysis.data import Counts, Floats, TwoByTwos
from analysis.errors import BadTable
from analysis.log_odds import ADDED
from analysis.reml import MixedModel, fit_mixed_model
from analysis.versions import versions

Structure = Literal["CI", "DI", "CS", "DS", "CICS", "DICS", "CIDS", "DIDS"]
Scale = Literal["log", "linear"]

# Which of the columns 1, group, threshold and group times threshold vary between studies.
STRUCTURES: dict[Structure, tuple[int, ...]] = {
    "CI": (0,),
    "DI": (0, 1),
    "CS": (2,),
    "DS": (2, 3),
    "CICS": (0, 2),
    "DICS": (0, 2, 1),
    "CIDS": (0, 2, 3),
    "DIDS": (0, 1, 2, 3),
}
_FEWEST = 3
_COEFFICIENTS = 4
_GRID = 2001
_CURVE = 51
# Optima are sought as far as five standard deviations of the marker from both means.
_REACH = 5.0
_DELTA = 1e-5
_FLAT = 1e-9
# Thresholds beyond have no squares.
_LARGEST = 1e100
# Thresholds that differ by less of their size leave too few digits for an interval.
_CLOSEST = 1e-5
# Below this residual variance of logits, the restricted likelihood rises for ever.
_EXACT = 1e-9
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Thresholds:
    """The multiple-thresholds model, logit P(marker <= x) = alpha + beta x in each group.

    Attributes
    ----------
    k : int
        Studies.
    rows : int
        2x2 tables.
    structure : str
        One of `STRUCTURES`: common or different (C, D) random intercepts and slopes (I, S).
    scale : {"log", "linear"}
        What x is of the threshold.
    weight : float
        Of sensitivity in the optimal threshold; specificity has 1 - weight.
    observed : tuple of float
        Lowest and highest threshold, in the marker's own units.
    model : MixedModel or None
        Scaled; read `lines`.
    lines : ndarray, shape (4,)
        alpha0, beta0 (without the target condition), alpha1, beta1 (with it).
    lines_cov : ndarray, shape (4, 4)
    reason : str or None
    """

    k: int
    rows: int
    structure: Structure
    scale: Scale
    weight: float
    observed: tuple[float, float]
    model: MixedModel | None
    lines: Floats
    lines_cov: Floats
    reason: str | None

    def at(self, threshold: float) -> dict[str, Any]:
        """Return sensitivity and specificity at a threshold, with 95 % confidence intervals.

        The intervals are of the median study: they leave out the spread within and between studies.

        Parameters
        ----------
        threshold : float
            In the marker's own unit.

        Returns
        -------
        dict
            "threshold", and "sensitivity" and "specificity", proportions with "estimate" and "ci".

        Raises
        ------
        ValueError
            There is no fit, or the threshold is not positive on the log scale.
        """
        if self.model is None:
            raise ValueError("there is no fit")
        x = self._x(threshold)
        spec = self._line(x, slice(0, 2))
        missed = self._line(x, slice(2, 4))
        low, estimate, high = expit(-np.array(missed[::-1])).tolist()
        spec_low, specificity, spec_high = expit(np.array(spec)).tolist()
        return {
            "threshold": threshold,
            "sensitivity": {"estimate": estimate, "ci": [low, high]},
            "specificity": {"estimate": specificity, "ci": [spec_low, spec_high]},
        }

    def _x(self, threshold: float) -> float:
        if self.scale == "linear":
            return float(threshold)
        if threshold <= 0:
            raise ValueError("a threshold on the log scale is above 0")
        return float(np.log(threshold))

    def _line(self, x: float, which: slice) -> tuple[float, float, float]:
        slope = np.array([1.0, x])
        middle = float(self.lines[which] @ slope)
        reach = _Z * float(np.sqrt(slope @ self.lines_cov[which, which] @ slope))
        return middle - reach, middle, middle + reach

    def optimal(self) -> dict[str, Any] | None:
        """Return the threshold with the largest weighted sum of sensitivity and specificity.

        Its interval is by the delta method on the scale of x, through the implicit function.
        None where there is no fit, the sum is flat, or it rises to the end of the marker's range.
        """
        if self.model is None:
            return None
        x = self._optimum(self.lines)
        if x is None:
            return None
        slope = np.array([self._score(x, self.lines + step) for step in _steps(self.lines)])
        slope -= [self._score(x, self.lines - step) for step in _steps(self.lines)]
        slope /= 2 * np.abs(_steps(self.lines)).sum(axis=1)
        bend = self._bend(x)
        if abs(bend) < _FLAT * self.lines[1] * self.lines[3]:
            return None
        reach = _Z * float(np.sqrt(slope @ self.lines_cov @ slope)) / abs(bend)
        bounds = np.array([x, x - reach, x + reach])
        on_scale = np.exp(np.minimum(bounds, 700.0)) if self.scale == "log" else bounds
        threshold, *ci = on_scale.tolist()
        outside = not self.observed[0] <= threshold <= self.observed[1]
        return {**self.at(threshold), "ci": ci, "outside_observed": outside}

    def _score(self, x: float, lines: Floats) -> float:
        """Return the derivative by x of the weighted sum."""
        alpha0, beta0, alpha1, beta1 = lines
        gain = (1 - self.weight) * beta0 * _bell(alpha0 + beta0 * x)
        return float(gain - self.weight * beta1 * _bell(alpha1 + beta1 * x))

    def _bend(self, x: float) -> float:
        """Return the second derivative by x of the weighted sum."""
        alpha0, beta0, alpha1, beta1 = self.lines
        at0, at1 = alpha0 + beta0 * x, alpha1 + beta1 * x
        gain = (1 - self.weight) * beta0**2 * _bell(at0) * (1 - 2 * expit(at0))
        return float(gain - self.weight * beta1**2 * _bell(at1) * (1 - 2 * expit(at1)))

    def _optimum(self, lines: Floats) -> float | None:
        alpha0, beta0, alpha1, beta1 = lines
        low = min(-(alpha0 + _REACH) / beta0, -(alpha1 + _REACH) / beta1)
        high = max((_REACH - alpha0) / beta0, (_REACH - alpha1) / beta1)
        x = np.linspace(low, high, _GRID)
        total = (1 - self.weight) * expit(alpha0 + beta0 * x)
        total += self.weight * expit(-(alpha1 + beta1 * x))
        best = int(total.argmax())
        if best in (0, _GRID - 1):
            return None
        # The sum rises before the optimum and falls after it: bisect its derivative.
        below, above = float(x[best - 1]), float(x[best + 1])
        for _ in range(100):
            middle = (below + above) / 2
            rising = self._score(middle, lines) > 0
            below, above = (middle, above) if rising else (below, middle)
        return (below + above) / 2

    def area(self) -> dict[str, Any]:
        """Return the area under the curve over all thresholds; its CI by the logit delta method."""
        if self.model is None:
            return {"estimate": None, "ci": None}
        steps = _steps(self.lines)
        points = np.vstack([self.lines, self.lines + steps, self.lines - steps])
        slope = points[:, 3] / points[:, 1]
        found = logistic_areas(points[:, 0] * slope - points[:, 2], slope)
        area, odds = float(found[0]), float(found[0] * (1 - found[0]))
        if odds < 1e-12:
            return {"estimate": area, "ci": None}
        n = len(steps)
        along = (found[1 : n + 1] - found[n + 1 :]) / (2 * np.abs(steps).sum(axis=1)) / odds
        reach = _Z * float(np.sqrt(along @ self.lines_cov @ along))
        ci = expit(logit(area) + reach * np.array([-1.0, 1.0])).tolist()
        return {"estimate": area, "ci": ci}

    def curve(self) -> list[dict[str, Any]]:
        """Return 51 points over the observed thresholds; none without a fit."""
        if self.model is None:
            return []
        spread = np.geomspace if self.scale == "log" else np.linspace
        return [self.at(x) for x in spread(*self.observed, _CURVE).tolist()]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        fitted = self.model is not None
        names = ("alpha0", "beta0", "alpha1", "beta1")
        optimal = self.optimal()
        reason = self.reason
        if fitted and optimal is None:
            reason = (
                "No threshold is best: the weighted sum of sensitivity and specificity is flat, or "
                "rises to the end of the range."
            )
        return {
            "k": self.k,
            "rows": self.rows,
            "model": self.structure,
            "scale": self.scale,
            "weight": self.weight,
            "observed": list(self.observed),
            "converged": fitted,
            "coefficients": dict(zip(names, self.lines.tolist(), strict=True)) if fitted else None,
            "coefficients_cov": self.lines_cov.tolist() if fitted else None,
            "reml_criterion": self.model.criterion if self.model else None,
            "residual_variance": self.model.residual_variance if self.model else None,
            "optimal": optimal,
            "auc": self.area(),
            "curve": self.curve(),
            "reason": reason,
            "versions": versions(),
        }


def _bell(x: float) -> float:
    return float(expit(x) * expit(-x))


def _steps(lines: Floats) -> Floats:
    steps: Floats = np.diag(_DELTA * np.maximum(np.abs(lines), 1e-3))
    return steps


def fit_thresholds(
    data: TwoByTwos,
    thresholds: Sequence[float],
    studies: Sequence[str],
    *,
    structure: Structure = "DICS",
    scale: Scale | None = None,
    weight: float = 0.5,
) -> Thresholds:
    """Fit the multiple-thresholds model of Steinhauser and others [1]_ by REML.

    A positive result is a marker above the threshold. The logits of the shares at or below it, with
    0.5 added to every cell, follow a straight line in each group; intercepts and slopes vary
    between studies as ``structure`` says. Observations are weighted by the inverse of their
    binomial variance.

    Parameters
    ----------
    data : TwoByTwos
        One row per study and threshold, ``k`` in all; an empty arm is left out.
    thresholds : sequence of float, length k
    studies : sequence of str, length k
    structure : str
        One of `STRUCTURES`.
    scale : {"log", "linear"}, optional
        By default "log" where all thresholds are above 0: then the marker is log-logistic.
    weight : float
        Of sensitivity in the optimal threshold, in (0, 1).

    Returns
    -------
    Thresholds
        Without a fit, but with the reason, where the lines cannot be estimated or do not rise.

    Raises
    ------
    BadTable
        Thresholds are not finite numbers, or not above 0 on the log scale.
    ValueError
        The weight is not between 0 and 1.

    References
    ----------
    .. [1] Steinhauser S, Schumacher M, Rücker G. Modelling multiple thresholds in meta-analysis of
       diagnostic test accuracy studies. BMC Med Res Methodol 2016;16:97.
    """
    if not 0 < weight < 1:
        raise ValueError("the weight of sensitivity lies between 0 and 1, both excluded")
    cuts = np.array(thresholds, dtype=float)
    if not np.isfinite(cuts).all():
        raise BadTable("Every threshold must be a finite number.")
    sizes = np.abs(cuts[cuts != 0])
    if ((sizes < 1 / _LARGEST) | (sizes > _LARGEST)).any():
        raise BadTable(
            "The thresholds are too large or too small to compute with: change the unit."
        )
    chosen: Scale = scale or ("log" if (cuts > 0).all() else "linear")
    if chosen == "log" and (cuts <= 0).any():
        raise BadTable("On the log scale every threshold must be above 0.")
    group = np.unique(np.array(studies, dtype=str), return_inverse=True)[1]
    x = np.log(cuts) if chosen == "log" else cuts
    reason = _why_not(data, x, group)
    model, lines, covariance = None, np.zeros(4), np.zeros((4, 4))
    if reason is None:
        model, lines, covariance = _lines(data, x, group, structure)
        reason = _why_not_lines(model, lines, covariance)
    return Thresholds(
        k=int(group.max()) + 1,
        rows=len(data),
        structure=structure,
        scale=chosen,
        weight=weight,
        observed=(float(cuts.min()), float(cuts.max())),
        model=None if reason else model,
        lines=lines,
        lines_cov=covariance,
        reason=reason,
    )


def _why_not(data: TwoByTwos, x: Floats, group: Counts) -> str | None:
    if int(group.max()) + 1 < _FEWEST:
        return f"The model needs at least {_FEWEST} studies."
    if len(np.unique(x)) < 2:
        return "All studies used one and the same threshold: fit the bivariate model instead."
    if np.ptp(x) < _CLOSEST * np.abs(x).max():
        return "The thresholds differ by too little of their size: subtract what they share."
    some = data.totals > 0
    if some.sum() <= _COEFFICIENTS or any(len(np.unique(x[arm])) < 2 for arm in some.T):
        return "Too few tables have participants with, or without, the target condition."
    return None


def _why_not_lines(model: MixedModel, lines: Floats, covariance: Floats) -> str | None:
    # Whether the search says it has ended is chance there.
    if model.residual_variance < _EXACT:
        return "The tables lie on straight lines exactly: nothing is left to judge the model by."
    if not model.converged or not np.isfinite(covariance).all():
        return "The search for the maximum of the restricted likelihood did not converge."
    if min(lines[1], lines[3]) <= 0:
        return (
            "Sensitivity does not fall, or specificity does not rise, with the threshold. If low "
            "values of the marker mean disease, multiply the thresholds by -1."
        )
    return None


def _lines(
    data: TwoByTwos, x: Floats, group: Counts, structure: Structure
) -> tuple[MixedModel, Floats, Floats]:
    tp, fp, fn, tn = np.array(data.rows, dtype=float).T + ADDED
    below, above = np.append(tn, fn), np.append(fp, tp)
    some = np.append(data.totals[:, 1] > 0, data.totals[:, 0] > 0)
    # Scaled, never centred: which effects vary between studies depends on the origin of x.
    unit = float(np.abs(x).max())
    diseased = np.repeat([0.0, 1.0], len(x))
    both = np.append(x, x) / unit
    columns = np.column_stack([np.ones_like(both), diseased, both, diseased * both])[some]
    weights = (below * above / (below + above))[some]
    model = fit_mixed_model(
        np.log(below / above)[some],
        columns,
        columns[:, list(STRUCTURES[structure])],
        weights / weights.mean(),
        np.append(group, group)[some],
    )
    # From treatment coding to one line per group.
    turn = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=float)
    turn[[1, 3]] /= unit
    # REML depends on the units of the columns: give the criterion of the thresholds' own.
    model = replace(model, criterion=model.criterion + 4 * float(np.log(unit)))
    return model, turn @ model.beta, turn @ model.covariance @ turn.T
