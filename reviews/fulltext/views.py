"""Pages: reports sought, retrieved or not, their PDFs, and full-text screening."""

from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reviews.core.errors import StaleEdit, shown_on
from reviews.core.paging import page_of, said_count
from reviews.core.versions import stale_page
from reviews.fulltext import services
from reviews.fulltext.forms import FileForm, ReportFilter, RetrievalForm
from reviews.fulltext.models import Report, ReportFile
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.screening import desk
from reviews.screening.abilities import abilities
from reviews.screening.models import ScreeningItem, Stage
from reviews.searches.models import Record

# A PDF may carry scripts and forms; in this sandbox it can do nothing but be looked at.
SANDBOX = "sandbox; default-src 'none'"
CUT_SHORT = (
    "The file ends before the PDF does, so the download was perhaps broken off."
    " Look whether every page is there; if not, download the report again and upload it."
)


@member_can("view")
def index(request: HttpRequest, review: Review) -> HttpResponse:
    """List the reports with their retrieval status."""
    form = ReportFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = Report.objects.in_review(review).with_record()
    if wanted.get("retrieval"):
        found = found.filter(retrieval=wanted["retrieval"])
    if wanted.get("q"):
        found = found.filter(record__in=Record.objects.in_review(review).matching(wanted["q"]))
    page = page_of(found.prefetch_related("files"), request)
    base = request.GET.copy()
    for name in ("after", "before"):
        base.pop(name, None)
    context = {
        "form": form,
        "page": page,
        "shown": f"{said_count(found, 'report')}, newest first",
        "filtered": any(base.values()),
        **abilities(request.membership),
        "waiting": services.waiting_counts(review, request.membership),
        "next_url": f"?{base.urlencode()}&after={page.after}" if page.after else "",
        "previous_url": f"?{base.urlencode()}&before={page.before}" if page.before else "",
    }
    return render(request, "fulltext/list.html", context)


@member_can("view")
def report(request: HttpRequest, review: Review, report_id: int) -> HttpResponse:
    found = _report(review, report_id)
    return _show(request, found, RetrievalForm(instance=found), FileForm())


def _report(review: Review, report_id: int) -> Report:
    return get_object_or_404(Report.objects.in_review(review).with_record(), pk=report_id)


def _show(
    request: HttpRequest,
    found: Report,
    form: RetrievalForm,
    file_form: FileForm,
    status: int = 200,
) -> HttpResponse:
    files = list(found.files.select_related("file", "uploaded_by"))
    context = {
        "report": found,
        "record": found.record,
        "form": form,
        "file_form": file_form,
        "files": files,
        "newest": files[0] if files else None,
        **abilities(request.membership),
    }
    return render(request, "fulltext/report.html", context, status=status)


@require_POST
@member_can("retrieve")
def retrieval(request: HttpRequest, review: Review, report_id: int) -> HttpResponse:
    """Set the retrieval status, unless somebody else did so meanwhile."""
    found = _report(review, report_id)
    form = RetrievalForm(request.POST, instance=_report(review, report_id))
    if form.is_valid():
        try:
            with shown_on(form):
                services.set_retrieval(found, by=request.user, **form.cleaned_data)
        except StaleEdit as error:
            return stale_page(request, form, error)
    if not form.is_valid():
        return _show(request, found, form, FileForm(), status=400)
    messages.success(request, "Saved.")
    return redirect("fulltext:report", review_id=review.pk, report_id=found.pk)


@require_POST
@member_can("retrieve")
def upload(request: HttpRequest, review: Review, report_id: int) -> HttpResponse:
    """Keep a PDF of the report."""
    found = _report(review, report_id)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        with shown_on(form):
            kept = services.add_file(found, by=request.user, upload=form.cleaned_data["file"])
    if not form.is_valid():
        return _show(request, found, RetrievalForm(instance=found), form, status=400)
    messages.success(request, "The PDF is kept, and the report is retrieved.")
    if services.is_cut_short(kept):
        messages.warning(request, CUT_SHORT)
    return redirect("fulltext:report", review_id=review.pk, report_id=found.pk)


@member_can("view")
def file(request: HttpRequest, review: Review, report_id: int, file_id: int) -> FileResponse:
    """Send a PDF to members, sandboxed."""
    kept = get_object_or_404(
        ReportFile.objects.in_review(review).select_related("file"), pk=file_id, report=report_id
    )
    try:
        content = kept.file.open()
    except FileNotFoundError as error:
        raise Http404("The file is not on the disk.") from error
    # Whatever it was called: saved as x.html, a PDF that begins with a script would be run.
    name = f"{PurePath(kept.name).stem}.pdf"
    response = FileResponse(content, content_type="application/pdf", filename=name)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _pdf_of(item: ScreeningItem | None) -> dict[str, Any]:
    """Return the report to show beside the decision, with its newest PDF."""
    if item is None:
        return {}
    found = Report.objects.filter(record=item.record_id).first()
    return {"report": found, "newest": found.files.first() if found else None}


DESK = desk.Desk(
    stage=Stage.FULL_TEXT, namespace="fulltext", page="fulltext/screen.html", extras=_pdf_of
)


@member_can("screen")
def screen(request: HttpRequest, review: Review) -> HttpResponse:
    return desk.show(request, review, DESK)


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
