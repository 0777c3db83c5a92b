"""An analysis as code for other programs; what R can run is run."""

import csv
import io
import re
import shutil
import subprocess

import pytest
from numpy.testing import assert_allclose

from analysis import BadTable
from analysis.__main__ import main
from analysis.scripts.quoting import r_string, r_vector, stata_string
from analysis.scripts.r import r_script
from analysis.scripts.revman import revman_csv, revman_parameters
from analysis.scripts.stata import stata_do_file
from analysis.summary import analyse
from tests.analysis.reference import NAMES, expected, needs_reference, table
from tests.analysis.tables import (
    EMPTY_ARMS,
    OPEN_ENDED,
    PERFECT_SENSITIVITY,
    PERFECTLY_CORRELATED,
    XRAY,
)

HOSTILE = [
    'O\'Brien "2020"',
    "back\\slash\\",
    "line\nbreak\r\n# 2021",
    '"); quit(status = 0); ("',
    "`macro' $global ${x} /* // ///",
    "\u5f20\u4f1f \U0001f9ea M\u00fcller",
    "nul\x00 lone\ud800 bell\x07",
    "",
]


def script_of(rows, labels=None, **options):
    labels = labels or [f"Study {i}" for i in range(len(rows))]
    return r_script(rows, labels, analyse(rows, labels, **options))


