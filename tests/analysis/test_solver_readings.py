"""Intervals, ways of rounding, other readings: what a report prints, and what it meant."""

import csv
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.facts import Facts
from analysis.intervals import clopper_pearson, wilson
from analysis.printed import COUNTS, MEASURES, PROPORTIONS, RATIOS, read_figure, read_interval
from analysis.printed_intervals import METHODS, fitting
from analysis.solver import solve_two_by_two
from tests.reference import REFERENCE, needs_reference

ROUNDING = {"up": ROUND_HALF_UP, "even": ROUND_HALF_EVEN, "cut": ROUND_DOWN}


def wald(x, m):
    p = x / m
    reach = 1.959963984540054 * np.sqrt(p * (1 - p) / m)
    return np.clip(np.column_stack([p - reach, p + reach]), 0, 1)


BOUNDS = {"wald": wald, "wilson": wilson, "exact": clopper_pearson}


def printed(part, whole, decimals, way, factor=1):
    exact = Decimal(int(part)) * factor / Decimal(int(whole))
    return str(exact.quantize(Decimal(1).scaleb(-decimals), ROUNDING[way]))


def printed_interval(bounds, decimals, way):
    low, high = (
        Decimal(repr(float(bound))).quantize(Decimal(1).scaleb(-decimals), ROUNDING[way])
        for bound in bounds
    )
    return f"{low} to {high}"


LISTED = 200_000
cell = st.one_of(st.integers(0, 12), st.integers(0, 3_000))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.tuples(cell, cell, cell, cell).filter(any), st.sampled_from(list(ROUNDING)))
def test_the_true_table_is_always_among_the_solutions(data, table, way):
    """Whatever is reported of it, however rounded; and every solution has all that was asked."""
    decimals = data.draw(st.integers(2, 4))
    cells = tuple(np.array(count) for count in table)
    names = data.draw(st.sets(st.sampled_from(sorted(MEASURES)), max_size=4))
    reported = {}
    for name in names:
        part, whole = MEASURES[name](*cells)
        if whole:
            factor = 1 if name in RATIOS else 100
            reported[name] = printed(part, whole, decimals - 1, way, factor)
            reported[name] += "" if name in RATIOS else "%"
    method = data.draw(st.sampled_from(METHODS[1:]))
    intervals = {}
    for name in data.draw(st.sets(st.sampled_from(PROPORTIONS), max_size=3)):
        part, whole = MEASURES[name](*cells)
        if whole:
            bounds = BOUNDS[method](part[None], whole[None])[0]
            intervals[name] = printed_interval(bounds, decimals, way)
    counts = {
        name: int(COUNTS[name](*cells))
        for name in data.draw(st.sets(st.sampled_from(sorted(COUNTS)), min_size=1, max_size=3))
    }
    found = solve_two_by_two(
        n=sum(table),
        counts={**counts, "n_test_pos": table[0] + table[1]},
        reported=reported,
        intervals=intervals,
        method=data.draw(st.sampled_from(["any", method])),
        rounding="truncated" if way == "cut" else "nearest",
        limit=LISTED,
    )
    assert found.complete
    assume(found.count <= LISTED)
    assert table in found.solutions
    assert len(set(found.solutions)) == found.count
    for solution in found.solutions[:200]:
        checked(solution, sum(table), counts, reported, way)


def checked(solution, n, counts, reported, way):
    cells = tuple(np.array(count) for count in solution)
    assert sum(solution) == n
    assert min(solution) >= 0
    assert all(COUNTS[name](*cells) == value for name, value in counts.items())
    for name, text in reported.items():
        part, whole = MEASURES[name](*cells)
        figure = read_figure(text, name, "truncated" if way == "cut" else "nearest")
        assert figure.low * whole <= figure.scale * part <= figure.high * whole


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("text", ["0.72-0.88", "0.00-0.25", "0.81-1.00", "0-1", "0.50-0.50"])
def test_the_proportions_with_an_interval_are_those_whose_bounds_round_to_it(method, text):
    found = fitting(read_interval(text, "ppv"), 300, (0, 300), method)
    low, high = map(float, text.split("-"))
    half = 0.5 if text == "0-1" else 0.005
    for m in range(1, 301):
        x = np.arange(m + 1)
        bounds = BOUNDS[method](x, np.full(m + 1, m))
        expected = (abs(bounds - [low, high]) <= half).all(axis=1)
        assert np.array_equal(found.holds(x, np.full_like(x, m)), expected), (m, text)


