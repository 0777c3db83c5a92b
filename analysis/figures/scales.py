"""From values to places on a sheet: scales, ticks and frames of plots."""

import math
import sys
from dataclasses import dataclass, replace
from typing import Any

from analysis.figures.fonts import width_of
from analysis.figures.sheet import GREY, INK, PALE, SMALL, TINY, Sheet

MINUS = "\u2212"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values ``low`` to ``high`` at ``start`` to ``stop`` mm, evenly or by their logarithms."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the place of a value, in mm; values beyond an end stand at that end."""
        low, high, here = (self._even(x) for x in (self.low, self.high, value))
        share = (here - low) / (high - low)
        return self.start + min(max(share, 0.0), 1.0) * (self.stop - self.start)

    def _even(self, value: float) -> float:
        if not self.log:
            return value
        return math.log(value) if value > 0 else -math.inf

    def holds(self, value: float) -> bool:
        """Whether a value lies between the ends."""
        return min(self.low, self.high) <= value <= max(self.low, self.high)

    def ticks(self, most: int = 6) -> list[float]:
        """Return round values between the ends, ``most`` at the most."""
        low, high = sorted((self.low, self.high))
        return _powers(low, high, most) if self.log else _rounds(low, high, most)


def turned(scale: Scale) -> Scale:
    """Return the scale with its values the other way round."""
    return replace(scale, low=scale.high, high=scale.low)


def unit_scale(start: float, stop: float) -> Scale:
    """Return the scale of a proportion."""
    return Scale(low=0.0, high=1.0, start=start, stop=stop)


def around(
    values: list[float], start: float, stop: float, *, log: bool = False, keep: float | None = None
) -> Scale:
    """Return a scale that holds the values with some room at both ends.

    ``keep`` is a value that belongs on the scale whatever the others are.
    """
    known = [*values, *([] if keep is None else [keep])] or [1.0]
    low, high = min(known), max(known)
    if log:
        room = max((high / low) ** 0.06, 1.05)
        return Scale(low=low / room, high=high * room, start=start, stop=stop, log=True)
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    return Scale(low=low - room, high=high + room, start=start, stop=stop)


def _rounds(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10, 20) if m * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _powers(low: float, high: float, most: int) -> list[float]:
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        found = _decades(low, high, mantissas)
        if len(found) <= most:
            break
    # Less than a decade has no powers to show.
    return found[:: math.ceil(len(found) / most)] if len(found) > 1 else _rounds(low, high, most)


def _decades(low: float, high: float, mantissas: tuple[int, ...]) -> list[float]:
    # An axis that ends at the edge of what a computer can write has its ticks within.
    first = math.floor(math.log10(max(low, sys.float_info.min)))
    last = math.ceil(math.log10(min(high, 10.0**sys.float_info.max_10_exp)))
    values = [m * 10.0**power for power in range(first, last + 1) for m in mantissas]
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def tick_label(value: float) -> str:
    """Return a tick's label: no more digits than needed, a real minus.

    >>> tick_label(-0.5), tick_label(10000.0), tick_label(1e9)
    ('\u22120.5', '10,000', '1e9')
    """
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-4:
        mantissa, power = f"{value:.3g}e0".split("e")[0], math.floor(math.log10(size))
        mantissa = f"{value / 10.0**power:.3g}"
        text = f"{mantissa}e{power}"
    else:
        text = f"{value:,.6g}" if size < 1000 else f"{value:,.0f}"
    return text.replace("-", MINUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot's frame: where its two scales run; ``y.start`` is the bottom."""

    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point."""
        return self.x.at(x), self.y.at(y)


def draw_frame(
    sheet: Sheet,
    plot: Plot,
    *,
    across: str,
    up: str,
    x_labels: dict[float, str] | None = None,
    y_labels: dict[float, str] | None = None,
    grid: bool = False,
) -> None:
    """Draw axes, ticks, their labels and the names of the axes."""
    x_labels = x_labels or {value: tick_label(value) for value in plot.x.ticks()}
    y_labels = y_labels or {value: tick_label(value) for value in plot.y.ticks()}
    left, right, bottom, top = plot.x.start, plot.x.stop, plot.y.start, plot.y.stop
    for value, label in x_labels.items():
        x = plot.x.at(value)
        if grid:
            sheet.line([(x, bottom), (x, top)], color=PALE, width=0.3)
        sheet.line([(x, bottom), (x, bottom + 1.0)], width=0.5)
        sheet.text(x, bottom + 2.7, label, size=TINY, align="center", color=INK)
    widest = max((width_of(label, TINY) for label in y_labels.values()), default=0.0)
    for value, label in y_labels.items():
        y = plot.y.at(value)
        if grid:
            sheet.line([(left, y), (right, y)], color=PALE, width=0.3)
        sheet.line([(left, y), (left - 1.0, y)], width=0.5)
        sheet.text(left - 1.7, y, label, size=TINY, align="right", color=INK)
    sheet.line([(left, top), (left, bottom), (right, bottom)], width=0.6)
    sheet.text((left + right) / 2, bottom + 6.4, across, size=SMALL, align="center")
    sheet.text(left - 3.6 - widest, (top + bottom) / 2, up, size=SMALL, align="center", turned=True)


def draw_band(
    sheet: Sheet,
    plot: Plot,
    rows: list[tuple[float, float, float]],
    *,
    fill: str,
) -> None:
    """Fill between the lower and the upper values of (x, low, high)."""
    if rows:
        there, back = _sides(plot, rows)
        sheet.shape([*there, *reversed(back)], fill=fill)


def draw_edges(
    sheet: Sheet,
    plot: Plot,
    rows: list[tuple[float, float, float]],
    *,
    color: str,
    style: Any,
) -> None:
    """Draw the edges of a band, which tell it from another one where both are grey."""
    for side in _sides(plot, rows) if rows else ():
        sheet.line(side, color=color, width=0.4, style=style)


def _sides(
    plot: Plot, rows: list[tuple[float, float, float]]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    return [plot.at(x, low) for x, low, _ in rows], [plot.at(x, high) for x, _, high in rows]


def nothing_here(sheet: Sheet, plot: Plot, reason: str) -> None:
    """Say inside an empty plot why it is empty."""
    room = plot.x.stop - plot.x.start - 6.0
    sheet.note(plot.x.start + 3.0, (plot.y.start + plot.y.stop) / 2, reason, room, color=GREY)
