"""Where a search, a rule or a number comes to its limit: a reason, never a wrong number."""

import csv
import dataclasses
import itertools
import runpy
import sys

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from analysis import BadTable, TwoByTwos, estimability, fit_bivariate
from analysis.bootstrap import areas
from analysis.clusters import _inverse_information, climb
from analysis.comparison import _fit as fit_tests
from analysis.comparison import compare_tests
from analysis.four_effects import FourArms, evaluate_four
from analysis.leave_one_out import leave_one_out
from analysis.likelihood_ratio import likelihood_ratio_test
from analysis.profile_likelihood import profile_intervals
from analysis.quadrature import Arms, evaluate
from analysis.simpler import ladder
from analysis.sroc import area_under_curve, sroc_data
from analysis.summary import analyse
from analysis.thresholds import fit_thresholds
from tests.analysis.tables import OPEN_ENDED, PERFECT_SENSITIVITY, XRAY
from tests.analysis.test_comparison import STUDIES, TESTS, data

MARKER = TwoByTwos.from_rows(
    [
        [40, 30, 10, 70],
        [30, 12, 20, 88],
        [45, 22, 5, 60],
        [33, 9, 17, 73],
        [28, 15, 8, 40],
        [20, 5, 16, 50],
    ]
)
CUTS, GROUPS = [1.0, 2.0, 1.0, 2.0, 1.5, 2.5], list("aabbcc")


