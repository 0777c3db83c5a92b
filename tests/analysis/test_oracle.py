"""Agreement with an independent program, on every data set with a finite maximum.

The other program integrates by 31 x 31 adaptive Gauss-Hermite nodes and agrees with brute-force
integration to 4e-8. Tolerances are those the project promises; where a value is near zero 1e-7
absolute stands in for the relative tolerance.
"""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit

from analysis import TwoByTwos, fit_bivariate
from analysis.derived import correlation_error, covariance_slopes, hsroc, likelihood_ratios
from analysis.heterogeneity import heterogeneity
from analysis.population import population_average
from analysis.profile_likelihood import profile_intervals
from analysis.simpler import random_effects_tests
from analysis.sroc import area_under_curve, sroc_line
from tests.analysis.reference import NAMES, expected, needs_reference, table

pytestmark = needs_reference

# Of audit_k4 the reference's lower bound of specificity (0.94140) is not the profile's: with the
# specificity fixed there, 20 random starts all reach a fall of 3.7712, not 3.8415.
UNSETTLED_BOUNDS = {("audit_k4", "spec", 0)}

# The reference's log-likelihoods of these are off by so much, by plain grids
# (`test_brute_force.py`).
UNCORRELATED_OFF = {"schneider_feno_thresholds": 3.2e-6, "sim_tiny_studies": 2.9e-6}


@functools.cache
def fitted(name):
    return fit_bivariate(TwoByTwos.from_csv(table(name)))


@pytest.fixture(params=NAMES or ["absent"])
def name(request):
    return request.param


def test_the_reference_holds_data_sets_with_a_finite_maximum():
    assert len(NAMES) >= 20
    assert all(expected(name)["finite_mle"] for name in NAMES)


def test_the_maximum_agrees(name):
    fit, oracle = fitted(name), expected(name)
    assert fit.k == oracle["k"]
    assert_allclose(fit.log_likelihood, oracle["logLik"], rtol=0, atol=1e-6)
    assert_allclose(fit.mean, oracle["mu"], rtol=1e-6, atol=1e-7)
    assert_allclose(fit.between_cov, oracle["Sigma"], rtol=1e-5, atol=1e-7)
    assert fit.quadrature_error < 1e-6


def test_the_covariance_of_the_means_is_the_full_information(name):
    fit, oracle = fitted(name), expected(name)
    assert_allclose(fit.mean_cov, oracle["vcov_mu"], rtol=1e-4, atol=1e-7)
    wald = fit.wald()
    for i, key in enumerate(("sens", "spec")):
        assert_allclose([fit.summary_point[i], *wald[i]], oracle[key], rtol=1e-5)


def test_the_boundary_is_seen(name):
    at_one = any(flag.startswith("correlation") for flag in fitted(name).boundary)
    assert at_one == expected(name)["boundary"]["rho_pm1"]


def test_the_profile_intervals_agree(name):
    oracle = expected(name).get("profile_CI")
    if not oracle:
        pytest.skip("the reference has no profile intervals of this data set")
    found = profile_intervals(fitted(name))
    for arm, key in (("sensitivity", "sens"), ("specificity", "spec")):
        for i, bound in enumerate((found[arm].low, found[arm].high)):
            if (name, key, i) not in UNSETTLED_BOUNDS:
                assert_allclose(bound, oracle[key][i], rtol=0, atol=1e-5)


def test_hsroc_parameters_agree(name):
    oracle = expected(name)
    names = {
        "lambda": "Lambda",
        "theta": "Theta",
        "beta": "beta",
        "variance_alpha": "s2alpha",
        "variance_theta": "s2theta",
    }
    for ours, found in hsroc(fitted(name)).items():
        theirs = names[ours]
        assert_allclose(found.estimate, oracle["derived"][theirs], rtol=1e-5, atol=1e-7)
        assert_allclose(found.standard_error, oracle["derived_se"][theirs], rtol=1e-4, atol=1e-7)


