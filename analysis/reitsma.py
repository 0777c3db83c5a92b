"""The normal-normal bivariate model of Reitsma, by restricted or full maximum likelihood.

An approximation, offered for comparison with published results: observed logits are taken as
normal with known variances, which needs a continuity correction wherever a cell is zero. The
exact model of `analysis.bivariate` needs neither.
"""

import numpy as np

from analysis.data import Floats, TwoByTwos
from analysis.newton import ascent
from analysis.reitsma_results import Correction, Method, ReitsmaFit, ReitsmaNotEstimable
from analysis.results import ARMS, ZERO_VARIANCE

_STEPS = 200
_CONVERGED = 1e-18
_DIFFERENCE = 1e-5
_EXTREME_CORRELATION = 0.9999
_STARTS = np.array([[0.7, -0.2, 0.6], [0.3, 0.1, 0.3], [1.5, -1.2, 0.4], [0.5, 0.6, 0.3]])
_ALL_FREE = np.ones((1, 3), dtype=bool)


def fit_reitsma(
    data: TwoByTwos, *, method: Method = "reml", correction: Correction | None = None
) -> ReitsmaFit | ReitsmaNotEstimable:
    """Fit the normal-normal bivariate model [1]_.

    The between-study covariance enters by its Cholesky factor, so a correlation of -1 or 1 and a
    variance of 0 are ordinary points; the means are profiled out by generalised least squares.
    The gradient is analytic, the Hessian its difference.

    Parameters
    ----------
    data : TwoByTwos
        Studies without participants are left out; a study with an empty arm keeps the other, and
        the empty arm is never corrected into existence (mada does that).
    method : {"reml", "ml"}
    correction : Correction, optional
        By default 0.5 for the studies with a zero cell.

    Returns
    -------
    ReitsmaFit or ReitsmaNotEstimable

    References
    ----------
    .. [1] Reitsma JB, Glas AS, Rutjes AWS, Scholten RJPM, Bossuyt PM, Zwinderman AH. Bivariate
       analysis of sensitivity and specificity produces informative summary measures in diagnostic
       reviews. J Clin Epidemiol 2005;58:982-990.
    """
    correction = correction or Correction()
    used = data.select(data.totals.sum(axis=1) > 0)

    def refused(reason: str) -> ReitsmaNotEstimable:
        return ReitsmaNotEstimable(data=used, method=method, correction=correction, reason=reason)

    if (studies := (used.totals > 0).sum(axis=0).min()) < 2:
        return refused(
            f"Only {studies} of the studies can be used for one of the arms: at least two are "
            "needed."
        )
    corrected = correction.which(used)
    normal = _Normal(used, np.where(corrected, correction.amount, 0.0), method)
    factor, steps = _maximise(normal)
    if factor is None:
        return refused("The search for the maximum of the likelihood did not converge.")
    value, mean, information = normal.height(factor)
    spread = _product(factor)
    boundary = _boundary(spread)
    mean_cov = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return ReitsmaFit(
        data=used,
        method=method,
        correction=correction,
        corrected=int(corrected.sum()),
        mean=mean,
        mean_cov=mean_cov,
        between_cov=spread,
        log_likelihood=value,
        boundary=boundary,
        iterations=steps,
        warnings=_warnings(used, int(corrected.sum()), correction, boundary),
    )


