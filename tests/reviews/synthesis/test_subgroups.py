"""Plans that compare subgroups: the definition, the run, its page, table and figures."""

import pytest

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.synthesis import plans, services
from reviews.synthesis.inputs import COUNTS
from tests import factories
from tests.reviews.synthesis.pages import finished, rows_of, run_url, text_of

pytestmark = pytest.mark.django_db
COUNTS_OF = [(51, 14, 5, 31), (242, 11, 7, 237), (18, 16, 5, 61), (15, 3, 6, 46), (94, 61, 24, 205)]


@pytest.fixture
def compared(review, lead, plan, xray):
    """The demo's X-ray plan, compared by the unit of analysis."""
    definition = {**xray, "compare_by": "unit"}
    made = services.create_plan(review, by=lead, name="By unit", definition=definition)
    return finished(made, lead)


def test_a_plan_names_what_it_compares_by(review, lead):
    plan = services.create_plan(review, by=lead, name="P", definition={"compare_by": "role"})
    text = "".join(piece for piece, _ in plans.sentence(plan.definition, {}))
    assert text.endswith(", compared by kind of validation.")
    # A plan without a comparison is defined as it was before there were any.
    assert "compare_by" not in plans.checked({"compare_by": ""})
    for wrong in ("country", 3, None, ["unit"]):
        with pytest.raises(DomainError, match="comparison"):
            services.create_plan(review, by=lead, name="Q", definition={"compare_by": wrong})


def test_the_form_offers_and_keeps_it(as_lead, compared):
    page = as_lead.get(f"/reviews/{compared.review_id}/analyses/{compared.plan_id}/edit/")
    assert '<option value="unit" selected>unit of analysis</option>' in page.content.decode()


def test_a_run_keeps_the_comparison_and_its_page_shows_it(
    as_lead, compared, django_assert_max_num_queries
):
    found = compared.result["subgroups"]
    units = [row["unit"] for row in compared.inputs]
    assert {g["level"]: [units[i] for i in g["rows"]] for g in found["groups"]} == {
        unit: [unit] * units.count(unit) for unit in set(units)
    }
    with django_assert_max_num_queries(12):
        words = text_of(as_lead.get(run_url(compared)))
    assert "Subgroups by unit of analysis" in words
    for group in found["groups"]:
        assert f"{group['sensitivity']['estimate']:.3f}" in words
    joint = found["lrt_joint"]
    assert f"{joint['chi2']:.2f}, df {joint['df']}, p" in words
    assert "between studies, not within them" in words
    # What is pooled altogether is as it was.
    plain = bridge.analyse_tables(
        [tuple(row[name] for name in COUNTS) for row in compared.inputs],
        [row["label"] for row in compared.inputs],
    )
    assert compared.result["fit"]["theta"] == plain["fit"]["theta"]


def test_the_comparison_as_a_table_and_through_the_api(as_lead, compared):
    rows = rows_of(as_lead.get(run_url(compared, "subgroups.csv")))
    groups = compared.result["subgroups"]["groups"]
    assert [row["group"] for row in rows[: len(groups)]] == [g["level"] for g in groups]
    assert float(rows[0]["sensitivity"]) == groups[0]["sensitivity"]["estimate"]
    joint = compared.result["subgroups"]["lrt_joint"]
    assert float(rows[len(groups)]["p"]) == joint["p"]
    api = f"/api/v1/reviews/{compared.review_id}/runs/{compared.pk}/tables/subgroups/"
    assert len(as_lead.get(api).json()) == len(rows)


@pytest.mark.parametrize("name", ["forest", "sroc"])
def test_figures_show_the_groups(as_lead, compared, name):
    drawn = as_lead.get(run_url(compared, f"{name}.svg")).content.decode()
    for group in compared.result["subgroups"]["groups"]:
        assert group["level"] in drawn
    without = {key: value for key, value in compared.result.items() if key != "subgroups"}
    assert bridge.figure_file(without, name, "svg").decode() != drawn


def test_a_run_without_a_comparison_has_no_such_part(as_lead, run):
    page = as_lead.get(run_url(run)).content.decode()
    assert 'id="subgroups"' not in page
    assert "subgroups" not in run.result
    refused = as_lead.get(run_url(run, "subgroups.csv"))
    assert refused.status_code == 409
    assert "compares no subgroups" in text_of(refused)


def test_one_group_is_no_comparison_and_says_so(as_lead, review, lead):
    for tp, fp, fn, tn in COUNTS_OF:
        factories.TwoByTwoFactory(review=review, tp=tp, fp=fp, fn=fn, tn=tn)
    plan = services.create_plan(review, by=lead, name="P", definition={"compare_by": "unit"})
    run = finished(plan, lead)
    words = text_of(as_lead.get(run_url(run)))
    assert "Not compared. The covariate Unit of analysis has fewer than two" in words
    assert as_lead.get(run_url(run, "forest.svg")).status_code == 200
    rows = rows_of(as_lead.get(run_url(run, "subgroups.csv")))
    assert all("fewer than two" in row["reason"] for row in rows)


def test_what_cannot_be_pooled_cannot_be_compared(as_lead, review, lead):
    units = ["patient", "image", "image"]
    for unit, counts in zip(units, [(10, 2, 0, 30), (20, 3, 0, 40), (12, 0, 0, 9)], strict=True):
        values = dict(zip(COUNTS, counts, strict=True))
        factories.TwoByTwoFactory(review=review, cohort__unit=unit, **values)
    plan = services.create_plan(review, by=lead, name="P", definition={"compare_by": "unit"})
    run = finished(plan, lead)
    words = text_of(as_lead.get(run_url(run)))
    assert "Not compared. Every one of the 42 participants" in words
    assert as_lead.get(run_url(run, "forest.svg")).status_code == 200
