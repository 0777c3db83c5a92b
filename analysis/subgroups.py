"""Subgroups by a covariate as forest and ROC plots show them: estimates, regions and curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from analysis.covariates import Covariate
from analysis.data import Floats, TwoByTwos
from analysis.derived import confidence_region, prediction_region
from analysis.errors import BadCovariate
from analysis.metaregression import metaregression
from analysis.metaregression_results import RegressionFit
from analysis.results import ZERO_VARIANCE
from analysis.sroc import curve_over, observed_range

_MOST = 12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GroupPoint:
    """The mean logits of one group of a meta-regression, as a `Pooled` estimate.

    Attributes
    ----------
    data : TwoByTwos
        The group's studies.
    k : int
        Studies of all groups: what the common between-study covariance was estimated from.
    mean : ndarray, shape (2,)
    mean_cov, between_cov : ndarray, shape (2, 2)
    """

    data: TwoByTwos
    k: int
    mean: Floats
    mean_cov: Floats
    between_cov: Floats

    @property
    def summary_point(self) -> tuple[float, float]:
        """Sensitivity and specificity of the group's median study, as proportions."""
        sensitivity, specificity = expit(self.mean)
        return float(sensitivity), float(specificity)

    @property
    def correlation(self) -> float | None:
        """Between-study correlation; none where a variance is zero."""
        v1, v2 = np.diag(self.between_cov)
        if min(v1, v2) < ZERO_VARIANCE:
            return None
        return float(self.between_cov[0, 1] / np.sqrt(v1 * v2))

    def to_dict(self) -> dict[str, Any]:
        """Return what is drawn of the group, JSON-ready.

        Points and lines in ROC space as `analysis.sroc.sroc_data` gives them.
        """
        sens, spec = self.summary_point
        span = observed_range(self.data)
        return {
            "summary": {"fpr": 1 - spec, "sensitivity": sens},
            "curve": curve_over(self, span) if span else None,
            "confidence_region": confidence_region(self),
            "prediction_region": prediction_region(self),
        }


def subgroups(data: TwoByTwos, covariate: Covariate) -> dict[str, Any]:
    """Return the groups of a categorical covariate with what is drawn of them.

    Estimates are those of the meta-regression with one common between-study covariance; where it
    has no estimate, the groups keep their studies and the reason is given.

    Parameters
    ----------
    data : TwoByTwos
    covariate : Covariate
        One value per row; rows without a value form a group of their own, never pooled.

    Returns
    -------
    dict
        "covariate": its name; "groups": for each "level", "rows" (positions in the data),
        "sensitivity" and "specificity" ("estimate", "wald"), "summary", "curve",
        "confidence_region" and "prediction_region" as `analysis.sroc.sroc_data` gives them;
        "relative": accuracy of each other level against the first, or None; the three tests of
        the meta-regression; "reason": why there is no estimate; "warnings".

    Raises
    ------
    BadCovariate
        The covariate is continuous, or has more than 12 levels.
    """
    if covariate.kind == "continuous":
        raise BadCovariate(f"{covariate.name} is a number: groups need a covariate of categories.")
    if len(covariate.levels) > _MOST:
        raise BadCovariate(f"{covariate.name} has {len(covariate.levels)} levels; at most {_MOST}.")
    found = metaregression(data, covariate)
    fit = found.both if isinstance(found.both, RegressionFit) else None
    told = found.to_dict()
    groups = [_group(data, covariate, level, fit, told["groups"]) for level in covariate.levels]
    missing = [i for i, value in enumerate(covariate.values) if not value]
    if missing:
        groups.append({"level": "not stated", "rows": missing, **_NOTHING})
    tests = ("lrt_joint", "lrt_sensitivity", "lrt_specificity")
    return {
        "covariate": covariate.name,
        "groups": groups,
        "relative": told["relative"],
        **{name: told[name] for name in tests},
        "reason": None if fit else told["models"]["both"]["reason"],
        "warnings": told["warnings"],
    }


def compared(data: TwoByTwos, name: str, values: Sequence[str]) -> dict[str, Any]:
    """Return `subgroups` of a covariate of categories, or, where there are none, only the reason.

    Parameters
    ----------
    data : TwoByTwos
    name : str
        What the values are of.
    values : sequence of str, length k

    Returns
    -------
    dict
    """
    try:
        return subgroups(data, Covariate.from_values(name, values, kind="categorical"))
    except BadCovariate as error:
        return {
            "covariate": name,
            "groups": [],
            **dict.fromkeys(("relative", "lrt_joint", "lrt_sensitivity", "lrt_specificity")),
            "reason": str(error),
            "warnings": [],
        }


_NO_ARM = {"estimate": None, "wald": None}
_NOTHING: dict[str, Any] = {
    "sensitivity": _NO_ARM,
    "specificity": _NO_ARM,
    **dict.fromkeys(("summary", "curve", "confidence_region", "prediction_region")),
}


def _group(
    data: TwoByTwos,
    covariate: Covariate,
    level: str,
    fit: RegressionFit | None,
    told: list[dict[str, Any]],
) -> dict[str, Any]:
    rows = [i for i, value in enumerate(covariate.values) if value == level]
    there = next((group for group in told if group["level"] == level), None)
    if fit is None or there is None:
        return {"level": level, "rows": rows, **_NOTHING}
    design = next(rows for name, _, rows in fit.predictors() if name == level)
    keep = np.array([value == level for value in covariate.values])
    point = GroupPoint(
        data=data.select(keep),
        k=len(fit.data),
        mean=design @ fit.beta,
        mean_cov=design @ fit.beta_cov @ design.T,
        between_cov=fit.between_covs[0],
    )
    accuracy = {arm: there[arm] for arm in ("sensitivity", "specificity")}
    return {"level": level, "rows": rows, **accuracy, **point.to_dict()}
