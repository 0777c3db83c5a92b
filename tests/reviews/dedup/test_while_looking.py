"""What people judge while copies are being sought holds."""

import pytest

from reviews.dedup import finding, services
from reviews.models import PossibleDuplicate
from tests.reviews.dedup.build import copies, find, kept

pytestmark = pytest.mark.django_db


def test_records_judged_different_while_they_were_compared_stay_apart(review, lead, monkeypatch):
    one, other = copies(review)
    pair = PossibleDuplicate.objects.create(review=review, first=one, second=other, score=0.5)
    look = finding.look

    def judged_meanwhile(work):
        found = look(work)
        if not pair.resolution:
            services.resolve_pair(pair, by=lead, resolution="different", version=pair.version)
            pair.refresh_from_db()
        return found

    monkeypatch.setattr("reviews.dedup.tasks.look", judged_meanwhile)
    find(review)
    assert kept(review) == {one.pk, other.pk}
    find(review)
    assert kept(review) == {one.pk, other.pk}


def test_records_merged_and_parted_while_they_were_compared_stay_apart(review, lead, monkeypatch):
    one, other = copies(review)
    look, done = finding.look, []

    def parted_meanwhile(work):
        found = look(work)
        if not done:
            done.append(services.merge_records([one, other], by=lead))
            services.dissolve_group(done[0], by=lead)
        return found

    monkeypatch.setattr("reviews.dedup.tasks.look", parted_meanwhile)
    find(review)
    find(review)
    assert kept(review) == {one.pk, other.pk}
