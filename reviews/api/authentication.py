"""Tokens: sent in the header only, known by their hash only, bound to one review."""

from typing import Any

from django.db.models.functions import Now
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from reviews.protocol.members import ApiToken
from reviews.protocol.tokens import hash_of


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <secret>``."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        parts = authentication.get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword.lower().encode():
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed("Write: Authorization: Bearer <token>.")
        token = (
            ApiToken.objects.filter(
                secret_hash=hash_of(parts[1].decode("latin-1")),
                revoked_at__isnull=True,
                expires_at__gt=Now(),
                user__is_active=True,
            )
            .select_related("user")
            .first()
        )
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked.")
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=Now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword
