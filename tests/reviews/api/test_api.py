"""The API: the same gate, blinding and refusals as the pages."""

import io
import json
import logging
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from reviews import models
from reviews.api.urls import SETS
from reviews.protocol.tokens import hash_of, new_secret
from tests.factories import (
    CohortFactory,
    ExclusionReasonFactory,
    ExtractionFactory,
    IndexTestFactory,
    RecordFactory,
    ReferenceStandardFactory,
    ReviewFactory,
    ScreeningItemFactory,
    TargetConditionFactory,
    TwoByTwoFactory,
)
from tests.reviews.reporting.world import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(client, review, reviewer):
    client.force_login(reviewer)
    return client


def token_of(user, review, scope="read", **values):
    secret = new_secret()
    models.ApiToken.objects.create(
        review=review,
        user=user,
        name="script",
        prefix=secret[:12],
        secret_hash=hash_of(secret),
        scope=scope,
        **{"expires_at": timezone.now() + timedelta(days=1), **values},
    )
    return {"authorization": f"Bearer {secret}"}


def url(name, review, *more, action="list"):
    return reverse(f"api:{name}-{action}", args=[review.pk, *more])


def post(client, address, data, **headers):
    return client.post(address, data, content_type="application/json", headers=headers)


def test_every_list_and_row_can_be_read_in_few_queries(ana, review, django_assert_max_num_queries):
    build(4, review=review)
    for name in SETS:
        # Five of them are the throttle's, which counts in the database's cache.
        with django_assert_max_num_queries(12):
            answer = ana.get(url(name, review))
        assert answer.status_code == 200, name
        json.loads(answer.content, parse_constant=pytest.fail)
        for row in answer.json()["results"][:1]:
            one = ana.get(url(name, review, row["id"], action="detail"))
            assert one.json() == row, name


def test_lists_are_paged_by_keyset_and_come_as_csv_without_formulas(ana, review):
    for _ in range(3):
        RecordFactory(review=review, title="=cmd|' /C calc'!A0")
    first = ana.get(url("records", review), {"page_size": 2}).json()
    assert len(first["results"]) == 2
    rest = ana.get(first["next"]).json()
    assert len(rest["results"]) == 1
    csv = ana.get(url("records", review), {"format": "csv", "page_size": 2})
    assert csv.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'rel="next"' in csv.headers["Link"]
    assert csv.content.decode().count("'=cmd|") == 2


def test_the_description_has_no_warnings():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "/api/v1/reviews/{review_id}/items/{id}/decisions/" in out.getvalue()


def test_rows_of_another_review_read_like_missing_ones(ana, review):
    foreign = build(1)
    for name, views in SETS.items():
        row = views.model._default_manager.filter(review=foreign).first()
        if row is not None:
            answer = ana.get(url(name, review, row.pk, action="detail"))
            assert answer.status_code == 404, name
            missing = ana.get(url(name, review, 10**12, action="detail"))
            assert answer.json()["detail"] == missing.json()["detail"]
        assert ana.get(url(name, foreign)).status_code == 404


def test_a_filter_by_a_foreign_id_finds_as_little_as_a_missing_one(ana, review):
    foreign = RecordFactory()
    for number in (foreign.batch_id, 10**15):
        answer = ana.get(url("records", review), {"batch": number})
        assert (answer.status_code, answer.json()["results"]) == (200, [])


# ---- tokens ----


def test_a_token_sees_its_own_review_alone(client, review, reviewer):
    other = ReviewFactory()
    models.Membership.objects.create(review=other, user=reviewer, roles=["reviewer"])
    token = token_of(reviewer, review)
    assert client.get(url("records", review), headers=token).status_code == 200
    assert client.get(url("records", other), headers=token).status_code == 404
    seen = client.get(reverse("api:reviews"), headers=token).json()["results"]
    assert [each["id"] for each in seen] == [review.pk]


