"""Keep the site's processes running, and stop them in order."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from config.local.processes import command_line, group_members, read_pid, send, wait_until_gone

LONGEST_PAUSE = 30.0  # seconds before a process that keeps crashing is tried again
SETTLED = 60.0  # a process that lived this long starts again without delay
LARGEST_LOG = 10 * 1024 * 1024


class Child:
    """One process, in a session of its own so that the terminal's Ctrl-C is ours alone."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        var: Path,
        environment: dict[str, str],
        patience: float = 15,
    ) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.patience = patience
        self.log = var / "log" / f"{name}.log"
        self.pid_file = var / "run" / f"{name}.pid"
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes = 0
        self._started = self._pause = 0.0

    def start(self) -> None:
        _rotate(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=os.environ | self.environment | {"QUADRANT_PROCESS": self.name},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(f"{self.process.pid}\n{' '.join(self.command)}\n")
        self._started = time.monotonic()

    def has_crashed(self) -> bool:
        """Whether it ended by itself; nobody asks once we are stopping."""
        return self.process is not None and self.process.poll() is not None

    def revive(self) -> str:
        """Start again what crashed, later each time; returns what to say, if anything."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.returncode
            self._clear_group()
            self.process = None
            if now - self._started > SETTLED:
                self.crashes = 0
            self._pause = min(2.0**self.crashes, LONGEST_PAUSE)
            self.crashes += 1
            self._started = now
            return (
                f"{self.name} ended ({_reason(status)}), starting it again in "
                f"{self._pause:.0f} s; see {self.log}"
            )
        if now - self._started >= self._pause:
            self.start()
        return ""

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            send(self.process.pid, signal.SIGTERM)

    def stop(self) -> None:
        """Let it finish what it does; after its time, or when killed meanwhile, end the rest."""
        self.ask_to_stop()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.patience)
            self.kill()
            self.process.wait()
        self.pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it and all it started, at once."""
        if self.process is not None:
            self._clear_group()

    def _clear_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def stop_orphans(run: Path) -> list[str]:
    """End what a killed supervisor left behind; returns the names.

    A pid on file counts only with the command line on file: pids are reused.
    """
    stopped = []
    for pid_file in sorted(run.glob("*.pid")):
        leader = read_pid(pid_file)
        command = pid_file.read_text(errors="replace").partition("\n")[2].strip()
        pids = [pid for pid in group_members(leader or 0) if command_line(pid) == command]
        if command and pids:
            for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
                for pid in pids:
                    send(pid, number)
                if wait_until_gone(pids, seconds=seconds):
                    break
            stopped.append(pid_file.stem)
        pid_file.unlink(missing_ok=True)
    return stopped


def _reason(status: int | None) -> str:
    if status is not None and status < 0:
        return f"signal {-status}"
    return f"status {status}"


def _rotate(log: Path) -> None:
    """Keep one older file beside a log that has grown."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))
