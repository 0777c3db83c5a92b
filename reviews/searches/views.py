"""Pages: sources, searches, and the files they brought."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from reviews.core.errors import DomainError, StaleEdit, shown_on
from reviews.core.versions import stale_page, version_of
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.searches import live, services
from reviews.searches.forms import ColumnsForm, SearchForm, SourceForm, UploadForm
from reviews.searches.hits import compare
from reviews.searches.models import ImportBatch, Record, Search, Source
from reviews.searches.parsers import FORMATS
from reviews.searches.parsers.preview import preview_table

GET_POST = ["GET", "HEAD", "POST"]
TABLES = {"csv", "xlsx"}


@member_can("view")
def index(request: HttpRequest, review: Review) -> HttpResponse:
    """Show every source with its searches, and the imports on their way."""
    searches = list(Search.objects.for_list(review))
    coming = ImportBatch.objects.in_review(review).staged().with_file()
    context = {
        "review": review,
        "searches": searches,
        "idle_sources": Source.objects.without_search(review),
        "coming": list(coming.order_by("-id")[:10]),
        "records": sum(search.imported for search in searches),
        "last_run": max(
            (search.run_on for search in searches if not search.source.by_hand), default=None
        ),
        "sources": len({search.source_id for search in searches if search.imported}),
        "can_import": request.membership.can("import"),
    }
    return render(request, "searches/list.html", context)


@require_http_methods(GET_POST)
@member_can("import")
def source(request: HttpRequest, review: Review, source_id: int | None = None) -> HttpResponse:
    """Add a source, or change one."""
    row = source_id and get_object_or_404(Source.objects.in_review(review), pk=source_id)
    form = SourceForm(request.POST or None, instance=row or None)
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                if row:
                    services.edit_source(
                        row, by=request.user, version=version_of(request), **form.cleaned_data
                    )
                    return redirect("searches:list", review_id=review.pk)
                row = services.create_source(review, by=request.user, **form.cleaned_data)
                messages.success(request, f"{row} was added. Document its search next.")
                return redirect(f"{_url('searches:search_new', review)}?source={row.pk}")
        except StaleEdit as error:
            return stale_page(request, form, error)
    return _form_page(request, form, "searches/source_form.html", row)


@require_http_methods(GET_POST)
@member_can("import")
def edit_search(request: HttpRequest, review: Review, search_id: int | None = None) -> HttpResponse:
    """Document a search, or change what is written about one."""
    row = search_id and get_object_or_404(
        Search.objects.in_review(review).filter(source__by_hand=False), pk=search_id
    )
    initial = {} if row else {"source": request.GET.get("source", "")}
    form = SearchForm(request.POST or None, instance=row or None, review=review, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                if row:
                    row = services.edit_search(
                        row, by=request.user, version=version_of(request), **form.cleaned_data
                    )
                else:
                    row = services.create_search(review, by=request.user, **form.cleaned_data)
                return redirect("searches:search", review_id=review.pk, search_id=row.pk)
        except StaleEdit as error:
            return stale_page(request, form, error)
    return _form_page(request, form, "searches/search_form.html", row)


@member_can("view")
def search(request: HttpRequest, review: Review, search_id: int) -> HttpResponse:
    """Show a search as run, and the files it brought."""
    row = get_object_or_404(Search.objects.for_list(review), pk=search_id)
    batches = list(row.batches.with_file().order_by("-id")[:100])
    context = {
        "review": review,
        "search": row,
        "batches": batches,
        "hits": compare(
            row.hits,
            row.imported,
            coming=sum(batch.state == "coming" for batch in batches),
            problems=sum(batch.problem_count for batch in batches if batch.state == "in"),
        ),
        "new": _new_with(row),
        "can_run": live.can_run(row),
        "updates": row.updates.select_related("source"),
        "can_import": request.membership.can("import"),
    }
    return render(request, "searches/search.html", context)


@require_http_methods(GET_POST)
@member_can("import")
def upload(request: HttpRequest, review: Review) -> HttpResponse:
    """Take an export file in; the worker reads it."""
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        review=review,
        initial={"search": request.GET.get("search", "")},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        with shown_on(form):
            batch = services.upload_file(
                form.cleaned_data["search"],
                by=request.user,
                name=given.name,
                chunks=given.chunks(),
                format=form.cleaned_data["format"],
            )
            return redirect("searches:batch", review_id=review.pk, batch_id=batch.pk)
    has_searches = form.fields["search"].queryset.exists()
    context = {"review": review, "form": form, "has_searches": has_searches}
    return render(request, "searches/upload.html", context, status=422 if form.errors else 200)


@member_can("view")
def batch(request: HttpRequest, review: Review, batch_id: int) -> HttpResponse:
    """Show an import: on its way, what came of it, and the lines that need a look."""
    row = _batch(review, batch_id)
    context = {
        "review": review,
        "batch": row,
        "format": FORMATS.get(row.format, row.format),
        "table": _table_of(row) if _may_be_a_table(row) else None,
        "elsewhere": services.same_file_elsewhere(row) if row.state in {"in", "coming"} else [],
        "can_import": request.membership.can("import"),
    }
    template = "searches/_import.html" if request.htmx else "searches/batch.html"
    response = render(request, template, context)
    if request.htmx and row.state != "coming":
        response["HX-Refresh"] = "true"
    return response


@member_can("view")
def batch_file(request: HttpRequest, review: Review, batch_id: int) -> HttpResponse:
    """Hand out the file as it was received."""
    row = _batch(review, batch_id)
    if row.file is None or not row.file.path.exists():
        raise DomainError("The file is not there.")
    return FileResponse(
        row.file.open(),
        as_attachment=True,
        filename=row.file_name or "export.txt",
        content_type="application/octet-stream",
    )


@require_POST
@member_can("import")
def cancel(request: HttpRequest, review: Review, batch_id: int) -> HttpResponse:
    services.cancel_import(_batch(review, batch_id), by=request.user)
    messages.info(request, "The import was cancelled; none of its records are in the review.")
    return redirect("searches:batch", review_id=review.pk, batch_id=batch_id)


@require_POST
@member_can("import")
def withdraw(request: HttpRequest, review: Review, batch_id: int) -> HttpResponse:
    job = services.withdraw_batch(_batch(review, batch_id), by=request.user)
    return redirect("jobs:show", review_id=review.pk, job_id=job.pk)


@require_http_methods(GET_POST)
@member_can("import")
def columns(request: HttpRequest, review: Review, batch_id: int) -> HttpResponse:
    """Let people say what the columns of a table hold, and read the file again."""
    row = _batch(review, batch_id)
    table = _table_of(row)
    if table is None:
        raise DomainError("This file has no columns to name.")
    form = ColumnsForm(request.POST or None, table=table)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            again = services.import_again(
                row, by=request.user, format="csv", mapping=form.mapping()
            )
            return redirect("searches:batch", review_id=review.pk, batch_id=again.pk)
    context = {"review": review, "batch": row, "table": table, "form": form}
    return render(request, "searches/columns.html", context, status=422 if form.errors else 200)


def _new_with(search: Search) -> int | None:
    """Count the new records of an update, as far as people read."""
    if not (search.update_of_id and search.imported):
        return None
    return Record.objects.in_review(search.review_id).new_with(search)[:1_001].count()


def _batch(review: Review, batch_id: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.in_review(review).with_file(), pk=batch_id)


def _may_be_a_table(batch: ImportBatch) -> bool:
    """Say whether naming columns may help: not where the file was read as something else."""
    return batch.state == "failed" or (batch.state == "withdrawn" and batch.format in TABLES)


def _table_of(batch: ImportBatch) -> Any:
    there = batch.file is not None and batch.file.path.exists()
    return preview_table(batch.file.path) if there else None


def _url(name: str, review: Review) -> str:
    return redirect(name, review_id=review.pk).url


def _form_page(request: HttpRequest, form: Any, template: str, row: Any) -> HttpResponse:
    context = {"review": request.review, "form": form, "row": row or None}
    return render(request, template, context, status=422 if form.errors else 200)
