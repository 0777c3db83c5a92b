"""Likelihood-ratio tests, also where the null hypothesis lies on the edge of what is possible."""

from dataclasses import dataclass
from typing import Any, Literal

from scipy import stats

Reference = Literal["chi2", "half chi2_0 + half chi2_1"]

# Maxima are found to about 1e-9: a difference below this, in either direction, is none.
_ROUNDING = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatioTest:
    """A test of a simpler model against the model it is nested in.

    Attributes
    ----------
    chi2 : float
        Twice the difference of the log-likelihoods.
    df : int
        Number of parameters the simpler model lacks.
    p : float
        Of the distribution named by `reference`.
    p_chi2 : float
        Of the plain chi-squared distribution with `df` degrees of freedom.
    reference : {"chi2", "half chi2_0 + half chi2_1"}
        The second where one parameter is tested at the edge of its range [1]_.
    note : str or None
        How to read it.

    References
    ----------
    .. [1] Self SG, Liang KY. Asymptotic properties of maximum likelihood estimators and likelihood
       ratio tests under nonstandard conditions. J Am Stat Assoc 1987;82:605-610.
    """

    chi2: float
    df: int
    p: float
    p_chi2: float
    reference: Reference
    note: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "chi2": self.chi2,
            "df": self.df,
            "p": self.p,
            "p_chi2": self.p_chi2,
            "reference": self.reference,
            "note": self.note,
        }


def likelihood_ratio_test(
    full: float, simple: float, df: int, *, edge: bool = False, note: str | None = None
) -> LikelihoodRatioTest:
    """Compare the maximised log-likelihoods of two nested models fitted to the same tables.

    Parameters
    ----------
    full, simple : float
    df : int
        At least 1.
    edge : bool
        Whether one parameter is tested at the edge of its range: then p is half of the plain one,
        and 1 when the two models fit equally well. For 1 degree of freedom only.
    note : str, optional

    Returns
    -------
    LikelihoodRatioTest

    Raises
    ------
    ValueError
        ``edge`` with more than one degree of freedom.
    """
    if edge and df != 1:
        raise ValueError("a mixture of two halves is for one parameter at its edge")
    chi2 = max(2 * (full - simple), 0.0)
    chi2 = 0.0 if chi2 < _ROUNDING else chi2
    plain = float(stats.chi2.sf(chi2, df))
    mixed = plain / 2 if chi2 else 1.0
    return LikelihoodRatioTest(
        chi2=chi2,
        df=df,
        p=mixed if edge else plain,
        p_chi2=plain,
        reference="half chi2_0 + half chi2_1" if edge else "chi2",
        note=note,
    )
