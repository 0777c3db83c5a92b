"""Two or more index tests compared: each test's accuracy, their ratios and differences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats
from scipy.linalg import block_diag
from scipy.special import expit

from analysis.bivariate import QUADRATURE_LIMIT
from analysis.cluster_likelihood import LOADINGS, Clusters
from analysis.clusters import ClusterFit, fit_clusters
from analysis.data import Counts, Floats, TwoByTwos
from analysis.errors import BadTable
from analysis.estimability import why_not_estimable
from analysis.four_effects import FourArms, fit_four, lower
from analysis.results import ARMS
from analysis.versions import versions

ComparisonModel = Literal["separate variances", "row-level", "study-shared", "4x4"]
MODELS: dict[ComparisonModel, str] = {
    "separate variances": (
        "Each test has means and between-study variances of its own; rows are independent."
    ),
    "row-level": (
        "Each test has means of its own; all rows are independent, with common between-study "
        "variances."
    ),
    "study-shared": (
        "Each test has means of its own; the tests of a study share its random effects, so that "
        "they are compared within studies."
    ),
    "4x4": (
        "Each test has means of its own; the sensitivities and specificities of both tests are "
        "four correlated random effects of a study, with an unstructured covariance."
    ),
}
# Fourteen parameters ask for some studies with both tests.
_PAIRED_FOR_FOUR = 10
_FEWEST_PAIRED = 3
_EQUAL = {"joint": (True, True), "sensitivity": (True, False), "specificity": (False, True)}
_QUADRATURE_LIMIT_FOUR = 1e-5
_LARGEST_EXPONENT = 700.0
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison:
    """Index tests compared by one model.

    Attributes
    ----------
    tests : tuple of str, length T
        The first is what the others are compared with.
    model : {"separate variances", "row-level", "study-shared", "4x4"}
    k : int
        2x2 tables used.
    studies : int or None
        Different studies; None where no study was named.
    paired : int
        Studies with more than one of the tests.
    fit : ClusterFit or None
        Coefficients: logit sensitivities of the T tests, then logit specificities.
    tested : dict
        Log-likelihoods with equal "sensitivity", "specificity" and both ("joint"), where found.
    reason : str or None
        Why there is no fit.
    warnings : tuple of str
    """

    tests: tuple[str, ...]
    model: ComparisonModel
    k: int
    studies: int | None
    paired: int
    fit: ClusterFit | None
    tested: dict[str, float]
    reason: str | None
    warnings: tuple[str, ...]

    def accuracy(self, test: int) -> dict[str, dict[str, Any]]:
        """Return summary sensitivity and specificity of one test with Wald intervals."""
        if self.fit is None:
            return {arm: {"estimate": None, "wald": None} for arm in ARMS}
        found = {}
        for i, arm in enumerate(ARMS):
            at = i * len(self.tests) + test
            middle, error = self.fit.parameters[at], np.sqrt(self.fit.covariance[at, at])
            low, estimate, high = expit(middle + _Z * error * np.array([-1, 0, 1])).tolist()
            found[arm] = {"estimate": estimate, "wald": [low, high]}
        return found

    def contrast(self, test: int) -> dict[str, Any]:
        """Return relative accuracy and difference of one test against the first.

        Ratios have 95 % intervals by the delta method on the log scale, differences on their own.
        """
        found: dict[str, Any] = {}
        for i, arm in enumerate(ARMS):
            names = (f"relative_{arm}", f"{arm}_difference")
            found |= dict(zip(names, self._contrast(i, test), strict=True))
        return {"test": self.tests[test], "reference": self.tests[0], **found}

    def _contrast(self, arm: int, test: int) -> tuple[dict[str, Any], dict[str, Any]]:
        if self.fit is None:
            nothing = {"estimate": None, "ci": None}
            return nothing, dict(nothing)
        at = arm * len(self.tests) + np.array([0, test])
        logits, covariance = self.fit.parameters[at], self.fit.covariance[np.ix_(at, at)]
        p = expit(logits)
        # ln p has slope 1 - p, p has slope p (1 - p).
        sides = np.array([-1.0, 1.0])
        ratio = float(-np.logaddexp(0, -logits) @ sides)
        along, across = sides * expit(-logits), sides * p * expit(-logits)
        reach = _Z * float(np.sqrt(along @ covariance @ along))
        span = _Z * float(np.sqrt(across @ covariance @ across))
        difference = float(p @ sides)
        relative, *bounds = (_power(ratio + side * reach) for side in (0.0, -1.0, 1.0))
        return (
            {"estimate": relative, "ci": bounds},
            {"estimate": difference, "ci": [difference - span, difference + span]},
        )

    def lrt(self, name: str) -> dict[str, Any]:
        """Return the test ``name``: of equal "sensitivity", "specificity", or both ("joint")."""
        if self.fit is None or name not in self.tested:
            return {"chi2": None, "df": None, "p": None}
        chi2 = max(2 * (self.fit.log_likelihood - self.tested[name]), 0.0)
        df = sum(_EQUAL[name]) * (len(self.tests) - 1)
        return {"chi2": chi2, "df": df, "p": float(stats.chi2.sf(chi2, df))}

    def _fitted(self) -> dict[str, Any]:
        names = ("log_likelihood", "nodes", "quadrature_error")
        if self.fit is None:
            return dict.fromkeys((*names, "aic", "between_cov", "effects"))
        entries = self.fit.parameters[2 * len(self.tests) :]
        if self.model == "4x4":
            factors = [lower(entries)]
        else:
            loadings = entries.reshape(-1, LOADINGS)
            factors = [np.array([[l11, 0.0], [l21, l22]]) for l11, l21, l22 in loadings]
        aic = 2 * len(self.fit.parameters) - 2 * self.fit.log_likelihood
        return {
            **{name: getattr(self.fit, name) for name in names},
            "aic": aic,
            "between_cov": [(factor @ factor.T).tolist() for factor in factors],
            "effects": self._effects(),
        }

    def _effects(self) -> list[str]:
        """Return what the rows of the between-study covariances are."""
        if self.model != "4x4":
            return list(ARMS)
        return [f"{arm} of {test}" for arm in ARMS for test in self.tests]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; with two tests their contrast is also at the top."""
        contrasts = [self.contrast(test) for test in range(1, len(self.tests))]
        return {
            "model": self.model,
            "model_sentence": MODELS[self.model],
            "k": self.k,
            "studies": self.studies,
            "paired_studies": self.paired,
            "converged": self.fit is not None,
            "reference": self.tests[0],
            "tests": [
                {"test": name, **self.accuracy(test)} for test, name in enumerate(self.tests)
            ],
            "contrasts": contrasts,
            **(contrasts[0] if len(contrasts) == 1 else {}),
            **{f"lrt_{name}": self.lrt(name) for name in _EQUAL},
            **self._fitted(),
            "reason": self.reason,
            "warnings": list(self.warnings),
            "versions": versions(),
        }


