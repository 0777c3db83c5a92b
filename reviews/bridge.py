"""The one door to ``analysis``: plain values in, plain values out."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis import __version__ as _version
from analysis.deciding import deciding as _deciding
from analysis.errors import BadReport, BadTable, TooManyCandidates
from analysis.figures.files import Kind, figure_bytes
from analysis.figures.forest import forest_figure
from analysis.figures.sroc import sroc_figure
from analysis.intervals import clopper_pearson
from analysis.scripts.r import r_script
from analysis.scripts.revman import revman_csv
from analysis.scripts.stata import stata_do_file
from analysis.solver import solve_two_by_two as _solve
from analysis.summary import analyse as _analyse
from reviews.core.errors import DomainError

_CODE = {"r": r_script, "stata": stata_do_file}
_FIGURES = {"forest": forest_figure, "sroc": sroc_figure}
# matplotlib's settings belong to the whole process: one figure at a time.
_drawing = threading.Lock()


def intervals(tp: int, fp: int, fn: int, tn: int) -> dict[str, dict[str, Any] | None]:
    """Return sensitivity and specificity with exact 95% intervals; None where a group is empty."""
    bounds = clopper_pearson([tp, tn], [tp + fn, fp + tn])
    pairs = {"sensitivity": (tp, tp + fn), "specificity": (tn, fp + tn)}
    return {
        name: {
            "estimate": hits / total,
            "low": float(bounds[row][0]),
            "high": float(bounds[row][1]),
        }
        if total
        else None
        for row, (name, (hits, total)) in enumerate(pairs.items())
    }


def solve_two_by_two(
    *,
    n: int | None,
    n_pos: int | None,
    reported: Mapping[str, str],
    intervals: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
    method: Any = "any",
    rounding: Any = "nearest",
) -> dict[str, Any]:
    """Return every 2x2 table that agrees with what is printed.

    Returns
    -------
    dict
        ``status`` unique, several or none; ``count``, which is a least number where ``complete``
        is false; ``solutions`` of (tp, fp, fn, tn), at most 100; ``conflict``, ``culprits``,
        ``disagreements``, ``hints`` and a ``sentence``.

    Raises
    ------
    DomainError
        A figure cannot be read, or too little is known.
    """
    try:
        return _solve(
            n=n,
            n_pos=n_pos,
            reported=reported,
            intervals=intervals,
            counts=counts,
            method=method,
            rounding=rounding,
        ).to_dict()
    except (BadReport, TooManyCandidates) as error:
        raise DomainError(str(error)) from error


def deciding(tables: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Return what differs between a few 2x2 tables: ``fact``, ``label`` and ``values``."""
    return _deciding(tables)


def engine_version() -> str:
    """Return the version of the statistics, which is part of what identifies a run."""
    return _version


def analyse_tables(
    rows: Sequence[tuple[int, int, int, int]],
    labels: Sequence[str],
    *,
    model: str = "bivariate",
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Return the complete meta-analysis of (tp, fp, fn, tn) rows, as JSON would hold it.

    What cannot be estimated is None, with the reason under "warnings".

    Raises
    ------
    DomainError
        A row is no 2x2 table.
    """
    try:
        return _analyse(rows, labels, model=model, progress=progress)
    except BadTable as error:
        raise DomainError(str(error)) from error


def code_file(
    program: str,
    rows: Sequence[tuple[int, int, int, int]],
    labels: Sequence[str],
    result: dict[str, Any],
) -> str:
    """Return an analysis of these rows as code: "r", "stata", or "revman" for its parameters."""
    if program == "revman":
        return revman_csv(result)
    return _CODE[program](rows, labels, result)


def figure_file(result: dict[str, Any], name: str, kind: Kind) -> bytes:
    """Return a figure of an analysis, "forest" or "sroc", as an SVG, PDF or PNG file."""
    with _drawing:
        return figure_bytes(_FIGURES[name](result), kind)
