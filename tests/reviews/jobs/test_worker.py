"""Jobs with a real worker, a real Redis, and real deaths."""

import os
import signal
import time

import pytest
import redis
from django.conf import settings
from django.db import connection

from reviews.jobs import services
from reviews.jobs.models import Heartbeat, Job
from reviews.protocol.models import Label
from tests.processes import wait_for, workers
from tests.reviews.jobs import kinds  # noqa: F401 - registers the kinds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def status_of(job):
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


@pytest.fixture
def start_worker(tmp_path):
    """Start a worker on the test database; every one is gone after the test."""
    with workers(tmp_path, "--include", "tests.reviews.jobs.kinds") as start:
        yield start


def answers(queue):
    try:
        return queue.ping()
    except redis.RedisError:
        return False


def end_lease(job):
    """Let the lease run out now instead of in a minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_job SET lease_until = now() - interval '1 s'"
            " WHERE id = %s AND status = 'running'",
            [job.pk],
        )


def test_a_worker_does_what_is_asked_and_is_seen_alive(start_worker, review, lead):
    start_worker()
    job = services.start_job("test.label", review=review, by=lead)
    wait_for(lambda: status_of(job) == "succeeded")
    assert Label.objects.get().name == f"made by job {job.pk}"
    wait_for(lambda: Heartbeat.age("worker") is not None)


def test_a_killed_worker_costs_time_and_nothing_else(start_worker, review, lead):
    worker = start_worker()
    job = services.start_job("test.label", review=review, by=lead, steps=50, seconds=0.1)
    wait_for(lambda: status_of(job) == "running")
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert not Label.objects.exists()

    start_worker()
    end_lease(job)
    services.rescue_jobs()
    wait_for(lambda: status_of(job) == "succeeded")
    job.refresh_from_db()
    assert job.attempt == 2
    assert Label.objects.count() == 1


def test_a_job_that_kills_its_worker_is_given_up_after_three_attempts(start_worker, review, lead):
    start_worker()
    job = services.start_job("test.poison", review=review, by=lead)
    for attempt in (1, 2, 3):
        wait_for(lambda attempt=attempt: Job.objects.filter(pk=job.pk, attempt=attempt).exists())
        end_lease(job)
        services.rescue_jobs()
    assert status_of(job) == "failed"

    after = services.start_job("test.label", review=review, by=lead)
    wait_for(lambda: status_of(after) == "succeeded")


def test_losing_everything_in_redis_loses_no_job(start_worker, review, lead):
    jobs = [services.start_job("test.label", review=review, by=lead) for _ in range(10)]
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    start_worker()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_job SET sent_at = now() - interval '31 s'")
    services.rescue_jobs()
    wait_for(lambda: all(status_of(job) == "succeeded" for job in jobs))
    assert Label.objects.count() == 10


def test_a_click_while_redis_hangs_is_kept_and_answered_soon(start_worker, review, lead):
    """CLIENT PAUSE makes Redis accept and not answer, the worst a dead queue can do."""
    queue = redis.Redis.from_url(settings.REDIS_URL)
    start_worker()
    queue.execute_command("CLIENT", "PAUSE", "8000")
    began = time.monotonic()
    job = services.start_job("test.label", review=review, by=lead)
    assert time.monotonic() - began < 4  # two seconds, on a busy machine
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_job SET sent_at = now() - interval '31 s' WHERE status = 'queued'"
        )
    wait_for(lambda: answers(queue), seconds=20)
    services.rescue_jobs()
    wait_for(lambda: status_of(job) == "succeeded")
    assert Label.objects.count() == 1
