"""No command takes for ever: each search has a bound, and says when it met it."""

import time

import numpy as np
import pytest
from scipy.special import expit

from analysis import NotEstimable, TwoByTwos, fit_bivariate, further, newton, profile_likelihood
from analysis import bivariate as model_of_two_arms
from analysis import leave_one_out as refits
from analysis.bivariate import FREE, _starts
from analysis.covariates import Covariate
from analysis.errors import BadCovariate
from analysis.figures.scales import _decades
from analysis.metaregression import fit_regression
from analysis.profile_likelihood import profile_intervals
from analysis.quadrature import Arms
from analysis.summary import analyse
from tests.analysis.tables import XRAY

# Accuracies from near 0 to near 1: standard deviations of many logits.
FAR = [
    [1000, 1, 1, 999],
    [1, 999, 999, 1],
    [500, 3, 2, 997],
    [2, 1000, 1000, 1],
    [700, 2, 5, 1000],
    [3, 1000, 900, 2],
]


def fitted(rows=XRAY):
    return fit_bivariate(TwoByTwos.from_rows(rows))


def test_a_bound_that_takes_too_long_is_given_up(monkeypatch):
    fit = fitted()
    one_step = fit.k * fit.nodes**2 * 4
    monkeypatch.setattr(profile_likelihood, "_MOST_POINTS", one_step)
    for interval in profile_intervals(fit).values():
        assert (interval.low, interval.high) == (None, None)
        assert (
            "lower and upper bound takes too long and was given up" in interval.to_dict()["reason"]
        )
    monkeypatch.setattr(profile_likelihood, "_MOST_POINTS", 100 * one_step)
    assert not any(interval.given_up for interval in profile_intervals(fit).values())


def test_refits_that_take_too_long_are_given_up(monkeypatch):
    fit = fitted([*XRAY[:3], [10, 0, 0, 20]])
    monkeypatch.setattr(refits, "_TARGET", -1.0)
    alone = refits.leave_one_out(fit)
    assert all(not isinstance(found, NotEstimable) for found in alone)
    monkeypatch.setattr(refits, "_MOST_POINTS_ALONE", 0)
    assert {found.reason for found in refits.leave_one_out(fit)} == {refits.TOO_LONG}


def test_a_study_that_is_needed_has_its_own_reason_all_the_same(monkeypatch):
    monkeypatch.setattr(refits, "_MOST_POINTS_ALONE", 0)
    without = refits.leave_one_out(fitted([[10, 2, 1, 20], [30, 4, 0, 9], [12, 1, 0, 15]]))
    assert isinstance(without[0], NotEstimable)
    assert without[0].reason != refits.TOO_LONG


def test_a_likelihood_too_uncertain_is_no_estimate(monkeypatch):
    monkeypatch.setattr(model_of_two_arms, "_USELESS_QUADRATURE", -1.0)
    found = fitted()
    assert isinstance(found, NotEstimable)
    assert "could not be computed exactly enough" in found.reason
    assert analyse(XRAY)["fit"]["converged"] is False


def test_a_finer_rule_without_steps_keeps_what_a_coarser_one_found(monkeypatch):
    arms, free = Arms.from_tables(TwoByTwos.from_rows(XRAY)), FREE["bivariate"]
    start = _starts(TwoByTwos.from_rows(XRAY), free)[:1]
    monkeypatch.setattr(newton, "_QUADRATURE_TARGET", 0.0)
    monkeypatch.setattr(newton, "_most_steps", lambda nodes, k: 80 if nodes == 11 else 0)
    monkeypatch.setattr(newton, "CONVERGED", 1e-30)
    kept = newton.maximise_checked(start, arms, free=free)
    assert (kept.nodes, kept.converged) == (11, True)


@pytest.mark.parametrize(
    ("nodes", "k", "steps"), [(11, 10, 80), (21, 10, 12), (41, 200, 80), (121, 1000, 13)]
)
def test_the_steps_a_rule_may_take(nodes, k, steps):
    assert newton._most_steps(nodes, k) == steps