def test_exact_limits_are_never_far_from_wilsons():
    """The search for exact intervals looks only so far."""
    for text in ("0.9912-0.9932", "0.0001-0.0010", "0.4900-0.5100"):
        interval = read_interval(text, "ppv")
        found = fitting(interval, 20_000, (0, 20_000), "exact")
        low, high = (float(part) for part in text.split("-"))
        for m in (200, 2_000, 9_000, 20_000):
            x = np.arange(m + 1)
            bounds = clopper_pearson(x, np.full(m + 1, m))
            expected = (abs(bounds - [low, high]) <= 0.00005).all(axis=1)
            assert np.array_equal(found.holds(x, np.full_like(x, m)), expected)


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(10, 60))
def test_with_intervals_it_finds_what_looking_at_every_table_finds(data, n):
    method = data.draw(st.sampled_from(METHODS))
    n_pos = data.draw(st.integers(1, n - 1))
    tp, tn = data.draw(st.integers(0, n_pos)), data.draw(st.integers(0, n - n_pos))
    made = "wald" if method == "any" else method
    pairs = {"sensitivity": (tp, n_pos), "specificity": (tn, n - n_pos)}
    intervals = {
        name: printed_interval(BOUNDS[made](np.array([x]), np.array([m]))[0], 2, "up")
        for name, (x, m) in pairs.items()
    }
    found = solve_two_by_two(n=n, reported={}, intervals=intervals, method=method, limit=10**6)
    expected = []
    for d in range(1, n):
        ranges = [
            np.flatnonzero(fits(np.arange(m + 1), m, intervals[name], method))
            for name, m in (("sensitivity", d), ("specificity", n - d))
        ]
        expected += [
            (int(a), int(n - d - b), int(d - a), int(b)) for a in ranges[0] for b in ranges[1]
        ]
    assert sorted(found.solutions) == sorted(expected)


def fits(x, m, text, method):
    low, high = map(float, text.split(" to "))
    names = METHODS[1:] if method == "any" else [method]
    bounds = [BOUNDS[name](x, np.full(len(x), m)) for name in names]
    return np.any([(abs(each - [low, high]) <= 0.005 + 1e-9).all(axis=1) for each in bounds], 0)


@pytest.mark.parametrize(
    "text",
    [
        "83.1-91.9%",
        "83.1%\u201391.9%",
        "(83.1 to 91.9)",
        "0.831; 0.919",
        "[0,831, 0,919]",
        "0.831,0.919",
    ],
)
def test_an_interval_is_read_however_it_is_printed(text):
    found = read_interval(text, "sensitivity")
    assert found.low.low / found.low.scale == pytest.approx(0.8305)
    assert found.high.high / found.high.scale == pytest.approx(0.9195)


def test_truncated_figures_are_read_as_such_and_guessed_where_nothing_else_fits():
    # 2/3 and 7/8, cut off.
    reported = {"sensitivity": "66.6%", "specificity": "87.5%"}
    assert solve_two_by_two(n=11, n_pos=3, reported=reported, rounding="truncated").solutions == (
        (2, 1, 1, 7),
    )
    found = solve_two_by_two(n=11, n_pos=3, reported=reported, intervals={"ppv": "20-93%"})
    assert found.status == "none"
    assert [hint.kind for hint in found.hints] == ["truncated"]
    assert "last digits are cut off, not rounded: TP 2, FP 1, FN 1, TN 7." in found.sentence


@pytest.mark.parametrize(
    ("text", "tp"), [("-0.25", 1), ("-25 %", 1), ("\u22120.250", 1), ("0.25", 2)]
)
def test_youdens_index_may_be_negative(text, tp):
    found = solve_two_by_two(
        n=8, n_pos=4, counts={"fp": 2 if tp == 1 else 1}, reported={"youden": text}
    )
    assert found.solutions == ((tp, 4 - 2 if tp == 1 else 1, 4 - tp, 2 if tp == 1 else 3),)


