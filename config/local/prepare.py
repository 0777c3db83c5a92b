"""Bring the database, the static files and the demo review up to date; run by `make run`.

A process of its own, so that the supervisor stays small and free of Django. On standard output
stands only what load_demo prints: the logins.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config.local.errors import CannotStart
from config.local.folders import make_private
from config.local.postgres import binary

DUMPS_KEPT = 3
FRONT_END = ("package-lock.json", "constraints.txt", "config/settings.py")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        bring_database_up_to_date()
    except CannotStart as problem:
        sys.exit(str(problem))
    collect_static_files()
    call_command("load_demo")


def bring_database_up_to_date() -> None:
    """Migrate where needed, with a dump first where there is something to lose."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if executor.loader.applied_migrations:
        dump_database(settings.VAR_DIR / "backup")
    call_command("migrate", interactive=False, verbosity=1, stdout=sys.stderr)


def dump_database(folder: Path) -> Path:
    """Write the whole database into one file for pg_restore; the oldest files go."""
    make_private(folder)
    place = folder / f"{timezone.now():%Y%m%d-%H%M%S}.dump"
    half = place.with_suffix(".half")
    command = [str(binary("pg_dump")), "--format=custom", f"--file={half}"]
    command.append(f"--dbname={os.environ['DATABASE_URL']}")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        half.unlink(missing_ok=True)
        raise CannotStart(
            f"The database could not be dumped before migrating it, so nothing was changed: "
            f"{done.stderr.strip()}"
        )
    half.rename(place)
    for old in sorted(folder.glob("*.dump"))[:-DUMPS_KEPT]:
        old.unlink()
    return place


def collect_static_files() -> None:
    """Copy them with hashes in their names, if any has changed since the last time."""
    stamp = settings.VAR_DIR / "static.stamp"
    now = _front_end_digest()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text() == now:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(now)


def _front_end_digest() -> str:
    """Our own files by content, those of packages by the locks that pin them."""
    digest = hashlib.sha256()
    own = sorted(path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file())
    for path in [*own, *(settings.BASE_DIR / name for name in FRONT_END)]:
        digest.update(str(path.relative_to(settings.BASE_DIR)).encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
