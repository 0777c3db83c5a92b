"""Keyset pagination of the API's lists."""

from rest_framework.pagination import CursorPagination


class Keyset(CursorPagination):
    """Pages by id, newest last, at most 500 rows."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500
