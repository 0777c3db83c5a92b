"""``python -m analysis fit``: a bivariate model of the 2x2 tables in a file."""

import argparse
from typing import Any, get_args

from analysis.bivariate import fit_bivariate
from analysis.commands.output import as_json
from analysis.commands.reitsma import reitsma_report
from analysis.covariates import Covariate, Kind
from analysis.data import TwoByTwos
from analysis.errors import BadOption
from analysis.further import further, random_effects
from analysis.metaregression import metaregression
from analysis.reitsma_results import Correction
from analysis.results import ARMS, BivariateFit, Model, NotEstimable
from analysis.summary import describe
from analysis.text import group_table, summary_table

_BINOMIAL: dict[str, Model] = {
    "bivariate": "bivariate",
    "univariate": "uncorrelated",
    "fixed": "fixed",
}
_MODELS = ("bivariate", "reitsma-reml", "reitsma-ml", "univariate", "fixed", "auto")
# The two arms of the uncorrelated model are two univariate models.
_LABELS: dict[str, str] = {"uncorrelated": "univariate"}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    fit = commands.add_parser("fit", help="fit the bivariate model to 2x2 tables")
    fit.add_argument("file", metavar="FILE.csv", help="columns TP, FP, FN, TN; others are ignored")
    fit.add_argument(
        "--model",
        choices=_MODELS,
        default="bivariate",
        help="auto: as simple as the studies demand; reitsma: the normal approximation",
    )
    fit.add_argument("--by", metavar="COVARIATE", help="compare by this column of the file")
    fit.add_argument(
        "--as",
        dest="kind",
        choices=get_args(Kind),
        help="whether the covariate names groups or measures something (by default: guessed)",
    )
    fit.add_argument(
        "--correction",
        metavar="AMOUNT:POLICY",
        help="for reitsma: added to the cells of studies with a zero (single, the default: "
        "0.5:single), of all studies if one has a zero (all), or of all (always)",
    )
    fit.add_argument(
        "--profile",
        action="store_true",
        help="insist on profile-likelihood intervals: an error with a model that has none",
    )
    fit.add_argument("--json", action="store_true", help="print one JSON object")
    fit.set_defaults(run=run)


def run(asked: argparse.Namespace) -> str:
    """Return what the command prints.

    Raises
    ------
    AnalysisError
        The file or the options cannot be used.
    """
    _check(asked)
    data = TwoByTwos.from_csv(asked.file)
    if asked.model.startswith("reitsma"):
        correction = Correction.from_text(asked.correction) if asked.correction else Correction()
        report, table = reitsma_report(data, asked.model, correction)
    else:
        report, table = _binomial_report(data, asked.model)
    if asked.by:
        covariate = Covariate.from_csv(asked.file, asked.by, kind=asked.kind)
        compared = metaregression(data, covariate).to_dict()
        report |= compared | {"warnings": [*report["warnings"], *compared["warnings"]]}
        table = f"{table}\n\n{group_table(compared)}"
    return as_json(report) if asked.json else table


def _check(asked: argparse.Namespace) -> None:
    normal = asked.model.startswith("reitsma")
    if asked.correction and not normal:
        raise BadOption(
            "Only the reitsma models make a continuity correction: the others need none."
        )
    if asked.profile and normal:
        raise BadOption("Profile-likelihood intervals are given for the binomial models only.")
    if asked.by and asked.model != "bivariate":
        raise BadOption("A covariate is fitted with the bivariate model only.")
    if asked.kind and not asked.by:
        raise BadOption("--as says how to read the covariate: name it with --by.")


def _binomial_report(data: TwoByTwos, model: str) -> tuple[dict[str, Any], str]:
    tests, steps = random_effects(data)
    if model == "auto":
        fit = steps[-1].fit
    elif model == "bivariate":
        fit = steps[0].fit
    else:
        fit = fit_bivariate(data, model=_BINOMIAL[model])
    result = describe(data, fit)
    rungs = [step.to_dict() for step in steps]
    for rung in rungs:
        rung["model"] = _LABELS.get(rung["model"], rung["model"])
    report = {
        **_flat(result, fit),
        **further(fit),
        "lrt": tests,
        "ladder": rungs,
        "model": _LABELS.get(fit.model, fit.model),
        "model_asked": model,
    }
    return report, summary_table(result)


def _flat(result: dict[str, Any], fit: BivariateFit | NotEstimable) -> dict[str, Any]:
    """Return the fit's own keys first, then the measures that follow from it."""
    ratios = result["likelihood_ratios"]
    intervals = result["profile"]
    accuracy = {
        arm: {
            **result["fit"][arm],
            "profile": intervals[arm]["interval"] if intervals else None,
        }
        for arm in ARMS
        if intervals
    }
    area = result["auc"]
    return {
        **result["fit"],
        **accuracy,
        "warnings": result["warnings"],
        "profile": intervals,
        "likelihood_ratios": ratios,
        **(ratios or dict.fromkeys(("lr_positive", "lr_negative", "dor"))),
        "hsroc": _hsroc(result["hsroc"]),
        "auc": area and {**area, "ci": area["logit_delta"]},
        "prediction_intervals": result["prediction_intervals"],
        "reasons": _reasons(result, fit),
    }


def _hsroc(parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the parameters with "se", the variances under their short names besides."""
    if parameters is None:
        return None
    named = {name: {**value, "se": value["standard_error"]} for name, value in parameters.items()}
    short = {"var_alpha": "variance_alpha", "var_theta": "variance_theta"}
    return named | {name: named.get(longer) for name, longer in short.items()}


def _reasons(result: dict[str, Any], fit: BivariateFit | NotEstimable) -> dict[str, str]:
    """Say of each key that is null why it is."""
    if isinstance(fit, NotEstimable):
        return dict.fromkeys(
            ("likelihood_ratios", "hsroc", "auc", "profile", "prediction_intervals", *_FURTHER),
            fit.reason,
        )
    reasons: dict[str, str] = {}
    if fit.correlation is None:
        zero = "A between-study variance is zero, so there is no summary ROC curve."
        reasons |= dict.fromkeys(("correlation", "hsroc", "auc"), zero)
    elif fit.boundary:
        reasons["hsroc"] = (
            f"The between-study {fit.boundary[0]}: one of the two variances is then zero and "
            "left out."
        )
    if result["prediction_intervals"] is None:
        reasons["prediction_intervals"] = "Prediction intervals need at least three studies."
    return reasons


_FURTHER = ("i2", "median_odds_ratio", "prediction_area", "population_average")
