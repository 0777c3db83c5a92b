"""The forest of covariates: accuracy at each level, with the tests of its effects."""

from collections.abc import Sequence
from typing import Any

from analysis.figures import words
from analysis.figures.paired import Row, paired_figure
from analysis.figures.sheet import DescribedFigure
from analysis.results import ARMS


def metaregression_figure(
    covariates: Sequence[dict[str, Any]], result: dict[str, Any] | None = None
) -> DescribedFigure:
    """Draw sensitivity and specificity at the levels of covariates fitted one at a time.

    Parameters
    ----------
    covariates : sequence of dict
        What `analysis.metaregression.MetaRegression.to_dict` returned of each.
    result : dict, optional
        What `analysis.summary.analyse` returned of all studies, drawn as line and band.
    """
    rows = [row for found in covariates for row in _rows(found)]
    pooled = result is not None and result["fit"]["converged"]
    reference = {arm: result["fit"][arm] for arm in ARMS} if result and pooled else None
    notes = [
        "Medians of the studies of each level with 95% Wald intervals; p of likelihood-ratio "
        "tests, one covariate at a time."
    ]
    if any(found["covariate"]["kind"] == "continuous" for found in covariates):
        notes[0] += " Numbers are shown at their quartiles."
    notes += [
        f"{found['covariate']['name']} not estimable: {_reason(found)}"
        for found in covariates
        if not found["groups"]
    ]
    if reference:
        notes.append("Band and dashed line: all studies.")
    return paired_figure(
        rows,
        heads=("Covariate", "Studies"),
        title="Meta-regression",
        description=" ".join(_told(found) for found in covariates),
        notes=notes,
        reference=reference,
    )


def _rows(found: dict[str, Any]) -> list[Row]:
    name = found["covariate"]["name"]
    if not found["groups"]:
        return [Row(label=name, bold=True, missing=True, title=f"{name}: {_reason(found)}")]
    joint, *single = (
        words.p_value((found[f"lrt_{key}"] or {}).get("p")) for key in ("joint", *ARMS)
    )
    head = f"{name} (both {joint})"
    rows = [Row(label=head, bold=True, tests=dict(zip(ARMS, single, strict=True)))]
    for group in found["groups"]:
        level = _level(group["level"])
        arms = {arm: group[arm] for arm in ARMS}
        count = "" if group["k"] is None else str(group["k"])
        rows.append(Row(label=level, indent=2.0, count=count, arms=arms, title=_title(name, group)))
    return rows


def _level(level: str | float) -> str:
    return level if isinstance(level, str) else f"{level:.4g}"


def _reason(found: dict[str, Any]) -> str:
    return str(found["models"]["both"]["reason"])


def _title(name: str, group: dict[str, Any]) -> str:
    arms = ", ".join(
        f"{arm} {words.with_interval(group[arm]['estimate'], group[arm]['wald'])}" for arm in ARMS
    )
    return f"{name}, {_level(group['level'])}: {arms}"


def _told(found: dict[str, Any]) -> str:
    name = found["covariate"]["name"]
    if not found["groups"]:
        return f"{name} not estimable: {_reason(found)}"
    groups = "; ".join(_title(name, group) for group in found["groups"])
    joint = (found["lrt_joint"] or {}).get("p")
    return f"{groups}. Joint test {words.p_value(joint)}."
