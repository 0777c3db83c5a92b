"""Likelihood ratios of single studies, with the continuity correction stated."""

from typing import Any

import numpy as np
from scipy import stats
from scipy.special import log_expit

from analysis.data import TwoByTwos
from analysis.log_odds import ADDED, Correction, log_odds


def study_ratios(data: TwoByTwos, *, correction: Correction = "single") -> list[dict[str, Any]]:
    """Return LR+ and LR- of each study that has both arms, with 95 % intervals.

    Intervals are Wald on the log scale, with variances 1/tp - 1/n1 + 1/fp - 1/n0 and
    1/fn - 1/n1 + 1/tn - 1/n0 [1]_ of the corrected cells.

    Parameters
    ----------
    data : TwoByTwos
    correction : {"single", "all", "always"}
        See `analysis.log_odds.log_odds`.

    Returns
    -------
    list of dict
        "label", "row" (position in the data), "lr_positive", "lr_negative" (each "estimate" and
        "wald") and "corrected".

    Raises
    ------
    ValueError
        Another correction is asked for.

    References
    ----------
    .. [1] Simel DL, Samsa GP, Matchar DB. Likelihood ratios with confidence: sample size
       estimation for diagnostic test studies. J Clin Epidemiol 1991;44:763-770.
    """
    points = log_odds(data, correction=correction)
    both = np.flatnonzero(data.totals.min(axis=1) > 0)
    cells = np.array(data.rows, dtype=float)[both] + ADDED * points.corrected[:, None]
    tp, fp, fn, tn = cells.T
    diseased, healthy = tp + fn, fp + tn
    sens, fpr = points.sensitivity, points.fpr
    logs = {
        "lr_positive": (log_expit(sens) - log_expit(fpr), tp, fp),
        "lr_negative": (log_expit(-sens) - log_expit(-fpr), fn, tn),
    }
    z = float(stats.norm.ppf(0.975))
    columns = {}
    for name, (middle, above, below) in logs.items():
        reach = z * np.sqrt(1 / above - 1 / diseased + 1 / below - 1 / healthy)
        columns[name] = np.exp(np.column_stack([middle, middle - reach, middle + reach])).tolist()
    return [
        {
            "label": label,
            "row": int(both[i]),
            **{
                name: {"estimate": column[i][0], "wald": column[i][1:]}
                for name, column in columns.items()
            },
            "corrected": bool(points.corrected[i]),
        }
        for i, label in enumerate(points.labels)
    ]
