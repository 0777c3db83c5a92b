"""Pages of plans and runs."""

import json

import pytest

from reviews.jobs.models import Job
from reviews.jobs.services import claim_job, fail_job
from reviews.jobs.work import do_job
from reviews.synthesis import services
from reviews.synthesis.models import Plan, Run
from tests import factories
from tests.reviews.synthesis.pages import rows_of, run_url, text_of

pytestmark = pytest.mark.django_db


def url(review, path=""):
    return f"/reviews/{review.pk}/analyses/{path}"


def form_data(definition, **changes):
    roles = [*definition["roles"], "", "", "", "", ""]
    places = dict(zip(("first", "second", "third", "fourth", "fifth"), roles, strict=False))
    lists = {
        name: definition.get(name, [])
        for name in ("index_tests", "target_conditions", "reference_standards", "excluded_studies")
    }
    plain = {
        "name": "X-ray",
        "modality": definition.get("modality", ""),
        "tables": definition.get("tables", "one_per_cohort"),
        "units": definition.get("units", "any"),
        "version": 1,
    }
    return plain | places | lists | changes


# ---- who may ----


PAGES = ["", "new/", "{plan}/", "{plan}/edit/", "{plan}/runs/{run}/", "{plan}/runs/{run}/run.json"]


@pytest.mark.parametrize("page", PAGES)
def test_an_outsider_finds_nothing(client, outsider, run, page):
    client.force_login(outsider)
    assert client.get(url(run.review, page.format(plan=run.plan_id, run=run.pk))).status_code == 404


@pytest.mark.parametrize("page", ["preview/", "{plan}/retire/", "{plan}/restore/", "{plan}/run/"])
def test_an_outsider_changes_nothing(client, outsider, run, page):
    client.force_login(outsider)
    address = url(run.review, page.format(plan=run.plan_id))
    assert client.post(address).status_code == 404


def test_an_observer_reads_but_neither_plans_nor_runs(client, observer, run):
    client.force_login(observer)
    review = run.review
    for page in ("", f"{run.plan_id}/"):
        assert client.get(url(review, page)).status_code == 200
    shown = client.get(run_url(run))
    assert shown.status_code == 200
    assert "Run again" not in shown.content.decode()
    assert client.get(run_url(run, "run.json")).status_code == 200
    for page in ("new/", f"{run.plan_id}/edit/"):
        assert client.get(url(review, page)).status_code == 403
    for page in ("preview/", f"{run.plan_id}/run/", f"{run.plan_id}/retire/"):
        assert client.post(url(review, page)).status_code == 403


def test_a_run_of_another_review_or_plan_is_missing(as_lead, run, lead):
    elsewhere = factories.ReviewFactory(created_by=lead)
    other = services.create_plan(run.review, by=lead, name="Other", definition={})
    path = f"{run.plan_id}/runs/{run.pk}/"
    assert as_lead.get(url(elsewhere, path)).status_code == 404
    assert as_lead.get(url(run.review, f"{other.pk}/runs/{run.pk}/")).status_code == 404
    assert as_lead.post(url(elsewhere, f"{run.plan_id}/run/")).status_code == 404
    assert as_lead.get(url(elsewhere, f"new/?copy={run.plan_id}")).status_code == 404


# ---- plans ----


def test_without_plans_the_page_says_what_to_do(as_lead, review):
    words = text_of(as_lead.get(url(review)))
    assert "Write your first analysis plan" in words
    assert "only agreed tables are pooled" in words


def test_the_list_says_what_each_plan_pools_and_whether_it_is_up_to_date(
    as_lead, run, tables, django_assert_max_num_queries
):
    for number in range(8):
        services.create_plan(run.review, by=run.asked_by, name=f"P{number}", definition={})
    with django_assert_max_num_queries(12):
        words = text_of(as_lead.get(url(run.review)))
    assert "the preferred table of each cohort" in words
    assert "up to date" in words
    table = next(table for table in tables if table.preferred)
    type(table).objects.filter(pk=table.pk).update(tp=1)
    assert "out of date" in text_of(as_lead.get(url(run.review)))


