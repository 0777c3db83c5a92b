"""Two tests compared with four correlated random effects per study."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logsumexp
from scipy.stats import binom, chi2, norm

from analysis import TwoByTwos
from analysis.cluster_likelihood import Clusters, evaluate_clusters
from analysis.comparison import compare_tests
from analysis.four_effects import LOWER, FourArms, evaluate_four, fit_four
from analysis.quadrature import Arms, evaluate
from tests.analysis.tables import XRAY
from tests.analysis.test_comparison import OTHER, ROWS, STUDIES, TESTS, data

MEANS = np.array([2.0, 0.9, 1.9, 1.7])
SPREAD = np.array([[0.7, 0, 0, 0], [0.3, 0.6, 0, 0], [-0.2, 0.1, 0.7, 0], [0, -0.2, 0.4, 0.5]])


def four(rows=data, design=None):
    test, study = np.repeat([0, 1], 8), np.arange(16) % 8
    return FourArms.build(rows, test, study, np.eye(4) if design is None else design)


def at(spread, means=MEANS):
    return np.concatenate([means, spread[LOWER]])


def simulated(k, seed, unpaired=0):
    """Draw tables of two tests in k studies, the last ``unpaired`` of which used one only."""
    random = np.random.default_rng(seed)
    rows, tests, studies = [], [], []
    for i in range(k):
        logits = np.array([1.5, 0.8, 1.8, 2.0]) + SPREAD @ random.standard_normal(4)
        diseased, healthy = random.integers(60, 200, 2)
        for test in (0, 1) if i < k - unpaired else (i % 2,):
            tp = random.binomial(diseased, expit(logits[test]))
            tn = random.binomial(healthy, expit(logits[2 + test]))
            rows.append([tp, healthy - tn, diseased - tp, tn])
            tests.append("AB"[test])
            studies.append(f"study {i}")
    return TwoByTwos.from_rows(rows), tests, studies


def test_unrelated_tests_have_the_likelihoods_of_two_bivariate_models():
    first, second = np.array([0.8, -0.3, 0.7]), np.array([0.6, 0.2, 0.9])
    # Sensitivities are effects 0 and 1, specificities 2 and 3.
    spread = np.zeros((4, 4))
    spread[0, 0], spread[2, 0], spread[2, 2] = first
    spread[1, 1], spread[3, 1], spread[3, 3] = second
    apart = [
        evaluate(np.array([[*MEANS[[i, 2 + i]], *own]]), Arms.from_tables(tables), 31)
        for i, (own, tables) in enumerate(
            [(first, TwoByTwos.from_rows(XRAY)), (second, TwoByTwos.from_rows(OTHER))]
        )
    ]
    wanted = sum(float(found.log_likelihood[0]) for found in apart)
    value, gradient, _ = evaluate_four(at(spread), four(), 13)
    assert value == pytest.approx(wanted, abs=1e-6)
    assert_allclose(gradient[[0, 2]], apart[0].gradient[0, :2], atol=1e-5)
    assert_allclose(gradient[[1, 3]], apart[1].gradient[0, :2], atol=1e-5)


def test_the_same_effects_for_both_tests_are_the_study_shared_model():
    spread = np.zeros((4, 4))
    spread[:2, 0], spread[2:, 0], spread[2:, 2] = 0.8, -0.3, 0.6
    # L has no entry (1, 1): both sensitivities follow u1, both specificities u1 and u3.
    design = np.zeros((2, 16, 4))
    test = np.repeat([0, 1], 8)
    design[0, np.arange(16), test] = design[1, np.arange(16), 2 + test] = 1.0
    shared = Clusters.build(
        events=data.events.astype(float),
        totals=data.totals.astype(float),
        design=design,
        cluster=np.arange(16) % 8,
        group=np.zeros(16, int),
    )
    wanted = evaluate_clusters(np.array([*MEANS, 0.8, -0.3, 0.6]), shared, 31)
    found = evaluate_four(at(spread), four(), 13)
    assert found[0] == pytest.approx(wanted[0], abs=1e-5)
    assert_allclose(found[1][:4], wanted[1][:4], rtol=1e-4)


def test_the_derivatives():
    where, steps = at(SPREAD), 1e-5 * np.eye(14)
    _, gradient, hessian = evaluate_four(where, four(), 9)
    around = [[evaluate_four(where + side * step, four(), 9) for side in (1, -1)] for step in steps]
    slopes = [(up[0] - down[0]) / 2e-5 for up, down in around]
    bends = [(up[1] - down[1]) / 2e-5 for up, down in around]
    assert_allclose(gradient, slopes, rtol=0, atol=2e-4)
    assert_allclose(hessian, bends, rtol=0, atol=2e-3)


def by_equal_steps(parameters, events, totals, steps=37, farthest=6.5):
    """Integrate one study's likelihood over a plain grid, without looking for its mode."""
    mean, factor = parameters[:4], np.zeros((4, 4))
    factor[LOWER] = parameters[4:]
    u = np.linspace(-farthest, farthest, steps)
    grid = np.meshgrid(u, u, u, u, indexing="ij", sparse=True)
    height = np.zeros((steps,) * 4)
    for arm in range(4):
        eta = mean[arm] + sum(factor[arm, i] * grid[i] for i in range(arm + 1))
        height += binom.logpmf(events[arm], totals[arm], expit(eta)) + norm.logpdf(grid[arm])
    return logsumexp(height) + 4 * np.log(u[1] - u[0])


