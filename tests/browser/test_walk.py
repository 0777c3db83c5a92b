"""The whole way, as a new team would go it: from an empty site to a pooled value and its table."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reviews.accounts.models import User
from reviews.extraction import services as extraction
from reviews.protocol.models import IndexTest, ReferenceStandard, Review, TargetCondition
from reviews.searches.models import Record
from reviews.studies.models import Study
from tests.browser import steps
from tests.factories import CohortFactory, ExtractionFactory, TwoByTwoFactory
from tests.reviews.quality.ratings import rated

FILES = Path(__file__).resolve().parent.parent / "fixtures" / "walk"
HIP, SPINE, CASE, HEEL = "Hip radiographs", "Spine radiographs", "A fracture", "Ultrasound"
COUNTS = {"True positives": "51", "False positives": "14", "False negatives": "5"}
COUNTS |= {"True negatives": "31"}
OTHERS = [(46, 9, 8, 60), (88, 12, 11, 140), (30, 8, 7, 52), (120, 31, 18, 210), (64, 15, 6, 90)]


@pytest.fixture
def local_mail(settings):
    """Mail goes where local mode shows it, not into Django's memory for tests."""
    settings.EMAIL_BACKEND = "reviews.accounts.mail.FolderAndTerminal"


def test_a_new_team_walks_from_search_files_to_a_pooled_value(visit, worker, local_mail):
    nora, omar = visit(), visit()
    review = found_a_review(nora)
    import_searches(nora, review)
    join(nora, omar, review)
    screen_titles(nora, omar, review)
    settle_the_conflict(nora, omar, review)
    assess_reports(nora, omar, review)
    agree_on_an_extraction(nora, omar, review)
    agree_on_a_rating(nora, review)
    more_studies(review)
    pool_and_follow(nora, review)


def found_a_review(page):
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    steps.sign_up(page, name="Nora Quist", email="nora@example.org")
    page.get_by_role("link", name="Start a review").click()
    page.get_by_label("Title").fill("Radiographs for osteoporosis")
    steps.submit(page, "Create the review")
    expect(page.locator("a.review-name")).to_have_text("Radiographs for osteoporosis")
    review = Review.objects.get()
    steps.add_to_protocol(page, review.pk, "index-tests", Name="Radiograph", Modality="X-ray")
    steps.add_to_protocol(page, review.pk, "conditions", Name="Osteoporosis")
    steps.add_to_protocol(page, review.pk, "standards", Name="DXA")
    return review


def import_searches(page, review):
    for source, name, records in (
        ("MEDLINE", "pubmed.nbib", 2),
        ("Embase", "embase.ris", 2),
    ):
        steps.import_file(page, review.pk, source=source, file=FILES / name, records=records)
    steps.import_file(page, review.pk, source="CENTRAL", file=FILES / "central.csv", records=1)
    steps.wait_for_jobs()
    page.goto(reverse("searches:records", args=[review.pk]))
    expect(page.locator("#records ul.rows li")).to_have_count(5)
    page.goto(reverse("dedup:list", args=[review.pk]))
    expect(page.get_by_text("1 record removed, all by rule.")).to_be_visible()
    assert Record.objects.kept().count() == 4


def join(lead, newcomer, review):
    lead.goto(reverse("protocol:team", args=[review.pk]))
    lead.get_by_label("E-mail address").fill("omar@example.org")
    lead.get_by_label("Reviewer:").check()
    steps.submit(lead, "Invite")
    link = lead.locator("code.secret").inner_text()
    newcomer.goto(link)
    newcomer.get_by_role("link", name="Create an account").first.click()
    steps.sign_up(newcomer, name="Omar Reyes", email="omar@example.org")
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("Nora Quist invites you")
    steps.submit(newcomer, "Join the review")
    expect(newcomer.get_by_text("You are a member of Radiographs")).to_be_visible()


def screen_titles(nora, omar, review):
    nora.goto(reverse("screening:screen", args=[review.pk]))
    first = nora.locator("#card h2.title").inner_text()
    nora.keyboard.press("e")
    expect(nora.locator("#card h2.title")).not_to_have_text(first)
    nora.keyboard.press("z")
    expect(nora.locator("#card h2.title")).to_have_text(first)
    said = {HIP: "i", SPINE: "i", CASE: "e", HEEL: "i"}
    steps.screen(nora, review.pk, "title_abstract", said)
    steps.screen(omar, review.pk, "title_abstract", said | {HEEL: "e"})
    steps.undo_window_passes()


def settle_the_conflict(nora, omar, review):
    nora.goto(reverse("screening:conflicts", args=[review.pk]))
    nora.get_by_role("link", name=re.compile(f"^{HEEL}")).click()
    expect(nora.locator("#verdicts")).to_contain_text("Omar Reyes")
    nora.get_by_label("Note").fill("The heel is not what we review.")
    with nora.expect_navigation():
        nora.locator("#adjudicate").get_by_role("button", name="Exclude").click()
    omar.goto(reverse("screening:conflicts", args=[review.pk]))
    omar.get_by_role("link", name=re.compile(f"^{HEEL}")).click()
    expect(omar.locator("#settlement")).to_contain_text("The heel is not what we review.")
    steps.submit(omar, "Agree")
    omar.goto(reverse("screening:records", args=[review.pk]))
    expect(omar.get_by_role("row", name=HEEL)).to_contain_text("Exclude")


