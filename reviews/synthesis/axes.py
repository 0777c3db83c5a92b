"""The axis that the little plots of a table share. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CELL = 200.0
# What a quarter of an axis may be, so that its five labels are round.
_QUARTERS = (0.0025, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.2, 0.25)


@dataclass(frozen=True, slots=True)
class Axis:
    """Proportions from ``low`` to ``high`` across a cell."""

    low: float = 0.0
    high: float = 1.0

    def place(self, value: float | None) -> float | None:
        """Return where a value stands in a cell.

        >>> Axis().place(0.5), Axis(0.6, 1.0).place(0.7), Axis().place(None)
        (100.0, 50.0, None)
        """
        if value is None:
            return None
        return round(CELL * (value - self.low) / (self.high - self.low), 1)

    @property
    def ticks(self) -> list[str]:
        """Return the labels of the five lines of the grid.

        >>> Axis(0.6, 1.0).ticks
        ['0.6', '0.7', '0.8', '0.9', '1']
        """
        step = (self.high - self.low) / 4
        return [f"{round(self.low + i * step, 6):g}" for i in range(5)]


UNIT = Axis()


def axis_of(values: Sequence[float]) -> Axis:
    """Return the narrowest axis of four round steps that holds some proportions.

    >>> axis_of([0.67, 0.94]), axis_of([0.01, 0.99]), axis_of([])
    (Axis(low=0.6, high=1.0), Axis(low=0.0, high=1.0), Axis(low=0.0, high=1.0))
    """
    if not values:
        return UNIT
    low, high = min(values), max(values)
    for step in _QUARTERS:
        start = min(math.floor(low / step + 1e-9) * step, 1 - 4 * step)
        if start >= 0 and start + 4 * step >= high - 1e-9:
            return Axis(round(start, 6), round(start + 4 * step, 6))
    return UNIT
