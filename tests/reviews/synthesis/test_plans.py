"""The pure rules of a plan."""

import pytest

from reviews.synthesis import plans

NAMES = {
    "index_tests": {1: "Machine learning on X-ray"},
    "target_conditions": {4: "Osteoporosis", 5: "Abnormal BMD"},
    "reference_standards": {6: "DXA"},
    "excluded_studies": {7: "Fan 2021"},
}


def row(table=1, **changes):
    return {
        "table": table,
        "version": 1,
        "tp": 20,
        "fp": 5,
        "fn": 4,
        "tn": 71,
        "label": "",
        "study": 1,
        "study_label": "Jang 2021",
        "cohort": 1,
        "cohort_name": "Test set",
        "role": "internal",
        "unit": "patient",
        "participants": 100,
        "units": 100,
        "overlaps": "",
        "index_test_id": 1,
        "index_test": "Machine learning on X-ray",
        "modality": "X-ray",
        "target_condition_id": 4,
        "target_condition": "Osteoporosis",
        "reference_standard_id": 6,
        "reference_standard": "DXA",
        "threshold": "",
        "reader": "",
        "preferred": False,
        "warnings": [],
    } | changes


def plan(**changes):
    return plans.checked(changes)


def chosen(rows, **changes):
    return [each["table"] for each in plans.choose(rows, plan(**changes))[0]]


def reasons(rows, **changes):
    return {each["table"]: each["reason"] for each in plans.choose(rows, plan(**changes))[1]}


def test_an_empty_plan_is_whole_and_leaves_development_sets_out():
    assert plans.checked({}) == plans.empty_definition()
    assert "development" not in plans.empty_definition()["roles"]


def test_equal_plans_have_one_form():
    assert plan(index_tests=[3, 1, 3], modality=" X-ray ") == plan(
        index_tests=[1, 3], modality="X-ray"
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"role": ["external"]},
        {"roles": []},
        {"roles": ["retrospective"]},
        {"roles": "external"},
        {"roles": [["external"]]},
        {"tables": "best"},
        {"tables": None},
        {"units": ["any"]},
        {"index_tests": ["1"]},
        {"index_tests": [True]},
        {"index_tests": {"1": 1}},
        {"index_tests": list(range(501))},
        {"modality": 3},
    ],
)
def test_a_bad_definition_gets_a_sentence(bad):
    with pytest.raises(plans.BadPlan, match=r"\.$"):
        plans.checked(bad)


def test_the_plan_reads_as_the_sentence_of_the_mockup():
    definition = plan(modality="X-ray", target_conditions=[4], roles=["external", "internal"])
    pieces = plans.sentence(definition, NAMES)
    assert plans.plain(pieces) == (
        "Pool X-ray tables for Osteoporosis, one table per cohort,"
        " external before internal validation, apparent performance left out."
    )
    assert [text for text, strong in pieces if strong] == [
        "X-ray",
        "Osteoporosis",
        "external before internal validation",
    ]


def test_the_sentence_says_everything_else_too():
    definition = plan(
        index_tests=[1],
        target_conditions=[4, 5],
        reference_standards=[6],
        roles=["external", "development"],
        tables="all",
        units="patient",
        excluded_studies=[7, 99],
    )
    assert plans.plain(plans.sentence(definition, NAMES)) == (
        "Pool Machine learning on X-ray tables for Osteoporosis or Abnormal BMD verified by DXA,"
        " every table of external validation and development sets, people only,"
        " without Fan 2021 and one since removed."
    )


def test_tables_of_other_tests_and_conditions_are_out_of_reach():
    rows = [row(1), row(2, modality="CT"), row(3, target_condition_id=5)]
    assert chosen(rows, modality="x-RAY", target_conditions=[4]) == [1]
    assert reasons(rows, modality="X-ray", target_conditions=[4]) == {}


def test_one_table_per_cohort_is_the_preferred_one_else_the_first():
    rows = [row(1), row(2, preferred=True), row(3, cohort=2), row(4, cohort=2)]
    assert chosen(rows) == [2, 3]
    assert "the preferred one" in reasons(rows)[1]
    assert "the first entered" in reasons(rows)[4]


def test_a_plan_can_demand_the_preferred_mark():
    rows = [row(1), row(2, cohort=2, preferred=True)]
    assert chosen(rows, tables="preferred") == [2]
    assert reasons(rows, tables="preferred") == {1: "Not marked as the preferred table."}


def test_two_preferred_tables_of_a_cohort_do_not_both_enter():
    rows = [row(1, preferred=True), row(2, preferred=True)]
    assert chosen(rows, tables="preferred") == [1]


def test_every_table_means_every_table():
    rows = [row(1), row(2), row(3, cohort=2, role="external")]
    assert chosen(rows, tables="all") == [1, 2, 3]


def test_external_validation_comes_before_internal_of_the_same_study_only():
    rows = [
        row(1, role="internal"),
        row(2, cohort=2, role="external"),
        row(3, cohort=3, study=2, role="internal"),
    ]
    assert chosen(rows) == [2, 3]
    assert reasons(rows) == {1: "The study also has external validation, which comes first."}
    assert chosen(rows, roles=["internal", "external"]) == [1, 3]


def test_the_preferred_role_counts_only_where_a_table_of_it_fits():
    rows = [row(1, role="internal", preferred=True), row(2, cohort=2, role="external")]
    assert chosen(rows, tables="preferred") == [1]


def test_each_table_left_out_has_its_reason():
    rows = [
        row(1, role="development"),
        row(2, unit="hip"),
        row(3, reference_standard_id=9, reference_standard="CT"),
        row(4, study=8),
    ]
    found = reasons(rows, units="patient", reference_standards=[6], excluded_studies=[8])
    assert list(found) == [1, 2, 3, 4]
    assert "Apparent performance" in found[1]
    assert "hip" in found[2]
    assert found[3] == "Verified by CT."
    assert found[4] == "The plan leaves this study out."


def test_rows_stand_in_the_order_of_years_and_labels_tell_them_apart():
    rows = [
        row(1, study_label="X1AI 2024"),
        row(2, study=2, study_label="Hsieh 2021", cohort=2, cohort_name="Hip"),
        row(3, study=2, study_label="Hsieh 2021", cohort=3, cohort_name="Spine"),
        row(4, study=3, study_label="Undated", cohort=4),
    ]
    labels = [each["label"] for each in plans.choose(rows, plan())[0]]
    assert labels == ["Hsieh 2021, Hip", "Hsieh 2021, Spine", "X1AI 2024", "Undated"]


def test_tables_of_one_cohort_are_told_apart_by_threshold():
    rows = [row(1, threshold="T1"), row(2, threshold="T2")]
    labels = [each["label"] for each in plans.choose(rows, plan(tables="all"))[0]]
    assert labels == ["Jang 2021, T1", "Jang 2021, T2"]
