"""The demo as a site holds it after loading: through services, whole, and once."""

import json

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from reviews.demo import facts
from reviews.demo.load import load_demo
from reviews.jobs.models import Job
from reviews.protocol.models import Review
from reviews.screening.models import Decision, ScreeningItem
from reviews.searches.models import Record
from reviews.synthesis.models import Run

pytestmark = pytest.mark.django_db
PASSWORD = "quadrant-demo-of-a-test"


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo loaded once for this module, and rolled back after it."""
    from django.conf import settings
    from django.db import transaction

    usual = settings.MEDIA_ROOT
    with django_db_blocker.unblock(), transaction.atomic():
        settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")
        yield load_demo(PASSWORD)
        transaction.set_rollback(True)
        settings.MEDIA_ROOT = usual


def test_the_x_ray_run_gives_the_published_kind_of_answer(demo):
    result = Run.objects.get(review=demo).result
    assert result["k"] == facts.X_RAY_EXPECTED["k"] == 8
    for measure in ("sensitivity", "specificity"):
        found, expected = result["fit"][measure], facts.X_RAY_EXPECTED[measure]
        tolerance = facts.X_RAY_EXPECTED["tolerance"]  # half a unit of the last printed digit
        assert found["estimate"] == pytest.approx(expected["estimate"], abs=tolerance)
        assert found["wald"] == pytest.approx(expected["wald"], abs=tolerance)
    json.dumps(result, allow_nan=False)


def test_every_record_of_the_four_files_is_there_and_copies_are_grouped(demo):
    records = Record.objects.in_review(demo)
    assert records.count() == 360 + len(facts.HAND_RECORDS)
    assert records.filter(kept=False).count() == 60


def test_there_is_something_left_to_screen_and_to_settle(demo):
    items = ScreeningItem.objects.in_review(demo)
    assert items.filter(outcome="pending").count() > 20
    assert items.filter(outcome="conflict").count() > 3
    assert Decision.objects.in_review(demo).count() == len(facts.DECISIONS)


def test_each_change_is_recorded_as_its_persons(demo):
    events = apps.get_model("reviews", "DecisionEvent").objects.filter(review=demo)
    wrong = [
        event.pk
        for event in events.select_related("pgh_context")
        if event.pgh_context is None or event.pgh_context.metadata["user"] != event.reviewer_id
    ]
    assert events.count() == len(facts.DECISIONS)
    assert wrong == []


def test_all_its_jobs_are_done(demo):
    assert set(Job.objects.in_review(demo).values_list("status", flat=True)) == {"succeeded"}


def test_the_review_says_that_it_is_partial_and_decisions_can_be_undone_from_now_on(demo):
    assert "partial and derived from abstracts" in demo.notice
    assert Review.objects.get(pk=demo.pk).undo_seconds == 60


def test_loading_again_leaves_everything_as_people_made_it(demo):
    Review.objects.filter(pk=demo.pk).update(title="Ours now")
    assert load_demo(PASSWORD).title == "Ours now"
    assert Review.objects.filter(is_demo=True).count() == 1


def test_outside_local_mode_a_password_is_demanded(settings):
    settings.LOCAL = False
    with pytest.raises(CommandError, match="12 characters"):
        call_command("load_demo", password="short")
