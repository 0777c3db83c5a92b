"""Agreement with an independent program, on every data set with a finite maximum.

The other program integrates by 31 x 31 adaptive Gauss-Hermite nodes and agrees with brute-force
integration to 4e-8. Tolerances are those the project promises; where a value is near zero 1e-7
absolute stands in for the relative tolerance.
"""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis import TwoByTwos, fit_bivariate
from analysis.derived import correlation_error, hsroc, likelihood_ratios
from analysis.profile_likelihood import profile_intervals
from analysis.sroc import area_under_curve
from tests.analysis.reference import NAMES, expected, needs_reference, table

pytestmark = needs_reference

# Of audit_k4 the reference's lower bound of specificity (0.94140) is not the profile's: with the
# specificity fixed there, 20 random starts all reach a fall of 3.7712, not 3.8415.
UNSETTLED_BOUNDS = {("audit_k4", "spec", 0)}


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
    assert_allclose(fit.log_likelihood, oracle["logLik"], rtol=0, atol=1e-5)
    assert_allclose(fit.mean, oracle["mu"], rtol=1e-5, atol=1e-6)
    if "sd" in oracle:
        assert_allclose(np.sqrt(np.diag(fit.between_cov)), oracle["sd"], rtol=1e-4, atol=1e-6)