def test_a_token_for_reading_writes_nothing(client, review, reviewer):
    item = ScreeningItemFactory(review=review)
    address = url("items", review, item.pk, action="decide")
    answer = post(client, address, {"verdict": "include"}, **token_of(reviewer, review))
    assert answer.status_code == 403
    assert not models.Decision.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"revoked_at": timezone.now()},
        {
            "created_at": timezone.now() - timedelta(days=2),
            "expires_at": timezone.now() - timedelta(days=1),
        },
    ],
)
def test_a_token_that_ended_opens_nothing(client, review, reviewer, values):
    token = token_of(reviewer, review, **values)
    assert client.get(url("records", review), headers=token).status_code == 401


def test_a_token_ends_with_its_owners_membership(client, review, reviewer):
    token = token_of(reviewer, review)
    models.Membership.objects.filter(user=reviewer).update(until=timezone.now())
    assert client.get(url("records", review), headers=token).status_code == 404


def test_the_audit_trail_names_the_tokens_user(client, review, reviewer):
    item = ScreeningItemFactory(review=review)
    token = token_of(reviewer, review, "write")
    post(client, url("items", review, item.pk, action="decide"), {"verdict": "include"}, **token)
    event = models.Decision.pgh_event_model.objects.get()
    assert event.pgh_context.metadata["user"] == reviewer.pk


# ---- decisions ----


