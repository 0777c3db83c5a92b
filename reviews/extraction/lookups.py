"""Reach a study's parts through the review and its blinding; missing and hidden read alike."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.fulltext.models import Report, ReportFile
from reviews.protocol.models import Review
from reviews.studies.models import Study


def study_or_404(review: Review, study_id: int) -> Study:
    return get_object_or_404(Study.objects.in_review(review).select_related("review"), pk=study_id)


def extraction_or_404(request: HttpRequest, review: Review, extraction_id: int) -> Extraction:
    """Return the person's own draft or a final extraction: what the work screen opens."""
    visible = Extraction.objects.in_review(review).visible_to(request.user)
    rows = visible.filter(_own_or_final(request.user)).select_related("study__review")
    return get_object_or_404(rows, pk=extraction_id)


def cohort_or_404(request: HttpRequest, review: Review, cohort_id: int) -> Cohort:
    visible = Cohort.objects.in_review(review).visible_to(request.user)
    rows = visible.filter(_own_or_final(request.user, "extraction__"))
    return get_object_or_404(rows.select_related("extraction__study__review"), pk=cohort_id)


def table_or_404(request: HttpRequest, review: Review, table_id: int) -> TwoByTwo:
    visible = TwoByTwo.objects.in_review(review).visible_to(request.user)
    rows = visible.filter(_own_or_final(request.user, "cohort__extraction__"))
    return get_object_or_404(rows.with_context(), pk=table_id)


def pin_or_404(request: HttpRequest, review: Review, pin_id: int) -> Pin:
    visible = Pin.objects.in_review(review).visible_to(request.user)
    rows = visible.filter(_own_or_final(request.user, "extraction__"))
    return get_object_or_404(
        rows.select_related(
            *("extraction__study", "report__record", "file__file"),
            *("cohort", "table__cohort", "table__index_test"),
        ),
        pk=pin_id,
    )


def reports_of(study: Study):
    return (
        Report.objects.in_review(study.review_id)
        .filter(study_reports__study=study)
        .with_record()
        .order_by("-study_reports__primary", "id")
    )


def files_of(study: Study) -> list[ReportFile]:
    """Return the newest file of each of the study's reports, the primary report's first."""
    order = [report.pk for report in reports_of(study)]
    newest: dict[int, ReportFile] = {}
    rows = ReportFile.objects.in_review(study.review_id).filter(report__in=order)
    for file in rows.select_related("file").order_by("-id"):
        newest.setdefault(file.report_id, file)
    return [newest[number] for number in order if number in newest]


def _own_or_final(viewer: Any, path: str = "") -> Q:
    return Q(**{f"{path}final": True}) | Q(**{f"{path}extractor": viewer})