def test_a_plan_is_written_and_shows_its_tables(as_lead, review, tables, xray):
    answer = as_lead.post(url(review, "new/"), form_data(xray), follow=True)
    plan = Plan.objects.get()
    assert plan.definition["tables"] == "preferred"
    words = text_of(answer)
    assert "8 tables, 7 studies" in words
    assert "Not marked as the preferred table." in words


def test_the_preview_shows_the_sentence_and_every_reason(as_lead, review, tables, xray):
    answer = as_lead.post(url(review, "preview/"), form_data(xray, name=""), headers=HTMX)
    words = text_of(answer)
    assert words.strip().startswith("Pool")
    assert "8 tables, 7 studies" in words
    assert "<html" not in answer.content.decode()
    assert not Plan.objects.exists()


HTMX = {"HX-Request": "true"}


def test_without_script_a_button_shows_the_tables(as_lead, review, tables, xray):
    answer = as_lead.post(url(review, "new/"), form_data(xray, preview="1"))
    assert "8 tables, 7 studies" in text_of(answer)
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"first": ""},
        {"first": "retrospective"},
        {"name": ""},
        {"name": "x" * 121},
        {"index_tests": ["999999999"]},
        {"index_tests": ["one"]},
        {"tables": "best"},
        {"version": "x"},
    ],
)
def test_bad_input_is_said_and_nothing_is_made(as_lead, review, xray, bad):
    answer = as_lead.post(url(review, "new/"), form_data(xray, **bad))
    assert answer.status_code == 200
    assert 'class="errors"' in answer.content.decode()
    assert not Plan.objects.exists()


def test_another_reviews_test_is_no_choice(as_lead, review, xray):
    foreign = factories.IndexTestFactory()
    as_lead.post(url(review, "new/"), form_data(xray, index_tests=[foreign.pk]))
    assert not Plan.objects.exists()


def test_two_plans_of_one_name_are_refused(as_lead, plan, xray):
    answer = as_lead.post(url(plan.review, "new/"), form_data(xray, name=plan.name.upper()))
    assert "already has a plan of this name" in text_of(answer)
    assert Plan.objects.count() == 1


def test_a_nul_byte_is_refused_with_a_sentence(as_lead, review, xray):
    answer = as_lead.post(url(review, "new/"), form_data(xray, name="a\x00b"))
    assert answer.status_code == 400
    assert not Plan.objects.exists()


def test_a_stale_edit_shows_both_texts(as_lead, plan, xray, lead):
    services.edit_plan(plan, by=lead, version=1, name="Theirs", definition=xray)
    data = form_data(xray, name="Mine", version=1)
    answer = as_lead.post(url(plan.review, f"{plan.pk}/edit/"), data)
    assert answer.status_code == 409
    words = text_of(answer)
    assert "Theirs" in words
    assert "Mine" in answer.content.decode()
    assert Plan.objects.get().name == "Theirs"


def test_a_plan_is_edited_retired_and_taken_up_again(as_lead, plan, xray):
    review = plan.review
    data = form_data(xray | {"units": "patient"}, name="People")
    answer = as_lead.post(url(review, f"{plan.pk}/edit/"), data, follow=True)
    assert "people only" in text_of(answer)
    as_lead.post(url(review, f"{plan.pk}/retire/"))
    assert "Retired plans (1)" in text_of(as_lead.get(url(review)))
    as_lead.post(url(review, f"{plan.pk}/retire/"))
    as_lead.post(url(review, f"{plan.pk}/restore/"))
    assert Plan.objects.get().retired_at is None


def test_a_copy_for_people_only_starts_from_the_plan(as_lead, plan):
    answer = as_lead.get(url(plan.review, f"new/?copy={plan.pk}&units=patient"))
    assert "people only" in text_of(answer)
    assert "X-ray, main analysis, people only" in answer.content.decode()