def _power(exponent: float) -> float | None:
    """Return the exponential; None where it is beyond the largest number a computer writes."""
    return math.exp(exponent) if exponent < _LARGEST_EXPONENT else None


def compare_tests(
    data: TwoByTwos,
    tests: Sequence[str],
    studies: Sequence[str] | None = None,
    *,
    model: ComparisonModel | None = None,
) -> Comparison:
    """Compare index tests by the exact bivariate binomial model with the test as covariate [1]_.

    Parameters
    ----------
    data : TwoByTwos
        One row per study and test, ``k`` in all.
    tests : sequence of str, length k
        The first one named is the reference.
    studies : sequence of str, length k, optional
        Which rows come from one study; without it every row counts as a study of its own.
    model : {"separate variances", "row-level", "study-shared", "4x4"}, optional
        By default "4x4" where there are two tests and at least ten studies with both (and it has
        a maximum), else "study-shared" where some study has more than one test, else "separate
        variances".

    Returns
    -------
    Comparison
        Without a fit, but with the reason, where a test's accuracy has no finite estimate.

    Raises
    ------
    BadTable
        There is only one test, or a study has the same test twice.

    References
    ----------
    .. [1] Takwoingi Y, Leeflang MMG, Deeks JJ. Empirical evidence of the importance of comparative
       studies of diagnostic test accuracy. Ann Intern Med 2013;158:544-554.
    """
    some = data.totals.sum(axis=1) > 0
    used = data.select(some)
    kept = [name for name, keep in zip(tests, some, strict=True) if keep]
    names = tuple(dict.fromkeys(kept))
    if len(names) < 2:
        raise BadTable("A comparison needs at least two index tests with participants.")
    test = np.array([names.index(name) for name in kept])
    own = np.arange(len(used))
    study = own if studies is None else _numbered(np.array(studies, dtype=str)[some])
    paired = _paired(study, test, names)
    choices = [model] if model else _choices(names, paired)
    for chosen in choices:
        fit, tested, reason = _outcome(used, test, study, names, paired, chosen)
        if fit:
            break
    notes = _warnings(data.select(~some), fit, chosen, None if studies is None else paired)
    if chosen != choices[0]:
        notes = (f"The {choices[0]} model has no estimate here: {chosen} instead.", *notes)
    return Comparison(
        tests=names,
        model=chosen,
        k=len(used),
        studies=None if studies is None else len(np.unique(study)),
        paired=paired,
        fit=fit,
        tested=tested,
        reason=reason,
        warnings=notes,
    )


def _choices(names: tuple[str, ...], paired: int) -> list[ComparisonModel]:
    """Return the models to try when none was asked for."""
    if not paired:
        return ["separate variances"]
    four = len(names) == 2 and paired >= _PAIRED_FOR_FOUR
    return ["4x4", "study-shared"] if four else ["study-shared"]


