"""The parameters that RevMan takes from an analysis made elsewhere."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One field of RevMan's "Externally calculated parameters".

    Attributes
    ----------
    group : str
        The heading it stands under in RevMan.
    name : str
        As RevMan writes it.
    value : float, int or None
        None where it is not estimable.
    meaning : str
    """

    group: str
    name: str
    value: float | int | None
    meaning: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)


_HSROC, _BIVARIATE, _REGIONS = (
    "HSROC model parameters",
    "Bivariate model parameters",
    "Confidence and prediction regions",
)


def revman_parameters(result: Mapping[str, Any]) -> list[Parameter]:
    """Return the fifteen parameters by which RevMan draws a summary curve, point and regions.

    RevMan 5's and RevMan Web's diagnostic test accuracy analyses take the names of the Stata
    command metandi [1]_, which are those of the Cochrane handbook [2]_; logit sensitivity and
    logit specificity, so that the correlation has the sign it has here.

    Parameters
    ----------
    result : mapping
        What `analysis.summary.analyse` returned.

    Returns
    -------
    list of Parameter
        In RevMan's order; values are None where the model has no estimate, and those of the
        HSROC model where a between-study variance is zero.

    References
    ----------
    .. [1] Harbord RM, Whiting P. metandi: meta-analysis of diagnostic accuracy using hierarchical
       logistic regression. Stata J 2009;9:211-229.
    .. [2] Macaskill P, Takwoingi Y, Deeks JJ, Gatsonis C. Chapter 9: Understanding meta-analysis.
       In: Cochrane Handbook for Systematic Reviews of Diagnostic Test Accuracy, version 2, 2023.
    """
    fit = result["fit"]
    values = dict.fromkeys((name for _, name, _ in _FIELDS), None) | {"Studies": fit["k"]}
    if fit["converged"]:
        values |= _estimates(fit) | _curve(result["hsroc"], fit)
    return [
        Parameter(group=group, name=name, value=values[name], meaning=meaning)
        for group, name, meaning in _FIELDS
    ]


_FIELDS = (
    (_HSROC, "Lambda", "accuracy: the logarithm of the diagnostic odds ratio at the middle"),
    (_HSROC, "Theta", "threshold"),
    (_HSROC, "beta", "asymmetry of the curve; 0 is a symmetric one"),
    (_HSROC, "Var(accuracy)", "between-study variance of accuracy"),
    (_HSROC, "Var(threshold)", "between-study variance of the threshold"),
    (_BIVARIATE, "E(logitSe)", "mean logit sensitivity"),
    (_BIVARIATE, "E(logitSp)", "mean logit specificity"),
    (_BIVARIATE, "Var(logitSe)", "between-study variance of logit sensitivity"),
    (_BIVARIATE, "Var(logitSp)", "between-study variance of logit specificity"),
    (_BIVARIATE, "Cov(logits)", "between-study covariance of the two logits"),
    (_BIVARIATE, "Corr(logits)", "between-study correlation of the two logits"),
    (_REGIONS, "SE(E(logitSe))", "standard error of mean logit sensitivity"),
    (_REGIONS, "SE(E(logitSp))", "standard error of mean logit specificity"),
    (_REGIONS, "Cov(Es)", "covariance of the two estimated means"),
    (_REGIONS, "Studies", "number of 2x2 tables in the model"),
)


def _estimates(fit: Mapping[str, Any]) -> dict[str, float | None]:
    mean, spread, errors = fit["mean_logit"], fit["between_cov"], fit["mean_cov"]
    return {
        "E(logitSe)": mean[0],
        "E(logitSp)": mean[1],
        "Var(logitSe)": spread[0][0],
        "Var(logitSp)": spread[1][1],
        "Cov(logits)": spread[0][1],
        "Corr(logits)": fit["correlation"],
        "SE(E(logitSe))": float(np.sqrt(errors[0][0])),
        "SE(E(logitSp))": float(np.sqrt(errors[1][1])),
        "Cov(Es)": errors[0][1],
    }


def _curve(hsroc: Mapping[str, Any] | None, fit: Mapping[str, Any]) -> dict[str, float]:
    if not hsroc:
        return {}
    (v1, cov), (_, v2) = fit["between_cov"]
    product = float(np.sqrt(v1 * v2))
    return {
        **{name: hsroc[name.lower()]["estimate"] for name in ("Lambda", "Theta", "beta")},
        "Var(accuracy)": max(2 * (product + cov), 0.0),
        "Var(threshold)": max((product - cov) / 2, 0.0),
    }


def revman_csv(result: Mapping[str, Any]) -> str:
    """Return `revman_parameters` as CSV, and the reasons where there is no estimate."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["group", "parameter", "value", "meaning"])
    for each in revman_parameters(result):
        value = "" if each.value is None else repr(each.value)
        writer.writerow([each.group, each.name, value, each.meaning])
    if not result["fit"]["converged"]:
        writer.writerow(["", "", "", f"Not estimable: {result['fit']['warnings'][0]}"])
    return out.getvalue()
