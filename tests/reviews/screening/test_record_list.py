"""The list of records with their outcomes: what it can be narrowed by."""

import pytest
from django.urls import reverse
from django.utils import timezone

from reviews.models import Label, LabelUse
from tests.factories import RecordFactory, ScreeningItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles(client, review):
    """Return the titles this person sees for these filters."""

    def titles(user, **query):
        client.force_login(user)
        page = client.get(reverse("screening:records", args=[review.pk]), query)
        assert page.status_code == 200
        return {record.title for record in page.context["page"]}

    return titles


def test_records_are_narrowed_by_years_abstract_and_beginnings_of_words(titles, review, reviewer):
    RecordFactory(review=review, title="Osteoporosis", year=2020, abstract="")
    RecordFactory(review=review, title="Hips", year=None)
    assert titles(reviewer, year_from=2019) == {"Osteoporosis"}
    assert titles(reviewer, year_to=2019) == set()
    assert titles(reviewer, abstract="no") == {"Osteoporosis"}
    assert titles(reviewer, abstract="yes") == {"Hips"}
    assert titles(reviewer, q="osteo*") == {"Osteoporosis"}
    assert titles(reviewer, q='"((') == set()


def test_a_label_is_found_by_its_author_and_by_others_once_settled(
    titles, review, reviewer, second_reviewer
):
    label = Label.objects.create(review=review, name="Look again")
    record = RecordFactory(review=review, title="Hips")
    RecordFactory(review=review, title="Spines")
    item = ScreeningItemFactory(review=review, record=record)
    LabelUse.objects.create(review=review, item=item, label=label, author=reviewer)
    assert titles(reviewer, label=label.pk) == {"Hips"}
    assert titles(second_reviewer, label=label.pk) == set()
    type(item).objects.filter(pk=item.pk).update(outcome="included", settled_at=timezone.now())
    assert titles(second_reviewer, label=label.pk) == {"Hips"}
