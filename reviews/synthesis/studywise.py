"""Study by study: the result without each, how much each matters, the funnel. No database."""

from collections.abc import Mapping, Sequence
from typing import Any

from reviews.synthesis import axes, drawing, funnel
from reviews.synthesis.links import table_url
from reviews.synthesis.measures import ARMS
from reviews.synthesis.models import Run
from reviews.synthesis.numbers import change, decimals, p_value, proportion, span

Used = list[tuple[int, dict[str, Any]]]


def used_rows(run: Run) -> Used:
    """Return the frozen tables that have participants, with their row of the forest plot."""
    pairs = zip(run.inputs, run.result["forest"], strict=True)
    return [
        (number, row)
        for number, (row, drawn) in enumerate(pairs, start=1)
        if drawn["sensitivity"]["total"] + drawn["specificity"]["total"]
    ]


def two_armed_rows(run: Run) -> Used:
    """Return the frozen tables with people of both kinds, with their row of the forest plot."""
    return [
        (number, row)
        for number, row in used_rows(run)
        if row["tp"] + row["fn"] and row["fp"] + row["tn"]
    ]


# ---- leave-one-out ----


def leave_one_out(run: Run) -> dict[str, Any]:
    """Return a row per study left out, and the axis all of them share."""
    without = run.result["leave_one_out"]
    whole = run.result["fit"]
    axis = axes.axis_of(
        [
            bound
            for each in [*without, whole]
            for arm in ARMS
            for bound in each[arm]["wald"] or ()
            if bound is not None
        ]
    )
    rows = [
        _left_out(run, number, row, each, axis)
        for (number, row), each in zip(used_rows(run), without, strict=True)
    ]
    _flag(rows, run.result.get("influence") or [])
    return {
        "rows": rows,
        "ticks": axis.ticks,
        "all": [_arm(whole[arm], whole[arm], axis) for arm in ARMS],
        "count": len(rows),
    }


def _left_out(
    run: Run, number: int, row: Mapping[str, Any], each: Mapping[str, Any], axis: axes.Axis
) -> dict[str, Any]:
    whole = run.result["fit"]
    return {
        **door(run, number, row),
        "reason": each["reason"] or "",
        "arms": [] if each["reason"] else [_arm(each[arm], whole[arm], axis) for arm in ARMS],
    }


def door(run: Run, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a table is called and where its study's page shows it."""
    return {
        "number": number,
        "label": row["label"],
        "cohort": row["cohort_name"],
        "url": table_url(run.review_id, row["study"], row["table"]),
    }


def _arm(each: Mapping[str, Any], whole: Mapping[str, Any], axis: axes.Axis) -> dict[str, Any]:
    return {
        "estimate": proportion(each["estimate"]),
        "interval": span(each["wald"]),
        "change": change(each["estimate"] - whole["estimate"]),
        "cell": drawing.interval_cell(each["estimate"], each["wald"], axis),
        "ref": axis.place(whole["estimate"]),
    }


def _flag(rows: list[dict[str, Any]], influence: Sequence[Mapping[str, Any]]) -> None:
    for row, study in zip(rows, influence, strict=False):
        row["influential"] = study["influential"]


# ---- influence ----


def influence(run: Run) -> list[dict[str, Any]]:
    """Return what each study does to the result, a row each."""
    return [
        {**door(run, number, row), **_weight(study)}
        for (number, row), study in zip(used_rows(run), run.result["influence"], strict=True)
    ]


def _weight(study: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cook": decimals(study["cook"]),
        "arms": [
            {
                "predicted": proportion(study["predicted"][arm]),
                "standardised": decimals(study["standardised"][arm]),
            }
            for arm in ARMS
        ],
        "mahalanobis": decimals(study["mahalanobis"]),
        "df": study["df"],
        "p": p_value(study["p"]),
        "influential": study["influential"],
        "outlying": study["outlying"],
    }


def _gaps(study: Mapping[str, Any]) -> set[str]:
    found = set()
    if study["cook"] is None:
        found.add("Cook\u2019s distance is missing where the others have no estimate.")
    if None in study["standardised"].values():
        found.add("An effect that does not vary between studies has no standardised value.")
    if study["mahalanobis"] is None:
        found.add("Without effects that vary there is no Mahalanobis distance.")
    return found


def gaps(run: Run) -> list[str]:
    """Say why some cells of the table of influence are dashes."""
    return sorted(set().union(*(_gaps(study) for study in run.result["influence"])))


# ---- small-study effects ----


def small_studies(run: Run) -> dict[str, Any]:
    """Return Deeks' test in words and the funnel plot's places."""
    deeks = run.result["deeks"]
    points = [
        {
            **door(run, number, row),
            "lndor": point["lndor"],
            "size": point["inverse_root_ess"],
            "ess": point["ess"],
        }
        for (number, row), point in zip(two_armed_rows(run), deeks["points"], strict=True)
    ]
    return {
        "funnel": funnel.funnel(points, deeks["intercept"], deeks["slope"]),
        "slope": decimals(deeks["slope"]),
        "interval": span(deeks.get("interval"), decimals),
        "error": decimals(deeks["standard_error"]),
        "intercept": decimals(deeks["intercept"]),
        "t": decimals(deeks["t"]),
        "df": deeks["df"],
        "p": p_value(deeks["p"]),
        "reason": deeks["reason"] or "",
        "tested": deeks["p"] is not None,
        "asymmetric": deeks["asymmetric"],
        "correction": deeks["correction"],
        "warnings": deeks["warnings"],
        "k": deeks["k"],
    }
