"""Pages: runs of analysis plans."""

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.core.tables import attachment
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.synthesis import figures, services
from reviews.synthesis import plans as rules
from reviews.synthesis.changes import what_changed
from reviews.synthesis.exports import FILES
from reviews.synthesis.inputs import names_in
from reviews.synthesis.links import table_url
from reviews.synthesis.models import Plan, Run
from reviews.synthesis.numbers import proportion
from reviews.synthesis.practice import share_of
from reviews.synthesis.present import shown
from reviews.synthesis.report import report


@require_POST
@member_can("run")
def start(request: HttpRequest, review: Review, plan_id: int) -> HttpResponse:
    plan = get_object_or_404(Plan.objects.in_review(review), pk=plan_id)
    started = services.start_run(plan, by=request.user)
    return redirect("synthesis:run", review_id=review.pk, plan_id=plan_id, run_id=started.pk)


def _run_or_404(review: Review, plan_id: int, run_id: int) -> Run:
    runs = Run.objects.in_review(review).select_related("plan", "job", "asked_by")
    found = get_object_or_404(runs, pk=run_id, plan_id=plan_id)
    found.review = review
    return found


@member_can("view")
def run(request: HttpRequest, review: Review, plan_id: int, run_id: int) -> HttpResponse:
    """Show a run: its result, or how far its job is; htmx takes the part below the navigation."""
    found = _run_or_404(review, plan_id, run_id)
    names = names_in(review)
    context: dict[str, Any] = {
        "run": found,
        "plan": found.plan,
        "sentence": rules.sentence(found.definition, names),
        **_place_among_runs(found),
        "can_plan": request.membership.can("plan"),
        "may_run": request.membership.can("run"),
        "waiting": found.job is not None and not found.job.finished and not found.finished_at,
    }
    if found.finished_at:
        state = what_changed(found)
        offered = figures.offered(found, viewer=request.user)
        sections = report(found, prevalence=_prevalence(request))
        context |= {"state": state, "moved": _moved(found, state.newer)}
        context |= {**shown(found), **offered, **sections}
    template = "synthesis/_run.html" if request.htmx else "synthesis/run.html"
    if request.htmx.target == "practice" and found.finished_at:
        template = "synthesis/_practice.html"
    return render(request, template, context)


def _place_among_runs(run: Run) -> dict[str, Any]:
    finished = Run.objects.filter(plan_id=run.plan_id, finished_at__isnull=False)
    ids = list(finished.order_by("id").values_list("pk", flat=True))
    number = ids.index(run.pk) + 1 if run.pk in ids else None
    return {"number": number, "runs": len(ids)}


def _moved(run: Run, newer: Run | None) -> list[tuple[str, str, str]]:
    """Return how far the estimates are from those with today's tables, where both exist."""
    if newer is None:
        return []
    pairs = [
        (arm, run.result["fit"][arm]["estimate"], newer.result["fit"][arm]["estimate"])
        for arm in ("sensitivity", "specificity")
    ]
    return [(arm, proportion(old), proportion(new)) for arm, old, new in pairs]


@member_can("export")
def export(
    request: HttpRequest, review: Review, plan_id: int, run_id: int, name: str
) -> HttpResponse:
    found = _run_or_404(review, plan_id, run_id)
    if name not in FILES and name not in figures.FILES:
        raise Http404("No such file.")
    if not found.finished_at:
        raise DomainError(services.NO_RESULT)
    file_name = f"{slugify(found.plan.name) or 'analysis'}-{found.pk}-{name}"
    if name in figures.FILES:
        return attachment(*_figure(request, found, name), file_name)
    content_type, written = FILES[name]
    return attachment(written(found), content_type, file_name)


@member_can("view")
def figure(
    request: HttpRequest, review: Review, plan_id: int, run_id: int, drawing: str
) -> HttpResponse:
    """Show a figure as it would be printed, with its description and its files."""
    found = _run_or_404(review, plan_id, run_id)
    if drawing not in figures.NAMES:
        raise Http404("No such figure.")
    if not found.finished_at:
        raise DomainError(services.NO_RESULT)
    asked = _prevalence(request)
    try:
        share, problem = share_of(asked), ""
    except DomainError as error:
        share, problem = None, str(error)
    drawn = figures.picture(found, drawing, viewer=request.user, share=share)
    context = {
        "run": found,
        "plan": found.plan,
        "name": drawing,
        "label": figures.NAMES[drawing],
        "shows": figures.SHOWS[drawing],
        "picture": drawn,
        "source": b64encode(drawn["svg"]).decode(),
        "kinds": list(bridge.FIGURE_KINDS),
        "by_prevalence": drawing in figures.BY_PREVALENCE,
        "asked": asked,
        "problem": problem,
        "query": f"?{urlencode({'prevalence': asked})}" if asked and not problem else "",
        **_place_among_runs(found),
        **figures.offered(found, viewer=request.user),
    }
    return render(request, "synthesis/figure.html", context)


def _prevalence(request: HttpRequest) -> str:
    return request.GET.get("prevalence", "")[:20]


def _figure(request: HttpRequest, run: Run, name: str) -> tuple[bytes, str]:
    links = [table_url(run.review_id, row["study"], row["table"]) for row in run.inputs]
    return figures.draw(
        run,
        name,
        viewer=request.user,
        urls=[request.build_absolute_uri(link) for link in links],
        prevalence=_prevalence(request),
    )
