"""Activity: who changed what, as far as the viewer may know; and worlds that must look alike."""

import contextlib
import re

import pghistory
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reviews import models
from reviews.api.urls import SETS
from reviews.jobs.services import start_job
from reviews.quality.services import use_instrument
from reviews.reporting.history import STAGE_OF, event_models, find_events
from reviews.screening.conflicts import reopen_item
from tests.factories import (
    CohortFactory,
    ExclusionReasonFactory,
    ExtractionFactory,
    RecordFactory,
    ScreeningItemFactory,
    StudyFactory,
    TwoByTwoFactory,
)
from tests.reviews.hidden import Back, hidden_work, places_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(client, review, reviewer):
    client.force_login(reviewer)
    return client


def _activity(client, review, **query):
    answer = client.get(reverse("reporting:activity", args=[review.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_audited_model_of_a_review_is_part_of_the_activity():
    audited = {
        model.pgh_tracked_model.__name__
        for model in pghistory.models.Event.__subclasses__()
        if model._meta.app_label == "reviews" and model._meta.managed
    }
    named = {model.pgh_tracked_model.__name__ for model in event_models()}
    assert audited - named - {"User"} == set()
    assert named == set(STAGE_OF)


def test_a_change_is_told_with_who_what_from_to_and_why(ana, review, lead):
    reason = ExclusionReasonFactory(review=review, name="Wrong test")
    with pghistory.context(user=lead.pk, reason="clearer words", request="abcdef12"):
        models.ExclusionReason.objects.filter(pk=reason.pk).update(name="Wrong index test")
    page = _activity(ana, review)
    assert "Wrong index test” changed" in page
    assert "Lead" in page
    assert "clearer words" in page
    assert "request abcdef12" in page
    assert re.search(r"Wrong test</s>.*Wrong index test", page, re.DOTALL)


def test_a_membership_is_told_by_its_persons_name(ana, review, reviewer):
    assert f"Membership of “{reviewer}” added" in _activity(ana, review)


def test_what_stands_in_a_study_is_told_by_its_study(ana, review):
    study = StudyFactory(review=review, label="Jang 2021")
    extraction = ExtractionFactory(review=review, study=study, final=True, status="complete")
    cohort = CohortFactory(review=review, extraction=extraction, name="Hold-out set")
    table = TwoByTwoFactory(review=review, cohort=cohort)
    page = _activity(ana, review)
    assert "2x2 table of “Jang 2021, Hold-out set” added" in page
    assert "Cohort “Hold-out set” of “Jang 2021” added" in page
    models.TwoByTwo.objects.filter(pk=table.pk).update(solver={"input": {"ppv": "0.785"}})
    assert "input: ppv: 0.785" in _activity(ana, review)


def test_a_judgement_is_told_by_the_record_it_is_about(ana, review, reviewer):
    item = ScreeningItemFactory(
        review=review, record__title="Hip films", outcome="excluded", settled_at=timezone.now()
    )
    models.Note.objects.create(review=review, item=item, author=reviewer, text="No DXA")
    assert "Note of “Hip films” added" in _activity(ana, review)


def test_a_runs_end_is_told_by_what_it_found_and_its_job_where_nothing_else_changed(
    ana, review, lead
):
    plan = models.Plan.objects.create(
        review=review, name="X-ray", created_by=lead, definition={"index_tests": [1, 2]}
    )
    given = {"input_hash": "0" * 64, "options_hash": "0" * 64, "engine_version": "1"}
    run = models.Run.objects.create(
        review=review,
        plan=plan,
        plan_version=1,
        definition={},
        asked_by=lead,
        **given,
        inputs=[{"label": "Jang 2021"}, {"label": "Fan 2021"}],
    )
    models.Run.objects.filter(pk=run.pk).update(job=start_job("dedup.find", review=review, by=lead))
    page = _activity(ana, review, stage="Analyses")
    assert "2 2x2 tables: Jang 2021; Fan 2021" in page
    assert "index tests: 1, 2" in page
    assert re.search(r"<dt>job</dt><dd><s[^>]*>nothing</s>.*no. \d+", page)
    result = {"fit": {"sensitivity": {"estimate": 0.88749}, "specificity": {"estimate": 0.875}}}
    with pghistory.context(user=lead.pk, reason="synthesis.run"):
        models.Run.objects.filter(pk=run.pk).update(
            result=result, finished_at=timezone.now(), seconds=0.1
        )
    page = _activity(ana, review, stage="Analyses")
    assert "sensitivity 0.887, specificity 0.875" in page
    assert "Pooling" in page
    assert "synthesis.run" not in page
    assert "<dt>seconds</dt>" not in page


def test_of_a_record_only_what_changed_since_its_import_is_told(ana, review):
    record = RecordFactory(review=review, title="Hip films", abstract="Long text")
    group = models.DuplicateGroup.objects.create(review=review, method="by hand")
    models.Record.objects.filter(pk=record.pk).update(group=group)
    page = _activity(ana, review, stage="Searches")
    assert "Record “Hip films” changed" in page
    assert "Long text" not in page
    assert "no. " in page


def test_activity_takes_few_queries_and_turns_pages_without_losing_events(
    ana, review, reviewer, django_assert_max_num_queries
):
    for number in range(60):
        ExclusionReasonFactory(review=review, name=f"Reason {number}.")
        StudyFactory(review=review)
    with django_assert_max_num_queries(12):
        _activity(ana, review)
    seen, before = [], ""
    while True:
        events, before = find_events(review, reviewer, before=before)
        seen += [(each.key.table, each.key.number) for each in events]
        if not before:
            break
    assert len(seen) == len(set(seen))
    assert len(seen) >= 120


def test_only_tables_that_can_hold_what_is_shown_are_asked_what_may_be_known(review, reviewer):
    ExclusionReasonFactory(review=review)
    TwoByTwoFactory(review=review)  # as new, and later in the order of tables
    with CaptureQueriesContext(connection) as queries:
        events, _ = find_events(review, reviewer, size=1)
    assert [event.model for event in events] == [models.TwoByTwo]
    asked = [query["sql"] for query in queries if "reviews_exclusionreasonevent" in query["sql"]]
    assert len(asked) == 1  # where every table's newest event is looked up


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_of_any_size_list_the_same_events_in_the_same_order(review, reviewer, size):
    for _ in range(3):
        StudyFactory(review=review)
        ExclusionReasonFactory(review=review)
        TwoByTwoFactory(review=review)
        ScreeningItemFactory(review=review, outcome="included", settled_at=timezone.now())
    whole, _ = find_events(review, reviewer, size=1_000)
    keys = [event.key for event in whole]
    by_place = [(key.when, key.table, key.number) for key in keys]
    assert by_place == sorted(by_place, reverse=True)
    assert len({key.table for key in keys}) > 6
    turned, before = [], ""
    while before or not turned:
        events, before = find_events(review, reviewer, before=before, size=size)
        turned += [event.key for event in events]
    assert turned == keys


def test_filters_by_person_and_stage(ana, review, lead, reviewer):
    with pghistory.context(user=lead.pk):
        StudyFactory(review=review, label="By the lead")
    with pghistory.context(user=reviewer.pk):
        StudyFactory(review=review, label="By the reviewer")
    page = _activity(ana, review, person=lead.pk)
    assert "By the lead" in page
    assert "By the reviewer" not in page
    assert "By the lead" not in _activity(ana, review, stage="Protocol")
    assert "By the lead" in _activity(ana, review, stage="Studies", person="x" * 50)


def test_a_rubbish_cursor_gets_a_sentence(ana, review):
    url = reverse("reporting:activity", args=[review.pk])
    assert ana.get(url, {"before": "rubbish"}).status_code == 409
    assert ana.get(url, {"before": "WzEsMiwzXQ=="}).status_code == 409


def test_events_of_another_review_are_not_there(ana, review):
    StudyFactory(label="Foreign")
    assert "Foreign" not in _activity(ana, review)


def test_deleted_rows_of_a_hidden_draft_stay_hidden(ana, review, second_reviewer):
    draft = ExtractionFactory(review=review, extractor=second_reviewer, final=False, status="draft")
    cohort = CohortFactory(review=review, extraction=draft, name="Secret cohort")
    TwoByTwoFactory(review=review, cohort=cohort, notes="Secret table")
    cohort.delete()
    page = _activity(ana, review)
    assert "Secret" not in page
    ana.force_login(second_reviewer)
    page = _activity(ana, review)
    assert "Secret cohort" in page
    assert "2x2 table" in page


def test_a_settlement_is_hidden_again_once_its_record_is_reopened(ana, review, lead, reviewer):
    item = ScreeningItemFactory(review=review, outcome="included", settled_at=timezone.now())
    with pghistory.context(reason="first settled"):
        settlement = models.Settlement.objects.create(
            review=review,
            item=item,
            how="adjudication",
            verdict="include",
            note="The hidden note",
            by=lead,
            in_force_at=timezone.now(),
        )
    assert "The hidden note" in _activity(ana, review)
    models.Confirmation.objects.create(review=review, settlement=settlement, by=reviewer)
    reopen_item(item, by=lead, reason="Look again")
    page = _activity(ana, review)
    assert "Look again" in page
    assert "The hidden note" not in page
    told = {event.model.__name__ for event in find_events(review, reviewer)[0]}
    assert not told & {"Settlement", "Confirmation"}


# ---- two worlds that differ in what one person may not know ----


@pytest.fixture
def places(review):
    return places_in(review, use_instrument(review, by=review.created_by))


PAGES = (
    *("review", "reporting:flow", "reporting:waiting", "reporting:activity"),
    *("reporting:writeup", "reporting:activity_file"),
)
FILES = (
    *(("reporting:flow_file", kind) for kind in ("csv", "svg")),
    *(("reporting:strategies", kind) for kind in ("csv", "txt")),
    *(("reporting:box", box) for box in ("databases", "awaiting_screening", "screened")),
    *(("screening:export", kind) for kind in ("csv", "ris")),
)


def _seen(client, review):
    urls = [reverse(name, args=[review.pk]) for name in PAGES]
    urls += [reverse(name, args=[review.pk, more]) for name, more in FILES]
    urls += [
        reverse(name, args=[review.pk])
        for name in ("extraction:tables_csv", "extraction:studies_csv")
    ]
    urls += [reverse("quality:export", args=[review.pk, "quadas-2"])]
    api = [reverse(f"api:{name}-list", args=[review.pk]) for name in SETS]
    urls += api + [f"{url}?format=csv" for url in api]
    urls += [reverse("home"), reverse("api:reviews")]
    return {url: _plain(client.get(url)) for url in urls}


def _plain(response):
    text = b"".join(response).decode()
    text = re.sub(r"csrfmiddlewaretoken[^>]*|X-CSRFToken[^}]*", "", text)
    text = re.sub(r"Updated \d\d:\d\d", "", text)
    return response.status_code, text


@pytest.mark.parametrize("viewer", ["reviewer", "lead", "observer", "adjudicator"])
def test_no_page_api_or_export_differs_by_what_is_hidden(
    request, client, review, places, second_reviewer, viewer
):
    for model, name in (
        (models.IndexTest, "Test"),
        (models.TargetCondition, "Condition"),
        (models.ReferenceStandard, "Standard"),
    ):
        model.objects.create(review=review, name=name)
    client.force_login(request.getfixturevalue(viewer))
    worlds = [_world(client, review, second_reviewer, places, n) for n in (0, 1)]
    assert worlds[0].keys() == worlds[1].keys()
    differing = [url for url in worlds[0] if worlds[0][url] != worlds[1][url]]
    assert differing == []
    assert all(status == 200 for status, _ in worlds[0].values())
    # The author's own view does differ: the comparison can see something.
    client.force_login(second_reviewer)
    assert "One" in _activity(client, review) or "Two" in _activity(client, review)


def _world(client, review, person, places, number):
    """Do the hidden work, look, and take it back: the same clock and the same rows otherwise."""
    seen = {}
    with contextlib.suppress(Back), transaction.atomic():
        hidden_work(review, person, places, number)
        seen = _seen(client, review)
        raise Back
    return seen
