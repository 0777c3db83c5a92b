"""Production: the same commands as `make run`, nothing insecure by default."""

import re
from pathlib import Path

import pytest
import yaml

from config.local.run import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_process_runs_the_command_of_make_run(name):
    assert SERVICES[name]["command"] == f"python {COMMANDS[name].format(bind='0.0.0.0:8000')}"


def test_the_image_runs_the_site_by_itself():
    command = re.findall(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert yaml.safe_load(command[-1]) == SERVICES["web"]["command"].split()


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users[-1:] == ["quadrant"]


def test_no_secret_has_a_default_and_each_missing_one_has_a_sentence():
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS", "EMAIL_URL"):
        demanded = re.findall(rf"\$\{{{name}:\?([^}}]+)\}}", TEXT)
        assert demanded, name
        assert all(" " in sentence for sentence in demanded)
        assert f"${{{name}:-" not in TEXT


def test_every_variable_is_explained_in_the_example():
    example = (ROOT / ".env.example").read_text()
    for name in set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT)):
        assert re.search(rf"^(# )?{name}=", example, re.MULTILINE), name


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "postgres", "redis"])
def test_what_runs_for_long_has_a_health_check_and_comes_back(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_nothing_starts_before_the_database_is_migrated():
    for name in ("web", "worker", "scheduler"):
        condition = SERVICES[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_only_the_site_is_reachable_and_only_from_this_machine():
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["web"]
    assert SERVICES["web"]["ports"] == ["${PUBLISH:-127.0.0.1:8000}:8000"]


def test_what_must_be_kept_lies_in_volumes():
    kept = [volume for name in SERVICES for volume in SERVICES[name].get("volumes", [])]
    assert {volume.split(":")[0] for volume in kept} == set(COMPOSE["volumes"])
    assert "--appendonly yes" in SERVICES["redis"]["command"]
