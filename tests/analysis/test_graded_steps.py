"""The integral by graded steps, and the sets of tables that need it."""

import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import log_expit

from analysis import TwoByTwos, fit_bivariate
from analysis.peaks import fall, find_peaks, range_of_effect
from analysis.quadrature import Arms, evaluate
from tests.analysis.tables import EMPTY_ARMS, XRAY

ORDINARY = np.array([2.0, 1.9, 0.8, -0.3, 0.7])
WIDE = np.array([4.3, -3.0, 13.0, 20.0, 5.0])
ALL_BUT_A_LINE = np.array([1.0, -2.0, 9.0, -11.0, 1e-3])
APART = np.array([1.0, 3.0, 12.0, 0.0, 0.8])
# Made for this project: studies that found almost all or almost none, several logits apart.
FAR_APART = [
    [[115, 0, 311, 0], [0, 4668, 0, 0], [0, 0, 0, 2573], [235, 10, 0, 109], [0, 1028, 3, 0]],
    [[15, 76, 905, 0], [0, 0, 49, 6495], [3261, 27, 27, 0], [6959, 3, 156, 389]],
    [[0, 0, 59, 0], [0, 0, 461, 0], [0, 57, 50, 0], [1, 566, 6, 5], [113, 17, 2, 47]],
]
HARD = [[3, 40, 0, 2], [0, 0, 200, 1000], [70, 3, 30, 0], [0, 1, 0, 5], [5, 0, 0, 0]]


def arms(rows):
    return Arms.from_tables(TwoByTwos.from_rows(rows))


def by_brute_force(theta, row, steps=3001):
    """Add up one study's likelihood over equal steps of both effects, blind to where it matters."""
    tp, fp, fn, tn = row
    mu1, mu2, l11, l21, l22 = theta
    u = np.linspace(-9.5, 9.5, steps)
    first = tp * log_expit(mu1 + l11 * u) + fn * log_expit(-mu1 - l11 * u) - u**2 / 2
    total = 0.0
    for u1, height in zip(u, first, strict=True):
        eta = mu2 + l21 * u1 + l22 * u
        second = tn * log_expit(eta) + fp * log_expit(-eta) - u**2 / 2
        total += np.exp(height + second).sum()
    ways = math.log(math.comb(tp + fn, tp)) + math.log(math.comb(fp + tn, tn))
    return np.log(total * (u[1] - u[0]) ** 2 / (2 * np.pi)) + ways


@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS])
@pytest.mark.parametrize("theta", [ORDINARY, ORDINARY * [1, 1, 1, 0, 1]])
def test_both_rules_find_the_same_likelihood_and_derivatives(rows, theta):
    hermite, steps = (evaluate(theta[None], arms(rows), nodes) for nodes in (31, 71))
    assert_allclose(steps.log_likelihood, hermite.log_likelihood, rtol=0, atol=1e-9)
    assert_allclose(steps.gradient, hermite.gradient, rtol=0, atol=1e-7)
    assert_allclose(steps.hessian, hermite.hessian, rtol=0, atol=1e-6)


@pytest.mark.parametrize("theta", [WIDE, ALL_BUT_A_LINE, APART])
@pytest.mark.parametrize("row", HARD)
def test_a_wide_spread_agrees_with_brute_force(theta, row):
    found = evaluate(theta[None], arms([row]), 61)
    assert found.log_likelihood[0] == pytest.approx(by_brute_force(theta, row), abs=1e-8)


@pytest.mark.parametrize("theta", [WIDE, APART])
def test_the_gradient_is_that_of_the_likelihood(theta):
    data = arms(FAR_APART[0])
    found = evaluate(theta[None], data, 121)
    steps = 1e-4 * np.eye(5)
    around = evaluate(np.vstack([theta + steps, theta - steps]), data, 121)
    slopes = (around.log_likelihood[:5] - around.log_likelihood[5:]) / 2e-4
    bends = (around.gradient[:5] - around.gradient[5:]) / 2e-4
    assert_allclose(found.gradient[0], slopes, rtol=1e-6, atol=1e-6)
    assert_allclose(found.hessian[0], bends, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("rows", FAR_APART)
def test_studies_far_apart_have_their_maximum(rows):
    """Hermite nodes lost their way here: the search did not converge, or not to a maximum."""
    fit = fit_bivariate(TwoByTwos.from_rows(rows))
    assert fit.converged, fit.reason
    assert fit.quadrature_error < 1e-6
    at = evaluate(fit.theta[None], Arms.from_tables(fit.data), 161)
    assert_allclose(at.gradient, 0, atol=1e-5)
    json.dumps(fit.to_dict(), allow_nan=False)


def test_forty_one_steps_do_for_any_spread():
    """The error of a study does not grow with the standard deviations, up to 40 logits."""
    random = np.random.default_rng(3)
    k = 200
    totals = (10 ** random.uniform(0, 5, (k, 2))).astype(int)
    share = random.choice([0.0, 1.0, 0.5, 0.99], (k, 2))
    events = np.round(totals * share).astype(int)
    for sd in (0.3, 3.0, 40.0):
        for rho in (-0.999999, 0.0, 0.7):
            theta = np.array([sd / 2, -sd, sd, rho * sd, sd * np.sqrt(1 - rho**2)])[None]
            data = Arms.from_counts(events.astype(float), totals.astype(float))
            few, many = (evaluate(theta, data, nodes).log_likelihood[0] for nodes in (41, 141))
            assert abs(few - many) < k * 1e-7


def test_peaks_and_ranges_hold_what_they_say():
    random = np.random.default_rng(5)
    n = np.floor(10 ** random.uniform(0, 9, 3000))
    y = np.floor(n * random.choice([0, 0.001, 0.5, 1], 3000))
    middle, loading = random.normal(0, 10, 3000), random.normal(0, 10, 3000)
    loading[:5] = 0.0
    peak = find_peaks(middle, loading, y, n)

    def height(u):
        eta = middle + loading * u
        return y * eta - n * np.logaddexp(0, eta) - u**2 / 2

    small = 1e-3 / np.sqrt(1 + loading**2 * n)
    rounding = 1e-13 * n * 50 + 1e-3
    assert (height(peak) >= height(peak + small) - rounding).all()
    assert (height(peak) >= height(peak - small) - rounding).all()
    for end in range_of_effect(peak, middle, loading, y, n, fall=fall(61)):
        assert (height(peak) - height(end) > fall(61) - 1e-3 - rounding).all()


def test_a_peak_that_is_not_reached_in_time_still_has_its_range(monkeypatch):
    """The range starts wherever the search ended, and the integral is the same."""
    exact = evaluate(WIDE[None], arms(HARD), 61).log_likelihood
    monkeypatch.setattr("analysis.peaks._PEAK_STEPS", 1)
    assert_allclose(evaluate(WIDE[None], arms(HARD), 61).log_likelihood, exact, rtol=0, atol=1e-7)
