"""How much each study matters: leave-one-out, Cook's distance, predicted effects, outliers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

from analysis.data import Floats
from analysis.leave_one_out import Progress, leave_one_out
from analysis.quadrature import L11, L21, L22, Arms, posterior_modes
from analysis.results import ARMS, ZERO_VARIANCE, BivariateFit, NotEstimable

# Beyond the 50 % point of chi2(2) / 2: leaving the study out moves the summary point to the edge
# of its own 50 % confidence region.
INFLUENTIAL = float(stats.chi2.ppf(0.5, 2)) / 2
OUTLYING = 0.01
THRESHOLDS = {"cook": INFLUENTIAL, "p": OUTLYING}
_SHARE = 1e-6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PredictedEffect:
    """Where one study's accuracy is predicted to lie, relative to the median study.

    Attributes
    ----------
    mode : tuple of float
        Logit sensitivity and specificity at the posterior mode (empirical Bayes).
    standardised : tuple of float or None
        Predicted random effects over their sampling standard deviations; None where the effect
        does not vary.
    mahalanobis : float or None
        Squared Mahalanobis distance of the two effects; None where neither varies.
    df : int
        0, 1 or 2: the effects that vary, apart from each other.
    p : float or None
        Probability of a larger distance, chi-square with ``df``.
    """

    mode: tuple[float, float]
    standardised: tuple[float | None, float | None]
    mahalanobis: float | None
    df: int
    p: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; "predicted" are proportions."""
        return {
            "predicted": dict(zip(ARMS, expit(np.array(self.mode)).tolist(), strict=True)),
            "standardised": dict(zip(ARMS, self.standardised, strict=True)),
            "mahalanobis": self.mahalanobis,
            "df": self.df,
            "p": self.p,
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StudyInfluence:
    """What one study does to the result.

    Attributes
    ----------
    label : str
    without : BivariateFit or NotEstimable
        The fit of all other studies.
    cook : float or None
        (mu - mu_without)' V^-1 (mu - mu_without) / 2, V the covariance of mu with all studies.
    effect : PredictedEffect
    quantile : float or None
        Of the chi-square distribution, at the study's rank: what `effect.mahalanobis` is plotted
        against.
    """

    label: str
    without: BivariateFit | NotEstimable
    cook: float | None
    effect: PredictedEffect
    quantile: float | None

    @property
    def influential(self) -> bool:
        """Whether Cook's distance is above `INFLUENTIAL`."""
        return self.cook is not None and self.cook > INFLUENTIAL

    @property
    def outlying(self) -> bool:
        """Whether the Mahalanobis distance has p below `OUTLYING`."""
        return self.effect.p is not None and self.effect.p < OUTLYING

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "label": self.label,
            "cook": self.cook,
            **self.effect.to_dict(),
            "quantile": self.quantile,
            "influential": self.influential,
            "outlying": self.outlying,
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Influence:
    """The influence of every study of a fit.

    Attributes
    ----------
    studies : tuple of StudyInfluence
    warnings : tuple of str
    """

    studies: tuple[StudyInfluence, ...]
    warnings: tuple[str, ...]

    def leave_one_out(self) -> list[dict[str, Any]]:
        """Return the summary point without each study, JSON-ready."""
        return [_without(study) for study in self.studies]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "leave_one_out": self.leave_one_out(),
            "influence": [study.to_dict() for study in self.studies],
            "thresholds": dict(THRESHOLDS),
            "warnings": list(self.warnings),
        }


def influence(fit: BivariateFit, *, progress: Progress | None = None) -> Influence:
    """Return what each study does to a fit, and how far it lies from the others.

    Every study is left out in turn and the model fitted again, exactly, from the estimates of the
    full fit. Cook's distance [1]_ is of the two means. The predicted random effects are posterior
    modes, divided by the square root of prior minus posterior variance, as in [2]_; their squared
    Mahalanobis distances are roughly chi-square were the random effects normal.

    Parameters
    ----------
    fit : BivariateFit
        Of ``k`` studies; the refits use the same model.
    progress : callable, optional
        See `analysis.leave_one_out.leave_one_out`.

    Returns
    -------
    Influence

    References
    ----------
    .. [1] Cook RD. Detection of influential observation in linear regression. Technometrics
       1977;19:15-18.
    .. [2] Harbord RM, Whiting P. metandi: meta-analysis of diagnostic accuracy using hierarchical
       logistic regression. Stata J 2009;9:211-229.
    """
    effects = predicted_effects(fit)
    quantiles = _quantiles(effects)
    precision = np.asarray(np.linalg.pinv(fit.mean_cov, hermitian=True), dtype=np.float64)
    columns = zip(
        fit.data.labels, leave_one_out(fit, progress=progress), effects, quantiles, strict=True
    )
    studies = [
        StudyInfluence(
            label=label,
            without=without,
            cook=_cook(fit, without, precision),
            effect=effect,
            quantile=quantile,
        )
        for label, without, effect, quantile in columns
    ]
    return Influence(studies=tuple(studies), warnings=_warnings(studies))


