"""``python -m analysis fit``: a bivariate model of the 2x2 tables in a file."""

import argparse
from typing import Any, get_args

from analysis.bivariate import fit_bivariate
from analysis.bootstrap import bootstrap
from analysis.commands.output import as_json, tell_progress
from analysis.commands.reitsma import reitsma_report
from analysis.covariates import Covariate, Kind
from analysis.data import TwoByTwos
from analysis.derived import Region
from analysis.errors import BadOption
from analysis.further import (
    MOST_LEFT_OUT,
    STUDY_BY_STUDY,
    further,
    random_effects,
    small_studies,
    study_by_study,
)
from analysis.metaregression import metaregression
from analysis.reitsma_results import Correction
from analysis.results import ARMS, BivariateFit, Model, NotEstimable
from analysis.shown import reasons
from analysis.summary import describe
from analysis.text import bootstrap_table, group_table, summary_table

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
        "--on",
        choices=(*ARMS, "both"),
        default="both",
        help="which mean depends on the covariate",
    )
    fit.add_argument(
        "--separate-variances",
        action="store_true",
        help="give each group of --by between-study variances of its own",
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
    fit.add_argument(
        "--bootstrap", metavar="N", type=int, help="simulate and fit again so many times"
    )
    fit.add_argument("--seed", type=int, help="of the bootstrap, 0 or more (default: 1)")
    fit.add_argument(
        "--region",
        choices=get_args(Region),
        default="f",
        help="regions by 2 F(2, k - 2), as metandi, or by chi-squared, as mada",
    )
    fit.add_argument(
        "--influence",
        action="store_true",
        help=f"leave each study out in turn also where there are more than {MOST_LEFT_OUT}",
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
        given = asked.correction
        correction = Correction() if given is None else Correction.from_text(given)
        report, table = reitsma_report(data, asked.model, correction)
    else:
        report, table = _binomial_report(data, asked)
    report |= small_studies(data)
    if asked.by is not None:
        covariate = Covariate.from_csv(asked.file, asked.by, kind=asked.kind)
        compared = metaregression(
            data,
            covariate,
            on=ARMS if asked.on == "both" else (asked.on,),
            separate_variances=asked.separate_variances,
        ).to_dict()
        report |= compared | {"warnings": [*report["warnings"], *compared["warnings"]]}
        table = f"{table}\n\n{group_table(compared)}"
    return as_json(report) if asked.json else table


def _check(asked: argparse.Namespace) -> None:
    normal = asked.model.startswith("reitsma")
    refused = {
        "Only the reitsma models make a continuity correction: the others need none.": (
            asked.correction is not None and not normal
        ),
        "Profile-likelihood intervals are given for the binomial models only.": (
            asked.profile and normal
        ),
        "The bootstrap is of the binomial models only.": asked.bootstrap is not None and normal,
        "Studies are left out in turn for the binomial models only.": asked.influence and normal,
        "--bootstrap needs at least one data set to simulate.": (
            asked.bootstrap is not None and asked.bootstrap < 1
        ),
        "--seed is that of the bootstrap: ask for one with --bootstrap.": (
            asked.seed is not None and asked.bootstrap is None
        ),
        "--seed is a whole number of 0 or more.": asked.seed is not None and asked.seed < 0,
        "A covariate is fitted with the bivariate model only.": (
            asked.by is not None and asked.model != "bivariate"
        ),
        "--as says how to read the covariate: name it with --by.": asked.kind and asked.by is None,
        "--on says what depends on the covariate: name it with --by.": (
            asked.on != "both" and asked.by is None
        ),
        "--separate-variances are those of groups: name them with --by.": (
            asked.separate_variances and asked.by is None
        ),
    }
    for sentence, wrong in refused.items():
        if wrong:
            raise BadOption(sentence)


def _binomial_report(data: TwoByTwos, asked: argparse.Namespace) -> tuple[dict[str, Any], str]:
    tests, steps = random_effects(data)
    if asked.model == "auto":
        fit = steps[-1].fit
    elif asked.model == "bivariate":
        fit = steps[0].fit
    else:
        fit = fit_bivariate(data, model=_BINOMIAL[asked.model])
    result = describe(data, fit, region=asked.region)
    rungs = [step.to_dict() for step in steps]
    for rung in rungs:
        rung["model"] = _LABELS.get(rung["model"], rung["model"])
    by_study, reason, notes = study_by_study(fit, most=fit.k if asked.influence else MOST_LEFT_OUT)
    report = {
        **_flat(result),
        **further(fit),
        **by_study,
        "lrt": tests,
        "ladder": rungs,
        "model": _LABELS.get(fit.model, fit.model),
        "model_asked": asked.model,
    }
    report["warnings"] = [*report["warnings"], *notes]
    if reason:
        report["reasons"] |= dict.fromkeys(STUDY_BY_STUDY, reason)
    table = summary_table(result)
    if asked.bootstrap is not None:
        table += _add_bootstrap(report, fit, asked)
    return report, table


def _add_bootstrap(
    report: dict[str, Any], fit: BivariateFit | NotEstimable, asked: argparse.Namespace
) -> str:
    """Add "bootstrap" to the report, and its intervals beside the others; return a table."""
    if isinstance(fit, NotEstimable):
        report["bootstrap"] = None
        report["reasons"]["bootstrap"] = fit.reason
        return ""
    seed = 1 if asked.seed is None else asked.seed
    found = bootstrap(fit, replicates=asked.bootstrap, seed=seed, progress=tell_progress).to_dict()
    report["bootstrap"] = found
    report["warnings"] += found["warnings"]
    for name in (*ARMS, "auc"):
        if report[name]:
            report[name]["bootstrap"] = found[name]["interval"]
    return bootstrap_table(found)


def _flat(result: dict[str, Any]) -> dict[str, Any]:
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
        "regions": _regions(result),
        "reasons": reasons(result),
    }


def _regions(result: dict[str, Any]) -> dict[str, Any] | None:
    lines = {name: result["sroc"][f"{name}_region"] for name in ("confidence", "prediction")}
    return result["regions"] and {**result["regions"], **lines}


def _hsroc(parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the parameters with "se", the variances under their short names besides."""
    if parameters is None:
        return None
    named = {name: {**value, "se": value["standard_error"]} for name, value in parameters.items()}
    short = {"var_alpha": "variance_alpha", "var_theta": "variance_theta"}
    # Left out where the correlation is -1 or 1: the variance is then zero, without an error.
    at_bound = {"estimate": 0.0, **dict.fromkeys(("standard_error", "wald", "se"))}
    return named | {name: named.get(longer, at_bound) for name, longer in short.items()}
