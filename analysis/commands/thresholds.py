"""``python -m analysis thresholds FILE.csv --study COLUMN --threshold COLUMN [--json]``."""

import argparse
import json
from typing import TYPE_CHECKING

from analysis.data import read_with_columns
from analysis.observed import as_numbers
from analysis.thresholds import STRUCTURES, Thresholds, fit_thresholds

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_thresholds(commands: "Commands") -> None:
    """Add the command that fits several thresholds per study."""
    thresholds = commands.add_parser("thresholds", help="model several thresholds per study")
    thresholds.add_argument("file", metavar="FILE.csv", help="one row per study and threshold")
    thresholds.add_argument("--study", required=True, metavar="COLUMN", help="names the study")
    thresholds.add_argument("--threshold", required=True, metavar="COLUMN", help="a number")
    thresholds.add_argument("--model", choices=list(STRUCTURES), default="DICS")
    thresholds.add_argument("--scale", choices=["log", "linear"], help="log where all are above 0")
    thresholds.add_argument("--json", action="store_true", help="print one JSON object")
    thresholds.set_defaults(run=_thresholds)


def _thresholds(asked: argparse.Namespace) -> str:
    data, columns = read_with_columns(asked.file, [asked.study, asked.threshold])
    cuts = as_numbers(columns[asked.threshold])
    found = fit_thresholds(
        data, cuts, columns[asked.study], structure=asked.model, scale=asked.scale
    )
    if asked.json:
        result = found.to_dict() | {"input_sha256": data.sha256}
        return json.dumps(result, indent=2, allow_nan=False)
    return _text(found)


def _text(found: Thresholds) -> str:
    result = found.to_dict()
    lines = [f"Multiple thresholds, {found.structure}: {found.k} studies, {found.rows} tables"]
    best, area = result["optimal"], result["auc"]["estimate"]
    if best:
        lines += [
            f"Optimal threshold     {best['threshold']:.4g}",
            f"Sensitivity there     {best['sensitivity']['estimate']:.3f}",
            f"Specificity there     {best['specificity']['estimate']:.3f}",
        ]
    if area is not None:
        lines.append(f"Area under the curve  {area:.3f}")
    return "\n".join([*lines, *([f"! {result['reason']}"] if result["reason"] else [])])