def assess_reports(nora, omar, review):
    for title in (HIP, SPINE):
        steps.upload_report(nora, review.pk, title=title)
    for page in (nora, omar):
        steps.screen(page, review.pk, "full_text", {HIP: "i", SPINE: "i"})
    steps.undo_window_passes()
    nora.goto(reverse("extraction:studies", args=[review.pk]))
    for label in ("Abara 2021", "Bell 2020"):
        expect(nora.get_by_role("link", name=label, exact=True)).to_be_visible()


def agree_on_an_extraction(nora, omar, review):
    """Nora extracts; Omar's draft, which differs in a count, is entered by the services."""
    steps.extract(nora, review.pk, study="Abara 2021", counts=COUNTS)
    by = User.objects.get(email="omar@example.org")
    draft = extraction.start_extraction(Study.objects.get(label="Abara 2021"), by=by)
    cohort = extraction.add_cohort(draft, by=by, name="Hold-out test set")
    extraction.add_table(cohort, by=by, **lists(review), tp=51, fp=41, fn=5, tn=31)
    extraction.complete_extraction(draft, by=by)
    nora.goto(reverse("extraction:studies", args=[review.pk]))
    nora.get_by_role("link", name="Compare and agree").click()
    row = nora.get_by_role("row", name="in Hold-out test set FP")
    expect(row).to_contain_text("41")
    row.get_by_role("combobox").select_option(label="14")
    steps.submit(nora, "Propose the consensus")
    study = Study.objects.get(label="Abara 2021")
    omar.goto(reverse("extraction:agree", args=[review.pk, study.pk]))
    steps.submit(omar, "Confirm")
    nora.goto(reverse("extraction:study", args=[review.pk, study.pk]))
    expect(nora.locator("table.two.mini").first).to_contain_text("14")


def lists(review):
    return {
        "index_test": IndexTest.objects.get(review=review),
        "target_condition": TargetCondition.objects.get(review=review),
        "reference_standard": ReferenceStandard.objects.get(review=review),
    }


def agree_on_a_rating(nora, review):
    steps.rate(nora, review.pk, study="Abara 2021")
    by = User.objects.get(email="omar@example.org")
    rated(Study.objects.get(label="Abara 2021"), by, judgements={})
    nora.goto(reverse("quality:matrix", args=[review.pk]))
    nora.get_by_role("link", name="Reconcile Abara 2021").click()
    steps.submit(nora, "Save the agreed rating")  # nothing differs, so nobody has to confirm
    nora.goto(reverse("quality:matrix", args=[review.pk]))
    expect(nora.get_by_role("row", name="Abara 2021").first).to_contain_text("Agreed")


def more_studies(review):
    """Studies that others extracted meanwhile: one alone cannot be pooled."""
    for number, (tp, fp, fn, tn) in enumerate(OTHERS):
        final = ExtractionFactory(review=review, study__review=review, study__label=f"Ek {number}")
        cohort = CohortFactory(review=review, extraction=final, name="Test set")
        TwoByTwoFactory(review=review, cohort=cohort, **lists(review), tp=tp, fp=fp, fn=fn, tn=tn)


def pool_and_follow(page, review):
    page.goto(reverse("synthesis:plans", args=[review.pk]))
    page.get_by_role("link", name="New plan").click()
    page.get_by_label("Name").fill("Radiographs, all")
    steps.submit(page, "Save plan")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#summary dl.figures")).to_contain_text("Sensitivity", timeout=60_000)
    expect(page.locator("#sroc path.g-curve").first).to_be_visible()
    expect(page.locator("#sroc path.g-pool").first).to_be_visible()
    page.locator("details.menu summary", has_text="Export").click()
    with page.expect_download() as download:
        page.locator("#export li", has_text="Forest rows").get_by_role("link").click()
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) >= 1 + 6
    page.keyboard.press("Escape")
    page.locator("#summary").get_by_role("link", name="6 tables").click()
    page.locator("#forest").get_by_role("link", name="Abara 2021").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Abara 2021")
    cells = page.locator("article:target table.two td:not(.sum)")
    expect(cells).to_have_text(["51", "14", "5", "31"])


EXPORTS = {
    "PubMed": ("nbib/revtools__restoration_pubmed.nbib", r"^PMID- "),
    "Scopus": ("ris/CiteSource__medline_84.ris", r"^TY  - "),
}


@pytest.mark.parametrize("source", EXPORTS)
def test_an_export_of_a_vendor_comes_in_whole(visit, worker, review, lead, reference, source):
    """The same import with genuine files, where the reference data are."""
    name, first_line = EXPORTS[source]
    file = reference / "exports" / name
    records = len(re.findall(first_line, file.read_text("utf-8-sig"), re.MULTILINE))
    page = visit(lead)
    steps.import_file(page, review.pk, source=source, file=file, records=records)
    steps.wait_for_jobs()
    page.get_by_role("link", name="Its records").click()
    expect(page.locator("#records ul.rows li").first).to_be_visible()
    assert Record.objects.in_review(review).count() == records
