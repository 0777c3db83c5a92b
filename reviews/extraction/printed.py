"""Numbers as reports print them: their digits are their precision."""

import re
from dataclasses import dataclass
from fractions import Fraction

_NUMBER = re.compile(r"(?<![\d.])([0-9]{1,12})?(?:[.,·]([0-9]{1,12}))?\s*(%)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Printed:
    """A proportion as printed; ``half`` is half a unit of its last digit."""

    value: Fraction
    half: Fraction
    text: str

    def agrees_with(self, exact: Fraction) -> bool:
        """Return True if the exact value may have been rounded to this, half up or half even."""
        return abs(exact - self.value) <= self.half


def read_proportion(text: str) -> Printed | None:
    """Return the first number of the text as a proportion, or None.

    Above 1 or with a percent sign it is a percentage.

    >>> read_proportion("91.1%").value, read_proportion("0.860").half
    (Fraction(911, 1000), Fraction(1, 2000))
    >>> read_proportion("87,5 (83.1-91.9)").value, read_proportion("140")
    (Fraction(7, 8), None)
    """
    for match in _NUMBER.finditer(text.strip()[:200]):
        whole, decimals, percent = match.groups()
        if whole is None and decimals is None:
            continue
        value = Fraction(int((whole or "0") + (decimals or "")), 10 ** len(decimals or ""))
        half = Fraction(1, 2 * 10 ** len(decimals or ""))
        if percent or value > 1:
            value, half = value / 100, half / 100
        return Printed(value, half, text.strip()) if value <= 1 else None
    return None