@pytest.mark.parametrize(
    "table", [[(14, 3, 2, 11), (9, 4, 6, 12)], [(5, 0, 0, 13), (1, 7, 4, 6)], [(12, 2, 3, 9)]]
)
def test_one_study_against_brute_force(table):
    tests = np.arange(len(table))
    arms = FourArms.build(TwoByTwos.from_rows(table), tests, 0 * tests, np.eye(4))
    found = evaluate_four(at(SPREAD), arms, 11)[0]
    wanted = by_equal_steps(at(SPREAD), arms.events[0], arms.totals[0])
    assert found == pytest.approx(wanted, abs=1e-6)


def test_the_standard_errors_are_as_large_as_the_errors():
    seeds = range(6)
    distances = []
    for seed in seeds:
        tables, tests, studies = simulated(24, seed=seed, unpaired=4)
        test, study = (np.unique(names, return_inverse=True)[1] for names in (tests, studies))
        fit = fit_four(FourArms.build(tables, test, study, np.eye(4)))
        away = fit.parameters[:4] - [1.5, 0.8, 1.8, 2.0]
        distances.append(away @ np.linalg.solve(fit.covariance[:4, :4], away))
    # Each is roughly chi-squared with 4 degrees of freedom.
    low, high = chi2.ppf([0.001, 0.999], 4 * len(seeds))
    assert low < sum(distances) < high


def test_the_effects_are_found_again():
    # A seed with a large error: 15 of 400 have a mean more than 3 SE off (docs/statistics.md).
    tables, tests, studies = simulated(24, seed=3, unpaired=4)
    found = compare_tests(tables, tests, studies)
    assert (found.model, found.paired) == ("4x4", 20)
    result = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert result["effects"] == [
        "sensitivity of A",
        "sensitivity of B",
        "specificity of A",
        "specificity of B",
    ]
    assert result["quadrature_error"] < 1e-5
    errors = np.sqrt(np.diag(found.fit.covariance)[:4])
    assert (np.abs(found.fit.parameters[:4] - [1.5, 0.8, 1.8, 2.0]) < 4 * errors).all()
    assert_allclose(result["between_cov"][0], SPREAD @ SPREAD.T, atol=0.5)
    simpler = compare_tests(tables, tests, studies, model="study-shared").to_dict()
    assert result["log_likelihood"] > simpler["log_likelihood"]
    joint, one, other = (
        result[f"lrt_{name}"] for name in ("joint", *("sensitivity", "specificity"))
    )
    assert joint["df"] == 2
    assert joint["chi2"] >= max(one["chi2"], other["chi2"]) >= 0


def test_few_pairs_are_warned_of_and_very_few_refused():
    found = compare_tests(data, TESTS, STUDIES, model="4x4")
    assert found.fit is not None
    assert any("hardly determine" in warning for warning in found.warnings)
    two = compare_tests(
        TwoByTwos.from_rows(ROWS[:2] + ROWS[8:10]), list("AABB"), list("1212"), model="4x4"
    )
    assert "at least 3 studies" in two.reason
    three = compare_tests(
        TwoByTwos.from_rows(ROWS), [f"test {i % 3}" for i in range(16)], model="4x4"
    )
    assert "those of two tests" in three.reason


def test_where_four_effects_have_no_estimate_the_shared_model_is_taken():
    tables, tests, studies = simulated(12, seed=5)
    cells = np.array(tables.rows)
    # All or none in each study by test B: how much its sensitivity varies has no finite estimate.
    second = np.array(tests) == "B"
    alternate = np.arange(second.sum()) % 2 == 0
    everyone = cells[second, 0] + cells[second, 2]
    cells[second, 0] = np.where(alternate, everyone, 0)
    cells[second, 2] = np.where(alternate, 0, everyone)
    found = compare_tests(TwoByTwos.from_rows(cells.tolist()), tests, studies)
    assert found.model == "study-shared"
    assert found.warnings[0].startswith("The 4x4 model has no estimate here")
    assert found.fit is not None
