"""Risk of bias and applicability: a traffic light of every study, and bars of all."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.fonts import printable, width_of, wrapped
from analysis.figures.sheet import (
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
    line_height,
)
from analysis.quality import LEVELS, Judgements

# Fill, sign, colour of the sign, hatching: colour is the least of four differences.
LOOKS = {
    "low": ("#00735c", "+", WHITE, ""),
    "unclear": ("#f0c33c", "?", "#2a2200", "...."),
    "high": ("#b0430a", "\u2212", WHITE, "////"),
}
_MARGIN, _MANY, _LONGEST_LABEL = 2.0, 50, 52.0
_HALVES = {False: "Risk of bias", True: "Applicability concerns"}


def traffic_figure(table: Judgements, *, urls: Sequence[str] | None = None) -> DescribedFigure:
    """Draw one sign per study and domain: + in a circle, ? in a soft square, minus in a square.

    Parameters
    ----------
    table : Judgements
    urls : sequence of str, optional
        Where each study's row leads.
    """
    many = len(table.labels) > _MANY
    size, row = (TINY, 3.6) if many else (SIZE, 5.0)
    widest = max(width_of(printable(label), size) for label in table.labels)
    left = _MARGIN + min(widest, _LONGEST_LABEL) + 5.0
    split = [domain.concern for domain in table.domains]
    gap = 4.0 if len(set(split)) > 1 else 0.0
    step = min((TWO_COLUMNS - _MARGIN - left - gap) / len(split), 19.0)
    middles = [left + (i + 0.5) * step + gap * concern for i, concern in enumerate(split)]
    heads = [wrapped(printable(domain.name), step - 1.0, TINY) for domain in table.domains]
    head = 8.0 + line_height(TINY) * max(len(lines) for lines in heads)
    height = head + row * len(table.labels) + 8.5
    sheet = Sheet(
        TWO_COLUMNS, height, title="Risk of bias and applicability", description=describe(table)
    )
    _traffic_heads(sheet, table, middles, heads, step, head)
    for i in range(len(table.labels)):
        y = head + row * (i + 0.5)
        _traffic_row(sheet, table, i, y, size, row, left - 4.0 - _MARGIN, middles, urls)
        below = y + row / 2
        sheet.line([(_MARGIN, below), (middles[-1] + step / 2, below)], color=PALE, width=0.3)
    _key(sheet, _MARGIN, height - 4.0, signs=True, gaps=any(None in row for row in table.levels))
    return sheet.figure


def _traffic_heads(
    sheet: Sheet,
    table: Judgements,
    middles: Sequence[float],
    heads: Sequence[Sequence[str]],
    step: float,
    head: float,
) -> None:
    for concern, name in _HALVES.items():
        there = [
            x for x, domain in zip(middles, table.domains, strict=True) if domain.concern is concern
        ]
        if there:
            sheet.text((there[0] + there[-1]) / 2, 3.2, name, size=SIZE, bold=True, align="center")
            ends = [(there[0] - step / 2 + 0.5, 5.6), (there[-1] + step / 2 - 0.5, 5.6)]
            sheet.line(ends, color=GREY, width=0.5)
    for x, lines in zip(middles, heads, strict=True):
        for i, line in enumerate(lines):
            sheet.text(x, 7.8 + i * line_height(TINY), line, size=TINY, align="center")
    sheet.text(_MARGIN, head - 2.5, "Study", size=SIZE, bold=True)


def _traffic_row(
    sheet: Sheet,
    table: Judgements,
    i: int,
    y: float,
    size: float,
    row: float,
    room: float,
    middles: Sequence[float],
    urls: Sequence[str] | None,
) -> None:
    judged = table.levels[i]
    told = "; ".join(
        f"{domain.name}{' (applicability)' if domain.concern else ''} {level or 'not judged'}"
        for domain, level in zip(table.domains, judged, strict=True)
    )
    title = f"{table.labels[i]}: {told}"
    mark = sheet.name(f"study-{i + 1}", title, urls[i] if urls else "")
    sheet.text(_MARGIN, y, table.labels[i], size=size, room=room, mark=mark)
    for d, (x, level) in enumerate(zip(middles, judged, strict=True)):
        part = sheet.name(f"mark-{i + 1}-{d + 1}", f"{table.labels[i]}: {table.domains[d].name}")
        _sign(sheet, x, y, row * 0.4, level, part)


def _sign(sheet: Sheet, x: float, y: float, radius: float, level: str | None, mark: str) -> None:
    if level is None:
        sheet.dot(x, y, radius * 0.35, fill=WHITE, edge=GREY, width=0.4, mark=mark)
        return
    fill, sign, color, _ = LOOKS[level]
    if level == "low":
        sheet.dot(x, y, radius, fill=fill, edge=fill, width=0.4, mark=mark)
    elif level == "high":
        sheet.dot(x, y, radius, "square", fill=fill, edge=fill, width=0.4, mark=mark)
    else:
        sheet.dot(x, y, radius, "octagon", fill=fill, edge="#7d5200", width=0.5, mark=mark)
    sheet.text(x, y, sign, size=radius * 4.0, color=color, bold=True, align="center")


def bars_figure(table: Judgements) -> DescribedFigure:
    """Draw the share of studies at each level, by domain: stacked bars, patterned as well."""
    split = {x: [i for i, d in enumerate(table.domains) if d.concern is x] for x in _HALVES}
    halves = {concern: rows for concern, rows in split.items() if rows}
    widest = max(width_of(printable(domain.name), SIZE) for domain in table.domains)
    left = _MARGIN + min(widest, _LONGEST_LABEL) + 3.0
    right = TWO_COLUMNS - _MARGIN - 4.0
    height = 4.0 + sum(6.0 + 6.0 * len(rows) for rows in halves.values()) + 11.5
    sheet = Sheet(
        TWO_COLUMNS,
        height,
        title="Risk of bias and applicability, share of studies",
        description=describe(table),
    )
    y = 4.0
    for concern, rows in halves.items():
        sheet.text(_MARGIN, y, _HALVES[concern], size=SIZE, bold=True)
        y += 5.5
        for i in rows:
            _bar(sheet, table, i, (left, right, y))
            y += 6.0
        y += 0.5
    _percent_axis(sheet, left, right, y - 2.0)
    _key(sheet, left, height - 4.0, signs=False)
    return sheet.figure


def _bar(sheet: Sheet, table: Judgements, domain: int, place: tuple[float, float, float]) -> None:
    left, right, y = place
    counts = table.counts(domain)
    total = sum(counts.values())
    sheet.text(_MARGIN, y, table.domains[domain].name, size=SIZE, room=left - _MARGIN - 2.0)
    x = left
    for level in LEVELS:
        if not counts[level]:
            continue
        width = (right - left) * counts[level] / total
        fill, _, color, hatch = LOOKS[level]
        name = f"{table.domains[domain].name}: {counts[level]} of {total} {level}"
        mark = sheet.name(f"mark-{domain + 1}-{level}", name)
        edge = WHITE if level == "high" else "#7d5200" if level == "unclear" else fill
        sheet.box(x, y - 2.1, width, 4.2, fill=fill, edge=edge, hatch=hatch, width=0.0, mark=mark)
        sheet.box(x, y - 2.1, width, 4.2, edge=INK, width=0.4)
        label = f"{counts[level]}"
        room = width_of(label, SMALL, "bold") + 1.6
        if width > room + 0.6:
            middle = x + width / 2
            # The pattern must not run through the number.
            sheet.box(middle - room / 2, y - 1.5, room, 3.0, fill=fill)
            sheet.text(middle, y, label, size=SMALL, color=color, bold=True, align="center")
        x += width


def _percent_axis(sheet: Sheet, left: float, right: float, y: float) -> None:
    sheet.line([(left, y), (right, y)], width=0.6)
    for share in (0, 25, 50, 75, 100):
        x = left + (right - left) * share / 100
        sheet.line([(x, y), (x, y + 1.0)], width=0.5)
        sheet.text(x, y + 2.8, f"{share}%", size=TINY, align="center")


def _key(sheet: Sheet, x: float, y: float, *, signs: bool, gaps: bool = False) -> None:
    for level in LEVELS:
        fill, _, _, hatch = LOOKS[level]
        if signs:
            _sign(sheet, x + 1.6, y, 1.6, level, "")
        else:
            edge = WHITE if level == "high" else "#7d5200" if level == "unclear" else fill
            sheet.box(x, y - 1.5, 6.0, 3.0, fill=fill, hatch=hatch, edge=edge, width=0.0)
            sheet.box(x, y - 1.5, 6.0, 3.0, edge=INK, width=0.4)
        start = x + (4.2 if signs else 7.2)
        sheet.text(start, y, level.capitalize(), size=SMALL)
        x = start + width_of(level.capitalize(), SMALL) + 6.0
    if gaps:
        _sign(sheet, x + 1.6, y, 1.6, None, "")
        sheet.text(x + 4.2, y, "Not judged", size=SMALL)


def describe(table: Judgements) -> str:
    """Say how many studies have each level, by domain."""
    parts: list[Any] = [words.studies(len(table.labels))]
    for i, domain in enumerate(table.domains):
        half = _HALVES[domain.concern].lower()
        counts = ", ".join(f"{count} {level}" for level, count in table.counts(i).items())
        parts.append(f"{domain.name} ({half}): {counts}")
    return ". ".join(parts) + "."
