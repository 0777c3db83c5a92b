"""What a complete report adds to a fit: tests, the ladder, heterogeneity, population averages."""

from typing import Any

from analysis.bivariate import fit_bivariate
from analysis.data import TwoByTwos
from analysis.heterogeneity import heterogeneity
from analysis.population import population_average
from analysis.results import BivariateFit, NotEstimable
from analysis.simpler import Step, ladder, random_effects_tests

_MEASURES = ("i2", "median_odds_ratio", "prediction_area", "population_average")


def further(fit: BivariateFit | NotEstimable) -> dict[str, Any]:
    """Return "i2", "median_odds_ratio", "prediction_area" and "population_average" of a fit.

    All are None where the fit has no estimate; a measure missing for another reason has its own
    "reason".
    """
    if isinstance(fit, NotEstimable):
        return dict.fromkeys(_MEASURES)
    averages = population_average(fit)
    return {
        **heterogeneity(fit).to_dict(),
        "population_average": {arm: average.to_dict() for arm, average in averages.items()},
    }


def random_effects(data: TwoByTwos) -> tuple[dict[str, Any], tuple[Step, ...]]:
    """Return the tests of the random effects, JSON-ready, and the ladder, of some tables."""
    full = fit_bivariate(data)
    tests = {
        name: test.to_dict() if test else None for name, test in random_effects_tests(full).items()
    }
    return tests, ladder(full)
