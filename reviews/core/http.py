"""What every request passes: its id, the door against unstorable input, errors, the CSP."""

import codecs
import contextlib
import logging
import re
import sys
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from reviews.core.errors import DomainError, message_of

Handler = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger(__name__)

CHUNK, MOST_DISCARDED = 64 * 1024, 64 * 1024 * 1024
NO_REQUEST = "-"
_request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)
job_id: ContextVar[str] = ContextVar("job_id", default="-")

CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's glyphs, the QR code of two-factor set-up
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def request_id() -> str:
    """Return the id of the request in hand, or a dash outside of one."""
    return _request_id.get()


def no_review(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that belongs to no review, so that no capability is demanded of it."""
    view.no_review = True  # type: ignore[attr-defined]
    return view


class RequestId:
    """Number the request; take the proxy's number where it is one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if re.fullmatch(r"[0-9A-Za-z-]{8,64}", given) else uuid.uuid4().hex[:16]
        request.id = number  # type: ignore[attr-defined]
        token = _request_id.set(number)
        try:
            response = self.get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-ID"] = number
        return response


class ReadToTheEnd:
    """Read what a refusal left unread, up to a bound, and throw it away.

    A server that closes a connection on which bytes still come resets it, and people see a broken
    connection instead of the answer.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        left = MOST_DISCARDED
        with contextlib.suppress(UnreadablePostError):
            while left > 0 and (chunk := request.read(min(left, CHUNK))):
                left -= len(chunk)
        return response


class ContentSecurityPolicy:
    """Allow nothing inline; keep private pages out of shared caches."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", CSP)
        response.setdefault("Cache-Control", "private, no-store")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class Door:
    """Refuse what PostgreSQL cannot store before any view sees it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding and codecs.lookup(request.encoding).name not in {"utf-8", "ascii"}:
            return refusal(request, 400, "Send it in UTF-8. Nothing was changed.")
        if unstorable(request.path) or any(
            unstorable(part) for pair in request.GET.lists() for part in (pair[0], *pair[1])
        ):
            return refusal(request, 400, "The address holds characters that cannot be stored.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method == "POST" and request.content_type != "application/json":
            pairs = request.POST.lists()
            if any(unstorable(part) for key, values in pairs for part in (key, *values)):
                return refusal(
                    request,
                    400,
                    "The text holds characters that cannot be stored, such as a NUL byte."
                    " Remove them and send it again; nothing was changed.",
                )
        return None


def unstorable(text: str) -> bool:
    """Return True for text with a NUL byte or half a surrogate pair.

    >>> unstorable("a" + chr(0)), unstorable(chr(0xD800)), unstorable("naïve 😀")
    (True, True, False)
    """
    if "\x00" in text:
        return True
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


class SignInForHtmx:
    """Send who is signed out to sign-in as a page: htmx would swap it into the open one.

    A screening decision posted after the session ended is kept by the page and sent again.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") and response.status_code == 302:
            sign_in, _, _ = response["Location"].partition("?")
            if sign_in == reverse(settings.LOGIN_URL):
                answer = HttpResponse(status=401)
                answer["HX-Redirect"] = f"{sign_in}?{urlencode({'next': _page_of(request)})}"
                return answer
        return response


def _page_of(request: HttpRequest) -> str:
    """Return the path of the page that sent an htmx request."""
    return urlsplit(request.headers.get("HX-Current-URL", "/")).path or "/"


class Errors:
    """The one place where a refusal becomes a page; DRF has its own handler beside it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return refusal(request, 409, str(error))
        if isinstance(error, (IntegrityError, DataError, UnicodeEncodeError)):
            return refusal(
                request, 409 if isinstance(error, IntegrityError) else 400, message_of(error)
            )
        if isinstance(error, AWAY):
            return database_away(request, error)
        return None


AWAY = (OperationalError, InterfaceError)
BUSY_OR_AWAY = "The database is busy or away. Nothing was changed; try again."


def database_away(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Ask to come back, without asking the database anything, for the page's frame neither.

    The status matters: a screening decision that meets 503 is kept by the page and sent again.
    """
    log.warning("database unavailable: %s", error)
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(
            {"detail": BUSY_OR_AWAY, "request": request_id()}, status=503
        )
    else:
        template = "_refusal.html" if request.headers.get("HX-Request") else "503.html"
        context = {"sentence": BUSY_OR_AWAY, "request_id": request_id()}
        response = HttpResponse(render_to_string(template, context), status=503)
    response["Retry-After"] = "5"
    return response


IN_REVIEW = re.compile(r"/reviews/\d+/")


def refusal(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """Answer with a sentence: a page, a fragment for htmx, or JSON for the API."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence, "request": request_id()}, status=status)
    template = "_refusal.html" if request.headers.get("HX-Request") else "refusal.html"
    title = TITLES.get(status, TITLES[400])
    context = {"sentence": sentence, "status": status, "title": title, "request_id": request_id()}
    # The page asked for may be what cannot be read, so the way on is the review's own home.
    if inside := IN_REVIEW.match(request.path):
        context["back"] = inside.group()
    return render(request, template, context, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.info("csrf refused: %s", reason)
    return refusal(
        request,
        403,
        "This page was open too long or in another session. Nothing was changed:"
        " go back, reload the page and send it again.",
    )


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Give every template the theme, the request's id and the mode."""
    theme = request.COOKIES.get("theme", "auto")
    return {
        "theme": theme if theme in {"light", "dark", "auto"} else "auto",
        "request_id": request_id(),
        "local_mode": settings.LOCAL,
    }


class LogIds(logging.Filter):
    """Put the request's and the job's id on every log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, record.job_id = request_id(), job_id.get()
        if record.request_id == NO_REQUEST:
            # Django logs a refusal after the middleware is done, and hands the request along.
            record.request_id = getattr(getattr(record, "request", None), "id", NO_REQUEST)
        return True


TITLES = {
    400: "That could not be read",
    403: "Your roles do not include this",
    404: "There is no such page",
    409: "That did not go through",
    413: "That is too large",
    503: "Busy or away",
}
SENTENCES = {
    403: "Your roles in this review do not include this. A lead of the review can change them.",
    404: "There is no such page, or it belongs to a review you are not a member of.",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return refusal(
            request,
            413,
            "That is more text than a form takes at once."
            " Nothing was changed: go back and shorten it.",
        )
    return refusal(request, 400, "The request could not be read. Nothing was changed.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 403, SENTENCES[403])


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 404, SENTENCES[404])


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without the database or any context: either may be what failed.

    Before a view, in the middleware that reads session and user, a database that is away ends here.
    """
    error = sys.exc_info()[1]
    if isinstance(error, AWAY):
        return database_away(request, error)
    number = request_id()
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Something went wrong.", "request": number}, status=500)
    page = render_to_string("500.html", {"request_id": number})
    return HttpResponse(page, status=500)


def asked_number(request: HttpRequest, name: str) -> int | None:
    """Return a number asked for in the address; what is none asks for nothing."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
