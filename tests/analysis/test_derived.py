"""What follows from a fit: regions, prediction intervals, the curve, and when there is none."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import logit

from analysis import TwoByTwos, fit_bivariate
from analysis.derived import (
    confidence_region,
    correlation_error,
    hsroc,
    likelihood_ratios,
    prediction_intervals,
    prediction_region,
    region_radius,
)
from analysis.forest import forest_rows
from analysis.profile_likelihood import ProfileInterval, profile_intervals
from analysis.sroc import area_under_curve, observed_range, sroc_curve, sroc_data, sroc_line
from tests.analysis.tables import EMPTY_ARMS, OPEN_ENDED, PERFECTLY_CORRELATED, XRAY

SAME = [[40, 10, 10, 90]] * 6


def fit(rows, **options):
    return fit_bivariate(TwoByTwos.from_rows(rows), **options)


@pytest.fixture(scope="module")
def xray():
    return fit(XRAY)


def distance(fit, covariance, region):
    away = logit(np.array(region)[:, ::-1]) * [1, -1] - fit.mean
    return np.einsum("pi,ij,pj->p", away, np.linalg.inv(covariance), away)


def test_regions_are_ellipses_on_the_logit_scale(xray):
    radius = 2 * stats.f.ppf(0.95, 2, 6)
    assert_allclose(distance(xray, xray.mean_cov, confidence_region(xray)), radius, rtol=1e-8)
    total = xray.mean_cov + xray.between_cov
    assert_allclose(distance(xray, total, prediction_region(xray)), radius, rtol=1e-8)


def test_regions_are_closed_lines_within_the_square(xray):
    region = np.array(prediction_region(xray))
    assert_allclose(region[0], region[-1])
    assert ((region > 0) & (region < 1)).all()


def test_prediction_intervals_use_t_on_k_minus_two(xray):
    reach = stats.t.ppf(0.975, 6) * np.sqrt(np.diag(xray.mean_cov + xray.between_cov))
    found = prediction_intervals(xray)
    assert_allclose(logit(found["sensitivity"]), xray.mean[0] + reach[0] * np.array([-1, 1]))
    assert_allclose(logit(found["specificity"]), xray.mean[1] + reach[1] * np.array([-1, 1]))


def test_two_studies_have_neither_regions_nor_prediction_intervals():
    two = fit(XRAY[:2])
    assert two.converged
    assert prediction_intervals(two) is confidence_region(two) is prediction_region(two) is None
    assert sroc_data(two.data, two)["region_reason"] == "Regions need at least three studies."


def test_profile_intervals_of_the_demo(xray):
    found = profile_intervals(xray)
    assert_allclose(
        [found["sensitivity"].low, found["sensitivity"].high], [0.800, 0.938], atol=5e-4
    )
    assert_allclose(
        [found["specificity"].low, found["specificity"].high], [0.781, 0.933], atol=5e-4
    )


def test_a_fixed_effect_has_the_binomial_profile():
    tp, _, fn, _ = np.sum(XRAY, axis=0)
    found = profile_intervals(fit(XRAY, model="fixed"))["sensitivity"]
    best = stats.binom.logpmf(tp, tp + fn, tp / (tp + fn))
    for bound in (found.low, found.high):
        fall = 2 * (best - stats.binom.logpmf(tp, tp + fn, bound))
        assert fall == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-5)


def test_a_bound_the_likelihood_does_not_give_is_none_with_a_reason():
    found = profile_intervals(fit(OPEN_ENDED))
    assert found["specificity"].high is None
    assert found["specificity"].low == pytest.approx(0.0387, abs=1e-3)
    reason = "The likelihood does not fall far enough for its upper bound."
    assert found["specificity"].to_dict()["reason"] == reason
    assert found["sensitivity"].high < 1


def test_a_bound_far_from_the_maximum_is_found_with_more_nodes(xray):
    # The 61 nodes that suffice at the maximum leave this bound uncertain by 4e-4.
    found = profile_intervals(fit(OPEN_ENDED))["specificity"]
    assert found.low == pytest.approx(0.03862033, abs=1e-6)
    assert found.quadrature_error < 1e-5
    assert profile_intervals(xray)["specificity"].quadrature_error < 1e-6


def test_a_bound_that_depends_on_the_nodes_is_said_to():
    uncertain = ProfileInterval(low=0.1, high=0.9, quadrature_error=2e-4)
    assert "uncertain" in uncertain.to_dict()["reason"]


def test_the_curve_passes_through_the_summary_point(xray):
    intercept, slope = sroc_line(xray)
    sens, spec = xray.summary_point
    assert logit(sens) == pytest.approx(intercept + slope * logit(1 - spec))


def test_the_curve_spans_what_was_observed(xray):
    curve = np.array(sroc_curve(xray))
    assert_allclose(curve[[0, -1], 0], observed_range(xray.data))
    assert (np.diff(curve, axis=0) > 0).all()


def test_the_curve_is_that_of_the_hsroc_parameters(xray):
    parameters = hsroc(xray)
    big_lambda, beta = parameters["lambda"].estimate, parameters["beta"].estimate
    fpr, sens = np.array(sroc_curve(xray)).T
    assert_allclose(
        logit(sens), big_lambda * np.exp(-beta / 2) + np.exp(-beta) * logit(fpr), rtol=1e-9
    )


def test_without_variance_there_is_no_curve():
    same = fit(SAME)
    assert sroc_line(same) is hsroc(same) is area_under_curve(same) is sroc_curve(same) is None
    assert correlation_error(same) is None
    assert "no summary ROC curve" in sroc_data(same.data, same)["curve_reason"]


def test_one_and_the_same_specificity_has_no_range():
    same = fit([[40 + 4 * i, 10, 10, 90] for i in range(8)] + [[20, 20, 30, 180]])
    assert observed_range(same.data) is None
    assert sroc_curve(same) is None


def test_a_positive_correlation_is_noted():
    rows = [[tp, tn, fn, fp] for tp, fp, fn, tn in PERFECTLY_CORRELATED]
    turned = fit(rows)
    assert turned.correlation == pytest.approx(1)
    assert "not meaningful" in sroc_data(turned.data, turned)["curve_note"]
    assert set(hsroc(turned)) == {"lambda", "theta", "beta", "variance_alpha"}


def test_the_odds_ratio_is_the_quotient_of_the_likelihood_ratios(xray):
    ratios = likelihood_ratios(xray)
    quotient = ratios["lr_positive"].estimate / ratios["lr_negative"].estimate
    assert ratios["dor"].estimate == pytest.approx(quotient)
    assert ratios["dor"].to_dict()["wald"][0] == pytest.approx(
        math.exp(math.log(quotient) - 1.959964 * ratios["dor"].standard_error)
    )


def test_forest_rows_say_nothing_of_an_empty_arm():
    rows = [row.to_dict() for row in forest_rows(TwoByTwos.from_rows(EMPTY_ARMS))]
    assert rows[3]["sensitivity"] == {
        "events": 0,
        "total": 0,
        "estimate": None,
        "exact": None,
        "wilson": None,
    }
    assert rows[3]["specificity"]["estimate"] == pytest.approx(50 / 54)
    assert [rows[0][cell] for cell in ("label", "tp", "fp", "fn", "tn")] == ["Study 1", 8, 2, 3, 40]


def test_only_studies_with_both_arms_are_points():
    drawn = sroc_data(TwoByTwos.from_rows(EMPTY_ARMS), None)
    assert [study["label"] for study in drawn["studies"]] == ["Study 1", "Study 3", "Study 5"]
    assert drawn["studies"][0] == {
        "label": "Study 1",
        "fpr": pytest.approx(2 / 42),
        "sensitivity": pytest.approx(8 / 11),
        "n": 53,
    }
    assert drawn["summary"] is drawn["curve"] is None


def test_two_studies_have_no_region():
    with pytest.raises(ValueError, match="three studies"):
        region_radius(2)
