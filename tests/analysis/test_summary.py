"""The complete analysis as plain values, for every kind of input."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import BadTable
from analysis.summary import analyse
from analysis.text import summary_table
from tests.analysis.tables import (
    EMPTY_ARMS,
    OPEN_ENDED,
    PERFECT_SENSITIVITY,
    PERFECTLY_CORRELATED,
    XRAY,
)

DEGENERATE = {
    "one study": [[9, 1, 2, 30]],
    "two studies": [[9, 1, 2, 30], [30, 0, 4, 25]],
    "nobody": [[0, 0, 0, 0]] * 3,
    "perfect sensitivity": PERFECT_SENSITIVITY,
    "perfect test": [[9, 0, 0, 9], [20, 0, 0, 30]],
    "useless test": [[0, 9, 9, 0], [0, 30, 20, 0]],
    "all or none": [[1, 0, 0, 1], [0, 1, 1, 0]] * 5,
    "identical": [[40, 10, 10, 90]] * 6,
    "correlation -1": PERFECTLY_CORRELATED,
    "correlation 1": [[tp, tn, fn, fp] for tp, fp, fn, tn in PERFECTLY_CORRELATED],
    "empty arms": EMPTY_ARMS,
    "huge": [[10**9, 1, 1, 10**9], [1, 10**9, 10**9, 1], [5, 5, 5, 5]],
    "millions": [[1_000_000, 20_000, 30_000, 900_000]] * 3,
    "steep": [[332, 0, 306, 850], [50, 80, 35, 193], [705, 383, 0, 0]],
    "flat": [
        [208, 0, 148, 153],
        [103, 265, 775, 191],
        [33, 0, 657, 530],
        [228, 31, 56, 0],
        [513, 0, 132, 809],
    ],
    "two opposites": [[9, 1, 1, 9], [1, 9, 9, 1]] * 20,
    "separate arms": [[10, 0, 3, 0], [0, 2, 0, 10], [5, 0, 5, 0], [0, 5, 0, 5]],
}


@pytest.mark.parametrize("rows", DEGENERATE.values(), ids=DEGENERATE)
def test_no_input_breaks_the_analysis(rows):
    result = analyse(rows)
    json.dumps(result, allow_nan=False)
    assert len(result["forest"]) == len(rows)
    assert result["fit"]["converged"] or result["warnings"]
    assert summary_table(result)


def test_a_fit_brings_everything_a_page_shows():
    result = analyse(XRAY, [f"S{i}" for i in range(8)])
    assert result["fit"]["sensitivity"]["estimate"] == pytest.approx(0.8875, abs=1e-4)
    assert result["profile"]["specificity"]["interval"] == pytest.approx([0.781, 0.933], abs=1e-3)
    assert set(result["likelihood_ratios"]) == {"lr_positive", "lr_negative", "dor"}
    assert result["hsroc"]["beta"]["wald"]
    assert 0.9 < result["auc"]["estimate"] < 1
    assert len(result["sroc"]["curve"]) == 101
    assert len(result["sroc"]["confidence_region"]) == 200
    assert [row["label"] for row in result["forest"]][:2] == ["S0", "S1"]
    assert result["versions"]["analysis"]


def test_progress_is_told_from_start_to_end():
    told = []
    analyse(XRAY, progress=lambda done, total, message: told.append((done, total, message)))
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4, 5]
    assert {total for _, total, _ in told} == {5}
    assert all(message for _, _, message in told)


def test_what_the_callback_raises_stops_the_analysis():
    def cancel(done, total, message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyse(XRAY, progress=cancel)


def test_the_hash_is_of_the_rows_as_given():
    with_empty = analyse([*XRAY, [0, 0, 0, 0]])
    assert with_empty["input_sha256"] != with_empty["fit"]["input_sha256"]
    assert with_empty["fit"]["input_sha256"] == analyse(XRAY)["input_sha256"]


def test_a_missing_bound_is_among_the_warnings():
    result = analyse(OPEN_ENDED)
    assert any("does not fall far enough" in warning for warning in result["warnings"])
    assert summary_table(result).count(" to -") == 1


def test_missing_regions_are_among_the_warnings():
    result = analyse(DEGENERATE["two studies"])
    assert "Regions need at least three studies." in result["warnings"]


def test_the_simpler_models_are_analysed_too():
    for model in ("uncorrelated", "fixed"):
        result = analyse(XRAY, model=model)
        assert result["model"] == result["fit"]["model"] == model
        json.dumps(result, allow_nan=False)


def test_bad_rows_are_refused():
    with pytest.raises(BadTable):
        analyse([[1, 2, 3, -4]])


cell = st.one_of(st.integers(0, 3), st.integers(0, 500))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(cell, cell, cell, cell), min_size=1, max_size=5))
def test_any_counts_give_valid_json(rows):
    json.dumps(analyse(rows), allow_nan=False)
