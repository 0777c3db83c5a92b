"""The 2x2 solver, against looking at every table one by one."""

import time
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import BadReport, TooManyCandidates
from analysis.printed import MEASURES, RATIOS
from analysis.solver import solve_two_by_two
from analysis.tables_that_fit import tables_that_fit


def rounded(value, decimals):
    """Return both ways of rounding a quotient: half up and half to even."""
    unit = Decimal(1).scaleb(-decimals)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return {exact.quantize(unit, way) for way in (ROUND_HALF_UP, ROUND_HALF_EVEN)} | (
        {exact.quantize(unit, "ROUND_HALF_DOWN")}
    )


def agrees(table, name, printed):
    part, whole = MEASURES[name](*table)
    if whole == 0:
        return False
    text = printed.rstrip("%")
    value = Fraction(part, whole) * (100 if printed.endswith("%") else 1)
    decimals = len(text.partition(".")[2])
    return Decimal(text) in rounded(value, decimals)


def every_table(n, n_pos=None):
    for diseased in range(n + 1) if n_pos is None else [n_pos]:
        for tp in range(diseased + 1):
            for fp in range(n - diseased + 1):
                yield tp, fp, diseased - tp, n - diseased - fp


def by_hand(n, n_pos, reported):
    return sorted(
        table
        for table in every_table(n, n_pos)
        if all(agrees(table, name, printed) for name, printed in reported.items())
    )


def printed(table, name, decimals, percent):
    part, whole = MEASURES[name](*table)
    value = Fraction(part, whole) * (100 if percent else 1)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    text = str(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    return f"{text}%" if percent else text


small = st.integers(0, 7)


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(small, small, small, small).filter(any),
    st.sets(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4),
    st.integers(1, 2),
    st.booleans(),
)
def test_the_solver_finds_what_looking_at_every_table_finds(table, names, decimals, known):
    reported = {
        name: printed(table, name, decimals, percent=name not in RATIOS)
        for name in names
        if MEASURES[name](*table)[1]
    }
    if not reported:
        return
    n, n_pos = sum(table), table[0] + table[2] if known else None
    found = solve_two_by_two(n=n, n_pos=n_pos, reported=reported, limit=100_000)
    assert sorted(found.solutions) == by_hand(n, n_pos, reported)
    assert table in found.solutions
    assert found.count == len(found.solutions)
    assert found.status == ("unique" if found.count == 1 else "several")


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence"]),
        st.integers(0, 100).map(lambda percent: f"{percent}%"),
        min_size=2,
        max_size=4,
    ),
    st.integers(3, 14),
)
def test_what_conflicts_has_no_table_and_each_figure_is_needed(reported, n):
    found = solve_two_by_two(n=n, reported=reported, limit=100_000)
    assert sorted(found.solutions) == by_hand(n, None, reported)
    if found.status == "none":
        assert by_hand(n, None, {name: reported[name] for name in found.conflict}) == []
        for spared in found.conflict:
            rest = {name: reported[name] for name in found.conflict if name != spared}
            assert not rest or by_hand(n, None, rest)
        for culprit in found.culprits:
            rest = {name: text for name, text in reported.items() if name != culprit}
            assert by_hand(n, None, rest)


def all_tables(n):
    tp, fp, fn = np.mgrid[0 : n + 1, 0 : n + 1, 0 : n + 1].reshape(3, -1)
    inside = tp + fp + fn <= n
    tp, fp, fn = tp[inside], fp[inside], fn[inside]
    return tp, fp, fn, n - tp - fp - fn


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(20, 60))
def test_up_to_sixty_participants_it_agrees_with_brute_force(data, n):
    tables = all_tables(n)
    true = data.draw(st.integers(0, len(tables[0]) - 1))
    names = data.draw(st.sets(st.sampled_from(sorted(MEASURES)), min_size=2, max_size=5))
    decimals = data.draw(st.integers(1, 3))
    wrong = data.draw(st.booleans())
    reported, fits = {}, np.ones(len(tables[0]), dtype=bool)
    for name in sorted(names):
        part, whole = MEASURES[name](*tables)
        if not whole[true]:
            continue
        shown = round(Fraction(int(part[true]), int(whole[true])), decimals)
        shown += Fraction(wrong and name == max(names), 10**decimals)
        if shown > 1 and name not in RATIOS:
            continue
        reported[name] = f"{float(shown):.{decimals}f}"
        unit = 10**decimals
        gap = abs(part * unit - int(shown * unit) * whole) * 2
        fits &= (whole > 0) & (gap <= whole)
    if not reported:
        return
    found = solve_two_by_two(n=n, reported=reported, limit=100_000)
    expected = zip(*(cell[fits].tolist() for cell in tables), strict=True)
    assert sorted(found.solutions) == sorted(expected)