@pytest.mark.parametrize("copy", ["x", "-1", "9" * 30, "²"])
def test_a_copy_of_nonsense_is_an_empty_plan(as_lead, review, copy):
    assert as_lead.get(url(review, "new/"), {"copy": copy}).status_code == 200


# ---- runs ----


def test_a_click_runs_the_plan_and_the_page_waits_for_the_job(as_lead, plan):
    answer = as_lead.post(url(plan.review, f"{plan.pk}/run/"), follow=True)
    assert answer.redirect_chain[-1][0] == run_url(Run.objects.get())
    page = answer.content.decode()
    assert "Waiting for a worker" in text_of(answer)
    assert "job-finished" in page
    assert "Run again" not in page
    do_job(Job.objects.get().pk)
    part = as_lead.get(run_url(Run.objects.get()), headers=HTMX)
    assert "<html" not in part.content.decode()
    assert "Summary ROC" in text_of(part)


def test_the_run_page_shows_every_number(as_lead, run, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        answer = as_lead.get(run_url(run))
    words = text_of(answer)
    for number in (
        "8 tables, 7 studies, 27,509 units",
        "0.887 95% CI 0.800 to 0.938, profile",
        "0.875 95% CI 0.781 to 0.933, profile",
        "0.814 to 0.934",
        "0.793 to 0.927",
        "0.506 to 0.984",
        "7.09 4.23 to 11.9",
        "0.129 0.077 to 0.215",
        "55.1 26.1 to 116",
        "0.943, 95% CI",
        "SD (logit) 0.779 sens, 0.827 spec; correlation \u22120.23",
        "21 \u00d7 21 nodes",
        "Fewer than 10 tables",
        "Pooled, 8 tables",
        run.input_hash[:4],
    ):
        assert number in words, number


def test_the_list_of_runs_says_what_each_found(as_lead, run):
    page = as_lead.get(url(run.review, f"{run.plan_id}/")).content.decode()
    assert "Sensitivity 0.887, specificity 0.875." in page


def test_the_run_page_warns_of_what_its_tables_are(as_lead, run):
    words = text_of(as_lead.get(run_url(run)))
    assert "Units are mixed. Three tables count hips or images, five count people" in words
    assert "497 hips came from 300 people (X1AI 2024)" in words
    assert "Two tables come from one study and may share people (Hsieh 2021)" in words
    assert "Target conditions differ." in words
    assert "Abnormal bone mineral density (1)" in words


def test_each_forest_row_leads_to_its_table_and_each_circle_to_its_row(as_lead, run):
    page = as_lead.get(run_url(run)).content.decode()
    for number, row in enumerate(run.inputs, start=1):
        assert f'id="row-{number}"' in page
        assert f'href="#row-{number}"' in page
        assert f"#table-{row['table']}" in page


def test_a_stale_run_says_what_changed_and_how_far_it_moved(
    as_lead, run, tables, lead, django_assert_max_num_queries
):
    table = next(table for table in tables if table.cohort.extraction.study.label == "Fan 2021")
    type(table).objects.filter(pk=table.pk).update(tp=10, fn=11)
    with django_assert_max_num_queries(18):
        words = text_of(as_lead.get(run_url(run)))
    assert "Out of date" in words
    assert "Fan 2021: counts 15, 3, 6, 46 became 10, 3, 11, 46." in words
    assert "With today" not in words
    newer = services.start_run(run.plan, by=lead)
    do_job(newer.job_id)
    words = text_of(as_lead.get(run_url(run)))
    assert "tables: sensitivity 0.887 \u2192" in words
    assert "What you see below is run 1, unchanged." in words
    assert "Run 2 of 2" in text_of(as_lead.get(run_url(newer)))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([(20, 5, 4, 71)], "There is only one study"),
        ([(20, 5, 0, 71), (9, 1, 0, 30), (12, 2, 0, 40)], "one-sided 95% exact bound"),
        ([(20, 0, 3, 0), (9, 0, 1, 0), (12, 0, 2, 0)], "specificity cannot be pooled"),
    ],
)
def test_what_cannot_be_pooled_is_said_plainly(as_lead, review, lead, counts, said):
    for tp, fp, fn, tn in counts:
        factories.TwoByTwoFactory(review=review, tp=tp, fp=fp, fn=fn, tn=tn)
    plan = services.create_plan(review, by=lead, name="Thin", definition={})
    run = services.start_run(plan, by=lead)
    do_job(run.job_id)
    answer = as_lead.get(run_url(run))
    words = text_of(answer)
    assert "These tables cannot be pooled." in words
    assert said in words
    assert "Pooled," not in words
    assert as_lead.get(run_url(run, "summary.csv")).status_code == 200


