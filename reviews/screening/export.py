"""Records with their outcomes as CSV and RIS, written as they are read."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reviews.core import tables
from reviews.screening.lists import full_text, title_abstract
from reviews.screening.models import ScreeningItem
from reviews.searches.models import Record

COLUMNS = (
    "record", "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid",
    "source", "title and abstract", "reason at title and abstract", "full text",
    "reason at full text", "kept", "abstract",
)  # fmt: skip


def csv_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield a CSV file with a header, one line a record; spreadsheets know it is UTF-8."""
    return tables.csv_lines(COLUMNS, (_row(record) for record in records))


def _row(record: Record) -> list[Any]:
    at_title, at_full = title_abstract(record), full_text(record)
    return [
        record.pk,
        record.title,
        "; ".join(record.authors),
        record.year,
        record.journal,
        record.volume,
        record.issue,
        record.pages,
        record.doi,
        record.pmid,
        record.batch.search.source,
        _outcome(at_title),
        _reason(at_title),
        _outcome(at_full),
        _reason(at_full),
        "yes" if record.kept else "no, a duplicate",
        record.abstract,
    ]


def _outcome(item: ScreeningItem | None) -> str:
    return item.get_outcome_display() if item else ""


def _reason(item: ScreeningItem | None) -> str:
    return item.reason.name if item and item.reason else ""


TAGS: tuple[tuple[str, Callable[[Record], Any]], ...] = (
    ("TI", lambda record: record.title),
    ("AU", lambda record: record.authors),
    ("PY", lambda record: record.year),
    ("T2", lambda record: record.journal),
    ("VL", lambda record: record.volume),
    ("IS", lambda record: record.issue),
    ("SP", lambda record: record.pages),
    ("DO", lambda record: record.doi),
    ("SN", lambda record: record.issn),
    ("UR", lambda record: record.url),
    ("LA", lambda record: record.language),
    ("KW", lambda record: record.keywords),
    ("AB", lambda record: record.abstract),
    ("AN", lambda record: record.pmid),
    ("DB", lambda record: record.batch.search.source),
)


def ris_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield a RIS file; outcomes and reasons stand in the notes (N1)."""
    for record in records:
        yield "".join(_ris_record(record))


def _ris_record(record: Record) -> Iterator[str]:
    yield "TY  - JOUR\r\n"
    for tag, value_of in TAGS:
        value = value_of(record)
        for each in value if isinstance(value, list) else [value]:
            yield from _ris_line(tag, each)
    for name, item in (
        ("Title and abstract", title_abstract(record)),
        ("Full text", full_text(record)),
    ):
        if item:
            because = f" ({_reason(item)})" if _reason(item) else ""
            yield from _ris_line("N1", f"{name}: {_outcome(item)}{because}")
    yield from _ris_line("ID", record.pk)
    yield "ER  - \r\n\r\n"


def _ris_line(tag: str, value: Any) -> Iterator[str]:
    text = re.sub(r"\s+", " ", str(value if value is not None else "")).strip()
    if text:
        yield f"{tag}  - {text}\r\n"


WRITERS: dict[str, tuple[Callable[[Iterable[Record]], Iterator[str]], str]] = {
    "csv": (csv_lines, "text/csv; charset=utf-8"),
    "ris": (ris_lines, "application/x-research-info-systems; charset=utf-8"),
}
