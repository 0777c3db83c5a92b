"""Goodness of fit: deviance residuals against the quantiles of a normal distribution."""

from operator import itemgetter
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, xlogy

from analysis.influence import predicted_effects
from analysis.results import ARMS, BivariateFit


def residual_quantiles(fit: BivariateFit) -> list[dict[str, Any]]:
    """Return the deviance residual of every arm of every study, in order of size [1]_.

    Residuals are of the counts of correct results about the probabilities predicted for the study
    at the posterior mode of its random effects; they are compared with normal quantiles at
    (rank - 0.5) / n, as in Stata's midas.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    list of dict
        "label", "arm", "residual" and "quantile", both dimensionless; the smallest residual first.
        Arms without participants have none.

    References
    ----------
    .. [1] Dwamena B. midas: Stata module for meta-analytical integration of diagnostic test
       accuracy studies. Statistical Software Components S456880, 2007.
    """
    modes = np.array([effect.mode for effect in predicted_effects(fit)])
    y, n = fit.data.events.astype(float), fit.data.totals.astype(float)
    expected = n * expit(modes)
    missed = n * expit(-modes)
    deviance = 2 * (
        xlogy(y, y / np.where(n > 0, expected, 1.0))
        + xlogy(n - y, (n - y) / np.where(n > 0, missed, 1.0))
    )
    residuals = np.sign(y - expected) * np.sqrt(np.maximum(deviance, 0.0))
    found: list[dict[str, Any]] = [
        {"label": label, "arm": arm, "residual": float(residuals[i, a])}
        for i, label in enumerate(fit.data.labels)
        for a, arm in enumerate(ARMS)
        if n[i, a]
    ]
    found.sort(key=itemgetter("residual"))
    quantiles = stats.norm.ppf((np.arange(len(found)) + 0.5) / len(found)).tolist()
    return [each | {"quantile": q} for each, q in zip(found, quantiles, strict=True)]


def diagnostics(fit: BivariateFit, influence: dict[str, Any]) -> dict[str, Any]:
    """Return what the four diagnostic panels show, JSON-ready.

    Parameters
    ----------
    fit : BivariateFit
    influence : dict
        What `analysis.influence.Influence.to_dict` returned.

    Returns
    -------
    dict
        "residuals" (see `residual_quantiles`) and the keys of `Influence.to_dict`.
    """
    return {"residuals": residual_quantiles(fit), **influence}
