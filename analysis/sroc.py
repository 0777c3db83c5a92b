"""The summary ROC curve, its area, and everything a plot in ROC space shows, as data.

Coordinates are (1 - specificity, sensitivity), both from 0 to 1.
"""

from typing import Any

import numpy as np
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit, logit

from analysis.data import Floats, TwoByTwos
from analysis.derived import Region, confidence_region, covariance_slopes, prediction_region
from analysis.results import BivariateFit, Pooled, between_cov

# Logits beyond this are proportions within 1e-17 of 0 or 1: nothing is left of the area.
_EDGE = 40.0
_SMALLEST_RATE = 1e-4


def sroc_line(fit: Pooled) -> tuple[float, float] | None:
    """Return intercept and slope of logit(sensitivity) over logit(1 - specificity) [1]_.

    With beta = ln(s2 / s1): intercept Lambda exp(-beta / 2), slope exp(-beta), where Lambda and
    beta are the HSROC parameters.

    Parameters
    ----------
    fit : Pooled
        A fit, or another estimate with mean logits and their covariance.

    Returns
    -------
    tuple of float or None
        None where a between-study variance is zero: there is no curve.

    References
    ----------
    .. [1] Rutter CM, Gatsonis CA. A hierarchical regression approach to meta-analysis of
       diagnostic test accuracy evaluations. Stat Med 2001;20:2865-2884.
    """
    if fit.correlation is None:
        return None
    s1, s2 = np.sqrt(np.diag(fit.between_cov))
    slope = float(s1 / s2)
    return float(fit.mean[0] + slope * fit.mean[1]), slope


def observed_range(data: TwoByTwos) -> tuple[float, float] | None:
    """Return the smallest and largest observed 1 - specificity; none without two of them.

    Parameters
    ----------
    data : TwoByTwos

    Returns
    -------
    tuple of float, or None
    """
    healthy = data.totals[:, 1]
    rates = data.fp[healthy > 0] / healthy[healthy > 0]
    if not len(rates) or rates.min() == rates.max():
        return None
    return float(rates.min()), float(rates.max())


def sroc_curve(fit: BivariateFit, *, points: int = 101) -> list[list[float]] | None:
    """Return the HSROC curve over the observed range of 1 - specificity, as points.

    None where there is no curve, or where all studies have one and the same specificity.

    Parameters
    ----------
    fit : BivariateFit
    points : int
        Of the line, in equal steps of the logit.

    Returns
    -------
    list of [1 - specificity, sensitivity] or None
    """
    span = observed_range(fit.data)
    return None if span is None else curve_over(fit, span, points=points)


def curve_over(
    fit: Pooled, span: tuple[float, float], *, points: int = 101
) -> list[list[float]] | None:
    """Return the HSROC curve over a range of 1 - specificity; none where there is no curve.

    Parameters
    ----------
    fit : Pooled
        A fit, or another estimate with mean logits and their covariance.
    span : tuple of float
        From and to which 1 - specificity.
    points : int
        Of the line, in equal steps of the logit.

    Returns
    -------
    list of [1 - specificity, sensitivity] or None
    """
    line = sroc_line(fit)
    if line is None:
        return None
    low, high = np.clip(np.array(span), _SMALLEST_RATE, 1 - _SMALLEST_RATE)
    x = np.linspace(logit(low), logit(high), points)
    curve: list[list[float]] = np.column_stack([expit(x), expit(line[0] + line[1] * x)]).tolist()
    return curve


def area_under_curve(fit: Pooled) -> dict[str, Any] | None:
    """Return the area under the HSROC curve from 0 to 1, and over the observed range.

    Parameters
    ----------
    fit : BivariateFit or ReitsmaFit
        The latter without an interval: it has no covariance of the variances.

    Returns
    -------
    dict or None
        "estimate": the area, integrated numerically to 1e-10; "logit_delta": its 95 % interval,
        by the delta method on the logit scale, None where the area is 0 or 1 to rounding;
        "partial": mean sensitivity along the curve over the observed range of 1 - specificity,
        None where that range has no width. None altogether where there is no curve.
    """
    line = sroc_line(fit)
    if line is None:
        return None
    area = _area(line, (-_EDGE, _EDGE))
    span = observed_range(fit.data)
    partial = None
    if span:
        low, high = np.clip(logit(np.array(span)), -_EDGE, _EDGE)
        partial = _area(line, (float(low), float(high))) / (span[1] - span[0])
    interval = _area_interval(fit, line, area) if isinstance(fit, BivariateFit) else None
    return {"estimate": area, "logit_delta": interval, "partial": partial}


