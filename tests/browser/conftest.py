"""People with browsers: a context each on the live server, watched for errors."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.browser.watch import Watch
from tests.processes import workers

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
PATIENCE = 15_000  # ms for anything to happen, on a busy machine; nothing waits that long idly


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The Chromium that CHROMIUM names, else the first on PATH."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.fail("These tests need Chromium: install it, or name it in CHROMIUM.")
    return found


@pytest.fixture(scope="session")
def browser(chromium):
    """The system's Chromium, headless; nothing is downloaded."""
    usual = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs an event loop here
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
    if usual is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session", autouse=True)
def _static_root() -> None:
    """WhiteNoise warns where there is none; the server's pages get theirs through finders."""
    settings.STATIC_ROOT.mkdir(exist_ok=True)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What went wrong in any page; the test fails with it at the end."""
    watch = Watch()
    yield watch
    assert watch.troubles == []


@pytest.fixture
def visit(transactional_db, browser, live_server, watch):
    """Open a browser of somebody's own: visit(user) signed in, visit() signed out."""
    contexts = []

    def visit(user=None, **options):
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_of(user, live_server.url)])
        watch.follow(context)
        return context.new_page()

    yield visit
    for context in contexts:
        context.close()


def _session_of(user, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


@pytest.fixture
def worker(transactional_db, tmp_path):
    """A real worker on the test database."""
    with workers(tmp_path) as start:
        yield start()