def test_the_first_start_is_not_searched_twice():
    data = TwoByTwos.from_rows(FAR)
    starts, arms, free = _starts(data, FREE["bivariate"]), Arms.from_tables(data), FREE["bivariate"]
    first = newton.maximise_checked(starts[:1], arms, free=free)
    again = newton.maximise_checked(np.repeat(starts[:1], 2, axis=0), arms, free=free, first=first)
    assert again is first


def test_the_fit_of_a_report_is_not_made_again_for_its_tests(monkeypatch):
    fit = fitted()
    wanted = further.random_effects(fit.data)[0]

    def refuse(*_, **__):
        raise AssertionError("fitted again")

    monkeypatch.setattr(further, "fit_bivariate", refuse)
    assert further.random_effects(fit.data, fit)[0] == wanted


def test_a_variance_of_a_group_of_perfect_studies_is_not_searched_for():
    rows = [
        [tp + (fn if i % 2 else 0), fp, 0 if i % 2 else fn, tn]
        for i, (tp, fp, fn, tn) in enumerate(XRAY)
    ]
    found = fit_regression(
        TwoByTwos.from_rows(rows),
        Covariate.from_values("g", ["AB"[i % 2] for i in range(len(rows))]),
        on=("specificity",),
        separate_variances=True,
    )
    assert "In the group B each study found all or none for sensitivity" in found.reason


def test_an_axis_may_end_at_the_edge_of_what_can_be_written():
    found = _decades(0.0, float("inf"), (1,))
    assert 0 < found[0] < 1e-300 < 1e300 < found[-1] < float("inf")


def test_a_search_without_steps_has_a_reason(monkeypatch):
    monkeypatch.setattr(newton, "_most_steps", lambda nodes, k: 0)
    assert "did not converge" in fitted().reason


def test_an_uncertain_integral_is_warned_of(monkeypatch):
    monkeypatch.setattr(model_of_two_arms, "QUADRATURE_LIMIT", -1.0)
    assert "numerical integration is uncertain" in fitted().warnings[0]


def test_a_covariate_too_large_to_square_is_no_number():
    with pytest.raises(BadCovariate):
        Covariate.from_values("x", ["1e308", "-1e308", "3"], kind="continuous")


def many_far_apart(k, sd):
    """Draw ``k`` studies of 20 to 300 participants an arm, standard deviations in logits."""
    random = np.random.default_rng(60)
    totals = random.integers(20, 300, (k, 2))
    events = random.binomial(totals, expit(random.normal(1, sd, (k, 2))))
    missed = totals - events
    return np.column_stack([events[:, 0], missed[:, 1], missed[:, 0], events[:, 1]]).tolist()


def test_a_whole_report_of_studies_many_logits_apart_takes_seconds():
    """It took more than half a minute of processor time; now about a second and a half."""
    started = time.process_time()
    result = analyse(many_far_apart(60, 10.0))
    assert time.process_time() - started < 10
    assert result["fit"]["quadrature_error"] < 1e-8
    assert all(study["reason"] is None for study in result["leave_one_out"])
    assert all(result["profile"][arm]["reason"] is None for arm in result["profile"])


def test_bounds_by_few_steps_are_those_by_many(monkeypatch):
    fit = fitted(many_far_apart(60, 6.0))
    few = profile_intervals(fit)
    monkeypatch.setattr(profile_likelihood, "_MANY_POINTS", np.inf)
    for arm, many in profile_intervals(fit).items():
        assert few[arm].low == pytest.approx(many.low, rel=0, abs=1e-6)
        assert few[arm].high == pytest.approx(many.high, rel=0, abs=1e-6)


def test_few_steps_that_do_not_do_are_taken_again(monkeypatch):
    fit = fitted(many_far_apart(60, 6.0))
    exact = profile_intervals(fit)["sensitivity"]
    monkeypatch.setattr(profile_likelihood, "_EXACT", -1.0)
    assert profile_intervals(fit)["sensitivity"].low == pytest.approx(exact.low, abs=1e-6)
