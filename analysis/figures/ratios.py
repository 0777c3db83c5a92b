"""The likelihood ratio scattergram: which tests confirm, exclude, both or neither."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.scales import Plot, Scale, draw_frame, tick_label
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    GREY,
    INK,
    ONE_COLUMN,
    SMALL,
    TINY,
    WHITE,
    DescribedFigure,
    Sheet,
    height_of,
)

_LEFT, _TOP, _SIDE = 14.0, 2.5, 68.0
_NAMES = {"lr_positive": "LR+", "lr_negative": "LR\u2212"}
_CONFIRMS, _EXCLUDES = 10.0, 0.1
_NOTE = (
    "Lines at LR+ 10 and LR\u2212 0.1. Counts of studies with an empty cell have 0.5 added to each "
    "cell; points beyond the axes stand at their ends."
)


def scattergram_figure(
    studies: Sequence[dict[str, Any]],
    pooled: dict[str, Any] | None,
    *,
    urls: Sequence[str] | None = None,
) -> DescribedFigure:
    """Draw LR+ against LR- of each study and of the summary point, with its intervals.

    Parameters
    ----------
    studies : sequence of dict
        What `analysis.study_ratios.study_ratios` returned.
    pooled : dict or None
        "lr_positive" and "lr_negative", each with "estimate" and "wald".
    urls : sequence of str, optional
        Where each study leads, by its row in the data.
    """
    height = _TOP + _SIDE + 9.5 + 8.0 + height_of([_NOTE], _SIDE) + 1.5
    title = "Likelihood ratio scattergram"
    sheet = Sheet(ONE_COLUMN, height, title=title, description=_told(studies, pooled))
    plot = _plot(studies)
    _quadrants(sheet, plot)
    labels = ({v: tick_label(v) for v in scale.ticks(7)} for scale in (plot.x, plot.y))
    x_labels, y_labels = labels
    draw_frame(
        sheet,
        plot,
        across="Negative likelihood ratio",
        up="Positive likelihood ratio",
        x_labels=x_labels,
        y_labels=y_labels,
    )
    for study in studies:
        sides = ((name, study[key]["estimate"]) for key, name in _NAMES.items())
        told = ", ".join(f"{name} {words.ratio(value)}" for name, value in sides)
        title = f"{study['row'] + 1}. {study['label']}: {told}"
        mark = sheet.name(f"study-{study['row'] + 1}", title, urls[study["row"]] if urls else "")
        place = plot.at(study["lr_negative"]["estimate"], study["lr_positive"]["estimate"])
        radius = 1.1 if len(studies) <= 40 else 0.85
        sheet.dot(*place, radius, fill="none", edge=INK, width=0.7, mark=mark)
    _pooled(sheet, plot, pooled)
    _legend(sheet, pooled)
    return sheet.figure


def _plot(studies: Sequence[dict[str, Any]]) -> Plot:
    negative = [study["lr_negative"]["estimate"] for study in studies]
    positive = [study["lr_positive"]["estimate"] for study in studies]
    across = max(min([0.02, *negative]), 1e-4) / 1.5, min(max([1.0, *negative]), 10.0) * 1.3
    up = max(min([1.0, *positive]), 0.1), min(max([50.0, *positive]), 1e5)
    # The names of the quadrants stand above and below all points.
    room = (up[1] / up[0]) ** 0.1
    x = Scale(low=across[0], high=across[1], start=_LEFT, stop=_LEFT + _SIDE, log=True)
    y = Scale(low=up[0] / room, high=up[1] * room, start=_TOP + _SIDE, stop=_TOP, log=True)
    return Plot(x=x, y=y)


def _quadrants(sheet: Sheet, plot: Plot) -> None:
    x, y = plot.at(_EXCLUDES, _CONFIRMS)
    sheet.line([(x, plot.y.start), (x, plot.y.stop)], color=GREY, width=0.6, style=DASHED)
    sheet.line([(plot.x.start, y), (plot.x.stop, y)], color=GREY, width=0.6, style=DASHED)
    left, right = plot.x.start + 1.5, plot.x.stop - 1.5
    top, bottom = plot.y.stop + 2.5, plot.y.start - 2.5
    sheet.text(left, top, "Confirms and excludes", size=TINY, color=GREY)
    sheet.text(right, top, "Confirms", size=TINY, color=GREY, align="right")
    sheet.text(left, bottom, "Excludes", size=TINY, color=GREY)
    sheet.text(right, bottom, "Neither", size=TINY, color=GREY, align="right")


def _pooled(sheet: Sheet, plot: Plot, pooled: dict[str, Any] | None) -> None:
    if not _whole(pooled):
        return
    negative, positive = (pooled[f"lr_{name}"] for name in ("negative", "positive"))  # type: ignore[index]
    x, y = negative["estimate"], positive["estimate"]
    sheet.line([plot.at(bound, y) for bound in negative["wald"]], color=ACCENT, width=1.2)
    sheet.line([plot.at(x, bound) for bound in positive["wald"]], color=ACCENT, width=1.2)
    sheet.dot(*plot.at(x, y), 1.6, "diamond", fill=ACCENT, edge=WHITE, width=0.5)


def _whole(pooled: dict[str, Any] | None) -> bool:
    """Whether both ratios and all their bounds are numbers that can be drawn."""
    if pooled is None:
        return False
    sides = [pooled[f"lr_{name}"] for name in ("negative", "positive")]
    return None not in [value for side in sides for value in (side["estimate"], *side["wald"])]


def _legend(sheet: Sheet, pooled: dict[str, Any] | None) -> None:
    y = _TOP + _SIDE + 11.0
    sheet.dot(_LEFT + 4.0, y, 1.1, fill="none", width=0.7)
    sheet.text(_LEFT + 10.0, y, "Study", size=SMALL)
    y += 4.0
    if _whole(pooled):
        sheet.line([(_LEFT, y), (_LEFT + 8.0, y)], color=ACCENT, width=1.2)
        sheet.dot(_LEFT + 4.0, y, 1.4, "diamond", fill=ACCENT, edge=WHITE, width=0.5)
        sheet.text(_LEFT + 10.0, y, "Summary point with 95% intervals", size=SMALL)
    else:
        sheet.text(
            _LEFT + 10.0, y, "Not pooled: no summary could be estimated", size=SMALL, color=GREY
        )
    sheet.note(_LEFT, y + 4.2, _NOTE, _SIDE)


def _told(studies: Sequence[dict[str, Any]], pooled: dict[str, Any] | None) -> str:
    text = f"Likelihood ratios of {words.studies(len(studies))}. "
    for key, sign in _NAMES.items():
        side = (pooled or {}).get(key) or {"estimate": None, "wald": None}
        value = words.with_interval(side["estimate"], side["wald"], words.ratio)
        text += f"Pooled {sign} {value if side['estimate'] is not None else 'not estimable'}. "
    return text + _NOTE
