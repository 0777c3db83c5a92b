"""From a stored file to staged records, chunk by chunk, and the one flip that shows them all.

Records of a batch that is not committed are outside of the review (``Record.objects.in_review``).
A chunk and its progress are one transaction: a worker that has lost the job cannot add to it, and
the next attempt goes on after the last position that was kept.
"""

import json
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.deletion import ProtectedError
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.jobs.work import Cancelled, Work
from reviews.searches.models import ImportBatch, Record, RecordQuerySet
from reviews.searches.parsers import ParsedRecord, UnreadableFile, parse

ROWS = 4_000
CHARACTERS = 16_000_000
PROBLEMS_KEPT = 1_000
SECONDS_FOR_A_CHUNK = 300
# How many words wait before they are sorted into the index: fewer, larger sortings cost less.
WAITING_WORDS = "32MB"

TEXTS = ["title", "abstract", "journal", "volume", "issue", "pages", "doi", "pmid"]
TEXTS += ["issn", "language", "type", "url", "raw"]
LISTS = ["sections", "authors", "accessions", "keywords", "mesh"]
COLUMNS = ["review_id", "batch_id", "position", "line", "year", *TEXTS, *LISTS, "kept"]
COPY = f"COPY reviews_record ({', '.join(COLUMNS)}) FROM STDIN"


class _Reading:
    """A batch's file being read from its start, once."""

    def __init__(self, batch: ImportBatch, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = os.fstat(stream.fileno()).st_size
        self.parsed = parse(stream, format=batch.format or None, mapping=batch.mapping or None)
        self.position = 0

    def after(self, position: int) -> Iterator[ParsedRecord]:
        """Yield the records after this position; those before it are read and passed over."""
        for record in self.parsed.records:
            self.position = record.position
            if record.position > position:
                yield record

    @property
    def expected(self) -> int:
        """Return about how many records the file holds, judged by how far into it we are."""
        share = self.stream.tell() / self.size
        expected = self.position / share if share else self.position
        unit = 10 ** max(0, len(str(int(expected))) - 2)
        return max(self.position, round(expected / unit) * unit)


def load_batch(work: Work) -> None:
    """Read the file of the batch this job is about. Harmless when killed and begun again."""
    batch = _batch_of(work)
    if batch.withdrawn_at:
        raise DomainError("This import was taken back.")
    try:
        with _open(batch) as stream:
            reading = _Reading(batch, stream)
            _stage(batch, work, reading)
        _note_outcome(batch, reading)
        _check_all_are_in(batch, reading)
    except UnreadableFile as error:
        discard(batch)
        raise DomainError(str(error)) from error
    except Cancelled:
        discard(batch)
        raise
    with work.final():
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
            "People have worked on records of this import: decided on them, written notes, put"
            " labels on them, or looked for their reports. It stays, and nothing was changed."
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


def _slices(batch: ImportBatch) -> Iterator[RecordQuerySet]:
    for low in range(0, _last_kept(batch), ROWS):
        yield Record.objects.filter(batch=batch, position__gt=low, position__lte=low + ROWS)


def _last_kept(batch: ImportBatch) -> int:
    return batch.records.aggregate(last=Max("position"))["last"] or 0


def _open(batch: ImportBatch) -> BinaryIO:
    if batch.file is None or not batch.file.path.exists():
        raise DomainError("The file is no longer there; upload it again.")
    return batch.file.path.open("rb")


def _stage(batch: ImportBatch, work: Work, reading: _Reading) -> None:
    """Keep chunk after chunk, each in one transaction with the progress it makes."""
    records = reading.after(_last_kept(batch))
    for first in records:
        with transaction.atomic():
            _allow_long_statements()
            _copy(batch, _chunk(first, records))
            work.progress(reading.position, reading.expected, "They count when all are in.")


def _chunk(first: ParsedRecord, more: Iterator[ParsedRecord]) -> Iterator[ParsedRecord]:
    """Yield some records as they are read: the next are parsed while these are being stored."""
    rows, characters, record = 0, 0, first
    while True:
        yield record
        rows += 1
        characters += len(record.raw) + len(record.abstract)
        if rows >= ROWS or characters >= CHARACTERS:
            return
        following = next(more, None)
        if following is None:
            return
        record = following


def _copy(batch: ImportBatch, records: Iterable[ParsedRecord]) -> None:
    """COPY is not audited and need not be: the stored file is the evidence of these records."""
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL gin_pending_list_limit = '{WAITING_WORDS}'; SET LOCAL work_mem = '64MB'"
        )
        with cursor.copy(COPY) as copy:
            for record in records:
                texts = [getattr(record, name) for name in TEXTS]
                lists = [json.dumps(getattr(record, name), ensure_ascii=False) for name in LISTS]
                numbers = [batch.review_id, batch.pk, record.position, record.line, record.year]
                copy.write_row([*numbers, *texts, *lists, True])


def _note_outcome(batch: ImportBatch, reading: _Reading) -> None:
    parsed = reading.parsed
    batch.format, batch.encoding = parsed.format, parsed.encoding
    batch.problem_count = len(parsed.problems)
    batch.problems = [
        {"line": each.line, "reason": each.reason, "text": each.text}
        for each in parsed.problems[:PROBLEMS_KEPT]
    ]


def _check_all_are_in(batch: ImportBatch, reading: _Reading) -> None:
    """Compare what is stored with what was read, whoever stored it and however often we died."""
    if not reading.position:
        raise UnreadableFile("No record was found in this file. Is it the export of a search?")
    batch.records_read = batch.records.count()
    if batch.records_read != reading.position:
        raise UnreadableFile(
            f"{reading.position:,} records were read and {batch.records_read:,} stored: nothing was"
            " kept. Import the file again."
        )


def _allow_long_statements() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{SECONDS_FOR_A_CHUNK}s'")
