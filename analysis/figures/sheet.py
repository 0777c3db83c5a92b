"""A page measured in millimetres, from the upper left corner to the right and down.

All figures are drawn through it: one set of sizes and colours, text that never becomes a formula,
and marks that carry a title and a link. Nothing here changes matplotlib's settings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text

from analysis.figures.fonts import drawable, families, fitted, printable, wrapped

MM = 25.4
ONE_COLUMN, TWO_COLUMNS = 85.0, 175.0
SIZE, SMALL, TINY = 7.0, 6.5, 6.0

INK, GREY, PALE, ACCENT, TINT = "#1b1f27", "#626874", "#dcdce0", "#3346b0", "#dfe3f6"
WHITE = "#ffffff"
# Okabe and Ito's colours, dark ones first; each also has a shape and a stroke of its own.
GROUPS = (
    ("#0072b2", "circle", "-"),
    ("#d55e00", "square", (0, (4, 1.5))),
    ("#009e73", "up", (0, (1, 1))),
    ("#cc79a7", "diamond", (0, (5, 1.2, 1, 1.2))),
    ("#56b4e9", "down", (0, (7, 2))),
    ("#e69f00", "plus", (0, (2, 2))),
)
DASHED: Any = (0, (4, 2))
DOTTED: Any = (0, (1, 1.5))

Point = Sequence[float]
Align = Literal["left", "center", "right"]
_SCHEMES = {"", "http", "https"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a part of a figure is called, and its text where the font lacks letters of it."""

    title: str = ""
    url: str = ""
    text: str = ""


class DescribedFigure(Figure):
    """A figure with a title and a description for those who do not see it.

    Attributes
    ----------
    title, description : str
        The description holds the numbers of the figure.
    marks : dict of str to Mark
        By the ``gid`` of what they name.
    unprintable : list of str
        Texts with letters that no font on this machine has.
    """

    def __init__(self, width: float, height: float, *, title: str, description: str) -> None:
        super().__init__(figsize=(width / MM, height / MM), facecolor=WHITE)
        self.title = title
        self.description = printable(description)
        self.marks: dict[str, Mark] = {}
        self.unprintable: list[str] = []


def safe_url(url: str) -> str:
    """Return a link, or nothing where it would run a script or leave the web.

    >>> safe_url("/reviews/1/"), safe_url("javascript:alert(1)")
    ('/reviews/1/', '')
    """
    url = printable(url)
    try:
        leads = " " not in url and urlsplit(url).scheme.lower() in _SCHEMES
        return url if leads else ""
    except ValueError:
        return ""


