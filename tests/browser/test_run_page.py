"""The page of a run by keyboard: parts, definitions, a prevalence."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.reviews.synthesis.pages import pooled, run_url

COUNTS = [(51, 14, 5, 31), (242, 11, 7, 237), (18, 16, 5, 61), (15, 3, 6, 46), (94, 161, 24, 2105)]


@pytest.fixture
def run(transactional_db, review, lead):
    return pooled(review, lead, COUNTS)


def test_parts_definitions_and_a_prevalence_by_keyboard(visit, run, lead):
    page = visit(lead, reduced_motion="reduce")
    page.goto(run_url(run))
    page.locator(".parts a", has_text="Estimates").press("Enter")
    expect(page.locator("#estimates-title")).to_be_in_viewport()
    name = page.locator("#estimates summary").first
    width = name.locator("xpath=ancestor::th").bounding_box()["width"]
    name.press("Enter")
    expect(page.locator("#estimates .def p").first).to_be_visible()
    assert name.locator("xpath=ancestor::th").bounding_box()["width"] == width

    forest = page.locator("#forest").element_handle()
    page.locator("#practice-prevalence").fill("5")
    page.locator("#practice-prevalence").press("Enter")
    expect(page.locator("#practice-help")).to_contain_text("Shown for 5%.")
    # Only its own part of the page was replaced, and the cursor stayed where it was.
    assert forest.evaluate("node => node.isConnected")
    expect(page.locator("#practice-prevalence")).to_be_focused()
    page.locator("#practice").get_by_role("link", name="Nomogram").click()
    expect(page.locator("#figure img")).to_have_attribute(
        "alt", "Fagan\u2019s nomogram, described below"
    )


def test_a_prevalence_works_without_script(visit, run, lead):
    page = visit(lead, java_script_enabled=False)
    page.goto(run_url(run))
    page.locator("#practice-prevalence").fill("5")
    page.locator("#practice button").click()
    expect(page.locator("#practice-help")).to_contain_text("Shown for 5%.")
    figure = reverse("synthesis:figure", args=[run.review_id, run.plan_id, run.pk, "fagan"])
    expect(page.locator(f'#practice a[href="{figure}?prevalence=5"]')).to_be_visible()
