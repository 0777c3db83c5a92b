"""The rows of a coupled forest plot, as data."""

from typing import Any

from analysis.data import TwoByTwos
from analysis.intervals import clopper_pearson, wilson
from analysis.results import ARMS


def forest_rows(data: TwoByTwos, level: float = 0.95) -> list[dict[str, Any]]:
    """Return one row per study: its counts, sensitivity and specificity with intervals.

    Parameters
    ----------
    data : TwoByTwos
    level : float
        Two-sided confidence level.

    Returns
    -------
    list of dict
        Keys "label", "tp", "fp", "fn", "tn", and "sensitivity" and "specificity", each with
        "events", "total", "estimate", "exact" (Clopper-Pearson) and "wilson"; estimate and
        intervals are None where the study has nobody in that arm.
    """
    sides = [_side(data, i, level) for i in range(len(ARMS))]
    return [
        {
            "label": label,
            **dict(zip(("tp", "fp", "fn", "tn"), row, strict=True)),
            **{arm: side[i] for arm, side in zip(ARMS, sides, strict=True)},
        }
        for i, (label, row) in enumerate(zip(data.labels, data.rows, strict=True))
    ]


def _side(data: TwoByTwos, arm: int, level: float) -> list[dict[str, Any]]:
    events, totals = data.events[:, arm], data.totals[:, arm]
    columns = zip(
        events.tolist(),
        totals.tolist(),
        clopper_pearson(events, totals, level).tolist(),
        wilson(events, totals, level).tolist(),
        strict=True,
    )
    return [
        {
            "events": y,
            "total": n,
            "estimate": y / n if n else None,
            "exact": exact if n else None,
            "wilson": score if n else None,
        }
        for y, n, exact, score in columns
    ]