def test_the_whole_covariance_agrees(name):
    fit, oracle = fitted(name), expected(name)
    # The columns of L may be turned.
    signs = np.sign(np.array(oracle["theta"]))
    turn = np.array([1, 1, signs[2], signs[2], signs[4] or 1])
    wanted = np.array(oracle["vcov_theta"]) * np.outer(turn, turn)
    assert_allclose(fit.theta_cov, wanted, rtol=1e-4, atol=1e-7)
    slopes = covariance_slopes(fit.theta)
    errors = np.sqrt(np.maximum(np.diag(slopes @ fit.theta_cov @ slopes.T), 0))[2:]
    theirs = [oracle["derived_se"][key] for key in ("var_sens", "var_spec", "cov")]
    assert_allclose(errors, theirs, rtol=1e-4, atol=1e-7)


def test_the_curve_agrees(name):
    oracle = expected(name)["sroc_rg"]
    intercept, slope = sroc_line(fitted(name))
    found = expit(intercept + slope * logit(np.array(oracle["fpr"])))
    assert_allclose(found, oracle["sens"], rtol=0, atol=1e-7)


def test_heterogeneity_and_population_averages_agree(name):
    fit, oracle = fitted(name), expected(name)
    found, wanted = heterogeneity(fit), oracle["I2_zhou_dendukuri"]
    assert_allclose(found.i2_sensitivity, wanted["sens"], rtol=0, atol=1e-7)
    assert_allclose(found.i2_specificity, wanted["spec"], rtol=0, atol=1e-7)
    if fit.boundary:  # the determinant is zero whatever the variances: not a measure
        assert found.i2_bivariate is None
    else:
        assert_allclose(found.i2_bivariate, wanted["bivariate"], rtol=0, atol=1e-7)
    averages = population_average(fit)
    assert_allclose(averages["sensitivity"].estimate, oracle["marginal_sens"], rtol=0, atol=1e-7)
    assert_allclose(averages["specificity"].estimate, oracle["marginal_spec"], rtol=0, atol=1e-7)


def test_the_tests_of_the_random_effects_agree(name):
    tests, oracle = random_effects_tests(fitted(name)), expected(name)
    for ours, theirs in (("no_correlation", "LRT_rho0"), ("no_random_effects", "LRT_RE_vs_FE")):
        assert_allclose(tests[ours].chi2, oracle[theirs]["chisq"], rtol=0, atol=1e-5)
        assert tests[ours].df == oracle[theirs]["df"]


def test_the_error_of_the_correlation_agrees(name):
    fit = fitted(name)
    if fit.boundary:
        assert correlation_error(fit) is None
    else:
        wanted = expected(name)["derived_se"]["rho"]
        assert_allclose(correlation_error(fit), wanted, rtol=1e-4)


def test_likelihood_ratios_agree(name):
    fit, oracle = fitted(name), expected(name)
    names = {"lr_positive": "LRp", "lr_negative": "LRn", "dor": "DOR"}
    for ours, found in likelihood_ratios(fit).items():
        assert_allclose([found.estimate, *found.interval], oracle[names[ours]], rtol=1e-5)


def test_the_area_under_the_curve_agrees(name):
    found, oracle = area_under_curve(fitted(name)), expected(name)
    assert_allclose(found["estimate"], oracle["AUC_rutter_gatsonis_0_1"], rtol=0, atol=1e-6)
    assert_allclose(found["partial"], oracle["pAUC_normalised"], rtol=0, atol=1e-6)
    if oracle["AUC_logit_delta_CI"]:
        assert_allclose(found["logit_delta"], oracle["AUC_logit_delta_CI"], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "key"), [("uncorrelated", "uncorrelated"), ("fixed", "fixed_effect")]
)
def test_the_simpler_models_agree(name, model, key):
    oracle = expected(name).get(key)
    if not oracle:
        pytest.skip("the reference has no such fit of this data set")
    fit = fit_bivariate(TwoByTwos.from_csv(table(name)), model=model)
    close = UNCORRELATED_OFF.get(name, 1e-6)
    assert_allclose(fit.log_likelihood, oracle["logLik"], rtol=0, atol=close)
    assert_allclose(fit.mean, oracle["mu"], rtol=0, atol=3e-6)
    if "sd" in oracle:
        assert_allclose(np.sqrt(np.diag(fit.between_cov)), oracle["sd"], rtol=1e-4, atol=1e-6)
