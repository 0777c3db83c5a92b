"""``python -m analysis figure KIND FILE.csv -o out.svg``: one figure as a file."""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from analysis.covariates import Covariate
from analysis.covariates import Kind as CovariateKind
from analysis.data import TwoByTwos, read_with_columns
from analysis.errors import AnalysisError, BadOption, BadTable
from analysis.figures.catalogue import NAMES, Wishes, figure_of, pages_of
from analysis.figures.files import Kind, figure_bytes
from analysis.figures.metaregression import metaregression_figure
from analysis.figures.quadas import bars_figure, traffic_figure
from analysis.figures.sheet import DescribedFigure
from analysis.figures.thresholds import thresholds_figure
from analysis.metaregression import metaregression
from analysis.observed import as_numbers, at_thresholds
from analysis.quality import Judgements
from analysis.subgroups import subgroups
from analysis.summary import analyse
from analysis.thresholds import fit_thresholds

_SUFFIXES: dict[str, Kind] = {
    ".svg": "svg",
    ".pdf": "pdf",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
}
_MOST_DPI, _LEAST_DPI = 1200, 300
_MOST_SLICES = 4
Pages = list[DescribedFigure]


def add_figure(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    figure = commands.add_parser(
        "figure", help="draw a figure: forest plot, summary ROC plot, funnel, nomogram and others"
    )
    figure.add_argument("kind", choices=sorted([*NAMES, *_OTHERS]), metavar="KIND", help=_KINDS)
    figure.add_argument(
        "file",
        metavar="FILE.csv",
        help="columns TP, FP, FN, TN; for quadas and quadas-bars a column of low, unclear and high "
        "for each domain",
    )
    figure.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="ends in .svg, .pdf, .png or .tiff"
    )
    figure.add_argument(
        "--prevalence",
        action="append",
        default=[],
        metavar="SHARE",
        help="as 0.1 or 10%%, may be repeated (by default the median of the studies)",
    )
    figure.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COVARIATE",
        help="column that groups a forest or sroc plot; for metaregression, may be repeated",
    )
    figure.add_argument(
        "--as",
        dest="as_kind",
        choices=get_args(CovariateKind),
        help="whether the covariates name groups or measure something (by default: guessed)",
    )
    figure.add_argument("--study", metavar="COLUMN", help="for thresholds: names the study")
    figure.add_argument("--threshold", metavar="COLUMN", help="for thresholds: a number")
    figure.add_argument(
        "--quality", metavar="FILE.csv", help="for sroc: judgements to show at the points"
    )
    figure.add_argument("--link", metavar="COLUMN", help="holds the address a study leads to")
    figure.add_argument("--condition", default="", help="for tree: what the test looks for")
    figure.add_argument(
        "--dpi", type=int, default=_LEAST_DPI, help="of PNG and TIFF files, 300 to 1200"
    )
    figure.set_defaults(run=run)


_KINDS = (
    "forest, sroc, deeks (funnel plot), ratios (likelihood ratio scattergram), fagan (nomogram), "
    "predictive (predictive values against prevalence), tree (natural frequencies), leave-one-out, "
    "diagnostics, metaregression (with --by), thresholds (with --study and --threshold), quadas "
    "(traffic light), quadas-bars"
)


def run(asked: argparse.Namespace) -> str:
    """Draw and write the figure; return what the command prints.

    Raises
    ------
    AnalysisError
        The file or the options cannot be used, or there is nothing to draw.
    """
    path = Path(asked.output)
    kind = _kind_of(path)
    _check(asked)
    draw = _OTHERS.get(asked.kind, _from_result)
    pages = draw(asked, kind)
    _write(path, figure_bytes(pages if kind == "pdf" else pages[0], kind, dpi=asked.dpi))
    lines = [f"{path}: {pages[0].title}."]
    missing = sorted({text for page in pages for text in page.unprintable})
    if missing and kind != "svg":
        lines.append(
            f"! No font on this machine has all letters of {'; '.join(missing[:5])}: white squares "
            "stand for them. Install one, such as Noto Sans CJK, or take SVG."
        )
    return "\n".join(lines)


def _kind_of(path: Path) -> Kind:
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise BadOption(f"{path.name} does not end in .svg, .pdf, .png or .tiff.")
    return kind


