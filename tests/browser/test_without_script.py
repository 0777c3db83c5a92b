"""What must work where no script runs: deciding, editing, starting an analysis."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reviews.screening.models import Decision
from reviews.synthesis.models import Run
from tests.factories import ScreeningItemFactory
from tests.processes import wait_for
from tests.reviews.synthesis.conftest import lists, plan, tables, xray

__all__ = ["lists", "plan", "tables", "xray"]


@pytest.fixture
def plain(visit):
    """Open a browser that runs no script."""
    return lambda user: visit(user, java_script_enabled=False)


def test_a_record_is_screened_and_undone(plain, review, reviewer):
    for name in ("one", "two"):
        ScreeningItemFactory(review=review, record__title=f"Record {name}")
    page = plain(reviewer)
    page.goto(reverse("screening:screen", args=[review.pk]))
    title = page.locator("#card h2.title")
    first = title.inner_text()
    page.locator(".s-bar .include").click()
    expect(title).not_to_have_text(first)
    page.get_by_role("button", name="Undo").click()
    expect(title).to_have_text(first)
    page.locator(".s-bar .exclude").click()
    expect(title).not_to_have_text(first)
    said = Decision.objects.order_by("id").values_list("verdict", flat=True)
    assert list(said) == ["include", "withdrawn", "exclude"]


def test_the_protocol_is_edited(plain, review, lead):
    page = plain(lead)
    page.goto(reverse("protocol:overview", args=[review.pk]))
    page.get_by_role("link", name="Edit question and rules").click()
    page.get_by_role("textbox", name="Question").fill("Which test finds it?")
    page.locator("[name=undo_seconds]").fill("9999")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("less than or equal to 600")).to_be_visible()
    page.locator("[name=undo_seconds]").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Which test finds it?")).to_be_visible()


def test_an_analysis_is_run_and_read(plain, worker, review, lead, plan):
    page = plain(lead)
    page.goto(reverse("synthesis:plan", args=[review.pk, plan.pk]))
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#run-page")).to_be_visible()
    wait_for(lambda: Run.objects.get().finished_at)
    page.reload()
    expect(page.locator("#summary dl.figures")).to_contain_text("Sensitivity")
    expect(page.locator("#sroc path.g-pool").first).to_be_visible()
    page.locator("details.menu summary", has_text="Export").click()
    with page.expect_download() as download:
        page.locator("#export li", has_text="Summary table").get_by_role("link").click()
    assert download.value.suggested_filename.endswith(".csv")
