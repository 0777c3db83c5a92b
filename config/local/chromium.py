"""Find a Chromium for the browser tests, or install one; prints its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.local.errors import CannotStart
from config.local.install import VENV, apt_install

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    try:
        found = find() or install()
    except CannotStart as problem:
        sys.exit(str(problem))
    print(found)


def find() -> str:
    """The one CHROMIUM names, else the first on PATH, else one installed here before."""
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            raise CannotStart(f"CHROMIUM names {named}, which is not a program.")
        return named
    return next(filter(None, map(shutil.which, NAMES)), "") or _downloaded()


def install() -> str:
    """From the system's packages as root, else the one Playwright brings."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("chromium")
        if found := find():
            return found
    environment = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(_folder())}
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, env=environment, stdout=sys.stderr)
    if found := _downloaded():
        return found
    raise CannotStart(
        "The browser tests need Chromium: install it (apt-get install chromium) or set CHROMIUM."
    )


def _downloaded() -> str:
    found = sorted(_folder().glob("chromium-*/chrome-linux*/chrome"))
    return str(found[-1]) if found else ""


def _folder() -> Path:
    return VENV / "browsers"


if __name__ == "__main__":
    main()
