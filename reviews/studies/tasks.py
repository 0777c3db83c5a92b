"""What runs by itself: included reports become studies."""

from reviews.jobs import scheduler
from reviews.protocol.models import Review
from reviews.studies import services


@scheduler.every(30)
def take_in_waiting() -> None:
    """Take in what full-text screening released, in every review."""
    scheduler.for_each(Review.objects.filter(archived_at__isnull=True), _take_in)


def _take_in(review: Review) -> None:
    if services.reports_without_study(review).exists():
        services.take_in_studies(review)
