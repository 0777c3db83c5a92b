"""Servers of a benchmark's own, in a temporary folder, for as long as it runs."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command

from config.local.servers import ensure


@contextmanager
def own_servers() -> Iterator[Path]:
    """Start a PostgreSQL (fsync off) and a Redis, set Django up on them, and yield the folder."""
    folder = Path(tempfile.mkdtemp(prefix="quadrant-benchmark-"))
    servers = ensure(folder, durable=False)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=servers.database_url,
        REDIS_URL=servers.redis_url,
        QUADRANT_LOCAL="1",
        SECRET_KEY=secrets.token_urlsafe(50),
        VAR_DIR=str(servers.var),
        LOG_LEVEL="ERROR",
    )
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        yield folder
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
