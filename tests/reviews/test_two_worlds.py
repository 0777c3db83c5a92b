"""Two worlds that differ in one person's hidden work, read by everybody else at every address.

The tests of the stages look at their own pages; this one asks every address the site has, so that a
page added tomorrow is asked too. Hidden work is a decision with note and label, an extraction draft
and a rating; the worlds differ in what it says, not in whether it is there.
"""

import contextlib
import re

import pytest
from django.db import transaction
from django.test import Client

from reviews import models
from reviews.jobs.work import do_job
from reviews.protocol.roles import LEAD, OBSERVER, REVIEWER, STATISTICIAN
from reviews.quality.instruments import definition_of
from reviews.synthesis import services as synthesis
from reviews.synthesis.plans import empty_definition
from tests.factories import MembershipFactory
from tests.reviews.hidden import Back, hidden_work, places_in
from tests.reviews.reporting.world import build
from tests.reviews.test_access_matrix import _address, _full, _routes, _rows

pytestmark = pytest.mark.django_db

READERS = (LEAD, REVIEWER, STATISTICIAN, OBSERVER)
NEW_EACH_TIME = (
    r'csrfmiddlewaretoken" value="[^"]*"',
    r'"?X-CSRFToken"?: "[^"]*"|X-CSRFToken&quot;: &quot;[^&]*',
    r'idempotency_key" value="[^"]*"',
    r"Updated \d\d:\d\d",
    # Leads see whose draft there is, and may free its place; its number is the sequence's.
    r"extractions/\d+/withdraw",
)


@pytest.fixture
def review():
    """A review with a row of everything, whose instrument has its questions."""
    found = _full(build(3, size=12))
    instrument = models.ReviewInstrument.objects.filter(review=found)
    instrument.update(definition=definition_of("quadas-2"))
    models.Plan.objects.filter(review=found).update(definition=empty_definition())
    models.Cohort.objects.filter(review=found).update(role="external")
    lead = found.created_by
    plan = synthesis.create_plan(found, by=lead, name="All", definition=empty_definition())
    do_job(synthesis.start_run(plan, by=lead).job_id)
    return found


@pytest.fixture
def places(review):
    return places_in(review, models.ReviewInstrument.objects.get(review=review))


def _addresses(review, places):
    """Return every address of the review, for any of its rows and for those worked on."""
    rows = _rows(review)
    item, study = places["item"], places["study"]
    about = {models.ScreeningItem: item.pk, models.Record: item.record_id, models.Study: study.pk}
    return sorted(
        {
            _address(route, view, review=review, rows=ids)
            for route, view, _ in _routes()
            for ids in (rows, rows | about)
        }
    )


def _read(client, addresses):
    seen = {}
    for address in addresses:
        for query in ("", "?format=csv") if "/api/" in address else ("",):
            answer = client.get(address + query, headers={"X-Request-ID": "the-same-for-all"})
            text = b"".join(answer).decode("utf-8", "replace")
            for pattern in NEW_EACH_TIME:
                text = re.sub(pattern, "", text)
            headers = {name: answer.get(name) for name in ("ETag", "Last-Modified", "Location")}
            seen[address, query] = (answer.status_code, headers, text)
    return seen


def _world(review, places, person, number, *, viewers):
    """Do the hidden work, let everybody read everything, and take it back: all else is the same."""
    seen = {}
    addresses = _addresses(review, places)
    with contextlib.suppress(Back), transaction.atomic():
        hidden_work(review, person, places, number)
        for name, viewer in viewers.items():
            client = Client(raise_request_exception=False)
            client.force_login(viewer)
            seen |= {(name, *key): value for key, value in _read(client, addresses).items()}
        raise Back
    return seen


def test_no_address_tells_anybody_but_its_author_what_is_hidden(review, places):
    models.Review.objects.filter(pk=review.pk).update(extractors=2, raters=2)
    person = MembershipFactory(review=review, roles=["reviewer"]).user
    viewers = {role: MembershipFactory(review=review, roles=[role]).user for role in READERS}
    viewers["author"] = person
    one, other = (_world(review, places, person, n, viewers=viewers) for n in (0, 1))
    assert len(one) > 100 * len(viewers)
    assert {status for status, *_ in one.values()} <= {200, 302, 403, 404, 405, 409}
    differing = [key for key in one if one[key] != other[key]]
    assert [key for key in differing if key[0] != "author"] == []
    # The comparison can see something: its author sees the difference.
    assert len(differing) > 5
