"""The tables of a run as files and through the API, and its figures as pages."""

import json
import re
from base64 import b64decode

import pytest
from django.urls import reverse

from reviews.synthesis import figures, services
from reviews.synthesis.tables import TABLES
from tests import factories
from tests.reviews.synthesis.pages import finished, pooled, rows_of, run_url, text_of
from tests.reviews.synthesis.test_report import older

pytestmark = pytest.mark.django_db
ALWAYS = [name for name in TABLES if name != "subgroups"]
DRAWN = [name for name in figures.NAMES if name != "sroc-quality"]


def api_url(run, table):
    return reverse("api:runs-table", args=[run.review_id, run.pk, table])


# ---- as CSV ----


@pytest.mark.parametrize("name", ALWAYS)
def test_every_table_is_offered_and_has_rows(as_lead, run, name):
    assert f'href="{run_url(run, name + ".csv")}"' in as_lead.get(run_url(run)).content.decode()
    answer = as_lead.get(run_url(run, f"{name}.csv"))
    assert answer["Content-Type"].startswith("text/csv")
    rows = rows_of(answer)
    assert rows
    assert all(None not in row.values() and None not in row for row in rows)


def test_study_by_study_tables_carry_the_numbers_of_the_result(as_lead, run):
    rows = rows_of(as_lead.get(run_url(run, "leave-one-out.csv")))
    whole = run.result["fit"]["sensitivity"]["estimate"]
    for row, without in zip(rows, run.result["leave_one_out"], strict=True):
        assert row["table"] == without["label"]
        assert float(row["sensitivity"]) == without["sensitivity"]["estimate"]
        assert float(row["sensitivity_change"]) == pytest.approx(float(row["sensitivity"]) - whole)
    rows = rows_of(as_lead.get(run_url(run, "influence.csv")))
    assert [float(row["cook"]) for row in rows] == [s["cook"] for s in run.result["influence"]]
    assert {row["outlying"] for row in rows} <= {"yes", "no"}


def test_heterogeneity_as_csv_has_intervals_and_definitions(as_lead, run):
    rows = {row["measure"]: row for row in rows_of(as_lead.get(run_url(run, "heterogeneity.csv")))}
    kept = run.result["between_studies"]["variance_sensitivity"]
    row = rows["between_variance_sensitivity"]
    assert [float(row[end]) for end in ("low", "high")] == kept["wald"]
    assert "logit sensitivities" in row["definition"]
    assert "Zhou and Dendukuri" in rows["i2_bivariate"]["definition"]


def test_predictive_values_follow_from_the_summary_point(as_lead, run):
    rows = rows_of(as_lead.get(run_url(run, "predictive.csv")))
    sens, spec = (run.result["fit"][arm]["estimate"] for arm in ("sensitivity", "specificity"))
    for row in rows:
        share = float(row["prevalence"])
        ppv = share * sens / (share * sens + (1 - share) * (1 - spec))
        assert float(row["ppv"]) == pytest.approx(ppv)
        cells = sum(float(row[f"{cell}_per_1000"]) for cell in ("tp", "fp", "fn", "tn"))
        assert cells == pytest.approx(1000)


def test_tables_of_what_cannot_be_pooled_give_the_reason(as_lead, review, lead):
    run = pooled(review, lead, [(20, 5, 4, 71)])
    for name in ("leave-one-out", "influence", "predictive", "summary", "heterogeneity", "tests"):
        rows = rows_of(as_lead.get(run_url(run, f"{name}.csv")))
        assert any("only one study" in (row["reason"] or "") for row in rows), name


# ---- through the API ----


@pytest.mark.parametrize("name", ALWAYS)
def test_the_api_has_the_same_rows(as_lead, run, name):
    answer = as_lead.get(api_url(run, name))
    assert answer.status_code == 200
    rows = answer.json()
    head, *lines = TABLES[name].of(run)
    assert [list(row) for row in rows] == [head] * len(lines)
    assert [list(row.values()) for row in rows] == json.loads(json.dumps(lines))
    text = as_lead.get(api_url(run, name), {"format": "csv"})
    assert len(rows_of(text)) == len(rows)


