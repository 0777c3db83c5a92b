"""The coupled forest plot: sensitivity and specificity of each study side by side."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_ARMS = ("sensitivity", "specificity")
_CELLS = ("tp", "fp", "fn", "tn")
_INK = "#1f2a37"
_BLUE = "#1f5f99"
# Inches.
_ROW = 0.24
_TOP = 0.4
_BOTTOM = 0.4
_MARGIN = _TOP + _BOTTOM
# Where the columns of the table stand, in parts of its width.
_COLUMNS = (0.62, 0.74, 0.86, 0.98)


def forest_figure(result: dict[str, Any], *, width: float = 10.0) -> Figure:
    """Draw counts, exact intervals of each study, and the pooled estimates below.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` returned.
    width : float
        In inches; the height follows from the number of studies.
    """
    rows = result["forest"]
    height = _MARGIN + _ROW * (len(rows) + 2)
    figure = Figure(figsize=(width, height))
    # Set by hand: the layout engines differ in the last digit from run to run.
    figure.subplots_adjust(
        left=0.02, right=0.98, top=1 - _TOP / height, bottom=_BOTTOM / height, wspace=0.1
    )
    table, *panels = figure.subplots(1, 3, sharey=True, width_ratios=(1.3, 1, 1))
    _table(table, rows, pooled=result["fit"]["converged"])
    for axes, arm in zip(panels, _ARMS, strict=True):
        _panel(axes, arm, rows, result["fit"][arm])
    table.set_ylim(len(rows) + 1.5, -1.5)
    return figure


def _table(axes: Axes, rows: list[dict[str, Any]], *, pooled: bool) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.text(0, -1, "Study", weight="bold", va="center")
    for x, cell in zip(_COLUMNS, _CELLS, strict=True):
        axes.text(x, -1, cell.upper(), weight="bold", ha="right", va="center")
    for y, row in enumerate(rows):
        # A dollar sign in a name would start a formula.
        axes.text(0, y, row["label"], va="center", size=9, parse_math=False)
        for x, cell in zip(_COLUMNS, _CELLS, strict=True):
            axes.text(x, y, str(row[cell]), ha="right", va="center", size=9)
    if pooled:
        axes.text(0, len(rows) + 0.5, "Summary (95 % Wald interval)", weight="bold", va="center")


def _panel(axes: Axes, arm: str, rows: list[dict[str, Any]], pooled: dict[str, Any]) -> None:
    axes.set(xlim=(0, 1), title=arm.capitalize(), yticks=[])
    axes.spines[["top", "left", "right"]].set_visible(False)
    for y, row in enumerate(rows):
        side = row[arm]
        if side["estimate"] is not None:
            axes.plot(side["exact"], [y, y], color=_INK, linewidth=1)
            axes.plot(side["estimate"], y, marker="s", markersize=4, color=_INK, clip_on=False)
    if pooled["estimate"] is not None:
        low, high = pooled["wald"]
        middle, height = pooled["estimate"], len(rows) + 0.5
        axes.axvline(middle, color=_BLUE, linewidth=0.8, linestyle=":")
        corners = ([low, middle, high, middle], [height, height - 0.3, height, height + 0.3])
        axes.fill(*corners, color=_BLUE, clip_on=False)
