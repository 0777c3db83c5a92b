"""Plans and runs through their services and the job."""

import pytest
from django.db import Error, transaction

from reviews.core.errors import DomainError, StaleEdit
from reviews.demo import facts
from reviews.jobs.models import Job
from reviews.jobs.services import cancel_job, claim_job
from reviews.jobs.work import Cancelled, Work, do_job
from reviews.synthesis import changes, services
from reviews.synthesis.models import Run
from reviews.synthesis.tasks import pool_tables
from tests import factories

pytestmark = pytest.mark.django_db


def run_now(plan, by):
    run = services.start_run(plan, by=by)
    do_job(run.job_id)
    run.refresh_from_db()
    return run


def test_the_demo_gives_the_numbers_of_its_plan(plan, statistician):
    run = run_now(plan, statistician)
    expected = facts.X_RAY_EXPECTED
    assert run.job.status == "succeeded"
    assert len(run.inputs) == expected["k"]
    for arm in ("sensitivity", "specificity"):
        found = run.result["fit"][arm]
        numbers = [found["estimate"], *found["wald"]]
        wanted = [expected[arm]["estimate"], *expected[arm]["wald"]]
        assert numbers == pytest.approx(wanted, abs=expected["tolerance"])
    assert [row["label"] for row in run.inputs][:3] == [
        "Jang 2021",
        "Fan 2021",
        "Hsieh 2021, Hip test set",
    ]


def test_the_demos_plan_leaves_out_what_its_facts_say(plan, review):
    rows = services.rows_of(review)
    left_out = changes.choose(rows, plan.definition)[1]
    labels = {row["study_label"] for row in left_out if "preferred" in row["reason"]}
    assert {"Boonrod 2025", "BONE-Net 2025"} <= labels


def test_the_same_inputs_return_the_same_run(plan, lead, statistician):
    first = run_now(plan, statistician)
    assert services.start_run(plan, by=lead) == first
    assert Job.objects.count() == 1


def test_two_clicks_are_one_job(plan, lead):
    assert services.start_run(plan, by=lead) == services.start_run(plan, by=lead)
    assert Job.objects.count() == 1


def test_doing_the_job_twice_changes_nothing(plan, lead):
    run = run_now(plan, lead)
    do_job(run.job_id)
    again = Run.objects.get(pk=run.pk)
    assert (again.finished_at, again.result) == (run.finished_at, run.result)


def test_an_edited_plan_is_run_anew_and_the_old_run_says_so(plan, lead, xray):
    first = run_now(plan, lead)
    changed = xray | {"units": "patient"}
    services.edit_plan(plan, by=lead, version=1, name=plan.name, definition=changed)
    plan.refresh_from_db()
    state = changes.what_changed(Run.objects.get(pk=first.pk))
    assert state.stale
    assert state.plan_changed
    second = run_now(plan, lead)
    assert second.pk != first.pk
    assert {row["unit"] for row in second.inputs} == {"patient"}


@pytest.mark.django_db(transaction=True)
def test_a_changed_table_makes_the_run_stale_and_is_listed(plan, lead, review, tables):
    run = run_now(plan, lead)
    assert not changes.what_changed(run).stale
    assert changes.stale_plans(review) == []
    table = next(table for table in tables if table.cohort.extraction.study.label == "Fan 2021")
    before = ", ".join(str(count) for count in table.counts)
    table.tn += 2
    table.save()
    state = changes.what_changed(run)
    after = ", ".join(str(count) for count in table.counts)
    assert [change.sentence for change in state.changes] == [
        f"Fan 2021: counts {before} became {after}."
    ]
    assert state.when >= run.created_at
    assert changes.stale_plans(review) == [plan]
    assert state.newer is None
    newer = run_now(plan, lead)
    assert changes.what_changed(run).newer == newer
    assert newer.result["fit"] != run.result["fit"]


def test_added_and_removed_tables_are_listed(plan, lead, tables):
    run = run_now(plan, lead)
    gone = next(table for table in tables if table.preferred)
    name = "Anteroposterior test images"
    other = next(table for table in tables if table.cohort.name == name)
    type(gone).objects.filter(pk=gone.pk).update(preferred=False)
    type(other).objects.filter(pk=other.pk).update(preferred=True)
    kinds = {change.kind: change for change in changes.what_changed(run).changes}
    assert set(kinds) == {"added", "removed"}
    assert "Not marked as the preferred table." in kinds["removed"].sentence


