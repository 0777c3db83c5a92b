"""Agreed studies and 2x2 tables as CSV: a row per table, numbers as numbers."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reviews.core.tables import safe_cell
from reviews.extraction.checks import METRICS
from reviews.extraction.models import TwoByTwo
from reviews.extraction.queries import final_tables
from reviews.extraction.warnings import warnings_for
from reviews.studies.models import Study, StudyReport

TABLE_COLUMNS = (
    *("study_id", "study", "table_id", "cohort", "validation", "unit", "participants"),
    *("units", "with_condition", "country", "setting", "overlaps_with", "index_test"),
    *("modality", "target_condition", "reference_standard", "threshold", "threshold_value"),
    *("reader", "tp", "fp", "fn", "tn", "indeterminate", "obtained", "preferred"),
    *(f"reported_{name}" for name in METRICS),
    *("warnings", "version", "notes"),
)
STUDY_COLUMNS = (
    *("study_id", "study", "registrations", "primary_report", "title", "journal", "year", "doi"),
    *("pmid", "reports", "agreed", "tables"),
)


def tables_csv(review: Any) -> Iterator[str]:
    """Yield the lines of the agreed 2x2 tables."""
    tables = list(
        final_tables(review).order_by("cohort__extraction__study__label", "cohort_id", "id")
    )
    warned = warnings_for(tables)
    rows = (_table_row(table, warned[table.pk]) for table in tables)
    return _lines(TABLE_COLUMNS, rows)


def studies_csv(review: Any) -> Iterator[str]:
    """Yield the lines of the studies, with their primary report."""
    tables: dict[int, int] = {}
    for study in final_tables(review).values_list("cohort__extraction__study", flat=True):
        tables[study] = tables.get(study, 0) + 1
    links: dict[int, list[StudyReport]] = {}
    for link in StudyReport.objects.in_review(review).select_related("report__record"):
        links.setdefault(link.study_id, []).append(link)
    agreed = set(
        Study.objects.in_review(review).filter(extractions__final=True).values_list("pk", flat=True)
    )
    rows = (
        _study_row(study, links.get(study.pk, []), study.pk in agreed, tables.get(study.pk, 0))
        for study in Study.objects.in_review(review)
    )
    return _lines(STUDY_COLUMNS, rows)


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    for row in (columns, *rows):
        line = io.StringIO()
        csv.writer(line).writerow([safe_cell(cell) for cell in row])
        yield line.getvalue()


def _table_row(table: TwoByTwo, warned: Sequence[Any]) -> list[Any]:
    cohort, reported = table.cohort, table.reported or {}
    study = cohort.extraction.study
    warnings = [
        f"{each.code} (kept: {each.dismissed})" if each.dismissed else each.code for each in warned
    ]
    return [
        *(study.pk, study.label, table.pk, cohort.name, cohort.role, cohort.unit),
        *(cohort.participants, cohort.units, cohort.with_condition, cohort.country),
        *(cohort.setting, cohort.overlaps_with, table.index_test.name),
        *(table.index_test.modality, table.target_condition.name),
        *(table.reference_standard.name, table.threshold, table.threshold_value, table.reader),
        *(*table.counts, table.indeterminate, table.obtained, "yes" if table.preferred else "no"),
        *(str(reported.get(name) or "") for name in METRICS),
        *("; ".join(warnings), table.version, table.notes),
    ]


def _study_row(study: Study, links: Sequence[StudyReport], agreed: bool, tables: int) -> list[Any]:
    primary = next((link.report for link in links if link.primary), None)
    names = ("title", "journal", "year", "doi", "pmid")
    about = [getattr(primary.record, name) if primary else "" for name in names]
    number = primary.pk if primary else None
    counted = (len(links), "yes" if agreed else "no", tables)
    return [study.pk, study.label, study.registrations, number, *about, *counted]
