"""A run as its page shows it: numbers as text, figures as paths, each row with its link."""

from typing import Any

from reviews import bridge
from reviews.synthesis import drawing
from reviews.synthesis.axes import UNIT
from reviews.synthesis.cautions import cautions
from reviews.synthesis.changes import tally
from reviews.synthesis.links import table_url
from reviews.synthesis.models import Run
from reviews.synthesis.numbers import proportion, ratio, short_hash, signed, span
from reviews.synthesis.plans import PATIENT

ARMS = {"sensitivity": "Sensitivity", "specificity": "Specificity"}
RATIOS = {"lr_positive": "LR+", "lr_negative": "LR\u2212", "dor": "Diagnostic odds ratio"}
MODELS = {
    "bivariate": "Bivariate binomial",
    "uncorrelated": "Binomial, arms uncorrelated",
    "fixed": "Binomial, no spread between studies",
}


def shown(run: Run) -> dict[str, Any]:
    """Return the context of a finished run's page."""
    result, fit = run.result, run.result["fit"]
    pooled = fit["sensitivity"]["estimate"] is not None
    context = {
        "tally": tally(run.inputs),
        "hash": short_hash(run.input_hash),
        "estimable": pooled,
        "cautions": _cautions(run),
        "remarks": _remarks(result, pooled),
        "forest": _forest(run, result, pooled),
        "sroc": drawing.sroc(_points(run.inputs, result["forest"]), result["sroc"]),
        "versions": result["versions"],
    }
    return context | (_summary(result) if pooled else {"arms": _arms_alone(fit)})


# ---- the summary ----


def _summary(result: dict[str, Any]) -> dict[str, Any]:
    fit = result["fit"]
    figures = [_figure(result, arm) for arm in ARMS]
    few = any(figure["kind"] == "profile" for figure in figures)
    return {
        "figures": figures,
        "few": few,
        "estimates": _estimates(result),
        "auc": _auc(result["auc"]),
        "between": _between(fit, result["correlation_standard_error"]),
        "model": _model(fit),
        "profile": "" if few else _profile_line(result),
    }


def _figure(result: dict[str, Any], arm: str) -> dict[str, str]:
    interval, kind = bridge.shown_interval(result, arm)
    return {
        "name": ARMS[arm],
        "estimate": proportion(result["fit"][arm]["estimate"]),
        "interval": span(interval),
        "kind": kind.removesuffix(" likelihood"),
    }


def _estimates(result: dict[str, Any]) -> list[dict[str, str]]:
    new_study = result["prediction_intervals"] or {}
    rows = [
        {
            "name": name,
            "estimate": proportion(result["fit"][arm]["estimate"]),
            "wald": span(result["fit"][arm]["wald"]),
            "new": span(new_study.get(arm)),
        }
        for arm, name in ARMS.items()
    ]
    for key, name in RATIOS.items():
        value = (result["likelihood_ratios"] or {}).get(key)
        if value:
            wald = span(value["wald"], ratio)
            rows.append(
                {"name": name, "estimate": ratio(value["estimate"]), "wald": wald, "new": ""}
            )
    return rows


def _auc(auc: dict[str, Any] | None) -> str:
    if auc is None:
        return ""
    interval = auc["logit_delta"]
    ci = f", 95% CI {span(interval)} by the delta method" if interval else ""
    return f"{proportion(auc['estimate'])}{ci}"


def _between(fit: dict[str, Any], error: float | None) -> str:
    covariance = fit["between_cov"]
    sens, spec = (max(covariance[arm][arm], 0.0) ** 0.5 for arm in (0, 1))
    text = f"SD (logit) {sens:.3f} sens, {spec:.3f} spec"
    if fit["correlation"] is None:
        return f"{text}; correlation not defined"
    spread = f" (SE {error:.2f})" if error is not None else ""
    return f"{text}; correlation {signed(fit['correlation'])}{spread}"


def _model(fit: dict[str, Any]) -> str:
    nodes = f", {fit['nodes']} \u00d7 {fit['nodes']} nodes" if fit["nodes"] else ""
    return f"{MODELS.get(fit['model'], fit['model'])}, maximum likelihood{nodes}"


def _profile_line(result: dict[str, Any]) -> str:
    parts = [
        f"{name.lower()} {span(profile['interval'])}"
        for arm, name in ARMS.items()
        for profile in [(result["profile"] or {}).get(arm) or {}]
        if profile.get("interval")
    ]
    return ", ".join(parts)


