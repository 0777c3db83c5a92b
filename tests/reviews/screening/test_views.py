"""The pages of screening: happy paths, the gate, bad input, and what they cost."""

import csv
import io
import uuid

import pytest
from django.urls import reverse

from reviews.protocol.models import Label
from reviews.screening import services
from reviews.screening.models import Decision, LabelUse, Note, ScreeningItem, Slot
from tests.factories import (
    ExclusionReasonFactory,
    RecordFactory,
    ReviewFactory,
    ScreeningItemFactory,
)

pytestmark = pytest.mark.django_db


def url(name, review, *more):
    return reverse(f"screening:{name}", args=[review.pk, *more])


def post(client, review, name="decide", htmx=True, **data):
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(url(name, review), data, headers=headers)


@pytest.fixture
def as_reviewer(client, reviewer):
    client.force_login(reviewer)
    return client


@pytest.fixture
def conflict(review, reviewer, second_reviewer):
    review.undo_seconds = 0
    review.save()
    item = ScreeningItemFactory(review=review)
    services.record_decision(item, by=reviewer, verdict="include", seconds=48)
    services.record_decision(item, by=second_reviewer, verdict="exclude")
    item.refresh_from_db()
    return item


PAGES = ["overview", "agreement", "screen", "conflicts", "records"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_for_reviewers_and_are_hidden_from_outsiders(
    name, review, as_reviewer, outsider
):
    ScreeningItemFactory(review=review)
    assert as_reviewer.get(url(name, review)).status_code == 200
    as_reviewer.force_login(outsider)
    assert as_reviewer.get(url(name, review)).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_empty_pages_say_what_to_do(name, review, as_reviewer):
    assert as_reviewer.get(url(name, review)).status_code == 200


def test_observers_may_not_screen(client, review, observer):
    client.force_login(observer)
    assert client.get(url("screen", review)).status_code == 403
    assert post(client, review).status_code == 403
    assert client.post(url("open", review)).status_code == 403


@pytest.mark.parametrize("item", ["9" * 5000, "0" * 20 + "9" * 30, "0" * 20 + "1" * 5000, "\u0661"])
def test_what_is_no_items_number_names_no_item(review, as_reviewer, item):
    ScreeningItemFactory(review=review)
    for do in ("skip", "undo", ""):
        assert post(as_reviewer, review, item=item, undo=item, do=do).status_code == 200
    assert post(as_reviewer, review, "note", item=item, text="x").status_code == 404


def test_a_decision_by_htmx_is_answered_with_the_next_card(review, as_reviewer, reviewer):
    first, second = ScreeningItemFactory.create_batch(2, review=review)
    as_reviewer.get(url("screen", review))
    answer = post(
        as_reviewer, review, item=first.pk, verdict="include", seconds="12",
        idempotency_key=uuid.uuid4(),
    )  # fmt: skip
    assert second.record.title in answer.content.decode()
    assert "<html" not in answer.content.decode()
    decision = Decision.objects.get()
    assert (decision.item, decision.reviewer, decision.seconds) == (first, reviewer, 12)


def test_it_works_without_script(review, as_reviewer):
    item = ScreeningItemFactory(review=review)
    answer = post(as_reviewer, review, htmx=False, item=item.pk, verdict="maybe")
    assert answer.status_code == 302
    page = as_reviewer.get(answer.url).content.decode()
    assert "You have decided all there is" in page


def test_a_reason_means_to_exclude(review, as_reviewer):
    item, reason = ScreeningItemFactory(review=review), ExclusionReasonFactory(review=review)
    post(as_reviewer, review, item=item.pk, reason=reason.pk)
    assert Decision.objects.get().verdict == "exclude"
    assert Decision.objects.get().reason == reason


def test_undo_brings_the_record_back(review, as_reviewer):
    first, _ = ScreeningItemFactory.create_batch(2, review=review)
    post(as_reviewer, review, item=first.pk, verdict="include")
    page = as_reviewer.get(url("screen", review)).content.decode()
    assert f'name="undo" value="{first.pk}"' in page
    answer = post(as_reviewer, review, do="undo", undo=first.pk)
    assert first.record.title in answer.content.decode()
    assert "no decision of yours to undo" in post(as_reviewer, review, do="undo").content.decode()


def test_a_skipped_record_gives_way_to_the_next(review, as_reviewer):
    first, second = ScreeningItemFactory.create_batch(2, review=review)
    as_reviewer.get(url("screen", review))
    answer = post(as_reviewer, review, do="skip", item=first.pk)
    assert second.record.title in answer.content.decode()


def test_all_taken_by_others_is_said(review, as_reviewer, second_reviewer):
    ScreeningItemFactory(review=review, needed=1)
    services.serve_item(review, "title_abstract", by=second_reviewer)
    assert (
        "Others are on the last records" in as_reviewer.get(url("screen", review)).content.decode()
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "There is no record in front of you"),
        ({"item": "9" * 30}, "no such record"),
        ({"item": "x'; --"}, "no such record"),
        ({"verdict": "perhaps"}, "not one of the available choices"),
        ({"verdict": ""}, "Decide include, maybe or exclude"),
        ({"reason": "999999"}, "no such exclusion reason"),
        ({"verdict": "include", "idempotency_key": "no uuid"}, "valid UUID"),
    ],
)
def test_bad_decisions_get_a_sentence(review, as_reviewer, data, sentence):
    item = ScreeningItemFactory(review=review)
    known = {"item": item.pk} if data and "item" not in data else {}
    assert sentence in post(as_reviewer, review, **known, **data).content.decode()
    assert not Decision.objects.exists()


