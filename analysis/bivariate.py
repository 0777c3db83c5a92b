"""The exact bivariate binomial model for the accuracy of one test in several studies."""

import numpy as np
from numpy.typing import NDArray

from analysis.data import Floats, TwoByTwos
from analysis.estimability import not_estimable, why_not_estimable
from analysis.newton import CheckedMaximum, inverse_information, maximise_checked
from analysis.quadrature import L11, L21, L22, Arms
from analysis.results import ARMS, ZERO_VARIANCE, BivariateFit, Model, NotEstimable, between_cov
from analysis.results import correlation as between_correlation

FREE = {
    "bivariate": np.array([True, True, True, True, True]),
    "uncorrelated": np.array([True, True, True, False, True]),
    "fixed-sensitivity": np.array([True, True, False, False, True]),
    "fixed-specificity": np.array([True, True, True, False, False]),
    "fixed": np.array([True, True, False, False, False]),
}
# Between-study standard deviations and correlation of the further starting points.
_SHAPES = {
    "wide and uncorrelated": (1.0, 1.0, 0.0),
    "narrow, negative correlation": (0.4, 0.4, -0.5),
    "narrow, positive correlation": (0.4, 0.4, 0.5),
    "wide, negative correlation": (1.5, 1.5, -0.8),
    "wide, positive correlation": (1.5, 1.5, 0.8),
    "very wide": (4.0, 4.0, 0.0),
    "sensitivity varies more": (2.0, 0.3, 0.0),
    "specificity varies more": (0.3, 2.0, 0.0),
}
STARTS = ("moments of the observed logits", *_SHAPES)
GIVEN_START = "given"

QUADRATURE_LIMIT = 1e-6
# Above this a log-likelihood says too little of where its maximum is.
_USELESS_QUADRATURE = 1e-3
_EXTREME_CORRELATION = 0.9999
# Between these a maximum counts as well inside.
_SMALL_VARIANCE = 0.01
_LARGE_VARIANCE = 9.0
_LARGE_CORRELATION = 0.95
_FEW_STUDIES = 10
_VERY_FEW_STUDIES = 5
# A search that starts exactly on a zero of L would never leave it: the gradient is zero there.
_NUDGE = 0.1


def fit_bivariate(
    data: TwoByTwos, *, model: Model = "bivariate", start: Floats | None = None
) -> BivariateFit | NotEstimable:
    """Fit the bivariate binomial model by exact maximum likelihood [1]_ [2]_.

    True positives and true negatives are binomial; their logit probabilities are jointly normal
    between studies. The two-dimensional integral is taken by adaptive Gauss-Hermite quadrature and
    refined until more nodes change the log-likelihood by less than 1e-8. No continuity correction
    is made.

    Parameters
    ----------
    data : TwoByTwos
        Studies without any participant are left out; a study with an empty arm keeps the other.
    model : {"bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"}
        "uncorrelated" has a between-study correlation of 0, which makes it two univariate models;
        "fixed-sensitivity" and "fixed-specificity" have, besides, no between-study variance in
        that arm, "fixed" in neither.
    start : ndarray, shape (5,), optional
        Parameters thought to be near the maximum, as of almost the same tables: searched from
        there alone, and from the usual starting points only if that fails.

    Returns
    -------
    BivariateFit or NotEstimable
        The latter, with the reason, when the likelihood has no finite maximum: a single study, a
        test without a single error, an arm where every study found all or none.

    References
    ----------
    .. [1] Chu H, Cole SR. Bivariate meta-analysis of sensitivity and specificity with sparse data:
       a generalized linear mixed model approach. J Clin Epidemiol 2006;59:1331-1332.
    .. [2] Hamza TH, van Houwelingen HC, Stijnen T. The binomial distribution of meta-analysis was
       preferred to model within-study variability. J Clin Epidemiol 2008;61:41-51.
    """
    used = data.select(data.totals.sum(axis=1) > 0)
    notes = notes_on_empty_arms(data, used)
    free = FREE[model]
    reason = why_not_estimable(used, spread=(bool(free[L11]), bool(free[L22])))
    if reason:
        return not_estimable(used, model=model, reason=reason, warnings=notes)
    best, won = _search(used, free, start)
    return describe_maximum(used, best, model=model, start=won, notes=notes)