def _arms_alone(fit: dict[str, Any]) -> list[dict[str, str]]:
    """Say what can be said of each arm where the two cannot be pooled together."""
    return [
        {"name": name, **_arm_alone((fit["fallback"] or {}).get(arm) or {"kind": "none"})}
        for arm, name in ARMS.items()
    ]


def _arm_alone(arm: dict[str, Any]) -> dict[str, str]:
    counts = f"{arm['events']:,} of {arm['total']:,}; " if arm.get("total") else ""
    if arm["kind"] == "bound":
        word = "at least" if arm["side"] == "lower" else "at most"
        return {
            "estimate": proportion(arm["estimate"]),
            "note": f"{counts}{word} {proportion(arm['bound'])}, one-sided 95% exact bound",
        }
    if arm["kind"] in {"exact", "univariate"} and arm.get("estimate") is not None:
        interval = arm.get("interval") or arm.get("wald")
        how = "exact" if arm["kind"] == "exact" else "this arm alone"
        return {
            "estimate": proportion(arm["estimate"]),
            "note": f"{counts}95% CI {span(interval)}, {how}",
        }
    return {"estimate": proportion(None), "note": arm.get("reason", "It cannot be estimated.")}


# ---- warnings ----


def _cautions(run: Run) -> list[dict[str, Any]]:
    labels = {row["table"]: row for row in run.inputs}
    return [
        {
            "strong": caution.strong,
            "text": caution.text,
            "bad": caution.bad,
            "offer_people": caution.code in {"units_mixed", "clustered"}
            and any(row["unit"] == PATIENT for row in run.inputs),
            "url": _table_link(run, labels[caution.tables[0]]) if len(caution.tables) == 1 else "",
        }
        for caution in cautions(run.inputs)
    ]


def _table_link(run: Run, row: dict[str, Any]) -> str:
    return table_url(run.review_id, row["study"], row["table"])


def _remarks(result: dict[str, Any], pooled: bool) -> list[str]:
    """Return the model's own warnings; what the page already says of few tables is left out."""
    return [
        text
        for text in result["warnings"]
        if not (pooled and "prefer the profile-likelihood intervals" in text)
    ]


# ---- the forest plot and the points ----


def _forest(run: Run, result: dict[str, Any], pooled: bool) -> dict[str, Any]:
    count = len(run.inputs)
    fit = result["fit"]
    refs = {arm: UNIT.place(fit[arm]["estimate"]) for arm in ARMS}
    ends = {arm: bridge.shown_interval(result, arm)[0] if pooled else None for arm in ARMS}
    return {
        "rows": [
            _forest_row(run, number, row, drawn, refs)
            for number, (row, drawn) in enumerate(
                zip(run.inputs, result["forest"], strict=True), start=1
            )
        ],
        "pooled": [
            {
                "estimate": proportion(fit[arm]["estimate"]),
                "interval": span(ends[arm]),
                "ref": refs[arm],
                "cell": drawing.pooled_cell(fit[arm]["estimate"], ends[arm]),
            }
            for arm in ARMS
        ]
        if pooled
        else [],
        "count": count,
    }


def _forest_row(
    run: Run,
    number: int,
    row: dict[str, Any],
    drawn: dict[str, Any],
    refs: dict[str, float | None],
) -> dict[str, Any]:
    return {
        "number": number,
        "label": row["label"],
        "unit": row["unit"],
        "cohort": row["cohort_name"],
        "url": _table_link(run, row),
        "counts": [row[name] for name in ("tp", "fp", "fn", "tn")],
        "arms": [
            {
                "estimate": proportion(drawn[arm]["estimate"]),
                "interval": span(drawn[arm]["exact"]),
                "ref": refs[arm],
                "cell": drawing.interval_cell(drawn[arm]["estimate"], drawn[arm]["exact"]),
            }
            for arm in ARMS
        ],
    }


def _points(inputs: list[dict[str, Any]], forest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that have both arms, as points that keep the forest's number."""
    return [
        {
            "number": number,
            "table": row["table"],
            "label": f"{number} {row['label']}: sensitivity"
            f" {proportion(drawn['sensitivity']['estimate'])}, specificity"
            f" {proportion(drawn['specificity']['estimate'])}",
            "fpr": 1 - drawn["specificity"]["estimate"],
            "sensitivity": drawn["sensitivity"]["estimate"],
            "n": drawn["sensitivity"]["total"] + drawn["specificity"]["total"],
        }
        for number, (row, drawn) in enumerate(zip(inputs, forest, strict=True), start=1)
        if drawn["sensitivity"]["total"] and drawn["specificity"]["total"]
    ]
