"""The summary accuracy without each study in turn."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.paired import Row, paired_figure
from analysis.figures.sheet import DescribedFigure
from analysis.results import ARMS

_MOST_REASONS = 3


def leave_one_out_figure(
    result: dict[str, Any], influence: dict[str, Any], *, urls: Sequence[str] | None = None
) -> DescribedFigure:
    """Draw sensitivity and specificity of all studies but one, against those of all.

    Parameters
    ----------
    result : dict
        What `analysis.summary.analyse` returned; its Wald intervals are compared with.
    influence : dict
        What `analysis.influence.Influence.to_dict` returned.
    urls : sequence of str, optional
        Where each study leads, in the order of the influence.
    """
    flags = [study["influential"] for study in influence["influence"]]
    without = influence["leave_one_out"]
    rows = [
        _row(study, flagged, urls[i] if urls else "")
        for i, (study, flagged) in enumerate(zip(without, flags, strict=True))
    ]
    reference = {arm: result["fit"][arm] for arm in ARMS}
    rows.append(Row(label="No study left out", arms=reference, bold=True))
    notes = [
        "Each row: the pooled estimate without that study, 95% Wald intervals. Band and dashed "
        "line: all studies. The axes show the range of the values only."
    ]
    reasons = sorted({study["reason"] for study in without if study["reason"]})
    notes += [f"Not estimable: {reason}" for reason in reasons[:_MOST_REASONS]]
    if any(flags):
        notes.append("Diamonds: influential by Cook\u2019s distance.")
    return paired_figure(
        rows,
        heads=("Study left out", ""),
        title="Leave-one-out analysis",
        description=_told(result, influence),
        notes=notes,
        reference=reference,
        zoom=True,
    )


def _row(study: dict[str, Any], flagged: bool, url: str) -> Row:
    if study["reason"]:
        title = f"Without {study['label']} not estimable: {study['reason']}"
        return Row(label=study["label"], missing=True, title=title, url=url)
    arms = {arm: study[arm] for arm in ARMS}
    told = ", ".join(
        f"{arm} {words.with_interval(arms[arm]['estimate'], arms[arm]['wald'])}" for arm in ARMS
    )
    title = f"Without {study['label']}: {told}"
    return Row(label=study["label"], arms=arms, title=title, url=url, flagged=flagged)


def _told(result: dict[str, Any], influence: dict[str, Any]) -> str:
    text = f"{words.studies(len(influence['leave_one_out']))} left out in turn. "
    for arm in ARMS:
        found = [s[arm]["estimate"] for s in influence["leave_one_out"] if not s["reason"]]
        whole = words.proportion(result["fit"][arm]["estimate"])
        reach = f" {words.span([min(found), max(found)])}" if found else " not estimable"
        text += f"Pooled {arm} {whole}; without one study{reach}. "
    return text + " ".join(influence["warnings"])
