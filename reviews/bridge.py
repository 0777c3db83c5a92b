"""The one door to ``analysis``: plain values in, plain values out."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from analysis import TwoByTwos
from analysis import __version__ as _version
from analysis.deciding import deciding as _deciding
from analysis.errors import AnalysisError, BadReport, BadTable, TooManyCandidates
from analysis.figures import catalogue
from analysis.figures.files import Kind, figure_bytes
from analysis.figures.quadas import bars_figure, traffic_figure
from analysis.intervals import clopper_pearson
from analysis.observed import median_prevalence as _median_prevalence
from analysis.predictive import at_prevalence as _at_prevalence
from analysis.predictive import summary_of_findings as _summary_of_findings
from analysis.quality import Judgements
from analysis.restored import restored_fit as _restored_fit
from analysis.scripts.r import r_script
from analysis.scripts.revman import revman_csv
from analysis.scripts.stata import stata_do_file
from analysis.shown import reasons as _reasons
from analysis.shown import shown_interval as _shown_interval
from analysis.solver import solve_two_by_two as _solve
from analysis.subgroups import compared as _compared
from analysis.summary import analyse as _analyse
from reviews.core.errors import DomainError

_CODE = {"r": r_script, "stata": stata_do_file}
FIGURES = catalogue.NAMES
FIGURE_KINDS: Mapping[Kind, str] = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "tiff": "image/tiff",
}
# Drawing takes a core and, in pixels, some hundred megabytes: two at a time, others wait a little.
_MM, _ONE_COLUMN = 25.4, 120.0
_drawing = threading.BoundedSemaphore(2)
_PATIENCE = 20.0
# A figure that must fit the model once more for every study is kept to a few seconds.
MOST_REFITTED = 150
MOST_ROWS = 1_000
MOST_ROWS_IN_PIXELS = 400


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
    n_neg: int | None = None,
    n_max: int | None = None,
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
            n_neg=n_neg,
            n_max=n_max,
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
    compare: tuple[str, Sequence[str]] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Return the complete meta-analysis of (tp, fp, fn, tn) rows, as JSON would hold it.

    ``compare`` names a covariate and its value of each row: "subgroups" then holds the comparison.
    What cannot be estimated is None, with the reason under "warnings".

    Raises
    ------
    DomainError
        A row is no 2x2 table.
    """
    try:
        result = _analyse(rows, labels, model=model, progress=progress)
        if compare:
            data = TwoByTwos.from_rows(rows, labels)
            result["subgroups"] = _compared(data, *compare)
        return result
    except BadTable as error:
        raise DomainError(str(error)) from error


def shown_interval(result: dict[str, Any], arm: str) -> tuple[list[float] | None, str]:
    """Return the interval of an arm to be shown first, and its name."""
    return _shown_interval(result, arm)


def reasons(result: dict[str, Any]) -> dict[str, str]:
    """Say of each key of an analysis that is null why it is."""
    return _reasons(result)


def at_prevalence(result: dict[str, Any], prevalence: float | None) -> dict[str, Any] | None:
    """Return what the pooled accuracy means at a prevalence, by default the studies' median.

    Returns
    -------
    dict or None
        "prevalence"; "ppv", "npv", "post_positive", "post_negative", each "estimate" and
        "interval"; "natural_frequencies", which add up to 1000; "findings": a row per cell of
        the 2x2 table. None where nothing could be pooled.
    """
    fit = _restored_fit(result)
    if fit is None:
        return None
    share = prevalence or _median_prevalence(fit.data) or 0.5
    found = _at_prevalence(fit, share).to_dict()
    return found | {"findings": _summary_of_findings(fit, [share])}


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


def figures_of(result: Mapping[str, Any]) -> list[str]:
    """Return the names of the figures that an analysis can be drawn as."""
    whole = dict(result)
    few = len(result["forest"]) <= MOST_REFITTED
    return [name for name in catalogue.supported(whole) if few or not catalogue.refits(name, whole)]


