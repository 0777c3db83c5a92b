"""``python -m analysis code``: an analysis as code or numbers for another program."""

import argparse
from collections.abc import Callable
from typing import Any

from analysis.data import TwoByTwos
from analysis.results import Model
from analysis.scripts.r import r_script
from analysis.scripts.revman import revman_csv
from analysis.scripts.stata import stata_do_file
from analysis.summary import analyse

_MODELS: dict[str, Model] = {
    "bivariate": "bivariate",
    "univariate": "uncorrelated",
    "fixed": "fixed",
}
_WRITTEN: dict[str, Callable[[TwoByTwos, dict[str, Any]], str]] = {
    "r": lambda data, result: r_script(data.rows, data.labels, result),
    "stata": lambda data, result: stata_do_file(data.rows, data.labels, result),
    "revman": lambda _, result: revman_csv(result),
}


def add_code(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    code = commands.add_parser(
        "code", help="an R script, a Stata do-file or RevMan's parameters of an analysis"
    )
    code.add_argument("program", choices=_WRITTEN)
    code.add_argument("file", metavar="FILE.csv", help="columns TP, FP, FN, TN; others are ignored")
    code.add_argument("--model", choices=_MODELS, default="bivariate")
    code.set_defaults(run=run)


def run(asked: argparse.Namespace) -> str:
    """Return what the command prints.

    Raises
    ------
    BadTable
    """
    data = TwoByTwos.from_csv(asked.file)
    result = analyse(data.rows, data.labels, model=_MODELS[asked.model])
    return _WRITTEN[asked.program](data, result).rstrip("\n")
