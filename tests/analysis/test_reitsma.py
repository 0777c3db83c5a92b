"""The normal-normal model, against mada and metafor where their results are at hand."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis import TwoByTwos
from analysis.errors import BadCorrection
from analysis.reitsma import _Normal, fit_reitsma
from analysis.reitsma_results import Correction, ReitsmaNotEstimable
from tests.analysis.reference import FOLDER, NAMES, needs_reference, table
from tests.analysis.tables import EMPTY_ARMS, PERFECT_SENSITIVITY, PERFECTLY_CORRELATED, XRAY

# mada adds to the cells of an arm without participants: a study of half a person.
INVENTED = {"missing_margin_k5"}
# Where mada stopped early; metafor agrees with us there, or mada's likelihood is lower than ours.
MADA_STOPPED = {
    ("asthma", "ml", "all"),
    ("audit_k4", "reml", "all"),
    ("scheidler_lag", "ml", "all"),
    ("dementia_mmse", "ml", "single"),
}


def programs(name):
    return json.loads((FOLDER / "expected" / f"{name}.json").read_text())


@pytest.fixture(params=[name for name in NAMES if name not in INVENTED] or ["absent"])
def name(request):
    return request.param


def turned(matrix):
    """Return mada's covariance of (sensitivity, fpr) as one of (sensitivity, specificity)."""
    return np.array(matrix) * [[1, -1], [-1, 1]]


@needs_reference
@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("policy", ["single", "all"])
def test_it_agrees_with_mada(name, method, policy):
    theirs = programs(name).get(f"mada_{method}_{policy}")
    if not theirs:
        pytest.skip("the reference has no such fit of this data set")
    fit = fit_reitsma(
        TwoByTwos.from_csv(table(name)), method=method, correction=Correction(policy=policy)
    )
    digits = 1e-4 if (name, method, policy) in MADA_STOPPED else 1e-5
    sens, fpr = theirs["coef"].values()
    assert_allclose(fit.mean, [sens, -fpr], rtol=digits, atol=digits)
    assert_allclose(fit.between_cov, turned(theirs["Psi"]), rtol=digits, atol=digits)
    assert_allclose(fit.mean_cov, turned(theirs["vcov"]), rtol=digits, atol=digits)


@needs_reference
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_it_agrees_with_metafor(name, method):
    theirs = programs(name).get(f"metafor_rmamv_{method.upper()}")
    if not theirs or "beta" not in theirs:
        pytest.skip("metafor did not fit this data set")
    fit = fit_reitsma(
        TwoByTwos.from_csv(table(name)), method=method, correction=Correction(policy="all")
    )
    assert_allclose(fit.mean, theirs["beta"], rtol=1e-5)
    assert_allclose(np.diag(fit.between_cov), theirs["tau2"], rtol=1e-5)
    assert_allclose(fit.log_likelihood, theirs["logLik"], rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS])
def test_the_gradient_is_that_of_the_likelihood(method, rows):
    data = TwoByTwos.from_rows(rows)
    normal = _Normal(data, np.full(len(data), 0.5), method)
    at, step = np.array([0.6, -0.3, 0.4]), 1e-5
    rises = [
        (normal.height(at + shift)[0] - normal.height(at - shift)[0]) / (2 * step)
        for shift in step * np.eye(3)
    ]
    assert_allclose(normal.gradient(at), rises, rtol=1e-6, atol=1e-8)


def test_which_studies_are_corrected():
    data = TwoByTwos.from_rows([[5, 0, 2, 9], [6, 1, 3, 9]])
    assert Correction(policy="single").which(data).tolist() == [True, False]
    assert Correction(policy="all").which(data).tolist() == [True, True]
    whole = TwoByTwos.from_rows([[5, 1, 2, 9], [6, 1, 3, 9]])
    assert Correction(policy="all").which(whole).tolist() == [False, False]
    assert Correction(policy="always").which(whole).tolist() == [True, True]


def test_an_empty_arm_is_not_corrected_into_existence():
    rows = [*XRAY, [0, 4, 0, 50]]
    whole = fit_reitsma(TwoByTwos.from_rows(XRAY), method="ml")
    for ordered in (rows, rows[::-1]):
        fit = fit_reitsma(TwoByTwos.from_rows(ordered), method="ml")
        assert fit.k == 9
        # Half a person found of one would draw the mean logit of 2 well towards 0.
        assert fit.mean[0] == pytest.approx(whole.mean[0], abs=0.02)
        assert "empty arm" in fit.warnings[1]


def test_a_perfect_test_is_estimable_with_a_correction_and_says_so():
    result = fit_reitsma(TwoByTwos.from_rows(PERFECT_SENSITIVITY)).to_dict()
    assert result["converged"] is True
    assert result["correction"] == {"amount": 0.5, "policy": "single", "studies": 3}
    assert result["correlation"] is None
    assert "draws the summary towards one half" in result["warnings"][0]
    json.dumps(result, allow_nan=False)


def test_the_boundary_is_named():
    fit = fit_reitsma(TwoByTwos.from_rows(PERFECTLY_CORRELATED), method="ml")
    assert (fit.boundary, fit.converged) == (("correlation is -1",), True)
    assert fit.to_dict()["model"] == "reitsma-ml"


@pytest.mark.parametrize("rows", [[[9, 1, 2, 30]], [[0, 0, 0, 0]], [[9, 1, 2, 30], [0, 1, 0, 9]]])
def test_too_few_studies_are_refused(rows):
    refused = fit_reitsma(TwoByTwos.from_rows(rows))
    assert isinstance(refused, ReitsmaNotEstimable)
    result = refused.to_dict()
    assert (result["converged"], result["mean_logit"]) == (False, None)
    assert "at least two are needed" in result["warnings"][0]
    assert (refused.converged, refused.warnings) == (False, (refused.reason,))


@pytest.mark.parametrize("text", ["0:single", "nan:all", "0.5:some", "half:all", ""])
def test_a_bad_correction_is_refused(text):
    with pytest.raises(BadCorrection):
        Correction.from_text(text)


def test_a_correction_is_read():
    assert Correction.from_text("0.25:always") == Correction(amount=0.25, policy="always")
    assert Correction.from_text("1") == Correction(amount=1.0, policy="single")


@pytest.mark.parametrize("rows", [XRAY, EMPTY_ARMS, PERFECTLY_CORRELATED])
def test_the_order_of_studies_and_the_swap_of_arms_change_nothing(rows):
    fit = fit_reitsma(TwoByTwos.from_rows(rows))
    backwards = fit_reitsma(TwoByTwos.from_rows(rows[::-1]))
    assert_allclose(backwards.mean, fit.mean, atol=1e-7)
    turned_round = [[tn, fn, fp, tp] for tp, fp, fn, tn in rows]
    swapped = fit_reitsma(TwoByTwos.from_rows(turned_round))
    assert_allclose(swapped.mean, fit.mean[::-1], atol=1e-7)
    assert_allclose(swapped.between_cov, fit.between_cov[::-1, ::-1], atol=1e-6)
    assert swapped.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-9)


def test_a_search_cut_short_is_no_fit(monkeypatch):
    monkeypatch.setattr("analysis.reitsma._STEPS", 1)
    refused = fit_reitsma(TwoByTwos.from_rows(XRAY))
    assert isinstance(refused, ReitsmaNotEstimable)
    assert "did not converge" in refused.reason
