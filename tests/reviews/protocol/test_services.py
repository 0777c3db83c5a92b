"""Reviews and their lists."""

import pytest
from django.core.exceptions import ValidationError

from reviews.core.errors import DomainError, StaleEdit
from reviews.protocol import defaults, services
from reviews.protocol.models import ExclusionReason, IndexTest
from tests.factories import ExclusionReasonFactory, IndexTestFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_new_review_has_a_lead_and_the_usual_reasons_in_order():
    user = UserFactory()
    review = services.create_review(by=user, title="A review")
    assert review.memberships.get().roles == ["lead", "reviewer"]
    names = list(ExclusionReason.objects.in_review(review).values_list("name", flat=True))
    assert names == [name for name, *_ in defaults.EXCLUSION_REASONS]


@pytest.mark.parametrize("title", ["", " ", "x" * 301])
def test_a_review_without_a_proper_title_is_refused(title):
    with pytest.raises(ValidationError):
        services.create_review(by=UserFactory(), title=title.strip() or "")


def test_entries_move_and_stop_at_the_ends(review, lead):
    first, second = (ExclusionReasonFactory(review=review, position=n) for n in (1, 2))
    services.move_entry(second, by=lead, up=True)
    assert list(ExclusionReason.objects.in_review(review)) == [second, first]
    with pytest.raises(DomainError, match="end of the list"):
        services.move_entry(second, by=lead, up=True)


def test_two_entries_of_one_name_are_refused_whatever_the_case(review, lead):
    services.add_entry(IndexTest(review=review, name="CT"), by=lead)
    with pytest.raises(ValidationError, match="already has one of this name"):
        services.add_entry(IndexTest(review=review, name="ct"), by=lead)


def test_a_retired_entry_stays_and_can_be_used_again(review, lead):
    entry = IndexTestFactory(review=review)
    assert services.retire_entry(entry, by=lead).retired_at is not None
    assert services.restore_entry(entry, by=lead).retired_at is None


def test_a_stale_edit_of_an_entry_is_refused(review, lead):
    entry = IndexTestFactory(review=review)
    services.edit_entry(entry, by=lead, version=1, fields=["name"])
    with pytest.raises(StaleEdit):
        services.edit_entry(entry, by=lead, version=1, fields=["name"])
