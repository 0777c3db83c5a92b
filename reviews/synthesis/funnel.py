"""Deeks' funnel plot as places: odds ratios across on a logarithmic scale, large studies on top.

Pure; the units are those of the viewBox.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reviews.synthesis.numbers import ratio

WIDTH, HEIGHT = 456.0, 330.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 432.0, 10.0, 280.0
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Dot:
    """A study: its place, what it is called, the row of the forest plot it leads to."""

    number: int
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid with its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """Everything the template of the funnel plot writes down."""

    dots: list[Dot] = field(default_factory=list)
    across: list[Line] = field(default_factory=list)
    up: list[Line] = field(default_factory=list)
    line: str = ""


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.stop - self.start), 1)


def _around(values: Sequence[float], start: float, stop: float, least: float) -> _Scale:
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), least)
    return _Scale(low - room, high + room, start, stop)


def funnel(
    points: Sequence[dict[str, Any]], intercept: float | None, slope: float | None
) -> Funnel:
    """Return the plot.

    Parameters
    ----------
    points : sequence of dict
        "number" (the row of the forest plot), "label", "lndor", "size" (1 / root of the effective
        sample size) and "ess".
    intercept, slope : float or None
        Of the regression of lndor on size.
    """
    if not points:
        return Funnel()
    x = _around([point["lndor"] for point in points], LEFT, RIGHT, 0.3)
    y = _around([point["size"] for point in points], TOP, BOTTOM, 0.002)
    dots = [
        Dot(point["number"], x.at(point["lndor"]), y.at(point["size"]), _label(point))
        for point in points
    ]
    return Funnel(
        dots=dots,
        across=[Line(x.at(math.log(value)), ratio_label(value)) for value in _odds(x.low, x.high)],
        up=[Line(y.at(value), f"{value:g}") for value in _rounds(max(y.low, 0.0), y.high)],
        line=_path(x, y, intercept, slope),
    )


def _label(point: dict[str, Any]) -> str:
    return (
        f"{point['number']} {point['label']}: diagnostic odds ratio"
        f" {ratio(_exp(point['lndor']))}, effective sample size {point['ess']:,.0f}"
    )


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


def ratio_label(value: float) -> str:
    """Write a round number of a logarithmic axis.

    >>> ratio_label(0.5), ratio_label(2000.0), ratio_label(1e7)
    ('0.5', '2,000', '1e+07')
    """
    return f"{value:,g}" if value < 1e6 else f"{value:g}"


def _odds(low: float, high: float) -> list[float]:
    """Return round odds ratios between two logarithms, seven at the most."""
    first, last = math.floor(low / math.log(10)), math.ceil(high / math.log(10))
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        values = [m * 10.0**power for power in range(first, last + 1) for m in mantissas]
        inside = [value for value in values if low <= math.log(value) <= high]
        if len(inside) <= 7:
            return inside
    return inside[:: math.ceil(len(inside) / 7)]


def _rounds(low: float, high: float) -> list[float]:
    """Return round values between the ends, six at the most."""
    power = 10.0 ** math.floor(math.log10((high - low) / 5))
    step = next(m * power for m in (1, 2, 5, 10, 20) if m * power >= (high - low) / 5)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _path(x: _Scale, y: _Scale, intercept: float | None, slope: float | None) -> str:
    """Return the regression as far as it stays inside the frame."""
    if intercept is None or slope is None:
        return ""
    sizes = [y.low + (y.high - y.low) * i / _STEPS for i in range(_STEPS + 1)]
    line = [(intercept + slope * size, size) for size in sizes]
    inside = [f"{x.at(odds)} {y.at(size)}" for odds, size in line if x.low <= odds <= x.high]
    return f"M{'L'.join([inside[0], inside[-1]])}" if len(inside) > 1 else ""
