"""What /proc says about other processes; a pid alone proves nothing, since pids are reused."""

import os
import signal
import time
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead but not yet reaped (a zombie) does not."""
    return _stat(pid)[:1] not in ([], ["Z"], ["X"])


def command_line(pid: int) -> str:
    """The arguments of a living process joined by spaces, else the empty string."""
    if not is_alive(pid):
        return ""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return os.fsdecode(raw).rstrip("\0").replace("\0", " ")


def working_folder(pid: int) -> Path | None:
    """Where a living process of ours stands; None if that cannot be seen."""
    if not is_alive(pid):
        return None
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None


def group_members(group: int) -> list[int]:
    """The living processes of a process group, also when its leader is gone."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if is_alive(pid) and _stat(pid)[2] == str(group)]


def read_pid(path: Path) -> int | None:
    """The number on the first line of a pid file; None where there is none."""
    try:
        first = path.read_text(errors="replace").split("\n", 1)[0].strip()
    except OSError:
        return None
    return int(first) if first.isdigit() else None


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may be gone by now."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until_gone(pids: list[int], *, seconds: float) -> bool:
    """Whether all of them ended within the time."""
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _stat(pid: int) -> list[str]:
    """State, parent, process group and so on; empty when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
