"""Covariates: agreement with the reference, and what has no estimate."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from analysis import TwoByTwos, fit_bivariate
from analysis.covariates import Covariate
from analysis.errors import BadCovariate
from analysis.metaregression import _design, _starts, fit_regression, metaregression
from analysis.metaregression_results import RegressionFit, RegressionNotEstimable
from analysis.quadrature import Arms, evaluate
from analysis.results import ARMS
from tests.analysis.reference import NAMES, REGRESSIONS_OFF, expected, needs_reference, table
from tests.analysis.tables import XRAY

WITH_COVARIATE = [name for name in NAMES if "metareg" in expected(name)]
SITES = ["hip", "spine", "hip", "spine", "hip", "spine", "hip", "spine"]
AGES = ["61.5", "58", "70", "66", "49", "63", "72", "55"]


@pytest.fixture
def data():
    return TwoByTwos.from_rows(XRAY)


def by(values, **options):
    return Covariate.from_values("covariate", values, **options)


def cell_means(oracle, fit):
    """Return the reference's coefficients (first group, differences) as ours."""
    first = oracle["p_sens"]
    parts = np.split(np.array(oracle["beta"]), [first])
    if fit.covariate.kind == "categorical":
        return np.concatenate([part[0] + np.append(0.0, part[1:]) for part in parts])
    centre, width = fit.scale.centre, fit.scale.width
    return np.concatenate(
        [p if len(p) == 1 else [p[0] + p[1] * centre, p[1] * width] for p in parts]
    )


@needs_reference
@pytest.mark.parametrize("name", WITH_COVARIATE or ["absent"])
def test_it_agrees_with_the_reference(name):
    oracle = expected(name)["metareg"]
    found = metaregression(
        TwoByTwos.from_csv(table(name)), Covariate.from_csv(table(name), oracle["covariate"])
    )
    models = {
        "both": found.both,
        "sens_only": found.sensitivity_only,
        "spec_only": found.specificity_only,
    }
    close = REGRESSIONS_OFF.get(name, 1e-6)
    for key, fit in {"null": found.null, **models}.items():
        assert_allclose(fit.log_likelihood, oracle[key]["logLik"], rtol=0, atol=close)
    for key, fit in models.items():
        assert_allclose(fit.beta, cell_means(oracle[key], fit), rtol=1e-5, atol=1e-5)
        assert_allclose(fit.between_covs[0], oracle[key]["Sigma"], rtol=5e-5, atol=1e-5)
    tests = {
        "LRT_both_vs_null": found.joint,
        "LRT_sens_effect": found.of_sensitivity,
        "LRT_spec_effect": found.of_specificity,
    }
    for key, test in tests.items():
        assert_allclose(test.chi2, oracle[key]["chisq"], rtol=0, atol=2 * close)
        assert_allclose(test.p, oracle[key]["p"], rtol=1e-5, atol=1e-7)
        assert test.df == oracle[key]["df"]


def test_the_gradient_and_hessian_are_those_of_the_likelihood(data):
    groups = np.array([[site == "hip", site == "spine"] for site in SITES], dtype=float)
    arms = replace(Arms.from_tables(data), design=_design([groups, np.ones((8, 1))], groups))
    at = _starts(data, [groups, np.ones((8, 1))], 2)[0]
    step, moves = 1e-5, 1e-5 * np.eye(len(at))
    here = evaluate(at[None], arms, 31)
    up, down = evaluate(at + moves, arms, 31), evaluate(at - moves, arms, 31)
    slope = (up.log_likelihood - down.log_likelihood) / (2 * step)
    assert_allclose(here.gradient[0], slope, rtol=1e-5, atol=1e-5)
    bend = (up.gradient - down.gradient) / (2 * step)
    assert_allclose(here.hessian[0], bend, rtol=1e-4, atol=1e-4)


def test_no_covariate_at_all_is_the_bivariate_model(data):
    fit = fit_regression(data, by(SITES), on=())
    plain = fit_bivariate(data)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert_allclose(fit.beta, plain.mean, atol=1e-7)
    assert_allclose(fit.beta_cov, plain.mean_cov, rtol=1e-5)


