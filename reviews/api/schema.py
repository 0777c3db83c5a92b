"""What the OpenAPI description says beyond the code: tokens, the key of repetitions, refusals."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

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

# ---- refusals: the same for all, said once ----

SENTENCE = {"detail": {"type": "string"}, "request": {"type": "string"}}
SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "Why nothing was changed, and the request's number in the log.",
        "properties": SENTENCE,
        "required": ["detail", "request"],
    },
    "Invalid": {
        "type": "object",
        "description": "A sentence in detail, or sentences by field.",
        "properties": SENTENCE,
        "required": ["request"],
        "additionalProperties": {},
    },
}
READING = {
    400: "A parameter, or the body, cannot be read.",
    401: "No session and no valid token.",
    404: "There is no such thing, or it belongs to a review you are not a member of.",
    429: "Too many requests; Retry-After says when to come back.",
}
WRITING = {
    403: "Your roles, or the token, do not include this.",
    409: "A rule of the review forbids it; the sentence says which.",
    413: "The body is too large.",
    415: "The body is not JSON.",
}


def refused(why: str) -> OpenApiResponse:
    """Return the description of a refusal that an operation has besides those all have."""
    return OpenApiResponse({"$ref": "#/components/schemas/Problem"}, why)


def add_refusals(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Describe the 4xx answers of each operation, beside those it describes itself."""
    result["components"]["schemas"] |= SCHEMAS
    for operations in result["paths"].values():
        for method, operation in operations.items():
            refusals = READING if method == "get" else READING | WRITING
            for status, why in refusals.items():
                operation["responses"].setdefault(str(status), _refusal(status, why))
    return result


def _refusal(status: int, why: str) -> dict[str, Any]:
    schema = "Invalid" if status == 400 else "Problem"
    body = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": why, "content": {"application/json": body}}
