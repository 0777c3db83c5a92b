"""Two worlds that differ in what the first reviewer said look the same to everybody else.

The worlds vary the content of the first reviewer's judgement (verdict, reason, note, label, time
spent), not its existence. Every page the stages of screening and full text have is fetched.
"""

import re
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from reviews.fulltext import services as fulltext
from reviews.protocol.models import Label
from reviews.screening import services
from reviews.screening.models import ScreeningItem, Slot
from tests.factories import ExclusionReasonFactory, RecordFactory

pytestmark = pytest.mark.django_db

MASKED = (
    re.compile(rb"Updated \d\d:\d\d"),  # the review's home says when it was counted
    re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(rb'"X-CSRFToken": "[^"]+"'),
    re.compile(rb'name="idempotency_key" value="[^"]+"'),
)


@dataclass(frozen=True)
class World:
    verdict: str
    reason: str | None
    seconds: int
    note: str
    label: str


WORLDS = {
    "title_abstract": (
        World("include", None, 5, "Fits the question", "first"),
        World("exclude", "second", 500, "Cows, not people; a longer note", "second"),
        World("maybe", None, 50, "Not sure", "first"),
    ),
    "full_text": (
        World("include", None, 5, "Fits the question", "first"),
        World("exclude", "first", 500, "Cows, not people; a longer note", "second"),
        World("exclude", "second", 50, "No reference standard", "first"),
    ),
}


@pytest.fixture
def scene(review):
    """Records at both stages, with reasons and labels."""
    reasons = {
        name: ExclusionReasonFactory(review=review, name=name) for name in ("first", "second")
    }
    labels = {
        name: Label.objects.create(review=review, name=f"label {name}")
        for name in ("first", "second")
    }
    RecordFactory.create_batch(3, review=review)
    services.open_items(review)
    from_lead = review.created_by
    settled = ScreeningItem.objects.latest("id")
    ScreeningItem.objects.filter(pk=settled.pk).update(
        outcome="included", settled_at=review.created_at
    )
    fulltext.seek_reports(review)
    (report,) = review_reports(review)
    fulltext.set_retrieval(report, by=from_lead, retrieval="retrieved")
    return review, reasons, labels


def review_reports(review):
    return fulltext.Report.objects.in_review(review)


def play(scene, stage, world, first):
    """Let the first reviewer say what they say in this world."""
    review, reasons, labels = scene
    item = services.serve_item(review, stage, by=first).item
    services.add_note(item, by=first, text=world.note)
    services.toggle_label(item, labels[world.label], by=first)
    reason = reasons[world.reason] if world.reason else None
    services.record_decision(
        item, by=first, verdict=world.verdict, reason=reason, seconds=world.seconds
    )
    return item


def addresses(review, item):
    """Every GET page of the two stages, with filters, for all records and reports."""
    simple = [
        reverse(f"{name}", args=[review.pk])
        for name in (
            "screening:overview",
            "screening:agreement",
            "screening:screen",
            "screening:conflicts",
            "screening:records",
            "fulltext:list",
            "fulltext:screen",
            "review",
        )
    ]
    records = reverse("screening:records", args=[review.pk])
    filtered = [
        f"{records}?stage={stage}&outcome={outcome}"
        for stage in ("title_abstract", "full_text")
        for outcome in ("pending", "conflict", "included", "excluded", "screened")
    ]
    reasons = [
        f"{records}?reason={pk}" for pk in review_reasons(review).values_list("pk", flat=True)
    ]
    exports = [reverse("screening:export", args=[review.pk, kind]) for kind in ("csv", "ris")]
    details = [
        reverse("screening:record", args=[review.pk, pk])
        for pk in item.record.batch.records.model.objects.in_review(review).values_list(
            "pk", flat=True
        )
    ]
    reports = [
        reverse("fulltext:report", args=[review.pk, report.pk]) for report in review_reports(review)
    ]
    hidden = [reverse("screening:conflict", args=[review.pk, item.pk])]
    return simple + filtered + reasons + exports + details + reports + hidden


