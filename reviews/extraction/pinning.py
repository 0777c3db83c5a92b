"""Provenance: where a value was read. Written with the extraction it belongs to."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from reviews.core.errors import DomainError
from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.extraction.services import changing
from reviews.fulltext.models import Report, ReportFile
from reviews.studies.models import StudyReport

MOST_PAGES = 32_767
MOST_RECTANGLES = 60


@transaction.atomic
def pin_value(
    extraction: Extraction,
    *,
    by: Any,
    field: str,
    cohort: Cohort | None = None,
    table: TwoByTwo | None = None,
    report: Report | None = None,
    file: ReportFile | None = None,
    page: int | None = None,
    quote: str = "",
    rectangles: Any = (),
    reason: str = "",
) -> Pin:
    """Say where a value stands: report, page, quote; a second pin replaces the first."""
    with changing(extraction, by=by, reason=reason or "Provenance of a value"):
        _belongs(extraction, cohort, table, report, file)
        if page is None and not quote.strip():
            raise DomainError("Give the page or the words.")
        where = {"cohort": cohort, "table": table, "field": field}
        pin = Pin.objects.filter(extraction=extraction, **where).first() or Pin(
            review_id=extraction.review_id, extraction=extraction, **where
        )
        pin.report = report or (file.report if file else None)
        pin.file, pin.page, pin.quote = file, _page(page), quote.strip()[:2_000]
        pin.rectangles = _rectangles(rectangles)
        pin.full_clean(exclude=["cohort", "table", "report", "file", "page"])
        pin.save()
        return pin


@transaction.atomic
def unpin_value(pin: Pin, *, by: Any, reason: str = "") -> None:
    """Forget where a value stands; the history keeps it."""
    with changing(pin.extraction, by=by, reason=reason or "Provenance of a value"):
        pin.delete()


@transaction.atomic
def pin_values(
    extraction: Extraction,
    *,
    by: Any,
    pins: Mapping[str, Mapping[str, Any]],
    cohort: Cohort | None = None,
    table: TwoByTwo | None = None,
    report: Report | None = None,
    file: ReportFile | None = None,
    reason: str = "",
) -> None:
    """Store the pins of a form by field: {"page", "quote", "rectangles"}; unchanged ones stay."""
    known = {
        pin.field: pin
        for pin in Pin.objects.filter(extraction=extraction, cohort=cohort, table=table)
    }
    for field, pin in pins.items():
        old = known.get(field)
        if old and (old.page, old.quote) == (pin.get("page"), pin.get("quote", "")):
            continue
        pin_value(
            extraction,
            by=by,
            field=field,
            cohort=cohort,
            table=table,
            report=report,
            file=file,
            reason=reason,
            **pin,
        )


def _belongs(
    extraction: Extraction,
    cohort: Cohort | None,
    table: TwoByTwo | None,
    report: Report | None,
    file: ReportFile | None,
) -> None:
    """Refuse targets of another extraction, and reports that do not describe the study."""
    if cohort and cohort.extraction_id != extraction.pk:
        raise DomainError("There is no such cohort in this extraction.")
    if table and table.cohort.extraction_id != extraction.pk:
        raise DomainError("There is no such 2x2 table in this extraction.")
    if file and report and file.report_id != report.pk:
        raise DomainError("There is no such file of this report.")
    number = report.pk if report else file.report_id if file else None
    links = StudyReport.objects.filter(study=extraction.study_id, report=number)
    if number and not links.exists():
        raise DomainError("This report does not describe the study.")


def _page(page: Any) -> int | None:
    if page is None:
        return None
    if isinstance(page, bool) or not isinstance(page, int) or not 1 <= page <= MOST_PAGES:
        raise DomainError(f"A page is a whole number from 1 to {MOST_PAGES:,}.")
    return page


def _rectangles(value: Any) -> list[list[float]]:
    """Keep what reads as rectangles: four parts of the page each."""
    if not isinstance(value, (list, tuple)):
        return []
    return [
        [float(number) for number in each]
        for each in value[:MOST_RECTANGLES]
        if isinstance(each, (list, tuple))
        and len(each) == 4
        and all(isinstance(n, (int, float)) and -1 <= n <= 2 for n in each)
    ]
