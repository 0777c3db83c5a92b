"""Keyset pagination of the API's lists."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

MOST_DIGITS = 19


class Keyset(CursorPagination):
    """Pages by id, newest last, at most 500 rows; CSV finds the next page in the Link header."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read the cursor; a position that is no id is as unknown as any other rubbish."""
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor else None
        if position is not None and not _may_be_id(position):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        if url := self.get_next_link():
            response["Link"] = f'<{url}>; rel="next"'
        return response


def _may_be_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
