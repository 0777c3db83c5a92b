"""CSV that spreadsheets cannot be tricked by: text is never a formula, numbers stay numbers."""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

DANGEROUS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")


def safe_cell(value: Any) -> Any:
    """Return a cell no spreadsheet runs; what is not finite becomes empty.

    >>> safe_cell("=1+1"), safe_cell(" -2"), safe_cell(-2), safe_cell(float("nan"))
    ("'=1+1", "' -2", -2, '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float, Decimal)):
        return value if math.isfinite(value) else ""
    text = str(value).replace("\x00", "")
    risky = text.lstrip(" \t\r\n\ufeff")[:1] in DANGEROUS or text[:1] in {"\t", "\r", "\n"}
    return f"'{text}" if text and risky else text


class _Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, text: str) -> str:
        return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield a CSV file line by line, marked as UTF-8 for spreadsheets."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(header)
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def download(
    lines: Iterable[str], name: str, media_type: str = "text/csv"
) -> StreamingHttpResponse:
    """Answer with a file to keep, sent as it is made."""
    response = StreamingHttpResponse(lines, content_type=f"{media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def attachment(content: bytes | str, media_type: str, name: str) -> HttpResponse:
    """Answer with a whole file to keep."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
