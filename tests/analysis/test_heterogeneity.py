"""Differences between studies, and accuracy averaged over them."""

import dataclasses
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from analysis import TwoByTwos, fit_bivariate
from analysis.derived import prediction_region
from analysis.heterogeneity import heterogeneity, prediction_area
from analysis.population import population_average
from tests.analysis.reference import NAMES, expected, needs_reference, table
from tests.analysis.tables import PERFECTLY_CORRELATED, XRAY


def fit(rows, model="bivariate"):
    return fit_bivariate(TwoByTwos.from_rows(rows), model=model)


@needs_reference
@pytest.mark.parametrize("name", NAMES or ["absent"])
def test_they_agree_with_the_reference(name):
    oracle, found = expected(name), fit_bivariate(TwoByTwos.from_csv(table(name)))
    measured, wanted = heterogeneity(found), oracle["I2_zhou_dendukuri"]
    assert_allclose(measured.i2_sensitivity, wanted["sens"], rtol=1e-5, atol=1e-7)
    assert_allclose(measured.i2_specificity, wanted["spec"], rtol=1e-5, atol=1e-7)
    if found.boundary:
        assert measured.i2_bivariate is None
    else:
        assert_allclose(measured.i2_bivariate, wanted["bivariate"], rtol=1e-5, atol=1e-7)
    averages = population_average(found)
    assert_allclose(averages["sensitivity"].estimate, oracle["marginal_sens"], rtol=1e-6)
    assert_allclose(averages["specificity"].estimate, oracle["marginal_spec"], rtol=1e-6)


@pytest.mark.parametrize("rows", [PERFECTLY_CORRELATED, [[90, 10, 10, 90]] * 6])
def test_a_vanishing_determinant_has_no_bivariate_i2(rows):
    result = heterogeneity(fit(rows)).to_dict()
    assert result["i2"]["bivariate"] is None
    assert "no bivariate I2" in result["i2"]["reason"]
    json.dumps(result, allow_nan=False)


def test_studies_that_do_not_differ():
    result = heterogeneity(fit([[90, 10, 10, 90]] * 6)).to_dict()
    assert result["i2"]["sensitivity"] == pytest.approx(0, abs=1e-6)
    assert result["median_odds_ratio"]["sensitivity"] == pytest.approx(1, abs=1e-3)


def test_the_area_is_that_of_the_region():
    found = fit(XRAY)
    x, y = np.array(prediction_region(found, points=20_001)).T
    polygon = abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
    assert prediction_area(found) == pytest.approx(polygon, rel=1e-6)


def test_two_studies_have_no_prediction_region():
    result = heterogeneity(fit(XRAY[:2])).to_dict()
    assert result["prediction_area"]["estimate"] is None
    assert "three studies" in result["prediction_area"]["reason"]


def test_absurd_variances_give_reasons_and_no_infinity():
    theta = np.array([0.5, 1.0, 900.0, 0.0, 900.0])
    far = dataclasses.replace(fit(XRAY), theta=theta, boundary=())
    result = heterogeneity(far).to_dict()
    assert result["i2"]["sensitivity"] is None
    assert "too far apart" in result["i2"]["reason"]
    assert "largest number" in result["median_odds_ratio"]["reason"]
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("tau", [0.0, 0.3, 4.0, 40.0])
def test_the_average_is_the_integral(tau):
    moved = dataclasses.replace(fit(XRAY), theta=np.array([1.3, -0.4, tau, 0.6 * tau, 0.8 * tau]))
    found = population_average(moved)
    for mu, arm in ((1.3, "sensitivity"), (-0.4, "specificity")):
        wanted = quad(
            lambda u, mu=mu: expit(mu + tau * u) * norm.pdf(u), -12, 12, points=[0.0], limit=400
        )[0]
        assert found[arm].estimate == pytest.approx(wanted, abs=1e-9)


def test_the_error_of_the_average_follows_from_its_slope():
    found, step = fit(XRAY), 1e-5
    for arm, average in population_average(found).items():
        slope = [
            (
                population_average(dataclasses.replace(found, theta=found.theta + move))[
                    arm
                ].estimate
                - population_average(dataclasses.replace(found, theta=found.theta - move))[
                    arm
                ].estimate
            )
            / (2 * step)
            for move in step * np.eye(5)
        ]
        wanted = np.sqrt(np.array(slope) @ found.theta_cov @ slope)
        assert average.standard_error == pytest.approx(wanted, rel=1e-6)
        low, high = average.to_dict()["wald"]
        assert low < average.estimate < high


def test_an_average_at_the_edge_has_no_interval():
    edge = dataclasses.replace(fit(XRAY), theta=np.array([40.0, 1.0, 0.1, 0.0, 0.1]))
    result = population_average(edge)["sensitivity"].to_dict()
    assert result["wald"] is None
    assert "no interval" in result["reason"]
