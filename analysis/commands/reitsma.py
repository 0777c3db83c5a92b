"""The report of the normal-normal model."""

from typing import Any, cast

from analysis.data import TwoByTwos
from analysis.derived import likelihood_ratios, prediction_intervals
from analysis.further import STUDY_BY_STUDY
from analysis.reitsma import fit_reitsma
from analysis.reitsma_results import Correction, Method, ReitsmaFit
from analysis.sroc import area_under_curve
from analysis.text import accuracy_table

_NO_ESTIMATE = ("lr_positive", "lr_negative", "dor", "auc", "prediction_intervals")
_BINOMIAL_ONLY = (
    "profile",
    "hsroc",
    "i2",
    "median_odds_ratio",
    "prediction_area",
    "population_average",
    "regions",
    "lrt",
    "ladder",
    *STUDY_BY_STUDY,
)


def reitsma_report(
    data: TwoByTwos, model: str, correction: Correction
) -> tuple[dict[str, Any], str]:
    """Fit "reitsma-reml" or "reitsma-ml" and return the report, JSON-ready and as a table."""
    method = cast(Method, model.removeprefix("reitsma-"))
    fit = fit_reitsma(data, method=method, correction=correction)
    reasons = dict.fromkeys(_BINOMIAL_ONLY, "Given for the binomial models only.")
    report: dict[str, Any] = {**fit.to_dict(), **dict.fromkeys((*_NO_ESTIMATE, *_BINOMIAL_ONLY))}
    if isinstance(fit, ReitsmaFit):
        area = area_under_curve(fit)
        ratios = {name: found.to_dict() for name, found in likelihood_ratios(fit).items()}
        report |= ratios | {
            "auc": area and {**area, "ci": None},
            "prediction_intervals": prediction_intervals(fit),
        }
    else:
        reasons |= dict.fromkeys(_NO_ESTIMATE, fit.reason)
    report |= {"reasons": reasons, "model_asked": model}
    title = f"Normal-normal model ({method.upper()}, {correction.amount:g}:{correction.policy})"
    return report, accuracy_table(title, report)
