"""Cursors of keyset pagination: whatever an address holds, a page or a sentence."""

import base64
import json

import pytest
from django.urls import reverse

from tests.factories import StudyFactory

pytestmark = pytest.mark.django_db

RUBBISH = [
    [float("inf"), 1],
    [1, float("inf")],
    [float("nan"), float("nan")],
    ["x", 1],
    ["\x00", 1],
    ["\ud800", 1],
    [10**400, 1],
    [1, 10**30],
    [True, 1],
    [[], 1],
    [1],
    {},
    "é",
    None,
]
LISTS = ["dedup:list", "extraction:studies", "screening:records", "reporting:activity"]


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("way", ["after", "before"])
def test_no_cursor_is_a_mistake_of_ours(client, review, lead, name, way):
    client.force_login(lead)
    StudyFactory(review=review)
    address = reverse(name, args=[review.pk])
    for value in [*RUBBISH, ["2026-01-01T00:00:00Z", 1, float("inf")], ["2026-01-01", 1, 10**30]]:
        assert client.get(address, {way: encoded(value)}).status_code in {200, 400, 409}, value


@pytest.mark.parametrize("position", ["abc", "1.5", "9" * 40, "1" * 5000, "inf", "\x00"])
def test_no_cursor_of_the_api_is_a_mistake_of_ours(client, review, lead, position):
    client.force_login(lead)
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    answer = client.get(f"/api/v1/reviews/{review.pk}/records/", {"cursor": cursor})
    assert answer.status_code in {200, 404}
