"""Files of a finished run: its tables, its code for other programs, everything."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from reviews import bridge
from reviews.core.tables import safe_cell
from reviews.synthesis.inputs import COUNTS
from reviews.synthesis.models import Run
from reviews.synthesis.tables import TABLES, Rows, Table


def as_csv(rows: Rows) -> str:
    """Return rows as CSV that a spreadsheet takes for text where it is text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue()


def as_json(run: Run) -> str:
    """Return the whole run: what it read, how it was set, what came out."""
    whole: dict[str, Any] = {
        "plan": run.plan.name,
        "plan_version": run.plan_version,
        "definition": run.definition,
        "inputs": run.inputs,
        "input_hash": run.input_hash,
        "options": run.options,
        "options_hash": run.options_hash,
        "engine_version": run.engine_version,
        "finished_at": run.finished_at.isoformat(),
        "result": run.result,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)


def code(program: str) -> Callable[[Run], str]:
    """Return what writes a run as code for another program."""

    def written(run: Run) -> str:
        rows = [tuple(row[name] for name in COUNTS) for row in run.inputs]
        return bridge.code_file(program, rows, [row["label"] for row in run.inputs], run.result)

    return written


def table_file(table: Table) -> Callable[[Run], str]:
    """Return what writes a table of a run as CSV."""
    return lambda run: as_csv(table.of(run))


_CSV = "text/csv; charset=utf-8"
FILES: dict[str, tuple[str, Callable[[Run], str]]] = {
    **{f"{name}.csv": (_CSV, table_file(table)) for name, table in TABLES.items()},
    "analysis.R": ("text/plain; charset=utf-8", code("r")),
    "analysis.do": ("text/plain; charset=utf-8", code("stata")),
    "revman.csv": (_CSV, code("revman")),
    "run.json": ("application/json", as_json),
}
