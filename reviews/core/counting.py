"""Several counts in one query."""

from collections.abc import Mapping

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def count_each(querysets: Mapping[str, QuerySet]) -> dict[str, int]:
    """Count the rows of each queryset as it is, sliced or not, in one query."""
    parts, parameters, names = [], [], []
    for name, queryset in querysets.items():
        try:
            sql, values = queryset.query.sql_with_params()
        except EmptyResultSet:
            continue
        names.append(name)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")  # noqa: S608
        parameters += values
    counts = dict.fromkeys(querysets, 0)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", parameters)
            counts |= dict(zip(names, cursor.fetchone(), strict=True))
    return counts
