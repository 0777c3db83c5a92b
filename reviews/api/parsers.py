"""JSON as PostgreSQL can store it: bounded in size and depth, no NUL, no half surrogates."""

import json
import math
from typing import Any

from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser

from reviews.core.http import unstorable

DEEPEST = 50


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large. Nothing was changed."


class StorableJSON(BaseParser):
    """Refuse with a sentence what could not be stored."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError as error:
            raise _too_deep() from error
        except ValueError as error:
            raise exceptions.ParseError("The body is not valid JSON in UTF-8.") from error
        _check(value)
        return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _too_deep() -> exceptions.ParseError:
    return exceptions.ParseError(f"The body is nested deeper than {DEEPEST} levels.")


def _check(value: Any) -> None:
    """Walk the value level by level, without recursion."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _too_deep()
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below += each.keys()
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str) and unstorable(each):
                raise exceptions.ParseError(
                    "The body holds characters that cannot be stored, such as a NUL byte."
                )
            elif isinstance(each, float) and not math.isfinite(each):
                raise exceptions.ParseError("The body holds a number too large to be read.")
        level = below
