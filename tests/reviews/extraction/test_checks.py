"""The checks, on tables made for them and on those of the reference folder."""

import csv
from decimal import Decimal

import pytest

from reviews.extraction.checks import BAD, Facts, check_tables


def facts(tp, fp, fn, tn, number=1, **values):
    return Facts(id=number, cohort_id=1, tp=tp, fp=fp, fn=fn, tn=tn, **values)


def odd(*tables):
    found = check_tables(tables)
    return {key: [f.code for f in each if not f.passed] for key, each in found.items()}


def only(table):
    return odd(table)[1]


def sentence(table, code):
    return next(f.sentence for f in check_tables([table])[1] if f.code == code and not f.passed)


def test_a_clean_table_has_no_warning_and_says_what_was_checked():
    table = facts(51, 14, 5, 31, participants=101, with_condition=56, reported={"npv": "86.1%"})
    assert only(table) == []
    assert [f.passed for f in check_tables([table])[1]] == [True, True, True]


def test_swapped_groups_are_told_with_their_numbers():
    reported = {"sensitivity": "0.714", "specificity": "0.939", "accuracy": "0.871"}
    table = facts(15, 3, 6, 46, participants=70, with_condition=49, reported=reported)
    assert only(table) == ["groups_swapped"]
    text = sentence(table, "groups_swapped")
    assert "49 with the condition and 21 without" in text
    assert "these counts have 21 and 49" in text
    assert "sensitivity, specificity and accuracy" in text


def test_exchanged_metrics_are_told():
    reported = {"sensitivity": "93.9%", "specificity": "71.4%"}
    assert only(facts(15, 3, 6, 46, reported=reported)) == ["reported_differs", "groups_swapped"]


@pytest.mark.parametrize(
    ("printed", "fits"),
    [
        ("91.1%", True),
        ("91.07 %", True),
        ("0.91", True),
        ("0,911", True),
        ("91.1 (80.4-97.0)", True),
        ("91.2%", False),
        ("0.9108", False),
        ("90%", False),
    ],
)
def test_printed_values_count_with_their_digits(printed, fits):
    table = facts(51, 14, 5, 31, reported={"sensitivity": printed})
    assert (only(table) == []) is fits


@pytest.mark.parametrize("printed", ["0.12", "0.13"])
def test_a_half_may_be_rounded_either_way(printed):
    assert only(facts(1, 1, 7, 1, reported={"sensitivity": printed})) == []


def test_an_unreadable_value_is_told_not_guessed():
    assert only(facts(1, 1, 1, 1, reported={"npv": "n/a"})) == ["reported_unreadable"]


def test_totals_that_do_not_add_up():
    assert only(facts(1, 1, 1, 1, participants=5)) == ["total_differs"]
    assert only(facts(1, 1, 1, 1, participants=5, indeterminate=1)) == []
    assert only(facts(1, 1, 1, 1, with_condition=3)) == ["condition_differs"]


def test_hips_of_patients_and_patients_counted_twice():
    hips = facts(242, 11, 7, 237, unit="hip", units=497, participants=300)
    assert only(hips) == ["units_mixed"]
    assert "497 hips of 300 participants" in sentence(hips, "units_mixed")
    assert only(facts(1, 1, 1, 1, units=4, participants=3)) == ["units_mixed"]


def test_apparent_performance_zero_cells_and_empty_groups():
    assert only(facts(72, 0, 10, 21, role="development")) == ["apparent_performance", "zero_cells"]
    assert only(facts(0, 3, 0, 21)) == ["empty_group"]


def test_tables_of_one_cohort_share_their_participants():
    found = odd(facts(18, 16, 5, 61, 1, test=1), facts(19, 22, 4, 55, 2, test=2))
    assert found == {1: ["same_participants"], 2: ["same_participants"]}


def test_tables_of_one_cohort_agree_on_who_has_the_condition():
    found = odd(facts(18, 16, 5, 61, 1), facts(19, 22, 5, 54, 2))
    assert "group_sizes_differ" in found[1]


def test_thresholds_nest_or_are_told():
    def steps(*cells):
        return [
            facts(tp, fp, 100 - tp, 100 - fp, number, threshold_value=Decimal(number))
            for number, (tp, fp) in enumerate(cells, start=1)
        ]

    assert "thresholds_not_nested" not in odd(*steps((90, 40), (80, 30), (80, 20)))[1]
    assert "thresholds_not_nested" not in odd(*steps((60, 10), (80, 30)))[1]
    assert "thresholds_not_nested" in odd(*steps((90, 40), (80, 45)))[2]
    assert "thresholds_not_nested" in odd(*steps((90, 40), (80, 30), (85, 35)))[3]


def test_an_assumed_solution_and_a_noted_overlap_are_told():
    table = facts(1, 1, 1, 1, obtained="solved", solutions=5, overlaps="Hsieh 2021a")
    assert only(table) == ["not_determined", "overlap_noted"]


def test_a_dismissed_warning_stays_with_its_reason():
    table = facts(0, 3, 0, 21, dismissed={"empty_group": "A screening sample"})
    [finding] = [f for f in check_tables([table])[1] if not f.passed]
    assert finding.dismissed == "A screening sample"


@pytest.fixture(scope="module")
def rows(reference):
    with (reference / "demo" / "osteoporosis_ml_2x2.csv").open(encoding="utf-8") as file:
        return {row["row_id"]: row for row in csv.DictReader(file)}


def of_row(row, **values):
    cells = {name: int(row[name.upper()]) for name in ("tp", "fp", "fn", "tn")}
    return Facts(id=1, cohort_id=1, **cells, **values)


def test_the_demonstration_table_whose_text_swaps_its_groups_is_caught(rows):
    reported = {"sensitivity": "0.714", "specificity": "0.939", "accuracy": "0.871"}
    table = of_row(rows["XR04"], participants=70, with_condition=49, reported=reported)
    assert [f.level for f in check_tables([table])[1] if f.code == "groups_swapped"] == [BAD]


def test_the_demonstration_table_that_contradicts_its_metrics_is_caught(rows):
    reported = {"sensitivity": "82.9%", "specificity": "94.7%", "ppv": "92.9%", "accuracy": "86.1%"}
    table = of_row(rows["XR09"], unit="image", units=72, reported=reported)
    assert "reported_differs" in only(table)


def test_solved_demonstration_tables_agree_with_what_they_were_solved_from(rows):
    for number in ("XR01", "XR02", "XR03", "CT01", "CT01b"):
        row = rows[number]
        reported = {"sensitivity": f"{float(row['sens']):.3f}", "specificity": row["spec"]}
        assert "reported_differs" not in only(of_row(row, reported=reported))
