"""Jobs of this stage."""

from reviews.jobs.registry import job_kind
from reviews.jobs.scheduler import every
from reviews.jobs.work import Work
from reviews.screening import services


@job_kind("screening.open")
def open_items(work: Work) -> None:
    """Take in the records that searches and de-duplication released."""
    work.progress(0, 0, "Taking in records")
    with work.final():
        services.open_items(work.review)
        services.reconcile(work.review)


@every(3)
def settle_due_items() -> None:
    """Show outcomes and conflicts as soon as no decision on them can be undone."""
    services.settle_due_items()
