"""What is to be pooled and how, and each execution with its frozen inputs."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import ReviewRow, Versioned
from reviews.jobs.models import Job


@audited()
class Plan(ReviewRow, Versioned):
    """An analysis plan: a sentence about which tables are pooled, and how."""

    name = models.CharField(max_length=120)
    definition = models.JSONField(help_text="Validated by synthesis.plans.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    locked_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta(ReviewRow.Meta):
        ordering = ["id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                "review",
                Lower("name"),
                name="plan_names_are_unique_in_a_review",
                violation_error_message="The review already has a plan of this name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@audited()
class Run(ReviewRow):
    """One execution of a plan: inputs frozen and hashed, settings, version, result."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="runs")
    plan_version = models.PositiveIntegerField()
    definition = models.JSONField(help_text="The plan's definition as it was.")
    inputs = models.JSONField(help_text="[{table, version, counts, label, ...}, ...]")
    input_hash = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    options_hash = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=40)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    result = models.JSONField(null=True)

    class Meta(ReviewRow.Meta):
        ordering = ["-id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["plan", "plan_version", "input_hash", "options_hash", "engine_version"],
                condition=Q(finished_at__isnull=False),
                name="one_finished_run_per_plan_inputs_settings_and_engine",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, result__isnull=True)
                | Q(finished_at__isnull=False, result__isnull=False),
                name="a_finished_run_has_a_result",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="a_finished_run_never_changes",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__finished_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of plan {self.plan_id}"
