"""Pages: the records, one record, and a record added by hand."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from reviews.core.audit import events_of
from reviews.core.errors import shown_on
from reviews.core.paging import COUNTED_UP_TO, Page, numbered_page_of, page_of
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.searches import services
from reviews.searches.finding import MOST_RANKED, by_relevance, mark_words
from reviews.searches.forms import RecordFilter, RecordForm
from reviews.searches.models import Record


@member_can("view")
def records(request: HttpRequest, review: Review) -> HttpResponse:
    """List the review's records, narrowed by words, source, years and what they have."""
    form = RecordFilter(request.GET, review=review)
    found = form.narrow(Record.objects.in_review(review))
    page, count = _page_of_answers(form, found, request)
    query = request.GET.copy()
    for cursor in ("after", "before", "page"):
        query.pop(cursor, None)
    query = urlencode([(name, value) for name, value in query.items() if value])
    context = {
        "review": review,
        "form": form,
        "page": page,
        "count": count,
        "counted_up_to": COUNTED_UP_TO,
        "ranked_up_to": MOST_RANKED if form.words else None,
        "query": query,
        "narrowed": bool(form.asked),
        "can_import": request.membership.can("import"),
        "can_merge": request.membership.can("deduplicate"),
    }
    template = "searches/_records.html" if request.htmx else "searches/records.html"
    return render(request, template, context)


def _page_of_answers(form: RecordFilter, found: Any, request: HttpRequest) -> tuple[Page, int]:
    """Return a page, and how many records there are, counted only as far as people read.

    What words find is looked for once, and ordered among what was found: the costs do not grow
    with the review.
    """
    if not form.words:
        page = page_of(found.for_list(), request, order=form.ordering)
        return page, found.order_by()[: COUNTED_UP_TO + 1].count()
    ids = list(found.order_by().values_list("pk", flat=True)[: MOST_RANKED + 1])
    among = Record.objects.in_review(review=form.review).filter(pk__in=ids[:MOST_RANKED])
    among = among.with_year().for_list()
    if form.ordering:
        page = page_of(among, request, order=form.ordering)
    else:
        page = numbered_page_of(by_relevance(among, form.words), request)
    mark_words(page, form.words)
    return page, len(ids)


@member_can("view")
def record(request: HttpRequest, review: Review, record_id: int) -> HttpResponse:
    """Show a record with its copies, its raw text and what happened to it."""
    row = get_object_or_404(Record.objects.in_review(review).with_source(), pk=record_id)
    copies = []
    if row.group_id:
        others = Record.objects.in_review(review).filter(group=row.group_id).exclude(pk=row.pk)
        copies = list(others.with_source().order_by("-kept", "id")[:50])
    context = {
        "review": review,
        "record": row,
        "copies": copies,
        "history": _history(row),
        "can_merge": request.membership.can("deduplicate"),
    }
    return render(request, "searches/record.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_can("import")
def new_record(request: HttpRequest, review: Review) -> HttpResponse:
    """Add a record that was found in another way than by a search."""
    form = RecordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            row = services.add_record(review, by=request.user, **form.cleaned_data)
            messages.success(request, "The record was added; copies of it are being looked for.")
            return redirect("searches:record", review_id=review.pk, record_id=row.pk)
    context = {"review": review, "form": form}
    return render(request, "searches/record_form.html", context, status=422 if form.errors else 200)


def _history(record: Record) -> list[dict]:
    """Return what the audit trail says of a record, newest first, in words."""
    events = list(events_of(record)[:50])
    metadata = [event.pgh_context.metadata if event.pgh_context else {} for event in events]
    people = get_user_model().objects.in_bulk({each.get("user") for each in metadata} - {None})
    return [
        {
            "when": event.pgh_created_at,
            "who": None if "job" in each else people.get(each.get("user")),
            "what": "Removed as a copy of another record"
            if not event.kept
            else "Kept, with copies"
            if event.group_id
            else "Stands for itself",
        }
        for event, each in zip(events, metadata, strict=True)
    ]
