"""Results of the bivariate model with a covariate."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, log_expit
from scipy.stats import norm

from analysis.covariates import Covariate
from analysis.data import Floats, TwoByTwos
from analysis.likelihood_ratio import LikelihoodRatioTest
from analysis.results import ARMS, BivariateFit, NotEstimable, between_cov, correlation
from analysis.versions import versions

_LARGEST_EXPONENT = 700.0
_QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How the values of a covariate enter the linear predictor.

    Attributes
    ----------
    levels : tuple of str
        Of groups, one column each; empty for numbers.
    centre, width : float
        Numbers enter as 1 and (x - centre) / width: their mean and standard deviation.
    """

    levels: tuple[str, ...]
    centre: float
    width: float

    @classmethod
    def of(cls, covariate: Covariate) -> "Scale":
        """Take the groups, or the mean and standard deviation, from the studies used.

        Parameters
        ----------
        covariate : Covariate
            Without missing values.

        Returns
        -------
        Scale
        """
        if covariate.kind == "categorical":
            return cls(levels=covariate.levels, centre=0.0, width=1.0)
        numbers = covariate.numbers
        return cls(levels=(), centre=float(numbers.mean()), width=float(numbers.std()))

    def columns(self, covariate: Covariate) -> Floats:
        """Return the columns of the studies, shape (k, number of means).

        Parameters
        ----------
        covariate : Covariate
            Of ``k`` studies, without missing values.

        Returns
        -------
        ndarray, shape (k, number of means)
        """
        if self.levels:
            of = [[value == level for level in self.levels] for value in covariate.values]
            return np.array(of, dtype=float)
        return self.at(covariate.numbers)

    def at(self, numbers: Floats) -> Floats:
        """Return the columns at some values of a continuous covariate, shape (m, 2).

        Parameters
        ----------
        numbers : ndarray, shape (m,)
            In the covariate's own unit.

        Returns
        -------
        ndarray, shape (m, 2)
        """
        return np.column_stack([np.ones(len(numbers)), (numbers - self.centre) / self.width])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RegressionFit:
    """A fitted bivariate binomial model with a covariate, on the logit scale.

    Attributes
    ----------
    data : TwoByTwos
        The ``k`` studies used.
    covariate : Covariate
        Their values.
    on : tuple of str
        Which arms depend on it.
    scale : Scale
    means : tuple of int
        Number of coefficients of sensitivity and of specificity.
    beta : ndarray, shape (p,)
        Coefficients of sensitivity, then of specificity: means of the groups; or mean at the
        covariate's centre and change per width.
    beta_cov : ndarray, shape (p, p)
        From the full observed information.
    factors : ndarray, shape (g, 3)
        (l11, l21, l22) of the between-study covariance: one row, or one per group.
    log_likelihood : float
    nodes : int
    quadrature_error : float
    iterations : int
    warnings : tuple of str
    """

    data: TwoByTwos
    covariate: Covariate
    on: tuple[str, ...]
    scale: Scale
    means: tuple[int, ...]
    beta: Floats
    beta_cov: Floats
    factors: Floats
    log_likelihood: float
    nodes: int
    quadrature_error: float
    iterations: int
    warnings: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """Number of parameters estimated."""
        return len(self.beta) + self.factors.size

    @property
    def between_covs(self) -> Floats:
        """Between-study covariances, shape (g, 2, 2)."""
        return np.array([between_cov(theta) for theta in self._thetas()])

    @property
    def correlations(self) -> list[float | None]:
        """Between-study correlations; none where a variance is zero."""
        return [correlation(theta) for theta in self._thetas()]

    def _thetas(self) -> Floats:
        return np.column_stack([np.zeros((len(self.factors), 2)), self.factors])

    def predictors(self) -> list[tuple[str | float, int | None, Floats]]:
        """Return name, number of studies and the two rows of the predictor, by group.

        For a continuous covariate at its quartiles, without a number of studies.
        """
        if self.scale.levels:
            names: list[str | float] = list(self.scale.levels)
            counts: list[int | None] = [self.covariate.values.count(str(name)) for name in names]
            columns = np.eye(len(names))
        else:
            quartiles = np.quantile(self.covariate.numbers, _QUARTILES)
            names, counts = quartiles.tolist(), [None] * len(quartiles)
            columns = self.scale.at(quartiles)
        return [
            (name, count, self._rows(column))
            for name, count, column in zip(names, counts, columns, strict=True)
        ]

    def _rows(self, column: Floats) -> Floats:
        rows = np.zeros((2, len(self.beta)))
        first = self.means[0]
        rows[0, :first] = column if ARMS[0] in self.on else 1.0
        rows[1, first:] = column if ARMS[1] in self.on else 1.0
        return rows

    def groups(self, level: float = 0.95) -> list[dict[str, Any]]:
        """Return sensitivity and specificity of the median study of each group, with Wald
        intervals; for a continuous covariate at its quartiles.

        Parameters
        ----------
        level : float
            Two-sided confidence level.

        Returns
        -------
        list of dict
        """
        z = float(norm.ppf((1 + level) / 2))
        found = []
        for name, count, rows in self.predictors():
            logits = rows @ self.beta
            reach = z * np.sqrt(np.diag(rows @ self.beta_cov @ rows.T))
            accuracy = {
                arm: {
                    "estimate": float(expit(logits[i])),
                    "wald": [
                        float(expit(logits[i] - reach[i])),
                        float(expit(logits[i] + reach[i])),
                    ],
                }
                for i, arm in enumerate(ARMS)
            }
            found.append({"level": name, "k": count, **accuracy})
        return found

    def relative(self, level: float = 0.95) -> list[dict[str, Any]]:
        """Return relative sensitivity and specificity of each group against the first.

        Ratios of proportions; intervals by the delta method on the log scale. For a continuous
        covariate: of the median and upper quartile against the lower.

        Parameters
        ----------
        level : float
            Two-sided confidence level.

        Returns
        -------
        list of dict
        """
        z = float(norm.ppf((1 + level) / 2))
        (reference, _, base), *others = self.predictors()
        found = []
        for name, _, rows in others:
            ratios = {arm: self._ratio(rows[i], base[i], z) for i, arm in enumerate(ARMS)}
            found.append({"level": name, "reference": reference, **ratios})
        return found

    def _ratio(self, row: Floats, base: Floats, z: float) -> dict[str, Any]:
        here, there = float(row @ self.beta), float(base @ self.beta)
        value = float(log_expit(here) - log_expit(there))
        slope = expit(-here) * row - expit(-there) * base
        se = float(np.sqrt(max(float(slope @ self.beta_cov @ slope), 0.0)))
        return {
            "estimate": _power(value),
            "wald": [_power(value - z * se), _power(value + z * se)],
            "log_standard_error": se,
        }

    def slopes(self, level: float = 0.95) -> dict[str, Any] | None:
        """Return the change of each logit per unit of a continuous covariate; none of groups.

        Parameters
        ----------
        level : float
            Two-sided confidence level.

        Returns
        -------
        dict or None
        """
        if self.scale.levels:
            return None
        z = float(norm.ppf((1 + level) / 2))
        found: dict[str, Any] = dict.fromkeys(ARMS)
        for i, arm in enumerate(ARMS):
            if arm in self.on:
                at = 1 if i == 0 else self.means[0] + 1
                value = float(self.beta[at]) / self.scale.width
                se = float(np.sqrt(self.beta_cov[at, at])) / self.scale.width
                found[arm] = {
                    "estimate": value,
                    "standard_error": se,
                    "wald": [value - z * se, value + z * se],
                }
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "on": list(self.on),
            "k": len(self.data),
            "converged": True,
            "log_likelihood": self.log_likelihood,
            "parameters": self.parameters,
            "beta": self.beta.tolist(),
            "beta_cov": self.beta_cov.tolist(),
            "between_cov": self.between_covs.tolist(),
            "correlation": self.correlations,
            "nodes": self.nodes,
            "quadrature_error": self.quadrature_error,
            "iterations": self.iterations,
            "reason": None,
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RegressionNotEstimable:
    """Why a model with a covariate has no estimate.

    Attributes
    ----------
    data : TwoByTwos
    covariate : Covariate
    on : tuple of str
    reason : str
        A sentence.
    """

    data: TwoByTwos
    covariate: Covariate
    on: tuple[str, ...]
    reason: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """The reason."""
        return (self.reason,)

    def to_dict(self) -> dict[str, Any]:
        """Return the same keys as a fit: null where there is no estimate."""
        names = ("log_likelihood", "parameters", "beta", "beta_cov", "between_cov", "correlation")
        details = ("nodes", "quadrature_error", "iterations")
        return {
            "on": list(self.on),
            "k": len(self.data),
            "converged": False,
            **dict.fromkeys((*names, *details)),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MetaRegression:
    """A covariate's effects on sensitivity and specificity, with their tests.

    Attributes
    ----------
    covariate : Covariate
        Of the studies used.
    on : tuple of str
        Which of the models groups, ratios and slopes are taken from.
    both, sensitivity_only, specificity_only : RegressionFit or RegressionNotEstimable
        By which means depend on the covariate.
    null : BivariateFit, RegressionFit or the reason why there is none
        Of the same studies, with the same means in all groups.
    joint, of_sensitivity, of_specificity : LikelihoodRatioTest or None
        Both effects together; each given the other. None where a model has no estimate.
    of_variances : LikelihoodRatioTest or None
        Of separate against common covariances between studies; None unless asked for.
    warnings : tuple of str
    """

    covariate: Covariate
    on: tuple[str, ...]
    both: RegressionFit | RegressionNotEstimable
    sensitivity_only: RegressionFit | RegressionNotEstimable
    specificity_only: RegressionFit | RegressionNotEstimable
    null: BivariateFit | NotEstimable | RegressionFit | RegressionNotEstimable
    joint: LikelihoodRatioTest | None
    of_sensitivity: LikelihoodRatioTest | None
    of_specificity: LikelihoodRatioTest | None
    of_variances: LikelihoodRatioTest | None
    warnings: tuple[str, ...]

    @property
    def chosen(self) -> RegressionFit | RegressionNotEstimable:
        """The model with the covariate on the arms asked for."""
        if len(self.on) == len(ARMS):
            return self.both
        return self.sensitivity_only if ARMS[0] in self.on else self.specificity_only

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; null, and a sentence in "warnings", where not estimable."""
        fitted = self.chosen if isinstance(self.chosen, RegressionFit) else None
        tests = {
            "lrt_joint": self.joint,
            "lrt_sensitivity": self.of_sensitivity,
            "lrt_specificity": self.of_specificity,
            "lrt_variances": self.of_variances,
        }
        return {
            "covariate": {"name": self.covariate.name, "kind": self.covariate.kind},
            "on": list(self.on),
            "groups": fitted.groups() if fitted else [],
            "relative": fitted.relative() if fitted else [],
            "slopes": fitted.slopes() if fitted else None,
            **{name: test.to_dict() if test else None for name, test in tests.items()},
            "models": {
                "both": self.both.to_dict(),
                "sensitivity_only": self.sensitivity_only.to_dict(),
                "specificity_only": self.specificity_only.to_dict(),
                "null": {"k": len(self.null.data), "log_likelihood": _height(self.null)},
            },
            "warnings": list(self.warnings),
            "versions": versions(),
        }


def _height(
    fit: BivariateFit | NotEstimable | RegressionFit | RegressionNotEstimable,
) -> float | None:
    return fit.log_likelihood if isinstance(fit, BivariateFit | RegressionFit) else None


def _power(exponent: float) -> float | None:
    return math.exp(exponent) if exponent < _LARGEST_EXPONENT else None
