"""The single numbers of a result: estimate, error, every interval, reason, definition. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviews import bridge
from reviews.synthesis.definitions import DEFINITIONS
from reviews.synthesis.numbers import decimals, proportion, ratio

ARMS = {"sensitivity": "Sensitivity", "specificity": "Specificity"}
RATIOS = {"lr_positive": "LR+", "lr_negative": "LR\u2212", "dor": "Diagnostic odds ratio"}
HSROC = {
    "lambda": "Accuracy \u039b",
    "theta": "Threshold \u0398",
    "beta": "Shape \u03b2",
    "variance_alpha": "Variance of accuracy",
    "variance_theta": "Variance of threshold",
}
WALD, PROFILE, DELTA = "95% CI, Wald", "95% CI, profile likelihood", "95% CI, delta method"
TESTED = "95% CI, test-based"
NEW_STUDY = "a new study, 95%"
_FEW = "Two studies, or studies that do not differ at all, give no interval."
Result = Mapping[str, Any]
Pair = list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of a result, as a table of the page, a file and the API show it.

    ``reason`` says why the estimate or, with one, its interval is missing.
    """

    key: str
    name: str
    estimate: float | None
    intervals: dict[str, Pair] = field(default_factory=dict)
    standard_error: float | None = None
    error_scale: str = ""  # where it is not that of the estimate
    reason: str = ""
    write: Callable[[float | None], str] = proportion

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Measures under one heading; ``missing`` where the result was made without this part."""

    name: str
    measures: tuple[Measure, ...] = ()
    missing: bool = False


def estimates(result: Result) -> list[Group]:
    """Return the summary estimates, what follows from them, and the curve, in groups."""
    why = bridge.reasons(dict(result))
    return [
        Group(name="Accuracy of the median study", measures=_accuracy(result, why)),
        _averages(result, why),
        Group(name="Ratios", measures=_ratios(result, why)),
        Group(name="Summary ROC curve", measures=_area(result, why)),
        Group(name="HSROC parameters", measures=_hsroc(result, why)),
    ]


def _kept(**intervals: Pair | None) -> dict[str, Pair]:
    kinds = {"tested": TESTED, "wald": WALD, "profile": PROFILE, "delta": DELTA, "new": NEW_STUDY}
    return {kinds[name]: pair for name, pair in intervals.items() if pair is not None}


def _accuracy(result: Result, why: Mapping[str, str]) -> tuple[Measure, ...]:
    profile, new = result["profile"] or {}, result["prediction_intervals"] or {}
    spread = result["fit"]["mean_cov"]
    errors = [math.sqrt(spread[i][i]) for i in (0, 1)] if spread else [None, None]
    return tuple(
        Measure(
            key=arm,
            name=name,
            estimate=result["fit"][arm]["estimate"],
            intervals=_kept(
                wald=result["fit"][arm]["wald"],
                profile=(profile.get(arm) or {}).get("interval"),
                new=new.get(arm),
            ),
            standard_error=errors[index],
            error_scale="logit",
            reason=why.get(arm, ""),
        )
        for index, (arm, name) in enumerate(ARMS.items())
    )


def _averages(result: Result, why: Mapping[str, str]) -> Group:
    name = "Averages over studies"
    if "population_average" not in result:
        return Group(name=name, missing=True)
    averages = result["population_average"] or {}
    found = [
        Measure(
            key=f"average_{arm}",
            name=f"Average {arm}",
            estimate=value.get("estimate"),
            standard_error=value.get("standard_error"),
            intervals=_kept(delta=value.get("wald")),
            reason=value.get("reason") or why.get("population_average", ""),
        )
        for arm in ARMS
        for value in [averages.get(arm) or {}]
    ]
    return Group(name=name, measures=tuple(found))


def _ratios(result: Result, why: Mapping[str, str]) -> tuple[Measure, ...]:
    ratios = result["likelihood_ratios"] or {}
    return tuple(
        _plain(key, name, ratios.get(key), why.get("likelihood_ratios", ""), ratio)
        for key, name in RATIOS.items()
    )


def _hsroc(result: Result, why: Mapping[str, str]) -> tuple[Measure, ...]:
    parameters = result["hsroc"] or {}
    return tuple(
        _plain(key, name, parameters.get(key), why.get("hsroc", ""), decimals)
        for key, name in HSROC.items()
    )


def _plain(
    key: str, name: str, value: Mapping[str, Any] | None, reason: str, write: Any
) -> Measure:
    """Return a measure kept as "estimate", "standard_error" and "wald", or as nothing at all."""
    value = value or {}
    return Measure(
        key=key,
        name=name,
        estimate=value.get("estimate"),
        standard_error=value.get("standard_error"),
        intervals=_kept(wald=value.get("wald")),
        reason=value.get("reason") or ("" if value else reason),
        write=write,
    )


def _area(result: Result, why: Mapping[str, str]) -> tuple[Measure, ...]:
    area = result["auc"] or {}
    no_curve = why.get("auc", "")
    no_range = result["sroc"]["curve_reason"] or no_curve
    no_interval = "The area is 0 or 1 to rounding: it has no interval."
    return (
        Measure(
            key="auc",
            name="AUC",
            estimate=area.get("estimate"),
            intervals=_kept(delta=area.get("logit_delta")),
            reason=no_curve or ("" if area.get("logit_delta") else no_interval),
        ),
        Measure(
            key="auc_partial",
            name="Partial AUC, observed range",
            estimate=area.get("partial"),
            reason="" if area.get("partial") is not None else no_range,
        ),
    )


# ---- the differences between studies ----


def differences(result: Result) -> list[Group]:
    """Return the measures of heterogeneity, in groups."""
    why = bridge.reasons(dict(result))
    return [
        Group(name="Between studies, logit scale", measures=_between(result, why)),
        _shares(result, why),
        _odds_and_area(result, why),
        _conventional(result),
    ]


def _between(result: Result, why: Mapping[str, str]) -> tuple[Measure, ...]:
    """Return variances and correlation; older results kept them without intervals."""
    kept = result.get("between_studies") or _without_intervals(result)
    names = {
        "variance_sensitivity": "Variance of sensitivity",
        "variance_specificity": "Variance of specificity",
        "correlation": "Correlation",
    }
    return tuple(
        _plain(f"between_{key}", name, kept.get(key), why.get("correlation", ""), decimals)
        for key, name in names.items()
    )


def _without_intervals(result: Result) -> dict[str, Any]:
    spread = result["fit"]["between_cov"]
    if spread is None:
        return {}
    values = {
        "variance_sensitivity": (spread[0][0], None),
        "variance_specificity": (spread[1][1], None),
        "correlation": (result["fit"]["correlation"], result["correlation_standard_error"]),
    }
    return {
        key: {"estimate": value, "standard_error": error, "reason": older(result, "its interval")}
        for key, (value, error) in values.items()
    }


def older(result: Result, what: str) -> str:
    """Say that a result was made by statistics that did not keep something yet."""
    version = result.get("versions", {}).get("analysis", "0")
    return f"Version {version} of the statistics did not keep {what}. Run again to have it."


def _shares(result: Result, why: Mapping[str, str]) -> Group:
    name = "I\u00b2, Zhou and Dendukuri"
    if "i2" not in result:
        return Group(name=name, missing=True)
    shares, names = result["i2"] or {}, {**ARMS, "bivariate": "Both together"}
    found = [
        Measure(
            key=f"i2_{key}",
            name=f"I\u00b2, {word.lower()}",
            estimate=shares.get(key),
            reason="" if shares.get(key) is not None else shares.get("reason") or why.get("i2", ""),
        )
        for key, word in names.items()
    ]
    return Group(name=name, measures=tuple(found))


def _odds_and_area(result: Result, why: Mapping[str, str]) -> Group:
    name = "What a new study may show"
    if "median_odds_ratio" not in result:
        return Group(name=name, missing=True)
    odds, area = result["median_odds_ratio"] or {}, result["prediction_area"] or {}
    found = [
        Measure(
            key=f"median_odds_ratio_{arm}",
            name=f"Median odds ratio, {arm}",
            estimate=odds.get(arm),
            intervals=_kept(wald=(odds.get("intervals") or {}).get(arm)),
            reason=odds.get("reason") or _no_interval(result, arm, why),
            write=ratio,
        )
        for arm in ARMS
    ]
    region = Measure(
        key="prediction_area",
        name="Area of the prediction region",
        estimate=area.get("estimate"),
        reason=area.get("reason") or why.get("prediction_area", ""),
    )
    return Group(name=name, measures=(*found, region))


def _no_interval(result: Result, arm: str, why: Mapping[str, str]) -> str:
    """Say why a median odds ratio, which is a variance in other words, has no interval."""
    variances = result.get("between_studies")
    if result["median_odds_ratio"] is None:
        return why.get("median_odds_ratio", "")
    if variances is None:
        return older(result, "its interval")
    return variances[f"variance_{arm}"]["reason"] or ""


def _conventional(result: Result) -> Group:
    name = "As older reviews report it"
    if "descriptive" not in result:
        return Group(name=name, missing=True)
    described = result["descriptive"]
    lndor, monotone = described["q"]["lndor"], described["sens_fpr_correlation"]
    return Group(
        name=name,
        measures=(
            Measure(
                key="i2_lndor",
                name="I\u00b2 of Higgins, log odds ratio",
                estimate=lndor["i2"],
                intervals=_kept(tested=lndor["i2_interval"]),
                reason=lndor["reason"] or ("" if lndor["i2_interval"] else _FEW),
            ),
            Measure(
                key="spearman",
                name="Spearman, sensitivity and FPR",
                estimate=monotone["spearman"],
                reason=monotone["reason"] or "",
                write=decimals,
            ),
        ),
    )
