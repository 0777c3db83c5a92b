"""Descriptions that do not come from the bivariate model: for comparison with older reviews."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, xlogy

from analysis.data import Floats, TwoByTwos
from analysis.log_odds import Correction, log_odds
from analysis.results import ARMS

OBSOLETE = (
    "Obsolete: the Moses-Littenberg regression ignores the sampling error of its own predictor "
    "and the differences between studies. It is given for comparison with older reviews only; "
    "read the bivariate model instead."
)
_FLAT = 1e-12
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True, kw_only=True)
class MosesLittenberg:
    """The regression D = a + b S, D = lnDOR and S = logit(sens) + logit(fpr).

    Attributes
    ----------
    k : int
        Studies with both arms.
    intercept, slope : float or None
        Unweighted, dimensionless.
    weighted_intercept, weighted_slope : float or None
        Weights 1 / var(lnDOR).
    reason : str or None
        Why there is no line.
    """

    k: int
    intercept: float | None
    slope: float | None
    weighted_intercept: float | None
    weighted_slope: float | None
    reason: str | None

    def sensitivity(self, fpr: Floats) -> Floats | None:
        """Return the unweighted curve's sensitivity at ``fpr``, in (0, 1), of the same shape.

        None where there is no line, or its slope is 1 or more: it is then no curve.

        Parameters
        ----------
        fpr : ndarray
            Between 0 and 1, both excluded.
        """
        if self.intercept is None or self.slope is None or self.slope >= 1:
            return None
        logits = np.log(fpr / (1 - fpr))
        heights: Floats = expit((self.intercept + (1 + self.slope) * logits) / (1 - self.slope))
        return heights

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, labelled obsolete."""
        return {
            "k": self.k,
            "unweighted": {"intercept": self.intercept, "slope": self.slope},
            "weighted": {"intercept": self.weighted_intercept, "slope": self.weighted_slope},
            "reason": self.reason,
            "note": OBSOLETE,
        }


def moses_littenberg(data: TwoByTwos, *, correction: Correction = "always") -> MosesLittenberg:
    """Fit the summary ROC regression of Moses, Shapiro and Littenberg [1]_, which is obsolete.

    Parameters
    ----------
    data : TwoByTwos
        Studies with an empty arm are left out.
    correction : {"single", "all", "always"}
        "always" as in the original paper.

    Returns
    -------
    MosesLittenberg

    Raises
    ------
    ValueError
        Another correction is asked for.

    References
    ----------
    .. [1] Moses LE, Shapiro D, Littenberg B. Combining independent studies of a diagnostic test
       into a summary ROC curve. Stat Med 1993;12:1293-1316.
    """
    points = log_odds(data, correction=correction)
    s, d = points.sensitivity + points.fpr, points.lndor
    if len(points) < 2 or np.ptp(s) < _FLAT:
        reason = "The studies do not differ in their threshold, so there is no line."
        return MosesLittenberg(
            k=len(points),
            intercept=None,
            slope=None,
            weighted_intercept=None,
            weighted_slope=None,
            reason=reason,
        )
    plain, weighted = _line(s, d, np.ones(len(s))), _line(s, d, 1 / points.variance)
    return MosesLittenberg(
        k=len(points),
        intercept=plain[0],
        slope=plain[1],
        weighted_intercept=weighted[0],
        weighted_slope=weighted[1],
        reason=None,
    )


