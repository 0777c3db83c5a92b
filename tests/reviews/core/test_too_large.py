"""What is too large is refused with an answer that arrives, by the web server itself."""

import http.client
import socket
import subprocess
import sys
from contextlib import closing

import pytest
from django.conf import settings

from tests.processes import ROOT, environment, wait_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def port(tmp_path):
    """Where gunicorn answers, started as the site starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    command = ["-m", "gunicorn", "config.wsgi", "--no-control-socket", "--threads", "2"]
    with (tmp_path / "web.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command, "--bind", f"127.0.0.1:{number}"],
            cwd=ROOT,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: b"Booting worker" in (tmp_path / "web.log").read_bytes())
        yield number
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/accounts/login/", "application/x-www-form-urlencoded"),
        ("/accounts/login/", "multipart/form-data; boundary=b"),
        ("/api/v1/reviews/1/decisions/", "application/json"),
    ],
)
def test_a_body_larger_than_is_taken_gets_its_answer(port, path, kind):
    text = b"x" * (2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if "multipart" in kind:
        head = b'--b\r\nContent-Disposition: form-data; name="login"\r\n\r\n'
        text = head + text + b"\r\n--b--\r\n"
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        # htmx gets a fragment, which needs no static files.
        headers = {"Content-Type": kind, "HX-Request": "true"}
        connection.request("POST", path, body=text, headers=headers)
        answer = connection.getresponse()
        said = answer.read().decode()
    if path.startswith("/api/"):
        assert answer.status == 401
    else:
        assert answer.status == 413
        assert "more text than a form takes" in said
