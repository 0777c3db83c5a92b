"""Promises about the whole house, kept by walking it."""

import pytest
from django.apps import apps
from django.core import checks
from django.db import IntegrityError, connection, transaction
from django.urls import get_resolver

from reviews.core.composite import constraint_name, crossing_fields
from reviews.protocol.checks import every_view, every_view_is_gated
from tests.factories import RecordFactory, ReviewFactory, SearchFactory, SourceFactory


def test_every_page_declares_the_capability_it_needs():
    assert every_view_is_gated() == []
    assert len(list(every_view(get_resolver().url_patterns))) > 40


def test_a_view_that_declares_nothing_is_reported(settings, tmp_path, monkeypatch):
    (tmp_path / "open_urls.py").write_text(
        "from django.urls import path\n"
        "def bare(request): ...\n"
        "urlpatterns = [path('bare/', bare)]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.ROOT_URLCONF = "open_urls"
    assert [error.msg for error in every_view_is_gated()] == ["/bare/ declares no capability."]


def test_the_site_has_no_failing_check():
    found = [each for each in checks.run_checks() if each.level >= checks.WARNING]
    assert [each for each in found if not each.is_silenced()] == []


@pytest.mark.django_db
def test_every_link_between_rows_of_a_review_is_kept_inside_it_by_the_database():
    expected = {
        constraint_name(model, field)
        for model, field in crossing_fields(apps.get_app_config("reviews").get_models())
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable"
        )
        present = {name for (name,) in cursor.fetchall()}
    assert expected
    assert expected - present == set()


@pytest.mark.django_db
def test_a_link_into_another_review_is_refused_by_the_database():
    record, other = RecordFactory(), ReviewFactory()
    foreign = SearchFactory(review=other, source=SourceFactory(review=other)).source
    with pytest.raises(IntegrityError, match="same_review"), transaction.atomic():
        type(record.batch.search).objects.filter(pk=record.batch.search_id).update(source=foreign)


def test_constraint_names_fit_postgresql():
    names = [
        constraint.name
        for model in apps.get_app_config("reviews").get_models()
        for constraint in model._meta.constraints
    ]
    assert names
    assert [name for name in names if len(name) > 63] == []
