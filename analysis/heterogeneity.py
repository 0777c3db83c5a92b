"""How much the studies differ: I2 for two arms, median odds ratios, area of prediction."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

from analysis.data import Floats
from analysis.results import ARMS, BivariateFit
from analysis.spread import between_studies

_ANGLES = 2048
# Beyond this the within-study variance of a study at the mean has no meaning: it overflows.
_LARGEST_EXPONENT = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Measures of the differences between studies, each 0 for none.

    Attributes
    ----------
    i2_sensitivity, i2_specificity : float or None
        Share of the variance of the observed logits that is between studies, from 0 to 1.
    i2_bivariate : float or None
        The same with generalised variances (square roots of determinants) of both arms; none
        with a correlation of -1 or 1 or a variance of zero, where the determinant vanishes
        whatever the variances.
    median_odds_ratio : tuple of float or None
        Of sensitivity and specificity, 1 or more.
    median_odds_ratio_intervals : tuple of (tuple of float) or None
        95 %, from the intervals of the variances, see `analysis.spread`; none where those are
        missing.
    prediction_area : float or None
        Area of the 95 % prediction region in the unit square of ROC space.
    reasons : dict of str
        By name, why a measure is missing.
    """

    i2_sensitivity: float | None
    i2_specificity: float | None
    i2_bivariate: float | None
    median_odds_ratio: tuple[float | None, float | None]
    median_odds_ratio_intervals: tuple[tuple[float, float] | None, tuple[float, float] | None]
    prediction_area: float | None
    reasons: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, with the definition and the reasons of what is missing."""
        return {
            "i2": {
                "sensitivity": self.i2_sensitivity,
                "specificity": self.i2_specificity,
                "bivariate": self.i2_bivariate,
                "definition": "Zhou and Dendukuri 2014",
                "note": _ADVICE,
                "reason": self.reasons.get("i2"),
            },
            "median_odds_ratio": {
                **dict(zip(ARMS, self.median_odds_ratio, strict=True)),
                "intervals": {
                    arm: list(interval) if interval else None
                    for arm, interval in zip(ARMS, self.median_odds_ratio_intervals, strict=True)
                },
                "reason": self.reasons.get("median_odds_ratio"),
            },
            "prediction_area": {
                "estimate": self.prediction_area,
                "reason": self.reasons.get("prediction_area"),
            },
        }


_ADVICE = (
    "The Cochrane handbook advises against I2 for test accuracy: it grows with the size of the "
    "studies. Look at the prediction region."
)


def heterogeneity(fit: BivariateFit) -> Heterogeneity:
    """Measure how much the studies differ.

    The I2 of Zhou and Dendukuri [1]_ compares the between-study variance tau2 of an arm with the
    within-study variance of a logit, averaged over studies and over the distribution of the true
    proportion: (2 + exp(mu + tau2 / 2) + exp(-mu + tau2 / 2)) mean(1 / n). The median odds ratio
    [2]_, exp(sqrt(2 tau2) z(0.75)), compares the odds in two studies taken at random.

    Parameters
    ----------
    fit : BivariateFit
        Of any model; an arm that is not allowed to vary has an I2 of 0.

    Returns
    -------
    Heterogeneity

    References
    ----------
    .. [1] Zhou Y, Dendukuri N. Statistics for quantifying heterogeneity in univariate and bivariate
       meta-analyses of binary data: the case of meta-analyses of diagnostic accuracy. Stat Med
       2014;33:2701-2717.
    .. [2] Larsen K, Merlo J. Appropriate assessment of neighborhood effects on individual health:
       integrating random and fixed effects in multilevel logistic regression. Am J Epidemiol
       2005;161:81-88.
    """
    between = np.diag(fit.between_cov)
    within = _within(fit)
    reasons: dict[str, str] = {}
    shares = [
        float(tau2 / (tau2 + noise)) if np.isfinite(noise) else None
        for tau2, noise in zip(between, within, strict=True)
    ]
    ratios = [_median_odds_ratio(float(tau2)) for tau2 in between]
    joint = _bivariate_share(fit, within)
    if joint is None:
        reasons["i2"] = _why_no_joint(fit)
    if None in ratios:
        reasons["median_odds_ratio"] = "Beyond the largest number a computer writes down."
    area = prediction_area(fit)
    if area is None:
        reasons["prediction_area"] = "A prediction region needs at least three studies."
    return Heterogeneity(
        i2_sensitivity=shares[0],
        i2_specificity=shares[1],
        i2_bivariate=joint,
        median_odds_ratio=(ratios[0], ratios[1]),
        median_odds_ratio_intervals=(_interval(fit, ARMS[0]), _interval(fit, ARMS[1])),
        prediction_area=area,
        reasons=reasons,
    )


def _within(fit: BivariateFit) -> Floats:
    """Return the average within-study variance of each arm's logits, shape (2,)."""
    totals = fit.data.totals.astype(float)
    there = totals > 0
    per_person = np.where(there, 1 / np.maximum(totals, 1), 0.0).sum(axis=0) / there.sum(axis=0)
    exponent = np.diag(fit.between_cov) / 2 + np.abs(fit.mean)
    if exponent.max() > _LARGEST_EXPONENT:
        return np.full(2, np.inf)
    half = np.diag(fit.between_cov) / 2
    within: Floats = per_person * (2 + np.exp(half + fit.mean) + np.exp(half - fit.mean))
    return within


