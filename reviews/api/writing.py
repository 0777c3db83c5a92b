"""What the API takes in: related rows are looked for in the review alone."""

from typing import Any

from rest_framework import serializers

from reviews import models
from reviews.extraction.models import MOST
from reviews.extraction.solver_form import METHODS, ROUNDING
from reviews.screening.models import Verdict

MOST_PRINTED, LONGEST_NAME, LONGEST_NOTES = 30, 60, 20_000


class InReview(serializers.PrimaryKeyRelatedField):
    """A row of this review; another review's id reads like one that does not exist."""

    def __init__(self, model: Any = None, **options: Any) -> None:
        self.model = model
        super().__init__(queryset=model.objects.none(), **options)

    def get_queryset(self):
        view = self.context["view"]
        rows = self.model.objects.in_review(view.review)
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(view.request.user)
        return rows


class Count(serializers.IntegerField):
    """A whole number from 0 to a billion, written in plain digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=MOST, **options)

    def to_internal_value(self, data: Any) -> int:
        plain = isinstance(data, int) or (isinstance(data, str) and data.isascii())
        if isinstance(data, bool) or not plain or (isinstance(data, str) and not data.isdigit()):
            self.fail("invalid")
        return super().to_internal_value(data)


class DecisionIn(serializers.Serializer):
    """A verdict; excluding a report needs a reason."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = InReview(models.ExclusionReason, required=False, allow_null=True)
    seconds = Count(required=False, allow_null=True)


class Printed(serializers.DictField):
    """Values as a report prints them, by name: {"sensitivity": "91.1%"}."""

    child = serializers.CharField(max_length=60, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        values = super().to_internal_value(data)
        if len(values) > MOST_PRINTED or any(len(name) > LONGEST_NAME for name in values):
            raise serializers.ValidationError("That is more than a report prints of one table.")
        return values


class SolverInput(serializers.Serializer):
    """What the counts were solved from."""

    n = Count(required=False, allow_null=True)
    n_pos = Count(required=False, allow_null=True)
    reported = Printed()
    intervals = Printed(required=False)
    counts = serializers.DictField(child=Count(), required=False)
    method = serializers.ChoiceField(choices=[*METHODS.items()], required=False)
    rounding = serializers.ChoiceField(choices=[*ROUNDING.items()], required=False)


class Solved(serializers.Serializer):
    """How the counts were solved: the input, how many tables fit, why this one was taken."""

    input = SolverInput()
    count = Count()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class TableIn(serializers.Serializer):
    """A 2x2 table of one's own draft, or with a reason of the agreed extraction."""

    index_test = InReview(models.IndexTest)
    target_condition = InReview(models.TargetCondition)
    reference_standard = InReview(models.ReferenceStandard)
    tp, fp, fn, tn = Count(), Count(), Count(), Count()
    threshold = serializers.CharField(required=False, allow_blank=True, max_length=120)
    threshold_value = serializers.DecimalField(
        max_digits=16, decimal_places=6, required=False, allow_null=True
    )
    reader = serializers.CharField(required=False, allow_blank=True, max_length=120)
    indeterminate = Count(required=False, allow_null=True)
    obtained = serializers.ChoiceField(choices=models.TwoByTwo.Obtained.choices, required=False)
    solver = Solved(required=False)
    reported = Printed(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NOTES)
    because = serializers.CharField(
        required=False, max_length=500, help_text="Why, where the agreed extraction changes."
    )


class NewTable(TableIn):
    """A table to add to a cohort."""

    cohort = InReview(models.Cohort)


class ChangedTable(TableIn):
    """Changes to a table, with the version they start from."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class RunIn(serializers.Serializer):
    """The plan to run."""

    plan = InReview(models.Plan)
