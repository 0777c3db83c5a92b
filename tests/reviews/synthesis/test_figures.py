"""Figures of a run as downloads: what is offered, what is drawn, what is refused."""

import xml.etree.ElementTree as ET

import pytest

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.protocol.roles import REVIEWER
from reviews.studies.models import Study
from reviews.synthesis import figures, services
from tests import factories
from tests.reviews.quality.ratings import agreed, rated
from tests.reviews.synthesis.pages import finished, run_url

pytestmark = pytest.mark.django_db
SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
STARTS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "tiff": b"II*\x00"}


def words(answer):
    return [node.text for node in ET.fromstring(answer.content).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize("name", [name for name in figures.NAMES if name != "sroc-quality"])
def test_every_figure_of_a_run_is_offered_and_drawn(as_lead, run, name):
    page = as_lead.get(run_url(run)).content.decode()
    for kind in STARTS:
        assert run_url(run, f"{name}.{kind}") in page
    answer = as_lead.get(run_url(run, f"{name}.svg"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"].startswith("attachment; ")
    root = ET.fromstring(answer.content)  # noqa: S314 -- our own file
    assert root[0].tag == f"{SVG}title"


@pytest.mark.parametrize("kind", STARTS)
def test_every_kind_of_file(as_lead, run, kind):
    answer = as_lead.get(run_url(run, f"sroc.{kind}"))
    assert answer.content.startswith(STARTS[kind])
    assert answer["Content-Type"] == bridge.FIGURE_KINDS[kind]
    assert as_lead.get(run_url(run, f"sroc.{kind}")).content == answer.content


def test_rows_lead_to_their_tables(as_lead, run):
    root = ET.fromstring(as_lead.get(run_url(run, "forest.svg")).content)  # noqa: S314
    links = [node.get(LINK) for node in root.iter(f"{SVG}a")]
    row = run.inputs[0]
    start = f"http://testserver/reviews/{run.review_id}/studies/{row['study']}/"
    assert any(link.startswith(start) and f"table-{row['table']}" in link for link in links)
    assert len(set(links)) == len(run.inputs)


def test_the_numbers_are_those_of_the_run(as_lead, run):
    fit = run.result["fit"]["sensitivity"]
    answer = as_lead.get(run_url(run, "forest.svg"))
    description = ET.fromstring(answer.content)[1].text  # noqa: S314 -- our own file
    assert f"Pooled sensitivity {fit['estimate']:.2f}" in description


@pytest.mark.parametrize(("asked", "shown"), [("20", "20%"), ("12,5 %", "12.5%"), ("", "%")])
def test_a_prevalence_can_be_chosen(as_lead, run, asked, shown):
    answer = as_lead.get(run_url(run, "tree.svg"), {"prevalence": asked})
    assert any(text.startswith("1000 people") and text.endswith(shown) for text in words(answer))


@pytest.mark.parametrize("asked", ["0", "100", "-3", "some", "nan", "1e400"])
def test_what_is_no_prevalence_is_refused(as_lead, run, asked):
    answer = as_lead.get(run_url(run, "fagan.svg"), {"prevalence": asked})
    assert answer.status_code == 409
    assert "percentage between 0 and 100" in answer.content.decode()


def test_the_tree_names_a_condition_that_all_tables_share(as_lead, run, review, lead, xray):
    assert any(text.endswith(" with the target condition") for text in tree_of(as_lead, run))
    only = {**xray, "target_conditions": [run.inputs[0]["target_condition_id"]]}
    plan = services.create_plan(review, by=lead, name="One condition", definition=only)
    named = finished(plan, lead)
    condition = named.inputs[0]["target_condition"]
    assert any(text.endswith(f" with {condition}") for text in tree_of(as_lead, named))


def tree_of(client, run):
    return words(client.get(run_url(run, "tree.svg")))


def test_a_run_without_an_estimate_offers_what_there_is(as_lead, review, lead):
    factories.TwoByTwoFactory(review=review)
    plan = services.create_plan(review, by=lead, name="One table", definition={})
    run = finished(plan, lead)
    page = as_lead.get(run_url(run)).content.decode()
    assert run_url(run, "forest.svg") in page
    assert run_url(run, "fagan.svg") not in page
    assert 'id="prevalence"' not in page
    answer = as_lead.get(run_url(run, "fagan.svg"))
    assert answer.status_code == 409
    assert "There is nothing to draw" in answer.content.decode()


def test_a_run_without_a_result_has_no_figures(as_lead, plan, lead):
    started = services.start_run(plan, by=lead)
    answer = as_lead.get(run_url(started, "sroc.svg"))
    assert answer.status_code == 409
    assert "no result yet" in answer.content.decode()


@pytest.mark.parametrize("name", ["sroc.gif", "pie.svg", "sroc"])
def test_an_unknown_figure_is_missing(as_lead, run, name):
    assert as_lead.get(run_url(run, name)).status_code == 404


def test_outsiders_find_nothing_and_observers_may_download(client, run, outsider, observer):
    client.force_login(outsider)
    assert client.get(run_url(run, "sroc.svg")).status_code == 404
    client.force_login(observer)
    assert client.get(run_url(run, "sroc.svg")).status_code == 200


# ---- with the agreed risk of bias ----


def test_only_agreed_ratings_show_at_the_points(as_lead, run, review, lead):
    one, other = (
        factories.MembershipFactory(review=review, roles=[REVIEWER]).user for _ in range(2)
    )
    study = Study.objects.get(review=review, pk=run.inputs[0]["study"])
    high = {"patient_selection.bias": ("high", "Cases and controls.")}
    rated(study, one, judgements=high)
    rated(study, other, judgements=high)
    assert run_url(run, "sroc-quality.svg") not in as_lead.get(run_url(run)).content.decode()
    refused = as_lead.get(run_url(run, "sroc-quality.svg"))
    assert refused.status_code == 409
    assert "agreed rating" in refused.content.decode()

    agreed(study, one, other)
    assert run_url(run, "sroc-quality.svg") in as_lead.get(run_url(run)).content.decode()
    answer = as_lead.get(run_url(run, "sroc-quality.svg"))
    titles = [node.text for node in ET.fromstring(answer.content).iter(f"{SVG}title")]  # noqa: S314
    told = "risk of bias high, low, low, low"
    assert sum(told in title for title in titles) == sum(
        row["study"] == study.pk for row in run.inputs
    )


# ---- bounds ----


def test_refitting_for_many_studies_is_not_done_while_one_waits(run):
    many = run.result | {"forest": run.result["forest"] * 40, "influence": None}
    assert "leave-one-out" not in bridge.figures_of(many)
    with pytest.raises(DomainError, match="too many tables"):
        bridge.figure_file(many, "leave-one-out", "svg")
    long = run.result | {"forest": run.result["forest"] * 200}
    with pytest.raises(DomainError, match="too many tables"):
        bridge.figure_file(long, "forest", "svg")


def test_too_many_pixels_are_refused(run):
    long = run.result | {"forest": run.result["forest"] * 60}
    with pytest.raises(DomainError, match="as SVG or PDF"):
        bridge.figure_file(long, "forest", "tiff")


def test_a_third_figure_waits_its_turn(run, monkeypatch):
    monkeypatch.setattr(bridge, "_PATIENCE", 0.01)
    with bridge._turn(), bridge._turn(), pytest.raises(DomainError, match="Other figures"):
        bridge.figure_file(run.result, "sroc", "svg")
    assert bridge.figure_file(run.result, "sroc", "svg")


@pytest.mark.parametrize("name", ["leave-one-out", "diagnostics"])
def test_what_the_result_keeps_is_not_fitted_again(run, name):
    kept = bridge.figure_file(run.result, name, "svg")
    assert kept == bridge.figure_file(run.result | {"influence": None}, name, "svg")
    study = run.result["influence"][0] | {"influential": True, "label": "Marked"}
    marked = run.result | {"influence": [study, *run.result["influence"][1:]]}
    assert bridge.figure_file(marked, name, "svg") != kept