def test_items_and_reasons_of_another_review_do_not_exist(review, as_reviewer):
    other = ScreeningItemFactory(review=ReviewFactory())
    item, reason = ScreeningItemFactory(review=review), ExclusionReasonFactory()
    post(as_reviewer, review, item=other.pk, verdict="include")
    post(as_reviewer, review, item=item.pk, reason=reason.pk)
    assert not Decision.objects.exists()
    assert post(as_reviewer, review, "note", item=other.pk, text="x").status_code == 404
    assert as_reviewer.get(url("conflict", review, other.pk)).status_code == 404
    assert as_reviewer.get(url("record", review, other.record_id)).status_code == 404


def test_absurd_seconds_are_left_out(review, as_reviewer):
    item = ScreeningItemFactory(review=review)
    post(as_reviewer, review, item=item.pk, verdict="include", seconds="-1e9")
    assert Decision.objects.get().seconds is None


def test_a_kept_decision_sent_later_hears_that_it_was_refused(review, as_reviewer, conflict):
    data = {"item": conflict.pk, "verdict": "include", "idempotency_key": str(uuid.uuid4())}
    headers = {"HX-Request": "true", "Idempotency-Key": data["idempotency_key"]}
    answer = as_reviewer.post(url("decide", review), data, headers=headers)
    assert answer.status_code == 409


def test_the_same_key_twice_is_one_decision(review, as_reviewer):
    item, key = ScreeningItemFactory(review=review), str(uuid.uuid4())
    for _ in range(2):
        answer = post(as_reviewer, review, item=item.pk, verdict="include", idempotency_key=key)
        assert answer.status_code == 200
    assert Decision.objects.count() == 1


def test_notes_and_labels_stay_with_their_author(review, as_reviewer, reviewer):
    label = Label.objects.create(review=review, name="CT")
    item = ScreeningItemFactory(review=review)
    assert "Fits" in post(as_reviewer, review, "note", item=item.pk, text="Fits").content.decode()
    assert "empty" in post(as_reviewer, review, "note", item=item.pk, text=" ").content.decode()
    post(as_reviewer, review, "label", item=item.pk, label=label.pk)
    assert LabelUse.objects.get().author == Note.objects.get().author == reviewer
    post(as_reviewer, review, "label", item=item.pk, label=label.pk)
    assert not LabelUse.objects.exists()
    assert "no such label" in post(as_reviewer, review, "label", item=item.pk).content.decode()


