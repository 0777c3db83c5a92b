"""The variances between studies and their correlation, each with standard error and interval."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from analysis.derived import correlation_error, covariance_slopes
from analysis.results import ARMS, ZERO_VARIANCE, BivariateFit

_AT_ZERO = "The variance is zero, at the edge of its range: it has no standard error."
_FIXED = "This model sets it to zero."
_UNDEFINED = "A between-study variance is zero, so there is no correlation."
# Beyond this an interval says nothing, and its end may be larger than any number.
_WIDEST = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One parameter of the distribution of the studies' logits.

    Attributes
    ----------
    estimate : float or None
        A variance of logits, or a correlation.
    standard_error : float or None
        By the delta method, on the scale of the estimate.
    interval : tuple of float or None
        95 %, Wald on the scale of the logarithm (a variance) or of the inverse hyperbolic tangent
        (a correlation).
    reason : str or None
        Why something is missing.
    """

    estimate: float | None
    standard_error: float | None
    interval: tuple[float, float] | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "estimate": self.estimate,
            "standard_error": self.standard_error,
            "wald": list(self.interval) if self.interval else None,
            "reason": self.reason,
        }


def between_studies(fit: BivariateFit) -> dict[str, Spread]:
    """Return the variances of logit sensitivity and specificity, and their correlation.

    Intervals are Wald on the log and on Fisher's z scale, as Stata's mixed-effects commands, and
    so metandi, print them [1]_.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    dict
        Keys "variance_sensitivity", "variance_specificity" and "correlation".

    References
    ----------
    .. [1] Harbord RM, Whiting P. metandi: meta-analysis of diagnostic accuracy using hierarchical
       logistic regression. Stata J 2009;9:211-229.
    """
    slopes = covariance_slopes(fit.theta)[2:4]
    errors = np.sqrt(np.maximum(np.diag(slopes @ fit.theta_cov @ slopes.T), 0.0)).tolist()
    variances = np.diag(fit.between_cov).tolist()
    return {
        **{
            f"variance_{arm}": _variance(fit, arm, variance, error)
            for arm, variance, error in zip(ARMS, variances, errors, strict=True)
        },
        "correlation": _correlation(fit),
    }


def _variance(fit: BivariateFit, arm: str, variance: float, error: float) -> Spread:
    if variance < ZERO_VARIANCE:
        estimated = f"variance of logit {arm} is zero" in fit.boundary
        return _without_error(max(variance, 0.0), _AT_ZERO if estimated else _FIXED)
    reach = float(norm.ppf(0.975)) * error / variance
    interval = None
    if reach < _WIDEST:
        interval = (variance * math.exp(-reach), variance * math.exp(reach))
    return Spread(
        estimate=variance,
        standard_error=error,
        interval=interval,
        reason=None if interval else "The variance is hardly determined: no interval.",
    )


def _without_error(estimate: float | None, reason: str) -> Spread:
    return Spread(estimate=estimate, standard_error=None, interval=None, reason=reason)


def _correlation(fit: BivariateFit) -> Spread:
    if fit.model != "bivariate":
        return _without_error(None, "This model has no correlation.")
    rho = fit.correlation
    if rho is None:
        return _without_error(None, _UNDEFINED)
    error = correlation_error(fit)
    if error is None:
        return _without_error(rho, f"The {fit.boundary[0]}, at its bound: no standard error.")
    reach = float(norm.ppf(0.975)) * error / (1 - rho**2)
    middle = math.atanh(rho)
    return Spread(
        estimate=rho,
        standard_error=error,
        interval=(math.tanh(middle - reach), math.tanh(middle + reach)),
        reason=None,
    )
