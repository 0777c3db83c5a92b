"""Figures as paths and places: numbers of a result in, coordinates of an SVG out. Pure.

The units are those of the viewBox; colours are classes of the stylesheet. A point of ROC space is
(1 - specificity, sensitivity); the horizontal axis shows specificity from 1 to 0.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviews.synthesis.axes import UNIT, Axis

WIDTH, HEIGHT = 456, 458
LEFT, TOP, SIDE = 46.0, 10.0, 400.0
LEGEND = (250.0, 304.0, 442.0, 384.0)

Box = tuple[float, float, float, float]
Point = Sequence[float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A study in the plot: its circle, and where its number stands (nowhere if crowded)."""

    number: int
    x: float
    y: float
    r: float
    label: str
    table: int = 0
    text_x: float | None = None
    text_y: float | None = None
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and its two labels."""

    x: float
    y: float
    across: str
    up: str

    @property
    def label_y(self) -> float:
        return self.y + 4


@dataclass(frozen=True, slots=True)
class Sroc:
    """Everything the template of the summary ROC plot writes down."""

    marks: list[Mark]
    ticks: list[Tick]
    summary: tuple[float, float] | None = None
    confidence: str = ""
    prediction: str = ""
    curve: str = ""
    legend: list[dict[str, Any]] = field(default_factory=list)
    unnumbered: int = 0

    @property
    def diamond(self) -> str:
        return diamond(*self.summary, 7.1) if self.summary else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One interval of the forest plot."""

    whisker: str = ""
    point: float | None = None
    diamond: str = ""


def across(fpr: float) -> float:
    """Return the horizontal place of 1 - specificity."""
    return round(LEFT + SIDE * fpr, 1)


def up(sensitivity: float) -> float:
    """Return the vertical place of a sensitivity."""
    return round(TOP + SIDE * (1 - sensitivity), 1)


def path(points: Iterable[Point] | None, *, closed: bool = False) -> str:
    """Return points of ROC space as an SVG path.

    >>> path([[0, 0], [1, 1]])
    'M46.0 410.0L446.0 10.0'
    """
    places = [f"{across(x)} {up(y)}" for x, y in points or ()]
    if len(places) < 2:
        return ""
    return f"M{'L'.join(places)}{'Z' if closed else ''}"


def diamond(x: float, y: float, reach: float) -> str:
    """Return a diamond around a place.

    >>> diamond(10, 10, 2)
    'M8 10L10 8L12 10L10 12Z'
    """
    left, right, top, bottom = (round(at, 1) for at in (x - reach, x + reach, y - reach, y + reach))
    return f"M{left} {y}L{x} {top}L{right} {y}L{x} {bottom}Z"


def sroc(studies: Sequence[dict[str, Any]], drawn: dict[str, Any]) -> Sroc:
    """Return the summary ROC plot.

    Parameters
    ----------
    studies : sequence of dict
        "number" (the row of the forest plot), "table", "label", "fpr", "sensitivity", "n".
    drawn : dict
        "summary", "curve", "confidence_region" and "prediction_region" as analysis gives them;
        each may be None.
    """
    summary = drawn.get("summary")
    point = (across(summary["fpr"]), up(summary["sensitivity"])) if summary else None
    confidence = path(drawn.get("confidence_region"), closed=True)
    prediction = path(drawn.get("prediction_region"), closed=True)
    curve = path(drawn.get("curve"))
    marks = _numbered(_circles(studies), point)
    return Sroc(
        marks=marks,
        ticks=_ticks(),
        summary=point,
        confidence=confidence,
        prediction=prediction,
        curve=curve,
        legend=_legend(bool(point), confidence, prediction, curve),
        unnumbered=sum(mark.text_x is None for mark in marks),
    )


def _ticks() -> list[Tick]:
    steps = [step / 5 for step in range(6)]
    return [Tick(across(at), up(at), f"{1 - at:g}", f"{at:g}") for at in steps]


def _legend(summary: bool, confidence: str, prediction: str, curve: str) -> list[dict[str, Any]]:
    entries = [
        ("pool", "Summary point", summary),
        ("conf", "95% confidence region", confidence),
        ("pred", "95% prediction region", prediction),
        ("curve", "Curve, observed range", curve),
    ]
    shown = [(kind, text) for kind, text, there in entries if there]
    first = 4 - len(shown)
    return [
        {"kind": kind, "text": text, "y": y, "diamond": diamond(271.5, y, 6.4)}
        for y, (kind, text) in zip(range(318 + 18 * first, 400, 18), shown, strict=False)
    ]