def test_a_note_begun_goes_with_the_decision_once(review, as_reviewer, reviewer):
    item = ScreeningItemFactory(review=review)
    said = {"verdict": "include", "note": " Fits ", "idempotency_key": uuid.uuid4()}
    for _ in range(2):
        post(as_reviewer, review, item=item.pk, **said)
    note = Note.objects.get()
    assert (note.text, note.item, note.author) == ("Fits", item, reviewer)
    post(as_reviewer, review, item=ScreeningItemFactory().pk, do="skip", note="Not ours")
    assert Note.objects.count() == 1


def test_opening_screening_is_a_job(review, as_reviewer):
    RecordFactory(review=review)
    assert "Take in the records" in as_reviewer.get(url("overview", review)).content.decode()
    assert as_reviewer.post(url("open", review)).status_code == 302


# ---- conflicts ----


def test_an_adjudicator_sees_both_verdicts_and_settles(client, review, conflict, adjudicator):
    client.force_login(adjudicator)
    page = client.get(url("conflict", review, conflict.pk)).content.decode()
    assert "Ana Lindqvist" in page
    assert "after 48 s" in page
    answer = client.post(url("settle", review, conflict.pk), {"verdict": "exclude", "note": "No."})
    assert answer.status_code == 302
    conflict.refresh_from_db()
    assert conflict.outcome == "excluded"


def test_deciders_settle_by_consensus(client, review, conflict, reviewer, second_reviewer):
    client.force_login(reviewer)
    client.post(url("settle", review, conflict.pk), {"verdict": "include"})
    client.force_login(second_reviewer)
    assert (
        "A consensus is proposed"
        in client.get(url("conflict", review, conflict.pk)).content.decode()
    )
    client.post(url("settle", review, conflict.pk), {"do": "confirm"})
    conflict.refresh_from_db()
    assert conflict.outcome == "included"


def test_the_list_says_what_is_proposed_and_by_whom(
    client, review, conflict, reviewer, second_reviewer
):
    client.force_login(reviewer)
    client.post(url("settle", review, conflict.pk), {"verdict": "include"})
    assert "you proposed to include" in client.get(url("conflicts", review)).content.decode()
    client.force_login(second_reviewer)
    assert (
        f"{reviewer} proposes to include" in client.get(url("conflicts", review)).content.decode()
    )


def test_who_may_not_settle_is_refused(client, review, conflict, observer):
    client.force_login(observer)
    assert (
        client.post(url("settle", review, conflict.pk), {"verdict": "include"}).status_code == 403
    )
    assert client.post(url("reopen", review, conflict.pk), {"reason": "x"}).status_code == 403


def test_a_settlement_without_verdict_gets_a_sentence(client, review, conflict, adjudicator):
    client.force_login(adjudicator)
    answer = client.post(url("settle", review, conflict.pk), {"reason": "12345678901234567890123"})
    assert answer.status_code == 400
    assert "Choose include or exclude" in answer.content.decode()


def test_a_pending_item_has_no_conflict_page(review, as_reviewer):
    item = ScreeningItemFactory(review=review)
    assert as_reviewer.get(url("conflict", review, item.pk)).status_code == 404
    assert post(as_reviewer, review, "decide").status_code == 200
    assert as_reviewer.post(url("settle", review, item.pk), {}).status_code == 404


def test_a_lead_reopens_with_a_reason(client, review, conflict, lead):
    client.force_login(lead)
    client.post(url("reopen", review, conflict.pk), {"reason": ""})
    conflict.refresh_from_db()
    assert conflict.outcome == "conflict"
    client.post(url("reopen", review, conflict.pk), {"reason": "Criteria changed"})
    conflict.refresh_from_db()
    assert conflict.outcome == "pending"
    page = client.get(url("record", review, conflict.record_id)).content.decode()
    assert "Criteria changed" in page
    assert "Ana Lindqvist" not in page


