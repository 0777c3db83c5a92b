"""Jobs of this stage."""

from django.db import connection, transaction

from reviews.dedup import grouping
from reviews.dedup.finding import look
from reviews.jobs.registry import job_kind
from reviews.jobs.services import start_job
from reviews.jobs.work import Work


@job_kind("dedup.find")
def find_duplicates(work: Work) -> None:
    """Group the copies the rules are sure of, and list the pairs they are not sure of."""
    with transaction.atomic():
        _be_patient(work)
        grouping.repair_groups(work.review.pk)
        if work.arguments.get("anew"):
            grouping.forget_all_fingerprints(work.review.pk)
    found = look(work)
    with transaction.atomic():
        _be_patient(work)
        settled = grouping.write_down(work.review, found)
        # Last, so that the job's row is not locked while its lease must be renewed.
        with work.final():
            if not settled:
                # What somebody merged or parted meanwhile is compared anew.
                start_job("dedup.find", review=work.review, by=work.job.asked_by)


@job_kind("dedup.regroup")
def tidy_groups(work: Work) -> None:
    """Mend groups after people merged or parted records; the next stage follows."""
    with work.final():
        _be_patient(work)
        grouping.repair_groups(work.review.pk)


def _be_patient(work: Work) -> None:
    """A job may wait for another one, and write much in one go."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '300s'")
    grouping.lock_groups(work.review.pk)
