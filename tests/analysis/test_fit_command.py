"""``python -m analysis fit`` with its models, covariates and corrections."""

import json

import pytest

from analysis.__main__ import main
from tests.analysis.tables import PERFECT_SENSITIVITY, PERFECTLY_CORRELATED, XRAY

MEASURES = (
    "lr_positive",
    "lr_negative",
    "dor",
    "auc",
    "hsroc",
    "i2",
    "population_average",
    "leave_one_out",
    "influence",
)
SITES = ["hip", "spine"] * 4


@pytest.fixture
def fit(tmp_path, capsys):
    """Run the command on some tables and return its exit code, output and complaint."""

    def run(rows, *options, sites=None):
        path = tmp_path / "tables.csv"
        lines = ["TP,FP,FN,TN" + (",site" if sites else "")]
        for position, row in enumerate(rows):
            lines.append(",".join(map(str, [*row, *([sites[position]] if sites else [])])))
        path.write_text("\n".join(lines))
        code = main(["fit", str(path), *options])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def report(fit):
    def run(rows, *options, sites=None):
        code, out, _ = fit(rows, *options, "--json", sites=sites)
        assert code == 0
        return json.loads(out, parse_constant=pytest.fail)

    return run


def test_the_report_is_complete(report):
    result = report(XRAY, "--profile")
    assert set(MEASURES) | {"lrt", "ladder", "reasons"} <= set(result)
    assert result["sensitivity"]["profile"] == result["profile"]["sensitivity"]["interval"]
    for ratio in ("lr_positive", "lr_negative", "dor"):
        low, high = result[ratio]["wald"]
        assert low < result[ratio]["estimate"] < high
    assert result["auc"]["ci"] == result["auc"]["logit_delta"]
    assert set(result["hsroc"]) >= {"lambda", "theta", "beta", "var_alpha", "var_theta"}
    assert all(value["se"] > 0 for value in result["hsroc"].values())
    assert set(result["i2"]) >= {"sensitivity", "specificity", "bivariate"}
    assert set(result["lrt"]) >= {"no_correlation", "no_random_effects"}
    assert (result["model"], result["reasons"]) == ("bivariate", {})


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (PERFECT_SENSITIVITY, {*MEASURES, "profile", "prediction_intervals"}),
        ([[90, 10, 10, 90]] * 6, {"auc", "hsroc", "correlation"}),
        (XRAY[:2], {"prediction_intervals"}),
    ],
)
def test_whatever_is_null_has_a_reason(report, rows, missing):
    result = report(rows)
    for key in missing:
        assert result[key] is None
        key = "likelihood_ratios" if key in ("lr_positive", "lr_negative", "dor") else key
        assert result["reasons"][key]


def test_a_correlation_at_its_bound_makes_one_variance_zero_without_an_error(report):
    result = report(PERFECTLY_CORRELATED)
    assert result["hsroc"]["var_alpha"]["estimate"] == 0.0
    assert result["hsroc"]["var_alpha"]["se"] is None
    assert result["hsroc"]["var_theta"]["se"] > 0
    assert "no standard error" in result["reasons"]["hsroc"]
    assert result["i2"]["bivariate"] is None


@pytest.mark.parametrize(
    ("rows", "asked", "model"),
    [
        (XRAY, "univariate", "univariate"),
        (XRAY, "fixed", "fixed"),
        (XRAY, "auto", "bivariate"),
        (XRAY[:3], "auto", "univariate"),
        ([[90, 10, 10, 90]] * 6, "auto", "fixed"),
    ],
)
def test_simpler_models(report, rows, asked, model):
    result = report(rows, "--model", asked)
    assert (result["model"], result["model_asked"]) == (model, asked)
    assert result["converged"] is True
    assert result["ladder"][0]["model"] == "bivariate"
    if asked == "auto":
        assert result["ladder"][-1]["model"] == model
        assert result["ladder"][-1]["kept"] is True


