"""The cast, and what every test may rely on. Servers: tests/servers.py."""

import os
from pathlib import Path

import pytest
from django.core.cache import cache

from reviews.protocol.roles import ADJUDICATOR, LEAD, OBSERVER, REVIEWER
from tests import factories

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data, or a skipped test where it is absent."""
    folder = Path(os.environ.get("QUADRANT_REFERENCE", ROOT.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip("the reference data are not on this machine")
    return folder


@pytest.fixture(autouse=True)
def _quick_and_apart(settings, tmp_path):
    """Cheap password hashes, files and mail of the test's own, plain static names."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns where there is none
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _fresh_limits(request):
    """Rate limits are counted in the cache; a test starts with none used."""
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        request.getfixturevalue("db")
        cache.clear()


@pytest.fixture
def review(db):
    """A review with its lead and one undo second, so that outcomes settle at once if asked."""
    return factories.ReviewFactory()


@pytest.fixture
def lead(review):
    return review.memberships.get(roles__contains=[LEAD]).user


def _member(review, name, *roles):
    return factories.MembershipFactory(review=review, user__name=name, roles=list(roles)).user


@pytest.fixture
def reviewer(review):
    return _member(review, "Ana Lindqvist", REVIEWER)


@pytest.fixture
def second_reviewer(review):
    return _member(review, "Tomás Ferreira", REVIEWER)


@pytest.fixture
def adjudicator(review):
    return _member(review, "Mei-Ling Chou", ADJUDICATOR, REVIEWER)


@pytest.fixture
def observer(review):
    return _member(review, "Priya Raman", OBSERVER)


@pytest.fixture
def outsider(db):
    return factories.UserFactory(name="Jonas Okafor")
