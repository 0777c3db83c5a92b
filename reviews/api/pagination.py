"""Keyset pagination of the API's lists."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class Keyset(CursorPagination):
    """Pages by id, newest last, at most 500 rows; CSV finds the next page in the Link header."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        if url := self.get_next_link():
            response["Link"] = f'<{url}>; rel="next"'
        return response