def test_a_negative_figure_that_was_cut_off_may_be_smaller():
    found = solve_two_by_two(
        n=6, n_pos=3, counts={"tn": 1}, reported={"youden": "-0.33"}, rounding="truncated"
    )
    assert found.solutions == ((1, 2, 2, 1),)


def test_without_the_total_all_totals_up_to_the_most_are_looked_at():
    reported = {"sensitivity": "0.75", "specificity": "0.80"}
    found = solve_two_by_two(n_max=9, reported=reported)
    assert found.solutions == ((3, 1, 1, 4),)
    assert solve_two_by_two(n_max=8, reported=reported).sentence == (
        "No table of up to 8 participants agrees."
    )
    cells = solve_two_by_two(
        reported={}, counts=dict(zip(("tp", "fp", "fn", "tn"), (3, 1, 1, 4), strict=True))
    )
    assert cells.solutions == ((3, 1, 1, 4),)


def test_counts_that_a_report_prints_are_compared_with_its_figures():
    """BONE-Net 2025: specificity and PPV stand in each other's place, sensitivity fits nowhere."""
    reported = {
        "accuracy": "86.1%",
        "specificity": "94.7%",
        "sensitivity": "82.9%",
        "ppv": "92.9%",
        "fpr": "5.3%",
    }
    found = solve_two_by_two(
        counts={"tp": 36, "fp": 2, "fn": 8, "tn": 26, "n_test_pos": 38},
        reported=reported,
        intervals={"npv": "0.10-0.20"},
    )
    assert found.status == "none"
    by_fact = {each.fact: each for each in found.disagreements}
    assert set(by_fact) == {"sensitivity", "specificity", "ppv", "fpr", "npv_ci"}
    assert by_fact["specificity"].exact == pytest.approx(26 / 28)
    assert by_fact["specificity"].sentence == (
        "TP 36, FP 2, FN 8, TN 26 give 0.9286 for specificity, the report prints 94.7%."
        " That is their PPV."
    )
    assert "0.10-0.20 is not the confidence interval of NPV" in found.sentence
    without = solve_two_by_two(n=72, reported=reported)
    assert without.status == "none"
    assert "sensitivity" in without.culprits


def test_a_count_or_a_figure_that_the_counts_do_not_have():
    cells = dict(zip(("tp", "fp", "fn", "tn"), (5, 0, 0, 5), strict=True))
    found = solve_two_by_two(
        counts={**cells, "n_pos": 6}, reported={"dor": "12", "prevalence": "60%"}
    )
    said = [each.sentence for each in found.disagreements]
    told = "TP 5, FP 0, FN 0, TN 5 give"
    assert said == [
        f"{told} 5 as the number with the target condition, the report prints 6.",
        f"{told} no value for the diagnostic odds ratio, the report prints 12.",
        f"{told} 0.5 for prevalence, the report prints 60%.",
    ]


def test_exchanged_groups_are_recognised():
    """Fan 2021: the text has 49 with osteoporosis and 21 without, the figures the reverse."""
    reported = {"sensitivity": "0.714", "specificity": "0.939", "accuracy": "0.871"}
    for groups in ({"n_pos": 49}, {"n_neg": 21}, {"n_pos": 49, "n_neg": 21}):
        found = solve_two_by_two(n=70, **groups, reported=reported)
        assert found.status == "none"
        by_kind = {hint.kind: hint for hint in found.hints}
        assert by_kind["groups exchanged"].solutions == ((15, 3, 6, 46),)
        assert by_kind["sensitivity and specificity exchanged"].solutions == ((46, 6, 3, 15),)
        assert "the groups with and without the condition are exchanged: TP 15" in found.sentence
        assert found.to_dict()["hints"][0]["solutions"] == [[15, 3, 6, 46]]


def test_another_reading_with_several_tables_shows_the_first():
    found = solve_two_by_two(n=70, n_pos=49, reported={"sensitivity": "0.714", "prevalence": "30%"})
    assert "such as TP 15, FP 0, FN 6, TN 49." in found.sentence
    assert found.hints[0].count == 50
    assert len(found.hints[0].solutions) == 5


def test_an_interval_no_proportion_has_is_named():
    intervals = {"specificity": "0.80-0.95", "sensitivity": "0.500-0.501"}
    found = solve_two_by_two(n=100, reported={}, intervals=intervals)
    assert found.conflict == ("sensitivity_ci",)
    assert "the confidence interval of sensitivity as printed does not fit" in found.sentence


