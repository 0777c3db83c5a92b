"""An import whose worker, database or web process is really killed ends with the file's records."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config.local.processes import read_pid
from config.local.servers import ensure
from reviews.jobs.models import Job
from reviews.jobs.services import rescue_jobs
from reviews.models import ImportBatch, Record, StoredFile
from reviews.searches import importing, services
from tests.processes import ROOT, a_web_process, wait_for, workers
from tests.reviews.jobs.test_worker import end_lease, start_worker, status_of  # noqa: F401 - a fixture
from tests.reviews.searches.conftest import ris

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
COUNT = 20_000
ALL = list(range(1, COUNT + 1))


def positions(review):
    records = Record.objects.in_review(review).order_by("position")
    return list(records.values_list("position", flat=True))


@pytest.fixture
def killed_at(start_worker, search, lead):  # noqa: F811
    """Give a batch of which at least this share is staged, and whose worker is dead."""

    def killed_at(share):
        worker = start_worker()
        batch = services.upload_file(search, by=lead, name="big.ris", chunks=[ris(COUNT)])
        wait_for(lambda: Job.objects.get(pk=batch.job_id).done > share * COUNT, seconds=90)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)
        batch.refresh_from_db()
        return batch

    return killed_at


@pytest.mark.parametrize("share", [0, 0.5, 0.7])
def test_a_killed_import_ends_with_exactly_the_records_of_the_file(
    killed_at,
    start_worker,  # noqa: F811
    share,
):
    batch = killed_at(share)
    kept = set(Record.objects.filter(batch=batch).values_list("pk", flat=True))
    assert share * COUNT < len(kept) <= COUNT
    if batch.committed_at is None:
        assert positions(batch.review) == []
    start_worker()
    end_lease(batch.job)
    rescue_jobs()
    wait_for(lambda: status_of(batch.job) == "succeeded", seconds=90)
    assert positions(batch.review) == ALL
    assert kept <= set(Record.objects.in_review(batch.review).values_list("pk", flat=True))
    batch.refresh_from_db()
    assert batch.records_read == COUNT
    assert batch.job.attempt == 2


def test_cancelling_what_a_dead_worker_left_leaves_nothing(killed_at, lead):
    batch = killed_at(0)
    services.cancel_import(batch, by=lead)
    end_lease(batch.job)
    rescue_jobs()
    assert status_of(batch.job) == "cancelled"
    assert importing.discard_abandoned() == 1
    assert not Record.objects.filter(batch=batch).exists()
    batch.refresh_from_db()
    assert batch.state == "cancelled"


MAKE = """
import django; django.setup()
from reviews.searches import services
from tests.factories import ReviewFactory, SearchFactory
from tests.reviews.searches.conftest import ris
review = ReviewFactory()
search = SearchFactory(review=review)
batch = services.upload_file(search, by=review.created_by, name="a.ris", chunks=[ris({count})])
print(batch.pk)
"""
RESCUE = (
    "import django; django.setup(); from reviews.jobs.services import rescue_jobs; rescue_jobs()"
)


@contextmanager
def a_site(folder):
    """Give a database and a queue of their own, and the environment of a process that uses them."""
    servers = ensure(folder)
    env = {
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "VAR_DIR": str(servers.var),
        "MEDIA_ROOT": str(servers.var / "files"),
        "PYTHONPATH": str(ROOT),
    }
    try:
        yield servers, env
    finally:
        servers.stop()


def python(env, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_an_import_survives_the_death_of_the_database(tmp_path):
    """kill -9 of PostgreSQL in the middle: what was acknowledged is there, and the rest follows."""
    with a_site(tmp_path / "site") as (servers, env):
        python(env, "manage.py", "migrate", "--verbosity", "0")

        def ask(sql):
            with psycopg.connect(servers.database_url, autocommit=True) as database:
                return database.execute(sql).fetchall()

        with workers(tmp_path, env=env) as start:
            start()
            batch = python(env, "-c", MAKE.format(count=COUNT))
            job = "SELECT done, status FROM reviews_job WHERE kind = 'searches.import'"
            wait_for(lambda: ask(job)[0][0] > COUNT / 3, seconds=90)
            os.kill(read_pid(servers.var / "postgres" / "postmaster.pid"), signal.SIGKILL)
            ensure(tmp_path / "site")
            staged = f"SELECT count(*) FROM reviews_record WHERE batch_id = {batch}"
            assert ask(staged)[0][0] >= COUNT / 3
            ask(
                "UPDATE reviews_job SET lease_until = now() - interval '1 s'"
                " WHERE status = 'running' RETURNING id"
            )
            # The worker may have given it back already; either way it goes on by itself.
            wait_for(lambda: python(env, "-c", RESCUE) or _succeeded(ask, job), seconds=120)
            read = f"SELECT position FROM reviews_record WHERE batch_id = {batch} ORDER BY 1"
            assert [position for (position,) in ask(read)] == ALL
            committed = f"SELECT records_read FROM reviews_importbatch WHERE id = {batch}"
            assert ask(f"{committed} AND committed_at IS NOT NULL") == [(COUNT,)]


def _succeeded(ask, job):
    try:
        return ask(job)[0][1] == "succeeded"
    except psycopg.OperationalError:
        return False


def _upload(client, review, search, content):
    """Return the head and the body of an upload, as a browser that is signed in sends it."""
    page = client.get(f"/reviews/{review.pk}/searches/import/")
    token = page.cookies["csrftoken"].value
    session = client.cookies["sessionid"].value
    edge = "----edge"
    fields = {"csrfmiddlewaretoken": token, "search": search.pk}
    body = "".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    body += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.ris"\r\n\r\n'
    whole = body.encode() + content + f"\r\n--{edge}--\r\n".encode()
    head = (
        f"POST /reviews/{review.pk}/searches/import/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Cookie: csrftoken={token}; sessionid={session}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={edge}\r\n"
        f"Content-Length: {len(whole)}\r\n\r\n"
    )
    return head.encode(), whole


def test_a_web_process_killed_in_an_upload_leaves_nothing_and_a_retry_brings_all(
    tmp_path, client, review, search, lead
):
    client.force_login(lead)
    head, body = _upload(client, review, search, ris(20_000))
    with a_web_process(tmp_path) as (port, process):
        link = socket.create_connection(("127.0.0.1", port))
        link.sendall(head + body[: len(body) // 2])
        time.sleep(1)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        link.close()
    assert not ImportBatch.objects.exists()
    assert not StoredFile.objects.exists()
    assert not list((settings.MEDIA_ROOT / "sha256").glob("*/*"))

    with a_web_process(tmp_path) as (port, process):
        link = socket.create_connection(("127.0.0.1", port))
        link.sendall(head + body)
        # Killed as soon as the row is there, whatever of the rest was still to do.
        wait_for(ImportBatch.objects.exists)
        os.killpg(process.pid, signal.SIGKILL)
        link.close()
    batch = ImportBatch.objects.get()
    assert batch.job.status == Job.Status.QUEUED
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_job SET created_at = now() - interval '31 s', sent_at = NULL"
        )
    with workers(tmp_path) as start:
        start()
        rescue_jobs()
        wait_for(lambda: status_of(batch.job) == "succeeded", seconds=90)
    assert positions(review) == list(range(1, 20_001))
