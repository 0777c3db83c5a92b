#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

# These read files and nothing else: they work where no site is set up.
WITHOUT_SITE = {"parse_export", "dedup_file"}


def name_no_servers() -> None:
    """Let the settings be read without a database or a queue; nothing connects to these."""
    os.environ.update(
        QUADRANT_LOCAL="1", DATABASE_URL="postgresql://nowhere/none", REDIS_URL="redis://nowhere"
    )


if __name__ == "__main__":
    if WITHOUT_SITE.intersection(sys.argv[1:2]) and not os.environ.get("DATABASE_URL"):
        name_no_servers()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
