"""When a simpler model will do: tests of its parameters, and the ladder from full to fixed."""

from dataclasses import dataclass
from typing import Any

from analysis.bivariate import fit_bivariate
from analysis.data import TwoByTwos
from analysis.likelihood_ratio import LikelihoodRatioTest, likelihood_ratio_test
from analysis.results import ARMS, PARAMETERS, BivariateFit, Model, NotEstimable

Fit = BivariateFit | NotEstimable

_VERY_FEW_STUDIES = 5
_FEW_STUDIES = 10
_CONSERVATIVE = (
    "Several variances are tested at the edge of their range at once: the plain chi-squared is "
    "used, which makes the p value too large."
)
_NO_SIMPLER = "Leaving out the correlation does not help."
_AT_BOUND = "The estimated correlation is at its bound, so half of the plain p value is given."


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Step:
    """One rung of the ladder.

    Attributes
    ----------
    fit : BivariateFit or NotEstimable
    kept : bool
        Whether the ladder ends here.
    reason : str
        Why it ends here, or why it goes on to the next rung.
    test : LikelihoodRatioTest or None
        This model against the one on the rung before; none on the first, and where either has no
        estimate.
    """

    fit: Fit
    kept: bool
    reason: str
    test: LikelihoodRatioTest | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        found = self.fit if isinstance(self.fit, BivariateFit) else None
        whole = self.fit.to_dict()
        return {
            "model": self.fit.model,
            "parameters": PARAMETERS[self.fit.model],
            "log_likelihood": found.log_likelihood if found else None,
            "aic": found.aic if found else None,
            "bic": found.bic if found else None,
            "boundary": list(found.boundary) if found else [],
            **{arm: whole[arm] for arm in ARMS},
            "kept": self.kept,
            "reason": self.reason,
            "lrt": self.test.to_dict() if self.test else None,
        }


def random_effects_tests(fit: Fit) -> dict[str, LikelihoodRatioTest | None]:
    """Test the correlation and the variances between studies.

    Parameters
    ----------
    fit : BivariateFit or NotEstimable
        Of the bivariate model.

    Returns
    -------
    dict
        "no_correlation" and "no_random_effects": the simpler model against the bivariate one;
        "no_variance_sensitivity" and "no_variance_specificity": against the uncorrelated one. None
        where either model has no estimate.

    Raises
    ------
    ValueError
        The fit is of another model.
    """
    if fit.model != "bivariate":
        raise ValueError("the tests start from the bivariate model")
    uncorrelated = fit_bivariate(fit.data, model="uncorrelated")
    simpler = {f"no_variance_{arm}": _test(uncorrelated, _without(fit.data, arm)) for arm in ARMS}
    return {
        "no_correlation": _test(fit, uncorrelated),
        "no_random_effects": _test(fit, fit_bivariate(fit.data, model="fixed")),
        **simpler,
    }


def _without(data: TwoByTwos, arm: str) -> Fit:
    model: Model = "fixed-sensitivity" if arm == ARMS[0] else "fixed-specificity"
    return fit_bivariate(data, model=model)


def _test(full: Fit, simple: Fit) -> LikelihoodRatioTest | None:
    if isinstance(full, NotEstimable) or isinstance(simple, NotEstimable):
        return None
    df = full.parameters - simple.parameters
    rho_at_bound = any(flag.startswith("correlation") for flag in full.boundary)
    only_rho = simple.model == "uncorrelated"
    note = _CONSERVATIVE if df > 1 else _AT_BOUND if only_rho and rho_at_bound else None
    edge = df == 1 and (rho_at_bound or not only_rho)
    return likelihood_ratio_test(
        full.log_likelihood, simple.log_likelihood, df, edge=edge, note=note
    )


def ladder(fit: Fit) -> tuple[Step, ...]:
    """Simplify the model while the studies cannot support it [1]_.

    The correlation goes first: with fewer than five studies, with fewer than ten when its estimate
    is -1 or 1, or when a variance is zero and leaves nothing to correlate. Then a variance
    estimated as zero; then the other. The tests are shown, but do not decide: with few studies
    they have little power.

    Parameters
    ----------
    fit : BivariateFit or NotEstimable
        Of the bivariate model.

    Returns
    -------
    tuple of Step
        From the bivariate model to the one kept, which is the last. Where the likelihood of the
        bivariate model has no maximum for a reason that simpler models share, the first alone.

    Raises
    ------
    ValueError
        The fit is of another model.

    References
    ----------
    .. [1] Takwoingi Y, Guo B, Riley RD, Deeks JJ. Performance of methods for meta-analysis of
       diagnostic test accuracy with few studies or sparse data. Stat Methods Med Res
       2017;26:1896-1911.
    """
    if fit.model != "bivariate":
        raise ValueError("the ladder starts from the bivariate model")
    steps: list[Step] = []
    before: Fit | None = None
    while True:
        test = _test(before, fit) if before else None
        simpler, reason = _next(fit)
        below = fit_bivariate(fit.data, model=simpler) if simpler else None
        if below is None or (isinstance(fit, NotEstimable) and isinstance(below, NotEstimable)):
            kept = reason if below is None else f"{reason} {_NO_SIMPLER}"
            steps.append(Step(fit=fit, kept=True, reason=kept, test=test))
            return tuple(steps)
        steps.append(Step(fit=fit, kept=False, reason=reason, test=test))
        before, fit = fit, below


def _next(fit: Fit) -> tuple[Model | None, str]:
    """Return the next simpler model, if one is called for, and the reason."""
    if isinstance(fit, NotEstimable):
        return ("uncorrelated" if fit.model == "bivariate" else None), fit.reason
    if fit.model == "bivariate":
        return _without_correlation(fit)
    zero = [arm for arm in ARMS if f"variance of logit {arm} is zero" in fit.boundary]
    if not zero:
        return None, _KEPT[fit.model]
    if len(zero) == 2 or fit.model != "uncorrelated":
        return "fixed", f"The estimated variance of logit {' and '.join(zero)} is zero."
    model: Model = "fixed-sensitivity" if zero == ["sensitivity"] else "fixed-specificity"
    return model, f"The estimated variance of logit {zero[0]} is zero."


def _without_correlation(fit: BivariateFit) -> tuple[Model | None, str]:
    if fit.k < _VERY_FEW_STUDIES:
        return "uncorrelated", f"{fit.k} studies are too few to estimate a correlation."
    if fit.correlation is None:
        return "uncorrelated", "A variance is zero: there is nothing to correlate."
    if not fit.boundary:
        return None, _KEPT[fit.model]
    if fit.k < _FEW_STUDIES:
        return "uncorrelated", f"With {fit.k} studies the {fit.boundary[0]}: it is not determined."
    return None, f"The {fit.boundary[0]}, but {fit.k} studies are enough to keep it."


_KEPT = {
    "bivariate": "Variances and correlation can be estimated.",
    "uncorrelated": "Both variances can be estimated.",
    "fixed-sensitivity": "Only specificity varies between studies.",
    "fixed-specificity": "Only sensitivity varies between studies.",
    "fixed": "The studies do not differ more than chance would have it.",
}
