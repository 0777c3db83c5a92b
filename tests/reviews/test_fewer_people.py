"""Asking for fewer people shows nobody's independent work before the others' is in."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from reviews.core.errors import DomainError
from reviews.extraction import services as extraction
from reviews.models import Decision, Extraction, Rating, ScreeningItem
from reviews.protocol.services import update_review
from reviews.quality import services as quality
from reviews.screening import services as screening
from tests.factories import RecordFactory
from tests.reviews.extraction.build import draft
from tests.reviews.quality.ratings import draft as rating_draft

pytestmark = pytest.mark.django_db


class Extracting:
    field, rows = "extractors", Extraction.objects

    def begin(self, review, by, study=None):
        return draft(review, by, study=study)[0]

    def finish(self, row, by):
        extraction.complete_extraction(row, by=by)

    def take_back(self, row, by):
        extraction.reopen_own(row, by=by)


class Rate:
    field, rows = "raters", Rating.objects

    def begin(self, review, by, study=None):
        study = study or draft(review, by)[0].study
        quality.use_instrument(review, by=by)
        return rating_draft(study, by)

    def finish(self, row, by):
        quality.complete_rating(row, by=by)

    def take_back(self, row, by):
        quality.reopen_rating(row, by=by)


@pytest.fixture(params=[Extracting, Rate])
def work(request):
    return request.param()


def ask_for(review, by, **numbers):
    review.refresh_from_db()
    for field, number in numbers.items():
        setattr(review, field, number)
    update_review(review, by=by, version=review.version, fields=list(numbers))


def test_what_one_has_finished_stays_hidden_when_a_lead_asks_for_fewer(
    work, review, lead, reviewer
):
    row = work.begin(review, reviewer)
    work.finish(row, reviewer)
    with pytest.raises(DomainError, match=row.study.label):
        ask_for(review, lead, **{work.field: 1})
    assert not work.rows.visible_to(lead).filter(pk=row.pk).exists()


def test_two_who_have_begun_are_not_made_one(work, review, lead, reviewer, second_reviewer):
    row = work.begin(review, reviewer)
    work.begin(review, second_reviewer, row.study)
    with pytest.raises(DomainError, match="have begun"):
        ask_for(review, lead, **{work.field: 1})


def test_one_who_takes_theirs_back_can_finish_alone(work, review, lead, reviewer):
    row = work.begin(review, reviewer)
    work.finish(row, reviewer)
    work.take_back(row, reviewer)
    ask_for(review, lead, **{work.field: 1})
    work.finish(row, reviewer)
    finished = {"extractors": {"final": True}, "raters": {"agreed": True}}[work.field]
    assert work.rows.filter(study=row.study, **finished).exists()


def test_fewer_may_be_asked_for_where_all_are_in_or_nobody_has_begun(
    work, review, lead, reviewer, second_reviewer
):
    row = work.begin(review, reviewer)
    other = work.begin(review, second_reviewer, row.study)
    work.finish(row, reviewer)
    work.finish(other, second_reviewer)
    ask_for(review, lead, **{work.field: 1})
    ask_for(review, lead, **{work.field: 2})


@pytest.mark.django_db(transaction=True)
def test_who_finishes_while_the_number_changes_finishes_under_the_new_one(review, lead, reviewer):
    """Else a draft finished for two would lie open, as if it were all that is needed."""
    row, *_ = draft(review, reviewer)

    def finish():
        extraction.complete_extraction(row, by=reviewer)
        connection.close()

    with transaction.atomic():
        ask_for(review, lead, extractors=1)
        meanwhile = threading.Thread(target=finish)
        meanwhile.start()
        meanwhile.join(timeout=1)
    meanwhile.join()
    assert Extraction.objects.filter(study=row.study, final=True).exists()


def test_the_form_says_why_it_is_refused(client, review, lead, reviewer):
    row, *_ = draft(review, reviewer)
    extraction.complete_extraction(row, by=reviewer)
    client.force_login(lead)
    url = reverse("protocol:edit", args=[review.pk])
    form = client.get(url).context["form"]
    answer = client.post(url, {**form.initial, "extractors": 1})
    assert row.study.label in answer.content.decode()
    review.refresh_from_db()
    assert review.extractors == 2


def test_a_decision_stays_hidden_when_a_lead_asks_for_fewer_reviewers(review, lead, reviewer):
    review.undo_seconds = 0
    review.save()
    RecordFactory(review=review)
    screening.open_items(review)
    item = ScreeningItem.objects.get()
    screening.record_decision(item, by=reviewer, verdict="exclude")
    ask_for(review, lead, reviewers_title_abstract=1)
    screening.open_items(review)
    item.refresh_from_db()
    assert (item.needed, item.outcome) == (2, "pending")
    assert not Decision.objects.visible_to(lead).exists()
