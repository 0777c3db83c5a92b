"""What the tables themselves show, before any model: prevalence, accuracy at each threshold."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.data import TwoByTwos
from analysis.errors import BadTable


def median_prevalence(data: TwoByTwos) -> float | None:
    """Return the median share with the target condition of the studies with both arms.

    Rounded to whole percent and never below 1 or above 99: it stands in where nobody chose a
    prevalence. None where no study has both arms. In case-control studies it means nothing.

    Parameters
    ----------
    data : TwoByTwos

    Returns
    -------
    float or None
    """
    totals = data.totals[data.totals.min(axis=1) > 0]
    if not len(totals):
        return None
    percent = float(np.median(totals[:, 0] / totals.sum(axis=1))) * 100
    return min(max(round(percent), 1), 99) / 100


def at_thresholds(
    data: TwoByTwos, thresholds: Sequence[float], studies: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the observed accuracy of every table at its threshold, for a plot.

    Parameters
    ----------
    data : TwoByTwos
        One row per study and threshold.
    thresholds : sequence of float, length k
    studies : sequence of str, length k

    Returns
    -------
    list of dict
        "study", "threshold", and "sensitivity" and "specificity", None where nobody was in that
        arm.
    """
    return [
        {
            "study": study,
            "threshold": threshold,
            "sensitivity": tp / (tp + fn) if tp + fn else None,
            "specificity": tn / (fp + tn) if fp + tn else None,
        }
        for study, threshold, (tp, fp, fn, tn) in zip(studies, thresholds, data.rows, strict=True)
    ]


def as_numbers(texts: Sequence[str]) -> list[float]:
    """Return thresholds as written in a file as numbers.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    list of float

    Raises
    ------
    BadTable
        One of them is not a number.
    """
    try:
        return [float(text) for text in texts]
    except ValueError as error:
        raise BadTable(f"A threshold is not a number: {str(error)[-60:]}.") from error
