"""Load the demo review; harmless when it is there."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews.demo.load import find_demo, load_demo, logins

LOCAL_PASSWORD = "quadrant-demo"  # noqa: S105 - local mode listens on this machine only


class Command(BaseCommand):
    help = "Load the osteoporosis demonstration. Outside local mode it wants a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", default=LOCAL_PASSWORD if settings.LOCAL else "")

    def handle(self, *args: Any, password: str, **options: Any) -> None:
        if not settings.LOCAL and len(password) < 12:
            raise CommandError("Outside local mode give --password, 12 characters or more.")
        loaded = find_demo() is None
        review = load_demo(password)
        self.stdout.write(f"Demo review: {review}" + (" (just loaded)" if loaded else ""))
        for roles, user in logins():
            shown = password if settings.LOCAL else "the password you gave"
            self.stdout.write(f"  {user.email:<22} {shown}   {user.name}, {roles}")
