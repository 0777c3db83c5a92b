"""Reports sought for retrieval, and the files that were found."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.core.files import StoredFile
from reviews.searches.models import Record


class ReportQuerySet(InReview):
    def with_record(self):
        return self.select_related("record")

    def untouched(self):
        """Return reports that are sought, and for which nobody has done anything yet."""
        return self.filter(
            retrieval=Report.Retrieval.SOUGHT,
            attempts="",
            files__isnull=True,
            study_reports__isnull=True,
        )


def while_only_sought(
    collector: Any, field: models.ForeignKey, reports: Iterable["Report"], using: str
) -> None:
    """As a ForeignKey's ``on_delete``: reports go with their records until they are looked for.

    What other methods found is listed for retrieval by itself: that alone must not keep people
    from taking an import back. Files, studies and decisions protect a report on their own.
    """
    reports = list(reports)
    if touched := [each for each in reports if each.retrieval != "sought" or each.attempts]:
        models.PROTECT(collector, field, touched, using)
    models.CASCADE(collector, field, reports, using)


@audited()
class Report(ReviewRow, Versioned):
    """A document sought: retrieved or not, then assessed for eligibility."""

    class Retrieval(models.TextChoices):
        SOUGHT = "sought", "being sought"
        RETRIEVED = "retrieved", "retrieved"
        NOT_RETRIEVED = "not_retrieved", "not retrieved"

    record = models.ForeignKey(Record, while_only_sought, related_name="reports", db_index=False)
    retrieval = models.CharField(max_length=14, choices=Retrieval, default=Retrieval.SOUGHT)
    attempts = models.TextField(blank=True, help_text="Where it was looked for, and when.")
    created_at = models.DateTimeField(db_default=Now())
    came_from = models.ForeignKey(
        Record,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Whose report it was before a merge of duplicates.",
    )
    moved_at = models.DateTimeField(null=True)

    objects = ReportQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(fields=["record"], name="one_report_per_kept_record"),
            models.CheckConstraint(
                condition=~Q(retrieval="not_retrieved") | ~Q(attempts=""),
                name="what_is_not_retrieved_says_where_it_was_sought",
                violation_error_message="Say where the report was looked for.",
            ),
        ]

    def __str__(self) -> str:
        return f"report of record {self.record_id}"


@audited()
class ReportFile(ReviewRow):
    """A PDF of a report; the newest is shown, the earlier ones stay."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="files")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(ReviewRow.Meta):
        ordering = ["-id"]
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["report", "file"],
                name="the_same_file_once_per_report",
                violation_error_message="This report has that file already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
