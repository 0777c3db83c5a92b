"""The form of the workbench: what a report prints of one 2x2 table."""

from typing import Any

from django import forms

from reviews.extraction.checks import METRICS
from reviews.extraction.forms import CountField

# Labels short enough for a column of fields.
MEASURES = {
    **{name: label.capitalize() for name, label in METRICS.items()},
    "ppv": "PPV",
    "npv": "NPV",
    "lr_positive": "LR+",
    "lr_negative": "LR\u2212",
    "dor": "Diagnostic odds ratio",
    "youden": "Youden\u2019s index",
    "f1": "F1",
    "fpr": "False positive rate",
}
TOTALS = {
    "n": "Total",
    "n_pos": "With the condition",
    "n_neg": "Without the condition",
    "n_max": "Total at most, if unknown",
}
COUNTS = {
    "n_test_pos": "Positive tests",
    "n_test_neg": "Negative tests",
    "tp": "True positives",
    "fp": "False positives",
    "fn": "False negatives",
    "tn": "True negatives",
}
FIRST = ("n", "n_pos", "n_neg", "sensitivity", "specificity", "ppv", "npv", "accuracy")
FIRST_INTERVALS = ("sensitivity_ci", "specificity_ci")
METHODS = {
    "any": "Not stated: any of these",
    "exact": "Exact (Clopper\u2013Pearson)",
    "wilson": "Wilson",
    "wald": "Wald (normal)",
}
ROUNDING = {"nearest": "Rounded", "truncated": "Cut off"}


class SolverForm(forms.Form):
    """What a report prints, digits and all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in TOTALS.items():
            self.fields[name] = CountField(label=label, required=False)
        for name, label in MEASURES.items():
            self.fields[name] = forms.CharField(required=False, max_length=30, label=label)
        for name in METRICS:
            label = f"{MEASURES[name]}, 95% CI"
            self.fields[f"{name}_ci"] = forms.CharField(required=False, max_length=60, label=label)
        for name, label in COUNTS.items():
            self.fields[name] = CountField(label=label, required=False)
        for field in self.fields.values():
            field.widget.attrs["placeholder"] = "Not reported"
        self.fields["method"] = forms.ChoiceField(
            choices=METHODS.items(), required=False, label="How the intervals were made"
        )
        self.fields["rounding"] = forms.ChoiceField(
            choices=ROUNDING.items(), required=False, label="Last digits"
        )

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the fields for what was kept by `facts`."""
        intervals = {f"{name}_ci": text for name, text in facts.get("intervals", {}).items()}
        options = {name: facts[name] for name in ("method", "rounding") if name in facts}
        totals = {name: facts.get(name) for name in TOTALS}
        reported = {name: text for name, text in facts["reported"].items() if name in MEASURES}
        return totals | reported | facts.get("counts", {}) | intervals | options

    @property
    def first(self) -> list[forms.BoundField]:
        """Return what most reports print."""
        return [self[name] for name in (*FIRST, *FIRST_INTERVALS)]

    @property
    def further(self) -> list[forms.BoundField]:
        """Return what some do."""
        return [self[name] for name in self.fields if name not in (*FIRST, *FIRST_INTERVALS)]

    @property
    def has_further(self) -> bool:
        """Say whether anything but the first fields is filled in."""
        plain = ("", None, "any", "nearest")
        return any(field.value() not in plain or field.errors for field in self.further)

    def facts(self) -> dict[str, Any]:
        """Return what the solver takes; it is kept beside a solved table."""
        given = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None)
        }
        return {
            **{name: given.get(name) for name in TOTALS},
            "reported": {name: given[name] for name in MEASURES if name in given},
            "intervals": {name: given[f"{name}_ci"] for name in METRICS if f"{name}_ci" in given},
            "counts": {name: given[name] for name in COUNTS if name in given},
            "method": given.get("method", "any"),
            "rounding": given.get("rounding", "nearest"),
        }

    def checked(self) -> dict[str, str]:
        """Return the figures that the checks of a table compare with its counts."""
        return {name: text for name, text in self.facts()["reported"].items() if name in METRICS}
