"""Pages: studies, the reports that describe them, their agreed tables, downloads."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reviews import bridge
from reviews.core.errors import StaleEdit, shown_on
from reviews.core.paging import page_of
from reviews.core.versions import stale_page
from reviews.extraction import export, queries, services
from reviews.extraction.forms import MergeForm, ReportForm, StudyForm
from reviews.extraction.lookups import extraction_or_404, files_of, pin_or_404, study_or_404
from reviews.extraction.models import Extraction, Pin
from reviews.extraction.warnings import warnings_for
from reviews.fulltext.models import Report
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.studies import services as study_services
from reviews.studies.agreements import agreement_in_force
from reviews.studies.models import Agreement, Study, StudyReport


@member_can("view")
def studies(request: HttpRequest, review: Review) -> HttpResponse:
    """List the studies, with what this person can do next about each."""
    links = StudyReport.objects.select_related("report__record").order_by("-primary", "id")
    rows = queries.studies_for(review, request.user).prefetch_related(
        Prefetch("study_reports", links)
    )
    page = page_of(rows, request, order="label")
    _attach_counts(page.rows, request.user)
    context = {
        "page": page,
        "can_extract": request.membership.can("extract"),
        "can_adjudicate": request.membership.can("adjudicate"),
        "waiting": study_services.reports_without_study(review).exists(),
    }
    return render(request, "extraction/studies.html", context)


def _attach_counts(rows: list[Study], viewer: Any) -> None:
    """Give each study ``shown``: the final extraction, else the viewer's own, with counts."""
    visible = (
        Extraction.objects.visible_to(viewer)
        .filter(study__in=[row.pk for row in rows])
        .annotate(
            cohort_count=Count("cohorts", distinct=True),
            table_count=Count("cohorts__tables", distinct=True),
        )
        .order_by("final")
    )
    shown = {
        each.study_id: each for each in visible if each.final or each.extractor_id == viewer.pk
    }
    for row in rows:
        row.shown = shown.get(row.pk)


@require_POST
@member_can("extract")
def take_in(request: HttpRequest, review: Review) -> HttpResponse:
    taken = study_services.take_in_studies(review)
    number = len(taken)
    sentence = {0: "No new report is included.", 1: "One study added."}
    messages.success(request, sentence.get(number, f"{number} studies added."))
    return redirect("extraction:studies", review_id=review.pk)


@member_can("extract")
def new_study(request: HttpRequest, review: Review) -> HttpResponse:
    form = StudyForm(request.POST or None, instance=Study(review=review))
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            made = study_services.create_study(review, by=request.user, **form.values())
            return redirect("extraction:study", review_id=review.pk, study_id=made.pk)
    context = {"form": form, "title": "Add a study"}
    return render(request, "extraction/study_form.html", context, status=_status(form))


