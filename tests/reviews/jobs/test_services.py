"""Jobs without a worker: claims, fences, leases, the reaper, progress and cancelling."""

import os
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.jobs import registry, scheduler, services, work
from reviews.jobs.models import Heartbeat, Job
from reviews.protocol.models import Label
from tests.factories import ReviewFactory
from tests.reviews.jobs import kinds  # noqa: F401 - registers the kinds

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """Collect the ids that would be sent; the queue itself is tried in test_worker.py."""
    ids: list[int] = []
    monkeypatch.setattr(services, "_send", ids.append)
    return ids


@pytest.fixture
def job(review, lead, sent):
    return services.start_job("test.label", review=review, by=lead)


def test_what_dead_processes_left_is_cleared_up(settings):
    Heartbeat.objects.create(process="worker-old", seen_at=Now() - timedelta(days=8))
    Heartbeat.objects.create(process="worker-new")
    settings.MEDIA_ROOT.mkdir()
    old, new = (settings.MEDIA_ROOT / f"incoming-{name}" for name in ("old", "new"))
    for stump in (old, new):
        stump.write_bytes(b"half a fi")
    os.utime(old, (0, 0))
    scheduler.clear_up()
    assert [each.process for each in Heartbeat.objects.all()] == ["worker-new"]
    assert (old.exists(), new.exists()) == (False, True)


def expire(job):
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_a_job_is_sent_only_once_its_transaction_commits(
    review, lead, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = services.start_job("test.label", review=review, by=lead)
        assert sent == []
    assert sent == [job.pk]


def test_an_unknown_kind_is_a_mistake_of_ours_and_says_so(review, lead):
    with pytest.raises(LookupError):
        services.start_job("test.unknown", review=review, by=lead)


def test_a_dead_queue_does_not_fail_the_click(review, lead, monkeypatch):
    def refuse(job_id):
        raise ConnectionError("redis is away")

    monkeypatch.setattr(services, "_send", refuse)
    job = services.start_job("test.label", review=review, by=lead)
    assert services.wake(job.pk) is False
    job.refresh_from_db()
    assert (job.status, job.sent_at) == ("queued", None)


def test_only_one_worker_gets_a_job(job):
    assert services.claim_job(job.pk) is not None
    assert services.claim_job(job.pk) is None


def test_a_job_is_done_once_however_often_it_is_sent(job):
    work.do_job(job.pk)
    work.do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert Label.objects.count() == 1


def test_a_worker_that_was_given_up_cannot_write(job):
    slow = work.Work(services.claim_job(job.pk))
    expire(job)
    services.rescue_jobs()
    quick = services.claim_job(job.pk)
    assert quick.fence > slow.claim.fence
    with pytest.raises(work.Superseded), slow.final():
        Label.objects.create(review=job.review, name="from the dead")
    assert not Label.objects.exists()
    assert services.renew_lease(slow.claim) is False
    assert services.renew_lease(quick) is True


def test_the_reaper_sends_a_dead_workers_job_again_and_fails_it_after_three_attempts(job, sent):
    for _ in range(3):
        assert services.claim_job(job.pk) is not None
        expire(job)
        services.rescue_jobs()
    job.refresh_from_db()
    assert (job.status, job.attempt, job.cause) == ("failed", 3, services.WORKER_DIED)
    assert sent == [job.pk] * 2


def test_what_was_never_sent_is_sent_after_half_a_minute(job, sent):
    services.rescue_jobs()
    assert sent == []
    Job.objects.update(created_at=Now() - timedelta(seconds=31))
    services.rescue_jobs()
    assert sent == [job.pk]


def test_a_refusal_fails_the_job_with_its_sentence(review, lead, sent):
    job = services.start_job("test.refuse", review=review, by=lead)
    work.do_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.cause) == ("failed", "The file holds no records.")


