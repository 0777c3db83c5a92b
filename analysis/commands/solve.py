"""``python -m analysis solve``: the 2x2 tables that agree with a report."""

import argparse

from analysis.commands.output import as_json
from analysis.printed import MEASURES
from analysis.solver import solve_two_by_two


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    solve = commands.add_parser("solve", help="find the 2x2 tables that agree with a report")
    for name in ("n", "n_pos", "n_neg"):
        solve.add_argument(_flag(name), dest=name, type=int, help="participants")
    for name in MEASURES:
        solve.add_argument(_flag(name), dest=name, default="", help="as printed")
    solve.add_argument("--json", action="store_true", help="print one JSON object")
    solve.set_defaults(run=run)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def run(asked: argparse.Namespace) -> str:
    """Return what the command prints."""
    solution = solve_two_by_two(
        n=asked.n,
        n_pos=asked.n_pos,
        n_neg=asked.n_neg,
        reported={name: getattr(asked, name) for name in MEASURES},
    )
    if asked.json:
        return as_json(solution.to_dict())
    tables = [f"TP {tp}  FP {fp}  FN {fn}  TN {tn}" for tp, fp, fn, tn in solution.tables]
    return "\n".join([solution.sentence, *(tables if solution.count > 1 else [])])
