"""A database that is away: every request is asked to come back, also before its view is reached."""

import psycopg
import pytest
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cut_off():
    """Let the server end the connection of this process; what comes next finds it dead."""

    def cut() -> None:
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])

    yield cut
    connection.close()


@pytest.mark.parametrize(
    ("method", "address", "headers"),
    [
        ("get", "/reviews/", {}),
        ("get", "/reviews/{}/", {}),
        ("post", "/reviews/{}/screening/title_abstract/decide/", {}),
        ("post", "/reviews/{}/screening/title_abstract/decide/", {"HX-Request": "true"}),
        ("get", "/api/v1/reviews/{}/records/", {}),
        ("get", "/readyz", {}),
    ],
)
def test_a_request_that_finds_no_database_is_asked_to_come_back(
    lead, review, cut_off, method, address, headers
):
    client = Client(raise_request_exception=False)
    client.force_login(lead)
    cut_off()
    answer = getattr(client, method)(address.format(review.pk), headers=headers)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert b"busy or away" in answer.content


def test_a_program_with_a_token_is_asked_to_come_back(review, cut_off):
    client = Client(raise_request_exception=False)
    cut_off()
    address = f"/api/v1/reviews/{review.pk}/records/"
    answer = client.get(address, headers={"authorization": "Bearer qdt_any"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
