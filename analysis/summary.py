"""The complete analysis of one set of 2x2 tables, as plain values for a page or a file."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from analysis.bivariate import fit_bivariate
from analysis.data import TwoByTwos
from analysis.derived import (
    Estimate,
    Region,
    correlation_error,
    hsroc,
    likelihood_ratios,
    prediction_intervals,
    regions,
)
from analysis.forest import forest_rows
from analysis.further import supplement
from analysis.profile_likelihood import profile_intervals
from analysis.results import BivariateFit, Model, NotEstimable
from analysis.shown import reasons
from analysis.sroc import area_under_curve, sroc_data
from analysis.versions import versions

Progress = Callable[[int, int, str], None]

_STEPS = (
    "Checking the 2x2 tables",
    "Fitting the bivariate model",
    "Profile-likelihood intervals",
    "Curve and regions",
    "Study by study",
    "Done",
)


def analyse(
    rows: Iterable[Sequence[Any]],
    labels: Iterable[str] | None = None,
    *,
    model: Model = "bivariate",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Analyse 2x2 tables and return everything a result page shows, ready for JSON.

    Parameters
    ----------
    rows : iterable of (tp, fp, fn, tn)
    labels : iterable of str, optional
        One per row.
    model : {"bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"}
    progress : callable, optional
        Called with (done, total, message) before each step and at the end. What it raises is
        passed on: that is how an analysis is cancelled.

    Returns
    -------
    dict
        "fit" (as `BivariateFit.to_dict`), "profile", "likelihood_ratios", "hsroc", "auc",
        "prediction_intervals", "correlation_standard_error", "regions", "forest" (rows of all
        studies), "sroc" (see `analysis.sroc.sroc_data`), "warnings", "versions", "input_sha256"
        (of all rows given), "k", "model", "reasons" (why a key is None, see `analysis.shown`), and
        what `analysis.further.supplement` adds. What cannot be estimated is None, and a sentence
        in "warnings" says why.

    Raises
    ------
    BadTable
    """
    report = _reporter(progress)
    report(0)
    data = TwoByTwos.from_rows(rows, labels)
    report(1)
    fit = fit_bivariate(data, model=model)
    result = describe(data, fit, progress=progress)
    report(4)
    result |= supplement(data, fit)
    result["reasons"] = reasons(result)
    report(5)
    return result


def describe(
    data: TwoByTwos,
    fit: BivariateFit | NotEstimable,
    *,
    progress: Progress | None = None,
    region: Region = "f",
) -> dict[str, Any]:
    """Return what `analyse` returns, of a model already fitted to these tables.

    Parameters
    ----------
    data : TwoByTwos
        All studies, also those the fit leaves out.
    fit : BivariateFit or NotEstimable
    progress : callable, optional
        As for `analyse`, from the third step on.
    region : {"f", "chi2"}
        How the regions are drawn, see `analysis.derived.region_radius`.

    Returns
    -------
    dict
    """
    report = _reporter(progress)
    report(2)
    intervals = _profile(fit)
    report(3)
    drawn = sroc_data(data, fit if isinstance(fit, BivariateFit) else None, region=region)
    return {
        "k": fit.k,
        "model": fit.model,
        "fit": fit.to_dict(),
        "profile": intervals,
        **_derived(fit),
        "regions": regions(fit, region) if isinstance(fit, BivariateFit) else None,
        "forest": [row.to_dict() for row in forest_rows(data)],
        "sroc": drawn,
        "warnings": [*fit.warnings, *_further_warnings(fit, intervals, drawn)],
        "input_sha256": data.sha256,
        "versions": versions(),
    }


def _reporter(progress: Progress | None) -> Callable[[int], None]:
    def report(done: int) -> None:
        if progress:
            progress(done, len(_STEPS) - 1, _STEPS[done])

    return report


def _profile(fit: BivariateFit | NotEstimable) -> dict[str, Any] | None:
    if isinstance(fit, NotEstimable):
        return None
    return {arm: interval.to_dict() for arm, interval in profile_intervals(fit).items()}


def _derived(fit: BivariateFit | NotEstimable) -> dict[str, Any]:
    names = (
        "likelihood_ratios",
        "hsroc",
        "auc",
        "prediction_intervals",
        "correlation_standard_error",
    )
    if isinstance(fit, NotEstimable):
        return dict.fromkeys(names)
    parameters = hsroc(fit)
    values = (
        _plain(likelihood_ratios(fit)),
        _plain(parameters) if parameters else None,
        area_under_curve(fit),
        prediction_intervals(fit),
        correlation_error(fit),
    )
    return dict(zip(names, values, strict=True))


def _plain(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.to_dict() for name, estimate in estimates.items()}


def _further_warnings(
    fit: BivariateFit | NotEstimable, intervals: dict[str, Any] | None, drawn: dict[str, Any]
) -> list[str]:
    if isinstance(fit, NotEstimable):
        return []
    open_ended = [
        f"Profile-likelihood interval of {arm}: {interval['reason']}"
        for arm, interval in (intervals or {}).items()
        if interval["reason"]
    ]
    # A variance at zero has its own sentence, which already says that there is no curve.
    reason = None if fit.correlation is None else drawn["curve_reason"]
    return [
        *open_ended,
        *(text for text in (reason, drawn["region_reason"], drawn["curve_note"]) if text),
    ]
