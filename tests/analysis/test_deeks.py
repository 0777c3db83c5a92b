"""Deeks' test and the descriptive regressions, against R and by hand."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis import TwoByTwos
from analysis.deeks import deeks_test
from analysis.descriptive import (
    cochran_q,
    likelihood_ratio_q,
    moses_littenberg,
    sens_fpr_correlation,
)
from analysis.log_odds import CORRECTIONS, log_odds
from tests.analysis.reference import FOLDER, NAMES, needs_reference, table
from tests.analysis.tables import EMPTY_ARMS, PERFECT_SENSITIVITY, XRAY

xray = TwoByTwos.from_rows(XRAY)


def theirs(name):
    return json.loads((FOLDER / "expected" / f"{name}.json").read_text())


@pytest.fixture(params=NAMES or ["absent"])
def name(request):
    return request.param


@needs_reference
@pytest.mark.parametrize("correction", CORRECTIONS)
def test_deeks_agrees_with_r(name, correction):
    wanted = theirs(name)["deeks"][correction]
    found = deeks_test(TwoByTwos.from_csv(table(name)), correction=correction).to_dict()
    assert found["df"] == wanted["df"]
    assert_allclose(
        [found[key] for key in ("intercept", "slope", "standard_error", "t", "p")],
        [wanted[key] for key in ("intercept", "slope", "se", "t", "p")],
        rtol=1e-9,
    )


@needs_reference
def test_moses_littenberg_and_the_correlation_agree_with_r(name):
    wanted, data = theirs(name)["moses_littenberg"], TwoByTwos.from_csv(table(name))
    if (data.totals == 0).any():
        pytest.skip("the reference corrects empty arms; here such studies are left out")
    found = moses_littenberg(data)
    plain, weighted = wanted["unweighted"], wanted["weighted"]
    assert_allclose(
        [found.intercept, found.slope], [plain["(Intercept)"], plain["S_"]], rtol=1e-9, atol=1e-12
    )
    assert_allclose(
        [found.weighted_intercept, found.weighted_slope],
        [weighted["(Intercept)"], weighted["S_"]],
        rtol=1e-9,
        atol=1e-12,
    )
    spearman = sens_fpr_correlation(data).spearman
    assert_allclose(spearman, wanted["spearman_lsens_lfpr"], rtol=1e-9, atol=1e-12)


@needs_reference
def test_q_agrees_with_metafor(name):
    data = TwoByTwos.from_csv(table(name))
    if (data.totals == 0).any():
        pytest.skip("metafor keeps a corrected empty arm; here such studies are left out")
    for key, correction in (("only0", "single"), ("if0all", "all")):
        wanted = theirs(name)[f"metafor_lnDOR_DL_{key}"]
        found = cochran_q(data, correction=correction)
        assert_allclose([found.q, found.p], [wanted["QE"], wanted["QEp"]], rtol=1e-8)
        assert found.df == len(data) - 1


def test_the_warning_about_low_power_is_always_there():
    found = deeks_test(xray)
    assert "little power" in found.warnings[0]
    assert "With 8 studies" in found.warnings[1]
    assert found.asymmetric is (found.p < 0.1)
    assert len(deeks_test(TwoByTwos.from_rows(XRAY + XRAY)).warnings) == 1


def test_deeks_by_its_normal_equations():
    found, points = deeks_test(xray), log_odds(xray)
    design = np.column_stack([np.ones(8), points.ess**-0.5])
    slope = np.linalg.solve(
        design.T @ (points.ess[:, None] * design), design.T @ (points.ess * points.lndor)
    )
    assert_allclose([found.intercept, found.slope], slope, rtol=1e-9)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (XRAY[:2], "at least three"),
        ([[0, 0, 0, 0]], "at least three"),
        ([[9, 1, 1, 9], [8, 2, 2, 8], [7, 3, 3, 7]], "same effective size"),
    ],
)
def test_where_there_is_no_slope_there_is_a_reason(rows, words):
    found = deeks_test(TwoByTwos.from_rows(rows)).to_dict()
    assert found["slope"] is None
    assert found["asymmetric"] is None
    assert words in found["reason"]
    json.dumps(found, allow_nan=False)


def test_points_exactly_on_a_line_have_a_slope_but_no_p():
    found = deeks_test(TwoByTwos.from_rows([[2, 1, 1, 2], [4, 2, 2, 4], [8, 4, 4, 8]]))
    assert found.slope == pytest.approx(0, abs=1e-12)
    assert found.p is None
    assert "exactly on a line" in found.reason


def test_a_study_with_an_empty_arm_is_left_out_by_name():
    found = deeks_test(TwoByTwos.from_rows(EMPTY_ARMS))
    assert found.k == 3
    assert found.to_dict()["left_out"] == ["Study 2", "Study 4"]
    assert "Study 2, Study 4" in found.warnings[-1]


def test_a_correction_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="single, all, always"):
        log_odds(xray, correction="none")


def test_corrections_touch_what_they_say():
    data = TwoByTwos.from_rows(PERFECT_SENSITIVITY[:1] + XRAY)
    assert log_odds(data, correction="single").corrected.sum() == 1
    assert log_odds(data, correction="all").corrected.all()
    assert not log_odds(xray, correction="all").corrected.any()
    assert log_odds(xray, correction="always").corrected.all()


def test_moses_littenberg_is_labelled_and_draws_its_curve():
    found = moses_littenberg(xray)
    assert found.to_dict()["note"].startswith("Obsolete")
    x = np.array([0.1, 0.3])
    heights = found.sensitivity(x)
    d = np.log(heights / (1 - heights)) - np.log(x / (1 - x))
    s = np.log(heights / (1 - heights)) + np.log(x / (1 - x))
    assert_allclose(d, found.intercept + found.slope * s, rtol=1e-9)


@pytest.mark.parametrize("rows", [XRAY[:1], [[5, 5, 5, 5], [9, 9, 9, 9]]])
def test_no_line_without_different_thresholds(rows):
    found = moses_littenberg(TwoByTwos.from_rows(rows))
    assert found.to_dict()["unweighted"]["slope"] is None
    assert found.sensitivity(np.array([0.5])) is None
    assert found.reason
    correlation = sens_fpr_correlation(TwoByTwos.from_rows(rows)).to_dict()
    assert correlation["spearman"] is None
    assert correlation["reason"]


def test_the_likelihood_ratio_statistic_of_one_arm():
    found = likelihood_ratio_q(TwoByTwos.from_rows([[10, 1, 0, 9], [5, 5, 5, 5]]), 0)
    by_hand = 2 * (10 * np.log(1 / 0.75) + 5 * np.log(0.5 / 0.75) + 5 * np.log(0.5 / 0.25))
    assert found.q == pytest.approx(by_hand)
    assert found.to_dict()["df"] == 1
    with pytest.raises(ValueError, match="arm"):
        likelihood_ratio_q(xray, 2)


def test_one_study_has_no_heterogeneity():
    one = TwoByTwos.from_rows(XRAY[:1])
    for found in (cochran_q(one), likelihood_ratio_q(one, 1)):
        assert (found.q, found.p) == (None, None)
        assert found.reason
