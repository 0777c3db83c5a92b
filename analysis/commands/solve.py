"""``python -m analysis solve``: the 2x2 tables that agree with a report."""

import argparse
from typing import get_args

from analysis.commands.output import as_json
from analysis.errors import BadReport
from analysis.printed import CELLS, COUNTS, MEASURES, PROPORTIONS, Rounding
from analysis.printed_intervals import METHODS
from analysis.solver import solve_two_by_two

_TOTALS = ("n", "n_max", *COUNTS)
_SHORT = {
    "sensitivity": ("sens",),
    "specificity": ("spec",),
    "accuracy": ("acc",),
    "lr_positive": ("lr-pos",),
    "lr_negative": ("lr-neg",),
}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    solve = commands.add_parser(
        "solve",
        help="find the 2x2 tables that agree with a report",
        allow_abbrev=False,
        epilog="A value that begins with a minus sign is given as --youden=-0.05.",
    )
    for name in _TOTALS:
        solve.add_argument(_flag(name), dest=name, default="", help=_HELP.get(name, "as printed"))
    for name in MEASURES:
        flags = [_flag(name), *(f"--{short}" for short in _SHORT.get(name, ()))]
        solve.add_argument(*flags, dest=name, default="", help="as printed, digits and all")
        if name in PROPORTIONS:
            intervals = [f"{flag}-ci" for flag in flags]
            solve.add_argument(
                *intervals, dest=f"{name}_ci", default="", metavar="LOW-HIGH", help="its 95 %% CI"
            )
    solve.add_argument("--ci-method", choices=METHODS, default="any", help="how all CIs were made")
    solve.add_argument(
        "--rounding",
        choices=get_args(Rounding),
        default="nearest",
        help="whether digits are rounded (a half either way) or cut off",
    )
    solve.add_argument("--json", action="store_true", help="print one JSON object")
    solve.set_defaults(run=run)


_HELP = {
    "n": "participants",
    "n_max": "where their number is not reported: the most there can be",
    "n_pos": "with the target condition",
    "n_neg": "without it",
    "n_test_pos": "with a positive test",
    "n_test_neg": "with a negative test",
}


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def run(asked: argparse.Namespace) -> str:
    """Return what the command prints.

    Raises
    ------
    AnalysisError
        A figure cannot be read, or too little is known.
    """
    counts = {name: _count(name, getattr(asked, name)) for name in _TOTALS}
    solution = solve_two_by_two(
        n=counts.pop("n"),
        n_max=counts.pop("n_max"),
        counts={name: count for name, count in counts.items() if count is not None},
        reported={name: getattr(asked, name) for name in MEASURES},
        intervals={name: getattr(asked, f"{name}_ci") for name in PROPORTIONS},
        method=asked.ci_method,
        rounding=asked.rounding,
    )
    if asked.json:
        return as_json(solution.to_dict())
    told = [
        "  ".join(f"{cell.upper()} {count}" for cell, count in zip(CELLS, table, strict=True))
        for table in solution.solutions
    ]
    return "\n".join([solution.sentence, *(told if solution.count > 1 else [])])


def _count(name: str, text: str) -> int | None:
    """Return a count of participants; None where it is not given."""
    if not text.strip():
        return None
    digits = text.strip().replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise BadReport(f"{_flag(name)}: “{text[:40]}” is not a number of participants.")
    return int(digits)
