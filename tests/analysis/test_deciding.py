"""What would decide between a few tables."""

from analysis.deciding import deciding


def test_only_what_differs_between_all_of_them_is_named():
    rows = deciding([[48, 25, 8, 381], [90, 22, 15, 335]])
    values = {row["fact"]: row["values"] for row in rows}
    assert values["n_pos"] == ["56", "105"]
    assert values["npv"] == ["0.979", "0.957"]
    assert "sensitivity" not in values
    assert rows[0]["label"] == "The number with the target condition"


def test_a_measure_without_a_value_is_none():
    values = {row["fact"]: row["values"] for row in deciding([[5, 0, 1, 4], [5, 1, 1, 3]])}
    assert values["lr_positive"] == ["none", "3.33"]
