"""Figures as bytes, the same bytes for the same result."""

import io
from typing import Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Kind = Literal["svg", "pdf", "png"]

# No date and no program name: the same figure is the same file, whenever it is made.
_METADATA: dict[Kind, dict[str, None]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


def figure_bytes(figure: Figure, kind: Kind, *, dpi: int = 300) -> bytes:
    """Return a figure as a file.

    Parameters
    ----------
    figure : Figure
    kind : {"svg", "pdf", "png"}
    dpi : int
        Dots per inch of a PNG file.

    Returns
    -------
    bytes
        The same for the same figure on every run; text stays text in SVG and PDF.
    """
    FigureCanvasAgg(figure)
    target = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "quadrant", "svg.fonttype": "none", "pdf.fonttype": 42}):
        figure.savefig(target, format=kind, dpi=dpi, metadata=_METADATA[kind])
    return target.getvalue()
