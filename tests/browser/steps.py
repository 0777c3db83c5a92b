"""What people do on the pages, step by step: the words of the walk."""

import re
from pathlib import Path

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from reviews.fulltext.tasks import seek_new_reports
from reviews.jobs.models import Job
from reviews.screening.models import ScreeningItem
from reviews.screening.tasks import settle_due_items
from reviews.studies.tasks import take_in_waiting
from tests.browser.papers import paper
from tests.processes import wait_for

PASSWORD = "a long walk to the summary"
DESKS = {"title_abstract": "screening:screen", "full_text": "fulltext:screen"}


def submit(page: Page, button: str) -> None:
    """Press a button that posts a form, and wait for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def undo_window_passes() -> None:
    """A minute goes by, and the scheduler does what it does by the clock."""
    waiting = ScreeningItem.objects.filter(settles_at__isnull=False, settled_at__isnull=True)
    waiting.update(settles_at=timezone.now())
    settle_due_items()
    seek_new_reports()
    take_in_waiting()
    connection.close()  # the scheduler's, as it would be between two of its turns


def sign_up(page: Page, *, name: str, email: str) -> None:
    """Make an account from the sign-up page and confirm it with the mailed code."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    submit(page, "Create the account")
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    page.get_by_label("Code").fill(_mailed_code(page, email))
    submit(page, "Confirm")


def _mailed_code(page: Page, email: str) -> str:
    """Read the code where local mode shows its mail."""
    mailbox = page.context.new_page()
    mailbox.goto(reverse("mail"))
    mail = mailbox.locator("article", has_text=f"to {email}").first
    text = mail.locator("pre").inner_text()
    mailbox.close()
    return re.search(r"^\s*([A-Z0-9]{4,8}(?:-[A-Z0-9]{2,8})*)\s*$", text, re.MULTILINE)[1]


def wait_for_jobs() -> None:
    """Wait until the worker has nothing left to do."""
    waiting = Job.objects.filter(status__in=["queued", "running"])
    wait_for(lambda: not waiting.exists())
    assert set(Job.objects.values_list("status", flat=True)) == {"succeeded"}


def add_to_protocol(page: Page, review_id: int, kind: str, **values: str) -> None:
    """Add an entry to one of the protocol's lists."""
    page.goto(reverse("protocol:overview", args=[review_id]))
    page.locator(f"#{kind}").get_by_role("link", name="Add").click()
    for label, value in values.items():
        page.get_by_label(label).first.fill(value)
    submit(page, "Save")
    expect(page.locator(f"#{kind}")).to_contain_text(values["Name"])


def import_file(page: Page, review_id: int, *, source: str, file: Path, records: int) -> None:
    """Add a source, document its search, import its file, and see the records come in."""
    page.goto(reverse("searches:source_new", args=[review_id]))
    page.get_by_label("Name").fill(source)
    submit(page, "Save the source")
    page.goto(reverse("searches:search_new", args=[review_id]))
    page.get_by_label("Source", exact=True).select_option(label=source)
    page.get_by_label("Date of the search").fill("2026-11-02")
    page.get_by_label("Strategy, line by line").fill("osteoporo*[tiab] AND radiograph*[tiab]")
    submit(page, "Save the search")
    page.goto(reverse("searches:list", args=[review_id]))
    page.get_by_role("link", name=source).click()
    page.get_by_role("link", name="Import a file").first.click()
    page.get_by_label("Export file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    said = "The one record is in." if records == 1 else f"All {records:,} records are in."
    expect(page.get_by_text(said)).to_be_visible(timeout=60_000)


def screen(page: Page, review_id: int, stage: str, keys: dict[str, str]) -> None:
    """Decide by keys on each record as it comes; keys go by the start of the title."""
    page.goto(reverse(DESKS[stage], args=[review_id]))
    for _ in keys:
        title = page.locator("#card h2.title").inner_text()
        page.keyboard.press(next(key for start, key in keys.items() if title.startswith(start)))
        expect(page.locator("#card")).not_to_contain_text(title)
    expect(page.get_by_role("heading", name="You have decided all there is")).to_be_visible()


def upload_report(page: Page, review_id: int, *, title: str) -> None:
    """Upload the PDF of a report and see it in the viewer."""
    page.goto(reverse("fulltext:list", args=[review_id]))
    page.get_by_role("link", name=re.compile(f"^{title}")).click()
    content = paper("Of 56 women with osteoporosis 51 were found.")
    file = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": content}
    page.get_by_label("PDF of the report").set_input_files(file)
    submit(page, "Upload")
    expect(page.get_by_text("The PDF is kept, and the report is retrieved.")).to_be_visible()
    expect(page.locator("#pdf")).to_contain_text("Of 56 women with osteoporosis")


def extract(page: Page, review_id: int, *, study: str, counts: dict[str, str]) -> None:
    """Extract a cohort with a 2x2 table and complete it."""
    page.goto(reverse("extraction:studies", args=[review_id]))
    page.get_by_role("button", name=f"Extract {study}").click()
    page.get_by_role("link", name="Describe the first cohort").click()
    page.locator("#cohort-form input[name=name]").fill("Hold-out test set")
    submit(page, "Add this cohort")
    page.get_by_role("link", name="Add table").click()
    for name, count in counts.items():
        page.get_by_label(name, exact=True).fill(count)
    expect(page.locator("#live")).to_contain_text("0.911")
    for name in ("index_test", "target_condition", "reference_standard"):
        page.locator(f"#table-form select[name={name}]").select_option(index=1)
    submit(page, "Add this table")
    submit(page, "Mark as complete")
    expect(page.get_by_text(f"{study} is complete.")).to_be_visible()


def rate(page: Page, review_id: int, *, study: str) -> None:
    """Rate a study domain by domain and complete the rating."""
    page.goto(reverse("quality:matrix", args=[review_id]))
    page.get_by_role("button", name=f"Rate {study}").click()
    while True:
        _judge(page)
        following = page.get_by_role("button", name="Next domain")
        if not following.count():
            break
        title = page.locator("#rating h2").inner_text()
        following.click()
        expect(page.locator("#rating h2")).not_to_have_text(title)
    submit(page, "Mark as complete")


def _judge(page: Page) -> None:
    for question in page.locator("#rating fieldset.question").all():
        question.locator("label", has_text="Yes").click()
    for choice in page.locator("#rating .judge").all():
        choice.locator("label", has_text="Low").click()
    for why in page.locator("#rating textarea").all():
        why.fill("As the report describes it.")