@member_can("view")
def study(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    """Show a study: its reports, where its extraction stands, and its agreed tables."""
    row = get_object_or_404(queries.studies_for(review, request.user), pk=study_id)
    final = Extraction.objects.in_review(review).filter(study=row, final=True).first()
    tables = list(
        queries.final_tables(review).filter(cohort__extraction__study=row).order_by("cohort", "id")
    )
    _attach_details(tables, final)
    linked = StudyReport.objects.filter(study=row).select_related("report__record")
    context = {
        "study": row,
        "links": linked.order_by("-primary", "id"),
        "final": final,
        "agreement": agreement_in_force(row, kind=Agreement.Kind.EXTRACTION) if final else None,
        "cohorts": [(cohort, list(own)) for cohort, own in groupby(tables, lambda t: t.cohort)],
        "empty_cohorts": final.cohorts.filter(tables__isnull=True) if final else [],
        "can_extract": request.membership.can("extract"),
        "can_adjudicate": request.membership.can("adjudicate"),
        "leads": request.membership.can("manage"),
        "working": _at_work(row, request),
    }
    return render(request, "extraction/study.html", context)


def _attach_details(tables: list[Any], final: Extraction | None) -> None:
    warned = warnings_for(tables)
    pins: dict[tuple[str, int], list[Pin]] = {}
    for pin in final.pins.order_by("id") if final else []:
        kind = ("table", pin.table_id) if pin.table_id else ("cohort", pin.cohort_id)
        pins.setdefault(kind, []).append(pin)
    for table in tables:
        table.findings = warned[table.pk]
        table.accuracy = bridge.intervals(*table.counts)
        table.shown_pins = pins.get(("table", table.pk), [])
        table.cohort.shown_pins = pins.get(("cohort", table.cohort_id), [])


def _at_work(row: Study, request: HttpRequest) -> list[Extraction]:
    """Return whose drafts there are, for leads who may withdraw them; never what is in them."""
    if row.agreed or not request.membership.can("manage"):
        return []
    drafts = Extraction.objects.filter(study=row, final=False, withdrawn_at__isnull=True)
    return list(drafts.select_related("extractor").only("extractor", "review", "study"))


@member_can("extract")
def edit_study(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    row = study_or_404(review, study_id)
    form = StudyForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                study_services.edit_study(
                    row, by=request.user, version=form.started_from, **form.values()
                )
                return redirect("extraction:study", review_id=review.pk, study_id=row.pk)
        except StaleEdit as error:
            return stale_page(request, form, error)
    included = study_services.included_reports(review).with_record()
    context = {
        "form": form,
        "study": row,
        "title": f"Edit {Study.objects.get(pk=row.pk).label}",
        "links": StudyReport.objects.filter(study=row).select_related("report__record"),
        "link_form": ReportForm(reports=included.exclude(study_reports__study=row)[:500]),
        "merge_form": MergeForm(study=row),
    }
    return render(request, "extraction/study_form.html", context, status=_status(form))


@require_POST
@member_can("extract")
def study_reports(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    """Link a report, take it away, or make it the primary one."""
    row = study_or_404(review, study_id)
    form = ReportForm(request.POST, reports=Report.objects.in_review(review).with_record())
    if not form.is_valid():
        messages.error(request, "Choose a report of this review.")
    else:
        verbs = {
            "link": study_services.link_report,
            "unlink": study_services.unlink_report,
            "primary": study_services.choose_primary,
        }
        verb = verbs.get(request.POST.get("do", ""), study_services.link_report)
        verb(row, form.cleaned_data["report"], by=request.user)
    return redirect("extraction:edit_study", review_id=review.pk, study_id=row.pk)


@require_POST
@member_can("extract")
def merge(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    """Make one study of two; taking a report away again undoes it."""
    row = study_or_404(review, study_id)
    form = MergeForm(request.POST, study=row)
    if not form.is_valid():
        messages.error(request, "Choose another study of this review.")
        return redirect("extraction:edit_study", review_id=review.pk, study_id=row.pk)
    into = study_services.merge_studies(row, into=form.cleaned_data["into"], by=request.user)
    messages.success(
        request, f"{row.label} is now part of {into.label}. To undo, take its report away there."
    )
    return redirect("extraction:study", review_id=review.pk, study_id=into.pk)


@require_POST
@member_can("extract")
def start(request: HttpRequest, review: Review, study_id: int) -> HttpResponse:
    row = study_or_404(review, study_id)
    extraction = services.start_extraction(row, by=request.user)
    return redirect("extraction:work", review_id=review.pk, extraction_id=extraction.pk)


@require_POST
@member_can("extract")
def withdraw(request: HttpRequest, review: Review, extraction_id: int) -> HttpResponse:
    """Free a draft's place: one's own, or as a lead anybody's."""
    if request.membership.can("manage"):
        rows = Extraction.objects.in_review(review).filter(final=False)
        extraction = get_object_or_404(rows, pk=extraction_id)
    else:
        extraction = extraction_or_404(request, review, extraction_id)
    services.withdraw_extraction(extraction, by=request.user)
    messages.success(request, "The place is free. What was entered is kept and can be taken up.")
    return redirect("extraction:study", review_id=review.pk, study_id=extraction.study_id)


@member_can("view")
def source(request: HttpRequest, review: Review, pin_id: int) -> HttpResponse:
    """Show where a value was read: the page of the report, with the quote marked."""
    pin = pin_or_404(request, review, pin_id)
    files = files_of(pin.extraction.study)
    file = pin.file or next((each for each in files if each.report_id == pin.report_id), None)
    return render(request, "extraction/source.html", {"pin": pin, "file": file})


@member_can("export")
def tables_csv(request: HttpRequest, review: Review) -> HttpResponse:
    return _download(export.tables_csv(review), f"review-{review.pk}-2x2-tables.csv")


@member_can("export")
def studies_csv(request: HttpRequest, review: Review) -> HttpResponse:
    return _download(export.studies_csv(review), f"review-{review.pk}-studies.csv")


def _download(lines: Any, name: str) -> HttpResponse:
    # The mark tells spreadsheets that the text is UTF-8.
    response = StreamingHttpResponse(
        (line for part in (["\ufeff"], lines) for line in part), content_type="text/csv"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _status(form: Any) -> int:
    return 400 if form.is_bound and form.errors else 200
