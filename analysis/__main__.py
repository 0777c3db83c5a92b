"""The command line: ``python -m analysis COMMAND``, with ``--json`` for programs."""

import argparse
import io
import sys
from collections.abc import Sequence

from analysis.commands import fit, solve
from analysis.commands.code import add_code
from analysis.commands.compare import add_compare
from analysis.commands.figure import add_figure
from analysis.commands.thresholds import add_thresholds
from analysis.errors import AnalysisError

BAD_INPUT = 2
CANCELLED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 with a sentence on stderr.

    Interrupted (Ctrl-C), it prints nothing on stdout and returns 130.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.
    """
    # A study's name must not stop the table on a terminal that cannot write it.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    asked = _parser().parse_args(arguments)
    try:
        output = asked.run(asked)
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return CANCELLED
    print(output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis", description="Meta-analysis of diagnostic test accuracy."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (fit, solve):
        command.add_to(commands)
    add_code(commands)
    add_compare(commands)
    add_thresholds(commands)
    add_figure(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
