"""Regressions by lme4's glmer: what it computes is Laplace's approximation of the same likelihood.

Computed once more here, that approximation has lme4's log-likelihoods at lme4's estimates to 4e-3:
what lme4 leaves when it stops its inner iterations (its log-likelihood of skin_cad_ml without a
covariate is ours to 5e-8 with `tolPwrss = 1e-10`, 1e-3 off by default).
The exact estimates lie near.
"""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit
from scipy.stats import binom

from analysis import TwoByTwos
from analysis.covariates import Covariate
from analysis.metaregression import metaregression
from analysis.results import ARMS
from tests.analysis.reference import FOLDER, needs_reference, table

FILES = sorted(FOLDER.glob("expected/*.metareg_glmer.json"))
CASES = [
    (path.name.split(".")[0], covariate)
    for path in FILES
    for covariate in json.loads(path.read_text())
]
STOPPED_SHORT = 4e-3
MODELS = {"null": (), "both": ARMS, "sens_only": ARMS[:1], "spec_only": ARMS[1:]}
TESTS = {
    "both_vs_null": "joint",
    "sens_effect": "of_sensitivity",
    "spec_effect": "of_specificity",
}


@needs_reference
@pytest.mark.parametrize(("name", "covariate"), CASES or [("absent", "absent")])
def test_every_number_of_lme4_is_near(name, covariate):
    theirs = json.loads((FOLDER / "expected" / f"{name}.metareg_glmer.json").read_text())[covariate]
    values = Covariate.from_csv(table(name), covariate)
    found = metaregression(TwoByTwos.from_csv(table(name)), values)
    fits = {
        "null": found.null,
        "both": found.both,
        "sens_only": found.sensitivity_only,
        "spec_only": found.specificity_only,
    }
    for key, fit in fits.items():
        lme4 = theirs[key]
        blocks = [predictors(found, arm in MODELS[key]) for arm in ARMS]
        laplace = laplace_log_likelihood(found.both.data, blocks, lme4)
        assert abs(laplace - lme4["logLik"]) < STOPPED_SHORT
        assert fit.parameters == lme4["npar"]
        beta, covariance, between = in_units_of_lme4(found, fit, key)
        errors = np.sqrt(np.diag(covariance))
        assert_allclose(fit.log_likelihood, lme4["logLik"], rtol=0, atol=0.8)
        assert (np.abs(beta - lme4["beta"]) < 0.06 * errors).all()
        assert_allclose(errors, np.sqrt(np.diag(lme4["vcov"])), rtol=0.02)
        scaled = (covariance - lme4["vcov"]) / np.outer(errors, errors)
        assert np.abs(scaled).max() < 0.04
        assert_allclose(between, lme4["Sigma"], rtol=0, atol=0.05)
    for key, ours in TESTS.items():
        test = getattr(found, ours)
        assert test.df == theirs["LRT"][key]["df"]
        assert_allclose(test.chi2, theirs["LRT"][key]["chisq"], rtol=0, atol=0.4)
        assert_allclose(test.p, theirs["LRT"][key]["p"], rtol=0, atol=0.006)


def predictors(found, depends):
    """Return the columns of a mean as lme4 was given them: cell means, or 1 and the value."""
    values = found.both.covariate
    if not depends:
        return np.ones((len(values), 1))
    if values.kind == "continuous":
        return np.column_stack([np.ones(len(values)), np.array(values.values, dtype=float)])
    return np.column_stack([np.array(values.values) == level for level in sorted(values.levels)])


def laplace_log_likelihood(data, blocks, lme4):
    betas = np.split(np.array(lme4["beta"]), [blocks[0].shape[1]])
    means = np.column_stack([block @ beta for block, beta in zip(blocks, betas, strict=True)])
    factor = np.linalg.cholesky(np.array(lme4["Sigma"]))
    return sum(map(laplace_of_study, means, [factor] * len(means), data.events, data.totals))


def laplace_of_study(mean, factor, events, totals):
    """Return the height of the integrand at its mode, less half the logarithm of its curvature."""
    u = np.zeros(2)
    for _ in range(100):
        p = expit(mean + factor @ u)
        curvature = np.eye(2) + factor.T @ np.diag(totals * p * (1 - p)) @ factor
        step = np.linalg.solve(curvature, factor.T @ (events - totals * p) - u)
        u = u + step * min(1.0, 1.0 / np.abs(step).max())
        if np.abs(step).max() < 1e-12:
            break
    fits = binom.logpmf(events, totals, expit(mean + factor @ u)).sum()
    return fits - u @ u / 2 - np.linalg.slogdet(curvature)[1] / 2


def in_units_of_lme4(found, fit, key):
    if key == "null":
        return fit.mean, fit.mean_cov, fit.between_cov
    turns = [turn(found, arm in MODELS[key]) for arm in ARMS]
    first = len(turns[0])
    whole = np.zeros((len(fit.beta), len(fit.beta)))
    whole[:first, :first], whole[first:, first:] = turns
    return whole @ fit.beta, whole @ fit.beta_cov @ whole.T, fit.between_covs[0]


def turn(found, depends):
    """Return the matrix from our coefficients of a mean to lme4's."""
    if not depends:
        return np.eye(1)
    values, scale = found.both.covariate, found.both.scale
    if values.kind == "continuous":
        return np.array([[1.0, -scale.centre / scale.width], [0.0, 1.0 / scale.width]])
    order = [values.levels.index(level) for level in sorted(values.levels)]
    return np.eye(len(order))[order]