@pytest.mark.parametrize("count", [2, 10, 33, 100])
def test_pages_of_any_size_are_drawn(as_lead, review, lead, count, django_assert_max_num_queries):
    for number in range(count):
        counts = {"tp": 20 + number, "fp": 3 + number % 7, "fn": 1 + number % 9, "tn": 60 + number}
        factories.TwoByTwoFactory(review=review, **counts)
    plan = services.create_plan(review, by=lead, name="All", definition={})
    run = services.start_run(plan, by=lead)
    do_job(run.job_id)
    with django_assert_max_num_queries(12):
        answer = as_lead.get(run_url(run))
    words = text_of(answer)
    assert f"Pooled, {count} tables" in words
    assert ("Fewer than 10 tables" in words) == (count < 10)


def test_an_interval_without_an_end_is_left_to_the_remarks(as_lead, review, lead):
    for tp, fp, fn, tn in [(48, 16, 0, 97), (320, 161, 76, 687)]:
        factories.TwoByTwoFactory(review=review, tp=tp, fp=fp, fn=fn, tn=tn)
    plan = services.create_plan(review, by=lead, name="Two", definition={})
    run = services.start_run(plan, by=lead)
    do_job(run.job_id)
    assert as_lead.get(run_url(run)).status_code == 200
    assert any(None in each["interval"] for each in run_of(run).result["profile"].values())


def run_of(run):
    return Run.objects.get(pk=run.pk)


def test_a_failed_job_shows_its_cause_and_the_way_on(as_lead, plan, lead):
    run = services.start_run(plan, by=lead)
    fail_job(claim_job(run.job_id), cause="The worker ran out of memory.")
    answer = as_lead.get(run_url(run))
    assert "The worker ran out of memory." in text_of(answer)
    assert "Run again" in text_of(answer)
    listed = text_of(as_lead.get(url(plan.review, f"{plan.pk}/")))
    assert "The worker ran out of memory." in listed


def test_a_run_whose_job_is_gone_says_so(as_lead, plan, lead):
    run = services.start_run(plan, by=lead)
    Job.objects.all().delete()
    assert "Its job is gone" in text_of(as_lead.get(run_url(run)))
    assert as_lead.get(run_url(run, "forest.csv")).status_code == 409


def test_a_plan_nothing_fits_is_not_run(as_lead, review, lead):
    plan = services.create_plan(review, by=lead, name="None", definition={})
    answer = as_lead.post(url(review, f"{plan.pk}/run/"))
    assert answer.status_code == 409
    assert "nothing to pool" in text_of(answer)


# ---- files ----


def test_the_forest_plot_as_csv(as_lead, run):
    answer = as_lead.get(run_url(run, "forest.csv"))
    assert "attachment" in answer["Content-Disposition"]
    rows = rows_of(answer)
    assert len(rows) == 8
    assert [rows[0][name] for name in ("study", "tp", "fp", "fn", "tn")] == [
        *("Jang 2021", "51", "14", "5", "31")
    ]
    assert float(rows[0]["sensitivity_exact_low"]) == pytest.approx(0.8038, abs=1e-4)