def predicted_effects(fit: BivariateFit) -> list[PredictedEffect]:
    """Return each study's predicted random effects and how unusual they are.

    Parameters
    ----------
    fit : BivariateFit

    Returns
    -------
    list of PredictedEffect, length k
    """
    arms = Arms.from_tables(fit.data)
    modes = posterior_modes(fit.theta, arms)
    factor = np.array([[fit.theta[L11], 0.0], [fit.theta[L21], fit.theta[L22]]])
    weights = arms.totals * expit(modes) * expit(-modes)
    information = np.einsum("ai,ka,aj->kij", factor, weights, factor)
    # Prior minus posterior covariance: L A (I + A)^-1 L' with A = L' W L, free of cancellation.
    shares = np.linalg.solve(np.eye(2) + information, information)
    spread = np.einsum("ai,kij,bj->kab", factor, shares, factor)
    return [
        _effect(mode, mode - fit.mean, (covariance + covariance.T) / 2)
        for mode, covariance in zip(modes, spread, strict=True)
    ]


def _effect(mode: Floats, away: Floats, covariance: Floats) -> PredictedEffect:
    variances = np.diag(covariance)
    standardised = [
        effect / variance**0.5 if variance > ZERO_VARIANCE else None
        for effect, variance in zip(away.tolist(), variances.tolist(), strict=True)
    ]
    distance, df = _distance(away, covariance)
    return PredictedEffect(
        mode=(float(mode[0]), float(mode[1])),
        standardised=(standardised[0], standardised[1]),
        mahalanobis=distance if df else None,
        df=df,
        p=float(stats.chi2.sf(distance, df)) if df else None,
    )


def _distance(away: Floats, covariance: Floats) -> tuple[float, int]:
    """Return the squared distance along the directions that vary, and their number."""
    lengths, axes = np.linalg.eigh(covariance)
    solid = (lengths > ZERO_VARIANCE) & (lengths > _SHARE * lengths.max())
    along = axes[:, solid].T @ away
    return float((along**2 / lengths[solid]).sum()), int(solid.sum())


def _quantiles(effects: list[PredictedEffect]) -> list[float | None]:
    """Return what each distance would be at its rank, were the effects normal."""
    found = [i for i, effect in enumerate(effects) if effect.p is not None]
    ordered = sorted(found, key=lambda i: -(effects[i].p or 0.0))
    quantiles: list[float | None] = [None] * len(effects)
    for rank, i in enumerate(ordered):
        quantiles[i] = float(stats.chi2.ppf((rank + 0.5) / len(ordered), effects[i].df))
    return quantiles


def _cook(
    fit: BivariateFit, without: BivariateFit | NotEstimable, precision: Floats
) -> float | None:
    if isinstance(without, NotEstimable):
        return None
    move = fit.mean - without.mean
    return max(float(move @ precision @ move), 0.0) / 2


def _without(study: StudyInfluence) -> dict[str, Any]:
    fit = study.without
    if isinstance(fit, NotEstimable):
        nothing = {arm: {"estimate": None, "wald": None} for arm in ARMS}
        return {"label": study.label, **nothing, "log_likelihood": None, "reason": fit.reason}
    accuracy = {
        arm: {"estimate": estimate, "wald": interval}
        for arm, estimate, interval in zip(
            ARMS, fit.summary_point, fit.wald().tolist(), strict=True
        )
    }
    return {
        "label": study.label,
        **accuracy,
        "log_likelihood": fit.log_likelihood,
        "reason": None,
    }


def _warnings(studies: list[StudyInfluence]) -> tuple[str, ...]:
    notes = []
    needed = [study.label for study in studies if isinstance(study.without, NotEstimable)]
    if needed:
        notes.append(f"Without {_list(needed)} the accuracy could not be estimated at all.")
    influential = [study.label for study in studies if study.influential]
    if influential:
        notes.append(f"The summary accuracy depends heavily on {_list(influential)}.")
    outlying = [study.label for study in studies if study.outlying]
    if outlying:
        notes.append(
            f"The accuracy lies far from that of the other studies in {_list(outlying)}: look for "
            "the reason before leaving anything out."
        )
    return tuple(notes)


def _list(labels: list[str]) -> str:
    shown = "; ".join(labels[:5])
    return shown if len(labels) <= 5 else f"{shown} and {len(labels) - 5} more"
