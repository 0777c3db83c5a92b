"""The one place where a refusal becomes an answer of the API."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from rest_framework import exceptions, serializers, status, views
from rest_framework.response import Response

from reviews.core.errors import DomainError, message_of
from reviews.core.http import AWAY, BUSY_OR_AWAY, request_id


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Away(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = BUSY_OR_AWAY
    wait = 5


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer refusals by sentence; 500 is left to Django."""
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(serializers.as_serializer_error(error))
    elif isinstance(error, (DomainError, IntegrityError)):
        error = Conflict(message_of(error))
    elif isinstance(error, (DataError, UnicodeEncodeError)):
        error = exceptions.ValidationError(message_of(error))
    elif isinstance(error, AWAY):
        error = Away()
    response = views.exception_handler(error, context)
    if response is not None:
        if isinstance(response.data, list):
            response.data = {"detail": " ".join(str(each) for each in response.data)}
        response.data["request"] = request_id()
    return response
