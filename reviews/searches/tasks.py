"""Jobs of this stage."""

from reviews.jobs.registry import job_kind
from reviews.jobs.scheduler import every
from reviews.jobs.work import Work
from reviews.searches import importing, live


@job_kind("searches.import")
def import_file(work: Work) -> None:
    """Bring the records of an uploaded file into the review, all of them or none."""
    importing.load_batch(work)


@job_kind("searches.withdraw")
def withdraw(work: Work) -> None:
    """Take an import back."""
    importing.take_back(work)


@job_kind(live.KIND)
def fetch(work: Work) -> None:
    """Run a strategy in PubMed and import what it finds."""
    live.fetch(work)


@every(30)
def clear_up() -> None:
    """Remove what was staged or fetched for imports that will not finish."""
    importing.discard_abandoned()
    live.clear_up()
