"""Pages: the screening desk, the overview, the list of records and a record's own page."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reviews.core.paging import page_of, said_count
from reviews.jobs.services import start_job
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.screening import desk
from reviews.screening.abilities import abilities
from reviews.screening.cards import record_context
from reviews.screening.export import WRITERS
from reviews.screening.forms import RecordFilter
from reviews.screening.history import history_of
from reviews.screening.lists import (
    filter_records,
    for_export,
    full_text,
    title_abstract,
    with_outcomes,
)
from reviews.screening.models import Stage
from reviews.screening.summary import agreement_of_pairs, summary
from reviews.searches.models import Record

DESK = desk.Desk(stage=Stage.TITLE_ABSTRACT, namespace="screening", page="screening/screen.html")


@member_can("view")
def overview(request: HttpRequest, review: Review) -> HttpResponse:
    context = {
        **summary(review, request.membership),
        **abilities(request.membership),
    }
    return render(request, "screening/overview.html", context)


@require_POST
@member_can("deduplicate")
def open_screening(request: HttpRequest, review: Review) -> HttpResponse:
    """Take the records that searches brought into screening, in the background."""
    job = start_job("screening.open", review=review, by=request.user)
    return redirect("jobs:show", review_id=review.pk, job_id=job.pk)


@member_can("view")
def agreement(request: HttpRequest, review: Review) -> HttpResponse:
    """Show how far reviewers agree; it takes longer, so the overview asks for it by itself."""
    context = {
        "stages": [
            (stage, agreement_of_pairs(review, stage, viewer=request.user)) for stage in Stage
        ]
    }
    name = "_agreement" if request.htmx else "agreement"
    return render(request, f"screening/{name}.html", context)


@member_can("screen")
def screen(request: HttpRequest, review: Review) -> HttpResponse:
    return desk.show(request, review, DESK)


@member_can("screen")
def screen_full_text(request: HttpRequest, review: Review) -> HttpResponse:
    """Full text is screened beside its PDF, on a page of the next stage."""
    return redirect("fulltext:screen", review_id=review.pk)


@require_POST
@member_can("screen")
def decide(request: HttpRequest, review: Review) -> HttpResponse:
    return desk.decide(request, review, DESK)


@require_POST
@member_can("screen")
def note(request: HttpRequest, review: Review) -> HttpResponse:
    return desk.add_note(request, review, DESK)


@require_POST
@member_can("screen")
def label(request: HttpRequest, review: Review) -> HttpResponse:
    return desk.toggle_label(request, review, DESK)


@member_can("view")
def records(request: HttpRequest, review: Review) -> HttpResponse:
    """List all records with their outcomes; the boxes of the flow diagram lead here."""
    form = RecordFilter(request.GET, review=review)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = filter_records(review, viewer=request.user, wanted=wanted)
    page = page_of(
        with_outcomes(found).defer("raw", "mesh", "search", "abstract", "sections", "keywords"),
        request,
    )
    context = {
        "form": form,
        "page": page,
        "shown": f"{said_count(found, 'record')}, newest first",
        "lines": [(record, title_abstract(record), full_text(record)) for record in page],
        "query": _without(request, "after", "before"),
        **_neighbours(request, page),
    }
    return render(request, "screening/records.html", context)


def _without(request: HttpRequest, *names: str) -> str:
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()


def _neighbours(request: HttpRequest, page: Any) -> dict[str, str]:
    base = _without(request, "after", "before")
    return {
        f"{way}_url": f"?{base}&{name}={cursor}" if cursor else ""
        for way, name, cursor in (
            ("next", "after", page.after),
            ("previous", "before", page.before),
        )
    }


@member_can("export")
def export(request: HttpRequest, review: Review, kind: str) -> StreamingHttpResponse:
    """Stream the filtered list as CSV or RIS."""
    if kind not in WRITERS:
        raise Http404
    write, media_type = WRITERS[kind]
    form = RecordFilter(request.GET, review=review)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = for_export(filter_records(review, viewer=request.user, wanted=wanted)).order_by("id")
    response = StreamingHttpResponse(
        write(found.iterator(chunk_size=2000)), content_type=media_type
    )
    response["Content-Disposition"] = f'attachment; filename="records-{review.pk}.{kind}"'
    return response


@member_can("view")
def record(request: HttpRequest, review: Review, record_id: int) -> HttpResponse:
    """Show a record with its sources, its raw text, and what was decided as far as it shows."""
    found = get_object_or_404(Record.objects.in_review(review).with_source(), pk=record_id)
    context = {
        **record_context(found),
        "stages": history_of(found, viewer=request.user),
        **abilities(request.membership),
    }
    return render(request, "screening/record.html", context)
