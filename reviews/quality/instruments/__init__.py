"""Instruments by their code. An instrument is data; the rules that read it are in rules.py."""

from copy import deepcopy
from typing import Any

from reviews.quality.instruments.quadas2 import QUADAS_2

DEFAULT = "quadas-2"
INSTRUMENTS: dict[str, dict[str, Any]] = {each["code"]: each for each in (QUADAS_2,)}


def definition_of(code: str) -> dict[str, Any]:
    """Return a copy of the instrument's definition, to be tailored by a review.

    Raises
    ------
    LookupError
    """
    return deepcopy(INSTRUMENTS[code])