class Sheet:
    """Draws on a new figure; ``width`` and ``height`` in mm."""

    def __init__(self, width: float, height: float, *, title: str, description: str) -> None:
        self.width, self.height = width, height
        self.figure = DescribedFigure(width, height, title=title, description=description)
        self._axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_axis_off()
        self._drawn = 0
        self._axes.set(xlim=(0.0, width), ylim=(height, 0.0))

    def name(self, gid: str, title: str, url: str = "") -> str:
        """Give a title and a link to what is drawn with this mark; return the mark."""
        self.figure.marks[gid] = Mark(title=printable(title), url=safe_url(url))
        return gid

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = SIZE,
        color: str = INK,
        bold: bool = False,
        align: Align = "left",
        room: float | None = None,
        turned: bool = False,
        mark: str = "",
    ) -> None:
        """Write one line, its middle at ``y``; cut to ``room`` mm if given."""
        weight = "bold" if bold else "normal"
        words = printable(words)
        words = words if room is None else fitted(words, room, size, weight)
        if not words:
            return
        shown = drawable(words, weight)
        if shown != words:
            mark = self._spell(mark, words)
        written = Text(
            x,
            y,
            shown,
            fontproperties=None,
            family=list(families()),
            fontsize=size,
            fontweight=weight,
            fontstyle="normal",
            color=color,
            horizontalalignment=align,
            verticalalignment="center" if turned else "center_baseline",
            rotation=90.0 if turned else 0.0,
            parse_math=False,
            usetex=False,
        )
        self._add(written, mark)

    def _spell(self, mark: str, words: str) -> str:
        """Keep the words themselves for files whose reader has other fonts."""
        mark = mark or f"text-{len(self.figure.unprintable)}"
        known = self.figure.marks.get(mark, Mark())
        self.figure.marks[mark] = Mark(title=known.title, url=known.url, text=words)
        self.figure.unprintable.append(words)
        return mark

    def note(
        self, x: float, y: float, words: str, room: float, *, size: float = TINY, color: str = GREY
    ) -> float:
        """Write a text in lines of ``room`` mm; return where the next line would stand."""
        for line in wrapped(printable(words), room, size):
            self.text(x, y, line, size=size, color=color)
            y += line_height(size)
        return y

    def line(
        self,
        points: Iterable[Point],
        *,
        color: str = INK,
        width: float = 0.6,
        style: Any = "-",
        mark: str = "",
    ) -> None:
        """Draw a line through points; ``width`` in points of type."""
        x, y = np.array(list(points), dtype=float).T
        drawn = Line2D(
            x,
            y,
            color=color,
            linewidth=width,
            linestyle=style,
            marker="",
            solid_capstyle="butt",
            dash_capstyle="butt",
            solid_joinstyle="round",
            dash_joinstyle="round",
        )
        self._add(drawn, mark)

    def shape(
        self,
        points: Iterable[Point],
        *,
        fill: str = "none",
        edge: str = "none",
        width: float = 0.6,
        style: Any = "-",
        hatch: str = "",
        mark: str = "",
    ) -> None:
        """Draw a closed shape through corners."""
        corners = np.array([*points], dtype=float)
        path = Path(np.vstack([corners, corners[:1]]), closed=True)
        patch = PathPatch(
            path,
            facecolor=fill,
            edgecolor=edge,
            linewidth=width,
            linestyle=style,
            hatch=hatch or None,
            hatch_linewidth=0.5,
            joinstyle="miter",
        )
        self._add(patch, mark)

    def box(self, left: float, top: float, across: float, down: float, **look: Any) -> None:
        """Draw a rectangle; the look as for `shape`."""
        right, bottom = left + across, top + down
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], **look)

    def dot(
        self,
        x: float,
        y: float,
        radius: float,
        shape: str = "circle",
        *,
        fill: str = WHITE,
        edge: str = INK,
        width: float = 0.6,
        mark: str = "",
    ) -> None:
        """Draw a marker of about the area of a circle of ``radius`` mm."""
        if shape == "circle":
            round_one = Ellipse(
                (x, y), 2 * radius, 2 * radius, facecolor=fill, edgecolor=edge, linewidth=width
            )
            self._add(round_one, mark)
            return
        corners = [(x + radius * dx, y + radius * dy) for dx, dy in _SHAPES[shape]]
        self.shape(corners, fill=fill, edge=edge, width=width, mark=mark)

    def _add(self, artist: Any, mark: str) -> None:
        # What is drawn later lies above.
        self._drawn += 1
        artist.set_zorder(self._drawn)
        if mark:
            artist.set_gid(mark)
            url = self.figure.marks.get(mark, Mark()).url
            if url:
                artist.set_url(url)
        self._axes.add_artist(artist)
        artist.set_clip_on(False)


_SHAPES = {
    "square": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "diamond": ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)),
    "octagon": (
        *((-0.95, -0.55), (-0.55, -0.95), (0.55, -0.95), (0.95, -0.55)),
        *((0.95, 0.55), (0.55, 0.95), (-0.55, 0.95), (-0.95, 0.55)),
    ),
    "up": ((0.0, -1.3), (1.2, 0.9), (-1.2, 0.9)),
    "down": ((0.0, 1.3), (1.2, -0.9), (-1.2, -0.9)),
    "plus": (
        *((-0.45, -1.25), (0.45, -1.25), (0.45, -0.45), (1.25, -0.45), (1.25, 0.45), (0.45, 0.45)),
        *((0.45, 1.25), (-0.45, 1.25), (-0.45, 0.45), (-1.25, 0.45), (-1.25, -0.45)),
        (-0.45, -0.45),
    ),
}


def height_of(texts: Iterable[str], room: float, size: float = TINY) -> float:
    """Return how high notes are, in mm, in lines of ``room`` mm."""
    lines = sum(len(wrapped(printable(text), room, size)) for text in texts)
    return lines * line_height(size)


def line_height(size: float) -> float:
    """Return the distance of lines of a size in points, in mm."""
    return size * MM / 72 * 1.3


def look_of(group: int) -> tuple[str, str, Any]:
    """Return colour, marker and stroke of a group; after six the colours go with other shapes."""
    other = GROUPS[(group + group // len(GROUPS)) % len(GROUPS)]
    return GROUPS[group % len(GROUPS)][0], other[1], other[2]
