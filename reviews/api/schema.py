"""What the OpenAPI description says beyond the code: tokens, and the key of repetitions."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from reviews.api.idempotency import HEADER


class TokenScheme(OpenApiAuthenticationExtension):
    """``Authorization: Bearer qdt_...``."""

    target_class = "reviews.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the review, made on its Team page.",
        }


IDEMPOTENCY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same key, the request changes nothing"
    " and is answered as the first time.",
)
