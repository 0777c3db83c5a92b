"""The rows of a coupled forest plot, as data."""

from dataclasses import dataclass
from typing import Any

from analysis.data import TwoByTwos
from analysis.intervals import clopper_pearson, wilson
from analysis.results import ARMS

_CELLS = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """What one study alone says of one arm.

    Attributes
    ----------
    events, total : int
        Correctly classified, and all, participants of the arm.
    exact, wilson : tuple of float, or None
        Confidence bounds of the proportion by Clopper and Pearson, and by Wilson; None where the
        study has nobody in that arm.
    """

    events: int
    total: int
    exact: tuple[float, float] | None
    wilson: tuple[float, float] | None

    @property
    def estimate(self) -> float | None:
        """The proportion correctly classified; none where there is nobody."""
        return self.events / self.total if self.total else None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "events": self.events,
            "total": self.total,
            "estimate": self.estimate,
            "exact": self.exact and list(self.exact),
            "wilson": self.wilson and list(self.wilson),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One study in a coupled forest plot.

    Attributes
    ----------
    label : str
    counts : tuple of int
        True positives, false positives, false negatives, true negatives.
    sensitivity, specificity : Proportion
    """

    label: str
    counts: tuple[int, ...]
    sensitivity: Proportion
    specificity: Proportion

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: "label", "tp", "fp", "fn", "tn" and the two arms."""
        return {
            "label": self.label,
            **dict(zip(_CELLS, self.counts, strict=True)),
            **{arm: getattr(self, arm).to_dict() for arm in ARMS},
        }


def forest_rows(data: TwoByTwos, level: float = 0.95) -> list[ForestRow]:
    """Return one row per study: its counts, sensitivity and specificity with intervals.

    Parameters
    ----------
    data : TwoByTwos
    level : float
        Two-sided confidence level.

    Returns
    -------
    list of ForestRow, length k
    """
    sensitivity, specificity = (_proportions(data, arm, level) for arm in range(len(ARMS)))
    rows = zip(data.labels, data.rows, sensitivity, specificity, strict=True)
    return [
        ForestRow(label=label, counts=tuple(counts), sensitivity=sens, specificity=spec)
        for label, counts, sens, spec in rows
    ]


def _proportions(data: TwoByTwos, arm: int, level: float) -> list[Proportion]:
    events, totals = data.events[:, arm], data.totals[:, arm]
    columns = zip(
        events.tolist(),
        totals.tolist(),
        clopper_pearson(events, totals, level).tolist(),
        wilson(events, totals, level).tolist(),
        strict=True,
    )
    return [
        Proportion(
            events=y,
            total=n,
            exact=tuple(exact) if n else None,
            wilson=tuple(score) if n else None,
        )
        for y, n, exact, score in columns
    ]
