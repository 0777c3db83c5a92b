"""The form of an analysis plan."""

from typing import Any

from django import forms

from reviews.synthesis import plans
from reviews.synthesis.inputs import modalities_of, names_in
from reviews.synthesis.models import Plan

CHECKBOXES = forms.CheckboxSelectMultiple
PLACES = ("first", "second", "third", "fourth", "fifth")


class PlanForm(forms.ModelForm):
    """A plan's name and definition; give an instance with its review set."""

    modality = forms.ChoiceField(required=False, label="Modality of the index test")
    index_tests = forms.MultipleChoiceField(
        required=False, widget=CHECKBOXES, help_text="None ticked means every test."
    )
    target_conditions = forms.MultipleChoiceField(
        required=False, widget=CHECKBOXES, help_text="None ticked means any."
    )
    reference_standards = forms.MultipleChoiceField(
        required=False, widget=CHECKBOXES, help_text="None ticked means any."
    )
    tables = forms.ChoiceField(
        choices=list(plans.TABLES.items()),
        widget=forms.RadioSelect,
        initial=plans.ONE_PER_COHORT,
        label="Tables",
    )
    first = forms.ChoiceField(label="Cohorts, in order of preference")
    second = forms.ChoiceField(required=False, label="then")
    third = forms.ChoiceField(required=False, label="then")
    fourth = forms.ChoiceField(required=False, label="then")
    fifth = forms.ChoiceField(
        required=False,
        label="then",
        help_text="Of each study the first of these that it has is pooled. Development sets show"
        " apparent performance and are best left out.",
    )
    units = forms.ChoiceField(
        choices=list(plans.UNITS.items()),
        widget=forms.RadioSelect,
        initial=plans.ANY,
        label="Unit of analysis",
    )
    compare_by = forms.ChoiceField(
        required=False,
        choices=[("", "nothing"), *plans.COMPARED.items()],
        label="Compare subgroups by",
        help_text="All tables are pooled together, and beside that by these groups.",
    )
    excluded_studies = forms.MultipleChoiceField(
        required=False, widget=CHECKBOXES, label="Leave out these studies"
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Plan
        fields = ["name"]

    def __init__(self, *args: Any, instance: Plan, **kwargs: Any) -> None:
        definition = instance.definition or plans.empty_definition()
        kwargs["initial"] = _initial(definition) | (kwargs.get("initial") or {})
        kwargs["initial"].setdefault("version", instance.version)
        super().__init__(*args, instance=instance, **kwargs)
        names = names_in(instance.review)
        for kind in plans.LISTS:
            pairs = sorted(names[kind].items(), key=lambda pair: pair[1].casefold())
            self.fields[kind].choices = [(str(key), name) for key, name in pairs]
        self.fields["modality"].choices = _modalities(instance, definition)
        for place in PLACES:
            blank = [] if place == "first" else [("", "nothing more")]
            self.fields[place].choices = [
                *blank,
                *((role, words) for role, words in plans.ROLES.items()),
            ]

    def definition(self) -> dict[str, Any]:
        """Return what the fields say as a definition."""
        values = self.cleaned_data
        return {
            "modality": values.get("modality", ""),
            **{kind: [int(key) for key in values.get(kind, [])] for kind in plans.LISTS},
            "roles": [values[place] for place in PLACES if values.get(place)],
            "tables": values["tables"],
            "units": values["units"],
            plans.COMPARE: values.get("compare_by", ""),
        }

    @property
    def is_readable(self) -> bool:
        """Say whether the definition can be read, whatever the name."""
        return not set(self.errors) - {"name"}


def _initial(definition: dict[str, Any]) -> dict[str, Any]:
    roles = [*definition["roles"], *[""] * len(PLACES)][: len(PLACES)]
    return {
        "modality": definition["modality"],
        **{kind: [str(key) for key in definition[kind]] for kind in plans.LISTS},
        "tables": definition["tables"],
        "units": definition["units"],
        "compare_by": definition.get(plans.COMPARE, ""),
        **dict(zip(PLACES, roles, strict=True)),
    }


def _modalities(plan: Plan, definition: dict[str, Any]) -> list[tuple[str, str]]:
    words = modalities_of(plan.review)
    if definition["modality"] and definition["modality"] not in words:
        words.append(definition["modality"])
    return [("", "any"), *((word, word) for word in words)]