def test_the_studies_one_by_one(report):
    result = report(XRAY)
    assert [entry["label"] for entry in result["leave_one_out"]] == [
        f"Study {i}" for i in range(1, 9)
    ]
    assert result["leave_one_out"][5]["sensitivity"]["estimate"] == pytest.approx(
        report(XRAY[:5] + XRAY[6:])["sensitivity"]["estimate"], abs=1e-7
    )
    assert all(entry["cook"] >= 0 for entry in result["influence"])
    assert 0 < result["deeks"]["p"] < 1
    assert result["deeks"]["slope"] == pytest.approx(2.590465, abs=1e-6)


def test_many_studies_are_left_out_only_when_asked(report, monkeypatch):
    monkeypatch.setattr("analysis.commands.fit.MOST_LEFT_OUT", 7)
    assert report(XRAY)["leave_one_out"] is None
    assert "only when asked for" in report(XRAY)["reasons"]["influence"]
    assert len(report(XRAY, "--influence")["leave_one_out"]) == 8


def test_the_bootstrap_is_seeded_and_tells_its_progress(fit, report):
    once, again = (report(XRAY, "--bootstrap", "45", "--seed", "7") for _ in range(2))
    assert once["bootstrap"] == again["bootstrap"]
    assert (once["bootstrap"]["replicates"], once["bootstrap"]["seed"]) == (45, 7)
    low, high = once["sensitivity"]["bootstrap"]
    assert low < once["sensitivity"]["estimate"] < high
    assert once["auc"]["bootstrap"] == once["bootstrap"]["auc"]["interval"]
    _, out, complaint = fit(XRAY, "--bootstrap", "2")
    assert "Parametric bootstrap, 2 data sets, seed 1" in out
    assert "needs at least 40" in out
    assert complaint.splitlines()[-1] == "Simulating and fitting again: 1 of 2"


def test_the_bootstrap_of_what_has_no_estimate_or_no_curve(report):
    result = report(PERFECT_SENSITIVITY, "--bootstrap", "5")
    assert result["bootstrap"] is None
    assert "no finite maximum" in result["reasons"]["bootstrap"]
    alike = report([[90, 10, 10, 90]] * 6, "--bootstrap", "5")
    assert alike["auc"] is None
    assert alike["bootstrap"]["replicates"] == 5


