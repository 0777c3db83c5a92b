"""Pages: my reviews, the review's home with its flow diagram, and the records behind each box."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reviews.core.http import asked_number, no_review
from reviews.core.paging import Page, page_of
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.reporting import boxes, history, wording
from reviews.reporting.diagram import shapes_of
from reviews.reporting.flow import flow_of, included_studies, studies_in_meta_analysis
from reviews.reporting.navigation import waiting_for
from reviews.reporting.overview import rows_of_my_reviews, team_rows
from reviews.reporting.waiting import waiting_lines
from reviews.screening.lists import full_text, title_abstract, with_outcomes

RECENT = 4
WEEK = 7
STUDIES = {
    "included": ("Studies included in review", included_studies),
    "in_meta_analysis": ("Studies included in meta-analysis", studies_in_meta_analysis),
}


@no_review
def my_reviews(request: HttpRequest) -> HttpResponse:
    """List the reviews this person is a member of, with what waits in each."""
    archived = "archived" in request.GET
    rows, more = rows_of_my_reviews(request.user, archived=archived)
    context = {
        "rows": rows,
        "archived": archived,
        "has_archived": more,
        "waiting": sum(row.waiting for row in rows),
        "to_screen": sum(row.to_screen for row in rows),
    }
    return render(request, "reporting/my_reviews.html", context)


@member_can("view")
def review_home(request: HttpRequest, review: Review) -> HttpResponse:
    """Show the PRISMA flow diagram and what waits for this member."""
    flow = _flow_context(review)
    context = {**flow, **_waiting_context(request, review), "week": _week(review)}
    if flow["empty"]:
        begins = {name: request.membership.can(name) for name in ("manage", "import")}
        return render(request, "reporting/first_steps.html", context | {"may": begins})
    context |= {
        "team": team_rows(review, viewer=request.user),
        "recent": _recent(request, review),
    }
    return render(request, "reporting/home.html", context)


@member_can("view")
def flow_diagram(request: HttpRequest, review: Review) -> HttpResponse:
    """Answer the diagram alone, counted anew."""
    return render(request, "reporting/_flow.html", {"review": review, **_flow_context(review)})


@member_can("view")
def waiting(request: HttpRequest, review: Review) -> HttpResponse:
    """Answer what waits for this member; the page asks every minute."""
    return render(request, "reporting/_waiting.html", _waiting_context(request, review))


def _flow_context(review: Review) -> dict[str, Any]:
    flow = flow_of(review)
    shapes = {shape.place: shape for shape in shapes_of(review, flow)}
    counts = flow.counts
    return {
        "flow": flow,
        "shapes": shapes.values(),
        "by_other_methods": "oid" in shapes,
        "empty": not (counts.identified or counts.identified_otherwise),
    }


def _waiting_context(request: HttpRequest, review: Review) -> dict[str, Any]:
    lines = waiting_lines(review, request.membership, waiting_for(request))
    return {"review": review, "lines": lines, "total": sum(line.count for line in lines)}


def _week(review: Review) -> int:
    return (timezone.now() - review.created_at).days // WEEK + 1


def _recent(request: HttpRequest, review: Review) -> list[wording.Told]:
    events, _ = history.find_events(review, request.user, size=RECENT)
    return wording.tell(events, viewer=request.user)


@member_can("view")
def box(request: HttpRequest, review: Review, box: str) -> HttpResponse:
    """List exactly the records a box of the diagram counts."""
    if box not in boxes.BOXES:
        raise Http404("The diagram has no such box.")
    source, reason = (asked_number(request, name) for name in ("source", "reason"))
    records = boxes.records_in(review, box, source=source, reason=reason)
    page = page_of(with_outcomes(records), request, order="id")
    context = {
        "review": review,
        "title": boxes.title_of(box),
        "box": box,
        "count": records.count(),
        "part": boxes.part_of(review, source=source, reason=reason),
        "narrowed": _address({"source": source, "reason": reason}),
        "page": page,
        "rows": [(record, title_abstract(record), full_text(record)) for record in page],
        **_turn(page, source=source, reason=reason),
    }
    return render(request, "reporting/box.html", context)


def _turn(page: Page, **query: int | None) -> dict[str, str]:
    """Return the addresses of the pages before and after this one."""
    return {
        "previous_url": _address({"before": page.before, **query}) if page.before else "",
        "next_url": _address({"after": page.after, **query}) if page.after else "",
    }


def _address(query: dict[str, Any]) -> str:
    """Return the end of an address that asks for what is given, or nothing."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


@member_can("view")
def studies(request: HttpRequest, review: Review, which: str) -> HttpResponse:
    """List the studies a box of the diagram counts."""
    if which not in STUDIES:
        raise Http404("The diagram has no such box.")
    title, found = STUDIES[which]
    listed = found(review).annotate(reports=Count("study_reports"))
    page = page_of(listed, request, order="label")
    context = {"review": review, "title": title, "page": page, **_turn(page)}
    return render(request, "reporting/studies.html", context)
