"""Would a simpler model do: the tests of a result, and its ladder from full to simple. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviews.synthesis.definitions import DEFINITIONS
from reviews.synthesis.measures import ARMS, Result
from reviews.synthesis.numbers import chi_square, decimals, p_value, proportion, span

MODELS = {
    "bivariate": "Bivariate",
    "uncorrelated": "Arms uncorrelated",
    "fixed-sensitivity": "One sensitivity, specificity varies",
    "fixed-specificity": "One specificity, sensitivity varies",
    "fixed": "No spread between studies",
}
NAMES = {
    "no_correlation": "The arms do not correlate",
    "no_random_effects": "No spread between studies at all",
    "no_variance_sensitivity": "Sensitivity does not vary",
    "no_variance_specificity": "Specificity does not vary",
}
CHI_SQUARES = {
    "lndor": "All studies have one odds ratio (Q)",
    "sensitivity": "All studies have one sensitivity",
    "specificity": "All studies have one specificity",
}
_PLAIN = "Compared with chi-squared of these degrees of freedom."
_NO_MODEL = "One of the two models has no estimate for these tables."


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A test of what a simpler model supposes; without a statistic, the reason."""

    key: str
    name: str
    chi2: float | None
    df: int | None
    p: float | None
    note: str = ""
    reason: str = ""

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.key]

    @property
    def cells(self) -> tuple[str, str, str]:
        return chi_square(self.chi2), str(self.df), p_value(self.p)


def tests(result: Result) -> list[Test] | None:
    """Return the tests of the random effects and of conventional heterogeneity.

    None where the result was made without them.
    """
    if "lrt" not in result:
        return None
    reason = _NO_MODEL if result["fit"]["converged"] else result["fit"]["warnings"][0]
    found = [
        _ratio_test(key, name, (result["lrt"] or {}).get(key), reason)
        for key, name in NAMES.items()
    ]
    if "descriptive" in result:
        squares = result["descriptive"]["q"]
        found += [_chi_square(key, name, squares[key]) for key, name in CHI_SQUARES.items()]
    return found


def _ratio_test(key: str, name: str, test: Mapping[str, Any] | None, reason: str) -> Test:
    if test is None:
        return Test(key=key, name=name, chi2=None, df=None, p=None, reason=reason)
    mixed = test["reference"] != "chi2" and not test["note"]
    edge = "At the edge of its range: half of the plain p." if mixed else ""
    return Test(
        key=key,
        name=name,
        chi2=test["chi2"],
        df=test["df"],
        p=test["p"],
        note=test["note"] or edge or _PLAIN,
    )


def _chi_square(key: str, name: str, test: Mapping[str, Any]) -> Test:
    return Test(
        key=f"q_{key}",
        name=name,
        chi2=test["q"],
        df=test["df"],
        p=test["p"],
        note=_PLAIN,
        reason=test["reason"] or "",
    )


def ladder(result: Result) -> list[dict[str, Any]] | None:
    """Return the steps from the bivariate model to the one kept, in words.

    None where the result was made without them.
    """
    if "ladder" not in result:
        return None
    return [_step(step) for step in result["ladder"]]


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": MODELS[step["model"]],
        "parameters": step["parameters"],
        "log_likelihood": decimals(step["log_likelihood"]),
        "aic": decimals(step["aic"]),
        "bic": decimals(step["bic"]),
        "kept": step["kept"],
        "reason": step["reason"],
        "test": _against_the_step_before(step["lrt"]),
        "estimable": step["log_likelihood"] is not None,
        "accuracy": [
            {
                "name": name,
                "estimate": proportion(step[arm]["estimate"]),
                "wald": span(step[arm]["wald"]),
            }
            for arm, name in ARMS.items()
            # Older results have the steps without what they would give.
            if arm in step and step[arm]["estimate"] is not None
        ],
    }


def _against_the_step_before(test: Mapping[str, Any] | None) -> str:
    if test is None:
        return ""
    text = f"\u03c7\u00b2 {chi_square(test['chi2'])}, df {test['df']}, p {p_value(test['p'])}"
    return f"{text}. {test['note']}" if test["note"] else text


def advice(result: Result) -> str:
    """Say in a sentence what the ladder comes to."""
    last = result["ladder"][-1]
    if last["log_likelihood"] is None:
        return "No model of the ladder can be estimated from these tables."
    if last["model"] == result["model"]:
        return "These tables support the model that was fitted; nothing was simplified."
    return (
        f"These tables support a simpler model: {MODELS[last['model']].lower()}. The numbers above"
        " are those of the bivariate model; where the last step below differs in what matters,"
        " report that one and say why."
    )
