"""A result kept as plain values, taken up again: what follows from it need not be fitted anew."""

from typing import Any

import numpy as np

from analysis.data import TwoByTwos
from analysis.influence import THRESHOLDS
from analysis.results import BivariateFit


def restored_data(result: dict[str, Any]) -> TwoByTwos:
    """Return all 2x2 tables of what `analysis.summary.analyse` returned.

    Parameters
    ----------
    result : dict

    Returns
    -------
    TwoByTwos
    """
    rows = result["forest"]
    counts = [[row[cell] for cell in ("tp", "fp", "fn", "tn")] for row in rows]
    return TwoByTwos.from_rows(counts, [row["label"] for row in rows])


def restored_fit(result: dict[str, Any]) -> BivariateFit | None:
    """Return the fit behind a result of `analysis.summary.analyse`, to the last digit.

    Parameters
    ----------
    result : dict

    Returns
    -------
    BivariateFit or None
        None where nothing could be estimated.
    """
    kept = result["fit"]
    if not kept["converged"]:
        return None
    data = restored_data(result)
    return BivariateFit(
        # A study without participants is listed, but was not used.
        data=data.select(data.totals.sum(axis=1) > 0),
        model=kept["model"],
        theta=np.array(kept["theta"], dtype=float),
        theta_cov=np.array(kept["theta_cov"], dtype=float),
        log_likelihood=kept["log_likelihood"],
        nodes=kept["nodes"],
        quadrature_error=kept["quadrature_error"],
        iterations=kept["iterations"],
        start=kept["start"],
        boundary=tuple(kept["boundary"]),
        warnings=tuple(kept["warnings"]),
    )


def restored_influence(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return what each study does to a result, as `Influence.to_dict` gave it.

    Returns
    -------
    dict or None
        None where the result was made without leaving studies out.
    """
    if not result.get("leave_one_out") or not result.get("influence"):
        return None
    return {
        "leave_one_out": result["leave_one_out"],
        "influence": result["influence"],
        "thresholds": dict(THRESHOLDS),
        "warnings": result["study_by_study_warnings"],
    }
