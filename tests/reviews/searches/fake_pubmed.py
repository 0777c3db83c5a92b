"""A server that answers as NCBI documents the E-utilities, and as it misbehaves."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

RECORD = """PMID- {pmid}
OWN - NLM
STAT- MEDLINE
DP  - 2021 Mar
TI  - Osteoporosis on radiographs, part {number}.
AB  - An abstract about bone
      that goes on.
FAU - Jang, Ryoungwoo
AU  - Jang R
LA  - eng
PT  - Journal Article
TA  - Invented J
AID - 10.1000/p{number} [doi]
SO  - Invented J. 2021 Mar;1(2):3-4.
"""


class FakePubMed(ThreadingHTTPServer):
    """Holds ``count`` records; ``faults`` are told one after the other, then all is well."""

    daemon_threads = True

    def __init__(self, count: int = 5) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.count = count
        self.faults: list[Any] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.env = "MCID_1"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/entrez/eutils/"

    @property
    def calls(self) -> Counter[str]:
        return Counter(program for program, _ in self.asked)

    @property
    def starts(self) -> list[int]:
        return [int(asked["retstart"]) for program, asked in self.asked if "efetch" in program]


class _Handler(BaseHTTPRequestHandler):
    server: FakePubMed

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        text = self.rfile.read(length).decode()
        asked = {key: values[-1] for key, values in parse_qs(text).items()}
        program = self.path.rpartition("/")[2]
        self.server.asked.append((program, asked))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault is not None:
            self._misbehave(program, asked, fault)
        else:
            self._answer(200, self._body(program, asked))

    def _body(self, program: str, asked: dict[str, str]) -> bytes:
        if program == "esearch.fcgi":
            found = {"count": str(self.server.count), "webenv": self.server.env, "querykey": "1"}
            return json.dumps({"esearchresult": found | {"querytranslation": "bone"}}).encode()
        first, size = int(asked["retstart"]), int(asked["retmax"])
        numbers = range(first + 1, min(first + size, self.server.count) + 1)
        records = (RECORD.format(pmid=30_000_000 + n, number=n) for n in numbers)
        return "\n".join(["", *records]).encode()

    def _misbehave(self, program: str, asked: dict[str, str], fault: Any) -> None:
        match fault:
            case int():
                self._answer(fault, b'{"error":"API rate limit exceeded"}', {"Retry-After": "2"})
            case "cut":  # the connection ends before all that was announced
                body = self._body(program, asked)
                self._answer(200, body[: len(body) // 2], announced=len(body))
            case "cut late":  # with every record begun, the last not whole
                body = self._body(program, asked)
                self._answer(200, body[:-60], announced=len(body))
            case "short":  # a record less than there are
                self._answer(200, self._body(program, asked).rpartition(b"PMID- ")[0])
            case "away":
                self._answer(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"})
            case "silence":
                self.close_connection = True
            case bytes():
                self._answer(200, fault)

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        announced: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(announced or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def running(count: int = 5) -> Iterator[FakePubMed]:
    server = FakePubMed(count)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
