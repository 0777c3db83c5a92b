"""What follows from a fit: likelihood ratios, HSROC parameters, intervals, regions."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats
from scipy.special import expit

from analysis.data import Floats
from analysis.quadrature import L11, L21, L22, MU1, MU2, N_PARAMETERS
from analysis.results import ARMS, BivariateFit, Pooled, between_cov

Region = Literal["f", "chi2"]
REGIONS: dict[Region, str] = {"f": "2 F(0.95; 2, k - 2)", "chi2": "chi-squared(0.95; 2)"}

# The exponential of more than this is beyond the largest number a computer writes down.
_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate with its standard error and interval.

    Attributes
    ----------
    estimate : float
    standard_error : float
        On the scale named by the function that made it.
    interval : tuple of float
        95 % Wald interval, on the scale of the estimate; None for a bound beyond all numbers.
    """

    estimate: float | None
    standard_error: float
    interval: tuple[float | None, float | None]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "estimate": self.estimate,
            "standard_error": self.standard_error,
            "wald": list(self.interval),
        }


def likelihood_ratios(fit: Pooled, level: float = 0.95) -> dict[str, Estimate]:
    """Return LR+, LR- and the diagnostic odds ratio of the summary point.

    Standard errors are those of the logarithms, by the delta method from the covariance of the
    mean logits; the intervals are Wald on the log scale.

    Parameters
    ----------
    fit : Pooled
        A fit, or another estimate with mean logits and their covariance.
    level : float
        Two-sided confidence level.

    Returns
    -------
    dict
        Keys "lr_positive", "lr_negative" and "dor".
    """
    sens, spec = fit.summary_point
    logs = {
        "lr_positive": (_log_expit(fit.mean[0]) - _log_expit(-fit.mean[1]), (1 - sens, spec)),
        "lr_negative": (_log_expit(-fit.mean[0]) - _log_expit(fit.mean[1]), (-sens, spec - 1)),
        "dor": (float(fit.mean.sum()), (1.0, 1.0)),
    }
    z = float(stats.norm.ppf((1 + level) / 2))
    return {name: _exponential(value, slope, fit, z) for name, (value, slope) in logs.items()}


def _log_expit(x: float) -> float:
    return -float(np.logaddexp(0, -x))


def _exponential(value: float, slope: tuple[float, float], fit: Pooled, z: float) -> Estimate:
    se = float(np.sqrt(np.array(slope) @ fit.mean_cov @ np.array(slope)))
    low, middle, high = (_power(value + reach * se) for reach in (-z, 0.0, z))
    return Estimate(estimate=middle, standard_error=se, interval=(low, high))


def _power(exponent: float) -> float | None:
    return math.exp(exponent) if exponent < _LARGEST_EXPONENT else None


def hsroc(fit: BivariateFit) -> dict[str, Estimate] | None:
    """Return the HSROC parameters of Rutter and Gatsonis [1]_, through Harbord's relations [2]_.

    Intervals are Wald on the parameters' own scales. With a between-study correlation of -1 the
    accuracy parameter does not vary between studies, with 1 the threshold does not; the variance
    concerned is on its boundary and left out.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    dict or None
        Keys "lambda", "theta", "beta", "variance_alpha", "variance_theta"; none where a
        between-study variance is zero.

    References
    ----------
    .. [1] Rutter CM, Gatsonis CA. A hierarchical regression approach to meta-analysis of
       diagnostic test accuracy evaluations. Stat Med 2001;20:2865-2884.
    .. [2] Harbord RM, Deeks JJ, Egger M, Whiting P, Sterne JAC. A unification of models for
       meta-analysis of diagnostic accuracy studies. Biostatistics 2007;8:239-251.
    """
    if fit.correlation is None:
        return None
    mu1, mu2 = fit.mean
    spread = between_cov(fit.theta)
    v1, v2, cov = spread[0, 0], spread[1, 1], spread[0, 1]
    root = (v2 / v1) ** 0.25
    product = np.sqrt(v1 * v2)
    root_v1, root_v2 = -root / (4 * v1), root / (4 * v2)
    by_root = np.array([mu1 - mu2 / root**2, (mu1 + mu2 / root**2) / 2])
    # Columns: mu1, mu2, v1, v2, cov.
    parameters = {
        "lambda": (
            root * mu1 + mu2 / root,
            [root, 1 / root, by_root[0] * root_v1, by_root[0] * root_v2, 0],
        ),
        "theta": (
            (root * mu1 - mu2 / root) / 2,
            [root / 2, -1 / (2 * root), by_root[1] * root_v1, by_root[1] * root_v2, 0],
        ),
        "beta": (np.log(v2 / v1) / 2, [0, 0, -1 / (2 * v1), 1 / (2 * v2), 0]),
        "variance_alpha": (2 * (product + cov), [0, 0, product / v1, product / v2, 2]),
        "variance_theta": (
            (product - cov) / 2,
            [0, 0, product / v1 / 4, product / v2 / 4, -0.5],
        ),
    }
    left_out = {"correlation is -1": "variance_alpha", "correlation is 1": "variance_theta"}
    for flag in fit.boundary:
        parameters.pop(left_out[flag])
    chain = covariance_slopes(fit.theta)
    cov_natural = chain @ fit.theta_cov @ chain.T
    return {name: _plain(value, slope, cov_natural) for name, (value, slope) in parameters.items()}


