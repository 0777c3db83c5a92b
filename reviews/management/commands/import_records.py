"""Import export files from the terminal, by the same services as a click."""

import time
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404
from django.utils import timezone

from reviews.accounts.models import User
from reviews.core.errors import REFUSALS, message_of
from reviews.jobs.work import do_job
from reviews.protocol.access import membership_of
from reviews.protocol.models import Review
from reviews.searches import services
from reviews.searches.models import ImportBatch, Search, Source
from reviews.searches.parsers import FORMATS

PIECE = 1 << 20
PROBLEMS_SHOWN = 20
SECONDS_BETWEEN_LOOKS = 0.5


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no date such as 2026-11-12.") from error


class Command(BaseCommand):
    help = (
        "Import export files into a review. The source and its search are made where they are"
        " missing. A file that cannot be imported says why; the others still go in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("review", type=int, metavar="REVIEW_ID")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--source", required=True, metavar="NAME")
        parser.add_argument("--platform", default="", help="Through which it was searched.")
        parser.add_argument("--as", required=True, dest="email", metavar="EMAIL")
        parser.add_argument("--date", type=_day, help="When the search was run; today unless told.")
        parser.add_argument("--format", default="", choices=["", *FORMATS])

    def handle(self, *args: Any, **options: Any) -> None:
        user, review = _who_and_where(options["email"], options["review"])
        failed = 0
        with pghistory.context(user=user.pk, command="import_records"):
            try:
                search = _search(review, user, options)
            except REFUSALS as error:
                raise CommandError(message_of(error)) from error
            for path in options["files"]:
                failed += not self._import(path, search, user, options["format"])
        if failed:
            raise CommandError(f"{failed} of {len(options['files'])} files not imported.")

    def _import(self, path: Path, search: Search, user: User, format: str) -> bool:
        try:
            with path.open("rb") as file:
                pieces = iter(lambda: file.read(PIECE), b"")
                batch = services.upload_file(
                    search, by=user, name=path.name, chunks=pieces, format=format
                )
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror or error}.")
            return False
        except REFUSALS as error:
            self.stderr.write(f"{path}: {message_of(error)}")
            return False
        return self._report(path, _wait_for(batch))

    def _report(self, path: Path, batch: ImportBatch) -> bool:
        if batch.state != "in":
            cause = batch.job.cause if batch.job else ""
            self.stderr.write(f"{path}: not imported. {cause or 'The import was cancelled.'}")
            return False
        told = f"{path}: {_counted(batch.records_read, 'record')} in, {FORMATS[batch.format]}"
        problems = f"; {_counted(batch.problem_count, 'problem')}" if batch.problem_count else ""
        self.stdout.write(f"{told}, {batch.encoding}{problems}")
        for problem in batch.problems[:PROBLEMS_SHOWN]:
            self.stdout.write(f"  line {problem['line']}: {problem['reason']} {problem['text']}")
        if batch.problem_count > PROBLEMS_SHOWN:
            more = batch.problem_count - PROBLEMS_SHOWN
            self.stdout.write(f"  and {more:,} more; the page of the import lists them")
        return True


def _who_and_where(email: str, review_id: int) -> tuple[User, Review]:
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise CommandError(f"Nobody here has the address {email}.")
    try:
        membership = membership_of(user, review_id)
    except Http404 as error:
        raise CommandError(f"{email} is not a member of a review {review_id}.") from error
    if not membership.can("import"):
        raise CommandError(f"{email} may not import into this review.")
    return user, membership.review


def _search(review: Review, user: User, options: dict[str, Any]) -> Search:
    """Return the source's last search, or the one of that date; make what is missing."""
    name, platform, day = options["source"], options["platform"], options["date"]
    sources = Source.objects.in_review(review).filter(name__iexact=name.strip(), by_hand=False)
    if platform:
        sources = sources.filter(platform__iexact=platform.strip())
    found = list(sources[:2])
    if len(found) > 1:
        raise CommandError(f"There are several sources named {name}: say --platform.")
    source = (
        found[0] if found else services.create_source(review, by=user, name=name, platform=platform)
    )
    searches = source.searches.order_by("-run_on", "-id")
    if day:
        searches = searches.filter(run_on=day)
    last = searches.first()
    return last or services.create_search(
        review, by=user, source=source, run_on=day or timezone.localdate()
    )


def _wait_for(batch: ImportBatch) -> ImportBatch:
    """Do the job here, unless a worker has taken it: then wait for that one."""
    while True:
        do_job(batch.job_id)
        batch = ImportBatch.objects.with_file().get(pk=batch.pk)
        if batch.job is None or batch.job.finished:
            return batch
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
