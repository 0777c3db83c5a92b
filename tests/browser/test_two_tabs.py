"""A form saved in one tab while it lies open in another: nothing anybody wrote is lost."""

from django.urls import reverse
from playwright.sync_api import expect


def test_a_stale_protocol_edit_shows_both_texts_and_saves_them_merged(visit, watch, review, lead):
    watch.expect("409 (Conflict)")  # the browser notes every refused answer
    first = visit(lead)
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(reverse("protocol:edit", args=[review.pk]))
    first.get_by_role("textbox", name="Question").fill("Can an X-ray find osteoporosis?")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Protocol")

    second.get_by_role("textbox", name="Question").fill("Can CT find osteoporosis?")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("heading", level=1)).to_contain_text("saved this while you were")
    row = second.get_by_role("row", name="Question")
    expect(row).to_contain_text("Can an X-ray find osteoporosis?")
    expect(row).to_contain_text("Can CT find osteoporosis?")
    review.refresh_from_db()
    assert review.question == "Can an X-ray find osteoporosis?"

    second.get_by_role("textbox", name="Question").fill("Can X-ray or CT find osteoporosis?")
    second.get_by_role("button", name="Save this as version").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Protocol")
    expect(second.locator("main")).to_contain_text("Can X-ray or CT find osteoporosis?")
