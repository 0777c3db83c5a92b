"""The flow diagram as an SVG file: plain attributes, black on white, readable anywhere."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reviews.reporting.diagram import Shape

WIDTH, GAP, BAND = 250, 26, 26
CHARS, LINE, PADDING = 38, 15, 10
COLUMNS = {
    **dict.fromkeys(("id", "sc", "so", "as", "in", "ma"), 0),
    **dict.fromkeys(("rm", "ex", "nr", "ax"), 1),
    **dict.fromkeys(("oid", "oso", "oas"), 2),
    **dict.fromkeys(("onr", "oax"), 3),
}
ROWS = (
    ("id", "rm", "oid"),
    ("sc", "ex"),
    ("so", "nr", "oso", "onr"),
    ("as", "ax", "oas", "oax"),
    ("in",),
    ("ma",),
)
DOWN = (("id", "sc"), ("sc", "so"), ("so", "as"), ("as", "in"), ("in", "ma"))
DOWN += (("oid", "oso"), ("oso", "oas"), ("oas", "in"))
ASIDE = (("id", "rm"), ("sc", "ex"), ("so", "nr"), ("as", "ax"), ("oso", "onr"), ("oas", "oax"))
STAGES = (("Identification", 0, 0), ("Screening", 1, 3), ("Included", 4, 5))
FONT = "Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class _Placed:
    x: float
    y: float
    width: float
    height: float
    text: tuple[tuple[str, bool], ...]


def draw(shapes: Sequence[Shape], *, title: str, note: str) -> str:
    """Return the diagram as SVG text."""
    by_place = {shape.place: shape for shape in shapes}
    wide = "oid" in by_place
    boxes, rows = _place(by_place, wide)
    bottom = rows[-1][1] + GAP
    width = BAND + GAP + (4 if wide else 2) * (WIDTH + GAP)
    parts = [_head(width, bottom + 24, title)]
    parts += [_band(name, rows[first][0], rows[last][1]) for name, first, last in STAGES]
    parts += [_heading(wide)]
    parts += [_arrow(*_below(boxes[a], boxes[b])) for a, b in DOWN if a in boxes and b in boxes]
    parts += [_arrow(*_beside(boxes[a], boxes[b])) for a, b in ASIDE if a in boxes and b in boxes]
    parts += [_box(box) for box in boxes.values()]
    parts.append(_text(BAND + GAP, bottom + 6, note, size=11))
    return "\n".join([*parts, "</svg>\n"])


def _place(shapes: dict[str, Shape], wide: bool) -> tuple[dict[str, _Placed], list]:
    boxes, rows, top = {}, [], 52.0
    for places in ROWS:
        full = places[0] in {"in", "ma"}
        chars = CHARS * 2 if full else CHARS
        texts = {place: _wrapped(shapes[place], chars) for place in places if place in shapes}
        height = max((len(text) for text in texts.values()), default=1) * LINE + 2 * PADDING
        for place, text in texts.items():
            x = BAND + GAP + COLUMNS[place] * (WIDTH + GAP)
            width = (3 if wide else 2) * (WIDTH + GAP) - GAP if full else WIDTH
            boxes[place] = _Placed(x, top, width, height, text)
        rows.append((top, top + height))
        top += height + GAP
    return boxes, rows


def _wrapped(shape: Shape, chars: int) -> tuple[tuple[str, bool], ...]:
    """Return the lines of text with whether they are bold."""
    lines = [(shape.heading, True)] if shape.heading else []
    for line in shape.lines:
        said = f"{line.label} (n = {line.count:,})"
        lines += [(part, not shape.heading) for part in textwrap.wrap(said, chars)]
    return tuple(lines)


def _head(width: float, height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" role="img" font-family="{FONT}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>'
    )


def _band(name: str, top: float, bottom: float) -> str:
    middle = (top + bottom) / 2
    x = BAND / 2 + 6
    return (
        f'<rect x="6" y="{top:g}" width="{BAND}" height="{bottom - top:g}" rx="4"'
        ' fill="#e8ebfa"/>\n'
        f'<text x="{x + 4:g}" y="{middle:g}" font-size="12" font-weight="bold" fill="#2b3a8f"'
        f' text-anchor="middle" transform="rotate(-90 {x + 4:g} {middle:g})">{escape(name)}</text>'
    )


def _heading(wide: bool) -> str:
    titles = ["Identification of studies via databases and registers"]
    titles += ["Identification of studies via other methods"] if wide else []
    parts = []
    for number, title in enumerate(titles):
        x = BAND + GAP + number * 2 * (WIDTH + GAP)
        width = 2 * WIDTH + GAP
        parts.append(
            f'<rect x="{x:g}" y="10" width="{width:g}" height="28" rx="4" fill="#f0f0ed"/>\n'
            f'<text x="{x + width / 2:g}" y="28" font-size="12" font-weight="bold"'
            f' text-anchor="middle" fill="#1c1c1a">{escape(title)}</text>'
        )
    return "\n".join(parts)


def _box(box: _Placed) -> str:
    rect = (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="4"'
        ' fill="#ffffff" stroke="#6f6f6a"/>'
    )
    lines = [
        _text(box.x + PADDING, box.y + PADDING + 11 + n * LINE, text, bold=bold)
        for n, (text, bold) in enumerate(box.text)
    ]
    return "\n".join([rect, *lines])


def _text(x: float, y: float, text: str, *, size: int = 12, bold: bool = False) -> str:
    text = "".join(char for char in text if char.isprintable())
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}"{weight} fill="#1c1c1a">{escape(text)}</text>'
    )


def _below(a: _Placed, b: _Placed) -> tuple[float, float, float, float]:
    x = a.x + WIDTH / 2
    return x, a.y + a.height, x, b.y


def _beside(a: _Placed, b: _Placed) -> tuple[float, float, float, float]:
    y = a.y + a.height / 2
    return a.x + a.width, y, b.x, y


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    down = to_x == x
    tip = (
        f"{to_x - 4:g},{to_y - 6:g} {to_x + 4:g},{to_y - 6:g} {to_x:g},{to_y:g}"
        if down
        else f"{to_x - 6:g},{to_y - 4:g} {to_x - 6:g},{to_y + 4:g} {to_x:g},{to_y:g}"
    )
    return (
        f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="#6f6f6a"/>'
        f'<polygon points="{tip}" fill="#6f6f6a"/>'
    )
