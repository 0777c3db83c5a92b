"""Fagan's nomogram: from the pre-test probability over the likelihood ratio to the post-test."""

import math
from typing import Any

from analysis.figures import words
from analysis.figures.fonts import width_of
from analysis.figures.scales import Scale
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    INK,
    ONE_COLUMN,
    SMALL,
    TINY,
    WHITE,
    Align,
    DescribedFigure,
    Sheet,
    height_of,
)

_TOP, _HEIGHT = 9.0, 96.0
_BEFORE, _RATIO, _AFTER = 20.0, 42.5, 65.0
_ENDS = 0.001
_PERCENT = (
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    20,
    30,
    40,
    50,
    60,
    70,
    80,
    90,
    95,
    98,
    99,
    99.5,
    99.8,
    99.9,
)
_RATIOS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_COLOURS = {"positive": (ACCENT, "-"), "negative": ("#b0430a", DASHED)}


def fagan_figure(at: dict[str, Any], ratios: dict[str, Any]) -> DescribedFigure:
    """Draw the nomogram for one prevalence.

    Parameters
    ----------
    at : dict
        What `analysis.predictive.AtPrevalence.to_dict` returned.
    ratios : dict
        "lr_positive" and "lr_negative", each with "estimate" and "wald".
    """
    notes = _notes(at, ratios)
    height = _TOP + _HEIGHT + 6.0 + height_of(notes, ONE_COLUMN - 15.0) + 2.0
    sheet = Sheet(ONE_COLUMN, height, title="Fagan\u2019s nomogram", description=" ".join(notes))
    reach = _odds(1 - _ENDS)
    up = Scale(low=-reach, high=reach, start=_TOP + _HEIGHT, stop=_TOP)
    down = Scale(low=-reach, high=reach, start=_TOP, stop=_TOP + _HEIGHT)
    # Half as high: the middle of a straight line is the mean of its ends.
    middle = Scale(low=-2 * reach, high=2 * reach, start=_TOP + _HEIGHT, stop=_TOP)
    _probabilities(sheet, down, _BEFORE, right=False)
    _probabilities(sheet, up, _AFTER, right=True)
    for x, head in (
        (_BEFORE, "Pre-test (%)"),
        (_RATIO, "Likelihood ratio"),
        (_AFTER, "Post-test (%)"),
    ):
        sheet.text(x, 4.0, head, size=SMALL, bold=True, align="center")
    for name in ("positive", "negative"):
        _ray(sheet, down, up, at, name)
    _likelihoods(sheet, middle)
    y = _TOP + _HEIGHT + 6.0
    for note, (color, stroke) in zip(notes, [(INK, None), *_COLOURS.values()], strict=True):
        if stroke is not None:
            sheet.line([(4.0, y), (9.0, y)], color=color, style=stroke, width=1.2)
        y = sheet.note(11.0 if stroke is not None else 4.0, y, note, ONE_COLUMN - 15.0)
    return sheet.figure


def _odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _probabilities(sheet: Sheet, scale: Scale, x: float, *, right: bool) -> None:
    sheet.line([(x, scale.start), (x, scale.stop)], width=0.7)
    side = 1.0 if right else -1.0
    for percentage in _PERCENT:
        y = scale.at(_odds(percentage / 100))
        sheet.line([(x, y), (x + side * 1.2, y)], width=0.5)
        align: Align = "left" if right else "right"
        sheet.text(x + side * 2.0, y, f"{percentage:g}", size=TINY, align=align)


def _likelihoods(sheet: Sheet, scale: Scale) -> None:
    sheet.line([(_RATIO, scale.at(math.log(1000))), (_RATIO, scale.at(math.log(0.001)))], width=0.7)
    values = [*_RATIOS, 1.0, *(1 / value for value in _RATIOS)]
    for value in values:
        y = scale.at(math.log(value))
        side = 1.0 if value >= 1 else -1.0
        sheet.line([(_RATIO, y), (_RATIO + side * 1.2, y)], width=0.5)
        align: Align = "left" if value >= 1 else "right"
        label = f"{value:,.0f}" if value >= 1 else f"{value:g}"
        # A ray that crosses here must not strike the label out.
        width = width_of(label, TINY) + 0.6
        left = _RATIO + (1.7 if value >= 1 else -1.7 - width)
        sheet.box(left, y - 1.1, width, 2.2, fill=WHITE)
        sheet.text(_RATIO + side * 2.0, y, label, size=TINY, align=align)


def _ray(sheet: Sheet, down: Scale, up: Scale, at: dict[str, Any], name: str) -> None:
    color, stroke = _COLOURS[name]
    before = (_BEFORE, down.at(_odds(at["prevalence"])))
    told = at[f"post_{name}"]
    after = (_AFTER, up.at(_clipped(told["estimate"])))
    title = f"After a {name} result: {words.percent(told['estimate'])}"
    mark = sheet.name(f"mark-{name}", title)
    low, high = (up.at(_clipped(bound)) for bound in told["interval"])
    sheet.line([(_AFTER, low), (_AFTER, high)], color=color, width=2.4)
    sheet.line([before, after], color=color, width=1.2, style=stroke, mark=mark)
    for place in (before, after):
        sheet.dot(*place, 0.8, fill=color, edge=color)


def _ratio(side: dict[str, Any]) -> str:
    return words.with_interval(side["estimate"], side["wald"], words.ratio)


def _percent(side: dict[str, Any]) -> str:
    return words.with_interval(side["estimate"], side["interval"], words.percent)


def _clipped(probability: float) -> float:
    return _odds(min(max(probability, _ENDS), 1 - _ENDS))


def _notes(at: dict[str, Any], ratios: dict[str, Any]) -> list[str]:
    names = {"positive": "LR+", "negative": "LR\u2212"}
    after = [
        f"{names[name]} {_ratio(ratios[f'lr_{name}'])}: after a {name} result "
        f"{_percent(at[f'post_{name}'])}."
        for name in names
    ]
    return [
        f"Pre-test probability {words.chosen_percent(at['prevalence'])}; brackets: 95% intervals.",
        *after,
    ]
