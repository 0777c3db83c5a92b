"""From a stored file to staged records, chunk by chunk, and the one flip that shows them all.

Records of a batch that is not committed are outside of the review (``Record.objects.in_review``).
A chunk and its progress are one transaction: a worker that has lost the job cannot add to it, and
the next attempt goes on after the last position that was kept.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.deletion import ProtectedError
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.jobs.work import Cancelled, Work
from reviews.searches.models import ImportBatch, Record
from reviews.searches.parsers import ParsedFile, ParsedRecord, UnreadableFile, parse

ROWS = 5_000
CHARACTERS = 8_000_000
PROBLEMS_KEPT = 1_000
SECONDS_FOR_A_CHUNK = 300

TEXTS = ["title", "abstract", "journal", "volume", "issue", "pages", "doi", "pmid"]
TEXTS += ["issn", "language", "type", "url", "raw"]
LISTS = ["sections", "authors", "accessions", "keywords", "mesh"]
COLUMNS = ["review_id", "batch_id", "position", "line", "year", *TEXTS, *LISTS, "kept"]
COPY = f"COPY reviews_record ({', '.join(COLUMNS)}) FROM STDIN"


def load_batch(work: Work) -> None:
    """Read the file of the batch this job is about. Harmless when killed and begun again."""
    batch = _batch_of(work)
    if batch.withdrawn_at:
        raise DomainError("This import was taken back.")
    try:
        parsed = _stage(batch, work, total=_count(batch, work))
    except UnreadableFile as error:
        discard(batch)
        raise DomainError(str(error)) from error
    except Cancelled:
        discard(batch)
        raise
    with work.final():
        _note_outcome(batch, parsed)
        batch.records_read = batch.records.count()
        batch.committed_at = Now()
        batch.save()


def take_back(work: Work) -> None:
    """Remove the records of a committed batch, unless something was built on them."""
    batch = _batch_of(work)
    try:
        with transaction.atomic():
            _allow_long_statements()
            batch = ImportBatch.objects.select_for_update(of=["self"]).get(pk=batch.pk)
            for records in _slices(batch):
                records.delete()
            batch.withdrawn_at, batch.committed_at = Now(), None
            batch.save(update_fields=["withdrawn_at", "committed_at"])
            # Last, so that the job's row is not locked while its lease must be renewed.
            work.finish()
    except ProtectedError as error:
        raise DomainError(
            "People have worked on records of this import: it stays. Nothing was changed."
        ) from error


def discard(batch: ImportBatch) -> None:
    """Remove what was staged, and let the file be imported again."""
    for records in _slices(batch):
        with transaction.atomic():
            _allow_long_statements()
            still = ImportBatch.objects.staged().select_for_update(of=["self"])
            if not still.filter(pk=batch.pk).exists():
                return
            # Nothing points to records that were never part of the review.
            records._raw_delete(records.db)
    ImportBatch.objects.staged().filter(pk=batch.pk).update(
        withdrawn_at=Now(), problems=batch.problems, problem_count=batch.problem_count
    )


def discard_abandoned() -> int:
    """Clear up after imports that failed or were cancelled while their worker was dead."""
    abandoned = list(ImportBatch.objects.abandoned()[:20])
    for batch in abandoned:
        discard(batch)
    return len(abandoned)


def _batch_of(work: Work) -> ImportBatch:
    batches = ImportBatch.objects.in_review(work.review).select_related("file")
    return batches.get(pk=work.arguments["batch_id"])


def _slices(batch: ImportBatch) -> Iterator[Any]:
    last = batch.records.aggregate(last=Max("position"))["last"] or 0
    for low in range(0, last, ROWS):
        yield Record.objects.filter(batch=batch, position__gt=low, position__lte=low + ROWS)


def _open(batch: ImportBatch) -> ParsedFile:
    if batch.file is None or not batch.file.path.exists():
        raise DomainError("The file is no longer there; upload it again.")
    return parse(batch.file.path, format=batch.format or None, mapping=batch.mapping or None)


def _count(batch: ImportBatch, work: Work) -> int:
    """Read the file once without keeping anything: a refusal then comes before any record."""
    parsed, total = _open(batch), 0
    for total, _ in enumerate(parsed.records, start=1):
        if total % ROWS == 0:
            work.progress(0, 0, f"Reading the file: {total:,} records so far.")
    if not total:
        _note_outcome(batch, parsed)
        raise UnreadableFile("No record was found in this file. Is it the export of a search?")
    return total


def _stage(batch: ImportBatch, work: Work, *, total: int) -> ParsedFile:
    parsed = _open(batch)
    kept = batch.records.aggregate(last=Max("position"))["last"] or 0
    for chunk in _chunks(record for record in parsed.records if record.position > kept):
        with transaction.atomic():
            _allow_long_statements()
            _copy(batch, chunk)
            work.progress(chunk[-1].position, total, "They count when all are in.")
    return parsed


def _chunks(records: Iterable[ParsedRecord]) -> Iterator[list[ParsedRecord]]:
    chunk: list[ParsedRecord] = []
    size = 0
    for record in records:
        chunk.append(record)
        size += len(record.raw) + len(record.abstract)
        if len(chunk) >= ROWS or size >= CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _copy(batch: ImportBatch, records: list[ParsedRecord]) -> None:
    """COPY is not audited and need not be: the stored file is the evidence of these records."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(COPY) as copy,
    ):
        for record in records:
            texts = [getattr(record, name) for name in TEXTS]
            lists = [json.dumps(getattr(record, name), ensure_ascii=False) for name in LISTS]
            numbers = [batch.review_id, batch.pk, record.position, record.line, record.year]
            copy.write_row([*numbers, *texts, *lists, True])


def _note_outcome(batch: ImportBatch, parsed: ParsedFile) -> None:
    batch.format, batch.encoding = parsed.format, parsed.encoding
    batch.problem_count = len(parsed.problems)
    batch.problems = [
        {"line": each.line, "reason": each.reason, "text": each.text}
        for each in parsed.problems[:PROBLEMS_KEPT]
    ]


def _allow_long_statements() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_CHUNK}s'")