def has_r(*packages):
    program = shutil.which("Rscript")
    if not program:
        return False
    asked = " && ".join(f"requireNamespace('{each}', quietly = TRUE)" for each in packages)
    done = subprocess.run(
        [program, "--vanilla", "-e", f"quit(status = if ({asked}) 0 else 1)"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


needs_r = pytest.mark.skipif(
    not has_r("lme4"), reason="Rscript with the package lme4 is not installed"
)


def run_in_r(script, tmp_path):
    path = tmp_path / "analysis.R"
    path.write_text(script, encoding="ascii")
    return subprocess.run(
        ["Rscript", "--vanilla", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
    )


@needs_r
@pytest.mark.parametrize(
    ("rows", "compared"),
    [
        (XRAY, 27),
        (PERFECTLY_CORRELATED, 20),
        (EMPTY_ARMS, 20),
        (OPEN_ENDED, 20),
        (XRAY[:2], 20),
        (XRAY[:3], 20),
        (PERFECT_SENSITIVITY, 4),
        ([[9, 1, 2, 30]], 4),
        ([[10, 0, 2, 0], [20, 0, 3, 0]], 3),
    ],
    ids=["xray", "rho-1", "empty-arms", "open-ended", "k2", "k3", "perfect", "k1", "no-healthy"],
)
def test_r_agrees(rows, compared, tmp_path):
    done = run_in_r(script_of(rows), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything agrees." in done.stdout
    assert len(re.findall(r" agrees$", done.stdout, re.MULTILINE)) >= compared
    assert "DIFFERS" not in done.stdout


@needs_r
@pytest.mark.parametrize("model", ["uncorrelated", "fixed-sensitivity", "fixed"])
def test_r_agrees_on_simpler_models(model, tmp_path):
    done = run_in_r(script_of(XRAY, model=model), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_r
def test_r_says_that_a_number_differs(tmp_path):
    script = script_of(XRAY)
    wrong = script.replace("log_likelihood = -74.7", "log_likelihood = -74.8", 1)
    assert wrong != script
    done = run_in_r(wrong, tmp_path)
    assert done.returncode == 1
    assert "DIFFERS" in done.stdout
    assert "1 differ." in done.stdout


@needs_r
def test_r_reads_every_name_as_it_is(tmp_path):
    rows = XRAY[: len(HOSTILE)]
    script = script_of(rows, HOSTILE)
    probe = script.split("tolerance <-")[0] + (
        'for (name in studies$study) cat(paste(utf8ToInt(name), collapse = " "), "\\n")\n'
    )
    done = run_in_r(probe, tmp_path)
    assert done.returncode == 0, done.stderr
    said = [
        [int(code) for code in line.split() if code != "NA"] for line in done.stdout.splitlines()
    ]
    expected_codes = [
        [0xFFFD if ord(each) in (0, 0xD800) else ord(each) for each in name] for name in HOSTILE
    ]
    assert said == expected_codes
    whole = run_in_r(script, tmp_path)
    assert whole.returncode == 0, whole.stdout + whole.stderr


@needs_r
@needs_reference
@pytest.mark.parametrize("name", [each for each in NAMES if each in ("telomerase", "xpert_tbm")])
def test_r_agrees_on_hard_data_sets(name, tmp_path):
    assert main(["code", "r", str(table(name))]) == 0
    rows = [[int(row[cell]) for cell in ("TP", "FP", "FN", "TN")] for row in rows_of(name)]
    done = run_in_r(script_of(rows), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def rows_of(name):
    with table(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---- without R ----


def test_the_script_is_plain_text_that_names_what_to_expect():
    script = script_of(XRAY, HOSTILE)
    assert script.isascii()
    assert max(len(line) for line in script.splitlines() if not line.startswith("  ")) <= 100
    assert "# sensitivity 0.887492, 95 % Wald 0.8" in script
    assert "TP = c(51, 242, 18, 15, 914, 7513, 189, 94)" in script
    assert "requireNamespace(package, quietly = TRUE)" in script


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (PERFECT_SENSITIVITY, 'kind = "bound", side = "lower", bound = 0.93'),
        ([[9, 1, 2, 30]], 'kind = "exact", interval = c(0.48'),
        ([[10, 0, 2, 0], [20, 0, 3, 0]], 'kind = "none"'),
    ],
)
def test_without_an_estimate_the_script_has_what_is_said_instead(rows, said):
    script = script_of(rows)
    assert said in script
    assert "binom.test(" in script
    assert "log_joint" not in script


def test_a_bound_that_is_not_there_is_told():
    assert " to none (not computed in R)" in script_of(OPEN_ENDED)


def test_a_warning_about_a_study_of_any_name_stays_a_comment():
    rows, labels = [*XRAY, [0, 0, 0, 0]], [*HOSTILE, "last\nquit(status = 3)"]
    for text in (r_script(rows, labels, analyse(rows, labels)),):
        assert not any(line.startswith("quit") for line in text.splitlines())


def test_large_tables_are_written_over_many_lines():
    values = [str(i) for i in range(300)]
    written = r_vector(values)
    assert max(map(len, written.splitlines())) < 100
    assert re.findall(r"\d+", written) == values


def test_rows_that_are_no_tables_are_refused():
    result = analyse(XRAY)
    for write in (r_script, stata_do_file):
        with pytest.raises(BadTable):
            write([[1, 2, 3, -4]], ["x"], result)


@pytest.mark.parametrize("rows", [XRAY, PERFECT_SENSITIVITY, [[0, 0, 0, 0]], [[9, 1, 2, 30]]])
def test_a_do_file_has_the_tables_and_only_plain_lines(rows):
    labels = (HOSTILE * 2)[: len(rows)]
    text = stata_do_file(rows, labels, analyse(rows, labels))
    lines = text.splitlines()
    assert " ".join(map(str, (1, *rows[0]))) in lines
    named = [line for line in lines if line.startswith("quietly replace study")]
    assert len(named) == len(rows)
    for line in named:
        assert re.fullmatch(
            r'quietly replace study = (("[A-Za-z0-9 .,:;()_\-+=&]*"|uchar\(\d+\))( \+ )?)+ in \d+',
            line,
        )
    assert ("metandi tp fp fn tn, nip(11)" in lines) == (rows is XRAY)
    assert ("* Expected sensitivity 0.887492, 0.814152 to 0.934229" in lines) == (rows is XRAY)


def test_what_stata_keeps_of_a_name_has_an_end():
    assert len(stata_string("x" * 5_000)) == 202
    assert stata_string("") == '""'
    assert r_string("\x01") == r'"\u{1}"'


def test_revmans_fifteen_parameters():
    """Counts of the demonstration; Var(accuracy) and the rest by Harbord's relations."""
    result = analyse(XRAY)
    found = {each.name: each.value for each in revman_parameters(result)}
    assert len(found) == 15
    fit = result["fit"]
    assert found["Studies"] == 8
    assert [found["E(logitSe)"], found["E(logitSp)"]] == fit["mean_logit"]
    assert found["Corr(logits)"] == fit["correlation"]
    for name, key in (
        ("Lambda", "lambda"),
        ("Theta", "theta"),
        ("beta", "beta"),
        ("Var(accuracy)", "variance_alpha"),
        ("Var(threshold)", "variance_theta"),
    ):
        assert_allclose(found[name], result["hsroc"][key]["estimate"], rtol=1e-12)


@needs_reference
@pytest.mark.parametrize("name", NAMES)
def test_revmans_parameters_agree_with_the_independent_program(name):
    rows = [[int(row[cell]) for cell in ("TP", "FP", "FN", "TN")] for row in rows_of(name)]
    oracle = expected(name)
    found = {each.name: each.value for each in revman_parameters(analyse(rows))}
    errors = oracle["vcov_mu"]
    assert_allclose([found["E(logitSe)"], found["E(logitSp)"]], oracle["mu"], rtol=1e-6)
    assert_allclose(
        [found["SE(E(logitSe))"] ** 2, found["SE(E(logitSp))"] ** 2, found["Cov(Es)"]],
        [errors[0][0], errors[1][1], errors[0][1]],
        rtol=1e-4,
        atol=1e-7,
    )
    assert_allclose(found["Cov(logits)"], oracle["Sigma"][0][1], rtol=1e-5, atol=1e-7)


def test_with_a_correlation_at_its_bound_one_variance_is_zero():
    found = {each.name: each.value for each in revman_parameters(analyse(PERFECTLY_CORRELATED))}
    assert found["Corr(logits)"] == -1
    assert found["Var(accuracy)"] == pytest.approx(0, abs=1e-12)
    assert found["Var(threshold)"] > 0


def test_without_a_curve_its_parameters_are_empty():
    found = {each.name: each.value for each in revman_parameters(analyse(XRAY, model="fixed"))}
    assert found["Lambda"] is None
    assert found["E(logitSe)"] is not None


def test_revmans_parameters_as_csv():
    rows = list(csv.DictReader(io.StringIO(revman_csv(analyse(XRAY)))))
    assert rows[0]["parameter"] == "Lambda"
    assert float(rows[5]["value"]) == pytest.approx(2.0651, abs=1e-3)
    rows = list(csv.DictReader(io.StringIO(revman_csv(analyse(PERFECT_SENSITIVITY)))))
    assert rows[-1]["meaning"].startswith("Not estimable: Every one of the 42")
    assert [row["value"] for row in rows[:-2]] == [""] * 14


@pytest.mark.parametrize(
    ("program", "said"),
    [("r", "lme4::glmer("), ("stata", "midas tp fp fn tn"), ("revman", "SE(E(logitSe))")],
)
def test_the_command_prints_code(program, said, tmp_path, capsys):
    path = tmp_path / "tables.csv"
    path.write_text("\n".join(["TP,FP,FN,TN", *(",".join(map(str, row)) for row in XRAY)]))
    assert main(["code", program, str(path)]) == 0
    assert said in capsys.readouterr().out
    assert main(["code", program, str(tmp_path / "none.csv")]) == 2
