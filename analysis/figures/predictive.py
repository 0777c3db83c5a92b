"""Predictive values against prevalence, and what they mean for a thousand people."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.fonts import width_of
from analysis.figures.scales import Plot, draw_band, draw_edges, draw_frame, unit_scale
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    DOTTED,
    GREY,
    INK,
    ONE_COLUMN,
    SIZE,
    SMALL,
    TINT,
    TINY,
    TWO_COLUMNS,
    WHITE,
    DescribedFigure,
    Sheet,
)

_LEFT, _TOP, _SIDE = 13.0, 2.5, 69.0
_ORANGE, _PEACH = "#b0430a", "#f6dfd3"
_VALUES = (
    ("ppv", "Positive predictive value", ACCENT, TINT, "-"),
    ("npv", "Negative predictive value", _ORANGE, _PEACH, DASHED),
)


def predictive_figure(
    curve: Sequence[dict[str, Any]], chosen: Sequence[dict[str, Any]] = ()
) -> DescribedFigure:
    """Draw both predictive values over all prevalences, with 95 % bands.

    Parameters
    ----------
    curve : sequence of dict
        What `analysis.predictive.predictive_curve` returned.
    chosen : sequence of dict
        Prevalences to mark, as `analysis.predictive.AtPrevalence.to_dict` gives them.
    """
    told = [
        f"At a prevalence of {words.chosen_percent(at['prevalence'])}: "
        + ", ".join(
            f"{name.lower()} {words.with_interval(at[key]['estimate'], at[key]['interval'])}"
            for key, name, *_ in _VALUES
        )
        + "."
        for at in chosen
    ]
    height = _TOP + _SIDE + 9.5 + 4.0 * (2 + bool(chosen)) + 1.0
    title = "Predictive values against prevalence"
    sheet = Sheet(ONE_COLUMN, height, title=title, description=" ".join([title + ".", *told]))
    plot = Plot(x=unit_scale(_LEFT, _LEFT + _SIDE), y=unit_scale(_TOP + _SIDE, _TOP))
    for key, _, _, fill, _ in _VALUES:
        draw_band(sheet, plot, _band(curve, key), fill=fill)
    draw_frame(sheet, plot, across="Prevalence (pre-test probability)", up="Predictive value")
    for key, _, color, _, stroke in _VALUES:
        line = [plot.at(at["prevalence"], at[key]["estimate"]) for at in curve]
        sheet.line(line, color=color, width=1.3, style=stroke)
        draw_edges(sheet, plot, _band(curve, key), color=color, style=stroke)
    for at in chosen:
        _mark(sheet, plot, at)
    _legend(sheet, bool(chosen))
    return sheet.figure


def _band(curve: Sequence[dict[str, Any]], key: str) -> list[tuple[float, float, float]]:
    return [(at["prevalence"], *at[key]["interval"]) for at in curve]


def _mark(sheet: Sheet, plot: Plot, at: dict[str, Any]) -> None:
    x = plot.x.at(at["prevalence"])
    sheet.line([(x, plot.y.start), (x, plot.y.stop)], color=GREY, width=0.6, style=DOTTED)
    for key, name, color, _, _ in _VALUES:
        title = (
            f"{name} at {words.chosen_percent(at['prevalence'])}: "
            f"{words.with_interval(at[key]['estimate'], at[key]['interval'])}"
        )
        mark = sheet.name(f"mark-{key}-{at['prevalence']:g}", title)
        place = plot.at(at["prevalence"], at[key]["estimate"])
        sheet.dot(*place, 1.1, fill=WHITE, edge=color, width=1.0, mark=mark)


def _legend(sheet: Sheet, chosen: bool) -> None:
    y = _TOP + _SIDE + 11.0
    for _, name, color, fill, stroke in _VALUES:
        sheet.box(_LEFT, y - 1.3, 8.0, 2.6, fill=fill)
        sheet.line([(_LEFT, y), (_LEFT + 8.0, y)], color=color, width=1.3, style=stroke)
        sheet.text(_LEFT + 10.0, y, f"{name}, 95% band", size=SMALL)
        y += 4.0
    if chosen:
        sheet.line([(_LEFT, y), (_LEFT + 8.0, y)], color=GREY, width=0.6, style=DOTTED)
        sheet.text(_LEFT + 10.0, y, "Prevalence marked by circles", size=SMALL)


# ---- natural frequencies ----

_TREE = 58.0
_BRANCHES = (
    ("tp", "True positive", "test positive", True),
    ("fn", "False negative", "missed by the test", True),
    ("fp", "False positive", "false alarm", False),
    ("tn", "True negative", "test negative", False),
)
_BOX = 11.0


def tree_figure(chosen: Sequence[dict[str, Any]], *, condition: str = "") -> DescribedFigure:
    """Draw what happens to 1000 people tested, one tree per prevalence.

    Parameters
    ----------
    chosen : sequence of dict
        As `analysis.predictive.AtPrevalence.to_dict` gives them.
    condition : str
        What the test looks for; "the target condition" if not said.
    """
    condition = condition or "the target condition"
    told = [_tree_told(at, condition) for at in chosen]
    sheet = Sheet(
        TWO_COLUMNS,
        _TREE * len(chosen) + 1.0,
        title="Natural frequencies per 1000 people tested",
        description=" ".join(told),
    )
    for i, at in enumerate(chosen):
        _tree(sheet, at, _TREE * i, condition)
    return sheet.figure


def _tree(sheet: Sheet, at: dict[str, Any], top: float, condition: str) -> None:
    whole, half = at["natural_frequencies"], TWO_COLUMNS / 2
    arms = (whole["tp"] + whole["fn"], whole["fp"] + whole["tn"])
    middles = (half / 2 + 1.0, 1.5 * half - 1.0)
    heads = (f"with {condition}", f"without {condition}")
    root = f"1000 people tested, prevalence {words.chosen_percent(at['prevalence'])}"
    _box(sheet, half, top + 8.0, 78.0, [root], strong=True)
    for x, number, head in zip(middles, arms, heads, strict=True):
        sheet.line([(half, top + 8.0 + _BOX / 2), (x, top + 25.5 - _BOX / 2)], width=0.7)
        _box(sheet, x, top + 25.5, 62.0, [f"{number} {head}"], strong=True)
    for i, (cell, name, meaning, diseased) in enumerate(_BRANCHES):
        parent, x = middles[0 if diseased else 1], TWO_COLUMNS * (2 * i + 1) / 8
        sheet.line([(parent, top + 25.5 + _BOX / 2), (x, top + 44.0 - 7.0)], width=0.7)
        bounds = at["per_1000"][cell]["interval"]
        lines = [
            f"{whole[cell]}",
            name.lower(),
            f"95% CI {words.span(_around(bounds, whole[cell]), '{:.0f}'.format)}",
        ]
        wrong = cell in ("fn", "fp")
        _box(sheet, x, top + 44.0, 40.0, lines, wrong=wrong, mark=cell, meaning=meaning)


def _around(bounds: Sequence[float], whole: int) -> list[float]:
    """Return rounded bounds that hold the rounded estimate."""
    return [min(round(bounds[0]), whole), max(round(bounds[1]), whole)]


def _box(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    lines: Sequence[str],
    *,
    strong: bool = False,
    wrong: bool = False,
    mark: str = "",
    meaning: str = "",
) -> None:
    height = _BOX if len(lines) == 1 else 14.0
    if mark:
        mark = sheet.name(f"mark-{mark}-{y:g}", f"{lines[0]} of 1000 {lines[1]}: {meaning}")
    look: dict[str, Any] = {"fill": WHITE, "edge": INK, "width": 0.7}
    if wrong:
        # A dashed frame says "wrong" without colour.
        look |= {"edge": _ORANGE, "style": DASHED, "width": 1.0, "fill": "#fdf3ec"}
    sheet.box(x - width / 2, y - height / 2, width, height, mark=mark, **look)
    for i, line in enumerate(lines):
        at = y + (i - (len(lines) - 1) / 2) * 4.0
        bold = strong or i == 0
        size = 8.0 if len(lines) > 1 and i == 0 else SIZE if i == 0 else SMALL
        fits = size if width_of(line, size, "bold") < width - 2 else TINY
        sheet.text(x, at, line, size=fits, bold=bold, align="center", room=width - 2.0)


def _tree_told(at: dict[str, Any], condition: str) -> str:
    whole = at["natural_frequencies"]
    cells = ", ".join(f"{whole[cell]} {name.lower()}" for cell, name, *_ in _BRANCHES)
    return (
        f"Of 1000 people tested at a prevalence of {words.chosen_percent(at['prevalence'])} of "
        f"{condition}: {cells}."
    )
