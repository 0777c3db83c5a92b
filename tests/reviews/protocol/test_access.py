"""The gate: who gets through, and what the others see."""

import re

import pytest
from django.http import Http404
from django.utils import timezone

from reviews.protocol import roles
from reviews.protocol.access import member_can, membership_of
from reviews.protocol.members import Membership
from tests.factories import ReviewFactory

pytestmark = pytest.mark.django_db


def test_missing_and_foreign_reviews_read_alike(client, review, outsider):
    client.force_login(outsider)
    foreign = client.get(f"/reviews/{review.pk}/")
    missing = client.get("/reviews/999999/")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    pages = [  # but for tokens, the request's number and the address itself
        re.sub(
            r'"X-CSRFToken": "\w+"|value="\w{64}"|/reviews/\d+/|' + response["X-Request-ID"],
            "",
            page,
        )
        for response in (foreign, missing)
        for page in [response.content.decode()]
    ]
    assert pages[0] == pages[1]


def test_a_former_member_is_an_outsider_from_that_moment(client, review, reviewer):
    client.force_login(reviewer)
    assert client.get(f"/reviews/{review.pk}/").status_code == 200
    Membership.objects.filter(user=reviewer).update(until=timezone.now())
    assert client.get(f"/reviews/{review.pk}/").status_code == 404


def test_too_little_capability_is_403(rf, review, observer):
    from django.core.exceptions import PermissionDenied

    request = rf.get("/")
    request.user = observer
    with pytest.raises(PermissionDenied):
        member_can("manage")(lambda request, review: None)(request, review_id=review.pk)


def test_membership_of_one_review_opens_no_other(reviewer):
    with pytest.raises(Http404):
        membership_of(reviewer, ReviewFactory().pk)


def test_a_capability_that_does_not_exist_stops_the_site_from_starting():
    with pytest.raises(LookupError):
        member_can("fly")


def test_the_last_lead_cannot_leave_even_by_sql(review, lead):
    from django.db import IntegrityError, connection, transaction

    with transaction.atomic():
        Membership.objects.filter(review=review, user=lead).update(roles=["observer"])
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="at least one"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def test_roles_bring_what_the_protocol_says():
    can = {
        role: {c for c, who in roles.CAPABILITIES.items() if role in who} for role in roles.ROLES
    }
    assert can["lead"] == set(roles.CAPABILITIES)
    assert can["observer"] == {"view", "export"}
    assert "run" not in can["reviewer"]
    assert can["statistician"] >= {"plan", "run"}
    assert "screen" not in can["statistician"]
