"""PubMed through the E-utilities: how many records a query finds, and those records.

As NCBI documents them (https://www.ncbi.nlm.nih.gov/books/NBK25499/): ``esearch`` keeps what it
found on NCBI's history server, ``efetch`` hands it out by portions. The host is a setting and
redirects are not followed, so nothing people type decides where a request goes.
"""

import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOOL = "quadrant"
# NCBI asks for at most three requests a second, ten with a key.
PAUSE, PAUSE_WITH_KEY = 0.34, 0.11
TRIES = 5
LONGEST_WAIT = 30.0
MOST_BYTES = 64 * 1024 * 1024
# What one search hands out at most: PubMed's own limit.
MOST_RECORDS = 9_999
AGAIN_LATER = frozenset({429, 500, 502, 503, 504})
_RECORD = re.compile(rb"^PMID- ", re.MULTILINE)
NOT_REACHED = "PubMed could not be reached; nothing was changed. Try again later."
NOT_READ = "What PubMed answered could not be read; nothing was changed. Try again later."


class PubMedError(Exception):
    """PubMed did not do what was asked; the message is a sentence for the user."""


class HistoryGone(PubMedError):
    """The history server no longer knows what was found: search again."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found, and where the history server keeps it."""

    count: int
    web_env: str
    query_key: str
    translation: str = ""
    not_found: tuple[str, ...] = ()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass(slots=True)
class PubMed:
    """A polite client: one request at a time, with pauses, a limit of time, and few retries."""

    address: str
    email: str
    api_key: str = ""
    seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def search(self, query: str) -> Found:
        """Run a query and keep what it finds on the history server."""
        body = self._ask("esearch.fcgi", term=query, usehistory="y", retmax="0", retmode="json")
        try:
            result = json.loads(body)["esearchresult"]
            if error := result.get("ERROR"):
                raise PubMedError(f"PubMed refused the query: {str(error)[:300]}")
            errors = result.get("errorlist") or {}
            return Found(
                count=int(result["count"]),
                web_env=str(result["webenv"]),
                query_key=str(result["querykey"]),
                translation=str(result.get("querytranslation", ""))[:5_000],
                not_found=tuple(str(each)[:200] for each in errors.get("phrasesnotfound", [])[:20]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise PubMedError(NOT_READ) from error

    def fetch(self, found: Found, *, start: int, size: int) -> bytes:
        """Return some of the records found, as MEDLINE text: exactly as many as there are."""
        expected = min(size, found.count - start)
        for attempt in range(TRIES):
            text = self._ask(
                "efetch.fcgi",
                WebEnv=found.web_env,
                query_key=found.query_key,
                retstart=str(start),
                retmax=str(size),
                rettype="medline",
                retmode="text",
            )
            if (got := len(_RECORD.findall(text))) == expected:
                return text.strip() + b"\n\n"
            if not got:
                raise HistoryGone(NOT_READ)
            self.sleep(_back_off(attempt))
        raise PubMedError(
            f"PubMed gave {got:,} of {expected:,} records, again and again. Nothing was changed."
        )

    def _ask(self, program: str, **parameters: str) -> bytes:
        for attempt in range(TRIES):
            self.sleep(PAUSE_WITH_KEY if self.api_key else PAUSE)
            try:
                return self._post(program, parameters)
            except urllib.error.HTTPError as error:
                wait = _wait_asked_for(error, attempt)
                if error.code not in AGAIN_LATER:
                    raise _refusal(program, error) from error
            except (OSError, http.client.HTTPException):
                wait = _back_off(attempt)
            self.sleep(wait)
        raise PubMedError(NOT_REACHED)

    def _post(self, program: str, parameters: dict[str, str]) -> bytes:
        asked = {"db": "pubmed", "tool": TOOL, "email": self.email, **parameters}
        if self.api_key:
            asked["api_key"] = self.api_key
        request = urllib.request.Request(  # noqa: S310 - the address is a setting
            urllib.parse.urljoin(self.address, program), urllib.parse.urlencode(asked).encode()
        )
        opener = urllib.request.build_opener(_NoRedirects)
        with opener.open(request, timeout=self.seconds) as answer:
            body = answer.read(MOST_BYTES + 1)
            if len(body) > MOST_BYTES:
                raise PubMedError(NOT_READ)
            # A connection that ends early is no error for read(n): compare what was announced.
            announced = answer.headers.get("Content-Length")
            if announced and announced.isdigit() and int(announced) != len(body):
                raise http.client.IncompleteRead(body)
            return body


def _back_off(attempt: int) -> float:
    return min(LONGEST_WAIT, 2.0**attempt)


def _wait_asked_for(error: urllib.error.HTTPError, attempt: int) -> float:
    asked = error.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit():
        return min(LONGEST_WAIT, float(asked[:6]))
    return _back_off(attempt)


def _refusal(program: str, error: urllib.error.HTTPError) -> PubMedError:
    if program.startswith("efetch") and error.code == 400:
        return HistoryGone(NOT_READ)
    return PubMedError(f"PubMed refused the request ({error.code}); nothing was changed.")