def test_figures_said_to_be_cut_off_are_not_guessed_to_be():
    found = solve_two_by_two(n=3, reported={"prevalence": "50.0%"}, rounding="truncated")
    assert (found.status, found.hints) == ("none", ())


def test_facts_can_be_named():
    facts = Facts(total=1, counts={"tp": 1}, figures={}, intervals={})
    assert facts.names == ("tp",)


# ---- the reports of the demonstration ----

SEBRO = {"n_max": 163}
REPORTS = {
    "XR01": ({"n": 101}, "acc 81.2%, sens 91.1%, spec 68.9%, PPV 78.5%, NPV 86.1%", {}),
    "XR02": ({"n": 497}, "sens 97.2%, spec 95.6%, PPV 95.7%, NPV 97.1%", {}),
    "XR03": ({"n": 100}, "sens 78.3%, spec 79.2%, acc 79.0%", {}),
    "XR03b": ({"n": 100}, "sens 82.6%, spec 71.4%, acc 74.0%", {}),
    "XR03c": ({"n": 100}, "sens 80.0%, spec 74.1%, acc 75.0%", {}),
    "XR03d": ({"n": 100}, "sens 86.7%, spec 67.1%, acc 70.0%", {}),
    "XR04": ({"n": 70}, "sens 0.714, spec 0.939, acc 0.871", {}),
    "XR04b": ({"n": 70}, "sens 0.667, spec 0.878, acc 0.814", {}),
    "XR07": (
        {"n": 1018},
        "sens 87.5%, spec 79.4%",
        {"sensitivity": "83.1-91.9", "specificity": "76.6-82.2"},
    ),
    "XR07b": (
        {"n": 963},
        "sens 79.7%, spec 66.5%",
        {"sensitivity": "74.4-85.0", "specificity": "63.1-69.9"},
    ),
    "CT01": (SEBRO, "sens 0.926, spec 0.934, acc 0.932, PPV 0.833, NPV 0.973", {}),
    "CT01b": (SEBRO, "sens 0.778, spec 0.750, acc 0.757, PPV 0.525, NPV 0.905", {}),
    "CT01c": (SEBRO, "sens 0.815, spec 0.526, acc 0.602, PPV 0.379, NPV 0.889", {}),
    "CT01d": (SEBRO, "sens 0.878, spec 1.00, acc 0.903, PPV 1.00, NPV 0.677", {}),
}
NAMES = {
    "sens": "sensitivity",
    "spec": "specificity",
    "acc": "accuracy",
    "PPV": "ppv",
    "NPV": "npv",
}


def reference_rows():
    with (REFERENCE / "demo" / "osteoporosis_ml_2x2.csv").open(encoding="utf-8") as file:
        return {row["row_id"]: row for row in csv.DictReader(file)}


@needs_reference
def test_every_table_that_was_solved_is_transcribed():
    solved = {
        key for key, row in reference_rows().items() if row["how_obtained"].startswith("solved-")
    }
    assert solved == set(REPORTS)


@needs_reference
@pytest.mark.parametrize("row_id", REPORTS)
def test_a_solved_table_is_the_only_one_that_fits_its_report(row_id):
    totals, figures, intervals = REPORTS[row_id]
    row = reference_rows()[row_id]
    reported = {NAMES[name]: figure for name, figure in map(str.split, figures.split(", "))}
    said = row["reported_verbatim"] + row["how_obtained"]
    assert all(figure.rstrip("%") in said for figure in (*reported.values(), *intervals.values()))
    assert totals in (SEBRO, {"n": int(row["n_total"])})
    found = solve_two_by_two(**totals, reported=reported, intervals=intervals)
    assert found.solutions == (tuple(int(row[cell]) for cell in ("TP", "FP", "FN", "TN")),)


@needs_reference
def test_counts_in_the_text_settle_a_table_as_well():
    found = solve_two_by_two(
        n=2384,
        counts={"tp": 94, "n_test_pos": 255},
        reported={"sensitivity": "79.7%"},
        intervals={"sensitivity": "71.3-86.5"},
    )
    row = reference_rows()["XR08"]
    assert found.solutions == (tuple(int(row[cell]) for cell in ("TP", "FP", "FN", "TN")),)
