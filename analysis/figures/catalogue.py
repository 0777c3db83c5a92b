"""Every figure of a result by its name: what it needs, and how it is drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.deeks import deeks_test
from analysis.errors import AnalysisError
from analysis.figures.deeks import deeks_figure
from analysis.figures.diagnostics import diagnostics_figure
from analysis.figures.fagan import fagan_figure
from analysis.figures.forest import forest_figure, forest_pages
from analysis.figures.leave_one_out import leave_one_out_figure
from analysis.figures.predictive import predictive_figure, tree_figure
from analysis.figures.ratios import scattergram_figure
from analysis.figures.sheet import DescribedFigure
from analysis.figures.sroc import sroc_figure
from analysis.influence import influence
from analysis.observed import median_prevalence
from analysis.predictive import at_prevalence, predictive_curve
from analysis.residuals import diagnostics
from analysis.restored import restored_data, restored_fit, restored_influence
from analysis.results import BivariateFit
from analysis.study_ratios import study_ratios

MOST_TREES = 5
# Ten seconds or so of refits: with twice as many, four times that.
MOST_LEFT_OUT = 500


class NotDrawable(AnalysisError):
    """A figure of something that could not be estimated; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a figure can be told besides the result.

    Attributes
    ----------
    prevalences : tuple of float
        Each in (0, 1); by default the median of the studies.
    groups : dict or None
        What `analysis.subgroups.subgroups` returned, for the forest plot and the ROC plot; by
        default what the result keeps as "subgroups".
    quality : tuple or None
        Judgements by row of the forest plot, for the points of the ROC plot.
    domains : tuple of str
        What the judgements are of.
    urls : tuple of str or None
        Where each row leads.
    condition : str
        What the test looks for.
    """

    prevalences: tuple[float, ...] = ()
    groups: dict[str, Any] | None = None
    quality: tuple[tuple[str | None, ...] | None, ...] | None = None
    domains: tuple[str, ...] = ()
    urls: tuple[str, ...] | None = None
    condition: str = ""


Result = dict[str, Any]
_Draw = Callable[[Result, Wishes], DescribedFigure]


def figure_of(name: str, result: Result, wishes: Wishes | None = None) -> DescribedFigure:
    """Return a figure of what `analysis.summary.analyse` returned.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    result : dict
    wishes : Wishes, optional

    Raises
    ------
    NotDrawable
        The figure shows estimates, and there are none.
    ValueError
        A prevalence is not between 0 and 1.
    """
    return _DRAWN[name](result, wishes or Wishes())


def pages_of(name: str, result: Result, wishes: Wishes | None = None) -> list[DescribedFigure]:
    """Return the figure as the pages of a PDF file: several of a long forest plot, else one."""
    if name != "forest":
        return [figure_of(name, result, wishes)]
    wishes = wishes or Wishes()
    return forest_pages(result, groups=_groups(result, wishes), urls=wishes.urls)


def supported(result: Result) -> list[str]:
    """Return the names of the figures that this result can be drawn as."""
    absent = set() if result["fit"]["converged"] else set(_NEED_A_FIT)
    if sum(_used(result)) > MOST_LEFT_OUT and not restored_influence(result):
        absent |= set(_STUDY_BY_STUDY)
    return [name for name in NAMES if name not in absent]


def _forest(result: Result, wishes: Wishes) -> DescribedFigure:
    return forest_figure(result, groups=_groups(result, wishes), urls=wishes.urls)


def _sroc(result: Result, wishes: Wishes) -> DescribedFigure:
    return sroc_figure(
        result,
        groups=None if wishes.quality else _groups(result, wishes),
        quality=wishes.quality,
        domains=wishes.domains,
        urls=wishes.urls,
    )


def _groups(result: Result, wishes: Wishes) -> dict[str, Any] | None:
    """Return the groups wished for, else those the result was compared by."""
    kept = result.get("subgroups")
    return wishes.groups or (kept if kept and kept["groups"] else None)


def _deeks(result: Result, wishes: Wishes) -> DescribedFigure:
    data = restored_data(result)
    both = (data.totals.min(axis=1) > 0).tolist()
    return deeks_figure(deeks_test(data).to_dict(), urls=_of(wishes.urls, both))


def _ratios(result: Result, wishes: Wishes) -> DescribedFigure:
    studies = study_ratios(restored_data(result))
    return scattergram_figure(studies, result["likelihood_ratios"], urls=wishes.urls)


def _fagan(result: Result, wishes: Wishes) -> DescribedFigure:
    fit = _fit(result)
    ratios = result["likelihood_ratios"]
    if None in [ratios[f"lr_{name}"]["estimate"] for name in ("positive", "negative")]:
        raise NotDrawable("A pooled likelihood ratio is larger than any number that can be drawn.")
    return fagan_figure(at_prevalence(fit, _prevalences(fit, wishes)[0]).to_dict(), ratios)


def _predictive(result: Result, wishes: Wishes) -> DescribedFigure:
    fit = _fit(result)
    chosen = [at_prevalence(fit, share).to_dict() for share in _prevalences(fit, wishes)]
    return predictive_figure(predictive_curve(fit), chosen)


def _tree(result: Result, wishes: Wishes) -> DescribedFigure:
    fit = _fit(result)
    shares = _prevalences(fit, wishes)[:MOST_TREES]
    chosen = [at_prevalence(fit, share).to_dict() for share in shares]
    return tree_figure(chosen, condition=wishes.condition)


def _diagnostics(result: Result, wishes: Wishes) -> DescribedFigure:
    fit = _fit(result)
    found = diagnostics(fit, _influence(result, fit))
    return diagnostics_figure(found, urls=_of(wishes.urls, _used(result)))


def _leave_one_out(result: Result, wishes: Wishes) -> DescribedFigure:
    found = _influence(result, _fit(result))
    return leave_one_out_figure(result, found, urls=_of(wishes.urls, _used(result)))


def _influence(result: Result, fit: BivariateFit) -> dict[str, Any]:
    """Return what the result keeps, or each study's influence, of so many studies."""
    if kept := restored_influence(result):
        return kept
    if fit.k > MOST_LEFT_OUT:
        raise NotDrawable(
            f"Each study is left out in turn for this figure: of up to {MOST_LEFT_OUT} studies, "
            f"not of {fit.k}."
        )
    return influence(fit).to_dict()


