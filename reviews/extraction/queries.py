"""What pages and later stages read: studies with their state for a person, final tables."""

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from reviews.extraction.models import Extraction, TwoByTwo
from reviews.studies.models import Agreement, Study

MOST_COUNTED = 1_000


def final_tables(review: Any):
    """Return the agreed 2x2 tables of the review, with study, cohort and lists at hand."""
    return TwoByTwo.objects.in_review(review).final().with_context()


def studies_for(review: Any, viewer: Any):
    """Return the studies with ``agreed``, ``my_status``, ``can_start``, ``to_agree``, and where a
    consensus is proposed ``to_confirm`` (by this person) or ``proposed`` (by whomever).

    Of other people's drafts nothing shows but that a place is taken or all are in.
    """
    drafts = Extraction.objects.filter(
        study=OuterRef("pk"), final=False, withdrawn_at__isnull=True
    ).order_by()
    finals = Extraction.objects.filter(study=OuterRef("pk"), final=True)
    taken = drafts.values("study").annotate(number=Count("id")).values("number")
    mine = drafts.filter(extractor=viewer)
    proposals = Agreement.objects.filter(study=OuterRef("pk"), kind=Agreement.Kind.EXTRACTION)
    every = Extraction.objects.studies_open().filter(review=review)
    return (
        Study.objects.in_review(review)
        .annotate(
            agreed=Exists(finals),
            my_status=Subquery(mine.values("status")[:1]),
            my_draft=Subquery(mine.values("pk")[:1]),
            taken=Coalesce(Subquery(taken), 0),
            all_in=Q(pk__in=every),
            has_proposal=Exists(proposals.proposed()),
            waits_for_me=Exists(proposals.waiting_for(viewer)),
        )
        .annotate(
            can_start=Q(agreed=False, my_status__isnull=True, taken__lt=F("review__extractors")),
            to_agree=Q(agreed=False, all_in=True),
            proposed=Q(agreed=False, all_in=True, has_proposal=True),
            to_confirm=Q(agreed=False, all_in=True, waits_for_me=True, my_status__isnull=False),
        )
    )


def waiting_for(review: Any, membership: Any) -> dict[str, Any]:
    """Return the studies that wait for this member, as querysets: to extract, to agree on, and
    to confirm what another extractor proposed."""
    studies = studies_for(review, membership.user).filter(agreed=False)
    if not membership.can("extract"):
        studies = studies.none()
    return {
        "to_extract": studies.filter(Q(can_start=True) | Q(my_status="draft")),
        "to_agree": studies.filter(to_agree=True, has_proposal=False, my_status__isnull=False),
        "to_confirm": studies.filter(to_confirm=True),
    }


def waiting_counts(review: Any, membership: Any) -> dict[str, int]:
    """Return how many studies wait for this member: to extract, to agree on, to confirm."""
    return {
        name.removeprefix("to_"): studies.values("pk")[:MOST_COUNTED].count()
        for name, studies in waiting_for(review, membership).items()
    }
