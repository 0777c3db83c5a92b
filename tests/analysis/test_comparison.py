"""Index tests compared."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, gammaln

from analysis import BadTable, TwoByTwos, comparison, fit_bivariate
from analysis.__main__ import main
from analysis.cluster_likelihood import Clusters, evaluate_clusters
from analysis.comparison import compare_tests
from analysis.data import read_with_columns
from tests.analysis.reference import NAMES, REGRESSIONS_OFF, expected, needs_reference, table
from tests.analysis.tables import PERFECT_SENSITIVITY, XRAY

OTHER = [
    [40, 9, 16, 36],
    [200, 20, 49, 228],
    [12, 8, 11, 69],
    [11, 6, 10, 43],
    [700, 500, 410, 3554],
    [6100, 2100, 1760, 8215],
    [140, 99, 76, 703],
    [70, 190, 48, 2076],
]
ROWS = XRAY + OTHER
TESTS = ["CNN"] * 8 + ["texture"] * 8
STUDIES = [f"study {i % 8}" for i in range(16)]
data = TwoByTwos.from_rows(ROWS)

WITH_GROUPS = [
    name
    for name in NAMES
    if "metareg" in expected(name) and expected(name)["metareg"]["levels"] != "numeric"
]


@needs_reference
@pytest.mark.parametrize("name", WITH_GROUPS or ["absent"])
def test_the_row_level_model_agrees_with_the_reference_regression(name):
    oracle = expected(name)["metareg"]
    tables, columns = read_with_columns(table(name), [oracle["covariate"]])
    found = compare_tests(tables, columns[oracle["covariate"]], model="row-level")
    close = REGRESSIONS_OFF.get(name, 1e-6)
    assert_allclose(found.fit.log_likelihood, oracle["both"]["logLik"], rtol=0, atol=close)
    assert_allclose(found.tested["joint"], oracle["null"]["logLik"], rtol=0, atol=close)
    assert_allclose(found.tested["sensitivity"], oracle["spec_only"]["logLik"], rtol=0, atol=close)
    assert_allclose(found.tested["specificity"], oracle["sens_only"]["logLik"], rtol=0, atol=close)
    beta, vcov, n = oracle["both"]["beta"], np.array(oracle["both"]["vcov"]), len(oracle["levels"])
    # From treatment coding, in the reference's order of levels, to cell means in ours.
    cells = np.eye(2 * n)
    cells[:n, 0] = cells[n:, n] = 1.0
    order = [oracle["levels"].index(test) for test in found.tests]
    cells = cells[[*order, *(n + i for i in order)]]
    assert_allclose(found.fit.parameters[: 2 * n], cells @ beta, atol=1e-5)
    ours = found.fit.covariance[: 2 * n, : 2 * n]
    assert_allclose(ours, cells @ vcov @ cells.T, rtol=5e-4, atol=1e-6)


def test_separate_variances_are_two_separate_fits():
    found = compare_tests(data, TESTS)
    assert found.model == "separate variances"
    apart = [fit_bivariate(TwoByTwos.from_rows(rows)) for rows in (XRAY, OTHER)]
    total = sum(fit.log_likelihood for fit in apart)
    assert_allclose(found.fit.log_likelihood, total, rtol=0, atol=1e-6)
    for test, fit in enumerate(apart):
        for i, arm in enumerate(("sensitivity", "specificity")):
            ours = found.accuracy(test)[arm]
            assert_allclose(ours["estimate"], fit.summary_point[i], rtol=1e-6)
            assert_allclose(ours["wald"], fit.wald()[i], rtol=1e-5)
    p, variances = [fit.summary_point[0] for fit in apart], [fit.mean_cov[0, 0] for fit in apart]
    relative = found.contrast(1)["relative_sensitivity"]
    error = np.sqrt(sum(v * (1 - q) ** 2 for v, q in zip(variances, p, strict=True)))
    assert relative["estimate"] == pytest.approx(p[1] / p[0], rel=1e-6)
    assert_allclose(relative["ci"], p[1] / p[0] * np.exp([-1.959964 * error, 1.959964 * error]))


def test_the_likelihood_of_shared_effects_by_brute_force():
    rows = TwoByTwos.from_rows([[8, 2, 3, 9], [6, 1, 5, 10]])
    design = np.zeros((2, 2, 4))
    design[0, [0, 1], [0, 1]] = design[1, [0, 1], [2, 3]] = 1.0
    counts = {"events": rows.events.astype(float), "totals": rows.totals.astype(float)}
    shared = Clusters.build(
        **counts, design=design, cluster=np.zeros(2, int), group=np.zeros(2, int)
    )
    parameters = np.array([0.9, 0.4, 1.5, 2.0, 0.8, -0.3, 0.6])
    grid = np.linspace(-8, 8, 801)
    u1, u2 = np.meshgrid(grid, grid, indexing="ij")
    logits = [
        [0.9 + 0.8 * u1, 1.5 - 0.3 * u1 + 0.6 * u2],
        [0.4 + 0.8 * u1, 2 - 0.3 * u1 + 0.6 * u2],
    ]
    total = -(u1**2 + u2**2) / 2 - np.log(2 * np.pi)
    for i in range(2):
        for arm in range(2):
            y, n = rows.events[i, arm], rows.totals[i, arm]
            total += gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
            p = expit(logits[i][arm])
            total += y * np.log(p) + (n - y) * np.log1p(-p)
    wanted = np.log(np.exp(total).sum() * (grid[1] - grid[0]) ** 2)
    assert evaluate_clusters(parameters, shared, 31)[0] == pytest.approx(wanted, abs=1e-8)


@pytest.mark.parametrize("cluster", [np.arange(16), np.arange(16) % 8])
def test_the_derivatives(cluster):
    design = np.zeros((2, 16, 4))
    test = np.repeat([0, 1], 8)
    design[0, np.arange(16), test] = design[1, np.arange(16), 2 + test] = 1.0
    rows = Clusters.build(
        events=data.events.astype(float),
        totals=data.totals.astype(float),
        design=design,
        cluster=cluster,
        group=np.zeros(16, int),
    )
    at = np.array([1.7, 0.6, 2.1, 1.9, 0.8, -0.4, 0.7])
    _, gradient, hessian = evaluate_clusters(at, rows, 31)
    steps = 1e-5 * np.eye(7)
    moved = [
        (evaluate_clusters(at + step, rows, 31), evaluate_clusters(at - step, rows, 31))
        for step in steps
    ]
    assert_allclose(
        gradient, [(up[0] - down[0]) / 2e-5 for up, down in moved], rtol=1e-4, atol=1e-3
    )
    slopes = [(up[1] - down[1]) / 2e-5 for up, down in moved]
    assert_allclose(hessian, slopes, rtol=1e-4, atol=1e-2)


def test_pairing_makes_the_comparison_sharper():
    paired = compare_tests(data, TESTS, STUDIES)
    assert paired.model == "study-shared"
    assert (paired.studies, paired.paired) == (8, 8)
    rows = compare_tests(data, TESTS, STUDIES, model="row-level")
    assert "does not use" in rows.warnings[0]
    width = [
        np.ptp(np.log(found.contrast(1)["relative_sensitivity"]["ci"])) for found in (paired, rows)
    ]
    assert width[0] < width[1]
    assert 0 <= paired.lrt("joint")["p"] <= 1
    assert paired.lrt("joint")["df"] == 2


def test_the_result_is_json_with_the_contrast_on_top():
    result = compare_tests(data, TESTS, STUDIES).to_dict()
    json.dumps(result, allow_nan=False)
    assert (result["test"], result["reference"]) == ("texture", "CNN")
    assert result["relative_sensitivity"]["estimate"] < 1
    assert result["sensitivity_difference"]["ci"][0] < 0
    assert "share its random effects" in result["model_sentence"]


def test_three_tests_are_each_compared_with_the_first():
    third = [[9, 4, 3, 20], [30, 9, 8, 60], [14, 2, 9, 33]]
    found = compare_tests(
        TwoByTwos.from_rows(ROWS + third), [*TESTS, "MRI", "MRI", "MRI"]
    ).to_dict()
    assert [contrast["test"] for contrast in found["contrasts"]] == ["texture", "MRI"]
    assert "relative_sensitivity" not in found
    assert found["lrt_sensitivity"]["df"] == 2


def test_a_perfect_test_has_a_reason_instead():
    found = compare_tests(
        TwoByTwos.from_rows(XRAY + PERFECT_SENSITIVITY), ["a"] * 8 + ["b"] * 3, model="row-level"
    )
    result = found.to_dict()
    json.dumps(result, allow_nan=False)
    assert found.reason.startswith("b: Every one of the 42")
    assert result["relative_specificity"] == {"estimate": None, "ci": None}
    assert result["lrt_joint"]["p"] is None
    assert result["tests"][0]["sensitivity"]["estimate"] is None


@pytest.mark.parametrize(
    ("tests", "studies", "words"),
    [
        (["a"] * 16, None, "at least two"),
        (["a", "b"] * 8, ["one"] * 16, "more than once"),
    ],
)
def test_what_cannot_be_compared_is_refused(tests, studies, words):
    with pytest.raises(BadTable, match=words):
        compare_tests(data, tests, studies)


def test_a_row_without_participants_is_left_out():
    found = compare_tests(TwoByTwos.from_rows([*ROWS, [0, 0, 0, 0]]), [*TESTS, "none"])
    assert found.tests == ("CNN", "texture")
    assert "1 rows" in found.warnings[0]
    assert "was not said" in found.warnings[1]


def test_tests_of_different_studies_are_an_indirect_comparison():
    found = compare_tests(data, TESTS, [f"paper {i}" for i in range(16)])
    assert (found.model, found.studies, found.paired) == ("separate variances", 16, 0)
    assert "No study has more than one" in found.warnings[0]


@pytest.fixture
def csv_file(tmp_path):
    lines = [
        ",".join(map(str, [*row, t, s])) for row, t, s in zip(ROWS, TESTS, STUDIES, strict=True)
    ]
    path = tmp_path / "tests.csv"
    path.write_text("\n".join(["TP,FP,FN,TN,Index test,Paper", *lines]))
    return path


def test_compare_prints_one_json_object(csv_file, capsys):
    asked = ["compare", str(csv_file), "--test", "Index test", "--study", "paper", "--json"]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == "study-shared"
    assert result["input_sha256"] == data.sha256


def test_compare_prints_a_table(csv_file, capsys):
    assert main(["compare", str(csv_file), "--test", "Index test"]) == 0
    printed = capsys.readouterr().out
    assert "texture against CNN" in printed
    assert "relative sensitivity" in printed


def test_compare_says_what_is_not_estimable(tmp_path, capsys):
    path = tmp_path / "perfect.csv"
    path.write_text("TP,FP,FN,TN,test\n9,1,0,9,a\n8,1,0,9,a\n9,1,2,9,b\n8,1,1,9,b\n")
    assert main(["compare", str(path), "--test", "test"]) == 0
    assert "Not estimable. a: Every one" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("column", "words"), [("nothing", "no column nothing"), ("gap", "is empty")]
)
def test_a_column_that_cannot_be_used_is_bad_input(tmp_path, capsys, column, words):
    path = tmp_path / "gap.csv"
    path.write_text("TP,FP,FN,TN,gap\n9,1,2,9,a\n8,1,2,9\n")
    assert main(["compare", str(path), "--test", column]) == 2
    assert words in capsys.readouterr().err


def test_an_uncertain_integration_is_said(monkeypatch):
    monkeypatch.setattr(comparison, "QUADRATURE_LIMIT", -1.0)
    found = compare_tests(data, TESTS)
    assert any("integration is uncertain" in warning for warning in found.warnings)
