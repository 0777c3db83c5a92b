"""A run by a real worker, and two clicks at the same moment."""

import threading

import pytest
from django.db import connection

from reviews.demo import facts
from reviews.jobs.models import Job
from reviews.synthesis import services
from reviews.synthesis.models import Run
from tests.processes import wait_for, workers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(tmp_path):
    """A worker on the test database, gone after the test."""
    with workers(tmp_path) as start:
        yield start()


@pytest.mark.faults
def test_a_worker_pools_the_demos_tables(worker, plan, lead):
    run = services.start_run(plan, by=lead)
    wait_for(lambda: Run.objects.get(pk=run.pk).finished_at, seconds=60)
    run.refresh_from_db()
    expected = facts.X_RAY_EXPECTED
    estimate = run.result["fit"]["sensitivity"]["estimate"]
    assert estimate == pytest.approx(expected["sensitivity"]["estimate"], abs=expected["tolerance"])
    job = Job.objects.get(pk=run.job_id)
    assert (job.status, job.done, job.total) == ("succeeded", 5, 5)


def test_two_clicks_at_the_same_moment_are_one_run(plan, lead):
    ready, found = threading.Barrier(4), []

    def click():
        ready.wait()
        try:
            found.append(services.start_run(plan, by=lead).pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert Job.objects.count() == 1
