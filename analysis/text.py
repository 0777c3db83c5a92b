"""A result as a table of plain text, for the terminal."""

import textwrap
from typing import Any

from analysis.results import ARMS

_WIDTH = 78


def summary_table(result: dict[str, Any]) -> str:
    """Return what `analysis.summary.analyse` found, as lines of text.

    Parameters
    ----------
    result : dict
        What `analysis.summary.describe` returned.

    Returns
    -------
    str
    """
    fit = result["fit"]
    studies = "1 study" if result["k"] == 1 else f"{result['k']} studies"
    lines = [f"{_TITLES[result['model']]}, {studies}", ""]
    lines += _estimates(result) if fit["converged"] else _fallbacks(fit["fallback"])
    return "\n".join([*lines, *_warnings(result["warnings"])])


_TITLES = {
    "bivariate": "Bivariate binomial model",
    "uncorrelated": "Univariate binomial models of either arm",
    "fixed-sensitivity": "Binomial model, sensitivity the same in all studies",
    "fixed-specificity": "Binomial model, specificity the same in all studies",
    "fixed": "Fixed-effect binomial model",
}


def accuracy_table(title: str, report: dict[str, Any]) -> str:
    """Return sensitivity and specificity of a report with Wald intervals, as lines of text.

    Parameters
    ----------
    title : str
    report : dict
        With the keys of a fit.

    Returns
    -------
    str
    """
    lines = [f"{title}, {report['k']} studies", "", f"{'':24}{'estimate':>9}  {'95 % Wald':>17}"]
    lines += [_line(arm.capitalize(), report[arm]) for arm in ARMS]
    return "\n".join([*lines, *_warnings(report["warnings"])])


def bootstrap_table(found: dict[str, Any]) -> str:
    """Return percentile intervals of a bootstrap, as lines of text after a table.

    Parameters
    ----------
    found : dict
        Of `Bootstrap.to_dict`.

    Returns
    -------
    str
    """
    names = {**{arm: arm.capitalize() for arm in ARMS}, "auc": "Area under the curve"}
    lines = ["", "", f"Parametric bootstrap, {found['replicates']} data sets, seed {found['seed']}"]
    lines += [f"{name:35}{_interval(found[key]['interval']):>17}" for key, name in names.items()]
    sentences = [found["reason"], *found["warnings"]]
    return "\n".join([*lines, *_warnings([text for text in sentences if text])])


def group_table(compared: dict[str, Any]) -> str:
    """Return the groups of a covariate and the tests of its effects, as lines of text.

    Parameters
    ----------
    compared : dict
        Of `MetaRegression.to_dict`.

    Returns
    -------
    str
    """
    lines = [f"By {compared['covariate']['name']}", ""]
    for group in compared["groups"]:
        size = f" ({group['k']} studies)" if group["k"] else ""
        lines.append(f"{group['level']}{size}")
        lines += [_line(f"  {arm}", group[arm]) for arm in ARMS]
    names = {
        "lrt_joint": "both",
        "lrt_sensitivity": ARMS[0],
        "lrt_specificity": ARMS[1],
        "lrt_variances": "variances",
    }
    for key, name in names.items():
        if test := compared.get(key):
            chi2 = f"chi2 {test['chi2']:.3f}, df {test['df']}, p {test['p']:.3g}"
            lines.append(f"{f'Effect on {name}':26}{chi2}")
    return "\n".join([*lines, *_warnings(compared["warnings"])])


def _line(name: str, found: dict[str, Any]) -> str:
    return f"{name:24}{_number(found['estimate']):>9}  {_interval(found['wald']):>17}"


def _warnings(sentences: list[str]) -> list[str]:
    lines = [""] if sentences else []
    for sentence in sentences:
        lines += textwrap.wrap(sentence, _WIDTH, initial_indent="! ", subsequent_indent="  ")
    return lines


def _estimates(result: dict[str, Any]) -> list[str]:
    fit = result["fit"]
    lines = [f"{'':24}{'estimate':>9}  {'95 % Wald':>17}  {'95 % profile':>17}"]
    for arm in ARMS:
        lines.append(
            f"{arm.capitalize():24}{_number(fit[arm]['estimate']):>9}  "
            f"{_interval(fit[arm]['wald']):>17}  "
            f"{_interval(result['profile'][arm]['interval']):>17}"
        )
    names = {
        "lr_positive": "Positive likelihood ratio",
        "lr_negative": "Negative likelihood ratio",
        "dor": "Diagnostic odds ratio",
    }
    for key, name in names.items():
        ratio = result["likelihood_ratios"][key]
        lines.append(f"{name:25}{_number(ratio['estimate']):>8}  {_interval(ratio['wald']):>17}")
    if result["auc"]:
        area = result["auc"]
        lines.append(
            f"{'Area under the curve':24}{_number(area['estimate']):>9}  "
            f"{_interval(area['logit_delta']):>17}"
        )
    variances = (fit["between_cov"][0][0], fit["between_cov"][1][1])
    return [
        *lines,
        "",
        f"Between-study variance of the logits: sensitivity {_number(variances[0])}, "
        f"specificity {_number(variances[1])}; correlation {_number(fit['correlation'])}",
        f"Log-likelihood {fit['log_likelihood']:.4f} "
        f"({fit['nodes']} nodes, uncertain by {fit['quadrature_error']:.0e})",
    ]


def _fallbacks(fallback: dict[str, Any]) -> list[str]:
    return [
        f"{arm.capitalize():24}{_FALLBACK_LINES[fallback[arm]['kind']](fallback[arm])}"
        for arm in ARMS
    ]


_FALLBACK_LINES = {
    "bound": lambda found: (
        f"{found['events']}/{found['total']}, one-sided 95 % {found['side']} bound "
        f"{_number(found['bound'])}"
    ),
    "univariate": lambda found: (
        f"{_number(found['estimate'])}  {_interval(found['wald'])}  (univariate model, Wald)"
    ),
    "exact": lambda found: (
        f"{_number(found['estimate'])}  {_interval(found['interval'])}  (one study, exact)"
    ),
    "none": lambda found: "not estimable",
}


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"


def _interval(bounds: list[float | None] | None) -> str:
    return "-" if bounds is None else f"{_number(bounds[0])} to {_number(bounds[1])}"
