"""What a fit returns: estimates, or the reason why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from analysis.data import Floats, TwoByTwos
from analysis.quadrature import L11, L21, L22
from analysis.versions import versions

Model = Literal["bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"]

ARMS = ("sensitivity", "specificity")
PARAMETERS: dict[Model, int] = {
    "bivariate": 5,
    "uncorrelated": 4,
    "fixed-sensitivity": 3,
    "fixed-specificity": 3,
    "fixed": 2,
}


class Pooled(Protocol):
    """What every bivariate model estimates, whichever likelihood it maximises.

    Attributes
    ----------
    data : TwoByTwos
        The ``k`` studies used.
    k : int
    mean : ndarray, shape (2,)
        Mean logit sensitivity and specificity.
    mean_cov : ndarray, shape (2, 2)
        Covariance of `mean`.
    between_cov : ndarray, shape (2, 2)
        Of the logits, between studies.
    correlation : float or None
        Of `between_cov`; None where a variance is zero.
    summary_point : tuple of float
        Sensitivity and specificity of the median study, proportions.
    """

    @property
    def data(self) -> TwoByTwos: ...
    @property
    def k(self) -> int: ...
    @property
    def mean(self) -> Floats: ...
    @property
    def mean_cov(self) -> Floats: ...
    @property
    def between_cov(self) -> Floats: ...
    @property
    def correlation(self) -> float | None: ...
    @property
    def summary_point(self) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BivariateFit:
    """A fitted bivariate binomial model, on the logit scale.

    Attributes
    ----------
    data : TwoByTwos
        The ``k`` studies used; those without any participant are left out.
    model : {"bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"}
    theta : ndarray, shape (5,)
        (mu1, mu2, l11, l21, l22): mean logit sensitivity and specificity, and the lower triangle
        of the factor L of the between-study covariance L L'.
    theta_cov : ndarray, shape (5, 5)
        Inverse of the full observed information; zero where a parameter is not estimated.
    log_likelihood : float
        Binomial coefficients included.
    nodes : int
        Quadrature nodes per dimension.
    quadrature_error : float
        Absolute change of the log-likelihood with 10 more nodes.
    iterations : int
        Newton steps of the start that won.
    start : str
        Which start won.
    boundary : tuple of str
        "variance of logit sensitivity is zero", "variance of logit specificity is zero",
        "correlation is -1" or "correlation is 1".
    warnings : tuple of str
        Sentences for the reader of the result.
    """

    data: TwoByTwos
    model: Model
    theta: Floats
    theta_cov: Floats
    log_likelihood: float
    nodes: int
    quadrature_error: float
    iterations: int
    start: str
    boundary: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.data)

    @property
    def converged(self) -> bool:
        """Always true: a fit that did not converge is a `NotEstimable`."""
        return True

    @property
    def mean(self) -> Floats:
        """Mean logit sensitivity and mean logit specificity, shape (2,)."""
        return self.theta[:2]

    @property
    def mean_cov(self) -> Floats:
        """Covariance of `mean`, shape (2, 2)."""
        return self.theta_cov[:2, :2]

    @property
    def between_cov(self) -> Floats:
        """Between-study covariance of the logits, shape (2, 2)."""
        return between_cov(self.theta)

    @property
    def correlation(self) -> float | None:
        """Between-study correlation of the logits; none where a variance is zero."""
        return correlation(self.theta)

    @property
    def summary_point(self) -> tuple[float, float]:
        """Sensitivity and specificity of the median study, as proportions."""
        sensitivity, specificity = expit(self.mean)
        return float(sensitivity), float(specificity)

    def wald(self, level: float = 0.95) -> Floats:
        """Return Wald intervals of sensitivity and specificity, shape (2, 2): rows (low, high).

        Parameters
        ----------
        level : float
            Two-sided confidence level.

        Returns
        -------
        ndarray, shape (2, 2)
        """
        reach = norm.ppf((1 + level) / 2) * np.sqrt(np.diag(self.mean_cov))
        bounds: Floats = expit(np.column_stack([self.mean - reach, self.mean + reach]))
        return bounds

    @property
    def parameters(self) -> int:
        """Number of parameters estimated."""
        return PARAMETERS[self.model]

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion with n = 2k, the number of proportions."""
        return float(self.parameters * np.log(2 * self.k) - 2 * self.log_likelihood)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        bounds = self.wald().tolist()
        accuracy = {
            arm: {"estimate": estimate, "wald": interval}
            for arm, estimate, interval in zip(ARMS, self.summary_point, bounds, strict=True)
        }
        return {
            "k": self.k,
            "model": self.model,
            "log_likelihood": self.log_likelihood,
            "mean_logit": self.mean.tolist(),
            "mean_cov": self.mean_cov.tolist(),
            "between_cov": self.between_cov.tolist(),
            "correlation": self.correlation,
            **accuracy,
            "quadrature_error": self.quadrature_error,
            "converged": True,
            "boundary": list(self.boundary),
            "warnings": list(self.warnings),
            "fallback": None,
            "theta": self.theta.tolist(),
            "theta_cov": self.theta_cov.tolist(),
            "aic": self.aic,
            "bic": self.bic,
            "nodes": self.nodes,
            "iterations": self.iterations,
            "start": self.start,
            "input_sha256": self.data.sha256,
            "versions": versions(),
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NotEstimable:
    """Why the bivariate model has no estimate for these tables, and what can be said instead.

    Attributes
    ----------
    data : TwoByTwos
    model : {"bivariate", "uncorrelated", "fixed-sensitivity", "fixed-specificity", "fixed"}
    reason : str
        A sentence.
    fallback : mapping
        For "sensitivity" and "specificity", whichever of these applies, by its "kind": a one-sided
        exact "bound", a "univariate" random-effects estimate, the "exact" interval of a single
        study, or "none" with its reason.
    warnings : tuple of str
        The reason first.
    """

    data: TwoByTwos
    model: Model
    reason: str
    fallback: Mapping[str, Mapping[str, Any]]
    warnings: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.data)

    @property
    def converged(self) -> bool:
        """Always false."""
        return False

    def to_dict(self) -> dict[str, Any]:
        """Return the same keys as a fit: null where there is no estimate."""
        nothing = dict.fromkeys(
            ("log_likelihood", "mean_logit", "mean_cov", "between_cov", "correlation")
        )
        details = dict.fromkeys(
            ("theta", "theta_cov", "aic", "bic", "nodes", "iterations", "start")
        )
        return {
            "k": self.k,
            "model": self.model,
            **nothing,
            **{arm: {"estimate": None, "wald": None} for arm in ARMS},
            "quadrature_error": None,
            "converged": False,
            "boundary": [],
            "warnings": list(self.warnings),
            "fallback": {arm: dict(self.fallback[arm]) for arm in ARMS},
            **details,
            "input_sha256": self.data.sha256,
            "versions": versions(),
        }


def between_cov(theta: Floats) -> Floats:
    """Return the between-study covariance L L', shape (2, 2), of one parameter vector.

    Parameters
    ----------
    theta : ndarray, shape (5,)
        (mu1, mu2, l11, l21, l22).

    Returns
    -------
    ndarray, shape (2, 2)
    """
    factor = np.array([[theta[L11], 0.0], [theta[L21], theta[L22]]])
    product: Floats = factor @ factor.T
    return product


def correlation(theta: Floats) -> float | None:
    """Return the between-study correlation; none where a variance is zero.

    Parameters
    ----------
    theta : ndarray, shape (5,)
        (mu1, mu2, l11, l21, l22).

    Returns
    -------
    float or None
    """
    if min(np.diag(between_cov(theta))) < ZERO_VARIANCE:
        return None
    # The arms of L, not the quotient of the covariances: exactly 1 when l22 is 0.
    return float(np.sign(theta[L11]) * theta[L21] / np.hypot(theta[L21], theta[L22]))


# Below this a variance of logits means nothing: odds within 0.02 % of each other.
ZERO_VARIANCE = 1e-8
