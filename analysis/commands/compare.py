"""``python -m analysis compare FILE.csv --test COLUMN [--study COLUMN] [--json]``."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from analysis.comparison import MODELS, Comparison, compare_tests
from analysis.data import read_with_columns
from analysis.results import ARMS

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_compare(commands: "Commands") -> None:
    """Add the command that compares index tests."""
    compare = commands.add_parser("compare", help="compare index tests")
    compare.add_argument("file", metavar="FILE.csv", help="one row per study and test")
    compare.add_argument("--test", required=True, metavar="COLUMN", help="names the index test")
    compare.add_argument("--study", metavar="COLUMN", help="rows of one study are paired")
    compare.add_argument("--model", choices=list(MODELS), help="by default chosen by the pairing")
    compare.add_argument("--json", action="store_true", help="print one JSON object")
    compare.set_defaults(run=_compare)


def _compare(asked: argparse.Namespace) -> str:
    names = [asked.test, *([] if asked.study is None else [asked.study])]
    data, columns = read_with_columns(asked.file, names)
    studies = None if asked.study is None else columns[asked.study]
    found = compare_tests(data, columns[asked.test], studies, model=asked.model)
    result = found.to_dict() | {"input_sha256": data.sha256}
    return json.dumps(result, indent=2, allow_nan=False) if asked.json else _text(found)


def _text(found: Comparison) -> str:
    lines = [f"{found.model}: {found.k} tables, {found.paired} studies with several tests", ""]
    if found.fit is None:
        lines.append(f"Not estimable. {found.reason}")
    for test, name in enumerate(found.tests if found.fit else ()):
        lines += [name, *(_line(arm, found.accuracy(test)[arm], "wald") for arm in ARMS)]
    for test in range(1, len(found.tests) if found.fit else 0):
        contrast = found.contrast(test)
        lines += ["", f"{contrast['test']} against {contrast['reference']}"]
        lines += [_line(f"relative {arm}", contrast[f"relative_{arm}"], "ci") for arm in ARMS]
    return "\n".join([*lines, *(f"! {warning}" for warning in found.warnings)])


def _line(name: str, value: dict[str, Any], interval: str) -> str:
    numbers = (value["estimate"], *value[interval])
    estimate, low, high = ("-" if number is None else f"{number:.3f}" for number in numbers)
    return f"  {name:24}{estimate}  {low} to {high}"
