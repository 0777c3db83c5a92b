"""The page of a job."""

import pytest
from django.urls import reverse
from django.utils import timezone

from reviews.jobs import registry
from reviews.jobs.models import Job
from reviews.reporting.job_words import WORDS
from tests.factories import ImportBatchFactory

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


@pytest.mark.parametrize("kind", sorted(set(WORDS) - {"synthesis.run"}))
def test_a_job_that_ended_leads_to_what_came_of_it(client, review, lead, kind):
    batch = ImportBatchFactory(review=review)
    ids = {"batch_id": batch.pk, "search_id": batch.search_id}
    job = Job.objects.create(
        review=review, kind=kind, arguments=ids, status="succeeded", finished_at=timezone.now()
    )
    client.force_login(lead)
    page = client.get(reverse("jobs:show", args=[review.pk, job.pk]))
    assert client.get(page.context["next_url"]).status_code == 200
    assert page.context["next_url"] in page.content.decode()
