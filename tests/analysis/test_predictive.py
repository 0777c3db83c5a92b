"""Predictive values, natural frequencies and summary-of-findings rows."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis import TwoByTwos, fit_bivariate
from analysis.derived import likelihood_ratios
from analysis.predictive import at_prevalence, predictive_curve, summary_of_findings
from tests.analysis.tables import EMPTY_ARMS, XRAY

fit = fit_bivariate(TwoByTwos.from_rows(XRAY))
sens, spec = fit.summary_point


def test_predictive_values_are_bayes_theorem():
    found = at_prevalence(fit, 0.2)
    assert found.ppv.estimate == pytest.approx(0.2 * sens / (0.2 * sens + 0.8 * (1 - spec)))
    assert found.npv.estimate == pytest.approx(0.8 * spec / (0.8 * spec + 0.2 * (1 - sens)))


def test_the_intervals_are_those_of_the_likelihood_ratios():
    ratios, found = likelihood_ratios(fit), at_prevalence(fit, 0.3)
    for name, after in (
        ("lr_positive", found.post_positive),
        ("lr_negative", found.post_negative),
    ):
        values = [ratios[name].estimate, *ratios[name].interval]
        wanted = [lr * 0.3 / (0.7 + lr * 0.3) for lr in values]
        assert_allclose([after.estimate, after.low, after.high], wanted, rtol=1e-9)


def test_frequencies_per_1000_carry_the_interval_of_the_summary_point():
    found = at_prevalence(fit, 0.1).to_dict()["per_1000"]
    low, high = fit.wald()[0]
    assert_allclose(found["tp"]["interval"], [100 * low, 100 * high])
    assert_allclose(found["fn"]["interval"], [100 * (1 - high), 100 * (1 - low)])
    assert_allclose(sum(cell["estimate"] for cell in found.values()), 1000)


@pytest.mark.parametrize("prevalence", [0.0004, 0.015, 0.1, 0.333, 0.9996])
def test_natural_frequencies_are_whole_and_add_up(prevalence):
    found = at_prevalence(fit, prevalence)
    cells = found.whole()
    assert sum(cells.values()) == 1000
    assert min(cells.values()) >= 0
    assert cells["tp"] + cells["fn"] == round(1000 * prevalence)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, 1.2, float("nan")])
def test_a_prevalence_lies_between_0_and_1(prevalence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        at_prevalence(fit, prevalence)


def test_the_curve_rises_and_falls():
    curve = predictive_curve(fit)
    assert len(curve) == 99
    assert (np.diff([point["ppv"]["estimate"] for point in curve]) > 0).all()
    assert (np.diff([point["npv"]["estimate"] for point in curve]) < 0).all()
    assert len(predictive_curve(fit, np.array([0.5]))) == 1


def test_summary_of_findings_counts_who_was_tested():
    empty = fit_bivariate(TwoByTwos.from_rows(EMPTY_ARMS))
    rows = summary_of_findings(empty, [0.05, 0.2])
    assert [row["outcome"] for row in rows] == ["tp", "fn", "tn", "fp"]
    assert (rows[0]["studies"], rows[0]["participants"]) == (4, 89)
    assert (rows[3]["studies"], rows[3]["participants"]) == (4, 218)
    for column in range(2):
        assert sum(row["per_1000"][column]["estimate"] for row in rows) == 1000
