"""Screening as reviewers do it: by keys, in pairs that see nothing of each other, on a phone."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reviews.protocol.models import ExclusionReason
from reviews.screening.models import Decision, Note
from tests.factories import ExclusionReasonFactory, ScreeningItemFactory

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def records(review):
    """Three records to screen, in this order, and a reason to exclude."""
    ExclusionReasonFactory(review=review, name="Wrong index test", at_title_abstract=True)
    return [
        ScreeningItemFactory(review=review, record__title=f"Record {name}", rank=-rank).record
        for rank, name in enumerate(("one", "two", "three"))
    ]


def desk(review):
    return reverse("screening:screen", args=[review.pk])


def verdicts(user):
    return list(Decision.objects.filter(reviewer=user).order_by("id").values_list("verdict"))


def titled(page, title):
    expect(page.locator("#card h2.title")).to_have_text(title)


def test_a_reviewer_screens_by_keys_alone(visit, review, reviewer, records):
    page = visit(reviewer)
    page.goto(desk(review))
    first = page.locator("#card h2.title").inner_text()
    page.keyboard.press("?")
    for words in ("include", "exclude", "undo the last decision", "note; Esc leaves it"):
        expect(page.locator("details.menu dl")).to_contain_text(words)
    expect(page.locator("details.menu dl")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("details.menu dl")).to_be_hidden()

    page.keyboard.press("i")
    expect(page.locator("#card h2.title")).not_to_have_text(first)
    second = page.locator("#card h2.title").inner_text()
    page.keyboard.press("z")
    titled(page, first)
    page.keyboard.press("m")
    titled(page, second)
    page.keyboard.press("1")
    expect(page.locator("#card h2.title")).not_to_have_text(second)
    page.keyboard.press("n")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("imez: typed, not decided")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#remarks")).to_contain_text("imez: typed, not decided")
    page.locator("body").press("e")
    expect(page.get_by_role("heading", name="You have decided all there is")).to_be_visible()
    said = [verdict for (verdict,) in verdicts(reviewer)]
    assert said == ["include", "withdrawn", "maybe", "exclude", "exclude"]
    reasons = Decision.objects.filter(reason__isnull=False)
    assert reasons.get().reason == ExclusionReason.objects.get()


def test_a_note_is_left_kept_and_never_lost_by_keys(visit, review, reviewer, records):
    page = visit(reviewer)
    page.goto(desk(review))
    expect(page.get_by_text("Label", exact=True)).to_have_count(0)  # the protocol has none
    first = page.locator("#card h2.title").inner_text()
    page.keyboard.press("n")
    page.keyboard.type("kept by keys")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#remarks p.prewrap")).to_have_text("kept by keys")
    page.keyboard.press("n")
    page.keyboard.type("ie, begun only")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator("#card h2.title")).not_to_have_text(first)
    expect(page.locator("#note-text")).to_have_value("")
    notes = Note.objects.filter(item__record__title=first, author=reviewer)
    assert set(notes.values_list("text", flat=True)) == {"kept by keys", "ie, begun only"}
    page.keyboard.press("z")
    titled(page, first)
    expect(page.locator("#remarks")).to_contain_text("ie, begun only")


def test_the_end_is_announced(visit, review, reviewer, records):
    page = visit(reviewer)
    page.goto(desk(review))
    for _ in records:
        title = page.locator("#card h2").first.inner_text()
        page.keyboard.press("e")
        expect(page.locator("#card h2").first).not_to_have_text(title)
    expect(page.locator("[data-announce]")).to_have_text("You have decided all there is")


def test_the_focus_is_seen_wherever_it_goes(visit, review, reviewer, records):
    page = visit(reviewer)
    page.goto(desk(review))
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        where, visible = page.evaluate(FOCUS)
        assert visible, f"no focus to be seen on {where}"
        if where in seen:
            break
        seen.add(where)
    assert any("verdict include" in where for where in seen)
    assert any("note-text" in where for where in seen)


FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const seen = at === document.body || outlined || style.boxShadow !== "none";
  return [at.outerHTML.slice(0, 160), seen];
}"""


def test_nothing_of_a_decision_reaches_the_other_reviewer(
    visit, review, reviewer, second_reviewer, records
):
    """Every page of B reads the same whether A decided one way or the other, or not yet."""
    a, b = visit(reviewer), visit(second_reviewer)
    pages = [
        *(desk(review), reverse("screening:overview", args=[review.pk])),
        *(reverse("screening:records", args=[review.pk]),),
        *(reverse("screening:record", args=[review.pk, record.pk]) for record in records),
        *(reverse("reporting:activity", args=[review.pk]), reverse("review", args=[review.pk])),
        *(reverse("screening:conflicts", args=[review.pk]),),
    ]
    a.goto(desk(review))
    before = [_read(b, page) for page in pages]
    a.locator("#note-text").fill("A thought of Ana alone")
    a.get_by_role("button", name="Keep the note").click()
    expect(a.locator("#remarks p")).to_have_text("A thought of Ana alone")
    a.locator("body").press("e")
    expect(a.locator("#undo")).to_contain_text("Can be undone")
    after = [_read(b, page) for page in pages]
    assert all("thought of Ana" not in text for text in after)
    assert after == before


def _read(page, address):
    page.goto(address)
    page.wait_for_load_state("networkidle")
    # The flow says when it was counted; the minute may change between two readings.
    return re.sub(r"Updated \d\d:\d\d", "Updated", page.locator("main").inner_text())


def test_a_phone_screens_with_a_thumb(visit, review, reviewer, records):
    page = visit(reviewer, **PHONE)
    page.goto(desk(review))
    for name in ("Include", "Maybe", "Exclude"):
        button = page.locator(".s-bar").get_by_role("button", name=name, exact=False).first
        expect(button).to_be_in_viewport()
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 80
    first = page.locator("#card h2.title").inner_text()
    page.locator(".s-bar .include").tap()
    expect(page.locator("#card h2.title")).not_to_have_text(first)
    second = page.locator("#card h2.title").inner_text()
    page.get_by_text("Exclude with a reason").tap()
    page.locator(".s-bar").get_by_role("button", name="Wrong index test").tap()
    expect(page.locator("#card h2.title")).not_to_have_text(second)
    assert [verdict for (verdict,) in verdicts(reviewer)] == ["include", "exclude"]


def test_a_lost_connection_keeps_the_decision_and_sends_it_once(
    visit, watch, review, reviewer, records
):
    watch.expect("ERR_INTERNET_DISCONNECTED")
    watch.expect("htmx:")  # htmx says on the console that a request did not arrive
    page = visit(reviewer)
    page.goto(desk(review))
    first = page.locator("#card h2.title").inner_text()
    page.context.set_offline(True)
    page.keyboard.press("i")
    expect(page.locator("[data-kept-count]")).to_have_text("1 decision kept here")
    expect(page.locator("#card")).not_to_contain_text(first)
    assert verdicts(reviewer) == []
    page.context.set_offline(False)
    expect(page.locator("[data-kept]")).to_be_hidden()
    assert verdicts(reviewer) == [("include",)]