def test_the_api_says_why_a_table_is_not_there(as_lead, plan, lead):
    waiting = services.start_run(plan, by=lead)
    answer = as_lead.get(api_url(waiting, "summary"))
    assert (answer.status_code, answer.json()["detail"]) == (409, "This run has no result yet.")
    run = finished(plan, lead)
    before = older(run, "influence")
    answer = as_lead.get(api_url(before, "influence"))
    assert answer.status_code == 409
    assert "Run again" in answer.json()["detail"]
    assert as_lead.get(api_url(run, "everything")).status_code == 404


@pytest.mark.parametrize(
    "address_of",
    [
        lambda run: api_url(run, "influence"),
        lambda run: run_url(run, "figures/sroc/"),
        lambda run: run_url(run, "influence.csv"),
    ],
)
def test_tables_and_figures_are_for_members(client, run, outsider, observer, address_of):
    client.force_login(outsider)
    assert client.get(address_of(run)).status_code == 404
    client.force_login(observer)
    assert client.get(address_of(run)).status_code == 200


def test_the_api_finds_a_run_in_its_own_review_alone(client, run, observer):
    client.force_login(observer)
    other = factories.MembershipFactory(user=observer, roles=["observer"]).review
    foreign = reverse("api:runs-table", args=[other.pk, run.pk, "influence"])
    assert client.get(foreign).status_code == 404


def test_the_description_names_every_key_of_a_result(as_lead, run):
    answer = as_lead.get(reverse("api:schema"), headers={"accept": "application/json"})
    described = answer.json()
    assert "/api/v1/reviews/{review_id}/runs/{id}/tables/{table}/" in described["paths"]
    result = described["components"]["schemas"]["Run"]["properties"]["result"]
    unnamed = {"correlation_standard_error", "regions", "study_by_study_warnings"}
    assert set(run.result) - set(result["properties"]) == unnamed
    assert set(result["properties"]) - set(run.result) == {"subgroups"}
    for part in ("deeks", "auc", "hsroc", "between_studies", "lrt"):
        assert set(result["properties"][part]["properties"]) <= set(run.result[part])


# ---- figures to be looked at ----


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_has_a_page_with_its_words(as_lead, run, name, django_assert_max_num_queries):
    address = run_url(run, f"figures/{name}/")
    assert f'href="{address}"' in as_lead.get(run_url(run)).content.decode()
    with django_assert_max_num_queries(12):
        page = as_lead.get(address).content.decode()
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page).group(1)
    assert b64decode(source).startswith(b"<?xml")
    caption = re.search(r"<figcaption.*?<p[^>]*>(.*?)</p>", page, re.DOTALL).group(1)
    assert len(caption) > 40
    assert 'aria-current="page">' + figures.NAMES[name] in page
    for kind in ("svg", "pdf", "png", "tiff"):
        assert run_url(run, f"{name}.{kind}") in page


def test_a_nomogram_is_drawn_for_a_prevalence_and_keeps_it(as_lead, run):
    answer = as_lead.get(run_url(run, "figures/fagan/"), {"prevalence": "12,5"})
    assert "Pre-test probability 12.5%" in text_of(answer)
    page = answer.content.decode()
    assert f"{run_url(run, 'fagan.pdf')}?prevalence=12%2C5" in page
    assert f"{run_url(run, 'figures/tree/')}?prevalence=12%2C5" in page
    bad = as_lead.get(run_url(run, "figures/fagan/"), {"prevalence": "120"})
    assert bad.status_code == 200
    assert "percentage between 0 and 100" in text_of(bad)
    assert 'value="120"' in bad.content.decode()


def test_a_figure_that_cannot_be_drawn_says_why(as_lead, review, lead):
    run = pooled(review, lead, [(20, 5, 4, 71)])
    answer = as_lead.get(run_url(run, "figures/fagan/"))
    assert answer.status_code == 409
    assert "There is nothing to draw" in text_of(answer)
    assert as_lead.get(run_url(run, "figures/pie/")).status_code == 404


def test_a_run_without_a_result_has_no_figure_page(as_lead, plan, lead):
    waiting = services.start_run(plan, by=lead)
    assert as_lead.get(run_url(waiting, "figures/sroc/")).status_code == 409