def review_reasons(review):
    return ExclusionReasonFactory._meta.model.objects.in_review(review)


def masked(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    for pattern in MASKED:
        body = pattern.sub(b"masked", body)
    headers = {name: value for name, value in response.items() if name.lower() != "x-request-id"}
    return response.status_code, headers, body.replace(request_id(response), b"id")


def request_id(response):
    return response.headers.get("X-Request-ID", "no id").encode()


def what_they_see(review, item, viewer):
    """Fetch everything; also what the viewer's own deciding and undoing answer."""
    client = Client()
    client.force_login(viewer)
    seen = {}
    for htmx in (False, True):
        headers = {"HX-Request": "true"} if htmx else {}
        for address in addresses(review, item):
            seen[address, htmx] = masked(client.get(address, headers=headers))
    for namespace in ("screening", "fulltext"):
        decide = reverse(f"{namespace}:decide", args=[review.pk])
        for data in ({"do": "undo", "undo": item.pk}, {"do": "skip", "item": item.pk}):
            key = (decide, str(data))
            seen[key] = masked(client.post(decide, data, headers={"HX-Request": "true"}))
    return seen


@pytest.mark.parametrize("stage", ["title_abstract", "full_text"])
@pytest.mark.parametrize("who", ["second_reviewer", "lead", "adjudicator", "observer"])
def test_nobody_else_sees_a_trace_of_what_the_first_reviewer_said(
    stage, who, scene, reviewer, request
):
    viewer, worlds = request.getfixturevalue(who), []
    for world in WORLDS[stage]:
        with transaction.atomic():
            restart_numbers()
            item = play(scene, stage, world, reviewer)
            worlds.append(what_they_see(scene[0], item, viewer))
            transaction.set_rollback(True)
    assert len(worlds[0]) > 40
    for world in worlds[1:]:
        assert world.keys() == worlds[0].keys()
        for address, answer in world.items():
            assert answer == worlds[0][address], address


def restart_numbers():
    """Give rows of each world the same ids, so that only content differs."""
    with connection.cursor() as cursor:
        for table in ("decision", "note", "labeluse"):
            cursor.execute(f"ALTER SEQUENCE reviews_{table}_id_seq RESTART")


def test_the_crawl_would_notice_a_leak(scene, reviewer):
    """The first reviewer's own pages do differ, and so do those of a settled item."""
    seen = []
    for world in WORLDS["title_abstract"][:2]:
        with transaction.atomic():
            item = play(scene, "title_abstract", world, reviewer)
            seen.append(what_they_see(scene[0], item, reviewer))
            transaction.set_rollback(True)
    record = reverse("screening:record", args=[scene[0].pk, item.record_id])
    assert seen[0][record, False] != seen[1][record, False]


def test_who_has_decided_both_sees_the_same_until_nothing_can_be_undone(
    scene, reviewer, second_reviewer
):
    """Even with both decisions in, the second reviewer learns nothing inside the undo window."""
    worlds = []
    for world in WORLDS["title_abstract"]:
        with transaction.atomic():
            restart_numbers()
            item = play(scene, "title_abstract", world, reviewer)
            services.record_decision(item, by=second_reviewer, verdict="include")
            services.settle_due_items()
            assert not Slot.objects.filter(item=item, decided=False).exists()
            seen = what_they_see_now(scene[0], item, second_reviewer)
            worlds.append(seen)
            transaction.set_rollback(True)
    assert worlds[0] == worlds[1] == worlds[2]


def what_they_see_now(review, item, viewer):
    """As above, without the time of the viewer's own decision."""
    minutes = re.compile(rb"\d{1,2} \w{3} \d{4}, \d{2}:\d{2}")
    return {
        address: (status, headers, minutes.sub(b"then", body))
        for address, (status, headers, body) in what_they_see(review, item, viewer).items()
        if "do" not in address[1:]
    }
