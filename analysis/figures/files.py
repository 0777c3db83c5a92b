"""Figures as files, the same bytes for the same figure."""

import io
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Literal, get_args

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image

from analysis.errors import AnalysisError
from analysis.figures.fonts import BASE
from analysis.figures.sheet import DescribedFigure, Mark

Kind = Literal["svg", "pdf", "png", "tiff"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Set once, for the process, and never again: what is set for a while is set for every thread.
# Text stays text in SVG and PDF; marks are named the same in every run; letters are as wide in
# pixels as on paper.
mpl.rcParams.update(
    {
        "svg.hashsalt": "quadrant",
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
        "text.hinting": "no_hinting",
    }
)

# No date and no program name: the same figure is the same file, whenever it is made.
_UNDATED = {"CreationDate": None, "Creator": None, "Producer": None}
_MOST_PIXELS = 120_000_000
_MOST_ALONG = 60_000
_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ET.register_namespace("", _SVG)
ET.register_namespace("xlink", _LINK)


class TooLarge(AnalysisError):
    """A figure with more pixels than a program would open."""


def figure_bytes(figure: Figure | Sequence[Figure], kind: Kind, *, dpi: int = 300) -> bytes:
    """Return a figure as a file.

    Parameters
    ----------
    figure : Figure or sequence of Figure
        Several are the pages of a PDF file.
    kind : {"svg", "pdf", "png", "tiff"}
        PNG and TIFF without transparency, TIFF with lossless compression.
    dpi : int
        Dots per inch of a PNG or TIFF file.

    Returns
    -------
    bytes
        The same for the same figure on every run and in every thread.

    Raises
    ------
    TooLarge
        A PNG or TIFF file would have more than 120 million pixels.
    ValueError
        Several pages are asked for as another kind than PDF.
    """
    pages = [figure] if isinstance(figure, Figure) else list(figure)
    if kind == "pdf":
        return _pdf(pages)
    if len(pages) > 1:
        raise ValueError("only a PDF file has pages")
    return _svg(pages[0]) if kind == "svg" else _pixels(pages[0], kind, dpi)


def _pdf(pages: list[Figure]) -> bytes:
    target = io.BytesIO()
    metadata: dict[str, str | None] = dict(_UNDATED)
    if isinstance(pages[0], DescribedFigure):
        metadata |= {"Title": pages[0].title, "Subject": pages[0].description}
    with PdfPages(target, metadata=metadata) as file:
        for page in pages:
            FigureCanvasAgg(page)
            file.savefig(page)
    return target.getvalue()


def _pixels(figure: Figure, kind: Kind, dpi: int) -> bytes:
    width, height = (round(inches * dpi) for inches in figure.get_size_inches())
    if width * height > _MOST_PIXELS or max(width, height) > _MOST_ALONG:
        raise TooLarge(
            f"At {dpi} dots per inch this figure would have {width:,} times {height:,} pixels: "
            "take SVG or PDF."
        )
    canvas = FigureCanvasAgg(figure)
    before = figure.get_dpi()
    figure.set_dpi(dpi)
    canvas.draw()
    # Journals refuse transparency; the paper is white.
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    figure.set_dpi(before)
    target = io.BytesIO()
    options = {"compression": "tiff_lzw"} if kind == "tiff" else {}
    image.save(target, format=kind, dpi=(dpi, dpi), **options)
    return target.getvalue()


def _svg(figure: Figure) -> bytes:
    target = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(target.getvalue())  # noqa: S314 -- written by ourselves just now
    root.remove(root[0])  # metadata that says nothing
    marks = figure.marks if isinstance(figure, DescribedFigure) else {}
    for group in root.iter(f"{{{_SVG}}}g"):
        if mark := marks.get(group.get("id", "")):
            _tell(group, mark)
    for text in root.iter(f"{{{_SVG}}}text"):
        # Verdana has the widths of the font that was measured with.
        style = text.get("style", "").replace(f"'{BASE}'", f"'{BASE}', Verdana")
        text.set("style", style.replace("; text-anchor", ", sans-serif; text-anchor"))
    for link in root.iter(f"{{{_SVG}}}a"):
        link.attrib.pop("target", None)
    if isinstance(figure, DescribedFigure):
        _describe(root, figure)
    words = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{words}\n'.encode()


def _tell(group: ET.Element, mark: Mark) -> None:
    """Give a mark its title, which its link says aloud, and the words as they are."""
    if mark.text:
        for text in group.iter(f"{{{_SVG}}}text"):
            text.text = mark.text
    if mark.title:
        title = ET.Element(f"{{{_SVG}}}title")
        title.text = mark.title
        links = [child for child in group if child.tag == f"{{{_SVG}}}a"]
        for parent in links or [group]:
            parent.insert(0, title)


def _describe(root: ET.Element, figure: DescribedFigure) -> None:
    """Name and describe the whole: an image, or, where parts of it are links, a group of them."""
    linked = any(mark.url for mark in figure.marks.values())
    root.set("role", "group" if linked else "img")
    root.set("aria-labelledby", "figure-title figure-description")
    words = {"title": figure.title, "desc": figure.description}
    names = ("figure-title", "figure-description")
    for place, (name, (tag, text)) in enumerate(zip(names, words.items(), strict=True)):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": name})
        element.text = text
        root.insert(place, element)
