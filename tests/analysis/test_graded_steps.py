"""The integral by equal steps, and the sets of tables that need it."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats
from scipy.special import expit

from analysis import TwoByTwos, fit_bivariate
from analysis.quadrature import Arms, evaluate
from tests.analysis.tables import EMPTY_ARMS, XRAY

ORDINARY = np.array([2.0, 1.9, 0.8, -0.3, 0.7])
WIDE = np.array([4.3, -3.0, 13.0, 20.0, 5.0])
# Made for this project: studies that found almost all or almost none, several logits apart.
FAR_APART = [
    [[115, 0, 311, 0], [0, 4668, 0, 0], [0, 0, 0, 2573], [235, 10, 0, 109], [0, 1028, 3, 0]],
    [[15, 76, 905, 0], [0, 0, 49, 6495], [3261, 27, 27, 0], [6959, 3, 156, 389]],
    [[0, 0, 59, 0], [0, 0, 461, 0], [0, 57, 50, 0], [1, 566, 6, 5], [113, 17, 2, 47]],
]


@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS])
def test_both_rules_find_the_same_likelihood_and_derivatives(rows):
    arms = Arms.from_tables(TwoByTwos.from_rows(rows))
    hermite, steps = (evaluate(ORDINARY[None], arms, nodes) for nodes in (41, 121))
    assert_allclose(steps.log_likelihood, hermite.log_likelihood, rtol=0, atol=1e-9)
    assert_allclose(steps.gradient, hermite.gradient, rtol=0, atol=1e-7)
    assert_allclose(steps.hessian, hermite.hessian, rtol=0, atol=1e-6)


def test_a_wide_spread_agrees_with_brute_force():
    row = [3, 40, 0, 2]
    arms = Arms.from_tables(TwoByTwos.from_rows([row]))
    tp, fp, fn, tn = row

    def density(u2, u1):
        sens = expit(WIDE[0] + WIDE[2] * u1)
        spec = expit(WIDE[1] + WIDE[3] * u1 + WIDE[4] * u2)
        chance = stats.binom.pmf(tp, tp + fn, sens) * stats.binom.pmf(tn, fp + tn, spec)
        return chance * stats.norm.pdf(u1) * stats.norm.pdf(u2)

    whole, _ = integrate.dblquad(density, -4, 4, -6, 6, epsabs=1e-12, epsrel=1e-9)
    found = evaluate(WIDE[None], arms, 241)
    assert found.log_likelihood[0] == pytest.approx(np.log(whole), abs=1e-7)


def test_the_gradient_is_that_of_the_likelihood():
    arms = Arms.from_tables(TwoByTwos.from_rows(FAR_APART[0]))
    found = evaluate(WIDE[None], arms, 241)
    steps = 1e-4 * np.eye(5)
    around = evaluate(np.vstack([WIDE + steps, WIDE - steps]), arms, 241)
    slopes = (around.log_likelihood[:5] - around.log_likelihood[5:]) / 2e-4
    bends = (around.gradient[:5] - around.gradient[5:]) / 2e-4
    assert_allclose(found.gradient[0], slopes, rtol=0, atol=1e-7)
    assert_allclose(found.hessian[0], bends, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", FAR_APART)
def test_studies_far_apart_have_their_maximum(rows):
    """Hermite nodes lost their way here: the search did not converge, or not to a maximum."""
    fit = fit_bivariate(TwoByTwos.from_rows(rows))
    assert fit.converged, fit.reason
    assert fit.quadrature_error < 1e-6
    at = evaluate(fit.theta[None], Arms.from_tables(fit.data), 481)
    assert_allclose(at.gradient, 0, atol=1e-5)
    json.dumps(fit.to_dict(), allow_nan=False)