def test_the_summary_as_csv_has_every_interval(as_lead, run):
    rows = rows_of(as_lead.get(run_url(run, "summary.csv")))
    kinds = {row["interval"] for row in rows if row["measure"] == "sensitivity"}
    assert kinds == {"95% CI, Wald", "95% CI, profile likelihood", "a new study, 95%"}
    assert {"lr_positive", "dor", "auc", "lambda"} <= {row["measure"] for row in rows}


@pytest.mark.parametrize("before", ["", " ", "\ufeff"])
def test_a_formula_in_a_name_stays_text(as_lead, review, lead, before):
    label = f"{before}=cmd|' /C calc'!A0"
    factories.TwoByTwoFactory(review=review, cohort__extraction__study__label=label)
    factories.TwoByTwoFactory(review=review)
    plan = services.create_plan(review, by=lead, name="=2+2", definition={})
    run = services.start_run(plan, by=lead)
    do_job(run.job_id)
    rows = rows_of(as_lead.get(run_url(run, "forest.csv")))
    assert any(row["study"].startswith(f"'{before}=cmd") for row in rows)


def test_everything_as_json(as_lead, run):
    whole = json.loads(as_lead.get(run_url(run, "run.json")).content)
    assert whole["input_hash"] == run.input_hash
    assert whole["result"]["k"] == len(whole["inputs"]) == 8


@pytest.mark.parametrize("name", ["forest", "sroc"])
@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89P")]
)
def test_figures_as_files(as_lead, run, name, kind, start):
    answer = as_lead.get(run_url(run, f"{name}.{kind}"))
    assert answer.status_code == 200
    assert answer.content.startswith(start)


def test_a_run_as_code_for_other_programs(as_lead, run):
    page = as_lead.get(run_url(run)).content.decode()
    for name in ("analysis.R", "analysis.do", "revman.csv"):
        assert f'href="{run_url(run, name)}"' in page
    script = as_lead.get(run_url(run, "analysis.R")).content.decode("ascii")
    assert f"TP = c({', '.join(str(row['tp']) for row in run.inputs)})" in script
    assert f"# SHA-256 of the counts: {run.result['input_sha256']}" in script
    assert "metandi tp fp fn tn" in as_lead.get(run_url(run, "analysis.do")).content.decode()
    parameters = {
        row["parameter"]: row["value"] for row in rows_of(as_lead.get(run_url(run, "revman.csv")))
    }
    assert len(parameters) == 15
    assert float(parameters["E(logitSe)"]) == run.result["fit"]["mean_logit"][0]


@pytest.mark.parametrize("name", ["analysis.R", "analysis.do", "revman.csv"])
def test_code_is_for_those_who_may_read_the_run(client, outsider, observer, run, name):
    client.force_login(outsider)
    assert client.get(run_url(run, name)).status_code == 404
    client.force_login(observer)
    assert client.get(run_url(run, name)).status_code == 200


def test_code_of_tables_that_cannot_be_pooled(as_lead, review, lead):
    factories.TwoByTwoFactory(review=review, cohort__extraction__study__label='"); quit("')
    plan = services.create_plan(review, by=lead, name="Thin", definition={})
    run = services.start_run(plan, by=lead)
    do_job(run.job_id)
    script = as_lead.get(run_url(run, "analysis.R")).content.decode("ascii")
    assert "# There is only one study" in script
    assert r"\"); quit(\"" in script


def test_an_unknown_file_is_missing(as_lead, run):
    assert as_lead.get(run_url(run, "run.exe")).status_code == 404


def test_the_door_of_a_forest_row_opens_at_its_table(as_lead, run):
    row = run.inputs[0]
    page = as_lead.get(f"/reviews/{run.review_id}/studies/{row['study']}/")
    assert page.status_code == 200
    assert f'id="table-{row["table"]}"' in page.content.decode()