def test_the_module_runs_as_a_program(monkeypatch, capsys, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("TP,FP,FN,TN\n9,1,2,30\n")
    monkeypatch.setattr(sys, "argv", ["analysis", "fit", str(path)])
    monkeypatch.delitem(sys.modules, "analysis.__main__", raising=False)
    with pytest.raises(SystemExit) as end:
        runpy.run_module("analysis", run_name="__main__")
    assert end.value.code == 0
    assert "one study, exact" in capsys.readouterr().out


def test_a_cell_beyond_the_csv_module_is_said(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("study,TP,FP,FN,TN\n" + "x" * 500 + ",1,2,3,4\n")
    before = csv.field_size_limit(200)
    try:
        with pytest.raises(BadTable, match="cannot be read as CSV"):
            TwoByTwos.from_csv(path)
    finally:
        csv.field_size_limit(before)


def test_a_search_for_modes_that_ends_early_still_integrates(monkeypatch):
    """The mode only centres the rule: a poor one costs digits, which more nodes bring back."""
    arms = FourArms.build(data, np.repeat([0, 1], 8), np.arange(16) % 8, np.eye(4))
    at = np.array([2.0, 0.9, 1.9, 1.7, 0.7, 0, 0.7, 0, 0, 0.7, 0, 0, 0, 0.7])
    exact = evaluate_four(at, arms, 9)[0]
    monkeypatch.setattr("analysis.four_effects._MODE_STEPS", 3)
    assert evaluate_four(at, arms, 9)[0] == pytest.approx(exact, abs=0.1)
    exact = compare_tests(data, TESTS, model="row-level").fit.log_likelihood
    monkeypatch.setattr("analysis.cluster_likelihood._MODE_STEPS", 4)
    found = compare_tests(data, TESTS, model="row-level")
    assert found.fit.log_likelihood == pytest.approx(exact, abs=1e-3)


def test_tests_whose_search_does_not_converge_have_a_reason(monkeypatch):
    monkeypatch.setattr("analysis.clusters._MOST_STEPS", 1)
    found = compare_tests(data, TESTS, STUDIES)
    assert found.fit is None
    assert "did not converge" in found.reason
    assert found.to_dict()["lrt_joint"] == {"chi2": None, "df": None, "p": None}


def test_a_simpler_model_without_a_maximum_leaves_its_test_out(monkeypatch):
    calls = []

    def first_only(*arguments, **options):
        calls.append(arguments)
        return dataclasses.replace(fit_tests(*arguments, **options), converged=len(calls) == 1)

    monkeypatch.setattr("analysis.comparison._fit", first_only)
    found = compare_tests(data, TESTS, STUDIES)
    assert found.fit is not None
    assert found.tested == {}
    assert found.lrt("joint")["p"] is None


def test_a_rule_that_never_stands_still_says_by_how_much():
    def likelihood(parameters, nodes):
        away = parameters - 1.0
        return -float(away @ away) + 1.0 / nodes, -2 * away, -2 * np.eye(2)

    found = climb(likelihood, np.zeros((1, 2)), coefficients=2, rungs=(5, 15))
    assert found.quadrature_error == pytest.approx(1 / 15 - 1 / 25)
    assert_allclose(found.parameters, 1.0)


def test_a_flat_direction_of_a_mean_leaves_no_variance():
    flat = np.diag([-1.0, 0.0, -2.0])
    assert (_inverse_information(flat, 2) == 0).all()
    assert_allclose(_inverse_information(flat, 1), np.diag([1.0, 0.0, 0.5]))


def test_the_last_rule_is_kept_where_none_stands_still(monkeypatch):
    exact = fit_bivariate(TwoByTwos.from_rows(XRAY[:4]))
    monkeypatch.setattr("analysis.newton._QUADRATURE_TARGET", -1.0)
    found = fit_bivariate(TwoByTwos.from_rows(XRAY[:4]))
    assert found.nodes == 121
    assert found.log_likelihood == pytest.approx(exact.log_likelihood, abs=1e-8)


def test_many_refits_take_few_steps_corrected_at_the_full_fit(monkeypatch):
    rows = [[30, 0, 2, 50], [0, 40, 30, 1], [25, 3, 25, 60], [9, 30, 0, 30], [60, 1, 1, 0]] * 3
    rows = [[tp + i, fp, fn, tn + i % 4] for i, (tp, fp, fn, tn) in enumerate(rows)]
    fit = fit_bivariate(TwoByTwos.from_rows(rows))
    exact = leave_one_out(fit)
    monkeypatch.setattr("analysis.leave_one_out._MOST_POINTS", 1)
    monkeypatch.setattr("analysis.leave_one_out._STUDIES_CHECKED", 1)
    # So few that without the correction they err by more than is allowed below.
    monkeypatch.setattr("analysis.leave_one_out._FEW_NODES", 25)
    monkeypatch.setattr("analysis.leave_one_out._TARGET", 1e-3)
    for few, many in zip(leave_one_out(fit), exact, strict=True):
        assert few.log_likelihood == pytest.approx(many.log_likelihood, rel=0, abs=1e-6)
        assert_allclose(few.mean, many.mean, rtol=0, atol=1e-3)


def test_an_arm_whose_own_search_fails_has_a_reason(monkeypatch):
    real = estimability.maximise_checked

    def stuck(*arguments, **options):
        return dataclasses.replace(real(*arguments, **options), converged=False)

    monkeypatch.setattr(estimability, "maximise_checked", stuck)
    found = fit_bivariate(TwoByTwos.from_rows(PERFECT_SENSITIVITY)).fallback["specificity"]
    assert found["kind"] == "none"
    assert "did not converge" in found["reason"]


def test_an_area_at_the_edge_has_no_interval():
    fit = fit_bivariate(TwoByTwos.from_rows(XRAY))
    far = dataclasses.replace(fit, theta=fit.theta + np.array([40, 40, 0, 0, 0]))
    found = area_under_curve(far)
    assert found["estimate"] == pytest.approx(1)
    assert found["logit_delta"] is None


def test_the_same_specificity_everywhere_leaves_the_curve_without_a_range():
    rows = [[30, 10, 10, 90], [70, 20, 5, 180], [10, 5, 20, 45], [80, 30, 9, 270]]
    fit = fit_bivariate(TwoByTwos.from_rows(rows))
    # The variance of specificity is zero here: give it one, the range stays what it is.
    fit = dataclasses.replace(fit, theta=np.array([1.0, 2.0, 0.8, -0.2, 0.5]))
    assert area_under_curve(fit)["partial"] is None
    assert "same specificity" in sroc_data(fit.data, fit)["curve_reason"]


def test_thresholds_at_their_limits(monkeypatch):
    found = fit_thresholds(MARKER, CUTS, GROUPS, structure="CI")
    assert found.optimal() is not None
    # Lines so far apart that between them every threshold is as good.
    apart = dataclasses.replace(found, lines=np.array([60.0, 1.0, -60.0, 1.0]))
    assert apart.area()["ci"] is None
    # One group all below the other's range: the sum rises to its end.
    flat = dataclasses.replace(found, lines=np.array([0.0, 1.0, 0.0, 1.0]))
    assert flat.optimal() is None
    monkeypatch.setattr("analysis.reml._ROUNDS", 1)
    monkeypatch.setattr("analysis.reml._STANDS_STILL", -1.0)
    stuck = fit_thresholds(MARKER, CUTS, GROUPS, structure="CI")
    assert stuck.model is None
    assert "did not converge" in stuck.to_dict()["reason"]


# Shrinking takes minutes with tables that need many nodes.
NO_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]
TABLES = st.lists(st.tuples(*[st.integers(0, 60)] * 4).map(list), min_size=4, max_size=9)


@settings(max_examples=25, deadline=None, phases=NO_SHRINKING)
@given(rows=TABLES, seed=st.integers(0, 1000))
def test_the_order_of_studies_and_the_names_of_the_arms_do_not_matter(rows, seed):
    fit = fit_bivariate(TwoByTwos.from_rows(rows))
    order = np.random.default_rng(seed).permutation(len(rows))
    shuffled = fit_bivariate(TwoByTwos.from_rows([rows[i] for i in order]))
    swapped = fit_bivariate(TwoByTwos.from_rows([[tn, fn, fp, tp] for tp, fp, fn, tn in rows]))
    assert fit.converged == shuffled.converged == swapped.converged
    if fit.converged:
        close = {"rel": 0, "abs": 1e-5}
        assert shuffled.log_likelihood == pytest.approx(fit.log_likelihood, **close)
        assert swapped.log_likelihood == pytest.approx(fit.log_likelihood, **close)


def test_the_higher_of_two_maxima_is_found_from_either_side():
    """With the arms' names exchanged, three starting points led to a maximum 0.5 lower."""
    rows = [*[[1, 0, 4, 2]] * 6, [48, 9, 1, 60], [5, 2, 2, 0]]
    for tables in (rows, [[tn, fn, fp, tp] for tp, fp, fn, tn in rows]):
        found = fit_bivariate(TwoByTwos.from_rows(tables))
        assert found.log_likelihood == pytest.approx(-23.50406, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(rows=TABLES)
def test_no_rung_of_the_ladder_fits_better_than_the_one_before(rows):
    steps = ladder(fit_bivariate(TwoByTwos.from_rows(rows)))
    heights = [step.fit.log_likelihood for step in steps if step.fit.converged]
    assert all(low <= high + 1e-6 for high, low in itertools.pairwise(heights))
    assert steps[-1].kept


@settings(max_examples=15, deadline=None)
@given(rows=TABLES)
def test_the_profile_falls_on_both_sides_of_the_estimate(rows):
    fit = fit_bivariate(TwoByTwos.from_rows(rows))
    if not fit.converged:
        return
    for arm, estimate in zip(("sensitivity", "specificity"), fit.summary_point, strict=True):
        inner, outer = (profile_intervals(fit, level)[arm] for level in (0.5, 0.95))
        bounds = [outer.low, inner.low, estimate, inner.high, outer.high]
        known = [bound for bound in bounds if bound is not None]
        assert known == sorted(known)


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.tuples(*[st.integers(0, 10**6)] * 4).map(list), min_size=1, max_size=6))
def test_counts_of_a_million_give_a_number_or_a_reason(rows):
    result = analyse(rows)
    assert result["fit"]["converged"] or result["fit"]["warnings"]


