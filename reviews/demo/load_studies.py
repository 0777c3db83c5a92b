"""Studies, cohorts, 2x2 tables with provenance, ratings and the analysis of the demo."""

from typing import Any

from django.core.files.base import ContentFile

from reviews.demo import facts
from reviews.demo.cast import Demo, acting
from reviews.demo.load_records import do_waiting_jobs
from reviews.demo.shapes import Cohort, Rating, Study, Table
from reviews.demo.sheets import Line, draw_sheet, lines_of
from reviews.extraction import pinning
from reviews.extraction import services as extraction
from reviews.fulltext import services as fulltext
from reviews.fulltext.models import Report, ReportFile
from reviews.quality import consensus
from reviews.quality import services as quality
from reviews.studies import services as studies
from reviews.studies.models import Study as StudyRow
from reviews.synthesis import services as synthesis

EXTRACTOR = "jonas"


def extract(demo: Demo) -> dict[str, StudyRow]:
    """Take in the studies, link reports of one study, and enter what their reports say."""
    with acting(demo.people[EXTRACTOR]):
        studies.take_in_studies(demo.review)
        rows = {study.code: _row_of(demo, study) for study in facts.STUDIES}
        for study in facts.STUDIES:
            if study.cohorts:
                _enter_extraction(demo, study, rows[study.code])
    return rows


def _row_of(demo: Demo, study: Study) -> StudyRow:
    by = demo.people[EXTRACTOR]
    row, *others = [_study_of(demo, key) for key in study.reports]
    for other in others:
        if other.pk != row.pk:
            studies.merge_studies(other, into=row, by=by)
    row.refresh_from_db()
    return studies.edit_study(
        row,
        by=by,
        version=row.version,
        label=study.label,
        registrations=row.registrations,
        notes=" ".join(filter(None, [study.note, study.why_no_table])),
    )


def _study_of(demo: Demo, key: str) -> StudyRow:
    return StudyRow.objects.get(review=demo.review, study_reports__report__record=demo.records[key])


def _enter_extraction(demo: Demo, study: Study, row: StudyRow) -> None:
    by = demo.people[EXTRACTOR]
    draft = extraction.start_extraction(row, by=by)
    characteristics = {
        "modality": study.modality,
        "body_region": study.body_region,
        "model": study.model,
        "model_family": study.model_family,
        "source": study.source,
        **study.characteristics,
    }
    draft = extraction.describe_extraction(
        draft, by=by, version=draft.version, characteristics=characteristics
    )
    report = Report.objects.get(review=demo.review, record=demo.records[study.reports[0]])
    lines = lines_of(study)
    sheet = ContentFile(draw_sheet(study, lines), name=f"{study.code}-demonstration-sheet.pdf")
    file = fulltext.add_file(report, by=by, upload=sheet)
    for cohort in study.cohorts:
        cohort_row = extraction.add_cohort(draft, by=by, **_cohort_values(cohort, study))
        for table in cohort.tables:
            table_row = extraction.add_table(cohort_row, by=by, **_table_values(demo, table))
            _pin(
                draft,
                by,
                table_row,
                file,
                lines[cohort.name, table.threshold, table.target_condition],
            )
    draft.refresh_from_db()
    extraction.complete_extraction(draft, by=by)


def _cohort_values(cohort: Cohort, study: Study) -> dict[str, Any]:
    return {
        "name": cohort.name,
        "role": cohort.role,
        "unit": cohort.unit,
        "participants": cohort.participants,
        "units": cohort.units,
        "with_condition": cohort.with_condition,
        "country": study.country,
        "setting": cohort.setting,
        "overlaps_with": "; ".join(cohort.overlaps),
        "characteristics": {
            name: value
            for name, value in (
                ("body_region", cohort.body_region),
                ("role_note", cohort.role_note),
                ("note", cohort.note),
                ("source", cohort.source),
            )
            if value
        },
    }


def _table_values(demo: Demo, table: Table) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: demo.rows[name][getattr(table, name)]
        for name in ("index_test", "target_condition", "reference_standard")
    }
    solver = {"input": dict(table.reported), "solutions": table.solutions}
    return values | {
        "tp": table.tp,
        "fp": table.fp,
        "fn": table.fn,
        "tn": table.tn,
        "threshold": table.threshold,
        "threshold_value": table.threshold_value,
        "obtained": table.obtained,
        "solver": solver if table.obtained == "solved" else {},
        "reported": dict(table.reported),
        "preferred": table.preferred,
        "notes": " ".join(filter(None, [table.how, table.note, f"Source: {table.source}"])),
    }


def _pin(draft: Any, by: Any, table: Any, file: ReportFile, line: Line) -> None:
    pinning.pin_value(
        draft,
        by=by,
        field="counts",
        table=table,
        file=file,
        page=1,
        quote=line.text,
        rectangles=[line.box],
    )


def rate(demo: Demo, rows: dict[str, StudyRow]) -> None:
    """Enter the illustrative QUADAS-2 ratings and their consensus."""
    lead = demo.people["ana"]
    with acting(lead):
        instrument = quality.use_instrument(demo.review, by=lead)
    for rating in facts.RATINGS:
        if rating.agreed:
            _agree(demo, rating, rows[rating.study], instrument)
            continue
        by = demo.people[rating.rater]
        with acting(by):
            _enter_rating(rating, rows[rating.study], instrument, by)


def _enter_rating(rating: Rating, study: StudyRow, instrument: Any, by: Any) -> None:
    row = quality.start_rating(study, instrument, by=by)
    row = quality.save_rating(
        row, by=by, version=row.version, answers=rating.answers, judgements=_judgements(rating)
    )
    if rating.status == "complete":
        quality.complete_rating(row, by=by)


def _agree(demo: Demo, rating: Rating, study: StudyRow, instrument: Any) -> None:
    """Let the first of a study's raters propose what was agreed, and every other confirm it."""
    codes = [each.rater for each in facts.RATINGS if each.study == rating.study and not each.agreed]
    first, *others = (demo.people[code] for code in codes)
    choices = {**rating.answers, **_judgements(rating)}
    with acting(first):
        agreed = consensus.propose_agreement(study, instrument, by=first, choices=choices)
    for by in others:
        with acting(by):
            consensus.confirm_agreement(study, instrument, by=by, agreement=agreed.pk)


def _judgements(rating: Rating) -> dict[str, tuple[str, str]]:
    kinds = (("bias", rating.risk_of_bias), ("applicability", rating.applicability))
    return {
        f"{domain}.{kind}": (level, f"{rating.rationales[domain]} {facts.ILLUSTRATIVE}")
        for kind, levels in kinds
        for domain, level in levels.items()
    }


def analyse(demo: Demo) -> None:
    """Plan the X-ray analysis and run it."""
    plan, by = facts.X_RAY_PLAN, demo.people[facts.X_RAY_PLAN["by"]]
    definition = {
        "modality": plan["modality"],
        "index_tests": [demo.rows["index_test"][code].pk for code in plan["index_tests"]],
        "target_conditions": [
            demo.rows["target_condition"][code].pk for code in plan["target_conditions"]
        ],
        "roles": list(plan["cohort_roles"]),
        "tables": plan["tables"],
    }
    with acting(by):
        row = synthesis.create_plan(demo.review, by=by, name=plan["name"], definition=definition)
        synthesis.start_run(row, by=by)
    do_waiting_jobs(demo)