def test_a_unique_table_is_named():
    found = solve_two_by_two(
        n=200, n_pos=80, reported={"sensitivity": "87.5%", "specificity": "90.0%"}
    )
    assert found.to_dict() == {
        "status": "unique",
        "count": 1,
        "complete": True,
        "solutions": [[70, 12, 10, 108]],
        "conflict": [],
        "culprits": [],
        "disagreements": [],
        "hints": [],
        "sentence": "Exactly one table agrees: TP 70, FP 12, FN 10, TN 108.",
    }


@pytest.mark.parametrize("text", ["0.875", "87.5", "87.5 %", "87,5%", "0·875", " 87.5% "])
def test_a_proportion_is_read_however_it_is_printed(text):
    found = solve_two_by_two(n=80, n_pos=80, reported={"sensitivity": text})
    assert found.solutions == ((70, 0, 10, 0),)


def test_the_other_number_of_participants_will_do():
    by_healthy = solve_two_by_two(n=200, n_neg=120, reported={"sensitivity": "87.5%"}, limit=3)
    by_both = solve_two_by_two(n_pos=80, n_neg=120, reported={"sensitivity": "87.5%"}, limit=3)
    assert by_healthy == by_both
    assert by_healthy.count == 121
    assert len(by_healthy.solutions) == 3


def test_the_figure_at_odds_is_named():
    found = solve_two_by_two(
        n=200,
        n_pos=80,
        reported={"sensitivity": "87.5%", "specificity": "90.0%", "ppv": "60%", "accuracy": "89%"},
    )
    assert found.status == "none"
    assert found.culprits == ("ppv",)
    assert "ppv" in found.conflict
    assert "PPV" in found.sentence


def test_a_single_impossible_figure_is_named():
    found = solve_two_by_two(n=3, reported={"prevalence": "50.0%"})
    assert found.conflict == found.culprits == ("prevalence",)
    assert "does not fit so many participants" in found.sentence


def test_figures_that_conflict_in_two_ways_have_no_single_culprit():
    found = solve_two_by_two(n=3, reported={"prevalence": "50.0%", "accuracy": "50.0%"})
    assert found.culprits == ()
    assert len(found.conflict) == 1


