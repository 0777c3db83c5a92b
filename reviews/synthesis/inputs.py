"""What a run reads: the final 2x2 tables as plain rows, frozen and hashed."""

import hashlib
import json
from typing import Any

from django.db.models import Value

from reviews.extraction.checks import BAD, WARN, Finding
from reviews.extraction.models import TwoByTwo
from reviews.extraction.warnings import warnings_for
from reviews.protocol.models import IndexTest, ReferenceStandard, Review, TargetCondition
from reviews.studies.models import Study
from reviews.synthesis.plans import Definition, Row, choose

COUNTS = ("tp", "fp", "fn", "tn")
# What a run stands on. A table's own version and its warnings are kept but not hashed: a corrected
# note or a second table beside it does not make a result out of date.
HASHED = (
    "table",
    *COUNTS,
    "study",
    "study_label",
    "cohort",
    "cohort_name",
    "role",
    "unit",
    "participants",
    "units",
    "overlaps",
    "index_test_id",
    "target_condition_id",
    "reference_standard_id",
)


def rows_of(review: Review) -> list[Row]:
    """Return every final 2x2 table of the review as a plain row, in one query."""
    tables = list(TwoByTwo.objects.in_review(review).final().with_context().order_by("id"))
    found = warnings_for(tables)
    return [_row(table, found.get(table.pk, [])) for table in tables]


def _row(table: TwoByTwo, findings: list[Finding]) -> Row:
    cohort = table.cohort
    study = cohort.extraction.study
    return {
        "table": table.pk,
        "version": table.version,
        **{name: getattr(table, name) for name in COUNTS},
        "label": study.label,
        "study": study.pk,
        "study_label": study.label,
        "cohort": cohort.pk,
        "cohort_name": cohort.name,
        "role": cohort.role,
        "unit": cohort.unit,
        "participants": cohort.participants,
        "units": cohort.units,
        "overlaps": cohort.overlaps_with.strip(),
        "index_test_id": table.index_test_id,
        "index_test": table.index_test.name,
        "modality": table.index_test.modality,
        "target_condition_id": table.target_condition_id,
        "target_condition": table.target_condition.name,
        "reference_standard_id": table.reference_standard_id,
        "reference_standard": table.reference_standard.name,
        "threshold": table.threshold,
        "reader": table.reader,
        "preferred": table.preferred,
        "warnings": [
            {"code": finding.code, "level": finding.level, "sentence": finding.sentence}
            for finding in findings
            if finding.level in {BAD, WARN} and not finding.dismissed
        ],
    }


def inputs_for(definition: Definition, rows: list[Row]) -> list[Row]:
    """Return the rows a plan would pool today, as a run freezes them."""
    return choose(rows, definition)[0]


def hash_of(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON: keys in order, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def input_hash(rows: list[Row]) -> str:
    """Return the hash of frozen rows, whose order does not matter."""
    stripped = [{key: row[key] for key in HASHED} for row in rows]
    return hash_of(sorted(stripped, key=lambda row: row["table"]))


def names_in(review: Review) -> dict[str, dict[int, str]]:
    """Return the names a plan may use, by list of its definition and id, in one query."""
    lists = {
        "index_tests": (IndexTest, "name"),
        "target_conditions": (TargetCondition, "name"),
        "reference_standards": (ReferenceStandard, "name"),
        "excluded_studies": (Study, "label"),
    }
    queries = [
        model.objects.in_review(review)
        .order_by()
        .annotate(kind=Value(kind))
        .values_list("kind", "pk", field)
        for kind, (model, field) in lists.items()
    ]
    names: dict[str, dict[int, str]] = {kind: {} for kind in lists}
    for kind, key, name in queries[0].union(*queries[1:], all=True):
        names[kind][key] = name
    return names


def modalities_of(review: Review) -> list[str]:
    """Return the modalities of the review's index tests."""
    tests = IndexTest.objects.in_review(review).exclude(modality="").order_by("modality")
    return list(tests.values_list("modality", flat=True).distinct())
