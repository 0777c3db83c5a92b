"""Keyset pagination: every page costs the same, however long the list."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from django.http import HttpRequest

from reviews.core.errors import DomainError

# Nobody reads further: counting to the end of 100,000 rows would only cost time.
COUNTED_UP_TO = 1_000
# What reading a cursor that nobody was given may raise.
UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError, ValidationError)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the addresses' cursors to go on or back."""

    rows: list[Any]
    after: str
    before: str
    numbered: bool = False

    @property
    def next_query(self) -> str:
        return self._query("after", self.after)

    @property
    def previous_query(self) -> str:
        return self._query("before", self.before)

    def _query(self, name: str, cursor: str) -> str:
        return f"{'page' if self.numbered else name}={cursor}" if cursor else ""

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page_of(
    queryset: QuerySet, request: HttpRequest, *, order: str = "-id", size: int = 50
) -> Page:
    """Return the page the request asks for by ``?after=`` or ``?before=``.

    ``order`` names one not-null column or annotation, with a minus for descending; ties go by id.
    """
    field, descending = order.lstrip("-"), order.startswith("-")
    forward = "before" not in request.GET
    cursor = request.GET.get("after" if forward else "before", "")
    # Walking back reads the list the other way round.
    falling = descending == forward
    if cursor:
        queryset = queryset.filter(_beyond(queryset, field, cursor, falling=falling))
    sign = "-" if falling else ""
    ordering = [f"{sign}{field}"] + ([f"{sign}id"] if field != "id" else [])
    rows = list(queryset.order_by(*ordering)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if not forward:
        rows.reverse()
    onward, back = (more, bool(cursor)) if forward else (True, more)
    return Page(
        rows=rows,
        after=_cursor(rows[-1], field) if rows and onward else "",
        before=_cursor(rows[0], field) if rows and back else "",
    )


def numbered_page_of(queryset: QuerySet, request: HttpRequest, *, size: int = 50) -> Page:
    """Return the page ``?page=`` of a list that is short by nature, in the order it has."""
    text = request.GET.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    number = max(1, number)
    rows = list(queryset[(number - 1) * size : number * size + 1])
    return Page(
        rows=rows[:size],
        after=str(number + 1) if len(rows) > size else "",
        before=str(number - 1) if number > 1 else "",
        numbered=True,
    )


def _column(queryset: QuerySet, name: str) -> Field:
    annotation = queryset.query.annotations.get(name)
    return annotation.output_field if annotation else queryset.model._meta.get_field(name)


def _beyond(queryset: QuerySet, field: str, cursor: str, *, falling: bool) -> Q:
    try:
        value, last_id = json.loads(base64.urlsafe_b64decode(cursor))
        last_id = int(last_id)
        if not isinstance(value, (str, int, float)):
            raise TypeError
        value = _column(queryset, field).to_python(value)
    except UNREADABLE as error:
        raise DomainError("This page of the list no longer exists. Start at the first.") from error
    way = "lt" if falling else "gt"
    if field == "id":
        return Q(**{f"id__{way}": last_id})
    return Q(**{f"{field}__{way}": value}) | Q(**{field: value, f"id__{way}": last_id})


def _cursor(row: Any, field: str) -> str:
    value = getattr(row, field)
    text = json.dumps([value if isinstance(value, (int, float)) else str(value), row.pk])
    return base64.urlsafe_b64encode(text.encode()).decode()


def said_count(rows: QuerySet, noun: str) -> str:
    """Return "245 records" or, where people stop reading, "1,000+ records": counting ends there."""
    count = rows.order_by()[: COUNTED_UP_TO + 1].count()
    if count > COUNTED_UP_TO:
        return f"{COUNTED_UP_TO:,}+ {noun}s"
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
