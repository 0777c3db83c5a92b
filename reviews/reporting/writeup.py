"""Pages: the list of what can be taken out of the review, its activity, and the files."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reviews.core.http import asked_number
from reviews.core.tables import csv_lines, download
from reviews.protocol.access import member_can
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.reporting import history, wording
from reviews.reporting.arithmetic import make_boxes
from reviews.reporting.boxes import BOXES, records_in
from reviews.reporting.diagram import shapes_of
from reviews.reporting.drawing import draw
from reviews.reporting.flow import count_flow
from reviews.reporting.strategies import strategy_rows, strategy_text
from reviews.screening.export import csv_lines as record_csv
from reviews.screening.export import ris_lines
from reviews.screening.lists import with_outcomes

SVG = "image/svg+xml"
RIS = "application/x-research-info-systems"
ACTIVITY = ("when", "who", "stage", "what", "happened", "changes", "reason", "request")
MOST_EVENTS = 100_000


@member_can("view")
def writeup(request: HttpRequest, review: Review) -> HttpResponse:
    """List every export, by what a write-up needs."""
    return render(request, "reporting/writeup.html", {"review": review})


@member_can("export")
def flow_file(request: HttpRequest, review: Review, kind: str) -> HttpResponse:
    """Answer the flow diagram as a picture, or its counts as a table."""
    flow = count_flow(review)
    name = f"review-{review.pk}-flow.{kind}"
    if kind == "csv":
        return download(csv_lines(("box", "part", "n"), _flow_rows(flow)), name)
    if kind != "svg":
        raise Http404("There is no such file.")
    today = timezone.localdate()
    note = f"{review.title}. PRISMA 2020 flow diagram, {today:%-d %b %Y}."
    picture = draw(shapes_of(review, flow), title="PRISMA 2020 flow diagram", note=note[:150])
    return download([picture], name, SVG)


def _flow_rows(flow: Any) -> Iterator[tuple[str, str, int]]:
    for box in make_boxes(flow.counts):
        yield box.label, "", box.count
        for part, count in box.parts:
            yield box.label, part, count


@member_can("export")
def box_file(request: HttpRequest, review: Review, box: str, kind: str) -> HttpResponse:
    """Answer the records of a box, or of one source or reason in it, as RIS or CSV."""
    writers: dict[str, tuple[Callable, str]] = {
        "ris": (ris_lines, RIS),
        "csv": (record_csv, "text/csv"),
    }
    if box not in BOXES or kind not in writers:
        raise Http404("There is no such file.")
    write, media_type = writers[kind]
    source, reason = (asked_number(request, name) for name in ("source", "reason"))
    records = records_in(review, box, source=source, reason=reason)
    records = with_outcomes(records).order_by("id")
    lines = write(records.iterator(chunk_size=500))
    return download(lines, f"review-{review.pk}-{box}.{kind}", media_type)


@member_can("export")
def strategies(request: HttpRequest, review: Review, kind: str) -> HttpResponse:
    """Answer the searches as PRISMA-S asks: as a table, or as text for an appendix."""
    name = f"review-{review.pk}-searches.{kind}"
    if kind == "csv":
        header, rows = strategy_rows(review)
        return download(csv_lines(header, rows), name)
    if kind == "txt":
        return download(strategy_text(review), name, "text/plain")
    raise Http404("There is no such file.")


@member_can("view")
def activity(request: HttpRequest, review: Review) -> HttpResponse:
    """List what happened in the review, the newest first, as far as this person may know."""
    person, stage = _asked(request)
    before = request.GET.get("before", "")
    events, older = history.find_events(
        review, request.user, person=person, stage=stage, before=before
    )
    members = Membership.objects.filter(review=review).select_related("user")
    context = {
        "review": review,
        "events": wording.tell(events, viewer=request.user),
        "people": sorted({each.user for each in members}, key=str),
        "stages": list(history.STAGES),
        "person": person,
        "stage": stage,
        "older": older,
        "first": not before,
    }
    template = "_events.html" if request.htmx and not request.htmx.boosted else "activity.html"
    return render(request, f"reporting/{template}", context)


@member_can("export")
def activity_file(request: HttpRequest, review: Review) -> HttpResponse:
    """Answer the activity as CSV, as far as this person may know."""
    person, stage = _asked(request)
    rows = wording.rows_for_export(_told(review, request.user, person, stage))
    return download(csv_lines(ACTIVITY, rows), f"review-{review.pk}-activity.csv")


def _told(review: Review, viewer: Any, person: int | None, stage: str) -> Iterator[wording.Told]:
    before, told = "", 0
    while told < MOST_EVENTS:
        events, before = history.find_events(
            review, viewer, person=person, stage=stage, before=before, size=500
        )
        yield from wording.tell(events, viewer=None)
        told += len(events)
        if not before:
            return


def _asked(request: HttpRequest) -> tuple[int | None, str]:
    stage = request.GET.get("stage", "")
    return asked_number(request, "person"), stage if stage in history.STAGES else ""