def _area(line: tuple[float, float], span: tuple[float, float], moment: int = -1) -> float:
    """Integrate the curve over the logit of 1 - specificity.

    With ``moment`` 0 or 1: its derivative by intercept or slope instead.
    """

    def height(x: float) -> float:
        sens = float(expit(line[0] + line[1] * x))
        rate = float(expit(x) * expit(-x))
        if moment < 0:
            return sens * rate
        return sens * (1 - sens) * rate * x**moment

    turns: list[float] = sorted({-line[0] / line[1], 0.0})
    kinks = [x for x in turns if span[0] < x < span[1]]
    # The full output keeps a warning about the last digit of the precision asked for to itself.
    area, *_ = quad(
        height, *span, points=kinks or None, epsabs=1e-11, epsrel=1e-11, limit=400, full_output=1
    )
    return float(area)


def _area_interval(fit: BivariateFit, line: tuple[float, float], area: float) -> list[float] | None:
    odds = area * (1 - area)
    if odds < 1e-12:
        return None
    span = (-_EDGE, _EDGE)
    by_line = np.array([_area(line, span, 0), _area(line, span, 1)])
    slope = by_line @ _line_slopes(fit, line) @ covariance_slopes(fit.theta)
    se = float(np.sqrt(np.maximum(slope @ fit.theta_cov @ slope, 0.0))) / odds
    reach = float(stats.norm.ppf(0.975)) * se
    middle = float(logit(area))
    return [float(expit(middle - reach)), float(expit(middle + reach))]


def _line_slopes(fit: BivariateFit, line: tuple[float, float]) -> Floats:
    """Return the derivatives of (intercept, slope) by (mu1, mu2, var1, var2, cov)."""
    v1, v2 = np.diag(between_cov(fit.theta))
    by_v1, by_v2 = line[1] / (2 * v1), -line[1] / (2 * v2)
    mu2 = fit.mean[1]
    return np.array([[1, line[1], mu2 * by_v1, mu2 * by_v2, 0], [0, 0, by_v1, by_v2, 0]])


def sroc_data(data: TwoByTwos, fit: BivariateFit | None, *, region: Region = "f") -> dict[str, Any]:
    """Return what a plot in ROC space shows.

    Parameters
    ----------
    data : TwoByTwos
    fit : BivariateFit or None
        Without a fit only the studies are given.
    region : {"f", "chi2"}
        See `analysis.derived.region_radius`.

    Returns
    -------
    dict
        "studies": label, fpr, sensitivity and n (participants) of each study with both arms;
        "summary": the summary point; "curve", "confidence_region" and "prediction_region": lists
        of [fpr, sensitivity]; "curve_reason" and "region_reason": a sentence where one is missing;
        "curve_note": a sentence where the curve is to be read with care.
    """
    both = data.totals.min(axis=1) > 0
    shown = data.select(both)
    studies = [
        {"label": label, "fpr": fp / (fp + tn), "sensitivity": tp / (tp + fn), "n": sum(row)}
        for label, row in zip(shown.labels, shown.rows, strict=True)
        for tp, fp, fn, tn in [row]
    ]
    nothing = dict.fromkeys(("summary", "curve", "confidence_region", "prediction_region"))
    reasons = dict.fromkeys(("curve_reason", "region_reason", "curve_note"))
    if fit is None:
        return {"studies": studies, **nothing, **reasons}
    sens, spec = fit.summary_point
    return {
        "studies": studies,
        "summary": {"fpr": 1 - spec, "sensitivity": sens},
        "curve": sroc_curve(fit),
        "confidence_region": confidence_region(fit, region=region),
        "prediction_region": prediction_region(fit, region=region),
        "curve_reason": _why_no_curve(fit),
        "region_reason": None if fit.k > 2 else "Regions need at least three studies.",
        "curve_note": _POSITIVE if (fit.correlation or 0.0) > 0 else None,
    }


_POSITIVE = (
    "Sensitivity and specificity rise and fall together between these studies: a summary ROC "
    "curve, which supposes a trade-off by the threshold, is not meaningful here."
)


def _why_no_curve(fit: BivariateFit) -> str | None:
    if sroc_line(fit) is None:
        return "A between-study variance is zero, so there is no summary ROC curve."
    if observed_range(fit.data) is None:
        return "All studies have the same specificity, so the curve has no observed range."
    return None
