"""Rows of sensitivity and specificity with intervals, side by side: what leaving studies out and
covariates have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.figures import words
from analysis.figures.fonts import printable, width_of
from analysis.figures.scales import Scale, tick_label
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    INK,
    PALE,
    SIZE,
    TINT,
    TINY,
    TWO_COLUMNS,
    DescribedFigure,
    Sheet,
    height_of,
)
from analysis.results import ARMS

_MARGIN, _HEAD, _GAP = 2.0, 9.0, 4.0
_MANY, _LONGEST_LABEL = 50, 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: an estimate per arm, or a head without any.

    Attributes
    ----------
    label : str
    count : str
        What stands in the narrow column beside the label.
    arms : mapping or None
        "sensitivity" and "specificity", each with "estimate" and "wald"; None for a head.
    tests : mapping, optional
        Of a head: what stands in the column of each arm.
    missing : bool
        Whether the row says "not estimable" instead of estimates.
    indent : float
        Of the label, in mm.
    title, url : str
        What the row is called and where it leads.
    flagged, bold : bool
    """

    label: str
    count: str = ""
    arms: dict[str, Any] | None = None
    tests: dict[str, str] = field(default_factory=dict)
    missing: bool = False
    indent: float = 0.0
    title: str = ""
    url: str = ""
    flagged: bool = False
    bold: bool = False


def paired_figure(
    rows: Sequence[Row],
    *,
    heads: tuple[str, str],
    title: str,
    description: str,
    notes: Sequence[str],
    reference: dict[str, Any] | None = None,
    zoom: bool = False,
) -> DescribedFigure:
    """Draw the rows in two panels.

    Parameters
    ----------
    rows : sequence of Row
    heads : tuple of str
        Of the labels and of the narrow column.
    title, description : str
    notes : sequence of str
        Sentences below the panels.
    reference : dict, optional
        An estimate with interval per arm, drawn as a line and a band behind all rows.
    zoom : bool
        Whether the axes show only the range of the values instead of 0 to 1.
    """
    many = len(rows) > _MANY
    size, step = (TINY, 2.9) if many else (SIZE, 4.0)
    bottom = _HEAD + step * len(rows) + 0.8
    room = TWO_COLUMNS - 2 * _MARGIN
    height = bottom + 10.0 + height_of(notes, room) + 0.5
    sheet = Sheet(TWO_COLUMNS, height, title=title, description=description)
    label, count, ends, scales = _columns(rows, heads, size, reference, zoom=zoom)
    _heads(sheet, heads, size, count, ends, scales)
    for scale, arm in zip(scales, ARMS, strict=True):
        _axis(sheet, scale, bottom, arm, (reference or {}).get(arm))
    for i, row in enumerate(rows):
        y = _HEAD + step * (i + 0.5)
        _draw_row(sheet, row, i, y, size, (label, count), ends, scales)
    y = bottom + 10.0
    for note in notes:
        y = sheet.note(_MARGIN, y, note, room)
    return sheet.figure


def _columns(
    rows: Sequence[Row],
    heads: tuple[str, str],
    size: float,
    reference: dict[str, Any] | None,
    *,
    zoom: bool,
) -> tuple[float, float, tuple[float, float], tuple[Scale, Scale]]:
    """Return room for labels, end of the counts, ends of the numbers, and the two scales."""
    labels = [width_of(printable(row.label), size, "bold") + row.indent for row in rows]
    widest = max(labels, default=0.0)
    label = min(max(widest, width_of(heads[0], size, "bold"), 12.0), _LONGEST_LABEL)
    counts = [width_of(heads[1], size, "bold"), *(width_of(row.count, size) for row in rows)]
    count = _MARGIN + label + 3.0 + max(counts)
    left = count + _GAP
    arm = (TWO_COLUMNS - _MARGIN - left - _GAP) / 2
    printed = width_of("0.00 (0.00 to 0.00)", size, "bold") + 2.5
    starts = (left, left + arm + _GAP)
    scales = [
        _scale(rows, name, start + 1.5, start + arm - printed, reference, zoom=zoom)
        for name, start in zip(ARMS, starts, strict=True)
    ]
    return label, count, (starts[0] + arm, starts[1] + arm), (scales[0], scales[1])


