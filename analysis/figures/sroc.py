"""The summary ROC plot."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_INK = "#1f2a37"
_BLUE = "#1f5f99"
_GREY = "#8a94a3"


def sroc_figure(result: dict[str, Any], *, width: float = 5.0) -> Figure:
    """Draw studies, curve, summary point and both regions in ROC space.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` returned.
    width : float
        Width and height in inches.
    """
    figure = Figure(figsize=(width, width))
    # Set by hand: the layout engines differ in the last digit from run to run.
    figure.subplots_adjust(left=0.12, right=0.97, bottom=0.11, top=0.96)
    axes = figure.subplots()
    drawn = result["sroc"]
    _frame(axes)
    _studies(axes, drawn["studies"])
    _line(axes, drawn["curve"], "Summary ROC curve", color=_INK, linestyle="-")
    _line(axes, drawn["confidence_region"], "95 % confidence region", color=_BLUE, linestyle="--")
    _line(axes, drawn["prediction_region"], "95 % prediction region", color=_GREY, linestyle=":")
    if drawn["summary"]:
        axes.plot(
            drawn["summary"]["fpr"],
            drawn["summary"]["sensitivity"],
            marker="D",
            color=_BLUE,
            linestyle="none",
            label="Summary point",
        )
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="lower right", fontsize=8, frameon=False)
    return figure


def _frame(axes: Axes) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xlabel("1 - specificity")
    axes.set_ylabel("Sensitivity")
    axes.spines[["top", "right"]].set_visible(False)


def _studies(axes: Axes, studies: list[dict[str, Any]]) -> None:
    if not studies:
        return
    people = np.array([study["n"] for study in studies], dtype=float)
    axes.scatter(
        [study["fpr"] for study in studies],
        [study["sensitivity"] for study in studies],
        s=20 + 180 * np.sqrt(people / people.max()),
        facecolors="none",
        edgecolors=_GREY,
        label="Studies, sized by number of participants",
        clip_on=False,
    )


def _line(axes: Axes, points: list[list[float]] | None, label: str, **style: Any) -> None:
    if points:
        fpr, sensitivity = np.array(points).T
        axes.plot(fpr, sensitivity, label=label, linewidth=1.2, **style)
