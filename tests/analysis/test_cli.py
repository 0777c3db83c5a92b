"""The command line as a user calls it."""

import io
import json
import subprocess
import sys

import pytest

from analysis.__main__ import main
from tests.analysis.tables import PERFECT_SENSITIVITY, XRAY

KEYS = {
    "k",
    "model",
    "log_likelihood",
    "mean_logit",
    "mean_cov",
    "between_cov",
    "correlation",
    "sensitivity",
    "specificity",
    "quadrature_error",
    "converged",
    "boundary",
    "warnings",
}


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture
def csv_file(tmp_path):
    def write(rows, header="TP,FP,FN,TN"):
        path = tmp_path / "tables.csv"
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]))
        return path

    return write


def test_fit_prints_one_json_object(csv_file):
    done = run("fit", csv_file(XRAY), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert set(result) >= KEYS
    assert result["k"] == 8
    assert result["converged"] is True
    assert result["sensitivity"]["estimate"] == pytest.approx(0.8875, abs=1e-4)
    assert result["specificity"]["wald"] == pytest.approx([0.793, 0.927], abs=5e-4)


def test_fit_prints_a_table(csv_file):
    done = run("fit", csv_file(XRAY))
    assert done.returncode == 0
    assert "Sensitivity                 0.887     0.814 to 0.934     0.800 to 0.938" in done.stdout


def test_bad_input_is_a_sentence_on_stderr(csv_file):
    done = run("fit", csv_file([[1, 2, 3, -4]]), "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Row 1, column TN: -4 is negative.\n"


def test_a_missing_file_is_bad_input(tmp_path, capsys):
    assert main(["fit", str(tmp_path / "nowhere.csv"), "--json"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("rows", [[[9, 1, 2, 30]], PERFECT_SENSITIVITY, [[0, 0, 0, 0]]])
def test_what_is_not_estimable_is_null_with_a_reason(csv_file, capsys, rows):
    assert main(["fit", str(csv_file(rows)), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) >= KEYS
    assert result["converged"] is False
    assert result["sensitivity"] == {"estimate": None, "wald": None}
    assert result["warnings"]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([[9, 1, 2, 30]], "(one study, exact)"),
        (PERFECT_SENSITIVITY, "42/42, one-sided 95 % lower bound 0.931"),
        (PERFECT_SENSITIVITY, "(univariate model, Wald)"),
        ([[0, 0, 0, 0]], "not estimable"),
    ],
)
def test_the_table_says_what_can_be_said_instead(csv_file, capsys, rows, line):
    assert main(["fit", str(csv_file(rows))]) == 0
    assert line in capsys.readouterr().out


def test_a_name_the_terminal_cannot_write_stops_nothing(csv_file):
    path = csv_file(
        [["\u5f20 2020", 0, 0, 0, 0], *(["x", *row] for row in XRAY)], "study,TP,FP,FN,TN"
    )
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "fit", str(path)],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "ascii"},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"no participants at all" in done.stdout


def test_solve_prints_the_table(capsys):
    arguments = ["solve", "--n", "200", "--n-pos", "80", "--sensitivity", "87.5%"]
    assert main([*arguments, "--specificity", "90%"]) == 0
    assert "Exactly one table agrees: TP 70, FP 12, FN 10, TN 108." in capsys.readouterr().out


def test_solve_lists_several_tables(capsys):
    assert main(["solve", "--n", "9", "--n-pos", "8", "--sensitivity", "87.5%"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "2 tables agree: the report does not settle the counts.",
        "TP 7  FP 0  FN 1  TN 1",
        "TP 7  FP 1  FN 1  TN 0",
    ]


def test_solve_prints_json(capsys):
    assert main(["solve", "--n", "3", "--prevalence", "50.0%", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "none"


def test_solve_takes_the_short_names_and_intervals(capsys):
    """Boonrod 2025, lateral images: sensitivity and specificity with Wald intervals."""
    figures = ["--n", "1,018", "--sens", "87.5%", "--spec", "79.4%", "--ci-method", "wald"]
    intervals = ["--sens-ci", "83.1-91.9", "--spec-ci", "(76.6-82.2)"]
    assert main(["solve", *figures, *intervals, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["solutions"]) == ("unique", [[189, 165, 27, 637]])


def test_every_measure_can_be_given_to_solve(capsys):
    given = ["--sens=0.75", "--spec=0.8", "--ppv=0.75", "--npv=0.8", "--accuracy=0.778"]
    given += ["--prevalence=0.444", "--lr-positive=3.75", "--lr-negative=0.3125", "--dor=12"]
    given += ["--youden=0.55", "--f1=0.75", "--fpr=0.2", "--n-test-pos=4", "--tp=3"]
    assert main(["solve", "--n-max", "30", *given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["solutions"] == [[3, 1, 1, 4]]


def test_solve_refuses_a_number_of_participants_that_is_none(capsys):
    assert main(["solve", "--n", "many", "--ppv", "80%"]) == 2
    assert capsys.readouterr().err == "--n: “many” is not a number of participants.\n"


def test_solve_refuses_what_it_cannot_read(capsys):
    assert main(["solve", "--n", "3", "--ppv", "high"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_it_prints_where_output_is_no_terminal_and_no_file(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["solve", "--n", "20", "--n-pos", "10", "--sens", "90%", "--spec", "80%"]) == 0
    assert "TP 9" in out.getvalue()
