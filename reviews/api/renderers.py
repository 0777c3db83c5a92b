"""Tables as CSV: ``?format=csv``."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from reviews.core.tables import csv_lines


class CSV(BaseRenderer):
    """One row per object; lists and objects inside it stay JSON. No cell is a formula."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, context: Any = None) -> str:
        rows = _rows(data)
        header = list(dict.fromkeys(key for row in rows for key in row))
        return "".join(csv_lines(header, ([_cell(row.get(key)) for key in header] for row in rows)))


def _rows(data: Any) -> list[Mapping[str, Any]]:
    if isinstance(data, Mapping):
        data = data.get("results", [data])
    return [row for row in data or [] if isinstance(row, Mapping)]


def _cell(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False) if value else ""
    return value
