"""A request sent again with its key changes nothing and gets the stored answer."""

import hashlib
import json
from collections.abc import Callable

from django.db import transaction
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.accounts.models import IdempotencyKey
from reviews.api.errors import Conflict

HEADER = "Idempotency-Key"
LONGEST = 80


def once(request: Request, act: Callable[[], Response]) -> Response:
    """Do it, or answer as before where this person sent the same key before.

    The answer is stored in the transaction of the change: both stay, or neither.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return act()
    if len(key) > LONGEST or not key.isprintable() or not key.isascii():
        raise exceptions.ValidationError(f"{HEADER} has at most {LONGEST} plain characters.")
    asked = _fingerprint(request)
    with transaction.atomic():
        stored = IdempotencyKey.find(request.user, key)
        if stored is None:
            return _store(request, key, asked, act())
    if stored.answer["request"] != asked:
        raise Conflict(f"This {HEADER} was used for another request. Nothing was changed.")
    response = Response(stored.answer["body"], status=stored.status)
    response["Idempotency-Replayed"] = "true"
    return response


def _store(request: Request, key: str, asked: str, response: Response) -> Response:
    # Through the renderer, so that the same bytes are answered later.
    body = json.loads(json.dumps(response.data, default=str))
    IdempotencyKey.objects.create(
        user=request.user,
        key=key,
        status=response.status_code,
        answer={"request": asked, "body": body},
    )
    response.data = body
    return response


def _fingerprint(request: Request) -> str:
    asked = json.dumps([request.method, request.path, request.data], sort_keys=True, default=str)
    return hashlib.sha256(asked.encode()).hexdigest()
