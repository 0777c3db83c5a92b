"""Figures of a finished run as files, drawn when they are asked for."""

from collections.abc import Sequence
from typing import Any

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.quality.figures import bias_of
from reviews.synthesis.models import Run
from reviews.synthesis.practice import share_of

NAMES = {
    "forest": "Forest plot",
    "sroc": "SROC plot",
    "sroc-quality": "SROC, risk of bias",
    "deeks": "Funnel plot",
    "ratios": "Likelihood ratios",
    "fagan": "Nomogram",
    "predictive": "Predictive values",
    "tree": "Frequency tree",
    "leave-one-out": "Leave-one-out",
    "diagnostics": "Diagnostics",
}
SHOWS = {
    "forest": "Every table with its exact intervals, and the pooled accuracy.",
    "sroc": "Tables in ROC space, summary point, both regions, the curve.",
    "sroc-quality": "The same, with the agreed risk of bias at each point.",
    "deeks": "Odds ratio against size, with Deeks\u2019 regression.",
    "ratios": "LR+ against LR\u2212: which tables confirm, which exclude.",
    "fagan": "Fagan\u2019s nomogram: from the pre-test to the post-test probability.",
    "predictive": "Predictive values against prevalence.",
    "tree": "What becomes of 1,000 people who are tested.",
    "leave-one-out": "The pooled accuracy without each table.",
    "diagnostics": "Goodness of fit, normality, influence, outliers.",
}
BY_PREVALENCE = ("fagan", "predictive", "tree")
FILES = {
    f"{name}.{kind}": (name, kind, content_type)
    for name in NAMES
    for kind, content_type in bridge.FIGURE_KINDS.items()
}


def offered(run: Run, *, viewer: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the figures that a run's result supports, those for a chosen prevalence apart."""
    names = bridge.figures_of(run.result)
    rated = any(bias_of(run.review, _studies(run), viewer=viewer)[1])
    kinds = list(bridge.FIGURE_KINDS)
    entries = [
        {"name": name, "label": label, "shows": SHOWS[name], "kinds": kinds}
        for name, label in NAMES.items()
        if name in names or (name == "sroc-quality" and rated)
    ]
    return {
        "all_figures": entries,
        "figure_files": [entry for entry in entries if entry["name"] not in BY_PREVALENCE],
        "figure_files_by_prevalence": [
            entry for entry in entries if entry["name"] in BY_PREVALENCE
        ],
    }


def draw(
    run: Run, file: str, *, viewer: Any, urls: Sequence[str], prevalence: str = ""
) -> tuple[bytes, str]:
    """Return a figure of `FILES` and its content type.

    Raises
    ------
    DomainError
        The result does not support it, or the prevalence is none.
    """
    name, kind, content_type = FILES[file]
    drawn, wishes = _wished(run, name, viewer, share_of(prevalence))
    return bridge.figure_file(run.result, drawn, kind, urls=urls, **wishes), content_type


def picture(run: Run, name: str, *, viewer: Any, share: float | None) -> dict[str, Any]:
    """Return a figure of `NAMES` to be looked at, see `bridge.figure_picture`.

    Raises
    ------
    DomainError
        The result does not support it.
    """
    drawn, wishes = _wished(run, name, viewer, share)
    return bridge.figure_picture(run.result, drawn, **wishes)


def _wished(run: Run, name: str, viewer: Any, share: float | None) -> tuple[str, dict[str, Any]]:
    """Return what the statistics call a figure, and what it is to be told."""
    more: dict[str, Any] = {}
    if name in BY_PREVALENCE and share is not None:
        more["prevalences"] = [share]
    if name == "tree":
        more["condition"] = _condition(run)
    if name != "sroc-quality":
        return name, more
    more["domains"], more["quality"] = bias_of(run.review, _studies(run), viewer=viewer)
    if not any(more["quality"]):
        raise DomainError("None of these studies has an agreed rating of its risk of bias.")
    return "sroc", more


def _studies(run: Run) -> list[int]:
    return [row["study"] for row in run.inputs]


def _condition(run: Run) -> str:
    """Return the target condition, if the tables share one."""
    names = {row["target_condition"] for row in run.inputs}
    return names.pop() if len(names) == 1 else ""
