"""What a font can draw, and how wide it is: every name fits its column and none raises a warning.

The fonts that come with matplotlib are the same on every machine. Where a name needs another
script, an installed font of `FURTHER` is taken; without one each letter is drawn as a white square,
and SVG files, whose reader has fonts of its own, still carry the name itself.
"""

import unicodedata
from functools import lru_cache

from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.textpath import text_to_path

BASE = "DejaVu Sans"
FURTHER = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
)
MISSING = "\u25a1"
_POINT = 25.4 / 72
# Joiners shape letters; every other format character can only mislead the reader.
_JOINERS = "\u200c\u200d"
_UNWRITABLE = {"Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp"}


def printable(text: str) -> str:
    """Return a text on one line, without control, direction and private characters.

    >>> printable("Two\\nlines\\x00")
    'Two lines'
    """
    spaced = " ".join(text.split())
    kept = [c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _UNWRITABLE]
    return unicodedata.normalize("NFC", "".join(kept)).strip()


@lru_cache
def families() -> tuple[str, ...]:
    """Return the font families to draw with, the base first."""
    installed = {font.name for font in fontManager.ttflist}
    return (BASE, *(name for name in FURTHER if name in installed))


@lru_cache
def _letters(weight: str) -> frozenset[int]:
    paths = fontManager._find_fonts_by_props(_font(1.0, weight))
    # The last resort has a picture of a square for everything.
    real = [path for path in paths if "LastResort" not in str(path)]
    return frozenset().union(*(get_font(path).get_charmap() for path in real))


def drawable(text: str, weight: str = "normal") -> str:
    """Return the text with a white square for every letter that no font here can draw."""
    known = _letters(weight)
    return "".join(letter if ord(letter) in known else MISSING for letter in text)


def _font(size: float, weight: str) -> FontProperties:
    return FontProperties(family=list(families()), size=size, weight=weight)


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a text is, in mm, at a size in points."""
    if not text:
        return 0.0
    shown = drawable(text, weight)
    width, *_ = text_to_path.get_text_width_height_descent(shown, _font(size, weight), False)
    return float(width) * _POINT


def fitted(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Return as much of a text as fits into ``room`` mm, with an ellipsis where it is cut."""
    if width_of(text, size, weight) <= room:
        return text
    short, long = 0, len(text)
    while long - short > 1:
        middle = (short + long) // 2
        fits = width_of(_cut(text, middle), size, weight) <= room
        short, long = (middle, long) if fits else (short, middle)
    return _cut(text, short)


def _cut(text: str, letters: int) -> str:
    """Cut before a letter, never between a letter and its accents."""
    while 0 < letters < len(text) and unicodedata.combining(text[letters]):
        letters -= 1
    return f"{text[:letters].rstrip()}\u2026"


def wrapped(text: str, room: float, size: float, weight: str = "normal") -> list[str]:
    """Return a text as lines that fit into ``room`` mm; a longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(fitted(word, room, size, weight))
    return lines
