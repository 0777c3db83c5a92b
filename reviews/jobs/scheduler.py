"""The scheduler: one loop on PostgreSQL that does what must happen by the clock.

An advisory lock lets a second scheduler wait as a spare; it takes over when the first one dies.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from reviews.core.files import remove_stumps
from reviews.jobs import services
from reviews.jobs.models import Heartbeat

LONG_DEAD = timedelta(days=7)
LOCK = 0x51AD  # any number, the same for every scheduler of one database

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Periodic:
    """Something to do every so many seconds."""

    seconds: float
    function: Callable[[], object]
    next_at: float = field(default=0.0)


_periodic: list[Periodic] = []


def every(seconds: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Have the scheduler call the function every so many seconds; it must be idempotent."""

    def register(function: Callable[[], object]) -> Callable[[], object]:
        _periodic.append(Periodic(seconds, function))
        return function

    return register


def for_each(rows: Iterable[Any], function: Callable[[Any], object]) -> None:
    """Call the function with every row; what fails for one does not keep the others waiting."""
    for row in rows:
        try:
            function(row)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("%s failed for %s %s", function.__name__, type(row).__name__, row.pk)


every(10)(services.rescue_jobs)


@every(10)
def _beat() -> None:
    Heartbeat.beat("scheduler")


@every(3600)
def clear_up() -> None:
    """Remove what processes that died left: their signs of life, and files half written."""
    Heartbeat.objects.filter(seen_at__lt=Now() - LONG_DEAD).delete()
    remove_stumps()


def run(*, should_stop: Callable[[], bool], pause: float = 1.0) -> None:
    """Do what is due until told to stop; survive a database that comes and goes."""
    while not should_stop():
        try:
            if _is_leader():
                _do_what_is_due()
        except Error as error:
            log.warning("database away: %s", error)
            connection.close()
        time.sleep(pause)


def _is_leader() -> bool:
    """Hold the lock, or take it. It lives with the connection, so a dead leader frees it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
            " AND pid = pg_backend_pid() AND granted",
            [LOCK],
        )
        if cursor.fetchone()[0]:
            return True
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _do_what_is_due() -> None:
    now = time.monotonic()
    for each in _periodic:
        if each.next_at <= now:
            each.next_at = now + each.seconds
            try:
                each.function()
            except Error:
                raise
            except Exception:
                log.exception("%s failed; the next turn tries again", each.function.__name__)