def test_a_mistake_of_ours_fails_the_job_without_showing_its_insides(review, lead, sent):
    job = services.start_job("test.crash", review=review, by=lead)
    work.do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "failed"
    assert "ZeroDivision" not in job.cause
    assert str(job.pk) in job.cause


@pytest.mark.django_db(transaction=True)
def test_a_database_fault_gives_the_job_back(review, lead, sent):
    job = services.start_job("test.fault", review=review, by=lead)
    work.do_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.sent_at) == ("queued", 1, None)


def test_a_waiting_job_is_cancelled_at_once(job, lead):
    services.cancel_job(job, by=lead)
    work.do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not Label.objects.exists()


def test_a_running_job_stops_at_its_next_step_when_cancelled(job, lead):
    claim = services.claim_job(job.pk)
    services.cancel_job(job, by=lead)
    with pytest.raises(work.Cancelled):
        work.Work(claim).progress(1, 2)
    services.end_cancelled(claim)
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_cancelled_job_that_meets_a_database_fault_is_not_left_waiting_for_ever(job, lead):
    claim = services.claim_job(job.pk)
    services.cancel_job(job, by=lead)
    services.release_job(claim)
    job.refresh_from_db()
    assert job.status == "cancelled"


@pytest.mark.parametrize(
    ("values", "status"), [({"cancel_requested": True}, "cancelled"), ({"attempt": 3}, "failed")]
)
def test_the_reaper_ends_what_no_worker_may_claim_any_more(job, values, status):
    """Between two statements of the reaper a lease may run out: the next turn must end the job."""
    Job.objects.filter(pk=job.pk).update(**values)
    services.rescue_jobs()
    job.refresh_from_db()
    assert job.status == status


def test_a_job_that_has_ended_cannot_be_cancelled(job, lead):
    work.do_job(job.pk)
    with pytest.raises(DomainError, match="already ended"):
        services.cancel_job(job, by=lead)


def test_progress_shows_rate_and_time_left(job):
    claim = services.claim_job(job.pk)
    Job.objects.filter(pk=job.pk).update(started_at=Now() - timedelta(seconds=10))
    work.Work(claim).progress(50, 200, "reading")
    job.refresh_from_db()
    assert (job.percent, job.message) == (25, "reading")
    assert job.rate == pytest.approx(5, rel=0.2)
    assert job.seconds_left == pytest.approx(30, rel=0.2)


def test_what_follows_is_started_with_the_end_of_a_job(job, sent, monkeypatch):
    monkeypatch.setattr(registry, "_followers", {"test.label": ("test.refuse",)})
    work.do_job(job.pk)
    assert list(Job.objects.order_by("id").values_list("kind", "status")) == [
        ("test.label", "succeeded"),
        ("test.refuse", "queued"),
    ]


def test_the_pipeline_refuses_kinds_nobody_registered():
    with pytest.raises(Exception, match=r"Unknown job kinds.*test\.nobody"):
        registry.set_pipeline({"test.label": ("test.nobody",)})


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"status": "running", "lease_until": None}, "a_running_job_has_a_lease"),
        ({"status": "succeeded", "finished_at": None}, "a_finished_job_has_an_end"),
        ({"attempt": 4}, "a_job_has_at_most_three_attempts"),
    ],
)
def test_the_database_keeps_the_promises_about_jobs(job, change, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**change)


@pytest.fixture
def _limits_put_back():
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


@pytest.mark.usefixtures("_limits_put_back")
def test_a_statement_of_a_job_may_take_longer_than_a_pages(job):
    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")
    assert limit() == "15s"
    work.do_job(job.pk)
    assert limit() == "10min"


def test_what_fails_for_one_review_does_not_keep_the_others_waiting(review, caplog):
    others, done = ReviewFactory.create_batch(2), []

    def work(each):
        if each == review:
            raise DomainError("Not this one.")
        done.append(each)

    scheduler.for_each([others[0], review, others[1]], work)
    assert done == others
    assert f"failed for Review {review.pk}" in caplog.text
