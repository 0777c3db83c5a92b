"""The figures a report prints, and what a printed figure stands for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.errors import BadReport

Ints = NDArray[np.int64]
Rounding = Literal["nearest", "truncated"]

# Every measure is a quotient of two whole numbers, its part and its whole.
MEASURES: Mapping[str, Callable[[Ints, Ints, Ints, Ints], tuple[Ints, Ints]]] = {
    "sensitivity": lambda tp, fp, fn, tn: (tp, tp + fn),
    "specificity": lambda tp, fp, fn, tn: (tn, fp + tn),
    "ppv": lambda tp, fp, fn, tn: (tp, tp + fp),
    "npv": lambda tp, fp, fn, tn: (tn, fn + tn),
    "accuracy": lambda tp, fp, fn, tn: (tp + tn, tp + fp + fn + tn),
    "prevalence": lambda tp, fp, fn, tn: (tp + fn, tp + fp + fn + tn),
    "fpr": lambda tp, fp, fn, tn: (fp, fp + tn),
    "f1": lambda tp, fp, fn, tn: (2 * tp, 2 * tp + fp + fn),
    "youden": lambda tp, fp, fn, tn: (tp * tn - fp * fn, (tp + fn) * (fp + tn)),
    "lr_positive": lambda tp, fp, fn, tn: (tp * (fp + tn), fp * (tp + fn)),
    "lr_negative": lambda tp, fp, fn, tn: (fn * (fp + tn), tn * (tp + fn)),
    "dor": lambda tp, fp, fn, tn: (tp * tn, fp * fn),
}
# Not bounded by 1, so never a percentage.
RATIOS = ("lr_positive", "lr_negative", "dor")
# Quotients of products: a table twice as large is no simple multiple of these.
QUADRATIC = ("youden", *RATIOS)
# What a confidence interval is printed of.
PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence")
COUNTS: Mapping[str, Callable[[Ints, Ints, Ints, Ints], Ints]] = {
    "n_pos": lambda tp, fp, fn, tn: tp + fn,
    "n_neg": lambda tp, fp, fn, tn: fp + tn,
    "n_test_pos": lambda tp, fp, fn, tn: tp + fp,
    "n_test_neg": lambda tp, fp, fn, tn: fn + tn,
    "tp": lambda tp, fp, fn, tn: tp,
    "fp": lambda tp, fp, fn, tn: fp,
    "fn": lambda tp, fp, fn, tn: fn,
    "tn": lambda tp, fp, fn, tn: tn,
}
CELLS = ("tp", "fp", "fn", "tn")

_NUMBER = r"([-\u2212]?)([0-9]{0,6})(?:[.,·]([0-9]{0,6}))?\s*(%?)"
_FIGURE = re.compile(_NUMBER)
_INTERVAL = re.compile(
    rf"[\[(]?\s*{_NUMBER}\s*(?:[-\u2212\u2013\u2014]|\bto\b|;|,)\s*{_NUMBER}\s*[\])]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A figure as printed: every value from ``low / scale`` to ``high / scale`` becomes it.

    ``open_top`` leaves the upper end out: a truncated 0.87 is below 0.88.

    Attributes
    ----------
    text : str
    low, high, scale : int
    open_top : bool
    """

    text: str
    low: int
    high: int
    scale: int
    open_top: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedInterval:
    """A confidence interval as printed, of one of `PROPORTIONS`.

    Attributes
    ----------
    text : str
    low, high : Printed
    """

    text: str
    low: Printed
    high: Printed


def read_figure(text: str, name: str, rounding: Rounding = "nearest") -> Printed:
    """Read a printed figure: "87.5%", "87.5", "0.875"; for ratios a plain number.

    Parameters
    ----------
    text : str
        As printed, digits and all.
    name : str
        Which measure it is of.
    rounding : {"nearest", "truncated"}

    Returns
    -------
    Printed

    Raises
    ------
    BadReport
    """
    if name not in MEASURES:
        raise BadReport(f"“{name}” is not a measure known here: {', '.join(MEASURES)}.")
    match = _FIGURE.fullmatch(text.strip())
    if not match or not (match[2] or match[3]) or (match[1] and name != "youden"):
        raise BadReport(
            f"{word(name)}: “{text[:40]}” cannot be read; write it as printed, such as 87.5%."
        )
    return _printed(text.strip(), name, match.groups(""), rounding)