@pytest.mark.parametrize(
    ("reported", "intervals"),
    [
        ({"sensitivity": "87.5%", "specificity": "90.1%", "ppv": "50.3%", "npv": "98.4%"}, {}),
        ({"sensitivity": "87%", "specificity": "90%"}, {}),
        ({"accuracy": "0.8"}, {}),
        ({"youden": "0.5"}, {}),
        ({"dor": "12.3"}, {}),
        ({"f1": "0.8"}, {}),
        ({"lr_positive": "3.1", "lr_negative": "0.21"}, {}),
        ({}, {"sensitivity": "0.951-0.960", "specificity": "0.710-0.728"}),
        ({"ppv": "72.2%"}, {"sensitivity": "95.1-96.0", "ppv": "71.3-73.0", "npv": "95-96"}),
        # These cannot hold together, and the conflict is searched too.
        (
            {"sensitivity": "87.5%", "specificity": "90.1%", "ppv": "50.3%", "lr_positive": "3.1"},
            {"sensitivity": "85-91", "specificity": "80-89", "ppv": "40-50", "npv": "80-90"},
        ),
    ],
)
def test_twenty_thousand_participants_take_less_than_a_second(reported, intervals):
    begin = time.process_time()
    solve_two_by_two(n=20_000, reported=reported, intervals=intervals)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n": 10, "reported": {}}, "at least one reported measure"),
        ({"n": 10, "reported": {"sensitivity": " "}}, "at least one reported measure"),
        ({"reported": {"sensitivity": "80%"}}, "number of participants"),
        ({"n_pos": 5, "reported": {"sensitivity": "80%"}}, "number of participants"),
        ({"n": 0, "reported": {"sensitivity": "80%"}}, "from 1 to 100000"),
        ({"n": 10**6, "reported": {"sensitivity": "80%"}}, "from 1 to 100000"),
        ({"n": 10, "n_pos": 11, "reported": {"sensitivity": "80%"}}, "do not add up"),
        ({"n": 10, "n_pos": 4, "n_neg": 5, "reported": {"sensitivity": "80%"}}, "do not add up"),
        ({"n": -10, "reported": {"sensitivity": "80%"}}, "negative"),
        ({"n": 10, "reported": {"sensitivity": "about 80"}}, "cannot be read"),
        ({"n": 10, "reported": {"sensitivity": "-80%"}}, "cannot be read"),
        ({"n": 10, "reported": {"sensitivity": "101%"}}, "more than 100 %"),
        ({"n": 10, "reported": {"lr_positive": "5%"}}, "is a ratio"),
        ({"n": 10, "reported": {"kappa": "0.5"}}, "not a measure known here"),
        ({"n": 10, "reported": {}, "counts": {"twins": 2}}, "not a count known here"),
        ({"n": 10, "reported": {}, "counts": {"tp": 11}}, "do not add up"),
        ({"n": 10, "reported": {}, "intervals": {"f1": "0.1-0.2"}}, "No interval"),
        ({"n": 10, "reported": {}, "intervals": {"ppv": "0.1"}}, "write it as 80.4-91.2%"),
        ({"n": 10, "reported": {}, "intervals": {"ppv": "-0.1-0.2"}}, "write it as 80.4-91.2%"),
        ({"n": 10, "reported": {}, "intervals": {"ppv": "0.4-0.2"}}, "above the upper"),
        ({"n": 10, "reported": {}, "intervals": {"ppv": "40-102"}}, "more than 100 %"),
        ({"n": 10, "n_pos": 4, "reported": {}}, "at least one reported measure"),
        ({"n_max": 10**6, "reported": {"ppv": "40%"}}, "the most there can be, from 1 to 300"),
        (
            {"n": 99_999, "n_pos": 9, "reported": {"lr_positive": "999999.123456"}},
            "more decimals",
        ),
    ],
)
def test_what_cannot_be_read_is_said(arguments, sentence):
    with pytest.raises(BadReport) as caught:
        solve_two_by_two(**arguments)
    assert sentence in str(caught.value)


def test_of_too_many_tables_it_is_said_that_there_are_more():
    found = solve_two_by_two(n=100_000, reported={"accuracy": "80%"}, limit=7)
    assert (found.status, found.complete, len(found.solutions)) == ("several", False, 7)
    assert found.sentence.startswith(f"At least {found.count} tables agree")
    assert all(agrees(table, "accuracy", "80%") for table in found.solutions)


@pytest.mark.parametrize(
    "reported",
    [
        {"dor": "0.000001", "youden": "0.999999"},
        {"lr_positive": "1.000001", "lr_negative": "0.999999", "dor": "1.000003"},
        {"f1": "0.5", "dor": "12.34"},
    ],
)
def test_a_search_that_finds_nothing_before_its_end_says_so(reported, monkeypatch):
    monkeypatch.setattr(tables_that_fit, "__defaults__", (10, 10))
    with pytest.raises(TooManyCandidates, match="one more measure"):
        solve_two_by_two(n=3_000, reported=reported)


def test_an_undecidable_part_of_a_conflict_is_kept():
    found = solve_two_by_two(
        n=99_999, n_pos=50_000, reported={"sensitivity": "50.002%", "prevalence": "10%"}
    )
    assert found.status == "none"
    assert set(found.conflict) == {"n_pos", "prevalence"}
