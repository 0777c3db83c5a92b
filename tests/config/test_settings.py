"""Production is the default, and refuses to start insecurely."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMANDED = {
    "SECRET_KEY": "x" * 20 + "abcdefghijklmnopqrstuvwxyz0123456789",
    "DATABASE_URL": "postgresql://quadrant:s@db/quadrant",
    "REDIS_URL": "redis://redis:6379/0",
    "ALLOWED_HOSTS": "quadrant.example.org",
    "EMAIL_URL": "smtp://user:s@mail.example.org:587?tls=1",
    "DEFAULT_FROM_EMAIL": "quadrant@example.org",
}


def start(command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment that holds nothing but these variables."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_every_missing_variable_is_named_with_what_it_is_for():
    done = start(["-c", "import config.settings"], {})
    assert done.returncode != 0
    for name in DEMANDED:
        assert f"{name} is not set: " in done.stderr


@pytest.mark.parametrize("name", DEMANDED)
def test_one_missing_variable_is_enough_to_refuse(name):
    given = {key: value for key, value in DEMANDED.items() if key != name}
    done = start(["-c", "import config.settings"], given)
    assert done.returncode != 0
    assert f"{name} is not set: " in done.stderr


@pytest.mark.parametrize("secret", ["short", "x" * 60, "secret" * 10])
def test_a_short_or_plain_secret_is_refused(secret):
    done = start(["-c", "import config.settings"], {**DEMANDED, "SECRET_KEY": secret})
    assert "SECRET_KEY is too short or too plain" in done.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DATABASE_URL": "mysql://x"}, "must begin with postgresql://"),
        ({"ALLOWED_HOSTS": "*"}, "must name the site"),
        ({"REDIS_URL": "http://x"}, "must begin with redis://"),
        ({"EMAIL_URL": "mail.example.org"}, "must read smtp://"),
        ({"QUADRANT_LOCAL": "perhaps"}, "must be 1 or 0"),
        ({"MAX_PDF_MB": "many"}, "must be a whole number"),
    ],
)
def test_a_wrong_variable_is_named(change, sentence):
    done = start(["-c", "import config.settings"], {**DEMANDED, **change})
    assert sentence in done.stderr


def test_production_passes_djangos_own_inspection():
    done = start(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], DEMANDED)
    assert done.returncode == 0, done.stderr


def test_production_has_no_mail_page_and_no_debug():
    done = start(
        ["-c", "import django; django.setup(); from django.conf import settings;"
         "from django.urls import NoReverseMatch, reverse\n"
         "try: reverse('mail')\nexcept NoReverseMatch: print('none', settings.DEBUG)"],
        {**DEMANDED, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    assert done.stdout.strip() == "none False", done.stderr
