"""What the tests of figures share: results to draw, and readers of what was drawn."""

import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from analysis.data import TwoByTwos
from analysis.figures.files import figure_bytes
from analysis.figures.sheet import DescribedFigure
from analysis.quality import Judgements
from analysis.summary import analyse
from tests.analysis.tables import many

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
DOMAINS = (
    *((name, False) for name in ("Patient selection", "Index test", "Reference standard")),
    ("Flow and timing", False),
    *((name, True) for name in ("Patient selection", "Index test", "Reference standard")),
)


@cache
def result(k: int) -> dict[str, Any]:
    """Return the analysis of k simulated studies."""
    return analyse(many(k), [f"Author with a longer name {i} {1990 + i % 35}" for i in range(k)])


def data(k: int) -> TwoByTwos:
    """Return k simulated studies."""
    return TwoByTwos.from_rows(many(k), [row["label"] for row in result(k)["forest"]])


def judged(k: int) -> Judgements:
    """Return judgements of k studies, each level and a gap among them."""
    levels = ("low", "low", "unclear", "high", None)
    rows = [[levels[(3 * i + j) % 5] for j in range(len(DOMAINS))] for i in range(k)]
    return Judgements.from_values(DOMAINS, [f"Author {i}" for i in range(k)], rows)


def svg(figure: DescribedFigure) -> ET.Element:
    """Return the SVG file as a tree."""
    return ET.fromstring(figure_bytes(figure, "svg"))  # noqa: S314 -- our own file


def words(figure: DescribedFigure) -> list[str]:
    """Return every text of the SVG file."""
    return [node.text or "" for node in svg(figure).iter(f"{SVG}text")]


def marked(figure: DescribedFigure, start: str) -> list[str]:
    """Return the marks in the SVG file whose name starts so."""
    found = [group.get("id", "") for group in svg(figure).iter(f"{SVG}g")]
    return [name for name in found if name.startswith(start)]


def overlaps(figure: DescribedFigure) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes lie over each other on paper."""
    boxes = _boxes(figure)
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
    ]


def outside(figure: DescribedFigure) -> list[str]:
    """Return the texts that leave the paper."""
    width, height = figure.bbox.width, figure.bbox.height
    return [
        text
        for text, box in _boxes(figure)
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]


def _boxes(figure: DescribedFigure) -> list[tuple[str, Any]]:
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
