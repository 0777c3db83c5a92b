"""The page of a job."""

import pytest
from django.urls import reverse

from reviews.jobs import registry
from reviews.jobs.models import Job
from reviews.reporting.job_pages import WORDS

pytestmark = pytest.mark.django_db


def test_every_kind_of_job_is_named_in_words():
    kinds = {kind for kind in registry.kinds() if not kind.startswith("test.")}
    assert kinds == set(WORDS)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_job_is_called_what_it_does(client, review, lead, headers):
    job = Job.objects.create(review=review, kind="synthesis.run", asked_by=lead)
    client.force_login(lead)
    page = client.get(reverse("jobs:show", args=[review.pk, job.pk]), headers=headers)
    assert b"Pooling" in page.content
    assert b"synthesis.run" not in page.content
