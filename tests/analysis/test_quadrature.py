"""The likelihood and its derivatives, against plain integration and differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import expit

from analysis import TwoByTwos, modes
from analysis.newton import maximise
from analysis.quadrature import Arms, evaluate
from tests.analysis.brute_force import of_study
from tests.analysis.tables import EMPTY_ARMS, XRAY

THETA = np.array([1.2, 1.6, 0.8, -0.3, 0.6])


def arms(rows):
    return Arms.from_tables(TwoByTwos.from_rows(rows))


@pytest.mark.parametrize("row", [[12, 3, 4, 30], [5, 0, 0, 9], [0, 2, 0, 8], [90, 20, 15, 70]])
def test_the_likelihood_is_that_of_plain_integration(row):
    wanted = of_study(THETA, row)
    for nodes in (31, 51):
        value = evaluate(THETA[None], arms([row]), nodes).log_likelihood[0]
        assert value == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS, [[1_000_000, 20_000, 30_000, 900_000]]])
@pytest.mark.parametrize("nodes", [31, 61])
def test_the_derivatives_are_those_of_the_likelihood(rows, nodes):
    data, step = arms(rows), 1e-4
    shifts = step * np.vstack([np.eye(5), -np.eye(5)])
    around = evaluate(THETA + shifts, data, nodes)
    at = evaluate(THETA[None], data, nodes)
    slopes = (around.log_likelihood[:5] - around.log_likelihood[5:]) / (2 * step)
    curves = (around.gradient[:5] - around.gradient[5:]) / (2 * step)
    assert_allclose(at.gradient[0], slopes, rtol=1e-5, atol=1e-4)
    assert_allclose(at.hessian[0], curves, rtol=1e-5, atol=1e-4)


def test_without_variance_the_likelihood_is_binomial():
    theta = np.array([[1.2, 1.6, 0.0, 0.0, 0.0]])
    p1, p2 = expit(theta[0, :2])
    wanted = sum(
        stats.binom.logpmf(tp, tp + fn, p1) + stats.binom.logpmf(tn, fp + tn, p2)
        for tp, fp, fn, tn in XRAY
    )
    assert evaluate(theta, arms(XRAY), nodes=11).log_likelihood[0] == pytest.approx(wanted)


def test_the_block_size_does_not_matter():
    rows = XRAY * 40
    whole = evaluate(THETA[None], arms(rows), nodes=31)
    assert whole.log_likelihood[0] == pytest.approx(
        40 * evaluate(THETA[None], arms(XRAY), nodes=31).log_likelihood[0], rel=1e-12
    )


def test_what_is_not_free_does_not_move():
    start = np.array([[1.0, 2.0, 0.7, 0.1, 0.5]])
    free = np.array([True, False, True, True, True])
    found = maximise(start, arms(XRAY), free=free, nodes=21)
    assert found.converged.all()
    assert found.theta[0, 1] == 2.0


def test_too_few_steps_are_not_called_converged():
    found = maximise(
        np.array([[0.0, 0.0, 1, 0, 1]]), arms(XRAY), free=np.ones(5, bool), nodes=11, max_steps=1
    )
    assert not found.converged.any()


def test_a_wild_start_comes_back():
    start = np.array([[-15.0, 15.0, 9.0, -9.0, 9.0]])
    found = maximise(start, arms(XRAY), free=np.ones(5, bool), nodes=21)
    near = maximise(THETA[None], arms(XRAY), free=np.ones(5, bool), nodes=21)
    assert found.converged.all()
    assert found.at.log_likelihood[0] == pytest.approx(near.at.log_likelihood[0], abs=1e-8)


def test_a_mode_that_is_not_reached_in_time_is_still_a_number(monkeypatch):
    monkeypatch.setattr(modes, "_STEPS", 1)
    counts = arms([[900, 0, 0, 900]] * 2)
    found = modes.find_modes(np.full((5, 2), 3.0), counts.events, counts.totals)
    assert np.isfinite([found.u1, found.u2]).all()
