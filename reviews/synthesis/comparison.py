"""Subgroups of a run's tables: accuracy of each, ratios to the first, the tests. Pure."""

from typing import Any

from reviews.synthesis.measures import ARMS, Result
from reviews.synthesis.numbers import chi_square, p_value, proportion, ratio, span

TESTS = {
    "lrt_joint": "Sensitivity and specificity together",
    "lrt_sensitivity": "Sensitivity alone",
    "lrt_specificity": "Specificity alone",
}


def comparison(result: Result) -> dict[str, Any] | None:
    """Return what the page shows of the subgroups; None where the plan compares nothing."""
    found = result.get("subgroups")
    if found is None:
        return None
    ratios = {each["level"]: each for each in found["relative"] or ()}
    return {
        "name": found["covariate"],
        "reason": found["reason"],
        "warnings": found["warnings"],
        "groups": [_group(group, ratios.get(group["level"])) for group in found["groups"]],
        "tests": [_test(found[key], name) for key, name in TESTS.items() if found[key]],
        "first": found["relative"][0]["reference"] if found["relative"] else "",
    }


def _group(group: dict[str, Any], against: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "level": group["level"],
        "tables": len(group["rows"]),
        "estimable": group["sensitivity"]["estimate"] is not None,
        "arms": [
            {
                "estimate": proportion(group[arm]["estimate"]),
                "interval": span(group[arm]["wald"]),
                "ratio": ratio(against[arm]["estimate"]) if against else "",
                "ratio_interval": span(against[arm]["wald"], ratio) if against else "",
            }
            for arm in ARMS
        ],
    }


def _test(test: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "name": name,
        "chi2": chi_square(test["chi2"]),
        "df": test["df"],
        "p": p_value(test["p"]),
        "note": test["note"] or "",
    }
