"""Start, claim, renew, end and rescue jobs. Every change is one UPDATE on PostgreSQL's clock."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from reviews.core.errors import DomainError
from reviews.jobs import registry
from reviews.jobs.models import MAX_ATTEMPTS, Job

LEASE = timedelta(seconds=60)
RESEND_AFTER = timedelta(seconds=30)
WORKER_DIED = "The worker stopped three times while doing this. Nothing was changed."

log = logging.getLogger(__name__)
_send: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job, as long as nobody holds a higher fence."""

    job_id: int
    fence: int

    def row(self):
        return Job.objects.filter(pk=self.job_id, fence=self.fence, status=Job.Status.RUNNING)


def send_with(send: Callable[[int], None]) -> None:
    """Name the function that wakes a worker; it must return within seconds or raise."""
    global _send
    _send = send


def start_job(kind: str, *, review, by, **arguments: int) -> Job:
    """Queue a job in the caller's transaction; a worker is woken once that commits."""
    if not registry.known(kind):
        raise LookupError(f"no such kind of job: {kind}")
    job = Job.objects.create(review=review, kind=kind, arguments=arguments, asked_by=by)
    transaction.on_commit(lambda: wake(job.pk))
    return job


def wake(job_id: int) -> bool:
    """Send the id to a worker. What cannot be sent now, the scheduler sends later."""
    if _send is None or not Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).exists():
        return False
    try:
        _send(job_id)
    except Exception as error:
        log.warning("job %s not sent, the scheduler will: %s", job_id, error)
        return False
    Job.objects.filter(pk=job_id).update(sent_at=Now())
    return True


def claim_job(job_id: int) -> Claim | None:
    """Take a queued job, or return None where another worker has it or it is over."""
    taken = Job.objects.filter(
        pk=job_id, status=Job.Status.QUEUED, attempt__lt=MAX_ATTEMPTS, cancel_requested=False
    ).update(
        status=Job.Status.RUNNING,
        attempt=F("attempt") + 1,
        fence=F("fence") + 1,
        lease_until=Now() + LEASE,
        started_at=Coalesce("started_at", Now()),
    )
    if not taken:
        return None
    return Claim(job_id, Job.objects.values_list("fence", flat=True).get(pk=job_id))


def renew_lease(claim: Claim) -> bool:
    """Extend the lease; False means that the job is no longer ours."""
    return bool(claim.row().update(lease_until=Now() + LEASE))


def report_progress(claim: Claim, *, done: int, total: int, message: str) -> bool:
    """Note how far the job is; False means stop: cancelled, or another worker's now."""
    return bool(
        claim.row()
        .filter(cancel_requested=False)
        .update(done=done, total=total, message=message[:300], lease_until=Now() + LEASE)
    )


def finish_job(claim: Claim) -> bool:
    """End a job well and start what follows it, if it is still ours. Call in a transaction."""
    if not claim.row().update(
        status=Job.Status.SUCCEEDED, finished_at=Now(), lease_until=None, cause=""
    ):
        return False
    job = Job.objects.select_related("asked_by").get(pk=claim.job_id)
    for kind in registry.followers_of(job.kind):
        start_job(kind, review=job.review, by=job.asked_by)
    return True


def fail_job(claim: Claim, *, cause: str) -> None:
    """End a job badly, with the cause for people to read."""
    claim.row().update(
        status=Job.Status.FAILED, finished_at=Now(), lease_until=None, cause=cause[:2000]
    )


def release_job(claim: Claim) -> None:
    """Give a job back after a passing fault; one that was cancelled, or for the last time, ends."""
    end_cancelled(claim)
    row = claim.row()
    if not row.filter(attempt__lt=MAX_ATTEMPTS).update(
        status=Job.Status.QUEUED, lease_until=None, sent_at=None
    ):
        fail_job(claim, cause=WORKER_DIED)


def end_cancelled(claim: Claim) -> None:
    claim.row().filter(cancel_requested=True).update(
        status=Job.Status.CANCELLED, finished_at=Now(), lease_until=None
    )


@transaction.atomic
def cancel_job(job: Job, *, by) -> Job:
    """Stop a job: at once while it waits, at its next step while it runs."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.finished:
        raise DomainError("This job has already ended.")
    job.cancel_requested = True
    if job.status == Job.Status.QUEUED:
        job.status, job.finished_at = Job.Status.CANCELLED, Now()
    job.message = f"Cancelled by {by}"[:300]
    job.save(update_fields=["cancel_requested", "status", "finished_at", "message"])
    job.refresh_from_db()
    return job


def rescue_jobs() -> list[int]:
    """Requeue what a dead worker left, give up after three attempts, re-send what was lost."""
    Job.objects.abandoned().update(status=Job.Status.QUEUED, lease_until=None, sent_at=None)
    waiting = Job.objects.filter(status=Job.Status.QUEUED)
    # No worker may claim these, so they must not wait on; how they came to wait does not matter.
    waiting.filter(cancel_requested=True).update(status=Job.Status.CANCELLED, finished_at=Now())
    waiting.filter(attempt__gte=MAX_ATTEMPTS).update(
        status=Job.Status.FAILED, cause=WORKER_DIED, finished_at=Now()
    )
    lost = waiting.filter(attempt__gt=0, sent_at__isnull=True)
    ids = [*lost.values_list("pk", flat=True)]
    ids += (
        Job.objects.forgotten(after=RESEND_AFTER).exclude(pk__in=ids).values_list("pk", flat=True)
    )
    return [job_id for job_id in ids if wake(job_id)]