def test_a_bootstrap_can_be_cancelled(fit, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.commands.fit.tell_progress", interrupt)
    code, out, complaint = fit(XRAY, "--bootstrap", "1000", "--json")
    assert (code, out, complaint) == (130, "", "Cancelled.\n")


def test_regions_by_f_or_by_chi_squared(report):
    f, chi2 = report(XRAY)["regions"], report(XRAY, "--region", "chi2")["regions"]
    assert f["radius"] ** 2 == pytest.approx(2 * 5.14325, abs=1e-4)  # F(0.95; 2, 6)
    assert chi2["radius"] ** 2 == pytest.approx(5.99146, abs=1e-4)
    assert max(x for x, _ in chi2["confidence"]) < max(x for x, _ in f["confidence"])
    assert report(XRAY[:2])["regions"] is None


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_normal_approximation(report, method):
    result = report(XRAY, "--model", f"reitsma-{method}", "--correction", "0.5:always")
    assert result["model"] == f"reitsma-{method}"
    assert result["correction"] == {"amount": 0.5, "policy": "always", "studies": 8}
    # Drawn towards one half: the exact model finds 0.8875.
    assert result["sensitivity"]["estimate"] == pytest.approx(0.880, abs=1e-3)
    assert result["dor"]["estimate"] > 1
    assert 0.9 < result["auc"]["estimate"] < 1
    assert result["auc"]["ci"] is None
    assert result["i2"] is None
    assert result["reasons"]["i2"]


def test_the_normal_approximation_without_an_estimate(report):
    result = report([[9, 1, 2, 30]], "--model", "reitsma-reml")
    assert (result["converged"], result["dor"]) == (False, None)
    assert "at least two" in result["reasons"]["dor"]


def test_groups_are_compared(report):
    result = report(XRAY, "--by", "SITE", sites=SITES)
    assert [group["level"] for group in result["groups"]] == ["hip", "spine"]
    assert result["lrt_joint"]["df"] == 2
    assert {"chi2", "df", "p"} <= set(result["lrt_sensitivity"])
    assert {"chi2", "df", "p"} <= set(result["lrt_specificity"])
    assert "Fewer than 5 studies in hip, spine" in result["warnings"][-1]
    assert result["k"] == 8


def test_one_mean_and_separate_variances(report):
    result = report(XRAY, "--by", "site", "--on", "sensitivity", sites=SITES)
    assert result["on"] == ["sensitivity"]
    first, second = result["groups"]
    assert first["specificity"] == second["specificity"]
    assert first["sensitivity"] != second["sensitivity"]
    assert result["lrt_variances"] is None
    result = report(XRAY, "--by", "site", "--on", "specificity", sites=SITES)
    assert result["groups"][0]["sensitivity"] == result["groups"][1]["sensitivity"]

    separate = report(XRAY, "--by", "site", "--separate-variances", sites=SITES)
    alone = [report(XRAY[start::2])["log_likelihood"] for start in (0, 1)]
    assert separate["models"]["both"]["log_likelihood"] == pytest.approx(sum(alone), abs=1e-6)
    assert separate["lrt_variances"]["df"] == 3
    assert separate["lrt_joint"]["df"] == 2
    assert separate["lrt_joint"]["chi2"] >= separate["lrt_sensitivity"]["chi2"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--model", "reitsma-ml"], "Normal-normal model (ML, 0.5:single), 8 studies"),
        (["--model", "univariate"], "Univariate binomial models of either arm, 8 studies"),
        (["--by", "site"], "hip (4 studies)"),
        (["--by", "site"], "Effect on sensitivity"),
    ],
)
def test_the_table_names_the_model_and_the_groups(fit, options, line):
    assert line in fit(XRAY, *options, sites=SITES)[1]


def test_numbers_can_be_measurements(fit):
    years = ["2019", "2020", "2021", "2022"] * 2
    _, out, _ = fit(XRAY, "--by", "site", "--as", "continuous", sites=years)
    assert "2020.5" in out
    _, out, _ = fit(PERFECT_SENSITIVITY, "--by", "site", sites=list("aab"))
    assert "By site" in out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--correction", "0.5:all"], "Only the reitsma models"),
        (["--model", "reitsma-ml", "--correction", "x"], "is not a correction"),
        (["--model", "reitsma-ml", "--profile"], "binomial models only"),
        (["--model", "fixed", "--by", "site"], "bivariate model only"),
        (["--as", "continuous"], "name it with --by"),
        (["--on", "sensitivity"], "name it with --by"),
        (["--separate-variances"], "name them with --by"),
        (["--by", "site", "--as", "continuous", "--separate-variances"], "not a number"),
        (["--bootstrap", "0"], "at least one"),
        (["--seed", "3"], "ask for one with --bootstrap"),
        (["--bootstrap", "3", "--seed", "-1"], "0 or more"),
        (["--model", "reitsma-ml", "--bootstrap", "3"], "binomial models only"),
        (["--model", "reitsma-ml", "--influence"], "binomial models only"),
        (["--by", "age"], "not exactly one column age"),
    ],
)
def test_options_that_do_not_go_together_are_bad_input(fit, options, sentence):
    code, out, complaint = fit(XRAY, *options, sites=SITES)
    assert (code, out) == (2, "")
    assert sentence in complaint


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--by", ""], "exactly one column"), (["--model", "reitsma-ml", "--correction", ""], "0.5")],
)
def test_an_option_given_empty_is_not_passed_over(fit, options, words):
    code, out, complaint = fit(XRAY, *options, sites=SITES)
    assert (code, out) == (2, "")
    assert words in complaint


def test_a_name_that_no_file_can_have_is_bad_input(capsys):
    assert main(["fit", "a\0b"]) == 2
    assert "cannot be opened" in capsys.readouterr().err
