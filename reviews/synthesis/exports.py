"""Files of a finished run: rows of the forest plot, estimates, frozen inputs, everything."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from typing import Any

from reviews import bridge
from reviews.core.tables import safe_cell
from reviews.synthesis.inputs import COUNTS
from reviews.synthesis.models import Run
from reviews.synthesis.plans import Row

Rows = Iterable[list[Any]]
ARMS = ("sensitivity", "specificity")


def forest_rows(run: Run) -> Rows:
    """Yield the rows of the forest plot, head first."""
    head = ["row", "study", "table", "tp", "fp", "fn", "tn"]
    bounds = [f"{arm}{part}" for arm in ARMS for part in ("", "_exact_low", "_exact_high")]
    yield [*head, *bounds]
    pairs = zip(run.inputs, run.result["forest"], strict=True)
    for number, (row, drawn) in enumerate(pairs, start=1):
        sides = [value for arm in ARMS for value in _with_bounds(drawn[arm])]
        yield [number, row["study_label"], row["label"], *_counts(row), *sides]


def _counts(row: Row) -> list[int]:
    return [row[name] for name in ("tp", "fp", "fn", "tn")]


def _with_bounds(arm: dict[str, Any]) -> list[Any]:
    return [arm["estimate"], *(arm["exact"] or (None, None))]


def summary_rows(run: Run) -> Rows:
    """Yield the summary estimates with every interval there is, head first."""
    result = run.result
    yield ["measure", "estimate", "interval", "low", "high"]
    for arm in ARMS:
        estimate = result["fit"][arm]["estimate"]
        yield from _line(arm, estimate, "95% CI, Wald", result["fit"][arm]["wald"])
        profile = (result["profile"] or {}).get(arm) or {}
        yield from _line(arm, estimate, "95% CI, profile likelihood", profile.get("interval"))
        new_study = (result["prediction_intervals"] or {}).get(arm)
        yield from _line(arm, estimate, "a new study, 95%", new_study)
    for group in ("likelihood_ratios", "hsroc"):
        for name, value in (result[group] or {}).items():
            yield from _line(name, value["estimate"], "95% CI, Wald", value["wald"])
    if auc := result["auc"]:
        yield from _line("auc", auc["estimate"], "95% CI, delta method", auc["logit_delta"])
    for warning in result["warnings"]:
        yield ["warning", None, warning, None, None]


def _line(name: str, estimate: float | None, kind: str, interval: Any) -> Rows:
    if interval is not None:
        yield [name, estimate, kind, *interval]


def input_rows(run: Run) -> Rows:
    """Yield the frozen 2x2 tables with what the plan chose them by, head first."""
    columns = [
        *("table", "version", "study_label", "cohort_name", "role", "unit", "participants"),
        *("units", "index_test", "target_condition", "reference_standard", "threshold", "reader"),
        *("tp", "fp", "fn", "tn"),
    ]
    yield columns
    for row in run.inputs:
        yield [row[column] for column in columns]


def as_csv(rows: Rows) -> str:
    """Return rows as CSV that a spreadsheet takes for text where it is text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue()


def as_json(run: Run) -> str:
    """Return the whole run: what it read, how it was set, what came out."""
    whole = {
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


FILES: dict[str, tuple[str, Callable[[Run], str]]] = {
    "forest.csv": ("text/csv; charset=utf-8", lambda run: as_csv(forest_rows(run))),
    "summary.csv": ("text/csv; charset=utf-8", lambda run: as_csv(summary_rows(run))),
    "inputs.csv": ("text/csv; charset=utf-8", lambda run: as_csv(input_rows(run))),
    "analysis.R": ("text/plain; charset=utf-8", code("r")),
    "analysis.do": ("text/plain; charset=utf-8", code("stata")),
    "revman.csv": ("text/csv; charset=utf-8", code("revman")),
    "run.json": ("application/json", as_json),
}