def describe_maximum(
    used: TwoByTwos,
    best: CheckedMaximum,
    *,
    model: Model,
    start: str,
    notes: tuple[str, ...] = (),
) -> BivariateFit | NotEstimable:
    """Return what follows from where a search ended: a fit, or the reason why there is none.

    Parameters
    ----------
    used : TwoByTwos
        Studies with participants.
    best : CheckedMaximum
    model : {"bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"}
    start : str
        Which start won.
    notes : tuple of str
        Warnings to begin with.

    Returns
    -------
    BivariateFit or NotEstimable
    """
    free = FREE[model]
    if not best.converged:
        reason = "The search for the maximum of the likelihood did not converge."
        return not_estimable(used, model=model, reason=reason, warnings=notes)
    if best.quadrature_error > _USELESS_QUADRATURE:
        reason = (
            "The studies lie so far apart, or are so many, that the likelihood could not be "
            f"computed exactly enough in reasonable time: uncertain by {best.quadrature_error:.1g}."
        )
        return not_estimable(used, model=model, reason=reason, warnings=notes)
    theta, theta_cov = _upright(best.theta, inverse_information(best.hessian, free))
    if not (np.diag(theta_cov)[:2] > 0).all():
        reason = "The studies do not determine how precise the summary accuracy is."
        return not_estimable(used, model=model, reason=reason, warnings=notes)
    boundary = _boundary(theta, free)
    return BivariateFit(
        data=used,
        model=model,
        theta=theta,
        theta_cov=theta_cov,
        log_likelihood=best.log_likelihood,
        nodes=best.nodes,
        quadrature_error=best.quadrature_error,
        iterations=best.steps,
        start=start,
        boundary=boundary,
        warnings=(*notes, *_warnings(best, len(used), boundary, model)),
    )


def _search(
    data: TwoByTwos, free: NDArray[np.bool_], start: Floats | None
) -> tuple[CheckedMaximum, str]:
    """Return the maximum and the name of the start that led there."""
    arms = Arms.from_tables(data)
    if start is not None:
        best = maximise_checked(off_zero(start[None], free), arms, free=free)
        if best.converged:
            return best, GIVEN_START
    starts = _starts(data, free)
    best = maximise_checked(starts[:1], arms, free=free)
    if not _regular(best, free):
        best = maximise_checked(starts, arms, free=free, first=best)
    return best, STARTS[best.start]


def _regular(best: CheckedMaximum, free: NDArray[np.bool_]) -> bool:
    """Say whether a maximum lies well inside: there a second one has never been seen.

    Elsewhere (a variance near zero, a correlation near -1 or 1, studies many logits apart, a flat
    likelihood) the search is repeated from all starting points.
    """
    spread = between_cov(best.theta)
    variances, rho = np.diag(spread), between_correlation(best.theta)
    estimated = variances[free[[L11, L22]]]
    curvature = np.linalg.eigvalsh(-best.hessian[np.ix_(free, free)])
    return bool(
        best.converged
        and curvature[0] > 0
        and ((estimated > _SMALL_VARIANCE) & (estimated < _LARGE_VARIANCE)).all()
        and abs(rho or 0.0) < _LARGE_CORRELATION
    )


def off_zero(theta: Floats, free: NDArray[np.bool_]) -> Floats:
    """Return starting points, shape (b, 5), that no zero of L holds fast.

    Parameters
    ----------
    theta : ndarray, shape (b, 5)
    free : ndarray of bool, shape (5,)
        Parameters that are not free become zero.

    Returns
    -------
    ndarray, shape (b, 5)
    """
    near = theta.copy()
    near[:, [L11, L22]] += np.where(np.abs(near[:, [L11, L22]]) < _NUDGE, _NUDGE, 0.0)
    return np.where(free, near, 0.0)


