"""Run the scheduler until SIGTERM."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from reviews.jobs import scheduler


class Command(BaseCommand):
    help = "Rescue jobs and do what must happen by the clock. Several may run: one works."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        scheduler.run(should_stop=stop.is_set)