def covariance_slopes(theta: Floats) -> Floats:
    """Return the derivatives of (mu1, mu2, var1, var2, cov) by theta, shape (5, 5).

    Parameters
    ----------
    theta : ndarray, shape (5,)
        (mu1, mu2, l11, l21, l22).

    Returns
    -------
    ndarray, shape (5, 5)
    """
    chain = np.zeros((N_PARAMETERS, N_PARAMETERS))
    chain[MU1, MU1] = chain[MU2, MU2] = 1.0
    chain[2, L11] = 2 * theta[L11]
    chain[3, L21], chain[3, L22] = 2 * theta[L21], 2 * theta[L22]
    chain[4, L11], chain[4, L21] = theta[L21], theta[L11]
    return chain


def _plain(value: float, slope: list[float], covariance: Floats) -> Estimate:
    se = float(np.sqrt(max(np.array(slope) @ covariance @ np.array(slope), 0.0)))
    reach = float(stats.norm.ppf(0.975)) * se
    middle = float(value)
    return Estimate(estimate=middle, standard_error=se, interval=(middle - reach, middle + reach))


def correlation_error(fit: BivariateFit) -> float | None:
    """Return the delta-method standard error of the correlation; none on a boundary.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    float or None
    """
    if fit.boundary or fit.correlation is None:
        return None
    spread = between_cov(fit.theta)
    v1, v2 = np.diag(spread)
    rho = fit.correlation
    slope = np.array([0, 0, -rho / (2 * v1), -rho / (2 * v2), 1 / np.sqrt(v1 * v2)])
    along = slope @ covariance_slopes(fit.theta)
    return float(np.sqrt(along @ fit.theta_cov @ along))


def prediction_intervals(fit: Pooled, level: float = 0.95) -> dict[str, list[float]] | None:
    """Return where sensitivity and specificity of a new study are expected.

    mu +- t(k - 2) sqrt(tau^2 + se^2), as proportions; none with fewer than three studies.

    Parameters
    ----------
    fit : Pooled
        A fit, or another estimate with mean logits and their covariance.
    level : float
        Two-sided.

    Returns
    -------
    dict of [low, high], or None
        Keys "sensitivity" and "specificity".
    """
    if fit.k < 3:
        return None
    t = stats.t.ppf((1 + level) / 2, fit.k - 2)
    reach = t * np.sqrt(np.diag(fit.between_cov + fit.mean_cov))
    bounds = expit(np.column_stack([fit.mean - reach, fit.mean + reach])).tolist()
    return dict(zip(ARMS, bounds, strict=True))


def region_radius(k: int, region: Region = "f", level: float = 0.95) -> float:
    """Return the radius of a region on the standardised logit scale.

    sqrt(2 F(level; 2, k - 2)), as metandi draws it [1]_, allows for the estimated variances;
    sqrt(chi2(level; 2)), as mada, does not, and is smaller.

    Parameters
    ----------
    k : int
        Studies.
    region : {"f", "chi2"}
    level : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Fewer than three studies.

    References
    ----------
    .. [1] Harbord RM, Whiting P. metandi: meta-analysis of diagnostic accuracy using hierarchical
       logistic regression. Stata J 2009;9:211-229.
    """
    if k < 3:
        raise ValueError("a region needs at least three studies")
    square = stats.chi2.ppf(level, 2) if region == "chi2" else 2 * stats.f.ppf(level, 2, k - 2)
    return float(np.sqrt(square))


def confidence_region(
    fit: Pooled, *, points: int = 200, region: Region = "f"
) -> list[list[float]] | None:
    """Return the 95 % confidence region of the summary point as a closed line.

    The ellipse of radius `region_radius` on the logit scale.

    Parameters
    ----------
    fit : Pooled
        A fit, or another estimate with mean logits and their covariance.
    points : int
        Of the line.
    region : {"f", "chi2"}
        See `region_radius`.

    Returns
    -------
    list of [1 - specificity, sensitivity] or None
        None with fewer than three studies.
    """
    return _region(fit, fit.mean_cov, points, region)


def prediction_region(
    fit: Pooled, *, points: int = 200, region: Region = "f"
) -> list[list[float]] | None:
    """Return the 95 % prediction region of a new study's true accuracy as a closed line.

    As `confidence_region`, with the between-study covariance added.

    Parameters
    ----------
    fit : Pooled
        A fit, or another estimate with mean logits and their covariance.
    points : int
        Of the line.
    region : {"f", "chi2"}
        See `region_radius`.

    Returns
    -------
    list of [1 - specificity, sensitivity] or None
        None with fewer than three studies.
    """
    return _region(fit, fit.mean_cov + fit.between_cov, points, region)


def _region(
    fit: Pooled, covariance: Floats, points: int, region: Region
) -> list[list[float]] | None:
    if fit.k < 3:
        return None
    radius = region_radius(fit.k, region)
    angle = np.linspace(0, 2 * np.pi, points)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    axes, turn, _ = np.linalg.svd(covariance)
    logits = fit.mean[:, None] + radius * (axes * np.sqrt(turn)) @ circle
    line: list[list[float]] = np.column_stack([expit(-logits[1]), expit(logits[0])]).tolist()
    return line


def regions(fit: Pooled, region: Region = "f") -> dict[str, Any] | None:
    """Return how regions are drawn, JSON-ready: "method", "definition" and "radius".

    None with fewer than three studies.

    Parameters
    ----------
    fit : Pooled
    region : {"f", "chi2"}
        See `region_radius`.

    Returns
    -------
    dict or None
    """
    if fit.k < 3:
        return None
    radius = region_radius(fit.k, region)
    return {"method": region, "definition": REGIONS[region], "radius": radius}
