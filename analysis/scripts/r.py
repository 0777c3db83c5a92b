"""An analysis as an R script that checks its own numbers."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

from analysis.bivariate import fit_bivariate
from analysis.data import CELLS, TwoByTwos
from analysis.reitsma import fit_reitsma
from analysis.reitsma_results import Correction, ReitsmaFit
from analysis.results import ARMS, BivariateFit
from analysis.scripts.quoting import comment, number, r_string, r_vector

# How far R may be from the numbers here, before the script says that they differ. What each is
# compared with, and why the approximations are not nearer, is in docs/statistics.md.
TOLERANCES = {
    "log_likelihood": 1e-5,
    "step": 1e-3,
    "relative_error": 5e-4,
    "quadrature": 1e-3,
    "laplace": 0.01,
    "reitsma": 1e-4,
}
# Which of mu1, mu2, l11, l21, l22 (counted from 1) each model estimates.
_FREE = {
    "bivariate": (1, 2, 3, 4, 5),
    "uncorrelated": (1, 2, 3, 5),
    "fixed-sensitivity": (1, 2, 5),
    "fixed-specificity": (1, 2, 3),
    "fixed": (1, 2),
}


def r_script(
    rows: Sequence[Sequence[int]], labels: Sequence[str], result: Mapping[str, Any]
) -> str:
    """Return an R script with the tables inline and the expected numbers, which it checks.

    Base R computes the exact likelihood again, by another method; lme4, glmmTMB, metafor and mada
    are compared where they are installed. The script prints each comparison and exits with 1 if
    a number differs by more than `TOLERANCES`.

    Parameters
    ----------
    rows : sequence of (tp, fp, fn, tn)
    labels : sequence of str
        One per row; any characters.
    result : mapping
        What `analysis.summary.analyse` returned for these rows.

    Returns
    -------
    str
        Plain ASCII.

    Raises
    ------
    BadTable
        The rows are no 2x2 tables.
    """
    data = TwoByTwos.from_rows(rows, labels)
    fit = result["fit"]
    middle = "likelihood.R" if fit["converged"] else "fallback.R"
    parts = [
        _head(result),
        _studies(data),
        _expected(data, result),
        _named("tolerance", {name: number(value) for name, value in TOLERANCES.items()}),
        *(_body(name) for name in ("check.R", middle, "packages.R", "end.R")),
    ]
    return "\n".join(parts)


def _body(name: str) -> str:
    return resources.files("analysis.scripts").joinpath(name).read_text(encoding="ascii")


def _head(result: Mapping[str, Any]) -> str:
    fit = result["fit"]
    made = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    lines = [
        f"Meta-analysis of diagnostic test accuracy: {fit['k']} tables, {fit['model']} model.",
        "Run it with Rscript: it needs base R, and compares lme4, glmmTMB, metafor and mada where "
        "they are installed. It exits with 1 if a number differs.",
        f"Made by {made}.",
        f"SHA-256 of the counts: {result['input_sha256']}.",
        "",
        "Expected:",
        *(_told(fit, result) if fit["converged"] else fit["warnings"]),
    ]
    return "\n".join(comment(_ascii(line), "#") for line in lines) + "\n"


def _told(fit: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    lines = []
    for arm in ARMS:
        low, high = fit[arm]["wald"]
        lines.append(f"{arm} {fit[arm]['estimate']:.6f}, 95 % Wald {low:.6f} to {high:.6f}")
        bounds = result["profile"][arm]["interval"]
        told = " to ".join("none" if bound is None else f"{bound:.6f}" for bound in bounds)
        lines.append(f"{arm}, 95 % profile likelihood {told} (not computed in R)")
    spread = ", ".join(f"{value:.6f}" for row in fit["between_cov"] for value in row)
    lines.append(f"between-study covariance of the logits {spread}")
    lines.append(f"log-likelihood {fit['log_likelihood']:.6f}")
    return lines + [f"Warning: {text}" for text in fit["warnings"]]


def _ascii(text: str) -> str:
    """Return text for a comment: a study named in a warning may be called anything."""
    return text.encode("ascii", "replace").decode()


def _studies(data: TwoByTwos) -> str:
    columns = {"study": r_vector([r_string(label) for label in data.labels])}
    for name, counts in zip(CELLS, (data.tp, data.fp, data.fn, data.tn), strict=True):
        columns[name] = r_vector([str(count) for count in counts.tolist()])
    body = ",\n".join(f"  {name} = {values}" for name, values in columns.items())
    return f"studies <- data.frame(\n{body},\n  stringsAsFactors = FALSE\n)\n"


def _expected(data: TwoByTwos, result: Mapping[str, Any]) -> str:
    fit = result["fit"]
    values = {"model": r_string(fit["model"])}
    values |= _estimates(fit, result) if fit["converged"] else {"fallback": _fallback(fit)}
    values["alone"] = _each_arm_alone(data)
    normal = fit_reitsma(data, method="reml", correction=Correction(amount=0.5, policy="all"))
    if isinstance(normal, ReitsmaFit):
        values["reitsma"] = _list(
            {"mean": _numbers(normal.mean), "log_likelihood": number(float(normal.log_likelihood))}
        )
    return _named("expected", values)


def _estimates(fit: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, str]:
    values = {
        "theta": _numbers(fit["theta"]),
        "free": r_vector([str(each) for each in _FREE[fit["model"]]]),
        "log_likelihood": number(fit["log_likelihood"]),
        "quadrature_error": number(fit["quadrature_error"]),
        "standard_error": _numbers(np.sqrt(np.diag(fit["mean_cov"]))),
        "mean_cov": _numbers(np.ravel(fit["mean_cov"])),
    }
    for name, ratio in result["likelihood_ratios"].items():
        values[name] = _numbers([ratio["estimate"], *ratio["wald"]])
    curve = result["hsroc"] or {}
    for name, key in (("lambda", "lambda"), ("theta_hsroc", "theta"), ("beta", "beta")):
        values[name] = number(curve[key]["estimate"] if key in curve else None)
    values["auc"] = number(result["auc"]["estimate"] if result["auc"] else None)
    return values


def _numbers(values: Any) -> str:
    return r_vector([number(None if value is None else float(value)) for value in values])


def _fallback(fit: Mapping[str, Any]) -> str:
    said = []
    for arm in ARMS:
        kept = fit["fallback"][arm]
        each = {"kind": r_string(kept["kind"])}
        if kept["kind"] == "bound":
            each |= {"side": r_string(kept["side"]), "bound": number(kept["bound"])}
        if kept["kind"] == "exact":
            each["interval"] = _numbers(kept["interval"])
        said.append(_list(each))
    return f"list({', '.join(said)})"


def _each_arm_alone(data: TwoByTwos) -> str:
    """Return the univariate model of either arm, where there is one: lme4 has its likelihood."""
    found = ["NULL", "NULL"]
    both = fit_bivariate(data, model="uncorrelated")
    for i, arm in enumerate(ARMS):
        if isinstance(both, BivariateFit):
            error, variance = float(both.mean_cov[i, i]) ** 0.5, float(both.between_cov[i, i])
            found[i] = _alone(float(both.mean[i]), error, variance)
        elif (kept := both.fallback[arm])["kind"] == "univariate":
            found[i] = _alone(kept["mean_logit"], kept["standard_error"], kept["variance"])
    return f"list({', '.join(found)})"


def _alone(mean: float, error: float, variance: float) -> str:
    return _list(
        {
            "mean": number(mean),
            "standard_error": number(error),
            "sd": number(max(variance, 0.0) ** 0.5),
        }
    )


def _list(values: Mapping[str, str]) -> str:
    return f"list({', '.join(f'{name} = {value}' for name, value in values.items())})"


def _named(name: str, values: Mapping[str, str]) -> str:
    body = ",\n".join(f"  {key} = {value}" for key, value in values.items())
    return f"{name} <- list(\n{body}\n)\n"
