"""A PostgreSQL and a Redis of the tests' own, started before Django reads its settings.

Loaded by `-p tests.servers`. The process that starts pytest starts the servers in a temporary
folder; the workers of pytest-xdist inherit the addresses. QUADRANT_TEST_SERVERS=external uses
the servers that DATABASE_URL and REDIS_URL name instead.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from config.local.processes import is_alive, read_pid
from config.local.servers import Servers, ensure, servers_of

PREFIX = f"quadrant-tests-{os.geteuid()}-"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Come before pytest-django, whose part in this hook imports the settings."""
    if os.environ.get("QUADRANT_TEST_SERVERS") != "external":
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_short_temporary_folder()))
        early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        (folder / "owner.pid").write_text(str(os.getpid()))
        servers = ensure(folder, durable=False)
        early_config.add_cleanup(servers.stop)  # runs first: the last added goes first
        _publish(servers)
    if worker := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw"):
        # A queue of its own for each worker, as pytest-django gives each a database of its own.
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("db=0", f"db={worker}")
    return (yield)


def _publish(servers: Servers) -> None:
    """Tell Django, and the xdist workers that these servers are not theirs to start."""
    os.environ.update(
        DATABASE_URL=servers.database_url,
        REDIS_URL=servers.redis_url,
        QUADRANT_LOCAL="1",
        QUADRANT_TEST_SERVERS="external",
        SECRET_KEY=secrets.token_urlsafe(50),
        VAR_DIR=str(servers.var),
    )


def _sweep() -> None:
    """Remove what a killed test run left behind."""
    for folder in _short_temporary_folder().glob(f"{PREFIX}*"):
        owner = read_pid(folder / "owner.pid")
        if folder.lstat().st_uid == os.geteuid() and owner and not is_alive(owner):
            servers_of(folder).stop()
            shutil.rmtree(folder, ignore_errors=True)


def _short_temporary_folder() -> Path:
    """The shortest writable one: a socket's path must be short, and TMPDIR may be deep."""
    usual = Path("/tmp")  # noqa: S108 (mkdtemp makes a private folder below it)
    return usual if os.access(usual, os.W_OK) else Path(tempfile.gettempdir())
