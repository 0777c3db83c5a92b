"""Copies and pairs as tests need them, found by the job itself."""

from reviews.jobs.services import start_job
from reviews.jobs.work import do_job
from reviews.models import PossibleDuplicate, Record
from tests.factories import RecordFactory

TITLE = "Deep learning on hip radiographs for osteoporosis screening"


def find(review):
    job = start_job("dedup.find", review=review, by=None)
    do_job(job.pk)
    job.refresh_from_db()
    assert job.status == "succeeded", job.cause


def copies(review, count=2, **values):
    values = {"title": TITLE, "doi": "10.1/hip", **values}
    return [RecordFactory(review=review, **values) for _ in range(count)]


def doubtful(review):
    """Two records of one title, a year apart: no rule is sure of them."""
    one = RecordFactory(review=review, title=TITLE, year=2020, journal="arXiv")
    other = RecordFactory(review=review, title=TITLE, year=2021, journal="Osteoporosis Int")
    find(review)
    return PossibleDuplicate.objects.get(first=one, second=other)


def kept(review):
    return set(Record.objects.in_review(review).kept().values_list("pk", flat=True))
