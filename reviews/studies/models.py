"""Studies: investigations of a defined group of participants, described by reports."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from reviews.core.audit import audited
from reviews.core.composite import InReview, ReviewRow, Versioned
from reviews.fulltext.models import Report

USER = settings.AUTH_USER_MODEL


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


class AgreementQuerySet(InReview):
    # By kind: the condition under which all drafts an agreement is about are open to each other.
    # The stages above put theirs in, beside the blinding of the drafts themselves.
    opened: ClassVar[dict[str, Callable[[], Any]]] = {}

    def visible_to(self, viewer):
        """Return the agreements this person may read: those whose drafts are open to all.

        A proposal says what drafts say, so it is hidden whenever they are.
        """
        shown = Q(pk__in=[])
        for kind, condition in self.opened.items():
            shown |= Q(kind=kind) & Q(condition())
        return self.filter(shown)

    def standing(self):
        """Return what is proposed or holds: neither refused nor replaced."""
        return self.filter(revoked_at__isnull=True)

    def proposed(self):
        """Return what still waits for somebody to confirm it."""
        return self.standing().filter(in_force_at__isnull=True)

    def waiting_for(self, viewer):
        """Return the proposals of others which this person has not confirmed."""
        confirmed = AgreementConfirmation.objects.filter(agreement=models.OuterRef("pk"), by=viewer)
        return self.proposed().exclude(by=viewer).filter(~models.Exists(confirmed))


@audited()
class Agreement(ReviewRow):
    """How the drafts of a study became one: by an adjudicator, or by the drafters' consensus."""

    class Kind(models.TextChoices):
        EXTRACTION = "extraction", "extraction"
        RATING = "rating", "rating"

    class How(models.TextChoices):
        ADJUDICATION = "adjudication", "adjudication"
        CONSENSUS = "consensus", "consensus"

    study = models.ForeignKey(Study, models.PROTECT, related_name="agreements")
    kind = models.CharField(max_length=10, choices=Kind)
    instrument = models.CharField(max_length=20, blank=True, help_text="Its code, of a rating.")
    choices = models.JSONField(default=dict, help_text="The value for each difference, by its key.")
    seen = models.TextField(help_text="The drafts it is about, with their versions.")
    note = models.TextField(blank=True)
    how = models.CharField(max_length=12, choices=How)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    in_force_at = models.DateTimeField(null=True, help_text="Null while a consensus is proposed.")
    revoked_at = models.DateTimeField(null=True, help_text="Refused, taken back or replaced.")
    revoked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    revoked_why = models.TextField(blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["study", "kind", "instrument"],
                condition=Q(revoked_at__isnull=True),
                name="one_agreement_stands_per_study_and_kind",
                violation_error_message="A consensus has been proposed already.",
            ),
            models.CheckConstraint(
                condition=~Q(how="adjudication") | Q(in_force_at__isnull=False),
                name="an_adjudicated_agreement_holds_at_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="rating") & ~Q(instrument="")
                | Q(kind="extraction", instrument=""),
                name="an_agreement_on_a_rating_names_its_instrument",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how} on the {self.kind} of study {self.study_id}"


class ConfirmationQuerySet(InReview):
    def visible_to(self, viewer):
        return self.filter(agreement__in=Agreement.objects.visible_to(viewer).values("pk"))


@audited()
class AgreementConfirmation(ReviewRow):
    """A drafter's yes to a proposed consensus."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="confirmations")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = ConfirmationQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["agreement", "by"], name="a_drafter_confirms_an_agreement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by_id} confirms {self.agreement_id}"