# ---- the list of records ----


def titles(client, review, **query):
    page = client.get(url("records", review), query)
    assert page.status_code == 200
    return {record.title for record, *_ in page.context["lines"]}


def test_records_are_filtered_by_outcome_reason_source_and_words(review, as_reviewer, conflict):
    reason = ExclusionReasonFactory(review=review)
    out = ScreeningItemFactory(
        review=review, outcome="excluded", reason=reason, settled_at=review.created_at,
        record__title="Cows with foot rot",
    )  # fmt: skip
    waiting = ScreeningItemFactory(review=review)
    unopened = RecordFactory(review=review)
    everything = {conflict.record.title, out.record.title, waiting.record.title, unopened.title}
    stage = {"stage": "title_abstract"}
    assert titles(as_reviewer, review) == everything
    assert titles(as_reviewer, review, **stage, outcome="conflict") == {conflict.record.title}
    assert titles(as_reviewer, review, **stage, outcome="pending") == {waiting.record.title}
    assert titles(as_reviewer, review, **stage, outcome="screened") == {out.record.title}
    assert titles(as_reviewer, review, **stage, outcome="none") == {unopened.title}
    assert titles(as_reviewer, review, reason=reason.pk) == {out.record.title}
    assert titles(as_reviewer, review, q="cow foot") == {out.record.title}
    source = out.record.batch.search.source
    assert titles(as_reviewer, review, source=source.pk) == {out.record.title}
    assert titles(as_reviewer, review, method="others") == set()
    assert titles(as_reviewer, review, copies="duplicates") == set()
    assert titles(as_reviewer, review, kind="database") == everything


def test_nonsense_filters_are_told_and_do_not_break(review, as_reviewer):
    page = as_reviewer.get(
        url("records", review), {"stage": "x", "source": "9" * 40, "reason": "-"}
    )
    assert page.status_code == 200
    assert "Select a valid choice" in page.content.decode()


def test_exports_carry_outcome_and_reason_and_escape_formulas(review, as_reviewer):
    reason = ExclusionReasonFactory(review=review, name="Wrong design")
    ScreeningItemFactory(
        review=review, outcome="excluded", reason=reason, settled_at=review.created_at,
        record__title='=HYPERLINK("http://evil")', record__authors=["@Jang R", "-Choi"],
        record__journal="Radiology\nER  - ",
    )  # fmt: skip
    answer = as_reviewer.get(url("export", review, "csv"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["title"].startswith("'=")
    assert row["authors"].startswith("'@")
    assert row["title and abstract"] == "excluded"
    assert row["reason at title and abstract"] == "Wrong design"
    answer = as_reviewer.get(url("export", review, "ris"))
    ris = b"".join(answer.streaming_content)
    assert ris.count(b"\nER  - \r\n") == 1
    assert b"N1  - Title and abstract: excluded (Wrong design)" in ris
    assert as_reviewer.get(url("export", review, "exe")).status_code == 404


@pytest.mark.parametrize("name", [*PAGES, "record", "conflict"])
def test_pages_cost_few_queries_however_many_records(
    name, review, as_reviewer, conflict, django_assert_max_num_queries
):
    ScreeningItemFactory.create_batch(30, review=review)
    more = {"record": [conflict.record_id], "conflict": [conflict.pk]}.get(name, [])
    as_reviewer.get(url(name, review, *more))
    with django_assert_max_num_queries(
        {"screen": 16, "overview": 7, "conflict": 20, "record": 14}.get(name, 12)
    ):
        as_reviewer.get(url(name, review, *more))


def test_counts_of_leases_are_few(review, as_reviewer, reviewer):
    ScreeningItemFactory.create_batch(3, review=review)
    for _ in range(3):
        as_reviewer.get(url("screen", review))
    assert Slot.objects.filter(reviewer=reviewer).count() == 1
    assert ScreeningItem.objects.count() == 3
