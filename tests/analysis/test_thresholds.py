"""Several thresholds per study."""

import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit

from analysis import BadTable, TwoByTwos
from analysis.__main__ import main
from analysis.data import read_with_columns
from analysis.thresholds import STRUCTURES, fit_thresholds
from tests.analysis.reference import FOLDER, needs_reference, table

NAME = "schneider_feno_thresholds"

# A log-logistic marker in 6 studies of 200 + 300 participants, made for this project.
CUTS = [float(cut) for _ in range(6) for cut in (10, 20, 40, 80)]
STUDIES = [f"study {i // 4}" for i in range(24)]


def made():
    rows = []
    for i, cut in enumerate(CUTS):
        shift = 0.3 * np.sin(i // 4)
        sens = expit(-(-6.0 + 1.6 * np.log(cut)) + shift)
        spec = expit(-6.0 + 2.2 * np.log(cut) + shift / 2)
        tp, tn = round(200 * sens), round(300 * spec)
        rows.append([tp, 300 - tn, 200 - tp, tn])
    return TwoByTwos.from_rows(rows)


@needs_reference
@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_the_reml_fit_agrees_with_lme4(structure):
    wanted = json.loads((FOLDER / "expected" / f"{NAME}.diagmeta.json").read_text())[structure]
    data, columns = read_with_columns(table(NAME), ["study_id", "cutpoint"])
    cuts = [float(text) for text in columns["cutpoint"]]
    found = fit_thresholds(data, cuts, columns["study_id"], structure=structure)
    result = found.to_dict()
    json.dumps(result, allow_nan=False)
    assert found.k == wanted["k"]
    # lme4 stops a little short of the minimum: never below ours.
    assert wanted["REMLcrit"] - 1.3e-6 < result["reml_criterion"] < wanted["REMLcrit"] + 1e-9
    regression = wanted["regr"]
    names = ("alpha0", "beta0", "alpha1", "beta1")
    assert_allclose(found.lines, [regression[name] for name in names], rtol=0, atol=5e-5)
    theirs = [
        [regression.get(f"cov.{a}.{b}", regression.get(f"cov.{b}.{a}")) for b in names]
        for a in names
    ]
    for i, name in enumerate(names):
        theirs[i][i] = regression[f"var.{name}"]
    errors = np.sqrt(np.diag(found.lines_cov))
    assert_allclose(
        found.lines_cov / np.outer(errors, errors), theirs / np.outer(errors, errors), atol=3e-4
    )
    best = result["optimal"]
    assert_allclose(best["threshold"], wanted["optcut"], rtol=0, atol=1e-4)
    for arm, key, within in (
        ("specificity", "Spec", wanted["var.nondiseased"]),
        ("sensitivity", "Sens", wanted["var.diseased"]),
    ):
        assert_allclose(best[arm]["estimate"], wanted[f"{key}.optcut"], rtol=0, atol=2e-6)
        # There the interval also holds the variance within studies.
        low, high = logit(best[arm]["ci"])
        error = np.hypot((high - low) / 2 / 1.959964, np.sqrt(within))
        ci = expit((low + high) / 2 + 1.959964 * error * np.array([-1, 1]))
        theirs = [wanted[f"lower.{key}.optcut"], wanted[f"upper.{key}.optcut"]]
        assert_allclose(ci, theirs, rtol=0, atol=1e-5)
    # diagmeta integrates by 999 trapezia: along one axis or the other it has two areas.
    assert_allclose(result["auc"]["estimate"], wanted["AUCSens"], rtol=0, atol=5e-6)
    assert_allclose(result["auc"]["estimate"], wanted["AUCSpec"], rtol=0, atol=2e-4)
    assert_allclose(
        areas_under_the_bounds(found, wanted["var.diseased"]),
        [wanted["AUCSens.lower"], wanted["AUCSens.upper"]],
        rtol=0,
        atol=1e-5,
    )


def areas_under_the_bounds(found, within):
    """Return what diagmeta gives as interval of the area: the areas under pointwise bounds."""
    spec = np.linspace(0, 1, 200_003)[1:-1]
    x = (logit(spec) - found.lines[0]) / found.lines[1]
    at = np.column_stack([np.ones_like(x), x])
    middle = at @ found.lines[2:]
    variance = np.einsum("ni,ij,nj->n", at, found.lines_cov[2:, 2:], at) + within
    reach = 1.959964 * np.sqrt(variance)
    return [np.trapezoid(expit(-middle - side * reach), spec) for side in (1, -1)]


def test_the_lines_are_found_again():
    found = fit_thresholds(made(), CUTS, STUDIES, structure="DI")
    assert_allclose(found.lines, [-6.0, 2.2, -6.0, 1.6], atol=0.4)
    assert found.scale == "log"
    best = found.optimal()
    around = np.linspace(best["ci"][0], best["ci"][1], 400)
    totals = [
        found.at(x)["sensitivity"]["estimate"] + found.at(x)["specificity"]["estimate"]
        for x in around
    ]
    assert around[int(np.argmax(totals))] == pytest.approx(best["threshold"], rel=0.01)
    assert best["ci"][0] < best["threshold"] < best["ci"][1]
    assert not best["outside_observed"]


def test_the_area_is_that_under_its_own_curve():
    found = fit_thresholds(made(), CUTS, STUDIES, structure="CI")
    points = [found.at(x) for x in np.geomspace(1e-4, 1e8, 4000)]
    sens = np.array([point["sensitivity"]["estimate"] for point in points])
    fpr = 1 - np.array([point["specificity"]["estimate"] for point in points])
    area = found.area()
    assert area["estimate"] == pytest.approx(-np.trapezoid(sens, fpr), abs=1e-4)
    assert area["ci"][0] < area["estimate"] < area["ci"][1]


def test_the_unit_of_the_marker_does_not_matter():
    linear = fit_thresholds(made(), CUTS, STUDIES, structure="CS", scale="linear")
    scaled = fit_thresholds(
        made(), [1000 * cut for cut in CUTS], STUDIES, structure="CS", scale="linear"
    )
    assert scaled.optimal()["threshold"] == pytest.approx(
        1000 * linear.optimal()["threshold"], rel=1e-4
    )
    assert scaled.area()["estimate"] == pytest.approx(linear.area()["estimate"], abs=1e-6)


def test_thresholds_of_zero_are_linear_and_an_empty_arm_is_left_out():
    cuts = [cut - 10 for cut in CUTS]
    rows = made().rows
    rows[0][0] = rows[0][2] = 0
    found = fit_thresholds(TwoByTwos.from_rows(rows), cuts, STUDIES, structure="CI")
    assert found.scale == "linear"
    assert len(found.curve()) == 51
    with pytest.raises(BadTable, match="above 0"):
        fit_thresholds(made(), cuts, STUDIES, scale="log")


@pytest.mark.parametrize("structure", ["DI", "DICS", "DIDS"])
def test_on_the_log_scale_the_unit_moves_the_origin_and_nothing_else(structure):
    """With columns of x as they are, CIDS ended 0.018 above its minimum and DI 0.15 off."""
    rows, cuts, studies = made().rows[:18], CUTS[:18], STUDIES[:18]
    near, far = (
        fit_thresholds(
            TwoByTwos.from_rows(rows), [unit * cut for cut in cuts], studies, structure=structure
        )
        for unit in (1.0, 1e90)
    )
    assert far.model.criterion == pytest.approx(near.model.criterion, abs=1e-4)
    assert far.optimal()["threshold"] == pytest.approx(1e90 * near.optimal()["threshold"], rel=1e-5)
    assert far.area()["estimate"] == pytest.approx(near.area()["estimate"], abs=1e-6)


def nested_structures():
    sets = {name: set(columns) for name, columns in STRUCTURES.items()}
    return [(a, b) for a in sets for b in sets if sets[a] < sets[b]]


@pytest.mark.parametrize("size", [60, 2000, 200_000])
def test_no_simpler_structure_fits_better(size):
    random = np.random.default_rng(size)
    shift = random.multivariate_normal([0, 0], [[0.4, 0.1], [0.1, 0.3]], 7)[:, None]
    cuts = np.array([10.0, 20.0, 40.0])
    tp = random.binomial(size, expit(6.0 - 1.6 * np.log(cuts) + shift[..., 0])).ravel()
    tn = random.binomial(size, expit(-6.0 + 2.2 * np.log(cuts) + shift[..., 1])).ravel()
    data = TwoByTwos.from_rows(np.column_stack([tp, size - tn, size - tp, tn]).tolist())
    names = [f"study {i // 3}" for i in range(21)]
    found = {
        name: fit_thresholds(data, [*cuts] * 7, names, structure=name).model.criterion
        for name in STRUCTURES
    }
    for small, large in nested_structures():
        assert found[large] <= found[small] + 1e-5, (small, large)


def test_lines_without_any_scatter_have_a_reason():
    """From one start DIDS ended 50 above DI, which it contains: there is no minimum."""
    shift = 0.3 * np.sin(np.arange(5))[:, None]
    x = np.log([10.0, 20.0, 40.0])
    tp = np.round(6e5 * expit(6 - 1.6 * x + shift)).ravel()
    tn = np.round(9e5 * expit(-6 + 2.2 * x + shift / 2)).ravel()
    data = TwoByTwos.from_rows(np.column_stack([tp, 9e5 - tn, 6e5 - tp, tn]).astype(int).tolist())
    cuts, names = [10.0, 20.0, 40.0] * 5, [f"study {i // 3}" for i in range(15)]
    found = fit_thresholds(data, cuts, names, structure="DIDS")
    assert "straight lines exactly" in found.reason


def test_a_perfect_marker_is_said_at_once():
    """The search went on for ever: every table lies on the same line exactly."""
    data = TwoByTwos.from_rows([[50, 0, 0, 50]] * 24)
    for structure in STRUCTURES:
        started = time.process_time()
        found = fit_thresholds(data, CUTS, STUDIES, structure=structure)
        assert time.process_time() - started < 5
        assert found.model is None


def test_a_marker_that_is_low_in_disease_has_a_reason():
    data = made()
    turned = TwoByTwos.from_rows([[fn, tn, tp, fp] for tp, fp, fn, tn in data.rows])
    found = fit_thresholds(turned, CUTS, STUDIES, structure="CI").to_dict()
    json.dumps(found, allow_nan=False)
    assert "multiply the thresholds by -1" in found["reason"]
    assert (found["optimal"], found["auc"]["estimate"], found["curve"]) == (None, None, [])


@pytest.mark.parametrize(
    ("cuts", "studies", "words"),
    [
        (CUTS, ["one"] * 24, "at least 3"),
        ([5.0] * 24, STUDIES, "one and the same"),
        ([1e6 + 1e-4 * cut for cut in CUTS], STUDIES, "subtract what they share"),
    ],
)
def test_too_little_to_fit_has_a_reason(cuts, studies, words):
    found = fit_thresholds(made(), cuts, studies)
    assert words in found.reason
    with pytest.raises(ValueError, match="no fit"):
        found.at(5)


def test_a_group_without_participants_has_a_reason():
    rows = [[0, fp, 0, tn] for _, fp, _, tn in made().rows]
    found = fit_thresholds(TwoByTwos.from_rows(rows), CUTS, STUDIES)
    assert "Too few tables" in found.reason


def test_a_flat_sum_has_no_optimum():
    rows = [[tp, tp, fn, fn] for tp, _, fn, _ in made().rows]
    found = fit_thresholds(TwoByTwos.from_rows(rows), CUTS, STUDIES, structure="CI").to_dict()
    assert found["optimal"] is None
    assert "is flat" in found["reason"]
    assert found["auc"]["estimate"] == pytest.approx(0.5, abs=1e-9)


def test_a_sum_that_hardly_bends_has_no_optimum():
    found = fit_thresholds(made(), CUTS, STUDIES, structure="CI")
    lines = np.array([-3.0, 1.0, -3.0 - 1e-12, 1.0])
    assert dataclasses.replace(found, lines=lines).optimal() is None
    bent = np.array([-3.0, 1.0, -3.1, 1.0])
    assert dataclasses.replace(found, lines=bent).optimal()["threshold"] == pytest.approx(
        np.exp(3.05)
    )


def test_what_is_refused():
    with pytest.raises(BadTable, match="finite"):
        fit_thresholds(made(), [float("nan")] * 24, STUDIES)
    for unit in (1e-150, 1e150):
        with pytest.raises(BadTable, match="change the unit"):
            fit_thresholds(made(), [unit * cut for cut in CUTS], STUDIES)
    with pytest.raises(ValueError, match="weight"):
        fit_thresholds(made(), CUTS, STUDIES, weight=1)
    with pytest.raises(ValueError, match="above 0"):
        fit_thresholds(made(), CUTS, STUDIES, structure="CI").at(0)


def test_a_weight_on_sensitivity_lowers_the_threshold():
    found = [
        fit_thresholds(made(), CUTS, STUDIES, structure="CI", weight=weight).optimal()
        for weight in (0.3, 0.7)
    ]
    assert found[1]["threshold"] < found[0]["threshold"]


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "cuts.csv"
    lines = [
        ",".join(map(str, [*row, cut, study]))
        for row, cut, study in zip(made().rows, CUTS, STUDIES, strict=True)
    ]
    path.write_text("\n".join(["TP,FP,FN,TN,cut,paper", *lines]))
    return str(path)


def test_the_command_line(csv_file, capsys):
    asked = ["thresholds", csv_file, "--study", "paper", "--threshold", "cut", "--model", "CI"]
    assert main([*asked, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["k"], result["rows"], result["model"]) == (6, 24, "CI")
    assert main(asked) == 0
    assert "Optimal threshold" in capsys.readouterr().out
    assert main(["thresholds", csv_file, "--study", "paper", "--threshold", "paper"]) == 2
    assert "not a number" in capsys.readouterr().err


def test_the_command_line_says_what_is_not_estimable(csv_file, capsys):
    path = Path(csv_file)
    path.write_text("\n".join(path.read_text().splitlines()[:5]))
    assert main(["thresholds", csv_file, "--study", "paper", "--threshold", "cut"]) == 0
    printed = capsys.readouterr().out
    assert "! The model needs at least 3 studies." in printed
    assert "Optimal" not in printed