def _fit(result: Result) -> BivariateFit:
    fit = restored_fit(result)
    if fit is None:
        raise NotDrawable(f"There is nothing to draw. {' '.join(result['warnings'][:1])}".strip())
    return fit


def _prevalences(fit: BivariateFit, wishes: Wishes) -> tuple[float, ...]:
    # A fit has studies of both kinds, though perhaps none with both arms.
    return wishes.prevalences or (median_prevalence(fit.data) or 0.5,)


def _used(result: Result) -> list[bool]:
    """Whether each row has participants, and so is part of the fit."""
    rows = result["forest"]
    return [row["sensitivity"]["total"] + row["specificity"]["total"] > 0 for row in rows]


def _of(urls: Sequence[str] | None, keep: Sequence[bool]) -> list[str] | None:
    return None if urls is None else [url for url, kept in zip(urls, keep, strict=True) if kept]


_DRAWN: Mapping[str, _Draw] = {
    "forest": _forest,
    "sroc": _sroc,
    "deeks": _deeks,
    "ratios": _ratios,
    "fagan": _fagan,
    "predictive": _predictive,
    "tree": _tree,
    "leave-one-out": _leave_one_out,
    "diagnostics": _diagnostics,
}
NAMES = tuple(_DRAWN)
_NEED_A_FIT = {"fagan", "predictive", "tree", "leave-one-out", "diagnostics"}
_STUDY_BY_STUDY = ("leave-one-out", "diagnostics")


def refits(name: str, result: Result) -> bool:
    """Whether a figure fits the model once more for every study, as the result kept nothing."""
    return name in _STUDY_BY_STUDY and restored_influence(result) is None