def _circles(studies: Sequence[dict[str, Any]]) -> list[Mark]:
    """Return circles that grow with the cube root of the units, the large ones first."""
    if not studies:
        return []
    most = max(study["n"] for study in studies)
    largest = 11.5 * min(1.0, (10 / len(studies)) ** 0.6)
    marks = [
        Mark(
            number=study["number"],
            table=study["table"],
            label=study["label"],
            x=across(study["fpr"]),
            y=up(study["sensitivity"]),
            r=round(2.2 + largest * math.cbrt(study["n"] / most), 1),
        )
        for study in studies
    ]
    return sorted(marks, key=lambda mark: (-mark.r, mark.number))


# Where a number may stand, in order of liking: direction, and the anchor of its text.
_PLACES = (
    (1.0, 0.0, "start"),
    (-1.0, 0.0, "end"),
    (0.7, 0.7, "start"),
    (0.7, -0.7, "start"),
    (-0.7, 0.7, "end"),
    (-0.7, -0.7, "end"),
    (0.0, 1.0, "middle"),
    (0.0, -1.0, "middle"),
)
_GAPS = (3.5, 7.0)
_LETTER, _ASCENT, _LINE = 6.9, 9.0, 11.0


def _numbered(marks: list[Mark], summary: tuple[float, float] | None) -> list[Mark]:
    """Put each number beside its circle where it covers nothing, or leave it out."""
    taken: list[Box] = [LEGEND]
    if summary:
        x, y = summary
        taken.append((x - 8, y - 8, x + 8, y + 8))
    placed = []
    # The small circles have the least room around them, and are placed first.
    for mark in sorted(marks, key=lambda mark: (mark.r, mark.number)):
        found = _place(mark, marks, taken)
        if found is None:
            placed.append(mark)
            continue
        text_x, text_y, anchor, box = found
        taken.append(box)
        placed.append(
            Mark(
                mark.number, mark.x, mark.y, mark.r, mark.label, mark.table, text_x, text_y, anchor
            )
        )
    return sorted(placed, key=lambda mark: (-mark.r, mark.number))


def _place(mark: Mark, marks: list[Mark], taken: list[Box]) -> tuple[float, float, str, Box] | None:
    width = _LETTER * len(str(mark.number))
    for gap in _GAPS:
        for dx, dy, anchor in _PLACES:
            x = mark.x + dx * (mark.r + gap)
            y = mark.y + dy * (mark.r + gap) + 4 + (4 * dy if anchor == "middle" else 0)
            start = {"start": x, "end": x - width, "middle": x - width / 2}[anchor]
            box = (start, y - _ASCENT, start + width, y - _ASCENT + _LINE)
            if _is_free(box, mark, marks, taken):
                return round(x, 1), round(y, 1), anchor, box
    return None


def _is_free(box: Box, own: Mark, marks: list[Mark], taken: list[Box]) -> bool:
    left, top, right, bottom = box
    inside = left >= LEFT + 1 and right <= LEFT + SIDE + 8 and top >= TOP - 8
    if not inside or bottom > TOP + SIDE - 1:
        return False
    if any(left < b[2] and b[0] < right and top < b[3] and b[1] < bottom for b in taken):
        return False
    return not any(_touches(box, mark) for mark in marks if mark is not own)


def _touches(box: Box, mark: Mark) -> bool:
    near_x = min(max(mark.x, box[0]), box[2])
    near_y = min(max(mark.y, box[1]), box[3])
    return math.hypot(mark.x - near_x, mark.y - near_y) < mark.r + 0.5


# ---- the forest plot ----


def interval_cell(estimate: float | None, interval: Point | None, axis: Axis = UNIT) -> Cell:
    """Return an interval: a whisker, and the left edge of its square."""
    middle = axis.place(estimate)
    if middle is None or interval is None:
        return Cell()
    low, high = (axis.place(bound) for bound in interval)
    whisker = f"M{low} 15H{high}M{low} 11V19M{high} 11V19"
    return Cell(whisker=whisker, point=round(middle - 2.6, 1))


def pooled_cell(estimate: float | None, interval: Point | None) -> Cell:
    """Return the pooled interval: a diamond as wide as it."""
    if estimate is None or interval is None or None in interval:
        return Cell()
    low, middle, high = (UNIT.place(value) for value in (interval[0], estimate, interval[1]))
    return Cell(diamond=f"M{low} 15L{middle} 7L{high} 15L{middle} 23Z")
