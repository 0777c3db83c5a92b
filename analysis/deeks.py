"""Deeks' test: do small studies report another accuracy than large ones?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from analysis.data import Floats, TwoByTwos
from analysis.log_odds import Correction, LogOdds, log_odds

SIGNIFICANT = 0.10
_USUAL_FEWEST = 10
# Residuals below this share of the spread are rounding: the points lie on a line.
_ROUNDING = 1e-20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DeeksTest:
    """The weighted regression of lnDOR on 1 / sqrt(ESS).

    Attributes
    ----------
    points : LogOdds
        The ``k`` studies used: lnDOR and effective sample sizes.
    correction : {"single", "all", "always"}
    intercept, slope : float or None
        Of lnDOR over 1 / sqrt(ESS); the slope is in units of lnDOR times sqrt(participants).
    standard_error : float or None
        Of the slope.
    t : float or None
    df : int
        k - 2.
    p : float or None
        Two-sided.
    reason : str or None
        Why something is missing.
    warnings : tuple of str
    """

    points: LogOdds
    correction: Correction
    intercept: float | None
    slope: float | None
    standard_error: float | None
    t: float | None
    df: int
    p: float | None
    reason: str | None
    warnings: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of studies used."""
        return len(self.points)

    @property
    def asymmetric(self) -> bool | None:
        """Whether p is below 0.10; none without a p."""
        return None if self.p is None else self.p < SIGNIFICANT

    @property
    def interval(self) -> list[float] | None:
        """The 95 % interval of the slope, by t with `df`; none without a standard error."""
        if self.p is None or self.slope is None or self.standard_error is None:
            return None
        reach = float(stats.t.ppf(0.975, self.df)) * self.standard_error
        return [self.slope - reach, self.slope + reach]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, the points of the funnel plot included."""
        columns = zip(
            self.points.labels, self.points.lndor.tolist(), self.points.ess.tolist(), strict=True
        )
        names = ("correction", "intercept", "slope", "standard_error", "t", "df", "p", "reason")
        return {
            "k": self.k,
            **{name: getattr(self, name) for name in names},
            "interval": self.interval,
            "asymmetric": self.asymmetric,
            "points": [
                {"label": label, "lndor": lndor, "ess": ess, "inverse_root_ess": ess**-0.5}
                for label, lndor, ess in columns
            ],
            "left_out": list(self.points.left_out),
            "warnings": list(self.warnings),
        }


def deeks_test(data: TwoByTwos, *, correction: Correction = "single") -> DeeksTest:
    """Test for small-study effects, which publication bias is one cause of [1]_.

    Least squares of lnDOR on 1 / sqrt(ESS) with weights ESS, where ESS = 4 n1 n0 / (n1 + n0) is
    taken from the counts as given. A p below 0.10 is conventionally called asymmetry.

    Parameters
    ----------
    data : TwoByTwos
        Studies with an empty arm have no odds ratio and are left out.
    correction : {"single", "all", "always"}
        See `analysis.log_odds.log_odds`.

    Returns
    -------
    DeeksTest
        Without slope and p, but with the reason, for fewer than three studies or equal sizes.

    Raises
    ------
    ValueError
        Another correction is asked for.

    References
    ----------
    .. [1] Deeks JJ, Macaskill P, Irwig L. The performance of tests of publication bias and other
       sample size effects in systematic reviews of diagnostic test accuracy was assessed.
       J Clin Epidemiol 2005;58:882-893.
    """
    points = log_odds(data, correction=correction)
    intercept = slope = error = t = p = None
    reason = _why_no_line(points)
    df = max(len(points) - 2, 0)
    if reason is None:
        intercept, slope, error = _line(points.ess**-0.5, points.lndor, points.ess)
        if error > 0:
            t = slope / error
            p = float(2 * stats.t.sf(abs(t), df))
        else:
            reason = "The studies lie exactly on a line, which leaves nothing to test it against."
    return DeeksTest(
        points=points,
        correction=correction,
        intercept=intercept,
        slope=slope,
        standard_error=error,
        t=t,
        df=df,
        p=p,
        reason=reason,
        warnings=_warnings(points),
    )


def _why_no_line(points: LogOdds) -> str | None:
    if len(points) < 3:
        return "The test needs at least three studies with both arms."
    if np.ptp(points.ess) <= 1e-9 * points.ess.max():
        return "All studies are of the same effective size: there is nothing to compare."
    return None


def _line(x: Floats, y: Floats, weights: Floats) -> tuple[float, float, float]:
    """Return intercept, slope and the slope's standard error of weighted least squares."""
    middle_x, middle_y = np.average(x, weights=weights), np.average(y, weights=weights)
    away_x, away_y = x - middle_x, y - middle_y
    spread = (weights * away_x**2).sum()
    slope = (weights * away_x * away_y).sum() / spread
    left = (weights * (away_y - slope * away_x) ** 2).sum()
    if left <= _ROUNDING * (weights * y**2).sum():
        left = 0.0
    error = np.sqrt(left / (len(x) - 2) / spread)
    return float(middle_y - slope * middle_x), float(slope), float(error)


def _studies(count: int) -> str:
    return "one study" if count == 1 else f"{count} studies"


def _warnings(points: LogOdds) -> tuple[str, ...]:
    notes = [
        "The test has little power, above all where the accuracy differs between studies: a p of "
        "0.10 or more does not show that no studies are missing."
    ]
    if len(points) < _USUAL_FEWEST:
        notes.append(
            f"With {_studies(len(points))} the test can hardly detect anything; it is usually kept "
            "for ten studies or more."
        )
    if points.left_out:
        notes.append(f"Left out for an empty arm: {', '.join(points.left_out)}.")
    return tuple(notes)
