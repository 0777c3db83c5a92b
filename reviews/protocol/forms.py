"""Forms of the protocol and the team."""

import uuid
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from reviews.protocol.members import ApiToken
from reviews.protocol.models import (
    Criterion,
    ExclusionReason,
    HighlightTerm,
    IndexTest,
    Label,
    ListRow,
    ReferenceStandard,
    Review,
    TargetCondition,
)
from reviews.protocol.roles import DUTIES, ROLES

LABELS = {
    "role_of_test": "Role of the test",
    "reviewers_title_abstract": "Reviewers per record, by title and abstract",
    "reviewers_full_text": "Reviewers per report, at full text",
    "extractors": "Extractors per study",
    "raters": "Raters per study",
    "undo_seconds": "Seconds to undo",
    "target_recall": "Recall wanted",
    "recall_confidence": "Confidence in the recall",
    "at_title_abstract": "At title and abstract",
    "at_full_text": "At full text",
}
LISTS: dict[str, tuple[type[ListRow], list[str], str]] = {
    "criteria": (Criterion, ["name", "description", "kind"], "Eligibility criteria"),
    "reasons": (
        ExclusionReason,
        ["name", "description", "at_title_abstract", "at_full_text"],
        "Exclusion reasons",
    ),
    "index-tests": (IndexTest, ["name", "description", "modality"], "Index tests"),
    "conditions": (TargetCondition, ["name", "description"], "Target conditions"),
    "standards": (ReferenceStandard, ["name", "description"], "Reference standards"),
    "words": (HighlightTerm, ["name", "kind"], "Highlighted words"),
    "labels": (Label, ["name", "description"], "Labels"),
}


class NewReviewForm(forms.ModelForm):
    """The least a review needs to begin."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    class Meta:
        model = Review
        fields = ["title", "question", "population", "role_of_test", "registration"]
        widgets = {
            "question": forms.Textarea(attrs={"rows": 2}),
            "population": forms.Textarea(attrs={"rows": 2}),
        }
        labels = LABELS


class ReviewForm(forms.ModelForm):
    """The question and the rules of a review."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Review
        fields = [
            *NewReviewForm.Meta.fields,
            "notice",
            "reviewers_title_abstract",
            "reviewers_full_text",
            "extractors",
            "raters",
            "undo_seconds",
            "target_recall",
            "recall_confidence",
        ]
        widgets = {
            **NewReviewForm.Meta.widgets,
            "notice": forms.Textarea(attrs={"rows": 2}),
        }
        labels = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version
        for name in ("target_recall", "recall_confidence"):
            limit_value(self.fields[name], 0, 1)


def limit_value(field: forms.Field, least: int, most: int) -> None:
    """Have a number field refuse what lies outside, in the browser and here."""
    field.validators += [MinValueValidator(least), MaxValueValidator(most)]
    field.widget.attrs |= {"min": least, "max": most}


def entry_form(kind: str) -> type[forms.ModelForm]:
    """Return the form for an entry of one of the protocol's lists."""
    model, fields, _ = LISTS[kind]

    class EntryForm(forms.ModelForm):
        version = forms.IntegerField(widget=forms.HiddenInput, required=False)

        class Meta:
            pass

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.initial["version"] = self.instance.version

    return forms.modelform_factory(
        model,
        form=EntryForm,
        fields=fields,
        widgets={"description": forms.Textarea(attrs={"rows": 2})},
        labels={**LABELS, **({"name": "Word or phrase"} if kind == "words" else {})},
    )


class RolesField(forms.MultipleChoiceField):
    """A set of roles, each with what it is for."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        choices = [(role, f"{label}: {DUTIES[role]}") for role, label in ROLES.items()]
        super().__init__(choices=choices, label="Roles", **kwargs)


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail address")
    roles = RolesField()


class RolesForm(forms.Form):
    """What a member may do."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    roles = RolesField()


class TokenForm(forms.Form):
    """A token for a program."""

    name = forms.CharField(max_length=80, help_text="What the program is.")
    scope = forms.ChoiceField(choices=ApiToken.Scope)
    days = forms.IntegerField(label="Days until it expires", min_value=1, max_value=366, initial=90)
