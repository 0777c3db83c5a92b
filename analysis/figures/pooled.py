"""The pooled estimates of a forest plot in words."""

from typing import Any

from analysis.figures import words
from analysis.results import ARMS
from analysis.shown import shown_interval


def total_label(result: dict[str, Any]) -> str:
    """Return what the last row of a forest plot is called."""
    studies = words.studies(result["k"])
    return f"Pooled, {studies}" if result["fit"]["converged"] else f"Not pooled, {studies}"


def overall(result: dict[str, Any]) -> dict[str, Any]:
    """Return what stands in the last row, by arm.

    Estimate, interval (by profile below ten studies) and prediction interval; where the two arms
    could not be pooled together, what can be said of either alone, and "text" for a bound.
    """
    if not result["fit"]["converged"]:
        return {arm: _alone(result["fit"]["fallback"][arm]) for arm in ARMS}
    predicted = result["prediction_intervals"] or {}
    return {
        arm: {
            "estimate": result["fit"][arm]["estimate"],
            "wald": shown_interval(result, arm)[0],
            "prediction": predicted.get(arm),
        }
        for arm in ARMS
    }


def _alone(arm: dict[str, Any]) -> dict[str, Any]:
    """Return an arm that has an estimate of its own, or a one-sided bound; else dashes."""
    if arm["kind"] == "univariate":
        return {"estimate": arm["estimate"], "wald": arm["wald"]}
    if arm["kind"] == "bound":
        word = "at least" if arm["side"] == "lower" else "at most"
        text = f"{word} {words.proportion(arm['bound'])}"
        return {"estimate": None, "wald": None, "text": text}
    return {"estimate": None, "wald": None}


def notes_of(result: dict[str, Any], groups: dict[str, Any] | None) -> list[str]:
    """Return the notes below a forest plot."""
    fit = result["fit"]
    if not fit["converged"]:
        return _alone_notes(result)
    kinds = {shown_interval(result, arm)[1] for arm in ARMS}
    notes = [
        "Squares: study estimates, sized by the participants of the arm; lines: exact 95% "
        f"intervals; diamonds: pooled estimates with 95% intervals ({' and '.join(sorted(kinds))})."
    ]
    if result["prediction_intervals"]:
        notes[0] += " Line through the diamond: 95% prediction interval."
    (var1, _), (_, var2) = fit["between_cov"]
    rho = fit["correlation"]
    together = "not defined" if rho is None else words.signed(rho)
    notes.append(
        f"Between-study variance (logit scale): sensitivity {var1:.2f}, specificity {var2:.2f}; "
        f"correlation {together}."
    )
    if groups:
        notes.append(words.tests_of(groups))
    return notes


def _alone_notes(result: dict[str, Any]) -> list[str]:
    kinds = {arm["kind"] for arm in result["fit"]["fallback"].values()}
    notes = [f"Not estimable: {reason}" for reason in result["warnings"][:1]]
    if "bound" in kinds:
        notes.append("At least, at most: one-sided exact 95% bound of all participants together.")
    if "univariate" in kinds:
        notes.append("Open diamond: random-effects estimate of that arm alone, 95% Wald interval.")
    return notes


def describe(result: dict[str, Any], groups: dict[str, Any] | None = None) -> str:
    """Say the pooled numbers in sentences."""
    text = f"{words.studies(len(result['forest']))}. "
    for arm in ARMS:
        interval, kind = shown_interval(result, arm)
        estimate = result["fit"][arm]["estimate"]
        if estimate is None:
            text += f"Pooled {arm} not estimable. "
        else:
            text += (
                f"Pooled {arm} {words.proportion(estimate)}, 95% confidence interval "
                f"{words.span(interval)} ({kind}). "
            )
    for group in groups["groups"] if groups else ():
        text += f"{groups['covariate'] if groups else ''} {group['level']}: " + "; ".join(
            f"{arm} {words.with_interval(group[arm]['estimate'], group[arm]['wald'])}"
            for arm in ARMS
        )
        text += ". "
    if not result["fit"]["converged"] and result["warnings"]:
        text += result["warnings"][0]
    return text.strip()
