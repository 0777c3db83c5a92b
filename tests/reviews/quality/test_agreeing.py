"""Agreeing on a rating, and revising it."""

import pytest

from reviews.core.errors import DomainError, StaleEdit
from reviews.models import Rating
from reviews.quality.agreeing import differences, revise_agreed
from reviews.quality.consensus import adjudicate, propose_agreement
from reviews.quality.services import sheets_of, start_rating, use_instrument
from tests.factories import StudyFactory
from tests.reviews.quality.ratings import agreed as agreed_by_both
from tests.reviews.quality.ratings import draft, rated

pytestmark = pytest.mark.django_db
HIGH = {"index_test.bias": ("high", "Tuned on the test set.")}


@pytest.fixture
def study(review):
    return StudyFactory(review=review)


@pytest.fixture
def instrument(review, lead):
    return use_instrument(review, by=lead)


@pytest.fixture
def both(study, instrument, reviewer, second_reviewer):
    rated(study, reviewer, answers={"2.2": "no"}, judgements=HIGH)
    rated(study, second_reviewer)
    return study


CHOICES = {"2.2": "no", "index_test.bias": ("high", "Agreed: tuned on the test set.")}


def test_only_what_differs_is_called_different(both, instrument, second_reviewer):
    found = differences(both, instrument, viewer=second_reviewer)
    assert [item.key for item in found.differing] == ["index_test.bias", "2.2"]
    assert found.differing[1].values == ["yes", "no"]
    assert len(found.same) == 16


def test_nothing_is_compared_before_all_are_complete(study, instrument, reviewer, second_reviewer):
    rated(study, reviewer)
    draft(study, second_reviewer)
    for viewer in (reviewer, second_reviewer):
        with pytest.raises(DomainError, match="Not all ratings"):
            differences(study, instrument, viewer=viewer)


def test_the_agreed_rating_takes_what_is_shared_and_the_choices(
    both, instrument, reviewer, second_reviewer
):
    agreed = agreed_by_both(both, reviewer, second_reviewer, CHOICES)
    sheet = sheets_of([agreed], viewer=reviewer)[agreed.pk]
    assert sheet.answers["2.2"] == "no"
    assert sheet.judgements["index_test.bias"] == CHOICES["index_test.bias"]
    assert (len(sheet.answers), len(sheet.judgements)) == (11, 7)
    assert (agreed.rater, agreed.agreed_by) == (None, reviewer)


def test_a_third_person_agrees_only_as_an_adjudicator(
    both, instrument, adjudicator, observer, outsider
):
    for by in (observer, outsider):
        with pytest.raises(DomainError, match="adjudicator"):
            adjudicate(both, instrument, by=by, choices=CHOICES)
    assert adjudicate(both, instrument, by=adjudicator, choices=CHOICES).how == "adjudication"
    assert Rating.objects.agreed().get().agreed_by == adjudicator


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"2.2": "no"},
        {**CHOICES, "2.2": "perhaps"},
        {**CHOICES, "2.2": ""},
        {**CHOICES, "index_test.bias": ("high", "  ")},
        {**CHOICES, "index_test.bias": ("dreadful", "x")},
        {**CHOICES, "9.9": "yes"},
    ],
)
def test_a_choice_that_is_missing_or_unknown_agrees_nothing(both, instrument, reviewer, choices):
    with pytest.raises(DomainError):
        propose_agreement(both, instrument, by=reviewer, choices=choices)
    assert not Rating.objects.agreed().exists()


def test_a_study_is_agreed_once(both, instrument, reviewer, second_reviewer):
    agreed_by_both(both, reviewer, second_reviewer, CHOICES)
    with pytest.raises(DomainError, match="already"):
        propose_agreement(both, instrument, by=second_reviewer, choices=CHOICES)


def test_an_agreed_study_takes_no_further_rater(
    both, instrument, reviewer, second_reviewer, adjudicator
):
    agreed_by_both(both, reviewer, second_reviewer, CHOICES)
    with pytest.raises(DomainError, match="agreed"):
        start_rating(both, instrument, by=adjudicator)


def test_the_agreed_rating_is_revised_with_a_reason_and_the_old_text_stays(
    both, instrument, reviewer, second_reviewer
):
    agreed = agreed_by_both(both, reviewer, second_reviewer, CHOICES)
    change = {"answers": {}, "judgements": {"index_test.bias": ("unclear", "Authors replied.")}}
    with pytest.raises(DomainError, match="Say why"):
        revise_agreed(agreed, by=reviewer, version=1, reason=" ", **change)
    revised = revise_agreed(agreed, by=second_reviewer, version=1, reason="A reply came.", **change)
    judgement = revised.judgements.get(domain="index_test", kind="bias")
    old, new = judgement.events.order_by("pgh_id")
    assert (old.level, new.level) == ("high", "unclear")
    assert new.pgh_context.metadata["reason"] == "A reply came."
    change = {"answers": {}, "judgements": {"index_test.bias": ("low", "")}}
    with pytest.raises(StaleEdit):
        revise_agreed(agreed, by=reviewer, version=1, reason="Again.", **change)


def test_a_revision_cannot_leave_something_out(both, instrument, reviewer, second_reviewer):
    agreed = agreed_by_both(both, reviewer, second_reviewer, CHOICES)
    with pytest.raises(DomainError, match="Something is missing"):
        revise_agreed(
            agreed, by=reviewer, version=1, answers={"1.1": ""}, judgements={}, reason="Hm."
        )
    assert agreed.answers.count() == 11
