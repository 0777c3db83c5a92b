"""The bivariate fit: known results, invariances, and tables that have no estimate."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from analysis import BivariateFit, NotEstimable, TwoByTwos, fit_bivariate
from tests.analysis.tables import EMPTY_ARMS, PERFECT_SENSITIVITY, PERFECTLY_CORRELATED, XRAY


def fit(rows, **options):
    return fit_bivariate(TwoByTwos.from_rows(rows), **options)


@pytest.fixture(scope="module")
def xray():
    return fit(XRAY)


def test_the_xray_studies_pool_to_what_the_demo_review_shows(xray):
    assert_allclose(xray.summary_point, (0.887, 0.875), atol=5e-4)
    assert_allclose(xray.wald(), [[0.814, 0.934], [0.793, 0.927]], atol=5e-4)


def test_a_correlation_of_minus_one_is_found_and_said():
    # Independent program, 31 x 31 nodes: the set was simulated for this project.
    found = fit(PERFECTLY_CORRELATED)
    assert_allclose(found.log_likelihood, -105.19527762374946, rtol=0, atol=1e-6)
    assert_allclose(found.mean, [1.4825231068879314, 0.5315564057463348], rtol=1e-6)
    assert found.correlation == pytest.approx(-1, abs=1e-8)
    assert found.boundary == ("correlation is -1",)
    assert any("edge of what is possible" in warning for warning in found.warnings)


def test_an_empty_arm_keeps_the_other_and_is_said():
    found = fit(EMPTY_ARMS)
    assert_allclose(found.log_likelihood, -15.11403579057837, rtol=0, atol=1e-6)
    assert_allclose(found.mean, [1.5863297188097876, 2.6659217853093984], rtol=1e-6)
    assert "Study 4: nobody with the target condition; used for specificity only." in found.warnings
    assert (
        "Study 2: nobody without the target condition; used for sensitivity only." in found.warnings
    )


def test_studies_without_participants_are_left_out_and_named(xray):
    empty = [[0, 0, 0, 0]] * 7
    found = fit([*XRAY, *empty])
    assert found.k == 8
    assert_allclose(found.mean, xray.mean)
    assert found.warnings[0].startswith(
        "Study 9, Study 10, Study 11, Study 12, Study 13 and 2 more"
    )


def test_the_order_of_the_studies_does_not_matter(xray):
    turned = fit(XRAY[::-1])
    assert_allclose(turned.log_likelihood, xray.log_likelihood, rtol=1e-10)
    assert_allclose(turned.mean, xray.mean, rtol=1e-7)
    assert_allclose(turned.mean_cov, xray.mean_cov, rtol=1e-6)


def test_swapping_the_diseased_and_the_healthy_swaps_the_summary_point(xray):
    swapped = fit([row[::-1] for row in XRAY])
    assert_allclose(swapped.summary_point, xray.summary_point[::-1], rtol=1e-6)
    assert_allclose(swapped.between_cov, xray.between_cov[::-1, ::-1], rtol=1e-5)
    assert_allclose(swapped.mean_cov, xray.mean_cov[::-1, ::-1], rtol=1e-5)
    assert_allclose(swapped.log_likelihood, xray.log_likelihood, rtol=0, atol=1e-7)


def test_calling_positive_negative_turns_the_signs(xray):
    turned = fit([[fn, tn, tp, fp] for tp, fp, fn, tn in XRAY])
    assert_allclose(turned.mean, -xray.mean, rtol=1e-6)
    assert_allclose(turned.between_cov, xray.between_cov, rtol=1e-5)


def test_every_study_twice_narrows_the_intervals(xray):
    doubled = fit(XRAY * 2)
    assert (np.diag(doubled.mean_cov) < np.diag(xray.mean_cov)).all()


def test_richer_models_have_a_higher_likelihood(xray):
    uncorrelated, fixed = fit(XRAY, model="uncorrelated"), fit(XRAY, model="fixed")
    assert fixed.log_likelihood < uncorrelated.log_likelihood < xray.log_likelihood
    assert uncorrelated.correlation == 0
    assert fixed.correlation is None
    assert fixed.boundary == ()


def test_a_fixed_effect_is_the_pooled_proportion():
    tp, fp, fn, tn = np.sum(XRAY, axis=0)
    found = fit(XRAY, model="fixed")
    assert_allclose(found.summary_point, [tp / (tp + fn), tn / (fp + tn)], rtol=1e-9)
    assert_allclose(np.diag(found.mean_cov), [1 / tp + 1 / fn, 1 / tn + 1 / fp], rtol=1e-8)


def test_a_simulated_truth_is_recovered():
    rng = np.random.default_rng(20260101)
    mean, spread = np.array([1.5, 2.0]), np.array([[0.5, -0.3], [-0.3, 0.6]])
    rates = 1 / (1 + np.exp(-rng.multivariate_normal(mean, spread, size=400)))
    n = rng.integers(40, 200, size=(400, 2))
    y = rng.binomial(n, rates)
    found = fit(np.column_stack([y[:, 0], n[:, 1] - y[:, 1], n[:, 0] - y[:, 0], y[:, 1]]))
    errors = np.sqrt(np.diag(found.theta_cov))
    truth = np.array([*mean, *np.linalg.cholesky(spread)[np.tril_indices(2)]])
    assert (np.abs(found.theta - truth) < 4 * errors).all()
    assert errors.max() < 0.08


def test_identical_studies_have_no_variance_between_them():
    found = fit([[40, 10, 10, 90]] * 6)
    assert_allclose(found.summary_point, [0.8, 0.9], rtol=1e-6)
    assert found.boundary == (
        "variance of logit sensitivity is zero",
        "variance of logit specificity is zero",
    )
    assert found.correlation is None
    assert any("no more than chance" in warning for warning in found.warnings)


def test_counts_of_a_million_are_fitted():
    missed, alarms = (9, 2, 5, 30, 14, 3, 8, 21, 6), (4, 11, 2, 7, 25, 16, 3, 9, 6)
    rows = [
        [1_000_000 - 10_000 * fn, 10_000 * fp, 10_000 * fn, 1_000_000 - 10_000 * fp]
        for fn, fp in zip(missed, alarms, strict=True)
    ]
    found = fit(rows)
    logits = np.log([[tp / fn, tn / fp] for tp, fp, fn, tn in rows])
    # Without noise within studies the maximum is the mean and the covariance of the logits.
    assert_allclose(found.mean, logits.mean(axis=0), atol=1e-4)
    assert_allclose(found.between_cov, np.cov(logits.T, bias=True), atol=1e-4)
    assert_allclose(found.mean_cov, np.cov(logits.T, bias=True) / 9, rtol=1e-3)


def test_two_hundred_studies_are_fitted():
    rows = [[30 + i % 17, 5 + i % 11, 4 + i % 7, 60 + i % 23] for i in range(200)]
    assert fit(rows).converged


def test_few_studies_are_warned_about():
    assert "only 4 studies" in " ".join(fit(XRAY[:4]).warnings)
    assert "profile-likelihood" in " ".join(fit(XRAY).warnings)


def test_a_result_is_valid_json_and_says_what_made_it(xray):
    result = json.loads(json.dumps(xray.to_dict(), allow_nan=False))
    assert result["input_sha256"] == xray.data.sha256
    assert set(result["versions"]) == {"analysis", "python", "numpy", "scipy"}
    assert result["nodes"] >= 11
    assert result["iterations"] > 0
    assert result["bic"] == pytest.approx(5 * np.log(16) - 2 * xray.log_likelihood)
    assert result["aic"] == pytest.approx(10 - 2 * xray.log_likelihood)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[0, 0, 0, 0]], "No study has any participants"),
        ([[0, 0, 0, 0]] * 4, "No study has any participants"),
        ([[9, 1, 2, 30]], "only one study"),
        (PERFECT_SENSITIVITY, "Every one of the 42 participants with the target condition"),
        ([[0, 2, 9, 9], [0, 3, 5, 8]], "None of the 14 participants with the target condition"),
        ([[9, 0, 2, 9], [8, 0, 5, 8]], "Every one of the 17 participants without"),
        ([[9, 0, 0, 9], [0, 1, 8, 8]], "In each study either all or none"),
        ([[0, 2, 0, 9], [0, 3, 0, 8]], "No study has participants with the target condition"),
        ([[9, 2, 1, 0], [8, 0, 1, 0]], "Only one study has participants without"),
    ],
)
def test_what_cannot_be_estimated_says_why(rows, reason):
    found = fit(rows)
    assert isinstance(found, NotEstimable)
    assert not found.converged
    assert reason in found.reason
    result = found.to_dict()
    json.dumps(result, allow_nan=False)
    assert result["warnings"][0] == found.reason
    assert result["mean_logit"] is result["log_likelihood"] is result["quadrature_error"] is None
    assert result["sensitivity"] == {"estimate": None, "wald": None}


def test_a_result_without_estimates_has_the_keys_of_one_with(xray):
    assert set(fit([[9, 1, 2, 30]]).to_dict()) == set(xray.to_dict())


def test_a_perfect_test_gets_a_one_sided_bound_and_the_other_arm_alone():
    fallback = fit(PERFECT_SENSITIVITY).fallback
    bound = fallback["sensitivity"]
    assert (bound["kind"], bound["side"], bound["estimate"]) == ("bound", "lower", 1.0)
    assert bound["bound"] == pytest.approx(0.05 ** (1 / 42))
    other = fallback["specificity"]
    assert other["kind"] == "univariate"
    assert other["wald"][0] < other["estimate"] < other["wald"][1]


def test_the_univariate_arm_is_that_of_the_uncorrelated_model():
    both = fit(XRAY, model="uncorrelated")
    perfect = [[tp + fn, fp, 0, tn] for tp, fp, fn, tn in XRAY]
    alone = fit(perfect).fallback["specificity"]
    assert alone["mean_logit"] == pytest.approx(both.mean[1], rel=1e-6)
    assert alone["standard_error"] ** 2 == pytest.approx(both.mean_cov[1, 1], rel=1e-5)
    assert alone["variance"] == pytest.approx(both.between_cov[1, 1], rel=1e-5)


def test_a_single_study_keeps_its_exact_intervals():
    fallback = fit([[9, 1, 1, 19]]).fallback
    assert fallback["sensitivity"]["kind"] == "exact"
    assert_allclose(fallback["sensitivity"]["interval"], [0.55498, 0.99747], atol=1e-5)


def test_arms_of_all_or_none_have_no_fallback():
    fallback = fit([[9, 1, 0, 9], [0, 1, 8, 8]]).fallback
    assert fallback["sensitivity"]["kind"] == "none"
    assert "either all or none" in fallback["sensitivity"]["reason"]


small = st.integers(min_value=0, max_value=30)
tables = st.lists(st.tuples(small, small, small, small), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(tables)
def test_any_tables_give_numbers_or_a_reason(rows):
    found = fit(rows)
    result = found.to_dict()
    json.dumps(result, allow_nan=False)
    if isinstance(found, BivariateFit):
        assert (np.linalg.eigvalsh(found.mean_cov) > 0).all()
        assert (np.linalg.eigvalsh(found.between_cov) > -1e-9 * found.between_cov.max()).all()
        for arm in ("sensitivity", "specificity"):
            low, high = result[arm]["wald"]
            assert low < result[arm]["estimate"] < high
    else:
        assert result["warnings"]
