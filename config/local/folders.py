"""The folders of local mode: private, ours, and short enough for a socket."""

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config.local.errors import CannotStart

# sun_path of the kernel holds 108 bytes with the closing NUL. PostgreSQL refuses a longer path,
# Redis silently cuts it and answers at a wrong name.
LONGEST_SOCKET = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"


def make_private(folder: Path) -> Path:
    """Create the folder for us alone, or see that the existing one is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_owner(folder, os.geteuid())
    folder.chmod(0o700)
    return folder


def require_owner(folder: Path, owner: int) -> None:
    """Refuse a folder of another user, or a link somebody else may have put there."""
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode) or not stat.S_ISDIR(found.st_mode):
        raise CannotStart(f"{folder} is not a folder; move it away or set VAR_DIR to another one.")
    if found.st_uid != owner:
        raise CannotStart(
            f"{folder} belongs to user {found.st_uid}, not to user {owner}: "
            "run this as its owner, or set VAR_DIR to a folder of your own."
        )


def socket_folder(var: Path) -> Path:
    """A private folder for the sockets: var/sockets, or a short one where that path is too long."""
    usual = var / "sockets"
    if _fits(usual):
        return make_private(usual)
    name = f"q-{os.geteuid()}-{hashlib.sha256(os.fsencode(var)).hexdigest()[:12]}"
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 (owner is checked)
        if _fits(parent / name):
            return make_private(parent / name)
    raise CannotStart(f"No folder has a path short enough for a socket; {var} is too deep.")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file; wait for whoever holds it now."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET
