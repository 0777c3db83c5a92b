"""Sources, searches, the files they brought, and records found in other ways."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from reviews.core import files
from reviews.core.audit import because
from reviews.core.errors import DomainError
from reviews.core.versions import save_version
from reviews.jobs.models import Job
from reviews.jobs.services import cancel_job, start_job
from reviews.protocol.models import Review
from reviews.searches.importing import discard
from reviews.searches.models import ImportBatch, Record, Search, SearchStatement, Source
from reviews.searches.parsers import FORMATS
from reviews.searches.parsers.columns import FIELDS
from reviews.searches.parsers.identifiers import normalise_doi, normalise_pmid
from reviews.searches.parsers.preview import preview_table
from reviews.searches.parsers.record import storable

SOURCE_FIELDS = ["name", "platform", "kind"]
SEARCH_FIELDS = ["source", "run_on", "strategy", "limits", "filters", "peer_review", "hits"]
SEARCH_FIELDS += ["update_of", "difference", "notes"]
FOUND_BY_HAND = {
    Source.Kind.WEBSITE: "Websites",
    Source.Kind.ORGANISATION: "Organisations",
    Source.Kind.CITATION: "Citation searching",
    Source.Kind.CONTACT: "Contact with authors",
    Source.Kind.OTHER: "Added by hand",
}


@transaction.atomic
def create_source(
    review: Any, *, by: Any, name: str, platform: str = "", kind: str = Source.Kind.DATABASE
) -> Source:
    """Add a place that is searched."""
    source = Source(review=review, name=name.strip(), platform=platform.strip(), kind=kind)
    source.full_clean(exclude=["review"], validate_constraints=False)
    source.save()
    return source


@transaction.atomic
def edit_source(source: Source, *, by: Any, version: int, **changes: Any) -> Source:
    """Change a source's name, platform or kind, unless somebody saved it meanwhile."""
    return _edit(source, version, changes, SOURCE_FIELDS)


@transaction.atomic
def create_search(
    review: Any, *, by: Any, source: Source, run_on: date, **documentation: Any
) -> Search:
    """Document a dated run of a strategy; see ``SEARCH_FIELDS`` for what it may say."""
    search = Search(review=review, source=source, run_on=run_on, **documentation)
    _check_update(search)
    search.full_clean(exclude=["review"], validate_constraints=False)
    search.save()
    return search


@transaction.atomic
def edit_search(search: Search, *, by: Any, version: int, **changes: Any) -> Search:
    """Change a search's documentation, unless somebody saved it meanwhile."""
    # One at a time: two edits, each of which is no circle, could close one together.
    Review.objects.select_for_update(no_key=True).get(pk=search.review_id)
    search.update_of = changes.get("update_of", search.update_of)
    _check_update(search)
    return _edit(search, version, changes, SEARCH_FIELDS)


@transaction.atomic
def write_statement(review: Any, *, by: Any, item: int, text: str, version: int) -> SearchStatement:
    """Say something of an item of PRISMA-S; one nobody wrote about yet is at version 1."""
    row, _ = SearchStatement.objects.get_or_create(review=review, item=item)
    return _edit(row, version, {"text": text}, ["text"])


def _check_update(search: Search) -> None:
    """An update names an earlier search; following the chain must not lead back here."""
    links = Search.objects.in_review(search.review_id).values_list("pk", "update_of")
    before = dict(links)
    seen, earlier = {search.pk}, search.update_of_id
    while earlier is not None:
        if earlier in seen:
            raise DomainError("A search cannot be an update of itself.")
        seen.add(earlier)
        earlier = before.get(earlier)


def _edit(row: Any, version: int, changes: dict[str, Any], fields: Sequence[str]) -> Any:
    for field in (named := [name for name in fields if name in changes]):
        setattr(row, field, changes[field])
    return save_version(row, version=version, fields=named)


def upload_file(
    search: Search,
    *,
    by: Any,
    name: str,
    chunks: Iterable[bytes],
    format: str = "",
    mapping: Mapping[str, str] | None = None,
) -> ImportBatch:
    """Keep the file and queue its import; the same file goes into a search once.

    What people once said about the columns of a source's tables holds for its next one.
    """
    stored = files.store(chunks, media_type="text/plain", limit=settings.MAX_IMPORT_BYTES)
    if not (mapping or format):
        mapping = _remembered_mapping(search.source, stored)
    return import_stored(search, stored, by=by, name=name, format=format, mapping=mapping)


def import_again(
    batch: ImportBatch, *, by: Any, format: str = "", mapping: Mapping[str, str] | None = None
) -> ImportBatch:
    """Read a file anew whose import failed or was taken back, told what its columns hold."""
    if batch.file is None or not batch.withdrawn_at:
        raise DomainError("Take this import back first; then its file can be read anew.")
    return import_stored(
        batch.search, batch.file, by=by, name=batch.file_name, format=format, mapping=mapping
    )


def same_file_elsewhere(batch: ImportBatch) -> list[ImportBatch]:
    """Return the imports by which this very file is in the review by another search too."""
    if batch.file_id is None:
        return []
    batches = ImportBatch.objects.in_review(batch.review_id).filter(file=batch.file_id)
    others = batches.filter(withdrawn_at__isnull=True).exclude(search=batch.search_id)
    return list(others.with_file().order_by("id")[:5])


def import_stored(
    search: Search,
    stored: files.StoredFile,
    *,
    by: Any,
    name: str,
    format: str = "",
    mapping: Mapping[str, str] | None = None,
) -> ImportBatch:
    """Queue the import of a file that is kept already."""
    if format and format not in FORMATS:
        raise DomainError("There is no such format.")
    if search.source.by_hand:
        raise DomainError("Records are added to this source by hand; choose another search.")
    if mapping:
        _check_mapping(stored, mapping)
    for left in ImportBatch.objects.abandoned().filter(search=search, file=stored):
        discard(left)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            review=search.review,
            search=search,
            file=stored,
            file_name=storable(name.replace("\x00", ""))[-255:],
            format=format,
            mapping=dict(mapping or {}),
            uploaded_by=by,
        )
        batch.job = start_job("searches.import", review=search.review, by=by, batch_id=batch.pk)
        batch.save(update_fields=["job"])
    return batch


def _remembered_mapping(source: Source, stored: files.StoredFile) -> dict[str, str]:
    """Return what the columns of this source's last table hold, if this one has them all."""
    told = ImportBatch.objects.committed().filter(search__source=source).exclude(mapping={})
    last = told.order_by("-id").first()
    if last is None:
        return {}
    table = preview_table(stored.path)
    has_all = table is not None and set(filter(None, last.mapping.values())) <= set(table.header)
    return dict(last.mapping) if has_all else {}


def _check_mapping(stored: files.StoredFile, mapping: Mapping[str, str]) -> None:
    table = preview_table(stored.path)
    known = set(table.header) if table else set()
    if not mapping.get("title"):
        raise DomainError("Say which column holds the title.")
    for field, column in mapping.items():
        if field not in FIELDS or (column and column not in known):
            raise DomainError(f"The file has no column “{column}” to read as {field}.")


def cancel_import(batch: ImportBatch, *, by: Any) -> None:
    """Stop an import. What a worker is reading just now, it takes back by itself."""
    if batch.job is None or batch.committed_at:
        raise DomainError("This import is over.")
    if cancel_job(batch.job, by=by).finished:
        discard(batch)


@transaction.atomic
def withdraw_batch(batch: ImportBatch, *, by: Any) -> Job:
    """Start taking an import back: its records leave the review, the file stays.

    The job refuses where people have decided on a record, noted anything on it, put a label on it
    or looked for its report: nothing a person wrote is deleted.
    """
    batch = ImportBatch.objects.select_for_update(of=["self"]).get(pk=batch.pk)
    if not batch.committed_at or batch.withdrawn_at:
        raise DomainError("This import is not part of the review.")
    waiting = Job.objects.in_review(batch.review_id).active().filter(kind="searches.withdraw")
    if waiting.filter(arguments__batch_id=batch.pk).exists():
        raise DomainError("This import is being taken back already.")
    return start_job("searches.withdraw", review=batch.review, by=by, batch_id=batch.pk)


@transaction.atomic
def add_record(
    review: Any,
    *,
    by: Any,
    title: str,
    kind: str = Source.Kind.OTHER,
    authors: Sequence[str] = (),
    year: int | None = None,
    doi: str = "",
    pmid: str = "",
    **fields: str,
) -> Record:
    """Add one record found in another way than by a search; see ``FOUND_BY_HAND``."""
    batch = _batch_by_hand(review, kind, by)
    last = batch.records.aggregate(last=Max("position"))["last"] or 0
    record = Record(
        review=review,
        batch=batch,
        position=last + 1,
        title=title.strip(),
        authors=[storable(name.strip()) for name in authors if name.strip()],
        year=year,
        doi=normalise_doi(doi) or doi.strip(),
        pmid=normalise_pmid(pmid) or pmid.strip(),
        **fields,
    )
    if not record.title:
        raise DomainError("A record needs a title.")
    record.full_clean(
        exclude=[
            "review",
            "group",
            "year",
            "authors",
            "sections",
            "keywords",
            "mesh",
            "accessions",
        ],
        validate_constraints=False,
    )
    with because("added by hand"):
        record.save()
        batch.records_read = last + 1
        batch.save(update_fields=["records_read"])
    start_job("dedup.find", review=review, by=by)
    return record


def _batch_by_hand(review: Any, kind: str, by: Any) -> ImportBatch:
    """Return the one batch of this kind of source, locked, so that positions stay apart."""
    if kind not in FOUND_BY_HAND:
        raise DomainError("Say how the record was found.")
    source, _ = Source.objects.get_or_create(
        review=review,
        kind=kind,
        by_hand=True,
        defaults={"name": _free_name(review, FOUND_BY_HAND[Source.Kind(kind)])},
    )
    source = Source.objects.select_for_update().get(pk=source.pk)
    batch = ImportBatch.objects.committed().filter(review=review, search__source=source).first()
    if batch is None:
        search = Search.objects.create(review=review, source=source, run_on=date.today())  # noqa: DTZ011
        batch = ImportBatch.objects.create(
            review=review, search=search, uploaded_by=by, committed_at=Now()
        )
    return batch


def _free_name(review: Any, name: str) -> str:
    taken = Source.objects.filter(review=review, name__iexact=name, platform="").exists()
    return f"{name} (added by hand)" if taken else name
