"""What is shown first, and why something is missing: one rule for figures, pages and commands."""

import pytest

from analysis.figures.pooled import overall
from analysis.shown import FEW_STUDIES, reasons, shown_interval
from analysis.summary import analyse
from tests.analysis.tables import OPEN_ENDED, PERFECT_SENSITIVITY, PERFECTLY_CORRELATED, XRAY

MANY = [*XRAY, *XRAY[: FEW_STUDIES - len(XRAY)]]


def test_below_ten_studies_the_profile_comes_first_and_from_ten_on_wald():
    few, many = analyse(XRAY), analyse(MANY)
    assert many["k"] == FEW_STUDIES
    assert shown_interval(few, "sensitivity") == (
        few["profile"]["sensitivity"]["interval"],
        "profile likelihood",
    )
    assert shown_interval(many, "sensitivity") == (many["fit"]["sensitivity"]["wald"], "Wald")


def test_a_profile_without_an_end_leaves_its_place_to_wald():
    result = analyse(OPEN_ENDED)
    arm = next(arm for arm, found in result["profile"].items() if None in found["interval"])
    assert shown_interval(result, arm) == (result["fit"][arm]["wald"], "Wald")


def test_figures_show_the_same_interval():
    result = analyse(XRAY)
    for arm, drawn in overall(result).items():
        assert drawn["wald"] == shown_interval(result, arm)[0]


@pytest.mark.parametrize(
    ("tables", "key", "said"),
    [
        (XRAY, "hsroc", None),
        (PERFECT_SENSITIVITY, "auc", "no finite maximum"),
        ([[40, 10, 10, 90]] * 6, "hsroc", "variance is zero"),
        (PERFECTLY_CORRELATED, "hsroc", "no standard error"),
        ([[9, 1, 2, 30], [30, 0, 4, 25]], "prediction_intervals", "three studies"),
    ],
)
def test_what_is_missing_has_its_reason(tables, key, said):
    found = reasons(analyse(tables))
    assert said in found[key] if said else key not in found
