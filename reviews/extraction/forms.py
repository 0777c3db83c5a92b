"""Forms of studies, cohorts and 2x2 tables. Choices are the review's own."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from reviews.extraction.checks import METRICS
from reviews.extraction.models import Cohort, TwoByTwo
from reviews.extraction.numbers import read_count
from reviews.fulltext.models import Report
from reviews.studies.models import Study

COUNT_ATTRS = {"inputmode": "numeric", "autocomplete": "off"}


class CountField(forms.CharField):
    """A count in plain digits; what is none gets its sentence."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": "Enter a count; 0 if there was none."})
        super().__init__(widget=forms.TextInput(attrs=COUNT_ATTRS), **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            return read_count(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class VersionedForm(forms.ModelForm):
    """A form that carries the version it was opened with, and a reason where one is due."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        if needs_reason:
            self.fields["reason"] = forms.CharField(
                max_length=500,
                label="Reason for the change",
                help_text="The agreed extraction changes; analyses that used it become stale.",
            )

    @property
    def started_from(self) -> int:
        """Return the version the person saw; 0 where the page did not send it."""
        return self.cleaned_data.get("version") or 0

    def values(self) -> dict[str, Any]:
        """Return what a service takes: everything but the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class StudyForm(VersionedForm):
    class Meta:
        model = Study
        fields = ["label", "registrations", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}


class CohortForm(VersionedForm):
    participants = CountField(required=False)
    units = CountField(required=False, label="Units analysed")
    with_condition = CountField(required=False, label="With the condition")

    class Meta:
        model = Cohort
        fields = [
            *("name", "role", "unit", "participants", "units", "with_condition"),
            *("country", "setting", "overlaps_with"),
        ]
        labels = {"role": "Validation", "overlaps_with": "Overlaps with"}
        widgets = {"overlaps_with": forms.TextInput}
        help_texts = {"overlaps_with": ""}


class TableForm(VersionedForm):
    """A 2x2 table, and the accuracy the report prints beside it."""

    tp, fp, fn, tn = (
        CountField(label=name)
        for name in ("True positives", "False positives", "False negatives", "True negatives")
    )
    indeterminate = CountField(required=False, label="Indeterminate results")

    class Meta:
        model = TwoByTwo
        fields = [
            *("tp", "fp", "fn", "tn", "index_test", "target_condition", "reference_standard"),
            *("threshold", "threshold_value", "reader", "indeterminate", "obtained", "notes"),
        ]
        labels = {"threshold_value": "Threshold, as a number", "obtained": "How obtained"}
        widgets = {"notes": forms.Textarea(attrs={"rows": 2}), "threshold_value": forms.TextInput}
        help_texts = {"threshold": "", "threshold_value": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("index_test", "target_condition", "reference_standard"):
            field = self.fields[name]
            usable = Q(retired_at__isnull=True) | Q(pk=getattr(self.instance, f"{name}_id"))
            model = field.queryset.model
            field.queryset = model.objects.in_review(self.instance.review_id).filter(usable)
        if not self.instance.solver:
            self.fields["obtained"].choices = [
                pair for pair in TwoByTwo.Obtained.choices if pair[0] != TwoByTwo.Obtained.SOLVED
            ]
        for name, label in METRICS.items():
            self.fields[f"reported_{name}"] = forms.CharField(
                required=False,
                max_length=60,
                label=f"{label.capitalize()}, as printed",
                initial=(self.instance.reported or {}).get(name, ""),
            )

    @property
    def printed(self) -> list[forms.BoundField]:
        return [self[f"reported_{name}"] for name in METRICS]

    def values(self) -> dict[str, Any]:
        values = super().values()
        reported = {name: values.pop(f"reported_{name}").strip() for name in METRICS}
        other = {k: v for k, v in (self.instance.reported or {}).items() if k not in METRICS}
        return {**values, "reported": other | {k: v for k, v in reported.items() if v}}


class ReportForm(forms.Form):
    """Choose a report of the review: to link, to move, to make primary."""

    report = forms.ModelChoiceField(Report.objects.none())

    def __init__(self, *args: Any, reports: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["report"].queryset = reports
        self.fields["report"].label_from_instance = lambda report: report.record.title[:120]


class MergeForm(forms.Form):
    """Choose the study another one is merged into."""

    into = forms.ModelChoiceField(Study.objects.none(), label="Merge into")

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Study.objects.in_review(study.review_id).exclude(pk=study.pk)
        self.fields["into"].queryset = others


class PinForm(forms.Form):
    """Say by hand where a value stands."""

    field = forms.ChoiceField(label="Value")
    report = forms.ModelChoiceField(Report.objects.none(), required=False)
    page = CountField(required=False)
    quote = forms.CharField(required=False, max_length=2_000, widget=forms.TextInput)

    def __init__(self, *args: Any, reports: Any, fields: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = fields
        self.fields["report"].queryset = reports
        self.fields["report"].label_from_instance = lambda report: report.record.title[:120]
