"""Tests of random effects, and the ladder of simpler models."""

import itertools
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import expit

from analysis import TwoByTwos, fit_bivariate
from analysis.likelihood_ratio import likelihood_ratio_test
from analysis.simpler import ladder, random_effects_tests
from tests.analysis.reference import NAMES, expected, needs_reference, table
from tests.analysis.tables import EMPTY_ARMS, PERFECT_SENSITIVITY, PERFECTLY_CORRELATED, XRAY

SAME = [[90, 10, 10, 90]] * 6
ALL_OR_NONE = [[9, 3, 0, 20], [0, 2, 8, 30], [7, 1, 0, 25]]


def fit(rows, model="bivariate"):
    return fit_bivariate(TwoByTwos.from_rows(rows), model=model)


def rungs(rows):
    return [step.fit.model for step in ladder(fit(rows))]


@needs_reference
@pytest.mark.parametrize("name", NAMES or ["absent"])
def test_the_tests_agree_with_the_reference(name):
    oracle, found = expected(name), fit_bivariate(TwoByTwos.from_csv(table(name)))
    tests = random_effects_tests(found)
    assert_allclose(tests["no_correlation"].chi2, oracle["LRT_rho0"]["chisq"], atol=1e-5)
    assert_allclose(tests["no_correlation"].p_chi2, oracle["LRT_rho0"]["p"], atol=1e-6)
    assert_allclose(tests["no_random_effects"].chi2, oracle["LRT_RE_vs_FE"]["chisq"], atol=1e-5)
    assert tests["no_random_effects"].df == oracle["LRT_RE_vs_FE"]["df"]


def test_one_parameter_at_its_edge_has_half_the_p_value():
    edge = likelihood_ratio_test(-10.0, -12.0, 1, edge=True)
    assert edge.p == pytest.approx(stats.chi2.sf(4.0, 1) / 2)
    assert edge.p_chi2 == pytest.approx(stats.chi2.sf(4.0, 1))
    assert likelihood_ratio_test(-10.0, -10.0, 1, edge=True).p == 1.0
    with pytest.raises(ValueError, match="one parameter"):
        likelihood_ratio_test(-10.0, -12.0, 2, edge=True)


def test_which_distribution_each_test_has():
    tests = random_effects_tests(fit(XRAY))
    assert tests["no_correlation"].reference == "chi2"
    assert (tests["no_random_effects"].df, tests["no_random_effects"].reference) == (3, "chi2")
    assert "too large" in tests["no_random_effects"].note
    for arm in ("sensitivity", "specificity"):
        assert tests[f"no_variance_{arm}"].reference == "half chi2_0 + half chi2_1"
        assert tests[f"no_variance_{arm}"].p < 0.001


def test_a_correlation_at_its_bound_has_half_the_p_value():
    test = random_effects_tests(fit(PERFECTLY_CORRELATED))["no_correlation"]
    assert test.p == pytest.approx(test.p_chi2 / 2)
    assert "at its bound" in test.to_dict()["note"]


def test_what_has_no_estimate_has_no_tests():
    assert set(random_effects_tests(fit(PERFECT_SENSITIVITY)).values()) == {None}


@pytest.mark.parametrize(
    ("rows", "models"),
    [
        (XRAY, ["bivariate"]),
        (PERFECTLY_CORRELATED, ["bivariate"]),
        (XRAY[:4], ["bivariate", "uncorrelated"]),
        (SAME, ["bivariate", "uncorrelated", "fixed"]),
        (EMPTY_ARMS, ["bivariate", "uncorrelated", "fixed-sensitivity"]),
        (PERFECT_SENSITIVITY, ["bivariate"]),
        (ALL_OR_NONE, ["bivariate"]),
        ([[9, 1, 2, 30]], ["bivariate"]),
    ],
)
def test_the_ladder_ends_where_the_studies_support_the_model(rows, models):
    steps = ladder(fit(rows))
    assert [step.fit.model for step in steps] == models
    assert [step.kept for step in steps] == [False] * (len(models) - 1) + [True]
    assert all(step.reason for step in steps)
    json.dumps([step.to_dict() for step in steps], allow_nan=False)


@pytest.mark.parametrize("rows", [XRAY, SAME, EMPTY_ARMS, PERFECTLY_CORRELATED, XRAY[:3]])
def test_no_simpler_model_fits_better(rows):
    heights = [
        fit(rows, model).log_likelihood
        for model in ("bivariate", "uncorrelated", "fixed-sensitivity", "fixed")
    ]
    assert all(above >= below - 1e-7 for above, below in itertools.pairwise(heights))


def test_a_variance_left_out_is_zero_and_not_called_a_boundary():
    found = fit(XRAY, "fixed-sensitivity")
    assert found.between_cov[0].tolist() == [0, 0]
    assert found.between_cov[1, 1] > 0
    assert (found.boundary, found.parameters, found.correlation) == ((), 3, None)
    # With the arms apart, the sensitivity is that of all participants taken together.
    tp, _, fn, _ = (sum(column) for column in zip(*XRAY, strict=True))
    assert found.summary_point[0] == pytest.approx(tp / (tp + fn))


def test_both_start_from_the_bivariate_model():
    for of in (ladder, random_effects_tests):
        with pytest.raises(ValueError, match="bivariate model"):
            of(fit(XRAY, "fixed"))


@pytest.mark.parametrize("seed", range(20))
def test_down_the_ladder_the_likelihood_never_rises(seed):
    rng = np.random.default_rng(seed)
    k, size = int(rng.integers(2, 12)), int(rng.choice([4, 15, 80]))
    totals = rng.integers(1, size + 1, (2, k))
    spread = rng.normal(rng.normal(1, 1, (2, 1)), abs(rng.normal(0, 1)), (2, k))
    tp, tn = rng.binomial(totals, expit(spread))
    rows = np.column_stack([tp, totals[1] - tn, totals[0] - tp, tn]).tolist()
    steps = ladder(fit(rows))
    heights = [step.fit.log_likelihood for step in steps if step.fit.converged]
    assert all(above >= below - 1e-7 for above, below in itertools.pairwise(heights))
    assert all(0 <= step.test.p <= 1 for step in steps if step.test)
    backwards = ladder(fit(rows[::-1]))
    assert [step.fit.model for step in backwards] == [step.fit.model for step in steps]