def _starts(data: TwoByTwos, free: NDArray[np.bool_]) -> Floats:
    """Return the starting points, shape (9, 5); the correction of 0.5 is for these alone."""
    y = data.events + 0.5
    rest = data.totals - data.events + 0.5
    logits, noise = np.log(y / rest), 1 / y + 1 / rest
    some = data.totals > 0
    mean = np.where(some, logits, 0).sum(axis=0) / some.sum(axis=0)
    away = np.where(some, logits - mean, 0)
    spread = away.T @ away / max(len(data) - 1, 1) - np.diag(np.where(some, noise, 0).mean(axis=0))
    s1, s2 = np.sqrt(np.maximum(np.diag(spread), 0.05))
    rho = np.clip(spread[0, 1] / (s1 * s2), -0.8, 0.8)
    shapes = [(s1, s2, rho), *_SHAPES.values()]
    starts = [[*mean, a, r * b, b * np.sqrt(1 - r**2)] for a, b, r in shapes]
    return np.where(free, np.array(starts), 0.0)


def _upright(theta: Floats, theta_cov: Floats) -> tuple[Floats, Floats]:
    """Turn the columns of L so that l11 and l22 are not negative: the same covariance."""
    sign = np.ones(5)
    sign[[L11, L21]] = -1.0 if theta[L11] < 0 else 1.0
    sign[L22] = -1.0 if theta[L22] < 0 else 1.0
    return theta * sign + 0.0, theta_cov * np.outer(sign, sign)


def _boundary(theta: Floats, free: NDArray[np.bool_]) -> tuple[str, ...]:
    variances = zip(ARMS, np.diag(between_cov(theta)), free[[L11, L22]], strict=True)
    flags = [
        f"variance of logit {arm} is zero"
        for arm, variance, estimated in variances
        if estimated and variance < ZERO_VARIANCE
    ]
    rho = between_correlation(theta)
    if rho is not None and abs(rho) > _EXTREME_CORRELATION:
        flags.append(f"correlation is {int(np.sign(rho))}")
    return tuple(flags)


def notes_on_empty_arms(data: TwoByTwos, used: TwoByTwos) -> tuple[str, ...]:
    """Return a sentence on the studies left out, and on those used for one arm only.

    Parameters
    ----------
    data, used : TwoByTwos
        All studies, and those of them with any participants.

    Returns
    -------
    tuple of str
    """
    notes = []
    empty = data.totals.sum(axis=1) == 0
    if empty.any():
        names = _names(data.select(empty))
        notes.append(f"{names}: no participants at all; left out.")
    diseased, healthy = used.totals.T
    if (diseased == 0).any():
        names = _names(used.select(diseased == 0))
        notes.append(f"{names}: nobody with the target condition; used for specificity only.")
    if (healthy == 0).any():
        names = _names(used.select(healthy == 0))
        notes.append(f"{names}: nobody without the target condition; used for sensitivity only.")
    return tuple(notes)


def _names(data: TwoByTwos) -> str:
    shown = ", ".join(data.labels[:5])
    return shown if len(data) <= 5 else f"{shown} and {len(data) - 5} more"


def _warnings(best: CheckedMaximum, k: int, boundary: tuple[str, ...], model: Model) -> list[str]:
    warnings = []
    if best.quadrature_error > QUADRATURE_LIMIT:
        warnings.append(
            f"The numerical integration is uncertain by {best.quadrature_error:.1g} in the "
            "log-likelihood: read the last digits with care."
        )
    if model != "fixed" and k < _VERY_FEW_STUDIES:
        warnings.append(
            f"With only {k} studies the spread and the correlation between studies are hardly "
            "estimable; consider a simpler model."
        )
    elif model != "fixed" and k < _FEW_STUDIES:
        warnings.append(
            f"With {k} studies the Wald intervals tend to be too narrow: prefer the "
            "profile-likelihood intervals."
        )
    for flag in boundary:
        warnings.append(_BOUNDARY_SENTENCES[flag.split(" ", 1)[0]].format(flag=flag))
    return warnings


_BOUNDARY_SENTENCES = {
    "variance": (
        "The estimated {flag}: these studies differ no more than chance would have it, so no "
        "summary ROC curve can be drawn."
    ),
    "correlation": (
        "The estimated between-study {flag}, the edge of what is possible: these studies do not "
        "determine it, and it has no standard error."
    ),
}
