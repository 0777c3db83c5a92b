"""Pages: the PRISMA-S checklist, and what the team says of its items."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from reviews.core.errors import StaleEdit, shown_on
from reviews.core.tables import csv_lines, download
from reviews.core.versions import stale_page, version_of
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.reporting.prisma_s import HEADER, ITEMS, checklist, checklist_rows, checklist_text
from reviews.searches import services
from reviews.searches.forms import StatementForm
from reviews.searches.models import SearchStatement


@member_can("view")
def prisma_s(request: HttpRequest, review: Review) -> HttpResponse:
    """Show each item: filled from the data, stated by the team, or missing."""
    items = checklist(review)
    context = {
        "review": review,
        "items": items,
        "open": sum(not item.complete for item in items),
        "can_edit": request.membership.can("import"),
    }
    return render(request, "reporting/prisma_s.html", context)


@member_can("export")
def prisma_s_file(request: HttpRequest, review: Review, kind: str) -> HttpResponse:
    """Answer the checklist as a table, or as text for an appendix."""
    name = f"review-{review.pk}-prisma-s.{kind}"
    if kind == "csv":
        return download(csv_lines(HEADER, checklist_rows(review)), name)
    if kind == "txt":
        return download(checklist_text(review), name, "text/plain")
    raise Http404("There is no such file.")


@require_http_methods(["GET", "HEAD", "POST"])
@member_can("import")
def statement(request: HttpRequest, review: Review, checklist_item: str) -> HttpResponse:
    """Write down what the team says of an item."""
    number = next((each for each in ITEMS if str(each) == checklist_item), None)
    if number is None:
        raise Http404("PRISMA-S has no such item.")
    row = SearchStatement.objects.filter(review=review, item=number).first()
    row = row or SearchStatement(review=review, item=number)
    form = StatementForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                services.write_statement(
                    review,
                    by=request.user,
                    item=number,
                    text=form.cleaned_data["text"],
                    version=version_of(request),
                )
                messages.success(request, f"Item {number} was saved.")
                return redirect("reporting:prisma_s", review_id=review.pk)
        except StaleEdit as error:
            return stale_page(request, form, error)
    item = checklist(review)[number - 1]
    context = {"review": review, "form": form, "item": item, "row": row}
    return render(request, "reporting/statement.html", context, status=422 if form.errors else 200)
