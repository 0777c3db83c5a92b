"""The bivariate binomial model with a covariate: does accuracy differ between groups?

The means of `analysis.bivariate` become linear predictors; everything else stays as it is. Groups
are in cell means: one mean per group, none of them a baseline.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.bivariate import QUADRATURE_LIMIT, fit_bivariate
from analysis.covariates import Covariate
from analysis.data import Floats, TwoByTwos
from analysis.errors import BadCovariate
from analysis.estimability import why_not_estimable
from analysis.likelihood_ratio import LikelihoodRatioTest, likelihood_ratio_test
from analysis.metaregression_results import (
    MetaRegression,
    RegressionFit,
    RegressionNotEstimable,
    Scale,
)
from analysis.newton import inverse_information, maximise_checked
from analysis.quadrature import L11, L21, L22, N_PARAMETERS, Arms
from analysis.results import ARMS, BivariateFit, NotEstimable

_FEWEST_FOR_A_VARIANCE = 3
_FEW_PER_GROUP = 5

Fit = RegressionFit | RegressionNotEstimable


def metaregression(
    data: TwoByTwos,
    covariate: Covariate,
    *,
    on: Sequence[str] = ARMS,
    separate_variances: bool = False,
) -> MetaRegression:
    """Fit the covariate on both arms, on each alone and on neither, and test its effects [1]_.

    Parameters
    ----------
    data : TwoByTwos
        ``k`` studies; those without participants or without a value are left out of all fits.
    covariate : Covariate
        One value per study.
    on : sequence of {"sensitivity", "specificity"}
        Which of the models the groups, ratios and slopes are taken from.
    separate_variances : bool
        Whether each group has a between-study covariance of its own, in all models compared.

    Returns
    -------
    MetaRegression
        With likelihood-ratio tests by maximum likelihood: of both effects together, and of each
        given that the other is in the model; with separate variances, of these too.

    Raises
    ------
    BadCovariate
        Not one value per study, fewer than two different ones, or separate variances asked for a
        continuous covariate.

    References
    ----------
    .. [1] Macaskill P, Takwoingi Y, Deeks JJ, Gatsonis C. Understanding meta-analysis. In: Cochrane
       Handbook for Systematic Reviews of Diagnostic Test Accuracy, chapter 9. Version 2.0, 2023.
    """
    used, values, left_out = _complete(data, covariate)
    both, sens_only, spec_only = (
        fit_regression(used, values, on=arms, separate_variances=separate_variances)
        for arms in (ARMS, ARMS[:1], ARMS[1:])
    )
    null: Fit | BivariateFit | NotEstimable = fit_bivariate(used)
    variances = None
    if separate_variances:
        null = fit_regression(used, values, on=(), separate_variances=True)
        variances = _test(both, fit_regression(used, values))
    return MetaRegression(
        covariate=values,
        on=tuple(on),
        both=both,
        sensitivity_only=sens_only,
        specificity_only=spec_only,
        null=null,
        joint=_test(both, null),
        of_sensitivity=_test(both, spec_only),
        of_specificity=_test(both, sens_only),
        of_variances=variances,
        warnings=(*left_out, *_group_warnings(values), *both.warnings),
    )


def fit_regression(
    data: TwoByTwos,
    covariate: Covariate,
    *,
    on: Sequence[str] = ARMS,
    separate_variances: bool = False,
) -> Fit:
    """Fit the bivariate binomial model with a covariate by exact maximum likelihood.

    Parameters
    ----------
    data : TwoByTwos
        Studies without participants or without a value are left out.
    covariate : Covariate
    on : sequence of {"sensitivity", "specificity"}
        Which means depend on the covariate.
    separate_variances : bool
        Whether each group has a between-study covariance of its own; for groups only.

    Returns
    -------
    RegressionFit or RegressionNotEstimable

    Raises
    ------
    BadCovariate
        Not one value per study, fewer than two different ones, or separate variances asked for a
        continuous covariate.
    """
    used, values, _ = _complete(data, covariate)
    if separate_variances and values.kind != "categorical":
        raise BadCovariate("Separate variances need groups: the covariate is continuous.")
    reason = _why_not(used, values, on, separate_variances)
    if reason:
        return RegressionNotEstimable(data=used, covariate=values, on=tuple(on), reason=reason)
    scale = Scale.of(values)
    columns = [scale.columns(values) if arm in on else np.ones((len(used), 1)) for arm in ARMS]
    groups = scale.columns(values) if separate_variances else np.ones((len(used), 1))
    design = _design(columns, groups)
    arms = replace(Arms.from_tables(used), design=design)
    free = np.ones(design.shape[2], dtype=bool)
    best = maximise_checked(_starts(used, columns, groups.shape[1]), arms, free=free)
    means = columns[0].shape[1] + columns[1].shape[1]
    covariance = inverse_information(best.hessian, free, means=means)
    if not best.converged or not (np.diag(covariance)[:means] > 0).all():
        reason = "The search for the maximum of the likelihood did not converge."
        return RegressionNotEstimable(data=used, covariate=values, on=tuple(on), reason=reason)
    warning = (
        f"The numerical integration is uncertain by {best.quadrature_error:.1g} in the "
        "log-likelihood: read the last digits with care."
    )
    return RegressionFit(
        data=used,
        covariate=values,
        on=tuple(on),
        scale=scale,
        means=tuple(column.shape[1] for column in columns),
        beta=best.theta[:means],
        beta_cov=covariance[:means, :means],
        factors=best.theta[means:].reshape(-1, 3),
        log_likelihood=best.log_likelihood,
        nodes=best.nodes,
        quadrature_error=best.quadrature_error,
        iterations=best.steps,
        warnings=(warning,) if best.quadrature_error > QUADRATURE_LIMIT else (),
    )


def _complete(data: TwoByTwos, covariate: Covariate) -> tuple[TwoByTwos, Covariate, list[str]]:
    """Return the studies with participants and a value, and a sentence on the others."""
    if len(covariate) != len(data):
        raise BadCovariate(
            f"The covariate {covariate.name} has {len(covariate)} values for {len(data)} studies."
        )
    keep = covariate.known & (data.totals.sum(axis=1) > 0)
    values = covariate.select(keep)
    if len(values.levels) < 2:
        raise BadCovariate(
            f"The covariate {covariate.name} has fewer than two different values: there is "
            "nothing to compare."
        )
    gone = int((~keep).sum())
    number = "1 study has" if gone == 1 else f"{gone} studies have"
    sentence = f"{number} no participants or no value of {covariate.name}: left out here."
    return data.select(keep), values, [sentence] if gone else []


def _why_not(
    data: TwoByTwos, covariate: Covariate, on: Sequence[str], separate: bool
) -> str | None:
    reason = why_not_estimable(data)
    if reason or covariate.kind == "continuous":
        return reason or _too_many_means(data, 2)
    values = np.array(covariate.values)
    for level in covariate.levels:
        group = data.select(values == level)
        if separate and len(group) < _FEWEST_FOR_A_VARIANCE:
            return (
                f"The group {level} has fewer than {_FEWEST_FOR_A_VARIANCE} studies: too few for "
                "a covariance of its own."
            )
        for i, arm in enumerate(ARMS):
            if reason := _group_reason(group, i, level, separate, own_mean=arm in on):
                return reason
    return _too_many_means(data, len(covariate.levels))


def _group_reason(
    group: TwoByTwos, i: int, level: str, separate: bool, *, own_mean: bool
) -> str | None:
    there = group.totals[:, i] > 0
    y, n = group.events[there, i], group.totals[there, i]
    if not own_mean:
        return (
            f"In the group {level} each study found all or none for {ARMS[i]}: they do not "
            "determine how much it varies there."
            if separate and ((y == 0) | (y == n)).all()
            else None
        )
    if not len(n):
        return f"No study of the group {level} has participants for {ARMS[i]}."
    if y.sum() in (0, n.sum()):
        extent = "every" if y.sum() else "no"
        return (
            f"In the group {level} {extent} participant counts for {ARMS[i]}: its likelihood has "
            "no finite maximum there."
        )
    if separate and ((y == 0) | (y == n)).all():
        return f"How much {ARMS[i]} varies in the group {level} has no finite estimate."
    return None


def _too_many_means(data: TwoByTwos, means: int) -> str | None:
    if (data.totals > 0).sum(axis=0).min() > means:
        return None
    return f"There are too few studies for {means} means in each arm."


def _group_warnings(covariate: Covariate) -> list[str]:
    if covariate.kind == "continuous":
        return []
    small = [level for level in covariate.levels if covariate.values.count(level) < _FEW_PER_GROUP]
    if not small:
        return []
    return [
        f"Fewer than {_FEW_PER_GROUP} studies in {', '.join(small)}: the comparison has little "
        "power and the Wald intervals are too narrow."
    ]


def _design(columns: list[Floats], groups: Floats) -> Floats:
    """Return how each study's five parameters follow from the common ones, shape (k, 5, p)."""
    first, second = (column.shape[1] for column in columns)
    k, covariances = groups.shape
    design = np.zeros((k, N_PARAMETERS, first + second + 3 * covariances))
    design[:, 0, :first] = columns[0]
    design[:, 1, first : first + second] = columns[1]
    for j, row in enumerate((L11, L21, L22)):
        design[:, row, first + second + j :: 3] = groups
    return design