def _outcome(
    data: TwoByTwos,
    test: Counts,
    study: Counts,
    names: tuple[str, ...],
    paired: int,
    model: ComparisonModel,
) -> tuple[ClusterFit | None, dict[str, float], str | None]:
    """Return the fit, the log-likelihoods with equal accuracies, and why there is no fit."""
    reason = _why_not_four(names, paired) if model == "4x4" else None
    reason = reason or _why_not(data, test, names, model)
    if reason:
        return None, {}, reason
    fit, tested = _fits(data, test, study, model)
    if fit is None:
        reason = "The search for the maximum of the likelihood did not converge."
    return fit, tested, reason


def _why_not_four(names: tuple[str, ...], paired: int) -> str | None:
    if len(names) > 2:
        return "Four correlated random effects are those of two tests: there are more."
    if paired < _FEWEST_PAIRED:
        return (
            f"Four correlated random effects need at least {_FEWEST_PAIRED} studies with both "
            "tests."
        )
    return None


def _numbered(names: "np.typing.NDArray[np.str_]") -> Counts:
    numbers: Counts = np.unique(names, return_inverse=True)[1]
    return numbers


def _paired(study: Counts, test: Counts, names: tuple[str, ...]) -> int:
    """Return how many studies have more than one test."""
    pairs, times = np.unique(np.column_stack([study, test]), axis=0, return_counts=True)
    if (times > 1).any():
        name = names[int(pairs[times > 1][0, 1])]
        raise BadTable(f"A study has the test “{name}” more than once: one row per study and test.")
    return int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())


def _why_not(
    data: TwoByTwos, test: Counts, names: tuple[str, ...], model: ComparisonModel
) -> str | None:
    separate = model in ("separate variances", "4x4")
    for i, name in enumerate(names):
        reason = why_not_estimable(data.select(test == i), spread=(separate, separate))
        if reason:
            return f"{name}: {reason}"
    return why_not_estimable(data)


def _fits(
    data: TwoByTwos, test: Counts, study: Counts, model: ComparisonModel
) -> tuple[ClusterFit | None, dict[str, float]]:
    """Return the fit, and the log-likelihoods of those with equal accuracies."""
    full = _fit(data, test, study, model, (False, False))
    if not full.converged:
        return None, {}
    tested = {}
    for name, equal in _EQUAL.items():
        simpler = _fit(data, test, study, model, equal, near=full)
        if simpler.converged:
            tested[name] = simpler.log_likelihood
    return full, tested


def _fit(
    data: TwoByTwos,
    test: Counts,
    study: Counts,
    model: ComparisonModel,
    equal: tuple[bool, bool],
    near: ClusterFit | None = None,
) -> ClusterFit:
    if model == "4x4":
        means = block_diag(*(np.ones((2, 1)) if same else np.eye(2) for same in equal))
        return fit_four(FourArms.build(data, test, study, means), near=near)
    none = np.zeros_like(test)
    columns = [none if same else test for same in equal]
    widths = [int(column.max()) + 1 for column in columns]
    design = np.zeros((2, len(data), sum(widths)))
    rows = np.arange(len(data))
    design[0, rows, columns[0]] = 1.0
    design[1, rows, widths[0] + columns[1]] = 1.0
    clusters = Clusters.build(
        events=data.events.astype(float),
        totals=data.totals.astype(float),
        design=design,
        cluster=study if model == "study-shared" else rows,
        group=test if model == "separate variances" else none,
    )
    return fit_clusters(clusters, _starts(data, design, int(clusters.group.max()) + 1))


def _starts(data: TwoByTwos, design: Floats, groups: int) -> Floats:
    """Return three starting points; the correction of 0.5 is for these alone."""
    logits = np.log((data.events + 0.5) / (data.totals - data.events + 0.5))
    # Every coefficient belongs to rows of one arm.
    sums = np.einsum("ark,ra->k", design, logits)
    means = sums / design.sum(axis=(0, 1))
    loadings = ([0.7, -0.2, 0.7], [1.2, 0.0, 1.2], [0.3, -0.1, 0.3])
    return np.array([[*means, *loading * groups] for loading in loadings])


def _warnings(
    empty: TwoByTwos, fit: ClusterFit | None, model: ComparisonModel, paired: int | None
) -> tuple[str, ...]:
    notes = []
    if len(empty):
        notes.append(f"{len(empty)} rows have no participants at all; left out.")
    if paired is None:
        notes.append(
            "Which tables come from one study was not said: every table counts as a study of its "
            "own."
        )
    elif not paired:
        notes.append(
            "No study has more than one of the tests: what differs between their studies counts as "
            "a difference between the tests."
        )
    elif model not in ("study-shared", "4x4"):
        notes.append("This model does not use that some studies have more than one test.")
    if model == "4x4" and paired is not None and paired < _PAIRED_FOR_FOUR:
        few = f"Only {paired} studies have both tests: they hardly determine how the tests' random"
        notes.append(f"{few} effects hang together.")
    limit = _QUADRATURE_LIMIT_FOUR if model == "4x4" else QUADRATURE_LIMIT
    if fit and fit.quadrature_error > limit:
        notes.append(
            f"The numerical integration is uncertain by {fit.quadrature_error:.1g} in the "
            "log-likelihood: read the last digits with care."
        )
    return tuple(notes)
