"""Variances between studies and their correlation, with the errors they have."""

import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis import TwoByTwos, fit_bivariate
from analysis.descriptive import Heterogeneity, describe_differences
from analysis.spread import between_studies
from analysis.summary import analyse
from tests.analysis.tables import EMPTY_ARMS, PERFECTLY_CORRELATED, XRAY


def spread(rows, model="bivariate"):
    found = fit_bivariate(TwoByTwos.from_rows(rows), model=model)
    return {name: part.to_dict() for name, part in between_studies(found).items()}


def test_errors_follow_from_the_slopes_of_the_factor():
    fit = fit_bivariate(TwoByTwos.from_rows(XRAY))
    found = between_studies(fit)
    factors = np.random.default_rng(3).multivariate_normal(
        fit.theta[2:], fit.theta_cov[2:, 2:] * 1e-6, 200_000
    )
    l11, l21, l22 = factors.T
    drawn = {
        "variance_sensitivity": l11**2,
        "variance_specificity": l21**2 + l22**2,
        "correlation": np.sign(l11) * l21 / np.hypot(l21, l22),
    }
    for name, values in drawn.items():
        assert_allclose(found[name].standard_error, values.std() * 1000, rtol=0.01)


def test_intervals_are_on_the_scales_of_metandi():
    found = spread(XRAY)
    variance, rho = found["variance_specificity"], found["correlation"]
    low, high = variance["wald"]
    assert math.sqrt(low * high) == pytest.approx(variance["estimate"])
    reach = 1.959964 * variance["standard_error"] / variance["estimate"]
    assert math.log(high / low) / 2 == pytest.approx(reach, rel=1e-6)
    low, high = (math.atanh(end) for end in rho["wald"])
    assert (low + high) / 2 == pytest.approx(math.atanh(rho["estimate"]))
    assert -1 < rho["wald"][0] < rho["estimate"] < rho["wald"][1] < 1


@pytest.mark.parametrize(
    ("rows", "model", "name", "said"),
    [
        ([[40, 10, 10, 90]] * 6, "bivariate", "variance_sensitivity", "edge of its range"),
        ([[40, 10, 10, 90]] * 6, "bivariate", "correlation", "no correlation"),
        (PERFECTLY_CORRELATED, "bivariate", "correlation", "correlation is -1, at its bound"),
        (XRAY, "uncorrelated", "correlation", "has no correlation"),
        (XRAY, "fixed", "variance_specificity", "sets it to zero"),
    ],
)
def test_what_has_no_error_says_why(rows, model, name, said):
    part = spread(rows, model)[name]
    assert said in part["reason"]
    assert part["standard_error"] is None
    assert part["wald"] is None


def test_a_variance_hardly_determined_has_no_interval():
    found = spread([[3, 0, 0, 40], [1, 2, 1, 9], [14, 0, 1, 0], [3, 2, 0, 0]])
    json.dumps(found, allow_nan=False)
    assert any("hardly determined" in (part["reason"] or "") for part in found.values())
    assert all(part["wald"] or part["reason"] for part in spread(EMPTY_ARMS).values())


def test_what_older_reviews_report_is_part_of_an_analysis():
    result = analyse(XRAY)
    described = result["descriptive"]
    assert described == describe_differences(TwoByTwos.from_rows(XRAY))
    q = described["q"]["lndor"]
    assert q["df"] == len(XRAY) - 1
    assert q["i2"] == pytest.approx(1 - q["df"] / q["q"])
    assert described["q"]["sensitivity"]["i2"] > 0.9
    assert "Obsolete" in described["moses_littenberg"]["note"]


def test_studies_that_do_not_differ_have_an_i2_of_zero():
    same = describe_differences(TwoByTwos.from_rows([[40, 10, 10, 90]] * 6))
    assert same["q"]["lndor"]["i2"] == 0
    one = describe_differences(TwoByTwos.from_rows([[40, 10, 10, 90]]))
    assert one["q"]["lndor"]["i2"] is None
    assert one["q"]["lndor"]["reason"]


def test_each_rung_of_the_ladder_says_what_it_would_give():
    first = analyse(XRAY)
    assert first["ladder"][0]["sensitivity"] == first["fit"]["sensitivity"]
    few = analyse(XRAY[:3])["ladder"]
    assert [rung["model"] for rung in few][:2] == ["bivariate", "uncorrelated"]
    assert all(rung["specificity"]["wald"] for rung in few)


def test_the_interval_of_the_funnels_slope_agrees_with_its_p():
    found = analyse(XRAY)["deeks"]
    low, high = found["interval"]
    assert (low + high) / 2 == pytest.approx(found["slope"])
    assert (low > 0 or high < 0) == (found["p"] < 0.05)
    assert analyse(XRAY[:2])["deeks"]["interval"] is None


def test_the_interval_of_a_median_odds_ratio_is_that_of_its_variance():
    result = analyse(XRAY)
    ratio, variance = result["median_odds_ratio"], result["between_studies"]
    for arm in ("sensitivity", "specificity"):
        ends = [
            math.exp(math.sqrt(2 * end) * 0.6744898) for end in variance[f"variance_{arm}"]["wald"]
        ]
        assert ratio["intervals"][arm] == pytest.approx(ends, rel=1e-6)
        assert ends[0] < ratio[arm] < ends[1]
    assert analyse([[40, 10, 10, 90]] * 6)["median_odds_ratio"]["intervals"]["sensitivity"] is None


def test_the_interval_of_i2_is_test_based():
    # Higgins and Thompson 2002, by hand: Q = 12.5 with 6 df has H 1.443, SE of ln H 0.218.
    wide = Heterogeneity(q=12.5, df=6, p=0.05, reason=None)
    assert wide.i2 == pytest.approx(0.52)
    error = 0.5 * (math.log(12.5) - math.log(6)) / (5 - math.sqrt(11))
    assert error == pytest.approx(0.218, abs=5e-4)
    ends = [1 - 6 / 12.5 * math.exp(-2 * sign * 1.959964 * error) for sign in (-1, 1)]
    assert wide.i2_interval == pytest.approx([max(0, ends[0]), ends[1]], abs=1e-6)
    narrow = Heterogeneity(q=3.0, df=6, p=0.8, reason=None)
    assert narrow.i2_interval[0] == 0
    high = 1 - 2 * math.exp(-2 * 1.959964 * math.sqrt((1 - 1 / 75) / 10))
    assert narrow.i2_interval[1] == pytest.approx(high, abs=1e-6)
    assert Heterogeneity(q=3.0, df=1, p=0.1, reason=None).i2_interval is None
