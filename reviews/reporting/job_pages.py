"""A job's progress, and the way to stop it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from reviews.jobs import services
from reviews.jobs.models import Job
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.reporting.job_words import WORDS

# Where its outcome is read: an address of the review, the argument it needs, the link's words.
PLACES = {
    "searches.import": ("searches:batch", "batch_id", "The import"),
    "searches.fetch": ("searches:search", "search_id", "The search"),
    "searches.withdraw": ("searches:batch", "batch_id", "The import"),
    "dedup.find": ("dedup:list", None, "Duplicates"),
    "dedup.regroup": ("dedup:list", None, "Duplicates"),
    "screening.open": ("screening:overview", None, "Screening"),
    "fulltext.seek": ("fulltext:list", None, "Full text"),
}


@member_can("view")
def show(request: HttpRequest, review: Review, job_id: int) -> HttpResponse:
    """Show one job; htmx asks for the partial every second until it ends."""
    job = get_object_or_404(Job.objects.in_review(review), pk=job_id)
    template = "_job.html" if request.htmx else "jobs/show.html"
    response = render(request, template, _context(review, job))
    if request.htmx and job.finished:
        response["HX-Trigger"] = "job-finished"
    return response


@require_POST
@member_can("view")
def cancel(request: HttpRequest, review: Review, job_id: int) -> HttpResponse:
    """Stop a job; who asked for it may, and every lead."""
    job = get_object_or_404(Job.objects.in_review(review), pk=job_id)
    if job.asked_by_id != request.user.pk and not request.membership.can("manage"):
        return redirect("jobs:show", review_id=review.pk, job_id=job.pk)
    job = services.cancel_job(job, by=request.user)
    if request.htmx:
        return render(request, "_job.html", _context(review, job))
    return redirect("jobs:show", review_id=review.pk, job_id=job.pk)


def _context(review: Review, job: Job) -> dict[str, Any]:
    context = {"review": review, "job": job, "title": WORDS.get(job.kind)}
    if place := PLACES.get(job.kind):
        name, argument, words = place
        ids = [job.arguments.get(argument)] if argument else []
        context |= {"next_url": reverse(name, args=[review.pk, *ids]), "next_label": words}
    return context