class _Normal:
    """The likelihood of observed logits with known within-study variances."""

    def __init__(self, data: TwoByTwos, added: Floats, method: Method) -> None:
        right = data.events + added[:, None]
        wrong = data.totals - data.events + added[:, None]
        self.there = data.totals > 0
        self.restricted = method == "reml"
        with np.errstate(divide="ignore", invalid="ignore"):
            self.logits = np.where(self.there, np.log(right / wrong), 0.0)
            # An empty arm: logit 0 with variance 1, tied to nothing, adds nothing.
            self.within = np.where(self.there, 1 / right + 1 / wrong, 1.0)
        self.both = self.there[:, :, None] & self.there[:, None, :]

    def weights(self, factor: Floats) -> Floats:
        """Return the inverse of each study's total covariance, shape (k, 2, 2)."""
        total = np.where(self.both, _product(factor), 0.0)
        total[:, [0, 1], [0, 1]] += self.within
        inverse: Floats = np.linalg.inv(total)
        return inverse

    def height(self, factor: Floats) -> tuple[float, Floats, Floats]:
        """Return log-likelihood, mean by generalised least squares, and its information."""
        weights = self.weights(factor)
        seen = np.where(self.both, weights, 0.0)
        information = seen.sum(axis=0)
        mean = np.linalg.solve(information, np.einsum("kij,kj->i", seen, self.logits))
        away = np.where(self.there, self.logits - mean, 0.0)
        determinants = np.linalg.slogdet(weights)[1].sum()
        value = determinants - np.einsum("ki,kij,kj", away, weights, away)
        observed = self.there.sum()
        value -= observed * np.log(2 * np.pi)
        if self.restricted:
            value += 2 * np.log(2 * np.pi) + np.log(self.there.sum(axis=0)).sum()
            value -= np.linalg.slogdet(information)[1]
        return float(value) / 2, mean, information

    def gradient(self, factor: Floats) -> Floats:
        """Return the derivatives by (l11, l21, l22); the means follow by least squares."""
        weights = self.weights(factor)
        seen = np.where(self.both, weights, 0.0)
        _, mean, information = self.height(factor)
        away = np.where(self.there, self.logits - mean, 0.0)
        pull = np.einsum("kij,kj->ki", seen, away)
        slope = (pull[:, :, None] * pull[:, None, :] - seen).sum(axis=0)
        if self.restricted:
            slope += (seen @ np.linalg.inv(information) @ seen).sum(axis=0)
        # d(L L') contracted with a symmetric slope: twice the slope times L, halved.
        by_factor = slope @ _lower(factor)
        return np.array([by_factor[0, 0], by_factor[1, 0], by_factor[1, 1]])

    def hessian(self, factor: Floats) -> Floats:
        """Return the central difference of the gradient, made symmetric, shape (3, 3)."""
        shifts = _DIFFERENCE * np.eye(3)
        rows = [self.gradient(factor + shift) - self.gradient(factor - shift) for shift in shifts]
        difference = np.array(rows) / (2 * _DIFFERENCE)
        symmetric: Floats = (difference + difference.T) / 2
        return symmetric


def _maximise(normal: _Normal) -> tuple[Floats | None, int]:
    """Return the best factor (l11, l21, l22) found, or none, and the steps it took."""
    found = [_climb(normal, start) for start in _STARTS]
    tops = [(normal.height(factor)[0], factor, steps) for factor, steps, done in found if done]
    if not tops:
        return None, 0
    _, factor, steps = max(tops, key=lambda top: top[0])
    return factor, steps


def _climb(normal: _Normal, start: Floats) -> tuple[Floats, int, bool]:
    factor, value = start, normal.height(start)[0]
    scale, decrement, steps = 1.0, np.inf, 0
    for _ in range(_STEPS):
        gradient, hessian = normal.gradient(factor)[None], normal.hessian(factor)[None]
        direction, decrements = ascent(gradient, hessian, _ALL_FREE)
        decrement = float(decrements[0])
        if decrement < _CONVERGED or scale < 1e-8:
            break
        steps += 1
        trial = factor + scale * direction[0]
        new = normal.height(trial)[0]
        # Near the top rounding hides the rise: trust the step.
        if new >= value or decrement < 1e-8:
            factor, value, scale = trial, new, 1.0
        else:
            scale /= 4
    return factor, steps, decrement < 1e-12


def _lower(factor: Floats) -> Floats:
    return np.array([[factor[0], 0.0], [factor[1], factor[2]]])


def _product(factor: Floats) -> Floats:
    lower = _lower(factor)
    product: Floats = lower @ lower.T
    return product


def _boundary(spread: Floats) -> tuple[str, ...]:
    flags = [
        f"variance of logit {arm} is zero"
        for arm, variance in zip(ARMS, np.diag(spread), strict=True)
        if variance < ZERO_VARIANCE
    ]
    if not flags:
        rho = spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1])
        if abs(rho) > _EXTREME_CORRELATION:
            flags.append(f"correlation is {int(np.sign(rho))}")
    return tuple(flags)


def _warnings(
    data: TwoByTwos, corrected: int, correction: Correction, boundary: tuple[str, ...]
) -> tuple[str, ...]:
    warnings = []
    if corrected:
        warnings.append(
            f"{correction.amount:g} was added to every cell of {corrected} of {len(data)} studies: "
            "this draws the summary towards one half. The exact bivariate model needs no "
            "correction."
        )
    if (data.totals == 0).any():
        warnings.append("A study with an empty arm is used for its other arm only.")
    warnings += [f"At the edge of what is possible: the estimated {flag}." for flag in boundary]
    return tuple(warnings)
