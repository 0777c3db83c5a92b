"""Find the copies in a table of records; no database is touched."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews.dedup.files import UnreadableTable, read_keys, write_clusters, write_possible
from reviews.dedup.matching import VERSION, find_matches

UNREADABLE, NO_FILE = 1, 2


class Command(BaseCommand):
    help = (
        "Find copies of one report in a CSV file with the columns ID, title, author, year, journal,"
        " volume, number, pages, doi, pmid, abstract, booktitle and ENTRYTYPE, as far as present."
        " Writes ID and cluster, and to OUT.possible the pairs a person should compare. Ends with"
        " 0, with 1 if the file is no such table, with 2 if a file cannot be opened or written."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("records", type=Path, help="CSV, or Parquet where pyarrow is installed")
        parser.add_argument("--out", type=Path, required=True, help="where to write the clusters")

    def handle(self, *args: Any, records: Path, out: Path, **options: Any) -> None:
        try:
            ids, keys = read_keys(records)
        except UnreadableTable as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        except OSError as error:
            reason = f"The file {records} cannot be opened: {error.strerror}."
            raise CommandError(reason, returncode=NO_FILE) from error
        matches = find_matches(keys)
        possible = out.with_name(out.name + ".possible")
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                clusters = write_clusters(file, ids, matches)
            with possible.open("w", encoding="utf-8", newline="") as file:
                write_possible(file, ids, matches)
        except OSError as error:
            reason = f"The file {error.filename} cannot be written: {error.strerror}."
            raise CommandError(reason, returncode=NO_FILE) from error
        self.stdout.write(
            f"{len(ids):,} records, {clusters:,} reports, {len(matches.possible):,} possible pairs"
            f" (rules version {VERSION})."
        )
