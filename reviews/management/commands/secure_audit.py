"""Take the audit trail out of the application's hands; run as the owner after each migrate."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews.core.audit_lock import lock_audit


class Command(BaseCommand):
    help = "Give the application's database role its rights, and none over the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", default="quadrant_app")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        if role == settings.DATABASES["default"]["USER"]:
            raise CommandError("Run this as the owner of the tables, not as the application.")
        lock_audit(role=role, password=settings.APP_DATABASE_PASSWORD)
        self.stdout.write(f"{role} can use the tables and cannot touch the audit trail.")
