"""Subgroups of a covariate, or the reason why there are none."""

from analysis.covariates import Covariate
from analysis.data import TwoByTwos
from analysis.subgroups import compared, subgroups
from tests.analysis.tables import XRAY

DATA = TwoByTwos.from_rows(XRAY)
UNITS = [("hip", "person")[i % 2] for i in range(len(XRAY))]


def test_categories_are_compared():
    found = compared(DATA, "unit", UNITS)
    assert found == subgroups(DATA, Covariate.from_values("unit", UNITS, kind="categorical"))
    assert [group["level"] for group in found["groups"]] == ["hip", "person"]
    assert found["lrt_joint"]["df"] == 2


def test_one_category_has_a_reason_instead():
    found = compared(DATA, "unit", ["hip"] * len(XRAY))
    assert found["groups"] == []
    assert found["lrt_joint"] is None
    assert "unit" in found["reason"]
