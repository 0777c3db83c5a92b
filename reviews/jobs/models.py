"""A background job: PostgreSQL is the truth, Redis only wakes the workers."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from reviews.core.composite import InReview, ReviewRow

MAX_ATTEMPTS = 3


class JobQuerySet(InReview):
    def active(self):
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])

    def forgotten(self, *, after: timedelta):
        """Return queued jobs whose message was never sent, or sent long ago and lost."""
        cutoff = Now() - after
        return self.filter(status=Job.Status.QUEUED).filter(
            Q(sent_at__lt=cutoff) | Q(sent_at__isnull=True, created_at__lt=cutoff)
        )

    def abandoned(self):
        """Return running jobs whose worker stopped renewing its lease."""
        return self.filter(status=Job.Status.RUNNING, lease_until__lt=Now())


class Job(ReviewRow):
    """One piece of work for a worker: what, for whom, how far, and how it ended."""

    class Status(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        SUCCEEDED = "succeeded", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict, help_text="Ids only.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0, help_text="0 while unknown.")
    message = models.CharField(max_length=300, blank=True)
    cause = models.TextField(blank=True, help_text="Why it failed, for people.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta(ReviewRow.Meta):
        constraints = [
            *ReviewRow.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False),
                name="a_running_job_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"], finished_at__isnull=True)
                | Q(status__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False),
                name="a_finished_job_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=MAX_ATTEMPTS), name="a_job_has_at_most_three_attempts"
            ),
        ]
        indexes = [
            models.Index(
                fields=["status", "lease_until", "id"],
                name="jobs_that_wait",
                condition=Q(status__in=["queued", "running"]),
            ),
            models.Index(fields=["review", "-id"], name="jobs_of_a_review"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.status}"

    @property
    def finished(self) -> bool:
        return self.finished_at is not None

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def rate(self) -> float | None:
        """Units done a second, or None before there is anything to measure."""
        if not self.started_at or not self.done:
            return None
        seconds = ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
        return self.done / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> int | None:
        if self.finished or not self.total or not self.rate:
            return None
        return round((self.total - self.done) / self.rate)


class Heartbeat(models.Model):
    """When each process of the site was last known to be alive."""

    process = models.CharField(max_length=60, primary_key=True)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.process

    @classmethod
    def beat(cls, process: str) -> None:
        cls.objects.update_or_create(process=process, defaults={"seen_at": Now()})

    @classmethod
    def age(cls, prefix: str) -> timedelta | None:
        """Return how long ago any process of this kind was seen, by the database's clock."""
        newest = (
            cls.objects.filter(process__startswith=prefix)
            .annotate(age=models.ExpressionWrapper(Now() - F("seen_at"), models.DurationField()))
            .order_by("-seen_at")
            .first()
        )
        return newest.age if newest else None