def _bivariate_share(fit: BivariateFit, within: Floats) -> float | None:
    if fit.correlation is None or fit.boundary or not np.isfinite(within).all():
        return None
    # The product of the factor's diagonal: exact where the covariance is nearly singular.
    between = abs(float(fit.theta[2] * fit.theta[4]))
    return between / (between + float(np.sqrt(within.prod())))


def _why_no_joint(fit: BivariateFit) -> str:
    if fit.correlation is None:
        return "A between-study variance is zero: there is no bivariate I2."
    if fit.boundary:
        return (
            f"The between-study {fit.boundary[0]}: the determinant of the covariance is zero "
            "however much the studies differ, so there is no bivariate I2."
        )
    return "The studies are too far apart for the within-study variance to have a value."


def _interval(fit: BivariateFit, arm: str) -> tuple[float, float] | None:
    """Return the interval of an arm's median odds ratio, which grows with the variance."""
    bounds = between_studies(fit)[f"variance_{arm}"].interval or ()
    ends = [end for end in map(_median_odds_ratio, bounds) if end is not None]
    return (ends[0], ends[1]) if len(ends) == 2 else None


def _median_odds_ratio(tau2: float) -> float | None:
    exponent = np.sqrt(2 * tau2) * stats.norm.ppf(0.75)
    return float(np.exp(exponent)) if exponent < _LARGEST_EXPONENT else None


def prediction_area(fit: BivariateFit) -> float | None:
    """Return the area of the 95 % prediction region in ROC space, from 0 to 1.

    The region is that of `analysis.derived.prediction_region`; the line integral round it is
    taken with equal steps of the angle, which converges faster than any power of the step.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    float or None
        None with fewer than three studies.
    """
    if fit.k < 3:
        return None
    radius = np.sqrt(2 * stats.f.ppf(0.95, 2, fit.k - 2))
    angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    axes, turn, _ = np.linalg.svd(fit.mean_cov + fit.between_cov)
    factor = radius * axes * np.sqrt(turn)
    around = fit.mean[:, None] + factor @ np.stack([np.cos(angle), np.sin(angle)])
    along = factor @ np.stack([-np.sin(angle), np.cos(angle)])
    sens, spec = expit(around)
    steps = spec * expit(-around[1]) * along[1]
    # Against the opposite point, so that a region near a corner does not lose its digits.
    area = (sens - float(expit(fit.mean[0]))) @ steps * (2 * np.pi / _ANGLES)
    return float(abs(area))