_ALLOWED = {
    "by": {"forest", "sroc", "metaregression"},
    "study": {"thresholds"},
    "threshold": {"thresholds"},
    "quality": {"sroc"},
    "prevalence": {"fagan", "predictive", "tree"},
    "condition": {"tree"},
}


def _check(asked: argparse.Namespace) -> None:
    """Refuse what would otherwise be left out without a word."""
    for name, kinds in _ALLOWED.items():
        if getattr(asked, name) and asked.kind not in kinds:
            raise BadOption(f"--{name} is for {' and '.join(sorted(kinds))} only.")
    if not _LEAST_DPI <= asked.dpi <= _MOST_DPI:
        raise BadOption(f"--dpi takes {_LEAST_DPI} to {_MOST_DPI}.")
    if len(asked.by) > 1 and asked.kind != "metaregression":
        raise BadOption("A plot is grouped by one covariate: give --by once.")
    if asked.kind == "fagan" and len(asked.prevalence) > 1:
        raise BadOption("A nomogram shows one prevalence: give --prevalence once.")


def _from_result(asked: argparse.Namespace, kind: Kind) -> Pages:
    names = [asked.link] if asked.link else []
    data, columns = read_with_columns(asked.file, names)
    result = analyse(data.rows, data.labels)
    quality, domains = _quality(asked, data)
    wishes = Wishes(
        prevalences=tuple(_share(text) for text in asked.prevalence),
        groups=subgroups(data, _covariate(asked, asked.by[0])) if asked.by else None,
        quality=quality,
        domains=domains,
        urls=tuple(columns[asked.link]) if asked.link else None,
        condition=asked.condition,
    )
    if kind == "pdf":
        return pages_of(asked.kind, result, wishes)
    return [figure_of(asked.kind, result, wishes)]


def _covariate(asked: argparse.Namespace, name: str) -> Covariate:
    return Covariate.from_csv(asked.file, name, kind=asked.as_kind)


def _share(text: str) -> float:
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100 if "%" in text else 1)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise BadOption(f"--prevalence {text[:20]} is not between 0 and 1: write 0.1 or 10%.")
    return share


def _quality(asked: argparse.Namespace, data: TwoByTwos) -> tuple[Any, tuple[str, ...]]:
    if not asked.quality:
        return None, ()
    table = Judgements.from_csv(asked.quality)
    found = table.of(data.labels)
    if not any(found):
        raise BadTable(f"{Path(asked.quality).name} names none of the studies of the 2x2 tables.")
    names = tuple(domain.name for domain in table.domains if not domain.concern)[:_MOST_SLICES]
    return tuple(row and row[:_MOST_SLICES] for row in found), names


def _metaregression(asked: argparse.Namespace, _: Kind) -> Pages:
    if not asked.by:
        raise BadOption("A meta-regression needs a covariate: name its column with --by.")
    data = TwoByTwos.from_csv(asked.file)
    found = [metaregression(data, _covariate(asked, name)).to_dict() for name in asked.by]
    return [metaregression_figure(found, analyse(data.rows, data.labels))]


def _thresholds(asked: argparse.Namespace, _: Kind) -> Pages:
    if not asked.study or not asked.threshold:
        raise BadOption("Threshold curves need --study and --threshold: name their columns.")
    data, columns = read_with_columns(asked.file, [asked.study, asked.threshold])
    cuts = as_numbers(columns[asked.threshold])
    found = fit_thresholds(data, cuts, columns[asked.study])
    observed = at_thresholds(data, cuts, columns[asked.study])
    name = asked.threshold.strip()
    return [thresholds_figure(found.to_dict(), observed, name=name[:1].upper() + name[1:])]


def _traffic(asked: argparse.Namespace, _: Kind) -> Pages:
    return [traffic_figure(Judgements.from_csv(asked.file))]


def _bars(asked: argparse.Namespace, _: Kind) -> Pages:
    return [bars_figure(Judgements.from_csv(asked.file))]


_OTHERS: dict[str, Callable[[argparse.Namespace, Kind], Pages]] = {
    "metaregression": _metaregression,
    "thresholds": _thresholds,
    "quadas": _traffic,
    "quadas-bars": _bars,
}


def _write(path: Path, content: bytes) -> None:
    """Put the file there whole or not at all."""
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # As any other new file, not as a secret.
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, path)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise CannotWrite(f"{path} cannot be written: {error.strerror}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class CannotWrite(AnalysisError):
    """The output file cannot be written."""
