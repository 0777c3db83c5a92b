"""The coupled forest plot: sensitivity and specificity of each study side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures import words
from analysis.figures.fonts import printable, width_of
from analysis.figures.pooled import describe, notes_of, overall, total_label
from analysis.figures.scales import Scale, unit_scale
from analysis.figures.sheet import (
    ACCENT,
    DASHED,
    GREY,
    INK,
    PALE,
    SIZE,
    SMALL,
    TINY,
    TWO_COLUMNS,
    WHITE,
    DescribedFigure,
    Sheet,
    height_of,
)
from analysis.results import ARMS

_CELLS = ("tp", "fp", "fn", "tn")
_TITLE = "Coupled forest plot of sensitivity and specificity"
_MARGIN, _HEAD, _GAP = 2.0, 9.0, 3.0
_MANY = 50
_LONGEST_LABEL, _SHORTEST_LABEL, _NARROWEST = 44.0, 14.0, 14.0
_PAGE = 235.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of the table: a study, the head of a group, or a pooled estimate."""

    kind: str
    label: str
    number: int = 0
    study: dict[str, Any] | None = None
    pooled: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where everything stands, in mm, and the size of the type."""

    size: float
    row: float
    label: float
    cells: tuple[float, ...]
    numbers: tuple[float, float]
    scales: tuple[Scale, Scale]


def forest_figure(
    result: dict[str, Any],
    *,
    groups: dict[str, Any] | None = None,
    urls: Sequence[str] | None = None,
) -> DescribedFigure:
    """Draw counts, exact intervals of each study, and the pooled estimates below.

    Squares grow with the participants of the arm, the diamond is as wide as the interval of the
    pooled estimate, and the line through it reaches over the prediction interval.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` returned.
    groups : dict, optional
        What `analysis.subgroups.subgroups` returned for the same rows.
    urls : sequence of str, optional
        Where each study's row leads.

    Returns
    -------
    DescribedFigure
        Two print columns wide; its height follows from the number of studies.
    """
    lines = _lines(result, groups)
    columns = _columns(result["forest"], lines)
    return _draw(result, lines, columns, groups, urls, last=True)


def forest_pages(
    result: dict[str, Any],
    *,
    groups: dict[str, Any] | None = None,
    urls: Sequence[str] | None = None,
) -> list[DescribedFigure]:
    """Return the same plot as pages that fit on A4 or Letter, for a PDF file."""
    lines = _lines(result, groups)
    row = _row_height(len(result["forest"]))
    most = int((_PAGE - _HEAD - _foot_height(result, groups)) / row)
    columns = _columns(result["forest"], lines)
    chunks = _chunks(lines, most)
    return [
        _draw(result, chunk, columns, groups, urls, last=chunk is chunks[-1]) for chunk in chunks
    ]


def _chunks(lines: list[_Line], most: int) -> list[list[_Line]]:
    """Cut the lines into pages; the head of a group never stands last."""
    chunks: list[list[_Line]] = []
    while lines:
        end = most
        if len(lines) > end and lines[end - 1].kind == "head":
            end -= 1
        chunks.append(lines[:end])
        lines = lines[end:]
    return chunks


def _lines(result: dict[str, Any], groups: dict[str, Any] | None) -> list[_Line]:
    rows = result["forest"]
    lines: list[_Line] = []
    if groups is None:
        lines += [_study(i, row) for i, row in enumerate(rows)]
    else:
        for group in groups["groups"]:
            lines.append(_Line(kind="head", label=f"{groups['covariate']}: {group['level']}"))
            lines += [_study(i, rows[i]) for i in group["rows"]]
            studies = words.studies(len(group["rows"]))
            label = f"{group['level']}, {studies}"
            lines.append(_Line(kind="group", label=label, pooled=group))
    lines.append(_Line(kind="total", label=total_label(result), pooled=overall(result)))
    return lines


def _study(i: int, row: dict[str, Any]) -> _Line:
    return _Line(kind="study", label=row["label"], number=i, study=row)


def _row_height(studies: int) -> float:
    return 2.9 if studies > _MANY else 3.7


def _foot_height(result: dict[str, Any], groups: dict[str, Any] | None) -> float:
    return 10.0 + height_of(notes_of(result, groups), TWO_COLUMNS - 2 * _MARGIN)


def _columns(rows: Sequence[dict[str, Any]], lines: Sequence[_Line]) -> _Columns:
    """Share the width out: counts and numbers take theirs, labels what leaves room for plots."""
    size = TINY if len(rows) > _MANY else SIZE
    if _room_for_labels(rows, size) < _SHORTEST_LABEL:
        size = TINY
    cells = _cell_widths(rows, size)
    bold = [width_of(printable(x.label), size, "bold") for x in lines if x.kind != "study"]
    plain = [width_of(printable(x.label), size) + 2.0 for x in lines if x.kind == "study"]
    room = max(_room_for_labels(rows, size), _SHORTEST_LABEL)
    label = min(max([*plain, *bold, _SHORTEST_LABEL]), _LONGEST_LABEL, room) + 2.0
    ends = [_MARGIN + label + sum(cells[: i + 1]) for i in range(len(cells))]
    left = ends[-1] + _GAP
    arm = (TWO_COLUMNS - _MARGIN - left - _GAP) / 2
    starts = (left, left + arm + _GAP)
    scales = tuple(unit_scale(x + 1.0, x + arm - _printed(size) - 1.0) for x in starts)
    return _Columns(
        size=size,
        row=_row_height(len(rows)),
        label=label,
        cells=tuple(ends),
        numbers=(starts[0] + arm, starts[1] + arm),
        scales=(scales[0], scales[1]),
    )


def _cell_widths(rows: Sequence[dict[str, Any]], size: float) -> list[float]:
    head = width_of("TN", size, "bold")
    return [
        max([head, *(width_of(f"{row[cell]:,}", size) for row in rows)]) + 2.2 for cell in _CELLS
    ]


def _printed(size: float) -> float:
    return width_of("0.00 (0.00 to 0.00)", size, "bold") + 1.5


def _room_for_labels(rows: Sequence[dict[str, Any]], size: float) -> float:
    """Return what is left for labels when both plots have the least that can be read."""
    arms = 2 * (_NARROWEST + 2.0 + _printed(size)) + 2 * _GAP
    return TWO_COLUMNS - 2 * _MARGIN - 2.0 - arms - sum(_cell_widths(rows, size))


def _draw(
    result: dict[str, Any],
    lines: Sequence[_Line],
    columns: _Columns,
    groups: dict[str, Any] | None,
    urls: Sequence[str] | None,
    *,
    last: bool,
) -> DescribedFigure:
    rows = result["forest"]
    foot = _foot_height(result, groups) if last else 8.5
    bottom = _HEAD + columns.row * len(lines) + 0.8
    sheet = Sheet(TWO_COLUMNS, bottom + foot, title=_TITLE, description=describe(result, groups))
    _head(sheet, columns)
    _grid(sheet, columns, bottom, result["fit"])
    largest = [max((row[arm]["total"] for row in rows), default=1) or 1 for arm in ARMS]
    for i, line in enumerate(lines):
        y = _HEAD + columns.row * (i + 0.5)
        if line.study:
            _draw_study(sheet, columns, line, y, largest, urls)
        else:
            _draw_pooled(sheet, columns, line, y)
    if last:
        y = bottom + 10.0
        for note in notes_of(result, groups):
            y = sheet.note(_MARGIN, y, note, TWO_COLUMNS - 2 * _MARGIN)
    return sheet.figure


def _head(sheet: Sheet, columns: _Columns) -> None:
    y = _HEAD - 3.0
    sheet.text(_MARGIN, y, "Study", size=columns.size, bold=True)
    for x, cell in zip(columns.cells, _CELLS, strict=True):
        sheet.text(x, y, cell.upper(), size=columns.size, bold=True, align="right")
    for scale, right, arm in zip(columns.scales, columns.numbers, ARMS, strict=True):
        sheet.text(scale.start, y, arm.capitalize(), size=columns.size, bold=True)
        sheet.text(right, y, "(95% CI)", size=columns.size, bold=True, align="right")
    sheet.line([(_MARGIN, _HEAD - 0.8), (TWO_COLUMNS - _MARGIN, _HEAD - 0.8)], width=0.5)


def _grid(sheet: Sheet, columns: _Columns, bottom: float, fit: dict[str, Any]) -> None:
    for scale, arm in zip(columns.scales, ARMS, strict=True):
        for value in scale.ticks(int((scale.stop - scale.start) / 4.0)):
            x = scale.at(value)
            sheet.line([(x, _HEAD - 0.3), (x, bottom)], color=PALE, width=0.3)
            sheet.line([(x, bottom), (x, bottom + 0.9)], width=0.5)
            label = f"{value:g}"
            sheet.text(x, bottom + 2.4, label, size=TINY - 0.5, align="center")
        sheet.line([(scale.start, bottom), (scale.stop, bottom)], width=0.6)
        sheet.text(
            (scale.start + scale.stop) / 2,
            bottom + 5.6,
            arm.capitalize(),
            size=SMALL if columns.size > TINY else TINY,
            align="center",
        )
        if fit[arm]["estimate"] is not None:
            x = scale.at(fit[arm]["estimate"])
            sheet.line([(x, _HEAD - 0.3), (x, bottom)], color=ACCENT, width=0.6, style=DASHED)


def _draw_study(
    sheet: Sheet,
    columns: _Columns,
    line: _Line,
    y: float,
    largest: Sequence[int],
    urls: Sequence[str] | None,
) -> None:
    row: dict[str, Any] = line.study or {}
    title = study_title(line.number, row)
    mark = sheet.name(f"study-{line.number + 1}", title, urls[line.number] if urls else "")
    room = columns.label - 1.5
    sheet.text(_MARGIN, y, row["label"], size=columns.size, room=room, mark=mark)
    for x, cell in zip(columns.cells, _CELLS, strict=True):
        sheet.text(x, y, f"{row[cell]:,}", size=columns.size, align="right")
    for i, arm in enumerate(ARMS):
        side, scale = row[arm], columns.scales[i]
        printed = words.with_interval(side["estimate"], side["exact"])
        sheet.text(columns.numbers[i], y, printed, size=columns.size, align="right")
        if side["estimate"] is None:
            continue
        part = sheet.name(f"mark-{line.number + 1}-{arm}", title)
        low, high = (scale.at(bound) for bound in side["exact"])
        sheet.line([(low, y), (high, y)], width=0.7)
        share = (side["total"] / largest[i]) ** 0.5
        radius = columns.row * (0.12 + 0.24 * share)
        sheet.dot(
            scale.at(side["estimate"]), y, radius, "square", fill=INK, edge=INK, width=0, mark=part
        )


def study_title(i: int, row: dict[str, Any]) -> str:
    """Return what is said of a study when it is pointed at."""
    arms = ", ".join(
        f"{arm} {words.with_interval(row[arm]['estimate'], row[arm]['exact'])}" for arm in ARMS
    )
    counts = ", ".join(f"{cell.upper()} {row[cell]:,}" for cell in _CELLS)
    return f"{i + 1}. {row['label']}: {arms}; {counts}"


def _draw_pooled(sheet: Sheet, columns: _Columns, line: _Line, y: float) -> None:
    total = line.kind == "total"
    if total:
        above = y - columns.row / 2
        sheet.line([(_MARGIN, above), (TWO_COLUMNS - _MARGIN, above)], color=GREY, width=0.4)
    room = columns.scales[0].start - _MARGIN - 3.0 if line.kind != "study" else None
    bold = line.kind in {"head", "total"}
    indent = _MARGIN + (2.0 if line.kind == "group" else 0.0)
    color = INK if bold else GREY
    sheet.text(indent, y, line.label, size=columns.size, bold=bold, room=room, color=color)
    for i, arm in enumerate(ARMS if line.pooled else ()):
        side: dict[str, Any] = (line.pooled or {}).get(arm) or {"estimate": None, "wald": None}
        printed = side.get("text") or words.with_interval(side["estimate"], side["wald"])
        sheet.text(columns.numbers[i], y, printed, size=columns.size, bold=total, align="right")
        if side["estimate"] is None or side["wald"] is None:
            continue
        _diamond(sheet, columns, i, y, side, solid=total and "prediction" in side)


def _diamond(
    sheet: Sheet, columns: _Columns, i: int, y: float, side: dict[str, Any], *, solid: bool
) -> None:
    scale, reach = columns.scales[i], columns.row * 0.36
    low, middle, high = (scale.at(x) for x in (side["wald"][0], side["estimate"], side["wald"][1]))
    if side.get("prediction"):
        ends = [(scale.at(bound), y) for bound in side["prediction"]]
        sheet.line(ends, color=ACCENT, width=0.7)
    corners = [(low, y), (middle, y - reach), (high, y), (middle, y + reach)]
    sheet.shape(corners, fill=ACCENT if solid else WHITE, edge=ACCENT, width=0.6)
