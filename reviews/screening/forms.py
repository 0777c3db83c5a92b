"""What the pages of screening accept."""

from typing import Any

from django import forms

from reviews.protocol.lists import offered
from reviews.protocol.models import ExclusionReason, Label
from reviews.screening.lists import COPIES, METHODS, OUTCOMES
from reviews.screening.models import ScreeningItem, Stage, Verdict
from reviews.searches.models import Source

BIGGEST_ID = 2**63 - 1


def reasons_at(review, stage: str):
    """Return the reasons the protocol offers at this stage, in its order."""
    here = {"at_full_text": True} if stage == Stage.FULL_TEXT else {"at_title_abstract": True}
    return offered(ExclusionReason, review).filter(**here)


class DecisionForm(forms.Form):
    """A verdict as the card sends it; choosing a reason means to exclude."""

    item = forms.ModelChoiceField(
        queryset=ScreeningItem.objects.none(),
        error_messages={"required": "There is no record in front of you. Reload the page."},
    )
    verdict = forms.ChoiceField(choices=Verdict.choices, required=False)
    reason = forms.ModelChoiceField(queryset=ExclusionReason.objects.none(), required=False)
    idempotency_key = forms.UUIDField(required=False)
    seconds = forms.CharField(required=False)

    def __init__(self, *args: Any, review, stage: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = ScreeningItem.objects.in_review(review).filter(stage=stage)
        self.fields["reason"].queryset = reasons_at(review, stage)
        messages = {"invalid_choice": "There is no such record at this stage of the review."}
        self.fields["item"].error_messages |= messages
        self.fields["reason"].error_messages["invalid_choice"] = (
            "The protocol has no such exclusion reason at this stage."
        )

    def clean_seconds(self) -> int | None:
        """Time spent is a courtesy of the page: what is no number is left out."""
        text = self.cleaned_data["seconds"]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") and not data.get("verdict"):
            data["verdict"] = Verdict.EXCLUDE
        if not data.get("verdict") and not self.errors:
            raise forms.ValidationError("Decide include, maybe or exclude.")
        return data


class SettleForm(forms.Form):
    """How a conflict ends."""

    verdict = forms.ChoiceField(
        choices=[(Verdict.INCLUDE, "Include"), (Verdict.EXCLUDE, "Exclude")],
        error_messages={"required": "Choose include or exclude."},
    )
    reason = forms.ModelChoiceField(
        queryset=ExclusionReason.objects.none(), required=False, label="Reason, if excluded"
    )
    note = forms.CharField(
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Note to the reviewers",
    )

    def __init__(self, *args: Any, review, stage: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = reasons_at(review, stage)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("verdict") == Verdict.INCLUDE:
            data["reason"] = None
        return data


class ReopenForm(forms.Form):
    reason = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Why it is reopened",
        error_messages={"required": "Say why the record is reopened."},
    )


class RecordFilter(forms.Form):
    """The filters of the list of records; these names are the parameters of its address."""

    q = forms.CharField(required=False, max_length=500, label="Words, author, DOI or PMID")
    stage = forms.ChoiceField(
        choices=[("", "Any stage"), *Stage.choices], required=False, label="Stage"
    )
    outcome = forms.ChoiceField(
        choices=[("", "Any outcome"), *OUTCOMES.items()], required=False, label="Outcome"
    )
    reason = forms.ModelChoiceField(
        queryset=ExclusionReason.objects.none(), required=False, empty_label="Any reason"
    )
    source = forms.ModelChoiceField(
        queryset=Source.objects.none(), required=False, empty_label="Any source"
    )
    kind = forms.ChoiceField(
        choices=[("", "Any kind"), *Source.Kind.choices], required=False, label="Kind of source"
    )
    method = forms.ChoiceField(choices=[*METHODS.items()], required=False, label="Found by")
    copies = forms.ChoiceField(choices=[*COPIES.items()], required=False, label="Copies")
    year_from = forms.IntegerField(label="From year", required=False, min_value=0, max_value=9999)
    year_to = forms.IntegerField(label="To year", required=False, min_value=0, max_value=9999)
    abstract = forms.ChoiceField(
        choices=[("", "With or without"), ("yes", "Has an abstract"), ("no", "Has none")],
        required=False,
        label="Abstract",
    )
    label = forms.ModelChoiceField(
        queryset=Label.objects.none(), required=False, empty_label="Any label"
    )

    def __init__(self, *args: Any, review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = ExclusionReason.objects.in_review(review)
        self.fields["source"].queryset = Source.objects.in_review(review).order_by("name", "id")
        self.fields["label"].queryset = Label.objects.in_review(review).order_by("name")


class LabelForm(forms.Form):
    label = forms.ModelChoiceField(
        queryset=Label.objects.none(),
        error_messages={"invalid_choice": "The protocol has no such label."},
    )

    def __init__(self, *args: Any, review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].queryset = offered(Label, review)
