"""What is too large is refused with an answer that arrives, by the web server itself."""

import http.client
from contextlib import closing

import pytest
from django.conf import settings

from tests.processes import a_web_process

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/accounts/login/", "application/x-www-form-urlencoded"),
        ("/accounts/login/", "multipart/form-data; boundary=b"),
        ("/api/v1/reviews/1/decisions/", "application/json"),
    ],
)
def test_a_body_larger_than_is_taken_gets_its_answer(tmp_path, path, kind):
    text = b"x" * (2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if "multipart" in kind:
        head = b'--b\r\nContent-Disposition: form-data; name="login"\r\n\r\n'
        text = head + text + b"\r\n--b--\r\n"
    # htmx gets a fragment, which needs no static files.
    headers = {"Content-Type": kind, "HX-Request": "true"}
    with (
        a_web_process(tmp_path) as (port, _),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection,
    ):
        connection.request("POST", path, body=text, headers=headers)
        answer = connection.getresponse()
        said = answer.read().decode()
    if path.startswith("/api/"):
        assert answer.status == 401
    else:
        assert answer.status == 413
        assert "more text than a form takes" in said
