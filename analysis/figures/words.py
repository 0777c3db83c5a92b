"""Numbers as figures print them, and sentences about what is missing."""

from collections.abc import Sequence
from typing import Any

from analysis.figures.scales import MINUS

Bounds = Sequence[float | None] | None


def proportion(value: float | None) -> str:
    """Return a proportion with two decimals; a dash where there is none.

    >>> proportion(0.8866), proportion(None)
    ('0.89', '\u2013')
    """
    return "\u2013" if value is None else f"{value:.2f}"


def ratio(value: float | None) -> str:
    """Return a positive number with two or three digits that count.

    >>> ratio(7.094), ratio(0.1293), ratio(123.4), ratio(12345.0)
    ('7.1', '0.13', '123', '12,345')
    >>> ratio(None), ratio(2.34e8), ratio(0.3)
    ('\u2013', '2.3e8', '0.30')
    """
    if value is None:
        return "\u2013"
    if value >= 1e7:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def signed(value: float | None, digits: int = 2) -> str:
    """Return a number with a real minus."""
    return "\u2013" if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def span(bounds: Bounds, show: Any = proportion) -> str:
    """Return "low to high", or a dash."""
    return "\u2013" if bounds is None else f"{show(bounds[0])} to {show(bounds[1])}"


def with_interval(estimate: float | None, bounds: Bounds, show: Any = proportion) -> str:
    """Return "estimate (low to high)".

    >>> with_interval(0.9, [0.8, 0.95])
    '0.90 (0.80 to 0.95)'
    """
    if estimate is None:
        return "\u2013"
    return show(estimate) if bounds is None else f"{show(estimate)} ({span(bounds, show)})"


def p_value(p: float | None) -> str:
    """Return p with two or three decimals.

    >>> p_value(0.0312), p_value(0.0000312), p_value(0.312), p_value(None)
    ('p = 0.031', 'p < 0.001', 'p = 0.31', 'p not estimable')
    """
    if p is None:
        return "p not estimable"
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "study", "studies"), counted(1200, "table")
    ('1 study', '1,200 tables')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tests_of(groups: dict[str, Any]) -> str:
    """Return the tests of what `analysis.subgroups.subgroups` compared, or why there are none."""
    if groups["reason"]:
        return f"No comparison of the groups: {groups['reason']}"
    names = ("joint", "sensitivity", "specificity")
    joint, *arms = (p_value((groups[f"lrt_{name}"] or {}).get("p")) for name in names)
    told = ", ".join(f"{name} {p}" for name, p in zip(names[1:], arms, strict=True))
    return f"Likelihood-ratio tests of {groups['covariate']}: both {joint}, {told}."


def percent(share: float) -> str:
    """Return an estimated share as a percentage, with a decimal below 10 and above 99.

    >>> percent(0.7756), percent(0.0843)
    ('78%', '8.4%')
    """
    value = 100 * share
    return f"{value:.0f}%" if 10 <= value <= 99 else f"{value:.1f}%"


def studies(number: int) -> str:
    """Return how many studies."""
    return counted(number, "study", "studies")


def chosen_percent(share: float) -> str:
    """Return a share that somebody chose as a percentage, with all that was meant.

    >>> chosen_percent(0.125)
    '12.5%'
    """
    return f"{100 * share:.6g}%"
