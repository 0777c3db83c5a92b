"""Every kind of page of the demo: readable by axe in light and dark, and no wider than a phone."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from reviews.accounts.models import User
from reviews.dedup.models import DuplicateGroup, PossibleDuplicate
from reviews.demo.load import load_demo
from reviews.extraction.models import Extraction
from reviews.fulltext.models import Report
from reviews.protocol.roles import LEAD
from reviews.quality.models import Rating
from reviews.screening.models import ScreeningItem
from reviews.searches.models import ImportBatch, Record, Search
from reviews.synthesis.models import Run
from tests.factories import ScreeningItemFactory

AXE = settings.NPM / "axe-core" / "axe.min.js"
RUN_AXE = """rules => axe.run(rules ? {runOnly: rules} : {}).then(found => found.violations.map(
  each => each.id + ": " + each.nodes.map(node => node.target.join(" ")).join(", ")))"""
COLOURS = ["color-contrast", "link-in-text-block"]  # all that differs between light and dark
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def demo(transactional_db):
    return load_demo("quadrant-demo-of-a-test")


@pytest.fixture
def demo_lead(demo):
    return User.objects.get(pk=demo.memberships.filter(roles__contains=[LEAD]).first().user_id)


def at(name, review, *more):
    return reverse(name, args=[review.pk, *more])


def pages_of(review):
    """One address of every kind of page a lead meets."""
    first = {
        model: model.objects.filter(review=review).order_by("id").first()
        for model in (Search, ImportBatch, Record, DuplicateGroup, Report, Extraction, Run)
    }
    run = first[Run]
    plain = ["review", "protocol:overview", "protocol:edit", "protocol:team", "searches:list"]
    plain += ["searches:import", "searches:records", "searches:search_new", "dedup:list"]
    plain += ["dedup:groups", "dedup:rules", "screening:overview", "screening:screen"]
    plain += [
        "screening:conflicts",
        "screening:records",
        "screening:agreement",
        "fulltext:list",
        "fulltext:screen",
    ]
    plain += ["extraction:studies", "extraction:solver", "quality:matrix", "synthesis:plans"]
    plain += ["synthesis:new", "reporting:writeup", "reporting:activity"]
    return [
        *(reverse("home"), reverse("new_review"), reverse("accounts:settings")),
        *(at(name, review) for name in plain),
        at("searches:search", review, first[Search].pk),
        at("searches:batch", review, first[ImportBatch].pk),
        at("screening:record", review, first[Record].pk),
        at("dedup:group", review, first[DuplicateGroup].pk),
        at("fulltext:report", review, first[Report].pk),
        at("extraction:study", review, first[Extraction].study_id),
        *_some_of(review),
        at("synthesis:plan", review, run.plan_id),
        at("synthesis:edit", review, run.plan_id),
        at("synthesis:run", review, run.plan_id, run.pk),
        at("synthesis:figure", review, run.plan_id, run.pk, "fagan"),
        at("reporting:box", review, "identified"),
    ]


def _some_of(review):
    """Pages there are only while something waits."""
    if conflict := ScreeningItem.objects.filter(review=review, outcome="conflict").first():
        yield at("screening:conflict", review, conflict.pk)
    if pair := PossibleDuplicate.objects.filter(review=review).first():
        yield at("dedup:pair", review, pair.pk)
    if rating := Rating.objects.filter(review=review, agreed=True).first():
        yield at("quality:agreed", review, rating.instrument.code, rating.study_id)


def test_every_page_is_accessible_and_fits_a_phone(visit, demo, demo_lead):
    """One test for three looks at the demo, which takes its time to load."""
    troubles = {}
    page = visit(demo_lead, reduced_motion="reduce")
    for address in pages_of(demo):
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        assert page.goto(address).status == 200, address
        seen = [*_violations(page), *_dark(page), *_on_a_phone(page)]
        if seen:
            troubles[address] = seen
    assert troubles == {}


def _violations(page, rules=None):
    if page.evaluate("!window.axe"):
        page.evaluate(f"{AXE.read_text()};0")
    return page.evaluate(RUN_AXE, rules)


def _dark(page):
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    return [f"dark: {found}" for found in _violations(page, COLOURS)]


def _on_a_phone(page):
    page.set_viewport_size(PHONE)
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{over} pixels too wide for a phone"] if over > 0 else []


def test_a_phone_shows_which_stage_it_is_in(visit, review, lead):
    page = visit(lead, viewport=PHONE)
    page.goto(at("quality:matrix", review))
    expect(page.locator(".stages [aria-current]")).to_be_in_viewport(ratio=1)


def test_pages_before_signing_in_are_accessible_too(visit):
    page = visit(reduced_motion="reduce")
    for name in ("account_login", "account_signup", "account_reset_password"):
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        page.goto(reverse(name))
        assert [*_violations(page), *_dark(page), *_on_a_phone(page)] == []


def test_a_phone_gives_the_titles_of_a_list_the_whole_width(visit, review, lead):
    title = "Accuracy of automated proximal femur radiograph reading for osteoporosis"
    ScreeningItemFactory(review=review, record__title=title, outcome="pending")
    page = visit(lead, viewport=PHONE)
    page.goto(at("screening:records", review))
    link = page.get_by_role("link", name=title)
    assert link.bounding_box()["width"] > 280
    cell = page.locator("td[data-label='Title and abstract']")
    expect(cell).to_contain_text("Pending")
    assert cell.bounding_box()["y"] > link.bounding_box()["y"]
