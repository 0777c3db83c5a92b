"""Counts as people type them: whole, not negative, in plain digits, at most a billion."""

import re
from typing import Any

MOST = 1_000_000_000
_DIGITS = re.compile(r"[0-9]{1,30}", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[,\u00a0\u202f ][0-9]{3})+", re.ASCII)


def read_count(value: Any) -> int:
    """Return the count, or raise ValueError with a sentence.

    >>> read_count("1,034"), read_count(" 12 "), read_count(0)
    (1034, 12, 0)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        text = str(value).strip()
        if _GROUPED.fullmatch(text):
            text = re.sub(r"[^0-9]", "", text)
        if not _DIGITS.fullmatch(text):
            raise ValueError(_why(text))
        number = int(text)
    if number < 0:
        raise ValueError("A count cannot be negative.")
    if number > MOST:
        raise ValueError("A count is at most 1,000,000,000.")
    return number


def _why(text: str) -> str:
    if not text:
        return "Enter a count; 0 if there was none."
    if re.fullmatch(r"[-\u2212]\s*[0-9.,]+", text):
        return "A count cannot be negative."
    if re.fullmatch(r"[0-9]+[.,][0-9]+", text):
        return "A count is a whole number."
    return "Enter a whole number in the digits 0 to 9."
