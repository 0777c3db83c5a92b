"""Sensitivity and specificity as functions of the threshold."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.scales import (
    Plot,
    Scale,
    around,
    draw_band,
    draw_edges,
    draw_frame,
    nothing_here,
    tick_label,
)
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    DOTTED,
    GREY,
    INK,
    SMALL,
    TINT,
    TWO_COLUMNS,
    WHITE,
    DescribedFigure,
    Sheet,
    height_of,
)

_TOP, _SIDE, _GUTTER = 6.0, 68.0, 22.0
_ORANGE, _PEACH = "#b0430a", "#f6dfd3"
_ARMS = (
    ("sensitivity", ACCENT, TINT, "-", "circle"),
    ("specificity", _ORANGE, _PEACH, DASHED, "up"),
)


def thresholds_figure(
    result: dict[str, Any], observed: Sequence[dict[str, Any]], *, name: str = "Threshold"
) -> DescribedFigure:
    """Draw both curves with bands over the thresholds, and the ROC curve they trace.

    Parameters
    ----------
    result : dict
        What `analysis.thresholds.Thresholds.to_dict` returned.
    observed : sequence of dict
        Of each table: "study", "threshold", "sensitivity" and "specificity", the last two None
        where nobody was in that arm.
    name : str
        Of the marker, with its unit.
    """
    notes = _notes(result)
    room = TWO_COLUMNS - 18.0
    height = _TOP + _SIDE + 17.0 + height_of(notes, room) + 1.0
    title = "Accuracy at several thresholds"
    sheet = Sheet(TWO_COLUMNS, height, title=title, description=_told(result, observed))
    _by_threshold(sheet, result, observed, name)
    _roc(sheet, result, observed)
    _legend(sheet, result)
    y = _TOP + _SIDE + 16.5
    for note in notes:
        y = sheet.note(13.0, y, note, room)
    return sheet.figure


def _by_threshold(
    sheet: Sheet, result: dict[str, Any], observed: Sequence[dict[str, Any]], name: str
) -> None:
    cuts = [each["threshold"] for each in observed]
    log = result["scale"] == "log"
    plot = Plot(
        x=around(cuts, 13.0, 13.0 + _SIDE, log=log),
        y=Scale(low=0.0, high=1.0, start=_TOP + _SIDE, stop=_TOP),
    )
    for arm, _, fill, _, _ in _ARMS:
        draw_band(sheet, plot, _band(result, arm), fill=fill)
    scale = " (log scale)" if log else ""
    draw_frame(sheet, plot, across=f"{name}{scale}", up="Sensitivity, specificity")
    for arm, color, _, stroke, shape in _ARMS:
        radius = 0.8 if len(observed) <= 60 else 0.6
        for i, each in enumerate(observed):
            if each[arm] is not None:
                mark = sheet.name(f"mark-{i + 1}-{arm}", _point(each))
                place = plot.at(each["threshold"], each[arm])
                sheet.dot(*place, radius, shape, fill="none", edge=color, width=0.5, mark=mark)
        line = [plot.at(at["threshold"], at[arm]["estimate"]) for at in result["curve"]]
        if line:
            sheet.line(line, color=color, width=1.4, style=stroke)
        draw_edges(sheet, plot, _band(result, arm), color=color, style=stroke)
    best = result["optimal"]
    if best and plot.x.holds(best["threshold"]):
        x = plot.x.at(best["threshold"])
        sheet.line([(x, plot.y.start), (x, plot.y.stop)], color=INK, width=0.8, style=DOTTED)


def _band(result: dict[str, Any], arm: str) -> list[tuple[float, float, float]]:
    return [(at["threshold"], *at[arm]["ci"]) for at in result["curve"]]


def _roc(sheet: Sheet, result: dict[str, Any], observed: Sequence[dict[str, Any]]) -> None:
    left = 13.0 + _SIDE + _GUTTER
    side = min(_SIDE, TWO_COLUMNS - left - 3.0)
    plot = Plot(
        x=Scale(low=0.0, high=1.0, start=left, stop=left + side),
        y=Scale(low=0.0, high=1.0, start=_TOP + _SIDE, stop=_TOP + _SIDE - side),
    )
    labels = {value: f"{1 - value:.1f}" for value in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}
    heights = {1 - value: label for value, label in labels.items()}
    draw_frame(
        sheet, plot, across="Specificity", up="Sensitivity", x_labels=labels, y_labels=heights
    )
    for places in _by_study(plot, observed):
        if len(places) > 1:
            sheet.line(places, color=GREY, width=0.4)
        for place in places:
            sheet.dot(*place, 0.6, fill=WHITE, edge=GREY, width=0.4)
    curve = [
        plot.at(1 - at["specificity"]["estimate"], at["sensitivity"]["estimate"])
        for at in result["curve"]
    ]
    if curve:
        sheet.line(curve, color=INK, width=1.3)
    else:
        nothing_here(sheet, plot, str(result["reason"]))
    best = result["optimal"]
    if best:
        place = plot.at(1 - best["specificity"]["estimate"], best["sensitivity"]["estimate"])
        sheet.dot(*place, 1.5, "diamond", fill=ACCENT, edge=WHITE, width=0.5)


def _by_study(plot: Plot, observed: Sequence[dict[str, Any]]) -> list[list[tuple[float, float]]]:
    """Return the points of each study that have both arms, by threshold."""
    studies: dict[str, list[tuple[float, float]]] = {}
    for each in sorted(observed, key=lambda each: each["threshold"]):
        if each["sensitivity"] is not None and each["specificity"] is not None:
            place = plot.at(1 - each["specificity"], each["sensitivity"])
            studies.setdefault(each["study"], []).append(place)
    return list(studies.values())


def _legend(sheet: Sheet, result: dict[str, Any]) -> None:
    x, y = 13.0, _TOP + _SIDE + 12.0
    for arm, color, fill, stroke, shape in _ARMS:
        sheet.box(x, y - 1.3, 8.0, 2.6, fill=fill)
        sheet.line([(x, y), (x + 8.0, y)], color=color, width=1.4, style=stroke)
        sheet.dot(x + 4.0, y, 0.8, shape, fill=WHITE, edge=color, width=0.5)
        sheet.text(x + 9.5, y, arm.capitalize(), size=SMALL)
        x += 32.0
    if result["optimal"]:
        sheet.line([(x + 2.0, y - 1.5), (x + 2.0, y + 1.5)], width=0.8, style=DOTTED)
        sheet.dot(x + 6.0, y, 1.3, "diamond", fill=ACCENT, edge=WHITE, width=0.5)
        sheet.text(x + 9.5, y, "Optimal threshold", size=SMALL)


def _notes(result: dict[str, Any]) -> list[str]:
    if not result["converged"]:
        return [f"No curves: {result['reason']}"]
    notes = [
        "Points: single tables; lines on the right join those of a study. Bands: 95% confidence."
    ]
    best = result["optimal"]
    if best is None:
        return [*notes, str(result["reason"])]
    value = words.with_interval(best["threshold"], best["ci"], _three)
    text = f"Optimal threshold {value}"
    text += ", outside the observed thresholds." if best["outside_observed"] else "."
    return [*notes, text]


def _three(value: float) -> str:
    """Return a number with three digits that count."""
    return tick_label(float(f"{value:.3g}"))


def _point(each: dict[str, Any]) -> str:
    arms = ", ".join(f"{arm} {words.proportion(each[arm])}" for arm, *_ in _ARMS)
    return f"{each['study']} at {each['threshold']:g}: {arms}"


def _told(result: dict[str, Any], observed: Sequence[dict[str, Any]]) -> str:
    tables = words.counted(len(observed), "table")
    text = f"{tables} of {words.studies(result['k'])}. "
    best = result["optimal"]
    if best:
        text += ", ".join(
            f"{arm} {words.with_interval(best[arm]['estimate'], best[arm]['ci'])}"
            for arm in ("sensitivity", "specificity")
        )
        text = f"{text} at the optimal threshold. "
    return text + " ".join(_notes(result))