@pytest.mark.parametrize(
    "rows",
    [
        [[10**6, 2 * 10**4, 3 * 10**4, 9 * 10**5], [3, 1, 2, 9], [4, 2, 1, 7], [5, 0, 2, 6]],
        [[40, 10, 10, 90]] * 50,
        [[0, 0, 0, 0]] * 5,
        OPEN_ENDED * 6,
    ],
)
def test_unusual_sets_of_studies(rows):
    result = analyse(rows)
    assert result["fit"]["converged"] or result["fit"]["warnings"]


def test_ten_thousand_studies():
    random = np.random.default_rng(2)
    p = 1 / (1 + np.exp(-np.array([1.5, 2.0]) - random.standard_normal((10_000, 2)) * 0.7))
    events = random.binomial(100, p)
    rows = np.column_stack([events[:, 0], 100 - events[:, 1], 100 - events[:, 0], events[:, 1]])
    fit = fit_bivariate(TwoByTwos.from_rows(rows.tolist()))
    assert fit.converged
    assert fit.quadrature_error < 1e-6
    assert_allclose(fit.mean, [1.5, 2.0], atol=0.05)
    assert_allclose(np.diag(fit.between_cov), 0.49, atol=0.05)


def test_halves_are_for_one_parameter():
    assert likelihood_ratio_test(-10.0, -12.0, 1, edge=True).p < 0.05
    with pytest.raises(ValueError, match="one parameter"):
        likelihood_ratio_test(-10.0, -12.0, 2, edge=True)


def test_a_curve_needs_both_variances():
    assert len(areas(np.array([[1.0, 1.0, 0.0, 0.0, 0.5], [1.0, 1.0, 0.5, 0.1, 0.5]]))) == 1


def test_weights_leave_studies_out():
    arms = Arms.from_tables(TwoByTwos.from_rows(XRAY))
    at = np.array([[2.0, 1.9, 0.8, -0.2, 0.8]])
    weights = np.ones((1, 8))
    weights[0, 3] = 0.0
    left = evaluate(at, arms, 21, weights=weights)
    others = evaluate(at, Arms.from_tables(TwoByTwos.from_rows(XRAY[:3] + XRAY[4:])), 21)
    assert_allclose(left.log_likelihood, others.log_likelihood)
    assert_allclose(left.hessian, others.hessian)
