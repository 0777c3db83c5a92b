"""The log-likelihoods reported are those of a plain grid, and as uncertain as they say.

It decides where the reference differs: there `quadrature_error` is below 1e-8, the reference off by
up to 3e-6 (uncorrelated models) and 1.5e-5 (regressions).
"""

import numpy as np
import pytest

from analysis import TwoByTwos, fit_bivariate
from analysis.covariates import Covariate
from analysis.metaregression import metaregression
from analysis.results import ARMS
from tests.analysis.brute_force import log_likelihood
from tests.analysis.reference import NAMES, REGRESSIONS_OFF, expected, needs_reference, table
from tests.analysis.tables import EMPTY_ARMS, PERFECTLY_CORRELATED, XRAY

PROMISED = 1e-8


def holds(fit, thetas):
    away = abs(fit.log_likelihood - log_likelihood(thetas, fit.data.rows))
    return away < PROMISED and away < 2 * fit.quadrature_error + 1e-10


@pytest.mark.parametrize("model", ["bivariate", "uncorrelated", "fixed-sensitivity"])
@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS, PERFECTLY_CORRELATED])
def test_our_own_tables(rows, model):
    fit = fit_bivariate(TwoByTwos.from_rows(rows), model=model)
    assert holds(fit, [fit.theta] * fit.k)


@needs_reference
@pytest.mark.parametrize("model", ["bivariate", "uncorrelated"])
@pytest.mark.parametrize("name", NAMES or ["absent"])
def test_the_reference_data_sets(name, model):
    fit = fit_bivariate(TwoByTwos.from_csv(table(name)), model=model)
    assert holds(fit, [fit.theta] * fit.k)


@needs_reference
@pytest.mark.parametrize("name", REGRESSIONS_OFF)
def test_the_regressions_where_the_reference_is_off(name):
    covariate = Covariate.from_csv(table(name), expected(name)["metareg"]["covariate"])
    found = metaregression(TwoByTwos.from_csv(table(name)), covariate)
    assert holds(found.null, [found.null.theta] * found.null.k)
    for fit in (found.both, found.sensitivity_only, found.specificity_only):
        assert holds(fit, thetas_of_studies(fit))


def thetas_of_studies(fit):
    """Return each study's own parameters, shape (k, 5)."""
    groups = fit.scale.columns(fit.covariate)
    columns = [groups if arm in fit.on else np.ones((len(groups), 1)) for arm in ARMS]
    betas = np.split(fit.beta, [columns[0].shape[1]])
    means = [column @ beta for column, beta in zip(columns, betas, strict=True)]
    return np.column_stack([*means, np.tile(fit.factors[0], (len(groups), 1))])
