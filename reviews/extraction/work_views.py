"""The work screen: the report on the left, the form of a 2x2 table and its cohort on the right."""

import json
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reviews import bridge
from reviews.core.errors import StaleEdit, shown_on
from reviews.core.versions import stale_page
from reviews.extraction import pinning, services
from reviews.extraction.forms import CohortForm, CountField, PinForm, TableForm
from reviews.extraction.lookups import (
    cohort_or_404,
    extraction_or_404,
    files_of,
    reports_of,
    table_or_404,
)
from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.extraction.warnings import findings_for, short_name
from reviews.fulltext.models import ReportFile
from reviews.protocol.access import member_can
from reviews.protocol.models import Review

CELLS = ("tp", "fp", "fn", "tn")
PINNED_TABLE = (*CELLS, "index_test", "target_condition", "reference_standard", "threshold")
PINNED_COHORT = ("role", "unit", "participants", "units", "with_condition", "country", "setting")


@require_GET
@member_can("extract")
def work(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    """Open an extraction at one of its tables or cohorts."""
    extraction = extraction_or_404(request, review, extraction_id)
    table = cohort = None
    if wanted := _number(request.GET.get("table")):
        table = get_object_or_404(_tables(extraction), pk=wanted)
    elif wanted := _number(request.GET.get("cohort")):
        cohort = get_object_or_404(extraction.cohorts, pk=wanted)
    else:
        table = _tables(extraction).first()
        cohort = None if table else extraction.cohorts.first()
    return _screen(request, extraction, table=table, cohort=table.cohort if table else cohort)


@member_can("extract")
def new_cohort(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    extraction = extraction_or_404(request, review, extraction_id)
    blank = Cohort(review_id=review.pk, extraction=extraction)
    form = CohortForm(request.POST or None, instance=blank, needs_reason=extraction.final)
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            made = services.add_cohort(extraction, by=request.user, **form.values())
            _save_pins(request, extraction, PINNED_COHORT, cohort=made)
            return _to_work(extraction, cohort=made.pk)
    return _screen(request, extraction, cohort=blank, cohort_form=form)


@member_can("extract")
def new_table(request: HttpRequest, review: Review, cohort_id: int) -> HttpResponse:
    cohort = cohort_or_404(request, review, cohort_id)
    extraction = cohort.extraction
    blank = TwoByTwo(review_id=review.pk, cohort=cohort)
    form = TableForm(request.POST or None, instance=blank, needs_reason=extraction.final)
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            made = services.add_table(cohort, by=request.user, **form.values())
            _save_pins(request, extraction, PINNED_TABLE, table=made)
            return _to_work(extraction, table=made.pk)
    return _screen(request, extraction, cohort=cohort, table=blank, table_form=form)


@require_POST
@member_can("extract")
def save_cohort(request: HttpRequest, review: Review, cohort_id: int) -> HttpResponse:
    cohort = cohort_or_404(request, review, cohort_id)
    extraction = cohort.extraction
    form = CohortForm(request.POST, instance=cohort, needs_reason=extraction.final)
    if form.is_valid():
        try:
            with shown_on(form), transaction.atomic():
                services.edit_cohort(
                    cohort, by=request.user, version=form.started_from, **form.values()
                )
                _save_pins(request, extraction, PINNED_COHORT, cohort=cohort)
                return _saved(request, extraction, cohort=cohort)
        except StaleEdit as error:
            return _stale(request, form, error)
    return _refused(request, form) or _screen(request, extraction, cohort=cohort, cohort_form=form)


@require_POST
@member_can("extract")
def save_table(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    table = table_or_404(request, review, table_id)
    extraction = table.cohort.extraction
    form = TableForm(request.POST, instance=table, needs_reason=extraction.final)
    if form.is_valid():
        try:
            with shown_on(form), transaction.atomic():
                services.edit_table(
                    table, by=request.user, version=form.started_from, **form.values()
                )
                _save_pins(request, extraction, PINNED_TABLE, table=table)
                return _saved(request, extraction, table=table, cohort=table.cohort)
        except StaleEdit as error:
            return _stale(request, form, error)
    return _refused(request, form) or _screen(
        request, extraction, table=table, cohort=table.cohort, table_form=form
    )


@require_POST
@member_can("extract")
def delete_cohort(request: HttpRequest, review: Review, cohort_id: int) -> HttpResponse:
    cohort = cohort_or_404(request, review, cohort_id)
    services.delete_cohort(cohort, by=request.user, **_version_and_reason(request))
    messages.success(request, f"Cohort “{cohort.name}” was removed; the history keeps it.")
    return _to_work(cohort.extraction)


@require_POST
@member_can("extract")
def delete_table(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    table = table_or_404(request, review, table_id)
    services.delete_table(table, by=request.user, **_version_and_reason(request))
    cells = ", ".join(map(str, table.counts))
    messages.success(request, f"The table {cells} was removed; the history keeps it.")
    return _to_work(table.cohort.extraction, cohort=table.cohort_id)


@require_POST
@member_can("extract")
def prefer(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    table = table_or_404(request, review, table_id)
    services.mark_preferred(table, by=request.user)
    return _to_work(table.cohort.extraction, table=table.pk)


@require_POST
@member_can("extract")
def dismiss(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    """Keep the counts in spite of a warning, with a reason; or show the warning again."""
    table = table_or_404(request, review, table_id)
    code = request.POST.get("warning", "")
    if "again" in request.POST:
        services.restore_warning(table, by=request.user, warning=code)
    else:
        reason = request.POST.get("why", "")
        services.dismiss_warning(table, by=request.user, warning=code, reason=reason)
    return _to_work(table.cohort.extraction, table=table.pk)


@require_POST
@member_can("extract")
def complete(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    extraction = extraction_or_404(request, review, extraction_id)
    done = services.complete_extraction(extraction, by=request.user)
    messages.success(request, f"{done.study.label} is complete.")
    return redirect("extraction:study", review_id=review.pk, study_id=done.study_id)


@require_POST
@member_can("extract")
def reopen(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    extraction = extraction_or_404(request, review, extraction_id)
    services.reopen_own(extraction, by=request.user)
    return _to_work(extraction)


@require_POST
@member_can("extract")
def pin(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    """Say by hand where a value of the open table or cohort stands."""
    extraction = extraction_or_404(request, review, extraction_id)
    table = cohort = None
    if number := _number(request.POST.get("table")):
        table = get_object_or_404(_tables(extraction), pk=number)
    elif number := _number(request.POST.get("cohort")):
        cohort = get_object_or_404(extraction.cohorts, pk=number)
    reports = reports_of(extraction.study)
    form = PinForm(request.POST, reports=reports, fields=_pinnable(table, cohort))
    if form.is_valid():
        with shown_on(form):
            pinning.pin_value(
                extraction, by=request.user, table=table, cohort=cohort, **form.cleaned_data
            )
            where = {"table": table.pk} if table else {"cohort": cohort.pk} if cohort else {}
            return _to_work(extraction, **where)
    return _screen(
        request, extraction, table=table, cohort=table.cohort if table else cohort, pin_form=form
    )


@require_GET
@member_can("extract")
def live(request: HttpRequest, review: Review) -> HttpResponse:
    """Answer sensitivity and specificity of the counts as they are typed; nothing is stored."""
    try:
        counts = [CountField().clean(request.GET.get(name, "")) for name in CELLS]
        accuracy = bridge.intervals(*counts)
    except Exception as error:
        if not hasattr(error, "messages"):
            raise
        accuracy = None
    return render(request, "extraction/_live.html", {"accuracy": accuracy})


# ---- parts ----


def _screen(
    request: HttpRequest,
    extraction: Extraction,
    *,
    table: TwoByTwo | None = None,
    cohort: Cohort | None = None,
    table_form: TableForm | None = None,
    cohort_form: CohortForm | None = None,
    pin_form: PinForm | None = None,
) -> HttpResponse:
    form = table_form or cohort_form or pin_form
    failed = bool(form and form.is_bound and form.errors)
    if table and table_form is None:
        table_form = TableForm(instance=table, needs_reason=extraction.final)
    if cohort and cohort_form is None and cohort.pk:
        cohort_form = CohortForm(instance=cohort, needs_reason=extraction.final)
    tables = list(_tables(extraction))
    for each in tables:
        each.short = short_name(each)
    files = files_of(extraction.study)
    pins = list(extraction.pins.all())
    context = {
        "extraction": extraction,
        "study": extraction.study,
        "tables": tables,
        "cohorts": list(extraction.cohorts.order_by("id")),
        "table": table,
        "cohort": cohort,
        "table_form": table_form,
        "cohort_form": cohort_form,
        "table_fields": _with_pins(table_form, PINNED_TABLE[4:], pins, table=table),
        "cohort_fields": _with_pins(cohort_form, PINNED_COHORT, pins, cohort=cohort),
        "cell_pins": _with_pins(table_form, CELLS, pins, table=table),
        "pin_form": pin_form
        or PinForm(reports=reports_of(extraction.study), fields=_pinnable(table, cohort)),
        "file": _chosen_file(request, files),
        "files": files,
        "editable": extraction.final or extraction.status == Extraction.Status.DRAFT,
        "number": _which(extraction),
        **_checked(table, tables),
    }
    return render(request, "extraction/work.html", context, status=400 if failed else 200)


def _checked(table: TwoByTwo | None, tables: list[TwoByTwo]) -> dict[str, Any]:
    """Return the checks and the accuracy of the open table, as it is stored."""
    if table is None or table.pk is None:
        return {"findings": [], "accuracy": None}
    stored = next((each for each in tables if each.pk == table.pk), None)
    if stored is None:
        return {"findings": [], "accuracy": None}
    return {
        "findings": findings_for(tables)[stored.pk],
        "accuracy": bridge.intervals(*stored.counts),
    }


def _tables(extraction: Extraction):
    rows = TwoByTwo.objects.filter(cohort__extraction=extraction).with_context()
    return rows.order_by("cohort_id", "id")


def _which(extraction: Extraction) -> str:
    if extraction.final:
        return "Agreed extraction"
    needed = extraction.study.review.extractors
    return "You extract alone" if needed == 1 else "You are one of two extractors"


def _with_pins(
    form: Any,
    names: tuple[str, ...],
    pins: list[Pin],
    *,
    table: TwoByTwo | None = None,
    cohort: Cohort | None = None,
) -> list[tuple[Any, Pin | None]]:
    if form is None:
        return []
    target = (cohort.pk if cohort else None, table.pk if table else None)
    known = {pin.field: pin for pin in pins if (pin.cohort_id, pin.table_id) == target}
    for each in known.values():
        each.position = json.dumps(each.rectangles)
    return [(form[name], known.get(name) if any(target) else None) for name in names]


def _pinnable(table: TwoByTwo | None, cohort: Cohort | None) -> list[tuple[str, str]]:
    names = PINNED_TABLE if table else PINNED_COHORT if cohort else ()
    model = TwoByTwo if table else Cohort
    return [(name, str(model._meta.get_field(name).verbose_name).capitalize()) for name in names]


def _chosen_file(request: HttpRequest, files: list[ReportFile]) -> ReportFile | None:
    wanted = _number(request.GET.get("file") or request.POST.get("pin-file"))
    return next((file for file in files if file.pk == wanted), files[0] if files else None)


def _save_pins(
    request: HttpRequest, extraction: Extraction, names: tuple[str, ...], **target: Any
) -> None:
    """Store the pins the form carries; a page that is no number is as good as none."""
    pins = {}
    for name in names:
        page = _number(request.POST.get(f"{name}-page"))
        if page:
            pins[name] = {
                "page": page,
                "quote": request.POST.get(f"{name}-quote", ""),
                "rectangles": _rectangles(request.POST.get(f"{name}-position", "")),
            }
    if pins:
        file = _chosen_file(request, files_of(extraction.study))
        reason = request.POST.get("reason", "")
        pinning.pin_values(
            extraction, by=request.user, pins=pins, file=file, reason=reason, **target
        )


def _rectangles(text: str) -> Any:
    try:
        return json.loads(text[:20_000]) if text else []
    except (ValueError, RecursionError):
        return []


def _number(text: Any) -> int | None:
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _version_and_reason(request: HttpRequest) -> dict[str, Any]:
    version = _number(request.POST.get("version")) or 0
    return {"version": version, "reason": request.POST.get("reason", "")}


def _to_work(extraction: Extraction, **where: int) -> HttpResponse:
    response = redirect(
        "extraction:work", review_id=extraction.review_id, extraction_id=extraction.pk
    )
    if where:
        response["Location"] += "?" + "&".join(f"{key}={value}" for key, value in where.items())
    return response


def _saved(
    request: HttpRequest,
    extraction: Extraction,
    *,
    cohort: Cohort,
    table: TwoByTwo | None = None,
) -> HttpResponse:
    """Answer the small parts that changed, or go back to the page without script."""
    if not request.htmx:
        where = {"table": table.pk} if table else {"cohort": cohort.pk}
        return _to_work(extraction, **where)
    if table is None:
        shown = _number(request.POST.get("table"))
        table = _tables(extraction).filter(pk=shown).first() if shown else None
        row: Any = cohort
    else:
        row = table
    context = {
        "extraction": extraction,
        "table": table,
        "saved": row,
        "kind": "table" if row is table else "cohort",
        "editable": True,
        **_checked(table, list(_tables(extraction)) if table else []),
    }
    return render(request, "extraction/_saved.html", context)


def _refused(request: HttpRequest, form: Any) -> HttpResponse | None:
    """Answer the sentences of an autosave that failed; the form on the page stays as it is."""
    if not request.htmx:
        return None
    labels = {name: field.label or name for name, field in form.fields.items()}
    sentences = [
        f"{labels[name]}: {error}" if name in labels else error
        for name, errors in form.errors.items()
        for error in errors
    ]
    context = {"sentences": sentences, "kind": request.resolver_match.url_name}
    return render(request, "extraction/_unsaved.html", context, status=422)


def _stale(request: HttpRequest, form: Any, error: StaleEdit) -> HttpResponse:
    """Show both texts; for htmx in place of the whole screen."""
    response = stale_page(request, form, error)
    if request.htmx:
        response["HX-Retarget"] = "#main"
        response["HX-Reswap"] = "innerHTML"
        response["HX-Reselect"] = "#stale"
    return response
