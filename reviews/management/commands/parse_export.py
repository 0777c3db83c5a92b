"""Read an export file and print what is in it; no database is touched."""

import itertools
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews.searches.parsers import FORMATS, ParsedFile, ParsedRecord, UnreadableFile, parse
from reviews.searches.parsers.record import Problem

FIELDS = ["title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid"]
FIELDS += ["abstract", "keywords", "type", "line"]
UNREADABLE, NO_FILE = 1, 2
NOBODY_READS = 141  # as a shell tells a program that SIGPIPE ended
PROBLEMS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Read an export of a search and print its records and what could not be read."
        " Ends with 0 if the file was read, 1 if it is no export (the reason is on standard"
        " error), 2 if there is no such file."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument(
            "--format", choices=FORMATS, help="read it so, whatever its content looks like"
        )
        parser.add_argument("--json", action="store_true", help="print all of it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._read(**options)
            self.stdout.flush()
        except BrokenPipeError:
            # `| head` has seen enough. Python's own last flush must not say it was an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(NOBODY_READS)

    def _read(self, *, file: str, **options: Any) -> None:
        try:
            parsed = parse(file, format=options["format"])
            # A table without a title shows itself with the first record.
            first = list(itertools.islice(parsed.records, 1))
        except UnreadableFile as error:
            if options["json"]:
                nothing = {"format": options["format"] or "", "encoding": "", "records": []}
                problem = {"line": 1, "reason": str(error), "text": ""}
                self._write(json.dumps({**nothing, "problems": [problem]}) + "\n")
            raise CommandError(str(error), returncode=UNREADABLE) from error
        except OSError as error:
            reason = f"The file {file} cannot be opened: {error.strerror}."
            raise CommandError(reason, returncode=NO_FILE) from error
        records = itertools.chain(first, parsed.records)
        if options["json"]:
            self._print_json(parsed, records)
        else:
            self._print_summary(parsed, records)

    def _print_json(self, parsed: ParsedFile, records: Iterator[ParsedRecord]) -> None:
        """Write record by record: a file may be larger than memory."""
        head = json.dumps({"format": parsed.format, "encoding": parsed.encoding})
        self._write(head.removesuffix("}") + ', "records": [')
        for place, record in enumerate(records):
            self._write(",\n" if place else "\n")
            self._write(json.dumps({name: getattr(record, name) for name in FIELDS}))
        self._write('\n], "problems": [')
        for place, problem in enumerate(parsed.problems):
            self._write(("," if place else "") + "\n" + json.dumps(_shown(problem)))
        self._write("\n]}\n")

    def _print_summary(self, parsed: ParsedFile, records: Iterator[ParsedRecord]) -> None:
        count = sum(1 for _ in records)
        counted = f"{count:,} record{'' if count == 1 else 's'}"
        self._write(f"{FORMATS[parsed.format]}, {parsed.encoding}: {counted}.\n")
        for problem in parsed.problems[:PROBLEMS_SHOWN]:
            self._write(f"line {problem.line}: {problem.reason} {problem.text!a}\n")
        if (more := len(parsed.problems) - PROBLEMS_SHOWN) > 0:
            self._write(f"and {more:,} more problems; --json prints them all.\n")

    def _write(self, text: str) -> None:
        self.stdout.write(text, ending="")


def _shown(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "reason": problem.reason, "text": problem.text}
