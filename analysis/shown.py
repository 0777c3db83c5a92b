"""What of a result is shown first, and why something of it is missing: one rule for all readers."""

from typing import Any

from analysis.results import ARMS

# Below this many studies a Wald interval of the summary point is too short.
FEW_STUDIES = 10
_NO_CURVE = "A between-study variance is zero, so there is no summary ROC curve."
_MEASURES = (
    *("likelihood_ratios", "hsroc", "auc", "profile", "prediction_intervals", "regions"),
    *("i2", "median_odds_ratio", "prediction_area", "population_average", "between_studies"),
)


def shown_interval(result: dict[str, Any], arm: str) -> tuple[list[float] | None, str]:
    """Return the interval of an arm that is printed first, and its name.

    By profile likelihood below ten studies, else Wald; a profile without an end on one side is
    left to the warnings, and Wald stands for it.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` returned.
    arm : {"sensitivity", "specificity"}

    Returns
    -------
    tuple of ([low, high] or None, {"profile likelihood", "Wald"})
    """
    profile = ((result["profile"] or {}).get(arm) or {}).get("interval")
    if result["k"] < FEW_STUDIES and profile and None not in profile:
        return profile, "profile likelihood"
    return result["fit"][arm]["wald"], "Wald"


def reasons(result: dict[str, Any]) -> dict[str, str]:
    """Say of each key of a result that is null, or lacks a part, why.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` or `describe` returned.

    Returns
    -------
    dict
        Sentences, by key.
    """
    fit = result["fit"]
    if not fit["converged"]:
        return dict.fromkeys((*ARMS, "correlation", *_MEASURES), fit["warnings"][0])
    found: dict[str, str] = {}
    if fit["correlation"] is None:
        found |= dict.fromkeys(("correlation", "hsroc", "auc"), _NO_CURVE)
    elif fit["boundary"]:
        found["hsroc"] = (
            f"The between-study {fit['boundary'][0]}: one of the two variances is then zero, and "
            "at that bound has no standard error."
        )
    if result["prediction_intervals"] is None:
        found["prediction_intervals"] = "Prediction intervals need at least three studies."
        found["regions"] = "Regions need at least three studies."
    return found
