"""A sheet in place of each report: the figures its abstract prints, with their source.

The articles belong to their publishers. So that a value of the demo can still be followed to a
page, each study has a PDF of one page that we wrote; it says what it is.
"""

import io
import textwrap
from dataclasses import dataclass

from matplotlib import rc_context
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from reviews.demo.shapes import Study, Table

WIDTH, HEIGHT = 8.27, 11.69  # A4 in inches
LEFT, TOP, LEADING = 0.1, 0.08, 0.018
CHARACTERS = 92
WHAT_IT_IS = (
    "Demonstration sheet written for Quadrant. This is not the article: it repeats figures"
    " printed in the source named below, so that values can be followed to a page."
)
NAMES = {"ppv": "PPV", "npv": "NPV", "auc": "AUC", "fpr": "false positive rate"}

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """Words on the sheet, and where: left, top, width, height as fractions of the page."""

    text: str
    top: float
    rows: int

    @property
    def box(self) -> list[float]:
        width = min(1 - 2 * LEFT, 0.0092 * min(len(self.text), CHARACTERS))
        return [LEFT, round(self.top - LEADING * 0.8, 4), width, round(LEADING * self.rows, 4)]


def figures_of(table: Table) -> str:
    """Return what the source prints about a table, in one line."""
    parts = [
        f"{NAMES.get(name, name.replace('_', ' '))} {text}" for name, text in table.reported.items()
    ]
    return "; ".join(parts) or f"{table.tp}, {table.fp}, {table.fn}, {table.tn}"


def lines_of(study: Study) -> dict[Key, Line]:
    """Place one line per 2x2 table; the key is cohort, threshold and target condition."""
    lines: dict[Key, Line] = {}
    top = 0.26
    for cohort in study.cohorts:
        top += 2 * LEADING
        for table in cohort.tables:
            text = " ".join(
                filter(None, [table.threshold and f"{table.threshold}:", figures_of(table)])
            )
            rows = len(textwrap.wrap(text, CHARACTERS))
            lines[cohort.name, table.threshold, table.target_condition] = Line(text, top, rows)
            top += (rows + 1) * LEADING
    return lines


def draw_sheet(study: Study, lines: dict[Key, Line]) -> bytes:
    """Return the sheet as a PDF, the same bytes every time."""
    figure = Figure(figsize=(WIDTH, HEIGHT))

    def write(text: str, top: float, *, size: float = 9.5, weight: str = "normal") -> None:
        for row, part in enumerate(textwrap.wrap(text, CHARACTERS) or [""]):
            figure.text(
                LEFT, 1 - top - row * LEADING, part, size=size, weight=weight, family="DejaVu Sans"
            )

    write(study.label, TOP, size=15, weight="bold")
    write(WHAT_IT_IS, TOP + 2 * LEADING)
    write(f"Source: {study.source}", TOP + 5 * LEADING)
    write(
        f"{study.modality}, {study.body_region}, {study.country}. {study.model}.", TOP + 7 * LEADING
    )
    for cohort in study.cohorts:
        tops = [
            lines[cohort.name, table.threshold, table.target_condition].top
            for table in cohort.tables
        ]
        if tops:
            write(f"{cohort.name}: {cohort.units} units", min(tops) - 1.4 * LEADING, weight="bold")
    for line in lines.values():
        write(line.text, line.top)
    out = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        FigureCanvasPdf(figure).print_pdf(
            out, metadata={"CreationDate": None, "Title": study.label}
        )
    return out.getvalue()
