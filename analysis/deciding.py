"""What else a report would have to say to decide between a few 2x2 tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.printed import COUNTS, MEASURES, word

_FACTS = ("n_pos", "n_test_pos", "ppv", "npv", "accuracy", "prevalence", "sensitivity")
_FURTHER = ("specificity", "lr_positive", "lr_negative", "dor")


def deciding(tables: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Return the facts that, printed to three digits, differ between any two of these tables.

    Parameters
    ----------
    tables : sequence of (tp, fp, fn, tn)

    Returns
    -------
    list of dict
        "fact", its "label" for a reader, and "values", one per table: a text such as "0.658".
    """
    rows = []
    for name in (*_FACTS, *_FURTHER):
        values = [_printed(name, table) for table in tables]
        if len(set(values)) == len(tables):
            label = word(name)
            rows.append({"fact": name, "label": label[0].upper() + label[1:], "values": values})
    return rows


def _printed(name: str, table: Sequence[int]) -> str:
    cells = np.asarray(table, dtype=np.int64)
    if name in COUNTS:
        return str(int(COUNTS[name](*cells)))
    part, whole = MEASURES[name](*cells)
    if not whole:
        return "none"
    value = float(part / whole)
    return f"{value:.3f}" if value < 1 else f"{value:.3g}"
