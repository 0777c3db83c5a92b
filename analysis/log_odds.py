"""The logarithm of each study's diagnostic odds ratio, with the continuity correction stated.

For the descriptive methods that need one; the models of this package never add anything to a cell.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, TwoByTwos

Correction = Literal["single", "all", "always"]
CORRECTIONS: tuple[Correction, ...] = ("single", "all", "always")
ADDED = 0.5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LogOdds:
    """Logits of the ``k`` studies that have both arms.

    Attributes
    ----------
    sensitivity, fpr : ndarray, shape (k,)
        Logits of sensitivity and of the false positive rate, after the correction.
    variance : ndarray, shape (k,)
        Of `lndor`: the sum of the reciprocals of the four corrected cells.
    ess : ndarray, shape (k,)
        Effective sample size 4 n1 n0 / (n1 + n0), from the counts as they were given.
    corrected : ndarray of bool, shape (k,)
    labels : tuple of str, length k
    left_out : tuple of str
        Studies with an empty arm: they have no odds ratio.
    """

    sensitivity: Floats
    fpr: Floats
    variance: Floats
    ess: Floats
    corrected: NDArray[np.bool_]
    labels: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def lndor(self) -> Floats:
        """Logarithm of the diagnostic odds ratio, shape (k,)."""
        return self.sensitivity - self.fpr

    def __len__(self) -> int:
        return len(self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values: a list for each column, and the studies left out."""
        columns = ("sensitivity", "fpr", "lndor", "variance", "ess", "corrected")
        return {
            "labels": list(self.labels),
            **{name: getattr(self, name).tolist() for name in columns},
            "left_out": list(self.left_out),
        }


def log_odds(data: TwoByTwos, *, correction: Correction = "single") -> LogOdds:
    """Return the log odds of each study with both arms.

    Parameters
    ----------
    data : TwoByTwos
    correction : {"single", "all", "always"}
        Add 0.5 to the four cells of each study with an empty cell, of every study if any has one,
        or of every study.

    Returns
    -------
    LogOdds

    Raises
    ------
    ValueError
        Another correction is asked for.
    """
    if correction not in CORRECTIONS:
        raise ValueError(f"correction must be one of {', '.join(CORRECTIONS)}")
    both = data.totals.min(axis=1) > 0
    used = data.select(both)
    cells = np.array(used.rows, dtype=float).reshape(-1, 4)
    empty = (cells == 0).any(axis=1)
    corrected = {
        "single": empty,
        "all": np.full(len(used), empty.any()),
        "always": np.ones(len(used), dtype=bool),
    }[correction]
    tp, fp, fn, tn = (cells + ADDED * corrected[:, None]).T
    diseased, healthy = used.totals.T.astype(float)
    return LogOdds(
        sensitivity=np.log(tp / fn),
        fpr=np.log(fp / tn),
        variance=1 / tp + 1 / fp + 1 / fn + 1 / tn,
        ess=4 * diseased * healthy / (diseased + healthy),
        corrected=corrected,
        labels=used.labels,
        left_out=data.select(~both).labels,
    )
