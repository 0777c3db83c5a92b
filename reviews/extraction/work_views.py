"""The work screen: the report on the left, the form of a 2x2 table and its cohort on the right."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reviews import bridge
from reviews.core.errors import StaleEdit, shown_on
from reviews.extraction import pinning, services
from reviews.extraction.forms import CohortForm, CountField, PinForm, TableForm
from reviews.extraction.lookups import cohort_or_404, extraction_or_404, reports_of, table_or_404
from reviews.extraction.models import Cohort, TwoByTwo
from reviews.extraction.screen import (
    CELLS,
    PINNED_COHORT,
    PINNED_TABLE,
    pinnable,
    refused,
    save_pins,
    saved,
    screen,
    stale,
    tables_of,
    to_work,
    version_and_reason,
    whole_number,
)
from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@require_GET
@member_can("extract")
def work(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    """Open an extraction at one of its tables or cohorts."""
    extraction = extraction_or_404(request, review, extraction_id)
    table = cohort = None
    if wanted := whole_number(request.GET.get("table")):
        table = get_object_or_404(tables_of(extraction), pk=wanted)
    elif wanted := whole_number(request.GET.get("cohort")):
        cohort = get_object_or_404(extraction.cohorts, pk=wanted)
    else:
        table = tables_of(extraction).first()
        cohort = None if table else extraction.cohorts.first()
    return screen(request, extraction, table=table, cohort=table.cohort if table else cohort)


@member_can("extract")
def new_cohort(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    extraction = extraction_or_404(request, review, extraction_id)
    blank = Cohort(review_id=review.pk, extraction=extraction)
    form = CohortForm(request.POST or None, instance=blank, needs_reason=extraction.final)
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            made = services.add_cohort(extraction, by=request.user, **form.values())
            save_pins(request, extraction, PINNED_COHORT, cohort=made)
            return to_work(extraction, cohort=made.pk)
    return screen(request, extraction, cohort=blank, cohort_form=form)


@member_can("extract")
def new_table(request: HttpRequest, review: Review, cohort_id: int) -> HttpResponse:
    cohort = cohort_or_404(request, review, cohort_id)
    extraction = cohort.extraction
    blank = TwoByTwo(review_id=review.pk, cohort=cohort)
    form = TableForm(request.POST or None, instance=blank, needs_reason=extraction.final)
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            made = services.add_table(cohort, by=request.user, **form.values())
            save_pins(request, extraction, PINNED_TABLE, table=made)
            return to_work(extraction, table=made.pk)
    return screen(request, extraction, cohort=cohort, table=blank, table_form=form)


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
                save_pins(request, extraction, PINNED_COHORT, cohort=cohort)
                return saved(request, extraction, cohort=cohort)
        except StaleEdit as error:
            return stale(request, form, error)
    return refused(request, form) or screen(request, extraction, cohort=cohort, cohort_form=form)


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
                save_pins(request, extraction, PINNED_TABLE, table=table)
                return saved(request, extraction, table=table, cohort=table.cohort)
        except StaleEdit as error:
            return stale(request, form, error)
    return refused(request, form) or screen(
        request, extraction, table=table, cohort=table.cohort, table_form=form
    )


@require_POST
@member_can("extract")
def delete_cohort(request: HttpRequest, review: Review, cohort_id: int) -> HttpResponse:
    cohort = cohort_or_404(request, review, cohort_id)
    services.delete_cohort(cohort, by=request.user, **version_and_reason(request))
    messages.success(request, f"Cohort “{cohort.name}” was removed; the history keeps it.")
    return to_work(cohort.extraction)


@require_POST
@member_can("extract")
def delete_table(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    table = table_or_404(request, review, table_id)
    services.delete_table(table, by=request.user, **version_and_reason(request))
    cells = ", ".join(map(str, table.counts))
    messages.success(request, f"The table {cells} was removed; the history keeps it.")
    return to_work(table.cohort.extraction, cohort=table.cohort_id)


@require_POST
@member_can("extract")
def prefer(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    table = table_or_404(request, review, table_id)
    services.mark_preferred(table, by=request.user)
    return to_work(table.cohort.extraction, table=table.pk)


@require_POST
@member_can("extract")
def dismiss(request: HttpRequest, review: Review, table_id: int) -> HttpResponse:
    """Keep the counts in spite of a warning, with a reason; or show the warning again."""
    table = table_or_404(request, review, table_id)
    code = request.POST.get("warning", "")
    if again := request.POST.get("again"):
        services.restore_warning(table, by=request.user, warning=again)
    else:
        reason = request.POST.get(f"why-{code}", "")
        services.dismiss_warning(table, by=request.user, warning=code, reason=reason)
    return to_work(table.cohort.extraction, table=table.pk)


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
    return to_work(extraction)


@require_POST
@member_can("extract")
def pin(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    """Say by hand where a value of the open table or cohort stands."""
    extraction = extraction_or_404(request, review, extraction_id)
    table = cohort = None
    if wanted := whole_number(request.POST.get("table")):
        table = get_object_or_404(tables_of(extraction), pk=wanted)
    elif wanted := whole_number(request.POST.get("cohort")):
        cohort = get_object_or_404(extraction.cohorts, pk=wanted)
    reports = reports_of(extraction.study)
    form = PinForm(request.POST, reports=reports, fields=pinnable(table, cohort))
    if form.is_valid():
        with shown_on(form):
            pinning.pin_value(
                extraction, by=request.user, table=table, cohort=cohort, **form.cleaned_data
            )
            where = {"table": table.pk} if table else {"cohort": cohort.pk} if cohort else {}
            return to_work(extraction, **where)
    return screen(
        request, extraction, table=table, cohort=table.cohort if table else cohort, pin_form=form
    )


@require_GET
@member_can("extract")
def live(request: HttpRequest, review: Review) -> HttpResponse:
    """Answer sensitivity and specificity of the counts as they are typed; nothing is stored."""
    try:
        counts = [CountField().clean(request.GET.get(name, "")) for name in CELLS]
        accuracy = bridge.intervals(*counts)
    except ValidationError:
        accuracy = None
    return render(request, "extraction/_live.html", {"accuracy": accuracy})
