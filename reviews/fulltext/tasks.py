"""Jobs of this stage."""

from reviews.fulltext import services
from reviews.jobs.registry import job_kind
from reviews.jobs.scheduler import every, for_each
from reviews.jobs.work import Work


@job_kind("fulltext.seek")
def seek_reports(work: Work) -> None:
    """Take in what screening released."""
    with work.final():
        services.seek_reports(work.review)


@every(5)
def seek_new_reports() -> None:
    """Take in records as soon as they are included, without anybody asking."""
    for_each(services.reviews_with_new_reports(), services.seek_reports)