def test_groups_with_variances_of_their_own_are_separate_analyses():
    rows, sites = XRAY + XRAY[::-1], ["hip"] * 8 + ["spine"] * 8
    tables = TwoByTwos.from_rows(rows)
    fit = fit_regression(tables, by(sites), separate_variances=True)
    alone = fit_bivariate(TwoByTwos.from_rows(XRAY))
    assert fit.parameters == 10
    assert fit.log_likelihood == pytest.approx(2 * alone.log_likelihood, abs=1e-7)
    for group, spread in zip(fit.groups(), fit.between_covs, strict=True):
        assert group["sensitivity"]["estimate"] == pytest.approx(alone.summary_point[0])
        assert_allclose(group["specificity"]["wald"], alone.wald()[1], rtol=1e-6)
        assert_allclose(spread, alone.between_cov, rtol=1e-5)
    assert fit.relative()[0]["sensitivity"]["estimate"] == pytest.approx(1)


def test_the_order_of_studies_and_the_swap_of_arms_change_nothing(data):
    found = metaregression(data, by(SITES))
    backwards = metaregression(TwoByTwos.from_rows(XRAY[::-1]), by(SITES[::-1]))
    assert found.joint.chi2 == pytest.approx(backwards.joint.chi2, abs=1e-6)
    swapped = [[tn, fn, fp, tp] for tp, fp, fn, tn in XRAY]
    turned = metaregression(TwoByTwos.from_rows(swapped), by(SITES))
    assert found.of_sensitivity.chi2 == pytest.approx(turned.of_specificity.chi2, abs=1e-6)


def test_no_simpler_model_fits_better(data):
    found = metaregression(data, by(AGES))
    for simple in (found.sensitivity_only, found.specificity_only):
        assert found.both.log_likelihood >= simple.log_likelihood - 1e-8
        assert simple.log_likelihood >= found.null.log_likelihood - 1e-8


def test_the_result_is_valid_json(data):
    result = metaregression(data, by(SITES)).to_dict()
    json.dumps(result, allow_nan=False)
    assert [group["level"] for group in result["groups"]] == ["hip", "spine"]
    assert [group["k"] for group in result["groups"]] == [4, 4]
    assert result["slopes"] is None
    assert result["lrt_joint"]["df"] == 2
    assert "Fewer than 5 studies in hip, spine" in result["warnings"][0]
    ratio, (first, second) = result["relative"][0], result["groups"]
    assert (ratio["level"], ratio["reference"]) == ("spine", "hip")
    for arm in ARMS:
        wanted = second[arm]["estimate"] / first[arm]["estimate"]
        assert ratio[arm]["estimate"] == pytest.approx(wanted)
        assert ratio[arm]["wald"][0] < wanted < ratio[arm]["wald"][1]


def test_a_continuous_covariate_has_slopes_and_quartiles(data):
    found = metaregression(data, by(AGES))
    result = found.to_dict()
    json.dumps(result, allow_nan=False)
    assert [group["k"] for group in result["groups"]] == [None] * 3
    levels = [group["level"] for group in result["groups"]]
    for arm in ARMS:
        logits = [np.log(g[arm]["estimate"] / (1 - g[arm]["estimate"])) for g in result["groups"]]
        slope = (logits[2] - logits[0]) / (levels[2] - levels[0])
        assert result["slopes"][arm]["estimate"] == pytest.approx(slope)
    assert found.sensitivity_only.slopes()["specificity"] is None
    assert found.sensitivity_only.groups()[0]["specificity"]["estimate"] == pytest.approx(
        expit(found.sensitivity_only.beta[2])
    )


@pytest.mark.parametrize(
    ("rows", "values", "options", "sentence"),
    [
        ([[9, 1, 0, 30], [8, 2, 0, 20], *XRAY], [*"aa", *"bbbbbbbb"], {}, "no finite maximum"),
        ([[0, 1, 0, 30], *XRAY], ["a", *"bbbbbbbb"], {}, "No study of the group a has"),
        (XRAY[:2], "ab", {}, "too few studies"),
        ([[9, 1, 2, 30], [8, 2, 0, 20]], ["1.5", "2.5"], {}, "too few studies"),
        ([[9, 1, 0, 30], [8, 2, 0, 20]], "ab", {}, "no finite maximum"),
        (XRAY, "aabbbbbb", {"separate_variances": True}, "fewer than 3 studies"),
        (
            [[9, 1, 0, 30], [0, 2, 8, 20], [5, 3, 0, 25], *XRAY],
            [*"aaa", *"bbbbbbbb"],
            {"separate_variances": True},
            "has no finite estimate",
        ),
    ],
)
def test_what_has_no_estimate_has_a_reason(rows, values, options, sentence):
    found = fit_regression(TwoByTwos.from_rows(rows), by(values), **options)
    assert isinstance(found, RegressionNotEstimable)
    assert sentence in found.reason
    assert found.to_dict()["beta"] is None


