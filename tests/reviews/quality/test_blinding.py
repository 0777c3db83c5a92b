"""Two worlds that differ only in what the first rater says look the same to everybody else."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import Answer, Judgement, Rating
from reviews.quality.agreeing import differences
from reviews.quality.reading import waiting_counts
from reviews.quality.services import complete_rating, save_rating, sheets_of, use_instrument
from tests.factories import StudyFactory
from tests.reviews.quality.ratings import all_answers, draft, rated

pytestmark = pytest.mark.django_db
VARIANTS = [
    ("draft", "yes", "low", ""),
    ("draft", "no", "high", "Every participant was used for training and testing."),
    ("draft", "", "", ""),
    ("complete", "unclear", "unclear", "The threshold is not stated."),
    ("complete", "no", "high", "A case-control design."),
]
VOLATILE = [
    (r'name="csrfmiddlewaretoken" value="[^"]*"', "csrf"),
    (r'"X-CSRFToken": "[^"]*"', "csrf"),
]


def world(study, rater, state, answer, level, why):
    """Let the first rater say something about the study."""
    rating = draft(study, rater)
    answers = dict.fromkeys(all_answers(), answer)
    judgements = {"index_test.bias": (level, why), "patient_selection.applicability": (level, why)}
    save_rating(rating, by=rater, version=rating.version, answers=answers, judgements=judgements)
    if state == "complete":
        complete_rating(rating, by=rater)


def pages(study):
    code = "quadas-2"
    review = study.review_id
    names = ["rate", "reconcile", "agreed", "revise"]
    return [
        reverse("quality:matrix", args=[review]),
        reverse("quality:tailor", args=[review, code]),
        reverse("quality:export", args=[review, code]),
        *(reverse(f"quality:{name}", args=[review, code, study.pk]) for name in names),
        reverse("quality:rate_domain", args=[review, code, study.pk, "index_test"]),
    ]


def seen_by(user, study):
    """Return everything this person can get from the stage about the study."""
    client = Client()
    client.force_login(user)
    seen = []
    for address in pages(study):
        answer = client.get(address, follow=True)
        text = b"".join(answer).decode() if answer.streaming else answer.text
        for pattern, word in VOLATILE:
            text = re.sub(pattern, word, text)
        text = re.sub(r'<p class="quiet">[0-9a-f]{16}</p>|<code>[0-9a-f]{16}</code>', "id", text)
        seen.append((address, answer.status_code, text))
    membership = study.review.memberships.get(user=user)
    seen.append(waiting_counts(study.review, membership))
    return seen


@pytest.mark.parametrize("second", ["not begun", "in progress"])
def test_nobody_can_tell_what_the_first_rater_says_before_the_second_is_complete(
    review, lead, reviewer, second_reviewer, adjudicator, observer, second
):
    use_instrument(review, by=lead)
    study = StudyFactory(review=review, label="Fan 2021")
    if second == "in progress":
        draft(study, second_reviewer)
    others = [lead, second_reviewer, adjudicator, observer]
    worlds = []
    for variant in VARIANTS:
        Rating.objects.filter(rater=reviewer).delete()
        world(study, reviewer, *variant)
        worlds.append([seen_by(user, study) for user in others])
    for other in worlds[1:]:
        assert other == worlds[0]
    assert "Fan 2021" in worlds[0][0][0][2]


def test_the_look_at_two_worlds_would_notice_a_leak(review, lead, reviewer):
    study = StudyFactory(review=review)
    rating = draft(study, reviewer)
    before = seen_by(reviewer, study)
    save_rating(
        rating,
        by=reviewer,
        version=rating.version,
        answers={},
        judgements={"index_test.bias": ("high", "A reason.")},
    )
    assert seen_by(reviewer, study) != before


def test_answers_and_judgements_are_reached_only_when_all_needed_are_complete(
    review, reviewer, second_reviewer, lead, observer
):
    study = StudyFactory(review=review)
    first = rated(study, reviewer)
    second = draft(study, second_reviewer)
    for viewer in (second_reviewer, lead, observer):
        assert not Answer.objects.visible_to(viewer).filter(rating=first).exists()
        assert not Judgement.objects.visible_to(viewer).filter(rating=first).exists()
        assert not sheets_of([first], viewer=viewer)[first.pk].answers
    rated(study, second_reviewer)
    assert Rating.objects.get(pk=second.pk).status == "complete"
    for viewer in (second_reviewer, lead, observer):
        assert Answer.objects.visible_to(viewer).filter(rating=first).count() == 11
    found = differences(study, first.instrument, viewer=reviewer)
    assert found.ratings[0].rater == reviewer


def test_completing_one_study_opens_no_other(review, reviewer, second_reviewer):
    one, other = StudyFactory(review=review), StudyFactory(review=review)
    for by in (reviewer, second_reviewer):
        rated(one, by)
    hidden = rated(other, reviewer)
    assert not Rating.objects.visible_to(second_reviewer).filter(pk=hidden.pk).exists()
