"""What a complete report adds to a fit: tests, the ladder, heterogeneity, study by study."""

from typing import Any

from analysis.bivariate import fit_bivariate
from analysis.data import TwoByTwos
from analysis.deeks import deeks_test
from analysis.descriptive import describe_differences
from analysis.heterogeneity import heterogeneity
from analysis.influence import influence
from analysis.population import population_average
from analysis.results import BivariateFit, NotEstimable
from analysis.simpler import Step, ladder, random_effects_tests
from analysis.spread import between_studies

MEASURES = (
    *("i2", "median_odds_ratio", "prediction_area", "population_average"),
    "between_studies",
)
STUDY_BY_STUDY = ("leave_one_out", "influence")
# Leaving each of more studies out in turn takes longer than anyone waits for without asking.
MOST_LEFT_OUT = 200


def further(fit: BivariateFit | NotEstimable) -> dict[str, Any]:
    """Return "i2", "median_odds_ratio", "prediction_area", averages and "between_studies".

    All are None where the fit has no estimate; a measure missing for another reason has its own
    "reason".

    Parameters
    ----------
    fit : BivariateFit or NotEstimable

    Returns
    -------
    dict
    """
    if isinstance(fit, NotEstimable):
        return dict.fromkeys(MEASURES)
    averages = population_average(fit)
    return {
        **heterogeneity(fit).to_dict(),
        "population_average": {arm: average.to_dict() for arm, average in averages.items()},
        "between_studies": {name: part.to_dict() for name, part in between_studies(fit).items()},
    }


def random_effects(
    data: TwoByTwos, fit: BivariateFit | NotEstimable | None = None
) -> tuple[dict[str, Any], tuple[Step, ...]]:
    """Return the tests of the random effects, JSON-ready, and the ladder, of some tables.

    A ``fit`` of the bivariate model to these tables spares another one.

    Parameters
    ----------
    data : TwoByTwos
    fit : BivariateFit or NotEstimable, optional

    Returns
    -------
    dict, tuple of Step
    """
    full = fit if fit and fit.model == "bivariate" else fit_bivariate(data)
    tests = {
        name: test.to_dict() if test else None for name, test in random_effects_tests(full).items()
    }
    return tests, ladder(full)


def small_studies(data: TwoByTwos) -> dict[str, Any]:
    """Return Deeks' test of small-study effects, JSON-ready.

    Parameters
    ----------
    data : TwoByTwos

    Returns
    -------
    dict
    """
    return {"deeks": deeks_test(data).to_dict()}


def study_by_study(
    fit: BivariateFit | NotEstimable, *, most: int = MOST_LEFT_OUT
) -> tuple[dict[str, Any], str | None, tuple[str, ...]]:
    """Return "leave_one_out" and "influence", why they are None, and what to be warned of.

    Parameters
    ----------
    fit : BivariateFit or NotEstimable
    most : int
        With more studies than this none is left out.

    Returns
    -------
    dict
        "leave_one_out" and "influence", lists or None.
    str or None
        Why they are None.
    tuple of str
        Warnings.
    """
    nothing = dict.fromkeys(STUDY_BY_STUDY)
    if isinstance(fit, NotEstimable):
        return nothing, fit.reason, ()
    if fit.k > most:
        reason = f"With more than {most} studies each is left out in turn only when asked for."
        return nothing, reason, ()
    found = influence(fit)
    complete = found.to_dict()
    return {name: complete[name] for name in STUDY_BY_STUDY}, None, found.warnings


def supplement(data: TwoByTwos, fit: BivariateFit | NotEstimable) -> dict[str, Any]:
    """Return what a result page can show beside the fit, JSON-ready.

    Parameters
    ----------
    data : TwoByTwos
    fit : BivariateFit or NotEstimable
        Of the bivariate model to these tables, or of a simpler one.

    Returns
    -------
    dict
        What `further`, `small_studies` and `study_by_study` return, "lrt", "ladder",
        "descriptive" (see `analysis.descriptive.describe_differences`), and
        "study_by_study_reason": why studies were not left out in turn.
    """
    tests, steps = random_effects(data, fit)
    by_study, reason, notes = study_by_study(fit)
    return {
        **further(fit),
        **small_studies(data),
        **by_study,
        "study_by_study_reason": reason,
        "study_by_study_warnings": list(notes),
        "descriptive": describe_differences(data),
        "lrt": tests,
        "ladder": [step.to_dict() for step in steps],
    }