def test_a_corrected_note_does_not_make_a_run_stale(plan, lead, tables):
    run = run_now(plan, lead)
    table = next(table for table in tables if table.preferred)
    type(table).objects.filter(pk=table.pk).update(notes="Typing error mended", version=7)
    assert not changes.what_changed(run).stale


def test_a_finished_run_never_changes(plan, lead):
    run = run_now(plan, lead)
    with pytest.raises(Error, match="a_finished_run_never_changes"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(seconds=1.0)
    services.finish_run(run, result={}, seconds=0.0)
    assert Run.objects.get(pk=run.pk).result["k"] == 8


def test_drafts_are_never_pooled(review, lead, lists, xray):
    draft = factories.ExtractionFactory(review=review, final=False, extractor=lead)
    factories.TwoByTwoFactory(
        review=review,
        cohort__review=review,
        cohort__extraction=draft,
        index_test=lists["index_test"]["ml_xray"],
    )
    plan = services.create_plan(review, by=lead, name="Any", definition={})
    with pytest.raises(DomainError, match="No 2x2 table fits"):
        services.start_run(plan, by=lead)
    assert not Run.objects.exists()


def test_one_study_is_a_result_with_its_reason(review, lead):
    factories.TwoByTwoFactory(review=review)
    plan = services.create_plan(review, by=lead, name="One", definition={})
    run = run_now(plan, lead)
    assert run.job.status == "succeeded"
    assert run.result["fit"]["sensitivity"]["estimate"] is None
    assert "only one study" in run.result["warnings"][0]


def test_a_cancelled_job_leaves_the_run_without_result_and_a_new_click_starts_anew(plan, lead):
    run = services.start_run(plan, by=lead)
    cancel_job(run.job, by=lead)
    do_job(run.job_id)
    run.refresh_from_db()
    assert run.finished_at is None
    assert run.job.status == "cancelled"
    again = run_now(plan, lead)
    assert again.pk != run.pk
    assert again.finished_at


def test_a_job_cancelled_while_it_runs_writes_nothing(plan, lead):
    run = services.start_run(plan, by=lead)
    work = Work(claim_job(run.job_id))
    cancel_job(run.job, by=lead)
    with pytest.raises(Cancelled):
        pool_tables(work)
    run.refresh_from_db()
    assert run.result is None


def test_a_failed_job_leaves_the_run_unfinished_with_its_cause(plan, lead):
    run = services.start_run(plan, by=lead)
    Run.objects.filter(pk=run.pk).update(engine_version="0.0.0")
    do_job(run.job_id)
    run.refresh_from_db()
    assert run.job.status == "failed"
    assert "version 0.0.0" in run.job.cause
    assert run.finished_at is None
    assert run_now(plan, lead).finished_at


def test_another_reviews_tests_cannot_stand_in_a_plan(review, lead):
    foreign = factories.IndexTestFactory()
    definition = {"index_tests": [foreign.pk]}
    with pytest.raises(DomainError, match="does not have"):
        services.create_plan(review, by=lead, name="X", definition=definition)


def test_another_reviews_tables_are_not_pooled(plan, review, tables):
    foreign = factories.TwoByTwoFactory()
    rows = services.rows_of(review)
    assert {row["table"] for row in rows} == {table.pk for table in tables}
    assert foreign.pk not in {row["table"] for row in rows}


def test_a_stale_save_of_a_plan_is_refused(plan, lead, xray):
    services.edit_plan(plan, by=lead, version=1, name="Newer name", definition=xray)
    with pytest.raises(StaleEdit):
        services.edit_plan(plan, by=lead, version=1, name="Older name", definition=xray)


def test_a_retired_plan_is_neither_run_nor_changed_until_taken_up_again(plan, lead, xray):
    services.retire_plan(plan, by=lead)
    with pytest.raises(DomainError, match="retired"):
        services.start_run(plan, by=lead)
    with pytest.raises(DomainError, match="retired"):
        services.edit_plan(plan, by=lead, version=2, name="X", definition=xray)
    services.restore_plan(plan, by=lead)
    assert services.start_run(plan, by=lead).pk


def test_a_stale_analysis_waits_for_those_who_can_run_it(plan, review, lead, observer, tables):
    run_now(plan, lead)
    membership = review.memberships.get(user=lead)
    assert changes.waiting_counts(review, membership) == {"stale_analyses": 0}
    table = next(table for table in tables if table.preferred)
    type(table).objects.filter(pk=table.pk).update(tp=table.tp + 1)
    assert changes.waiting_counts(review, membership) == {"stale_analyses": 1}
    watching = review.memberships.get(user=observer)
    assert changes.waiting_counts(review, watching) == {"stale_analyses": 0}