def test_a_decision_sent_twice_is_stored_once_and_answered_alike(ana, review, reviewer):
    item = ScreeningItemFactory(review=review)
    address = url("items", review, item.pk, action="decide")
    reason = ExclusionReasonFactory(review=review)
    body = {"verdict": "exclude", "reason": reason.pk, "seconds": 12}
    answers = [post(ana, address, body, **{"idempotency-key": "abc"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert models.Decision.objects.filter(item=item, reviewer=reviewer).count() == 1
    other = post(ana, address, {"verdict": "include"}, **{"idempotency-key": "abc"})
    assert other.status_code == 409


def test_a_refused_request_does_not_use_up_its_key(ana, review):
    item = ScreeningItemFactory(review=review, stage="full_text")
    address = url("items", review, item.pk, action="decide")
    assert post(ana, address, {"verdict": "exclude"}, **{"idempotency-key": "k"}).status_code in {
        400,
        409,
    }
    reason = ExclusionReasonFactory(review=review)
    again = {"verdict": "exclude", "reason": reason.pk}
    assert post(ana, address, again, **{"idempotency-key": "k"}).status_code == 201


def test_a_reason_of_another_review_reads_like_a_missing_one(ana, review):
    item = ScreeningItemFactory(review=review)
    address = url("items", review, item.pk, action="decide")
    foreign = ExclusionReasonFactory().pk
    answers = [
        post(ana, address, {"verdict": "exclude", "reason": number}).json()["reason"][0]
        for number in (foreign, 10**9)
    ]
    assert answers[0].replace(str(foreign), "") == answers[1].replace(str(10**9), "")


def test_an_observer_cannot_decide(client, review, observer):
    item = ScreeningItemFactory(review=review)
    client.force_login(observer)
    address = url("items", review, item.pk, action="decide")
    assert post(client, address, {"verdict": "include"}).status_code == 403


def test_nobody_reads_the_pending_decision_of_another(ana, review, second_reviewer, lead, client):
    item = ScreeningItemFactory(review=review)
    models.Decision.objects.create(
        review=review,
        item=item,
        stage=item.stage,
        reviewer=second_reviewer,
        revision=1,
        verdict="exclude",
    )
    assert ana.get(url("decisions", review)).json()["results"] == []
    client.force_login(lead)
    assert client.get(url("decisions", review)).json()["results"] == []


# ---- 2x2 tables ----


@pytest.fixture
def draft(review, reviewer):
    return ExtractionFactory(review=review, extractor=reviewer, final=False, status="draft")


def _table(review, cohort, **values):
    return {
        "cohort": cohort.pk,
        "index_test": IndexTestFactory(review=review).pk,
        "target_condition": TargetConditionFactory(review=review).pk,
        "reference_standard": ReferenceStandardFactory(review=review).pk,
        "tp": 20,
        "fp": 5,
        "fn": 4,
        "tn": 71,
        **values,
    }


def test_a_table_is_entered_changed_and_a_stale_change_refused(ana, review, draft):
    cohort = CohortFactory(review=review, extraction=draft)
    made = post(ana, url("tables", review), _table(review, cohort))
    assert made.status_code == 201, made.content
    address = url("tables", review, made.json()["id"], action="detail")
    change = {"tp": 21, "version": made.json()["version"]}
    first = ana.patch(address, change, content_type="application/json")
    assert (first.status_code, first.json()["tp"]) == (200, 21)
    stale = ana.patch(address, {**change, "tp": 22}, content_type="application/json")
    assert stale.status_code == 409
    assert stale.json()["current"]["tp"] == 21
    assert ana.patch(address, {"tp": 3}, content_type="application/json").status_code == 400


@pytest.mark.parametrize("count", [-1, 1.5, "1.5", 10**12, None, True, "", "٣", [1], "NaN"])
def test_a_count_that_is_none_is_refused_with_a_sentence(ana, review, draft, count):
    cohort = CohortFactory(review=review, extraction=draft)
    answer = post(ana, url("tables", review), _table(review, cohort, tp=count))
    assert answer.status_code == 400
    assert answer.json()["tp"]
    assert not models.TwoByTwo.objects.exists()


PRINTED = {
    "n": 101,
    "n_pos": 56,
    "reported": {"sensitivity": "91.1%"},
    "counts": {"tp": 51},
    "intervals": {"sensitivity": "80-97%"},
    "method": "any",
    "rounding": "nearest",
}
SOLVED = {"input": PRINTED, "count": 1}


@pytest.mark.parametrize(
    "values",
    [
        {"solver": {"input": [1], "count": 1}},
        {"solver": {"input": {"n": "many", "reported": {}}, "count": 1}},
        {"solver": {"input": {"n": 10, "reported": [1]}, "count": 1}},
        {"solver": {"input": "text", "count": 1}},
        {"solver": {**SOLVED, "count": "x"}},
        {"solver": {"input": PRINTED | {"counts": [1]}, "count": 1}},
        {"solver": {"input": PRINTED | {"method": "guess"}, "count": 1}},
        {"reported": {"sensitivity": {"value": 1}}},
        {"reported": {"sensitivity": "9" * 61}},
        {"reported": {str(number): "1" for number in range(31)}},
        {"notes": "x" * 20_001},
    ],
)
def test_how_counts_were_solved_has_a_shape_its_page_can_show(ana, review, draft, values):
    cohort = CohortFactory(review=review, extraction=draft)
    body = _table(review, cohort, obtained="solved", **{"solver": SOLVED, **values})
    answer = post(ana, url("tables", review), body)
    assert answer.status_code == 400
    assert answer.json()[next(iter(values))]
    made = post(ana, url("tables", review), body | {"solver": SOLVED, "reported": {}, "notes": ""})
    assert made.status_code == 201, made.content
    assert made.json()["solver"]["input"] == PRINTED
    address = reverse("extraction:solve", args=[review.pk, made.json()["id"]])
    assert ana.get(address).status_code == 200


def test_a_table_without_participants_or_entered_twice_is_refused(ana, review, draft):
    cohort = CohortFactory(review=review, extraction=draft)
    empty = _table(review, cohort, tp=0, fp=0, fn=0, tn=0)
    assert post(ana, url("tables", review), empty).status_code == 400
    body = _table(review, cohort)
    answers = [post(ana, url("tables", review), body).status_code for _ in range(2)]
    assert answers == [201, 400]


def test_somebody_elses_draft_reads_like_missing(ana, review, second_reviewer):
    models.Review.objects.filter(pk=review.pk).update(extractors=2)
    hidden = ExtractionFactory(
        review=review, extractor=second_reviewer, final=False, status="draft"
    )
    cohort = CohortFactory(review=review, extraction=hidden)
    table = TwoByTwoFactory(review=review, cohort=cohort)
    answer = post(ana, url("tables", review), _table(review, cohort))
    assert answer.status_code == 400
    assert "does not exist" in answer.json()["cohort"][0]
    assert ana.get(url("tables", review, table.pk, action="detail")).status_code == 404
    for name in ("tables", "cohorts", "extractions"):
        assert ana.get(url(name, review)).json()["results"] == []


def test_related_rows_of_another_review_are_refused(ana, review, draft):
    cohort = CohortFactory(review=review, extraction=draft)
    for name, factory in (
        ("index_test", IndexTestFactory),
        ("target_condition", TargetConditionFactory),
        ("reference_standard", ReferenceStandardFactory),
        ("cohort", CohortFactory),
    ):
        answer = post(ana, url("tables", review), _table(review, cohort) | {name: factory().pk})
        assert answer.status_code == 400, name
        assert list(answer.json()) == [name, "request"]


# ---- runs ----


def test_only_who_may_run_starts_a_run(ana, review, lead):
    plan = models.Plan.objects.create(review=review, name="X", definition={}, created_by=lead)
    assert post(ana, url("runs", review), {"plan": plan.pk}).status_code == 403
    ana.force_login(lead)
    foreign = models.Plan.objects.create(
        review=ReviewFactory(), name="X", definition={}, created_by=lead
    )
    assert post(ana, url("runs", review), {"plan": foreign.pk}).status_code == 400


# ---- bad input ----


@pytest.mark.parametrize(
    "body",
    [
        b'{"verdict": "include\\u0000"}',
        b'{"verdict": "\\ud800"}',
        b'{"\\u0000": 1}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b'{"verdict": NaN}',
        b'{"seconds": 1e999}',
        b'{"verdict": ',
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"include"',
    ],
)
def test_a_body_that_cannot_be_stored_gets_a_sentence(ana, review, body):
    item = ScreeningItemFactory(review=review)
    address = url("items", review, item.pk, action="decide")
    answer = ana.post(address, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()


def test_a_body_that_is_too_large_is_refused(ana, review, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    item = ScreeningItemFactory(review=review)
    address = url("items", review, item.pk, action="decide")
    answer = ana.post(address, b'"' + b"a" * 2_000 + b'"', content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "9" * 5000, "true", "[1]", '"' + "1" * 5000 + '"']
)
def test_a_number_no_id_can_be_gets_a_sentence(client, review, lead, number):
    client.force_login(lead)
    item = ScreeningItemFactory(review=review)
    for address, body in (
        (f"{url('items', review)}{item.pk}/decisions/", '{"verdict": "exclude", "reason": %s}'),
        (url("runs", review), '{"plan": %s}'),
    ):
        answer = client.post(address, data=body % number, content_type="application/json")
        assert answer.status_code == 400, answer.content


def test_a_bad_cursor_gets_a_sentence(ana, review):
    assert ana.get(url("records", review), {"cursor": "rubbish"}).status_code == 404


def test_requests_beyond_the_limit_wait(ana, review, monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(
        "rest_framework.throttling.UserRateThrottle.THROTTLE_RATES", {"user": "2/min"}
    )
    codes = [ana.get(url("records", review)).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_who_is_signed_out_is_asked_in_before_browsing_the_description(client):
    answer = client.get(reverse("api:docs"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_the_description_can_be_browsed_without_anything_inline(ana, review):
    page = ana.get(reverse("api:docs"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in text
    assert "style=" not in text
    assert all("></script>" in part for part in text.split("<script")[1:])
    script = ana.get(reverse("api:docs"), {"script": ""})
    assert script.headers["Content-Type"].startswith("application/javascript")
