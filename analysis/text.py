"""A result as a table of plain text, for the terminal."""

import textwrap
from typing import Any

from analysis.results import ARMS

_WIDTH = 78


def summary_table(result: dict[str, Any]) -> str:
    """Return what `analysis.summary.analyse` found, as lines of text."""
    fit = result["fit"]
    studies = "1 study" if result["k"] == 1 else f"{result['k']} studies"
    lines = [f"Bivariate binomial model, {studies}", ""]
    lines += _estimates(result) if fit["converged"] else _fallbacks(fit["fallback"])
    if result["warnings"]:
        lines.append("")
    for warning in result["warnings"]:
        lines += textwrap.wrap(warning, _WIDTH, initial_indent="! ", subsequent_indent="  ")
    return "\n".join(lines)


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
