"""What pages and later stages read: studies with their state for a person, final tables."""

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from reviews.extraction.models import Extraction, TwoByTwo
from reviews.studies.models import Study

MOST_COUNTED = 1_000


def final_tables(review: Any):
    """Return the agreed 2x2 tables of the review, with study, cohort and lists at hand."""
    return TwoByTwo.objects.in_review(review).final().with_context()


def studies_for(review: Any, viewer: Any):
    """Return the studies with ``agreed``, ``my_status``, ``can_start``, ``to_agree``.

    Of other people's drafts nothing shows but that a place is taken or all are in.
    """
    drafts = Extraction.objects.filter(
        study=OuterRef("pk"), final=False, withdrawn_at__isnull=True
    ).order_by()
    finals = Extraction.objects.filter(study=OuterRef("pk"), final=True)
    taken = drafts.values("study").annotate(number=Count("id")).values("number")
    mine = drafts.filter(extractor=viewer)
    every = Extraction.objects.studies_open().filter(review=review)
    return (
        Study.objects.in_review(review)
        .annotate(
            agreed=Exists(finals),
            my_status=Subquery(mine.values("status")[:1]),
            my_draft=Subquery(mine.values("pk")[:1]),
            taken=Coalesce(Subquery(taken), 0),
            all_in=Q(pk__in=every),
        )
        .annotate(
            can_start=Q(agreed=False, my_status__isnull=True, taken__lt=F("review__extractors")),
            to_agree=Q(agreed=False, all_in=True),
        )
    )


def waiting_counts(review: Any, membership: Any) -> dict[str, int]:
    """Return how many studies wait for this member: to extract, and to agree on."""
    if not membership.can("extract"):
        return {"extract": 0, "agree": 0}
    studies = studies_for(review, membership.user).filter(agreed=False)
    extract = studies.filter(Q(can_start=True) | Q(my_status="draft"))
    agree = studies.filter(to_agree=True, my_status__isnull=False)
    return {
        "extract": extract.values("pk")[:MOST_COUNTED].count(),
        "agree": agree.values("pk")[:MOST_COUNTED].count(),
    }
