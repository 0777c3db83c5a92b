"""The measures a report prints, and what a printed figure stands for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import BadReport

Ints = NDArray[np.int64]

MEASURES: Mapping[str, Callable[[Ints, Ints, Ints, Ints], tuple[Ints, Ints]]] = {
    "sensitivity": lambda tp, fp, fn, tn: (tp, tp + fn),
    "specificity": lambda tp, fp, fn, tn: (tn, fp + tn),
    "ppv": lambda tp, fp, fn, tn: (tp, tp + fp),
    "npv": lambda tp, fp, fn, tn: (tn, fn + tn),
    "accuracy": lambda tp, fp, fn, tn: (tp + tn, tp + fp + fn + tn),
    "prevalence": lambda tp, fp, fn, tn: (tp + fn, tp + fp + fn + tn),
    "lr_positive": lambda tp, fp, fn, tn: (tp * (fp + tn), fp * (tp + fn)),
    "lr_negative": lambda tp, fp, fn, tn: (fn * (fp + tn), tn * (tp + fn)),
}
RATIOS = ("lr_positive", "lr_negative")

_FIGURE = re.compile(r"([0-9]{1,6})(?:[.,·]([0-9]{0,6}))?\s*(%?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A figure as printed: every value from ``low / scale`` to ``high / scale`` rounds to it."""

    low: int
    high: int
    scale: int


def read_figure(text: str, name: str) -> Printed:
    """Read a printed figure: "87.5%", "87.5", "0.875"; for likelihood ratios a plain number.

    Raises
    ------
    BadReport
    """
    if name not in MEASURES:
        raise BadReport(f"“{name}” is not a measure known here: {', '.join(MEASURES)}.")
    match = _FIGURE.fullmatch(text.strip())
    if not match:
        raise BadReport(
            f"{word(name)}: “{text[:40]}” cannot be read; write it as printed, such as 87.5%."
        )
    whole, decimals, percent = match[1], match[2] or "", match[3]
    digits = int(whole + decimals)
    unit = 10 ** len(decimals)
    if name in RATIOS:
        if percent:
            raise BadReport(f"{word(name)} is a ratio, not a percentage.")
        return Printed(low=max(2 * digits - 1, 0), high=2 * digits + 1, scale=2 * unit)
    if percent or digits > unit:
        unit *= 100
    if digits > unit:
        raise BadReport(f"{word(name)}: {text.strip()} is more than 100 %.")
    return Printed(low=max(2 * digits - 1, 0), high=min(2 * digits + 1, 2 * unit), scale=2 * unit)


_WORDS = {
    "n": "the number of participants",
    "n_pos": "the number with the target condition",
    "n_neg": "the number without the target condition",
    "ppv": "PPV",
    "npv": "NPV",
    "lr_positive": "LR+",
    "lr_negative": "LR-",
}


def word(name: str) -> str:
    """Return what to call a measure or a number of participants in a sentence."""
    return _WORDS.get(name, name)