def _scale(
    rows: Sequence[Row],
    arm: str,
    start: float,
    stop: float,
    reference: dict[str, Any] | None,
    *,
    zoom: bool,
) -> Scale:
    sides = [row.arms[arm] for row in rows if row.arms] + ([reference[arm]] if reference else [])
    values = [x for side in sides for x in side["wald"]]
    if not zoom or not values:
        return Scale(low=0.0, high=1.0, start=start, stop=stop)
    low, high = min(values), max(values)
    room = max(0.05 * (high - low), 0.01)
    return Scale(low=max(low - room, 0.0), high=min(high + room, 1.0), start=start, stop=stop)


def _heads(
    sheet: Sheet,
    heads: tuple[str, str],
    size: float,
    count: float,
    ends: tuple[float, float],
    scales: tuple[Scale, Scale],
) -> None:
    y = _HEAD - 3.0
    sheet.text(_MARGIN, y, heads[0], size=size, bold=True)
    sheet.text(count, y, heads[1], size=size, bold=True, align="right")
    for scale, end, arm in zip(scales, ends, ARMS, strict=True):
        sheet.text(scale.start, y, arm.capitalize(), size=size, bold=True)
        sheet.text(end, y, "(95% CI)", size=size, bold=True, align="right")
    sheet.line([(_MARGIN, _HEAD - 0.8), (TWO_COLUMNS - _MARGIN, _HEAD - 0.8)], width=0.5)


def _axis(sheet: Sheet, scale: Scale, bottom: float, arm: str, side: Any) -> None:
    if side:
        low, high = (scale.at(x) for x in side["wald"])
        sheet.box(low, _HEAD - 0.3, high - low, bottom - _HEAD + 0.3, fill=TINT)
    for value in scale.ticks(min(int((scale.stop - scale.start) / 5.0), 6)):
        x = scale.at(value)
        sheet.line([(x, _HEAD - 0.3), (x, bottom)], color=PALE, width=0.3)
        sheet.line([(x, bottom), (x, bottom + 0.9)], width=0.5)
        sheet.text(x, bottom + 2.4, tick_label(value), size=TINY - 0.5, align="center")
    if side:
        x = scale.at(side["estimate"])
        sheet.line([(x, _HEAD - 0.3), (x, bottom)], color=ACCENT, style=DASHED)
    sheet.line([(scale.start, bottom), (scale.stop, bottom)], width=0.6)
    middle = (scale.start + scale.stop) / 2
    sheet.text(middle, bottom + 5.6, arm.capitalize(), size=TINY, align="center")


def _draw_row(
    sheet: Sheet,
    row: Row,
    i: int,
    y: float,
    size: float,
    left: tuple[float, float],
    ends: tuple[float, float],
    scales: tuple[Scale, Scale],
) -> None:
    label, count = left
    mark = sheet.name(f"study-{i + 1}", row.title or row.label, row.url)
    start = _MARGIN + row.indent
    room = label + 1.0 - row.indent
    sheet.text(start, y, row.label, size=size, bold=row.bold, room=room, mark=mark)
    for end, arm in zip(ends, ARMS, strict=True):
        beside = "not estimable" if row.missing else row.tests.get(arm, "")
        sheet.text(end, y, beside, size=size, bold=not row.missing, align="right")
    sheet.text(count, y, row.count, size=size, align="right")
    for scale, end, arm in zip(scales, ends, ARMS, strict=True):
        side = (row.arms or {}).get(arm)
        if side is None:
            continue
        printed = words.with_interval(side["estimate"], side["wald"])
        sheet.text(end, y, printed, size=size, bold=row.bold, align="right")
        _interval(sheet, scale, side, y, row, f"mark-{i + 1}-{arm}")


def _interval(
    sheet: Sheet, scale: Scale, side: dict[str, Any], y: float, row: Row, mark: str
) -> None:
    sheet.name(mark, row.title or row.label)
    low, high = (scale.at(bound) for bound in side["wald"])
    color = ACCENT if row.flagged else INK
    sheet.line([(low, y), (high, y)], color=color, width=1.3 if row.flagged else 0.7)
    shape, radius = ("diamond", 1.1) if row.flagged or row.bold else ("square", 0.75)
    place = scale.at(side["estimate"])
    sheet.dot(place, y, radius, shape, fill=color, edge=color, width=0, mark=mark)
