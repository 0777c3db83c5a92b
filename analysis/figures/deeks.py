"""Deeks' funnel plot."""

import math
from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.scales import Plot, around, draw_frame, nothing_here, turned
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    INK,
    ONE_COLUMN,
    WHITE,
    DescribedFigure,
    Sheet,
    height_of,
)

_LEFT, _TOP, _SIDE = 15.0, 2.5, 66.0


def deeks_figure(result: dict[str, Any], *, urls: Sequence[str] | None = None) -> DescribedFigure:
    """Draw each study's diagnostic odds ratio against its size, with the regression line.

    Parameters
    ----------
    result : dict
        What `analysis.deeks.DeeksTest.to_dict` returned.
    urls : sequence of str, optional
        Where each point leads, in the order of the points.
    """
    points = result["points"]
    notes = _notes(result)
    height = _TOP + _SIDE + 10.5 + height_of(notes, _SIDE) + 1.0
    sheet = Sheet(
        ONE_COLUMN, height, title="Deeks\u2019 funnel plot", description=" ".join(_told(result))
    )
    places = [(math.exp(p["lndor"]), p["inverse_root_ess"]) for p in points]
    plot = Plot(
        x=around([x for x, _ in places], _LEFT, _LEFT + _SIDE, log=True),
        # The large studies stand on top.
        y=turned(around([y for _, y in places], _TOP + _SIDE, _TOP)),
    )
    if points:
        draw_frame(
            sheet,
            plot,
            across="Diagnostic odds ratio",
            up="1 / root of effective sample size",
        )
    else:
        nothing_here(sheet, plot, "No study has both arms, so there is no odds ratio.")
    _line(sheet, plot, result)
    for i, (point, (x, y)) in enumerate(zip(points, places, strict=True)):
        title = (
            f"{point['label']}: diagnostic odds ratio {words.ratio(x)}, effective sample size "
            f"{point['ess']:.0f}"
        )
        mark = sheet.name(f"study-{i + 1}", title, urls[i] if urls else "")
        radius = 1.3 if len(points) <= 40 else 0.95
        sheet.dot(*plot.at(x, y), radius, fill=WHITE, edge=INK, width=0.8, mark=mark)
    y = _TOP + _SIDE + 11.0
    for note in notes:
        y = sheet.note(_LEFT, y, note, _SIDE)
    return sheet.figure


def _line(sheet: Sheet, plot: Plot, result: dict[str, Any]) -> None:
    """Draw the regression as far as it stays inside the frame."""
    if result["slope"] is None:
        return
    steps = [plot.y.low + (plot.y.high - plot.y.low) * i / 200 for i in range(201)]
    line = [(math.exp(result["intercept"] + result["slope"] * y), y) for y in steps]
    inside = [plot.at(x, y) for x, y in line if plot.x.holds(x)]
    if len(inside) > 1:
        sheet.line(inside, color=ACCENT, width=1.0, style=DASHED)


def _notes(result: dict[str, Any]) -> list[str]:
    if result["slope"] is None or result["p"] is None:
        return [f"No test: {result['reason']}"]
    return [
        f"Dashed: regression of the log odds ratio, weighted by effective sample size; slope "
        f"{words.signed(result['slope'])}, {words.p_value(result['p'])}. Asymmetry is "
        "conventionally read into p < 0.10; the test has little power."
    ]


def _told(result: dict[str, Any]) -> list[str]:
    return [
        f"{words.studies(result['k'])} by diagnostic odds ratio and size.",
        *_notes(result),
        *(w for w in result["warnings"] if w.startswith("Left out")),
    ]
