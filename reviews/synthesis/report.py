"""Everything a run's stored result holds, section by section of its page."""

from typing import Any

from reviews import bridge
from reviews.synthesis import simpler, studywise
from reviews.synthesis.comparison import comparison
from reviews.synthesis.definitions import DEFINITIONS
from reviews.synthesis.measures import Group, differences, estimates
from reviews.synthesis.models import Run
from reviews.synthesis.numbers import decimals
from reviews.synthesis.practice import practice
from reviews.synthesis.tables import kept

PARTS = {
    "summary": "Summary",
    "forest": "Forest plot",
    "estimates": "Estimates",
    "differences": "Heterogeneity",
    "subgroups": "Subgroups",
    "simpler": "Tests and models",
    "leave-one-out": "Leave-one-out",
    "influence": "Influence",
    "small-studies": "Small studies",
    "practice": "In practice",
    "figures": "Figures",
    "provenance": "Data and files",
}


# What the present version of the statistics keeps beyond earlier ones.
NEWEST = frozenset({"between_studies", "descriptive", "reasons"})
CRITERIA = ("log_likelihood", "aic", "bic")
TERMS = {
    "predicted": "Predicted",
    "standardised": "Standardised",
    "cook": "Cook\u2019s distance",
    "mahalanobis": "Mahalanobis, df, p",
}


def report(run: Run, *, prevalence: str = "") -> dict[str, Any]:
    """Return the context of the sections below the summary.

    A part that the version of the statistics behind the run did not keep is None.
    """
    result, compared = run.result, comparison(run.result)
    return {
        "parts": {key: name for key, name in PARTS.items() if key != "subgroups" or compared},
        "subgroups": compared,
        "older": _older(run),
        "not_pooled": "" if result["fit"]["converged"] else result["fit"]["warnings"][0],
        "estimate_groups": [_shown(group) for group in estimates(result)],
        "difference_groups": [_shown(group) for group in differences(result)],
        "i2_note": (result.get("i2") or {}).get("note", ""),
        "tests": simpler.tests(result),
        "ladder": simpler.ladder(result),
        "advice": simpler.advice(result) if "ladder" in result else "",
        **_study_by_study(run),
        "small_studies": studywise.small_studies(run) if "deeks" in result else None,
        "practice": practice(run, prevalence),
        "fit": result["fit"],
        "fit_words": {key: decimals(result["fit"][key]) for key in CRITERIA},
        "settings": run.options,
        "quadrature_error": _power(result["fit"]["quadrature_error"]),
        "tables": kept(run),
    }


def _older(run: Run) -> str:
    """Say that today's statistics would keep more than this run holds, if they would."""
    today = bridge.engine_version()
    if run.engine_version == today or not NEWEST.difference(run.result):
        return ""
    return (
        f"This run was made by version {run.engine_version}, which did not keep all that version"
        f" {today} does: the parts below say so. Run again to have them; this run stays as it is."
    )


def _shown(group: Group) -> dict[str, Any]:
    """Return a group; where all of it is missing for one reason, that reason stands once."""
    reasons = {measure.reason for measure in group.measures if measure.estimate is None}
    nothing = bool(group.measures) and all(each.estimate is None for each in group.measures)
    return {
        "name": group.name,
        "missing": group.missing,
        "reason": reasons.pop() if nothing and len(reasons) == 1 else "",
        "measures": [_cells(measure) for measure in group.measures],
    }


def _cells(measure: Any) -> dict[str, Any]:
    written = {
        kind: " to ".join(measure.write(bound) for bound in pair)
        for kind, pair in measure.intervals.items()
    }
    first = next((kind for kind in written if kind.startswith("95% CI")), None)
    return {
        "name": measure.name,
        "definition": measure.definition,
        "estimate": None if measure.estimate is None else measure.write(measure.estimate),
        "error": "" if measure.standard_error is None else f"{measure.standard_error:.3f}",
        "error_scale": measure.error_scale,
        "intervals": written,
        "first": written.get(first, ""),
        "reason": measure.reason,
    }


def _power(value: float | None) -> str:
    """Write a very small number.

    >>> _power(3.2e-12), _power(0.0), _power(None)
    ('3e-12', '0', '')
    """
    return "" if value is None else f"{value:.0e}" if value else "0"


def _study_by_study(run: Run) -> dict[str, Any]:
    """Return leave-one-out and influence: None where not kept, a reason where not estimable."""
    parts: dict[str, Any] = {}
    shown = {"leave_one_out": studywise.leave_one_out, "influence": studywise.influence}
    for name, rows_of in shown.items():
        kept = name in run.result
        there = run.result.get(name) is not None
        parts[name] = rows_of(run) if there else None
        parts[f"{name}_kept"] = kept
        parts[f"{name}_reason"] = "" if there else run.result.get("study_by_study_reason") or ""
    if parts["influence"]:
        parts["influence_terms"] = {name: DEFINITIONS[key] for key, name in TERMS.items()}
        parts["influence_gaps"] = studywise.gaps(run)
        parts["study_remarks"] = run.result["study_by_study_warnings"]
    return parts
