"""Page: run a search's strategy in PubMed, the count first."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from reviews.core.errors import DomainError
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.searches import live
from reviews.searches.models import Search
from reviews.searches.pubmed import MOST_RECORDS


@require_http_methods(["GET", "HEAD", "POST"])
@member_can("import")
def pubmed(request: HttpRequest, review: Review, search_id: int) -> HttpResponse:
    """Show the strategy as one query; count what it finds, then bring it in."""
    search = get_object_or_404(Search.objects.for_list(review), pk=search_id)
    if not live.can_run(search):
        raise Http404("Searching PubMed from here is off, or the source is another.")
    context = {"review": review, "search": search, "most": MOST_RECORDS}
    try:
        context["query"] = live.query_of(search)
        if request.method == "POST" and "import" in request.POST:
            job = live.start(search, by=request.user)
            return redirect("jobs:show", review_id=review.pk, job_id=job.pk)
        if request.method == "POST":
            context["found"] = live.count(search)
    except DomainError as error:
        context["problem"] = str(error)
    status = 422 if "problem" in context and request.method == "POST" else 200
    return render(request, "searches/pubmed.html", context, status=status)