def figure_file(
    result: Mapping[str, Any],
    name: str,
    kind: Kind,
    *,
    prevalences: Sequence[float] = (),
    quality: Sequence[Sequence[str | None] | None] | None = None,
    domains: Sequence[str] = (),
    urls: Sequence[str] | None = None,
    condition: str = "",
) -> bytes:
    """Return one of `FIGURES` of an analysis as a file of one of `FIGURE_KINDS`.

    Parameters
    ----------
    result : mapping
        What `analyse_tables` returned.
    prevalences : sequence of float
        Between 0 and 1; by default the median of the studies.
    quality, domains
        Judgements by row, low, unclear, high or None, and what they are of: for "sroc".
    urls : sequence of str, optional
        Where each row leads.
    condition : str
        What the test looks for.

    Raises
    ------
    DomainError
        There is nothing to draw, or too much.
    """
    _check_rows(result, name)
    _check_pixels(len(result["forest"]), kind)
    wished = _wishes(prevalences, quality, domains, urls, condition)
    draw = catalogue.pages_of if kind == "pdf" else catalogue.figure_of
    with _turn():
        return figure_bytes(draw(name, dict(result), wished), kind)


def figure_picture(
    result: Mapping[str, Any],
    name: str,
    *,
    prevalences: Sequence[float] = (),
    quality: Sequence[Sequence[str | None] | None] | None = None,
    domains: Sequence[str] = (),
    condition: str = "",
) -> dict[str, Any]:
    """Return one of `FIGURES` to be looked at; parameters and refusals as for `figure_file`.

    Returns
    -------
    dict
        "svg": bytes; "title" and "description", which holds its numbers; "wide": whether it is
        made for two columns.
    """
    _check_rows(result, name)
    wished = _wishes(prevalences, quality, domains, None, condition)
    with _turn():
        figure = catalogue.figure_of(name, dict(result), wished)
        return {
            "svg": figure_bytes(figure, "svg"),
            "title": figure.title,
            "description": figure.description,
            "wide": figure.get_figwidth() * _MM > _ONE_COLUMN,
        }


def _check_rows(result: Mapping[str, Any], name: str) -> None:
    refitted = catalogue.refits(name, dict(result))
    if len(result["forest"]) > (MOST_REFITTED if refitted else MOST_ROWS):
        raise DomainError("There are too many tables to draw this while you wait.")


def _wishes(
    prevalences: Sequence[float],
    quality: Sequence[Sequence[str | None] | None] | None,
    domains: Sequence[str],
    urls: Sequence[str] | None,
    condition: str,
) -> catalogue.Wishes:
    return catalogue.Wishes(
        prevalences=tuple(prevalences),
        quality=None if quality is None else tuple(row and tuple(row) for row in quality),
        domains=tuple(domains),
        urls=None if urls is None else tuple(urls),
        condition=condition,
    )


def quality_file(
    domains: Sequence[tuple[str, bool]],
    labels: Sequence[str],
    levels: Sequence[Sequence[str | None]],
    name: str,
    kind: Kind,
    *,
    urls: Sequence[str] | None = None,
) -> bytes:
    """Return judgements as a file: "traffic-light", a sign per study and domain, or "bars".

    Parameters
    ----------
    domains : sequence of (name, whether it is a concern about applicability)
    labels : sequence of str, length k
    levels : sequence, shape (k, domains)
        "low", "unclear", "high" or None.

    Raises
    ------
    DomainError
        There are no judgements, or too many.
    """
    if len(labels) > MOST_ROWS:
        raise DomainError("There are too many studies to draw this while you wait.")
    _check_pixels(len(labels), kind)
    with _turn():
        table = Judgements.from_values(domains, labels, levels)
        figure = bars_figure(table) if name == "bars" else traffic_figure(table, urls=urls)
        return figure_bytes(figure, kind)


def _check_pixels(rows: int, kind: Kind) -> None:
    if rows > MOST_ROWS_IN_PIXELS and kind in ("png", "tiff"):
        raise DomainError("A figure of so many rows can be had as SVG or PDF only.")


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn to draw; what cannot be drawn is said as a rule of the review is."""
    if not _drawing.acquire(timeout=_PATIENCE):
        raise DomainError("Other figures are being drawn just now. Try again in a minute.")
    try:
        yield
    except AnalysisError as error:
        raise DomainError(str(error)) from error
    finally:
        _drawing.release()
