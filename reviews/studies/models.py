"""Studies: investigations of a defined group of participants, described by reports."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import ReviewRow, Versioned
from reviews.fulltext.models import Report


@audited()
class Study(ReviewRow, Versioned):
    """An included study."""

    label = models.CharField(max_length=120, help_text="Such as Jang 2021.")
    registrations = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta(ReviewRow.Meta):
        ordering = ["label", "id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                "review",
                Lower("label"),
                name="study_labels_are_unique_in_a_review",
                violation_error_message="The review already has a study of this name.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


@audited()
class StudyReport(ReviewRow):
    """A report that describes a study; one of them is the primary one."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="study_reports")
    report = models.ForeignKey(Report, models.PROTECT, related_name="study_reports")
    primary = models.BooleanField(default=False)

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["study", "report"], name="a_report_describes_a_study_once"
            ),
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(primary=True),
                name="a_study_has_one_primary_report",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.report_id} of study {self.study_id}"