def read_interval(text: str, name: str, rounding: Rounding = "nearest") -> PrintedInterval:
    """Read a printed confidence interval: "0.80-0.95", "80.4 to 91.2%", "(80,4; 91,2)".

    Parameters
    ----------
    text : str
        As printed, "0.80-0.95" or the like.
    name : str
        Which measure it is of.
    rounding : {"nearest", "truncated"}

    Returns
    -------
    PrintedInterval

    Raises
    ------
    BadReport
    """
    label = word(f"{name}_ci")
    if name not in PROPORTIONS:
        raise BadReport(f"No interval of “{name}” is known here, only of {', '.join(PROPORTIONS)}.")
    match = _INTERVAL.fullmatch(text.strip())
    numbers = (match.groups("")[:4], match.groups("")[4:]) if match else ()
    if not match or any(sign or not (whole or part) for sign, whole, part, _ in numbers):
        raise BadReport(f"{label}: “{text[:40]}” cannot be read; write it as 80.4-91.2%.")
    unit = (
        "%"
        if any(percent or _above_one(whole, part) for _, whole, part, percent in numbers)
        else ""
    )
    low, high = (
        _printed(text.strip(), name, ("", whole, part, unit), rounding)
        for _, whole, part, _ in numbers
    )
    if low.low * high.scale > high.high * low.scale:
        raise BadReport(f"{label}: the lower bound of {text.strip()} is above the upper.")
    return PrintedInterval(text=text.strip(), low=low, high=high)


def _above_one(whole: str, decimals: str) -> bool:
    return int((whole or "0") + decimals) > int(10 ** len(decimals))


def _printed(text: str, name: str, parts: tuple[str, ...], rounding: Rounding) -> Printed:
    sign, whole, decimals, percent = parts
    digits = int((whole or "0") + decimals)
    unit = 10 ** len(decimals)
    if name in RATIOS:
        if percent:
            raise BadReport(f"{word(name)} is a ratio, not a percentage.")
        return _rounded(text, digits, unit, rounding)
    if percent or digits > unit:
        unit *= 100
    if digits > unit:
        raise BadReport(f"{word(name)}: {text} is more than 100 %.")
    found = _rounded(text, -digits if sign else digits, unit, rounding)
    lowest = -found.scale if name == "youden" else 0
    return Printed(
        text=text,
        low=max(found.low, lowest),
        high=min(found.high, found.scale),
        scale=found.scale,
        open_top=found.open_top and found.high <= found.scale,
    )


def _rounded(text: str, digits: int, unit: int, rounding: Rounding) -> Printed:
    """Return the values that become ``digits / unit``: both ways of rounding a half, or cut off.

    What is cut off moves a negative figure up.
    """
    if rounding == "nearest":
        return Printed(text=text, low=2 * digits - 1, high=2 * digits + 1, scale=2 * unit)
    if digits < 0:
        return Printed(text=text, low=digits - 1, high=digits, scale=unit)
    return Printed(text=text, low=digits, high=digits + 1, scale=unit, open_top=True)


_WORDS = {
    "n_max": "the most participants there can be",
    "n": "the number of participants",
    "n_pos": "the number with the target condition",
    "n_neg": "the number without the target condition",
    "n_test_pos": "the number of positive tests",
    "n_test_neg": "the number of negative tests",
    "ppv": "PPV",
    "npv": "NPV",
    "fpr": "the false positive rate",
    "f1": "F1",
    "youden": "Youden's index",
    "lr_positive": "LR+",
    "lr_negative": "LR-",
    "dor": "the diagnostic odds ratio",
    **{cell: cell.upper() for cell in CELLS},
}


def word(name: str) -> str:
    """Return what to call a fact of a report, ``name``, in a sentence."""
    measure = name.removesuffix("_ci")
    said = _WORDS.get(measure, measure)
    return f"the confidence interval of {said}" if measure != name else said
