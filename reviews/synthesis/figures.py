"""Figures of a finished run as files, drawn when they are asked for."""

from collections.abc import Sequence
from typing import Any

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.quality.figures import bias_of
from reviews.synthesis.models import Run

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
        {"name": name, "label": label, "kinds": kinds}
        for name, label in NAMES.items()
        if name in names or (name == "sroc-quality" and rated)
    ]
    return {
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
    more: dict[str, Any] = {}
    if name in BY_PREVALENCE and prevalence.strip():
        more["prevalences"] = [_share(prevalence)]
    if name == "tree":
        more["condition"] = _condition(run)
    if name == "sroc-quality":
        name = "sroc"
        more["domains"], more["quality"] = bias_of(run.review, _studies(run), viewer=viewer)
        if not any(more["quality"]):
            raise DomainError("None of these studies has an agreed rating of its risk of bias.")
    return bridge.figure_file(run.result, name, kind, urls=urls, **more), content_type


def _studies(run: Run) -> list[int]:
    return [row["study"] for row in run.inputs]


def _condition(run: Run) -> str:
    """Return the target condition, if the tables share one."""
    names = {row["target_condition"] for row in run.inputs}
    return names.pop() if len(names) == 1 else ""


def _share(text: str) -> float:
    """Read a prevalence in percent, the sign of percent or not.

    >>> _share("12.5"), _share(" 0,5 %")
    (0.125, 0.005)
    """
    try:
        share = float(text.strip().removesuffix("%").replace(",", ".")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise DomainError("A prevalence is a percentage between 0 and 100, both excluded.")
    return share
