"""Results of the normal-normal model of Reitsma, and the correction it needs."""

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from analysis.data import Floats, TwoByTwos
from analysis.errors import BadCorrection
from analysis.results import ARMS, ZERO_VARIANCE
from analysis.versions import versions

Method = Literal["reml", "ml"]
Policy = Literal["single", "all", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Which studies have ``amount`` added to each of their four cells.

    Attributes
    ----------
    amount : float
        In participants, from 0.001 to 10.
    policy : {"single", "all", "always"}
        "single": studies with a zero cell; "all": every study as soon as one has a zero cell
        (mada's default); "always": every study.

    Raises
    ------
    BadCorrection
    """

    amount: float = 0.5
    policy: Policy = "single"

    def __post_init__(self) -> None:
        if not 1e-3 <= self.amount <= 10:
            raise BadCorrection("A continuity correction is a number from 0.001 to 10.")
        if self.policy not in ("single", "all", "always"):
            raise BadCorrection("A correction's policy is single, all or always.")

    @classmethod
    def from_text(cls, text: str) -> "Correction":
        """Read "AMOUNT:POLICY", as in "0.5:single".

        Parameters
        ----------
        text : str

        Returns
        -------
        Correction

        Raises
        ------
        BadCorrection
            It is not of that form, or the amount or policy is none there is.
        """
        amount, _, policy = text.partition(":")
        try:
            return cls(amount=float(amount), policy=cast(Policy, policy or "single"))
        except ValueError as error:
            if isinstance(error, BadCorrection):
                raise
            raise BadCorrection(f"“{text[:40]}” is not a correction such as 0.5:single.") from error

    def which(self, data: TwoByTwos) -> NDArray[np.bool_]:
        """Return the studies to correct, shape (k,).

        Parameters
        ----------
        data : TwoByTwos

        Returns
        -------
        ndarray of bool, shape (k,)
        """
        zero: NDArray[np.bool_] = (np.column_stack([data.tp, data.fp, data.fn, data.tn]) == 0).any(
            axis=1
        )
        if self.policy == "single":
            return zero
        everyone = self.policy == "always" or bool(zero.any())
        return np.full(len(data), everyone, dtype=bool)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReitsmaFit:
    """A fitted normal-normal model, on the logit scale.

    Attributes
    ----------
    data : TwoByTwos
        The ``k`` studies used.
    method : {"reml", "ml"}
    correction : Correction
    corrected : int
        Number of studies corrected.
    mean : ndarray, shape (2,)
        Mean logit sensitivity and specificity.
    mean_cov : ndarray, shape (2, 2)
        Covariance of `mean` for the between-study covariance as estimated, as mada and metafor
        give it: it does not carry the uncertainty of the variances.
    between_cov : ndarray, shape (2, 2)
    log_likelihood : float
        Restricted for "reml" (metafor's constants), full for "ml". Of the corrected logits: not
        comparable with the binomial models'.
    boundary : tuple of str
    iterations : int
    warnings : tuple of str
    """

    data: TwoByTwos
    method: Method
    correction: Correction
    corrected: int
    mean: Floats
    mean_cov: Floats
    between_cov: Floats
    log_likelihood: float
    boundary: tuple[str, ...]
    iterations: int
    warnings: tuple[str, ...]

    @property
    def model(self) -> str:
        """The label of the model: "reitsma-reml" or "reitsma-ml"."""
        return f"reitsma-{self.method}"

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.data)

    @property
    def converged(self) -> bool:
        """Always true: a fit that did not converge is a `ReitsmaNotEstimable`."""
        return True

    @property
    def correlation(self) -> float | None:
        """Between-study correlation of the logits; none where a variance is zero."""
        v1, v2 = np.diag(self.between_cov)
        if min(v1, v2) < ZERO_VARIANCE:
            return None
        return float(np.clip(self.between_cov[0, 1] / np.sqrt(v1 * v2), -1, 1))

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

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values, under the keys of the binomial model."""
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
            "quadrature_error": 0.0,
            "converged": True,
            "boundary": list(self.boundary),
            "warnings": list(self.warnings),
            "fallback": None,
            "correction": _correction_dict(self.correction, self.corrected),
            "iterations": self.iterations,
            "input_sha256": self.data.sha256,
            "versions": versions(),
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReitsmaNotEstimable:
    """Why the normal-normal model has no estimate for these tables.

    Attributes
    ----------
    data : TwoByTwos
    method : {"reml", "ml"}
    correction : Correction
    reason : str
        A sentence.
    """

    data: TwoByTwos
    method: Method
    correction: Correction
    reason: str

    @property
    def model(self) -> str:
        """The label of the model: "reitsma-reml" or "reitsma-ml"."""
        return f"reitsma-{self.method}"

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.data)

    @property
    def converged(self) -> bool:
        """Always false."""
        return False

    @property
    def warnings(self) -> tuple[str, ...]:
        """The reason."""
        return (self.reason,)

    def to_dict(self) -> dict[str, Any]:
        """Return the same keys as a fit: null where there is no estimate."""
        names = ("log_likelihood", "mean_logit", "mean_cov", "between_cov", "correlation")
        return {
            "k": self.k,
            "model": self.model,
            **dict.fromkeys(names),
            **{arm: {"estimate": None, "wald": None} for arm in ARMS},
            "quadrature_error": None,
            "converged": False,
            "boundary": [],
            "warnings": [self.reason],
            "fallback": None,
            "correction": _correction_dict(self.correction, None),
            "iterations": None,
            "input_sha256": self.data.sha256,
            "versions": versions(),
        }


def _correction_dict(correction: Correction, corrected: int | None) -> dict[str, Any]:
    return {"amount": correction.amount, "policy": correction.policy, "studies": corrected}
