"""What the description says of refusals is what the API answers."""

from collections import defaultdict

import jsonschema
import pytest
from django.urls import reverse
from django.utils import timezone

from reviews import models
from tests.factories import (
    CohortFactory,
    ExtractionFactory,
    RecordFactory,
    ScreeningItemFactory,
    TwoByTwoFactory,
)
from tests.reviews.api.test_api import token_of
from tests.reviews.reporting.world import run_of

pytestmark = pytest.mark.django_db
REFUSALS = {"400", "401", "403", "404", "409", "413", "415", "429"}


class Described:
    """The API's description, and the refusals that were seen and fit it."""

    def __init__(self, client, review, lead):
        client.force_login(lead)
        answer = client.get(reverse("api:schema"), {"format": "json"})
        assert answer.status_code == 200
        self.whole = _without_nullable(answer.json())
        self.client, self.review = client, review
        self.seen = defaultdict(set)
        self.ids = {
            "items": ScreeningItemFactory(review=review).pk,
            "tables": TwoByTwoFactory(
                review=review, cohort=CohortFactory(review=review, extraction__final=True)
            ).pk,
        }
        client.logout()

    def operations(self, *methods):
        for path, operations in self.whole["paths"].items():
            for method in operations:
                if not methods or method in methods:
                    yield path, method

    def ask(self, path, method, expected, *, query="", **options):
        kind = path.split("/")[5] if path.count("/") > 5 else ""
        values = {"review_id": self.review.pk, "id": self.ids.get(kind, 1), "table": "summary"}
        options.setdefault("content_type", "application/json")
        if method == "get":
            del options["content_type"]
        address = path.format(**values) + query
        answer = getattr(self.client, method)(address, **options)
        assert answer.status_code == expected, (method, address, answer.content)
        responses = self.whole["paths"][path][method]["responses"]
        assert str(expected) in responses, (method, path, expected)
        schema = responses[str(expected)]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": self.whole["components"]})
        self.seen[path, method].add(str(expected))
        return answer


def _without_nullable(node):
    """Say in JSON Schema what OpenAPI 3.0 says in a word of its own."""
    if isinstance(node, list):
        return [_without_nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _without_nullable(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


@pytest.fixture
def described(client, review, lead):
    return Described(client, review, lead)


def test_every_described_refusal_is_answered_as_described(
    described, client, review, lead, outsider, settings, monkeypatch
):
    for path, method in described.operations():
        described.ask(path, method, 401)
    client.force_login(outsider)
    for path, method in described.operations():
        inside = "{review_id}" in path
        described.ask(path, method, 404, query="" if inside else "?cursor=rubbish")
    read_only = token_of(lead, review)
    for path, method in described.operations("post", "put", "patch"):
        client.logout()
        described.ask(path, method, 403, headers=read_only)
        client.force_login(lead)
        described.ask(path, method, 400, data="[")
        described.ask(path, method, 400, data="[]")
        described.ask(path, method, 415, data="text", content_type="text/plain")
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        described.ask(path, method, 413, data='{"verdict": "include"}')
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    for path, method in described.operations("get"):
        described.ask(path, method, 400, query="?q=%00")
    _conflicts(described, review, lead)
    monkeypatch.setattr(
        "rest_framework.throttling.UserRateThrottle.THROTTLE_RATES", {"user": "1/min"}
    )
    client.get(reverse("api:reviews"))  # the one that is allowed
    for path, method in described.operations():
        described.ask(path, method, 429)
    for (path, method), seen in described.seen.items():
        responses = described.whole["paths"][path][method]["responses"]
        assert seen == REFUSALS & responses.keys(), (path, method)


def _conflicts(described, review, lead):
    """Meet a rule of the review with every operation that changes something."""
    table = models.TwoByTwo.objects.get(pk=described.ids["tables"])
    lists = {
        name: getattr(table, f"{name}_id")
        for name in ("index_test", "target_condition", "reference_standard")
    }
    whole = {**lists, "tp": 1, "fp": 2, "fn": 3, "tn": 4, "threshold": "other"}
    base = "/api/v1/reviews/{review_id}"
    described.ask(f"{base}/tables/", "post", 409, data={**whole, "cohort": table.cohort_id})
    changed = {**whole, "version": table.version + 1}
    for method in ("put", "patch"):
        stale = {**changed, "because": "A slip"}
        answer = described.ask(f"{base}/tables/{{id}}/", method, 409, data=stale)
        assert answer.json()["current"]["tp"] == table.tp
        # An agreed extraction does not change without a reason.
        described.ask(f"{base}/tables/{{id}}/", method, 409, data=changed)
    models.ScreeningItem.objects.filter(pk=described.ids["items"]).update(needed=0)
    models.Slot.objects.filter(item=described.ids["items"]).delete()
    data = {"verdict": "include"}
    described.ask(f"{base}/items/{{id}}/decisions/", "post", 409, data=data)
    plan = models.Plan.objects.create(
        review=review, name="X", definition={}, created_by=lead, retired_at=timezone.now()
    )
    described.ask(f"{base}/runs/", "post", 409, data={"plan": plan.pk})
    described.ids["runs"] = run_of(review, "Y", [], finished=False).pk
    described.ask(f"{base}/runs/{{id}}/tables/{{table}}/", "get", 409)


def test_a_sentence_without_a_field_stands_in_detail(client, review, lead):
    client.force_login(lead)
    item = ScreeningItemFactory(review=review, record=RecordFactory(review=review))
    answer = client.post(
        reverse("api:items-decide", args=[review.pk, item.pk]),
        {"verdict": "include"},
        content_type="application/json",
        headers={"Idempotency-Key": "k" * 81},
    )
    assert answer.status_code == 400
    assert "plain characters" in answer.json()["detail"]
    assert answer.json()["request"] == answer["X-Request-ID"]


def test_a_change_without_version_is_refused_by_field(client, review, reviewer):
    client.force_login(reviewer)
    draft = ExtractionFactory(review=review, extractor=reviewer, final=False, status="draft")
    table = TwoByTwoFactory(review=review, cohort=CohortFactory(review=review, extraction=draft))
    address = reverse("api:tables-detail", args=[review.pk, table.pk])
    answer = client.patch(address, {"tp": 3}, content_type="application/json")
    assert answer.json() == {
        "version": ["This field is required."],
        "request": answer["X-Request-ID"],
    }
