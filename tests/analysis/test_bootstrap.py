"""The parametric bootstrap."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from analysis import TwoByTwos, fit_bivariate
from analysis.bootstrap import areas, bootstrap, simulate
from analysis.sroc import area_under_curve
from tests.analysis.reference import NAMES, expected, needs_reference
from tests.analysis.tables import PERFECTLY_CORRELATED, XRAY

fit = fit_bivariate(TwoByTwos.from_rows(XRAY))


@needs_reference
@pytest.mark.parametrize("name", NAMES or ["absent"])
def test_the_areas_agree(name):
    oracle = expected(name)
    found = areas(np.array([oracle["theta"]]))
    assert_allclose(found, [oracle["AUC_rutter_gatsonis_0_1"]], rtol=0, atol=1e-7)


def test_areas_of_flat_and_steep_curves_and_none_without_a_curve():
    thetas = np.array([[1, 2, 0.1, 0.2, 3], [1, 2, 3, 0.2, 0.1], [1, 2, 0, 0, 1], fit.theta])
    found = areas(thetas)
    assert len(found) == 3
    assert found[2] == pytest.approx(area_under_curve(fit)["estimate"], abs=1e-9)


def test_the_same_seed_gives_the_same_intervals():
    first, second = (bootstrap(fit, replicates=50, seed=7).to_dict() for _ in range(2))
    assert first == second
    assert first != bootstrap(fit, replicates=50, seed=8).to_dict()
    json.dumps(first, allow_nan=False)


def test_the_spread_of_the_refits_is_the_standard_error():
    large = fit_bivariate(TwoByTwos.from_rows(XRAY * 6))
    found = bootstrap(large, replicates=400, seed=3)
    assert found.failed == 0
    assert_allclose(found.means.mean(axis=0), large.mean, atol=0.05)
    assert_allclose(found.means.std(axis=0), np.sqrt(np.diag(large.mean_cov)), rtol=0.12)
    assert_allclose(found.to_dict()["sensitivity"]["interval"], large.wald()[0], atol=0.02)


def test_refits_are_the_maxima_of_their_data():
    data = simulate(fit, np.random.default_rng(5))
    assert (data.totals == fit.data.totals).all()
    found = bootstrap(fit, replicates=1, seed=5)
    assert_allclose(found.means[0], fit_bivariate(data).mean, atol=1e-4)


def test_too_few_replicates_have_no_interval_but_a_reason():
    found = bootstrap(fit, replicates=39).to_dict()
    assert found["auc"]["interval"] is None
    assert "at least 40" in found["reason"]


def test_failures_are_counted_and_said():
    tiny = fit_bivariate(TwoByTwos.from_rows([[3, 1, 1, 3], [4, 1, 0, 2], [2, 0, 1, 3]]))
    found = bootstrap(tiny, replicates=60).to_dict()
    assert found["failed"] > 0
    assert "had no estimate" in found["warnings"][0]


@pytest.mark.parametrize("model", ["uncorrelated", "fixed"])
def test_the_simpler_models_are_simulated_too(model):
    simple = fit_bivariate(TwoByTwos.from_rows(PERFECTLY_CORRELATED), model=model)
    found = bootstrap(simple, replicates=45)
    low, high = np.quantile(expit(found.means[:, 0]), [0.025, 0.975])
    assert low < simple.summary_point[0] < high
    assert (found.to_dict()["auc"]["interval"] is None) == (model == "fixed")


def test_a_boundary_does_not_stop_it():
    extreme = fit_bivariate(TwoByTwos.from_rows(PERFECTLY_CORRELATED))
    found = bootstrap(extreme, replicates=50)
    assert found.failed <= 2


def test_progress_may_cancel():
    def stop(done, total, message):
        assert total == 1000
        assert message
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bootstrap(fit, progress=stop)


def test_no_replicates_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        bootstrap(fit, replicates=0)


def test_studies_many_logits_apart_are_fitted_again():
    """With 21 Hermite nodes 28 of 30 searches failed to converge."""
    random = np.random.default_rng(10)
    totals = random.integers(20, 300, (24, 2))
    events = random.binomial(totals, expit(random.normal(1, 10, (24, 2))))
    missed = totals - events
    rows = np.column_stack([events[:, 0], missed[:, 1], missed[:, 0], events[:, 1]])
    fit = fit_bivariate(TwoByTwos.from_rows(rows.tolist()))
    assert fit.nodes > 41
    assert bootstrap(fit, replicates=10, seed=1).failed == 0