def _starts(data: TwoByTwos, columns: list[Floats], covariances: int) -> Floats:
    """Return three starting points, shape (3, p); the correction of 0.5 is for these alone."""
    y = data.events + 0.5
    rest = data.totals - data.events + 0.5
    logits, noise = np.log(y / rest), 1 / y + 1 / rest
    some = data.totals > 0
    means, spreads = [], []
    for i, column in enumerate(columns):
        here = some[:, i]
        beta = np.linalg.lstsq(column[here], logits[here, i], rcond=None)[0]
        away = logits[here, i] - column[here] @ beta
        means.append(beta)
        spreads.append(np.sqrt(max(float((away**2).mean() - noise[here, i].mean()), 0.05)))
    shapes = ([spreads[0], 0.0, spreads[1]], [1.0, 0.0, 1.0], [0.4, -0.2, 0.35])
    return np.array([np.concatenate([*means, np.tile(shape, covariances)]) for shape in shapes])


def _test(
    full: Fit, simple: RegressionFit | RegressionNotEstimable | BivariateFit | NotEstimable
) -> LikelihoodRatioTest | None:
    if isinstance(full, RegressionFit) and isinstance(simple, RegressionFit | BivariateFit):
        df = full.parameters - simple.parameters
        return likelihood_ratio_test(full.log_likelihood, simple.log_likelihood, df)
    return None
