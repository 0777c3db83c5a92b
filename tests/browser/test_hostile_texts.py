"""Texts that are programs: they are shown as texts and run nowhere."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from reviews.protocol.models import Criterion, HighlightTerm, Label
from reviews.protocol.roles import LEAD, REVIEWER
from reviews.screening.models import Note
from tests.factories import (
    ExclusionReasonFactory,
    MembershipFactory,
    ReportFactory,
    ReviewFactory,
    ScreeningItemFactory,
    SourceFactory,
    StudyFactory,
)

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>{{7*7}}"


@pytest.fixture
def cast():
    """A review in which everything that can be written holds programs."""
    review = ReviewFactory(
        title=f"Title {EVIL}", question=EVIL, notice=EVIL, created_by__name=f"Lead {EVIL}"[:120]
    )
    member = MembershipFactory(review=review, user__name=f"M {EVIL}"[:120], roles=[LEAD, REVIEWER])
    ExclusionReasonFactory(review=review, name=f"Reason {EVIL}", at_full_text=True)
    Criterion.objects.create(review=review, name=EVIL, description=EVIL, kind="include")
    HighlightTerm.objects.create(review=review, name="alert", kind="include")
    Label.objects.create(review=review, name=EVIL)
    source = SourceFactory(review=review, name=f"Source {EVIL}")
    item = ScreeningItemFactory(
        review=review,
        record__title=f"Record {EVIL}",
        record__abstract=f"BACKGROUND: {EVIL}",
        record__journal=EVIL,
        record__authors=[f"{EVIL}, A"],
        record__keywords=[EVIL],
        record__doi=f"10.1/{EVIL}",
        record__batch__search__source=source,
        record__batch__file_name=f"{EVIL}.ris",
    )
    Note.objects.create(review=review, item=item, author=member.user, text=EVIL)
    report = ReportFactory(review=review, record=item.record, attempts=EVIL)
    study = StudyFactory(review=review, label=f"Study {EVIL}", notes=EVIL)
    return review, member.user, item, report, study


def addresses_of(review, item, report, study):
    return [
        *(reverse("home"), reverse("review", args=[review.pk]), reverse("accounts:settings")),
        reverse("protocol:overview", args=[review.pk]),
        reverse("protocol:edit", args=[review.pk]),
        reverse("protocol:team", args=[review.pk]),
        reverse("searches:list", args=[review.pk]),
        reverse("searches:records", args=[review.pk]),
        reverse("searches:record", args=[review.pk, item.record_id]),
        reverse("searches:batch", args=[review.pk, item.record.batch_id]),
        reverse("screening:overview", args=[review.pk]),
        reverse("screening:screen", args=[review.pk]),
        reverse("screening:records", args=[review.pk]),
        reverse("screening:record", args=[review.pk, item.record_id]),
        reverse("fulltext:list", args=[review.pk]),
        reverse("fulltext:report", args=[review.pk, report.pk]),
        reverse("extraction:studies", args=[review.pk]),
        reverse("extraction:study", args=[review.pk, study.pk]),
        reverse("quality:matrix", args=[review.pk]),
        reverse("reporting:activity", args=[review.pk]),
        reverse("reporting:writeup", args=[review.pk]),
    ]


def test_programs_in_texts_are_shown_and_do_not_run(visit, cast):
    review, user, item, report, study = cast
    page = visit(user)
    addresses = addresses_of(review, item, report, study)
    for address in addresses:
        page.goto(address)  # until all is loaded, images that fail included
        expect(page.locator("body"), address).to_contain_text("<script>alert(1)</script>")
        assert page.locator("img[src=x], svg[onload]").count() == 0, address
    page.goto(reverse("screening:screen", args=[review.pk]))
    page.locator("#note-text").fill(f"Again {EVIL}")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#remarks p")).to_have_text([EVIL, f"Again {EVIL}"])
    page.locator("body").press("i")
    expect(page.locator("#undo")).to_contain_text("Record <script>alert(1)</script>")


def test_words_without_end_widen_no_page_and_hold_none_up(visit):
    word = "W" * 300
    review = ReviewFactory(title=word, question=word, notice=word)
    member = MembershipFactory(review=review, user__name=word[:120], roles=[LEAD, REVIEWER])
    ExclusionReasonFactory(review=review, name=word[:120], at_full_text=True)
    Criterion.objects.create(review=review, name=word[:120], description=word, kind="include")
    item = ScreeningItemFactory(
        review=review,
        record__title="T" * 100_000,
        record__abstract=word,
        record__authors=[f"{word}, A"],
        record__journal=word,
        record__batch__search__source=SourceFactory(review=review, name=word[:120]),
        record__batch__file_name=f"{word[:200]}.ris",
    )
    report = ReportFactory(review=review, record=item.record, attempts=word)
    study = StudyFactory(review=review, label=word[:120], notes=word)
    page = visit(member.user, viewport={"width": 390, "height": 844})
    wide = {}
    for address in addresses_of(review, item, report, study):
        page.goto(address)
        wide[address] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {address: by for address, by in wide.items() if by > 0} == {}
