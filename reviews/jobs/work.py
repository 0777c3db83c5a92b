"""What a job's function is given: its row, its progress, and the one way to finish."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from celery.exceptions import SoftTimeLimitExceeded
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from reviews.core.errors import DomainError
from reviews.core.http import job_id as job_id_for_logs
from reviews.jobs import registry, services
from reviews.jobs.models import Job

HEARTBEAT_SECONDS = 15
LIMIT_MINUTES = 50
TOO_LONG = f"It took longer than {LIMIT_MINUTES} minutes and was stopped. Nothing was changed."
UNEXPECTED = "Something unexpected went wrong. Nothing was changed; the log names job {job}."

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody cancelled the job."""


class Superseded(Exception):
    """Another worker has taken the job over; whatever we hold must not be written."""


class Work:
    """One attempt at a job."""

    def __init__(self, claim: services.Claim) -> None:
        self.claim = claim
        self.job = Job.objects.select_related("review", "asked_by").get(pk=claim.job_id)
        self.arguments = self.job.arguments
        self.review = self.job.review
        self._finished = False

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Show how far we are; raises Cancelled or Superseded, so call it between steps."""
        if not services.report_progress(self.claim, done=done, total=total, message=message):
            self._stop()

    def _stop(self) -> None:
        if self.claim.row().filter(cancel_requested=True).exists():
            raise Cancelled
        raise Superseded

    @contextmanager
    def final(self) -> Iterator[None]:
        """Write the result and end the job, both or neither, and only while it is ours."""
        with transaction.atomic():
            # The lock keeps the reaper and a second worker out until we commit.
            if not self.claim.row().filter(cancel_requested=False).select_for_update().exists():
                self._stop()
            yield
            services.finish_job(self.claim)
        self._finished = True

    def finish(self) -> None:
        """End a job whose function wrote nothing of its own at the end."""
        if not self._finished:
            with self.final():
                pass


def do_job(job_id: int) -> None:
    """Claim a job and do it; harmless when sent twice, and safe to kill at any moment."""
    claim = services.claim_job(job_id)
    if claim is None:
        return
    token = job_id_for_logs.set(str(job_id))
    try:
        with _heartbeat(claim):
            _attempt(claim)
    finally:
        job_id_for_logs.reset(token)


def _attempt(claim: services.Claim) -> None:
    try:
        _allow_long_statements()
        work = Work(claim)
        user = work.job.asked_by_id
        with pghistory.context(user=user, job=claim.job_id, reason=work.job.kind):
            registry.function_of(work.job.kind)(work)
            work.finish()
    except Cancelled:
        services.end_cancelled(claim)
    except Superseded:
        log.warning("superseded: another worker has the job, or it was deleted")
    except DomainError as error:
        services.fail_job(claim, cause=str(error))
    except SoftTimeLimitExceeded:
        services.fail_job(claim, cause=TOO_LONG)
    except (OperationalError, InterfaceError) as error:
        log.warning("released after a database fault: %s", error)
        connection.close()
        services.release_job(claim)
    except Exception:
        log.exception("job failed")
        services.fail_job(claim, cause=UNEXPECTED.format(job=claim.job_id))


def _allow_long_statements() -> None:
    """Give a job's statements ten minutes; a page's have fifteen seconds (settings)."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '10min'")


@contextmanager
def _heartbeat(claim: services.Claim) -> Iterator[None]:
    """Renew the lease from a thread with a connection of its own while the work goes on."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            try:
                if not services.renew_lease(claim):
                    return
            except (OperationalError, InterfaceError) as error:
                log.warning("lease not renewed: %s", error)
            finally:
                close_old_connections()
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{claim.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)
