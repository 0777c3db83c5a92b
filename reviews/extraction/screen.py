"""What the work screen is made of: the page, and the answers to its saves."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reviews import bridge
from reviews.core.errors import StaleEdit
from reviews.core.versions import stale_page
from reviews.extraction import agreeing, pinning
from reviews.extraction.forms import CohortForm, PinForm, TableForm
from reviews.extraction.lookups import files_of, reports_of
from reviews.extraction.models import CELLS, Cohort, Extraction, Pin, TwoByTwo
from reviews.extraction.warnings import findings_for, short_name
from reviews.fulltext.models import ReportFile

PINNED_TABLE = (*CELLS, "index_test", "target_condition", "reference_standard", "threshold")
PINNED_COHORT = ("role", "unit", "participants", "units", "with_condition", "country", "setting")


def screen(
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
    tables = list(tables_of(extraction))
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
        or PinForm(reports=reports_of(extraction.study), fields=pinnable(table, cohort)),
        "file": _chosen_file(request, files),
        "files": files,
        **_state(extraction),
        "number": _which(extraction),
        **_checked(table, tables),
    }
    return render(request, "extraction/work.html", context, status=400 if failed else 200)


def _state(extraction: Extraction) -> dict[str, Any]:
    """Say whether the extraction can be changed, and if not, whether it can be reopened."""
    if extraction.final or extraction.status == Extraction.Status.DRAFT:
        return {"editable": True}
    agreed = Extraction.objects.filter(study=extraction.study, final=True).exists()
    shown = agreed or agreeing.all_are_in(extraction.study)
    return {"editable": False, "agreed": agreed, "can_reopen": not shown}


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


def tables_of(extraction: Extraction):
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


def pinnable(table: TwoByTwo | None, cohort: Cohort | None) -> list[tuple[str, str]]:
    names = PINNED_TABLE if table else PINNED_COHORT if cohort else ()
    model = TwoByTwo if table else Cohort
    return [(name, str(model._meta.get_field(name).verbose_name).capitalize()) for name in names]


def _chosen_file(request: HttpRequest, files: list[ReportFile]) -> ReportFile | None:
    wanted = whole_number(request.GET.get("file") or request.POST.get("pin-file"))
    return next((file for file in files if file.pk == wanted), files[0] if files else None)


def save_pins(
    request: HttpRequest, extraction: Extraction, names: tuple[str, ...], **target: Any
) -> None:
    """Store the pins the form carries; a page that is no number is as good as none."""
    pins = {}
    for name in names:
        page = whole_number(request.POST.get(f"{name}-page"))
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


def whole_number(text: Any) -> int | None:
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def version_and_reason(request: HttpRequest) -> dict[str, Any]:
    version = whole_number(request.POST.get("version")) or 0
    return {"version": version, "reason": request.POST.get("reason", "")}


def to_work(extraction: Extraction, **where: int) -> HttpResponse:
    response = redirect(
        "extraction:work", review_id=extraction.review_id, extraction_id=extraction.pk
    )
    if where:
        response["Location"] += "?" + "&".join(f"{key}={value}" for key, value in where.items())
    return response


def saved(
    request: HttpRequest,
    extraction: Extraction,
    *,
    cohort: Cohort,
    table: TwoByTwo | None = None,
) -> HttpResponse:
    """Answer the small parts that changed, or go back to the page without script."""
    if not request.htmx:
        where = {"table": table.pk} if table else {"cohort": cohort.pk}
        return to_work(extraction, **where)
    if table is None:
        shown = whole_number(request.POST.get("table"))
        table = tables_of(extraction).filter(pk=shown).first() if shown else None
        row: Any = cohort
    else:
        row = table
    context = {
        "extraction": extraction,
        "table": table,
        "saved": row,
        "kind": "table" if row is table else "cohort",
        "editable": True,
        **_checked(table, list(tables_of(extraction)) if table else []),
    }
    return render(request, "extraction/_saved.html", context)


def refused(request: HttpRequest, form: Any) -> HttpResponse | None:
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


def stale(request: HttpRequest, form: Any, error: StaleEdit) -> HttpResponse:
    """Show both texts; for htmx in place of the whole screen."""
    response = stale_page(request, form, error)
    if request.htmx:
        response["HX-Retarget"] = "#main"
        response["HX-Reswap"] = "innerHTML"
        response["HX-Reselect"] = "#stale"
    return response
