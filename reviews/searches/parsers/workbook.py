"""Excel workbooks (XLSX) as rows, within bounds: an archive can hold far more than it weighs."""

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, BinaryIO

import openpyxl

from reviews.searches.parsers.columns import guess_mapping
from reviews.searches.parsers.record import Problems, UnreadableFile, storable, without_controls
from reviews.searches.parsers.rows import Row

ARCHIVE = b"PK\x03\x04"
MOST_UNPACKED = 200_000_000
MOST_STRINGS = 150_000_000
MOST_PARTS = 2_000
MOST_CELLS = 20_000_000
_LONGEST_CELL = 1 << 20
_HEADING_WITHIN = 20


def is_workbook(stream: BinaryIO) -> bool:
    """Say whether a zip archive is a workbook; refuse one that unpacks to more than we take."""
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise UnreadableFile(
            "This is a zip archive or an Excel workbook that is damaged. Export it again."
        ) from None
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
        return False
    strings = sum(part.file_size for part in parts if "sharedStrings" in part.filename)
    if (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED
        or strings > MOST_STRINGS
    ):
        raise UnreadableFile(
            f"This workbook unpacks to more than {MOST_UNPACKED // 1_000_000} MB. Save the sheet"
            " as CSV, and import that."
        )
    return True


def read_sheet(
    stream: BinaryIO, problems: Problems, mapping: Mapping[str, str] | None = None
) -> Iterator[Row]:
    """Yield the rows of the sheet that holds the records, from its heading on."""
    book = _open(stream)
    try:
        name = _sheet_with_records(book, set((mapping or {}).values()))
        for other in book.sheetnames:
            if other != name:
                problems.add(1, "This sheet of the workbook was not read.", other)
        yield from _rows(book[name], problems)
    finally:
        book.close()


def _open(stream: BinaryIO) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that do not concern us
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except Exception as error:  # whatever a hostile archive makes openpyxl raise
        raise UnreadableFile(
            "This Excel workbook could not be opened; it may be damaged or have a password."
        ) from error
    if not book.worksheets:
        raise UnreadableFile("This Excel workbook has no sheet with cells.")
    return book


def _sheet_with_records(book: Any, told: set[str]) -> str:
    """Return the first sheet with a heading we know (or are told), else simply the first."""
    for sheet in book.worksheets:
        for row, _ in zip(_rows(sheet, Problems()), range(_HEADING_WITHIN), strict=False):
            names = {cell.strip() for cell in row.cells}
            if "title" in guess_mapping(row.cells) or (told and told <= names):
                return str(sheet.title)
    return str(book.worksheets[0].title)


def _rows(sheet: Any, problems: Problems) -> Iterator[Row]:
    # The size a sheet claims to have is not to be trusted: rows would be filled up to it.
    sheet.reset_dimensions()
    cells_seen = number = width = 0
    try:
        for number, written in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells_seen += len(written)
            if cells_seen > MOST_CELLS:
                problems.add(number, f"The sheet has more than {MOST_CELLS:,} cells; cut here.")
                return
            cells = [_text(value) for value in written]
            while len(cells) > width and not cells[-1]:
                cells.pop()
            if any(cell.strip() for cell in cells):
                width = width or len(cells)
                cells += [""] * (width - len(cells))
                yield Row(number, cells, "\t".join(cells))
    except Exception as error:  # see _open; what came before is kept
        reason = "The workbook is damaged from here on; the rows before were read."
        problems.add(number + 1, reason, type(error).__name__)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return without_controls(storable(value[:_LONGEST_CELL])).replace("_x000D_", "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else str(value)