def test_without_an_estimate_there_are_no_tests_and_the_reason_is_told():
    rows = [[9, 1, 0, 30], [8, 2, 0, 20], *XRAY]
    found = metaregression(TwoByTwos.from_rows(rows), by([*"aa", *"bbbbbbbb"]))
    result = found.to_dict()
    assert (result["groups"], result["lrt_joint"]) == ([], None)
    assert any("no finite maximum" in warning for warning in result["warnings"])
    assert isinstance(found.specificity_only, RegressionFit)
    perfect = metaregression(TwoByTwos.from_rows([[9, 1, 0, 30]] * 6), by("aaabbb")).to_dict()
    assert perfect["models"]["null"]["log_likelihood"] is None


def test_a_test_needs_both_models():
    rows = [[9, 1, 0, 30], [8, 2, 0, 20], *XRAY]
    both = metaregression(TwoByTwos.from_rows(rows), by([*"aa", *"bbbbbbbb"]))
    assert both.of_specificity is None


def test_groups_of_five_or_more_have_no_warning():
    tables = TwoByTwos.from_rows(XRAY + XRAY[::-1])
    assert metaregression(tables, by(["hip"] * 8 + ["spine"] * 8)).warnings == ()


def test_studies_without_a_value_are_left_out(data):
    values = ["", "NA", *SITES[2:]]
    found = metaregression(data, by(values))
    assert len(found.both.data) == 6
    assert found.warnings[0].startswith("2 studies have no participants or no value of covariate")
    one = metaregression(data, by([None, *SITES[1:]]))
    assert one.warnings[0].startswith("1 study has")


@pytest.mark.parametrize(
    ("values", "options"),
    [(["hip"] * 8, {}), (SITES[:3], {}), (AGES, {"separate_variances": True})],
)
def test_a_covariate_that_cannot_be_compared_is_refused(data, values, options):
    with pytest.raises(BadCovariate):
        fit_regression(data, by(values), **options)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "1"], "categorical"),
        (["1.5", "2", ""], "continuous"),
        (list("1234567"), "continuous"),
        (["low", "3.5"], "categorical"),
        (["1.5", "inf"], "categorical"),
        (["", ""], "categorical"),
    ],
)
def test_which_numbers_are_measurements(values, kind):
    assert by(values).kind == kind


def test_a_kind_can_be_told():
    assert by(["10", "9", "b"], kind="categorical").levels == ("9", "10", "b")
    assert by(["1", "2"], kind="continuous").numbers.tolist() == [1, 2]
    with pytest.raises(BadCovariate, match="“old”, which is not a number"):
        by(["1", "old"], kind="continuous")


def test_a_column_is_read_by_name(tmp_path):
    path = tmp_path / "tables.csv"
    path.write_text("TP,FP,FN,TN, Site \n1,2,3,4,hip\n5,6,7,8\n")
    found = Covariate.from_csv(path, "site")
    assert (found.name, found.values, found.known.tolist()) == ("Site", ("hip", ""), [True, False])
    with pytest.raises(BadCovariate, match="not exactly one column age"):
        Covariate.from_csv(path, "age")


def test_extreme_ratios_are_null_rather_than_infinite(data):
    fit = fit_regression(data, by(SITES))
    far = RegressionFit(
        **{name: getattr(fit, name) for name in fit.__slots__ if name != "beta_cov"},
        beta_cov=1e7 * np.eye(4),
    )
    json.dumps(far.relative(), allow_nan=False)
    assert far.relative()[0]["sensitivity"]["wald"][1] is None


def test_a_measurement_that_separates_the_studies_has_no_estimate():
    # Sensitivity is 0 below 3 and 1 above it: the slope rises for ever.
    rows = [[0, 9, 90, 30], [0, 8, 90, 20], [45, 8, 45, 25], [90, 9, 0, 30], [90, 7, 0, 28]]
    found = metaregression(TwoByTwos.from_rows(rows), by("12345", kind="continuous"))
    assert isinstance(found.both, RegressionNotEstimable)
    assert "did not converge" in found.both.reason
    json.dumps(found.to_dict(), allow_nan=False)


@needs_reference
def test_eight_data_sets_have_a_covariate():
    assert len(WITH_COVARIATE) == 8
