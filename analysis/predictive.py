"""What a test result means at a given prevalence: predictive values and natural frequencies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from analysis.data import Floats
from analysis.results import BivariateFit

PER = 1000
_CURVE_POINTS = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its 95 % interval, in the units of what holds it.

    Attributes
    ----------
    estimate, low, high : float
    """

    estimate: float
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {"estimate": self.estimate, "interval": [self.low, self.high]}

    def turned(self, whole: float) -> "Interval":
        """Return what is left of ``whole``.

        Parameters
        ----------
        whole : float
            What the estimate and its complement add up to.

        Returns
        -------
        Interval
        """
        return Interval(
            estimate=whole - self.estimate, low=whole - self.high, high=whole - self.low
        )

    def times(self, factor: float) -> "Interval":
        """Return the interval in units ``factor`` times smaller.

        Parameters
        ----------
        factor : float

        Returns
        -------
        Interval
        """
        return Interval(
            estimate=factor * self.estimate, low=factor * self.low, high=factor * self.high
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPrevalence:
    """What the summary accuracy means where a given share has the target condition.

    Attributes
    ----------
    prevalence : float
        Pre-test probability, in (0, 1).
    ppv, npv : Interval
        Positive and negative predictive value, proportions.
    post_positive, post_negative : Interval
        Probability of the target condition after a positive and after a negative result: the PPV,
        and 1 - NPV.
    tp, fn, fp, tn : Interval
        Participants in 1000, not rounded.
    """

    prevalence: float
    ppv: Interval
    npv: Interval
    tp: Interval
    fn: Interval
    fp: Interval
    tn: Interval

    @property
    def post_positive(self) -> Interval:
        """Post-test probability after a positive result."""
        return self.ppv

    @property
    def post_negative(self) -> Interval:
        """Post-test probability after a negative result."""
        return self.npv.turned(1.0)

    def whole(self) -> dict[str, int]:
        """Return natural frequencies: whole numbers that add up to 1000."""
        diseased = round(PER * self.prevalence)
        tp = min(round(self.tp.estimate), diseased)
        fp = min(round(self.fp.estimate), PER - diseased)
        return {"tp": tp, "fn": diseased - tp, "fp": fp, "tn": PER - diseased - fp}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        names = ("ppv", "npv", "post_positive", "post_negative")
        cells = ("tp", "fn", "fp", "tn")
        return {
            "prevalence": self.prevalence,
            **{name: getattr(self, name).to_dict() for name in names},
            "per_1000": {name: getattr(self, name).to_dict() for name in cells},
            "natural_frequencies": self.whole(),
        }


def at_prevalence(fit: BivariateFit, prevalence: float, *, level: float = 0.95) -> AtPrevalence:
    """Return predictive values and frequencies per 1000 at one prevalence.

    By Bayes' theorem on the odds scale, as Fagan's nomogram [1]_: logit(PPV) = logit(prevalence) +
    ln LR+ and logit(1 - NPV) = logit(prevalence) + ln LR-. The prevalence counts as known; the
    intervals carry the uncertainty of sensitivity and specificity together, by the delta method
    on the log scale of the likelihood ratios.

    Parameters
    ----------
    fit : BivariateFit
    prevalence : float
        In (0, 1).
    level : float
        Confidence level.

    Returns
    -------
    AtPrevalence

    Raises
    ------
    ValueError
        The prevalence is not between 0 and 1.

    References
    ----------
    .. [1] Fagan TJ. Nomogram for Bayes's theorem. N Engl J Med 1975;293:257.
    """
    if not 0 < prevalence < 1:
        raise ValueError("a prevalence lies between 0 and 1, both excluded")
    z = float(stats.norm.ppf((1 + level) / 2))
    odds = float(logit(prevalence))
    sens, spec = fit.summary_point
    mu1, mu2 = fit.mean
    positive = odds + _log_expit(mu1) - _log_expit(-mu2)
    negative = odds + _log_expit(-mu1) - _log_expit(mu2)
    after_negative = _on_logit(negative, _error(fit, (-sens, spec - 1)), z)
    sensitivity, specificity = (
        Interval(estimate=estimate, low=float(low), high=float(high))
        for estimate, (low, high) in zip((sens, spec), fit.wald(level), strict=True)
    )
    diseased, healthy = PER * prevalence, PER * (1 - prevalence)
    return AtPrevalence(
        prevalence=prevalence,
        ppv=_on_logit(positive, _error(fit, (1 - sens, spec)), z),
        npv=after_negative.turned(1.0),
        tp=sensitivity.times(diseased),
        fn=sensitivity.turned(1.0).times(diseased),
        fp=specificity.turned(1.0).times(healthy),
        tn=specificity.times(healthy),
    )


def _log_expit(x: float) -> float:
    return -float(np.logaddexp(0, -x))


def _error(fit: BivariateFit, slope: tuple[float, float]) -> float:
    along = np.array(slope)
    return math.sqrt(float(along @ fit.mean_cov @ along))


def _on_logit(middle: float, error: float, z: float) -> Interval:
    low, estimate, high = expit(np.array([middle - z * error, middle, middle + z * error])).tolist()
    return Interval(estimate=estimate, low=low, high=high)


def predictive_curve(fit: BivariateFit, prevalences: Floats | None = None) -> list[dict[str, Any]]:
    """Return predictive values against prevalence, for a plot.

    Parameters
    ----------
    fit : BivariateFit
    prevalences : ndarray, shape (m,), optional
        By default 0.01, 0.02, ..., 0.99.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        A prevalence is not between 0 and 1.
    """
    if prevalences is None:
        prevalences = np.arange(1, _CURVE_POINTS + 1) / (_CURVE_POINTS + 1)
    found = [at_prevalence(fit, prevalence) for prevalence in prevalences.tolist()]
    return [
        {
            "prevalence": point.prevalence,
            "ppv": point.ppv.to_dict(),
            "npv": point.npv.to_dict(),
        }
        for point in found
    ]


_FINDINGS = (
    ("tp", "True positives", "correctly told that they have the target condition"),
    ("fn", "False negatives", "wrongly told that they do not have the target condition"),
    ("tn", "True negatives", "correctly told that they do not have the target condition"),
    ("fp", "False positives", "wrongly told that they have the target condition"),
)


def summary_of_findings(fit: BivariateFit, prevalences: Sequence[float]) -> list[dict[str, Any]]:
    """Return the rows of a summary-of-findings table, per 1000 people tested [1]_.

    Parameters
    ----------
    fit : BivariateFit
    prevalences : sequence of float
        Usually two or three, each in (0, 1).

    Returns
    -------
    list of dict
        One row per cell of the 2x2 table: "outcome", "name", "meaning", "studies", "participants"
        (those with the target condition for the first two rows, those without for the others) and
        "per_1000": for each prevalence the estimate and interval as whole numbers.

    Raises
    ------
    ValueError
        A prevalence is not between 0 and 1.

    References
    ----------
    .. [1] Schünemann HJ, Oxman AD, Brozek J, et al. Grading quality of evidence and strength of
       recommendations for diagnostic tests and strategies. BMJ 2008;336:1106-1110.
    """
    found = [at_prevalence(fit, prevalence) for prevalence in prevalences]
    totals = fit.data.totals
    rows = []
    for cell, name, meaning in _FINDINGS:
        counted = totals[:, 0] if cell in ("tp", "fn") else totals[:, 1]
        rows.append(
            {
                "outcome": cell,
                "name": name,
                "meaning": meaning,
                "studies": int((counted > 0).sum()),
                "participants": int(counted.sum()),
                "per_1000": [_whole_row(point, cell) for point in found],
            }
        )
    return rows


def _whole_row(point: AtPrevalence, cell: str) -> dict[str, Any]:
    interval: Interval = getattr(point, cell)
    estimate = point.whole()[cell]
    # Cells are rounded so that they add up: a narrow interval must not leave its estimate out.
    bounds = [min(round(interval.low), estimate), max(round(interval.high), estimate)]
    return {"prevalence": point.prevalence, "estimate": estimate, "interval": bounds}
