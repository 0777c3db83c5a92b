"""An import whose worker is really killed ends with exactly the records of the file."""

import os
import signal

import pytest
from django.conf import settings

from reviews.jobs.models import Job
from reviews.jobs.services import rescue_jobs
from reviews.models import Record
from reviews.searches import importing, services
from tests.reviews.jobs.test_worker import end_lease, start_worker, status_of, wait_for  # noqa: F401 - a fixture
from tests.reviews.searches.conftest import ris

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
COUNT = 30_000


@pytest.fixture
def killed(start_worker, monkeypatch, search, lead):  # noqa: F811
    """Give a batch half of which is staged, and whose worker is dead."""
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))
    worker = start_worker()
    batch = services.upload_file(search, by=lead, name="big.ris", chunks=[ris(COUNT)])
    wait_for(lambda: Job.objects.get(pk=batch.job_id).done > 0)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert 0 < Record.objects.filter(batch=batch).count() < COUNT
    assert not Record.objects.in_review(search.review).exists()
    return batch


def test_a_killed_import_ends_with_exactly_the_records_of_the_file(killed, start_worker):  # noqa: F811
    kept = set(Record.objects.filter(batch=killed).values_list("pk", flat=True))
    start_worker()
    end_lease(killed.job)
    rescue_jobs()
    wait_for(lambda: status_of(killed.job) == "succeeded", seconds=60)
    records = Record.objects.in_review(killed.review)
    assert list(records.order_by("position").values_list("position", flat=True)) == list(
        range(1, COUNT + 1)
    )
    assert kept <= set(records.values_list("pk", flat=True))
    killed.job.refresh_from_db()
    assert killed.job.attempt == 2


def test_cancelling_what_a_dead_worker_left_leaves_nothing(killed, lead):
    services.cancel_import(killed, by=lead)
    end_lease(killed.job)
    rescue_jobs()
    assert status_of(killed.job) == "cancelled"
    assert importing.discard_abandoned() == 1
    assert not Record.objects.filter(batch=killed).exists()
    killed.refresh_from_db()
    assert killed.state == "cancelled"
