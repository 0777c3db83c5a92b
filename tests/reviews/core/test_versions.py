"""Saves from two tabs."""

import threading

import pytest
from django.db import connection

from reviews.core.errors import StaleEdit
from reviews.core.versions import differences, last_change, save_version
from reviews.protocol.models import Review


@pytest.mark.django_db
def test_the_second_of_two_saves_from_one_version_is_refused_and_carries_the_first(review):
    mine, theirs = Review.objects.get(pk=review.pk), Review.objects.get(pk=review.pk)
    theirs.title = "Theirs"
    save_version(theirs, version=1, fields=["title"])
    mine.title = "Mine"
    with pytest.raises(StaleEdit) as refused:
        save_version(mine, version=1, fields=["title"])
    assert refused.value.current.title == "Theirs"
    assert refused.value.current.version == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_saves_at_once_none_is_lost_in_silence(review):
    results: list[str] = []
    start = threading.Barrier(4)

    def save(name):
        row = Review.objects.get(pk=review.pk)
        for number in range(10):
            start.wait()
            row.title = f"{name} {number}"
            try:
                save_version(row, version=row.version, fields=["title"])
                results.append("saved")
            except StaleEdit as error:
                results.append("refused")
                row = error.current
        connection.close()

    threads = [threading.Thread(target=save, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    review.refresh_from_db()
    assert len(results) == 40
    assert review.version == 1 + results.count("saved")


@pytest.mark.django_db
def test_who_saved_last_is_read_from_the_audit_trail(client, review, lead):
    import pghistory

    with pghistory.context(user=lead.pk):
        review.title = "New"
        save_version(review, version=1, fields=["title"])
    assert last_change(review)["who"] == lead


def test_differences_keep_every_character():
    one, other = "does  not\ncount", "does count twice"
    left, right = differences(one, other)
    assert "".join(text for text, _ in left) == one
    assert "".join(text for text, _ in right) == other
