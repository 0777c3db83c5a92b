"""Accuracy averaged over the population of studies, beside that of the median study."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from analysis.data import Floats
from analysis.quadrature import L11, L21, L22, MU1, MU2, N_PARAMETERS
from analysis.results import ARMS, BivariateFit

# Equal steps over 12 standard deviations: for a smooth integrand that dies out on both sides the
# error falls exponentially, and is below 1e-12 for standard deviations up to 60 logits.
_GRID = np.linspace(-12.0, 12.0, 4001)
_WEIGHTS = norm.pdf(_GRID) * (_GRID[1] - _GRID[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationAverage:
    """The mean of an arm's true proportion over studies.

    Attributes
    ----------
    estimate : float
        A proportion.
    standard_error : float
        By the delta method.
    interval : tuple of float or None
        95 %, by the delta method on the logit scale; none where the estimate is 0 or 1 to
        rounding.
    """

    estimate: float
    standard_error: float
    interval: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "estimate": self.estimate,
            "standard_error": self.standard_error,
            "wald": list(self.interval) if self.interval else None,
            "reason": None if self.interval else "The estimate is at the edge: no interval.",
        }


def population_average(fit: BivariateFit) -> dict[str, PopulationAverage]:
    """Average sensitivity and specificity over the distribution of the random effects [1]_.

    E expit(mu + tau u) with u standard normal. It is nearer to one half than expit(mu), the
    accuracy of the median study, which programs report.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    dict
        Keys "sensitivity" and "specificity".

    References
    ----------
    .. [1] Zeger SL, Liang KY, Albert PS. Models for longitudinal data: a generalized estimating
       equation approach. Biometrics 1988;44:1049-1060.
    """
    spread = np.hypot(fit.theta[L21], fit.theta[L22])
    direction = fit.theta[[L21, L22]] / spread if spread > 0 else np.zeros(2)
    slopes = np.zeros((2, N_PARAMETERS))
    averages = []
    for i, tau in enumerate((fit.theta[L11], spread)):
        p = expit(fit.mean[i] + tau * _GRID)
        averages.append(float(_WEIGHTS @ p))
        steep = _WEIGHTS * p * (1 - p)
        slopes[i, (MU1, MU2)[i]] = steep.sum()
        by_tau = steep @ _GRID
        if i == 0:
            slopes[i, L11] = by_tau
        else:
            slopes[i, [L21, L22]] = by_tau * direction
    return {
        arm: _average(average, slope, fit.theta_cov)
        for arm, average, slope in zip(ARMS, averages, slopes, strict=True)
    }


def _average(average: float, slope: Floats, covariance: Floats) -> PopulationAverage:
    se = float(np.sqrt(max(float(slope @ covariance @ slope), 0.0)))
    odds = average * (1 - average)
    interval = None
    if odds > 1e-12:
        reach = float(norm.ppf(0.975)) * se / odds
        middle = float(logit(average))
        interval = (float(expit(middle - reach)), float(expit(middle + reach)))
    return PopulationAverage(estimate=average, standard_error=se, interval=interval)
