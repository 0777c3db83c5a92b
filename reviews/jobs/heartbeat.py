"""Tell the database that a process is alive."""

import logging
import time

from django.db import Error, connection

from reviews.jobs.models import Heartbeat

log = logging.getLogger(__name__)


def keep_beating(process: str, seconds: float) -> None:
    """Note this process as alive for as long as it lives; run it in a thread."""
    while True:
        try:
            Heartbeat.beat(process)
        except Error as error:
            log.warning("heartbeat not written: %s", error)
        finally:
            connection.close()
        time.sleep(seconds)
