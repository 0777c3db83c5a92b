"""The command line: ``python -m analysis fit FILE.csv [--json]`` and ``... solve [--json]``."""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from typing import Any

from analysis.commands.compare import add_compare
from analysis.commands.thresholds import add_thresholds
from analysis.data import TwoByTwos
from analysis.errors import AnalysisError
from analysis.printed import MEASURES
from analysis.solver import solve_two_by_two
from analysis.summary import analyse
from analysis.text import summary_table

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 with a sentence on stderr."""
    asked = _parser().parse_args(arguments)
    try:
        output = asked.run(asked)
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis", description="Meta-analysis of diagnostic test accuracy."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fit = commands.add_parser("fit", help="fit the bivariate model to 2x2 tables")
    fit.add_argument("file", metavar="FILE.csv", help="columns TP, FP, FN, TN; others are ignored")
    fit.add_argument("--json", action="store_true", help="print one JSON object")
    fit.set_defaults(run=_fit)
    solve = commands.add_parser("solve", help="find the 2x2 tables that agree with a report")
    for name in ("n", "n_pos", "n_neg"):
        solve.add_argument(_flag(name), dest=name, type=int, help="participants")
    for name in MEASURES:
        solve.add_argument(_flag(name), dest=name, default="", help="as printed")
    solve.add_argument("--json", action="store_true", help="print one JSON object")
    solve.set_defaults(run=_solve)
    add_compare(commands)
    add_thresholds(commands)
    return parser


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _fit(asked: argparse.Namespace) -> str:
    data = TwoByTwos.from_csv(asked.file)
    result = analyse(data.rows, data.labels)
    return _json(_flat(result)) if asked.json else summary_table(result)


def _flat(result: dict[str, Any]) -> dict[str, Any]:
    """Return the fit's own keys first, then the measures that follow from it."""
    further = ("likelihood_ratios", "hsroc", "auc", "prediction_intervals")
    return {
        **result["fit"],
        "warnings": result["warnings"],
        "profile": result["profile"],
        **{name: result[name] for name in further},
    }


def _solve(asked: argparse.Namespace) -> str:
    solution = solve_two_by_two(
        n=asked.n,
        n_pos=asked.n_pos,
        n_neg=asked.n_neg,
        reported={name: getattr(asked, name) for name in MEASURES},
    )
    if asked.json:
        return _json(solution.to_dict())
    tables = [f"TP {tp}  FP {fp}  FN {fn}  TN {tn}" for tp, fp, fn, tn in solution.tables]
    return "\n".join([solution.sentence, *(tables if solution.count > 1 else [])])


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, allow_nan=False)


if __name__ == "__main__":
    # A study's name must not stop the table on a terminal that cannot write it.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
