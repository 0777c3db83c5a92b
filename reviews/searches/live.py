"""Run a documented strategy in PubMed, and keep what it hands out as a file like any upload.

Off unless the team's address is set (``PUBMED_EMAIL``). Portions wait in a folder of the job's own
until all are there, so that another attempt goes on after the last one that was kept.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from reviews.core import files
from reviews.core.errors import DomainError, sentence_for
from reviews.jobs.models import Job
from reviews.jobs.services import start_job
from reviews.jobs.work import Cancelled, Work
from reviews.searches import services
from reviews.searches.models import ImportBatch, Search
from reviews.searches.pubmed import MOST_RECORDS, Found, HistoryGone, PubMed, PubMedError
from reviews.searches.strategy import as_one_query

PORTION = 200
KIND = "searches.fetch"
SECONDS_FOR_A_CLICK = 10.0
SEARCHES_AGAIN = 3


def can_run(search: Search) -> bool:
    """Say whether this search can be run from here."""
    named = f"{search.source.name} {search.source.platform}".lower()
    return bool(settings.PUBMED_EMAIL) and "pubmed" in named and not search.source.by_hand


def _client(**options: Any) -> PubMed:
    if not settings.PUBMED_EMAIL:
        raise DomainError("Searching PubMed from here is off; whoever runs the site can allow it.")
    return PubMed(settings.PUBMED_URL, settings.PUBMED_EMAIL, settings.PUBMED_API_KEY, **options)


def query_of(search: Search) -> str:
    """Return the strategy as one query."""
    try:
        return as_one_query(search.strategy)
    except ValueError as error:
        raise DomainError(str(error)) from error


def count(search: Search) -> Found:
    """Ask PubMed how many records the strategy finds now."""
    try:
        return _client(seconds=SECONDS_FOR_A_CLICK).search(query_of(search))
    except PubMedError as error:
        raise DomainError(str(error)) from error


def start(search: Search, *, by: Any) -> Job:
    """Queue the run of a strategy; its records come in as a file of this search."""
    if not can_run(search):
        raise DomainError("This search cannot be run from here.")
    query_of(search)
    running = Job.objects.in_review(search.review_id).active().filter(kind=KIND)
    if running.filter(arguments__search_id=search.pk).exists():
        raise DomainError("This search is being run already.")
    return start_job(KIND, review=search.review, by=by, search_id=search.pk)


def fetch(work: Work) -> None:
    """Bring the records PubMed finds into a file, and queue its import."""
    search = (
        Search.objects.in_review(work.review)
        .select_related("source")
        .get(pk=work.arguments["search_id"])
    )
    folder = _folder(work.job.pk)
    try:
        found = _fetch_all(work, search, folder)
    except PubMedError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DomainError(str(error)) from error
    except Cancelled:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _hand_over(work, search, folder, found)
    shutil.rmtree(folder, ignore_errors=True)


def clear_up() -> int:
    """Remove the portions of runs that ended while their worker was dead."""
    folders = {path.name: path for path in _folder("").glob("*") if path.name.isdigit()}
    active = Job.objects.active().filter(pk__in=folders).values_list("pk", flat=True)
    left = folders.keys() - {str(pk) for pk in active}
    for name in left:
        shutil.rmtree(folders[name], ignore_errors=True)
    return len(left)


def _folder(job_id: int | str) -> Path:
    return settings.MEDIA_ROOT / "fetching" / str(job_id)


def _fetch_all(work: Work, search: Search, folder: Path) -> Found:
    """Fetch portion after portion; where the history is gone, search again and begin anew."""
    client, query = _client(), query_of(search)
    for _ in range(SEARCHES_AGAIN):
        found = _kept_search(folder, query) or _new_search(client, query, folder)
        try:
            _fetch_portions(work, client, found, folder)
        except HistoryGone:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        return found
    raise PubMedError("PubMed forgot the search several times over. Try again later.")


def _kept_search(folder: Path, query: str) -> Found | None:
    """Return what an earlier attempt found, if it asked the same."""
    try:
        kept = json.loads((folder / "found.json").read_text())
        return Found(**kept["found"]) if kept["query"] == query else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _new_search(client: PubMed, query: str, folder: Path) -> Found:
    found = client.search(query)
    if not found.count:
        raise PubMedError("PubMed finds no record by this strategy. Nothing was changed.")
    if found.count > MOST_RECORDS:
        raise PubMedError(
            f"PubMed finds {found.count:,} records and hands out {MOST_RECORDS:,} at most this way."
            " Split the search, such as by years, or export from the website and import the file."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write(folder / "found.json", json.dumps({"query": query, "found": asdict(found)}).encode())
    return found


def _fetch_portions(work: Work, client: PubMed, found: Found, folder: Path) -> None:
    for first in range(0, found.count, PORTION):
        part = folder / f"{first:07}.nbib"
        if not part.exists():
            _write(part, client.fetch(found, start=first, size=PORTION))
        work.progress(min(first + PORTION, found.count), found.count, "PubMed hands them out.")


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: a part that is there counts as fetched."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _parts(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*.nbib")):
        yield path.read_bytes()


def _hand_over(work: Work, search: Search, folder: Path, found: Found) -> None:
    """Keep the file, note the hits, and queue the import with the end of this job."""
    stored = files.store(_parts(folder), media_type="text/plain", limit=settings.MAX_IMPORT_BYTES)
    today = timezone.localdate()
    try:
        with work.final():
            services.import_stored(
                search, stored, by=work.job.asked_by, name=f"PubMed-{today:%Y-%m-%d}.nbib"
            )
            Search.objects.filter(pk=search.pk, hits=None).update(
                hits=found.count, version=F("version") + 1
            )
    except IntegrityError as error:
        if ImportBatch.objects.filter(search=search, file=stored, withdrawn_at=None).exists():
            raise DomainError(
                "PubMed gives the very records that are in already. Nothing was changed."
            ) from error
        raise DomainError(sentence_for(error)) from error