def _line(x: Floats, y: Floats, weights: Floats) -> tuple[float, float]:
    middle_x, middle_y = np.average(x, weights=weights), np.average(y, weights=weights)
    away = x - middle_x
    slope = (weights * away * (y - middle_y)).sum() / (weights * away**2).sum()
    return float(middle_y - slope * middle_x), float(slope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """How observed sensitivity and false positive rate go together.

    Attributes
    ----------
    k : int
        Studies with both arms.
    spearman, pearson : float or None
        Spearman's of the proportions, Pearson's of their logits.
    reason : str or None
    """

    k: int
    spearman: float | None
    pearson: float | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        names = ("k", "spearman", "pearson", "reason")
        return {name: getattr(self, name) for name in names}


def sens_fpr_correlation(data: TwoByTwos, *, correction: Correction = "always") -> Correlation:
    """Return the correlation of sensitivity with the false positive rate between studies.

    A positive one suggests a common threshold effect. It is of the observed values, sampling
    error included; the model's own correlation is between logit sensitivity and specificity and
    has the other sign.

    Parameters
    ----------
    data : TwoByTwos
        Studies with an empty arm are left out.
    correction : {"single", "all", "always"}
        See `analysis.log_odds.log_odds`.

    Returns
    -------
    Correlation

    Raises
    ------
    ValueError
        Another correction is asked for.
    """
    points = log_odds(data, correction=correction)
    k = len(points)
    if k < 3 or min(np.ptp(points.sensitivity), np.ptp(points.fpr)) < _FLAT:
        reason = "The correlation needs three studies that differ in both."
        return Correlation(k=k, spearman=None, pearson=None, reason=reason)
    return Correlation(
        k=k,
        spearman=float(stats.spearmanr(points.sensitivity, points.fpr)[0]),
        pearson=float(np.corrcoef(points.sensitivity, points.fpr)[0, 1]),
        reason=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """A chi-square statistic for "all studies have one and the same value".

    Attributes
    ----------
    q : float or None
    df : int
    p : float or None
    i2 : float or None
        Share of the statistic beyond its degrees of freedom, 1 - df / Q, from 0 [1]_.
    i2_interval : list of float or None
    reason : str or None

    References
    ----------
    .. [1] Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med
       2002;21:1539-1558.
    """

    q: float | None
    df: int
    p: float | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        names = ("q", "df", "p", "i2", "i2_interval", "reason")
        return {name: getattr(self, name) for name in names}

    @property
    def i2(self) -> float | None:
        """The I2 of Higgins and Thompson; none without a statistic."""
        if self.q is None:
            return None
        return max(0.0, 1 - self.df / self.q) if self.q else 0.0

    @property
    def i2_interval(self) -> list[float] | None:
        """The test-based 95 % interval of `i2` by Higgins and Thompson; none for two studies."""
        if not self.q or self.df < 2:
            return None
        spread = self.q / self.df
        if self.q > self.df + 1:
            error = math.log(spread) / (2 * (math.sqrt(2 * self.q) - math.sqrt(2 * self.df - 1)))
        else:
            k_less_2 = self.df - 1
            error = math.sqrt((1 - 1 / (3 * k_less_2**2)) / (2 * k_less_2))
        ends = [spread * math.exp(2 * sign * _Z * error) for sign in (-1, 1)]
        return [max(0.0, 1 - 1 / end) for end in ends]


def cochran_q(data: TwoByTwos, *, correction: Correction = "single") -> Heterogeneity:
    """Return Cochran's Q of lnDOR, with inverse-variance weights and k - 1 degrees of freedom [1]_.

    Parameters
    ----------
    data : TwoByTwos
        Studies with an empty arm are left out.
    correction : {"single", "all", "always"}
        See `analysis.log_odds.log_odds`.

    Returns
    -------
    Heterogeneity

    Raises
    ------
    ValueError
        Another correction is asked for.

    References
    ----------
    .. [1] Cochran WG. The combination of estimates from different experiments. Biometrics
       1954;10:101-129.
    """
    points = log_odds(data, correction=correction)
    if len(points) < 2:
        return _too_few()
    weights = 1 / points.variance
    middle = np.average(points.lndor, weights=weights)
    return _tested(float((weights * (points.lndor - middle) ** 2).sum()), len(points) - 1)


def likelihood_ratio_q(data: TwoByTwos, arm: int) -> Heterogeneity:
    """Return the likelihood-ratio chi-square for equal sensitivities (arm 0) or specificities (1).

    From the binomial likelihoods themselves: no correction.

    Parameters
    ----------
    data : TwoByTwos
    arm : int

    Returns
    -------
    Heterogeneity

    Raises
    ------
    ValueError
        ``arm`` is neither 0 nor 1.
    """
    if arm not in (0, 1):
        raise ValueError("arm is 0 for sensitivity or 1 for specificity")
    some = data.totals[:, arm] > 0
    y, n = data.events[some, arm].astype(float), data.totals[some, arm].astype(float)
    if len(n) < 2:
        return _too_few()
    p = y.sum() / n.sum()
    separate = xlogy(y, y / n) + xlogy(n - y, 1 - y / n)
    common = xlogy(y, p) + xlogy(n - y, 1 - p)
    return _tested(max(float(2 * (separate - common).sum()), 0.0), len(n) - 1)


def describe_differences(data: TwoByTwos) -> dict[str, Any]:
    """Return what older reviews report of the differences between studies, JSON-ready.

    Parameters
    ----------
    data : TwoByTwos

    Returns
    -------
    dict
        "q": of "lndor", "sensitivity" and "specificity"; "sens_fpr_correlation";
        "moses_littenberg".
    """
    return {
        "q": {
            "lndor": cochran_q(data).to_dict(),
            **{arm: likelihood_ratio_q(data, i).to_dict() for i, arm in enumerate(ARMS)},
        },
        "sens_fpr_correlation": sens_fpr_correlation(data).to_dict(),
        "moses_littenberg": moses_littenberg(data).to_dict(),
    }


def _too_few() -> Heterogeneity:
    return Heterogeneity(q=None, df=0, p=None, reason="Heterogeneity needs at least two studies.")


def _tested(q: float, df: int) -> Heterogeneity:
    return Heterogeneity(q=q, df=df, p=float(stats.chi2.sf(q, df)), reason=None)
