"""The checks of ``checks.py`` on stored tables; later stages show them too."""

from collections.abc import Iterable
from typing import Any

from reviews.extraction.checks import Facts, Finding, check_tables
from reviews.extraction.models import TwoByTwo


def facts_of(table: TwoByTwo) -> Facts:
    """Return what the checks read of a table; fetch its cohort and test with it."""
    cohort = table.cohort
    return Facts(
        id=table.pk or 0,
        cohort_id=cohort.pk,
        tp=table.tp,
        fp=table.fp,
        fn=table.fn,
        tn=table.tn,
        indeterminate=table.indeterminate or 0,
        name=short_name(table),
        role=cohort.role,
        unit=cohort.unit,
        participants=cohort.participants,
        units=cohort.units,
        with_condition=cohort.with_condition,
        overlaps=cohort.overlaps_with,
        test=table.index_test_id,
        condition=table.target_condition_id,
        standard=table.reference_standard_id,
        reader=table.reader,
        threshold_value=table.threshold_value,
        obtained=table.obtained,
        solutions=_whole(table.solver, "count"),
        reported=_texts(table.reported),
        dismissed=_texts(table.dismissed),
    )


def findings_for(tables: Iterable[TwoByTwo]) -> dict[int, list[Finding]]:
    """Return everything checked, what passed included, by table id."""
    return check_tables([facts_of(table) for table in tables])


def warnings_for(tables: Iterable[TwoByTwo]) -> dict[int, list[Finding]]:
    """Return what is odd about each table, dismissed ones with their reason, by table id."""
    return {
        key: [finding for finding in found if not finding.passed]
        for key, found in findings_for(tables).items()
    }


def short_name(table: TwoByTwo) -> str:
    """Return what tells a table from its neighbours: test, threshold, reader."""
    parts = [table.index_test.name, table.threshold, table.reader]
    return ", ".join(part for part in parts if part)


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _whole(value: Any, key: str) -> int | None:
    number = value.get(key) if isinstance(value, dict) else None
    return number if isinstance(number, int) else None
