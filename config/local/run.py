"""`make run`: the servers, the database, the site, its scheduler and its worker, in one place."""

import contextlib
import fcntl
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from config.local.errors import CannotStart
from config.local.folders import make_private
from config.local.postgres import tail
from config.local.servers import Servers, servers_of
from config.local.supervisor import Child, stop_orphans

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
PATIENCE = 60  # seconds until the site must have answered once
TOO_MANY_CRASHES = 4  # before it has answered once: then the code is broken, not the moment
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Arguments of the Python that runs us; in the order in which they are stopped.
COMMANDS = {
    "web": "-m gunicorn config.wsgi --no-control-socket --bind {bind} --workers 2 --threads 4",
    "scheduler": "manage.py scheduler",
    "worker": "-m celery -A config worker --without-gossip --without-mingle --concurrency 2"
    " --loglevel INFO",
}
# A worker may be in the middle of an analysis; what is cut short later is tried again.
SECONDS_TO_STOP = {"web": 15, "scheduler": 15, "worker": 60}


def main() -> int:
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
    os.chdir(ROOT)
    try:
        port = read_port(os.environ.get("PORT") or "8000")
        make_private(var)
        with held(var / "run.lock", f"pid {os.getpid()}, http://{HOST}:{port}/"):
            Run(var, port).go()
    except CannotStart as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


class Run:
    """One life of the site, from the first server up to the last one down."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.children: list[Child] = []
        self.stopping = False

    def go(self) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        run = make_private(self.var / "run")
        for name in stop_orphans(run):
            say(f"Stopped the {name} that an earlier run had left behind.")
        require_free(self.port)
        servers = servers_of(
            self.var,
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
        )
        try:
            self._serve(servers)
        finally:
            self._stop(servers)

    def _serve(self, servers: Servers) -> None:
        say("Starting the servers")
        servers.start()
        environment = local_environment(self.var, servers)
        say("Preparing the database, the static files and the demo review")
        logins = self._prepare(environment)
        bind = f"{HOST}:{self.port}"
        for name, arguments in COMMANDS.items():
            command = [sys.executable, *arguments.format(bind=bind).split()]
            child = Child(
                name,
                command,
                var=self.var,
                environment=environment,
                patience=SECONDS_TO_STOP[name],
            )
            self.children.append(child)
            child.start()
        self._await_answer()
        say(f"\n{logins}\n\nQuadrant runs at http://{bind}/\nLogs: {self.var / 'log'}")
        say("Ctrl-C stops everything.")
        self._watch(servers)

    def _prepare(self, environment: dict[str, str]) -> str:
        """Run config.local.prepare to its end; returns what the demo says of its logins."""
        log = self.var / "log" / "prepare.log"
        # A migration takes the time it takes.
        limits = {"STATEMENT_TIMEOUT_SECONDS": "0", "QUADRANT_PROCESS": "prepare"}
        with (
            log.open("wb") as errors,
            subprocess.Popen(
                [sys.executable, "-m", "config.local.prepare"],
                env=os.environ | environment | limits,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            ) as process,
        ):
            try:
                output, _ = process.communicate()
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            raise CannotStart(f"Preparing failed. {log} ends:\n{tail(log, 15, between=os.linesep)}")
        return output.strip()

    def _await_answer(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not answers(self.port):
            self._revive()
            broken = [child for child in self.children if child.crashes >= TOO_MANY_CRASHES]
            if broken or time.monotonic() > deadline:
                child = (broken or self.children)[0]
                end = tail(child.log, 15, between=os.linesep)
                raise CannotStart(f"{child.name} does not start. {child.log} ends:\n{end}")
            time.sleep(0.2)

    def _watch(self, servers: Servers) -> None:
        while True:
            self._revive()
            if not servers.are_running():
                say("A server has ended, starting it again.")
                try:
                    servers.start()
                except CannotStart as problem:
                    say(str(problem))
            time.sleep(1)

    def _revive(self) -> None:
        for child in self.children:
            if (child.process is None or child.has_crashed()) and (sentence := child.revive()):
                say(sentence)

    def _stop(self, servers: Servers) -> None:
        self.stopping = True
        say("\nStopping; Ctrl-C again does not wait.")
        for child in self.children:
            child.stop()
        servers.stop()
        say("Stopped.")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self.stopping:
            self.stopping = True
            raise KeyboardInterrupt
        for child in self.children:
            child.kill()


def local_environment(var: Path, servers: Servers) -> dict[str, str]:
    """What the site reads in local mode; the one place that says so."""
    return {
        "QUADRANT_LOCAL": "1",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(var),
        "VAR_DIR": str(var),
        "PYTHONUNBUFFERED": "1",
    }


def secret_key(var: Path) -> str:
    """Made once and kept, so that sessions outlive a restart."""
    path = var / "secret_key"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


@contextlib.contextmanager
def held(path: Path, holder: str) -> Iterator[None]:
    """Hold the lock for as long as we live; the kernel frees it even after kill -9."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotStart(
                f"Quadrant already runs from {path.parent} ({file.read().strip()}); "
                "stop it there with Ctrl-C, or set VAR_DIR and PORT for a second one."
            ) from None
        file.truncate(0)
        file.write(f"{holder}\n")
        file.flush()
        yield


def read_port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as problem:
            raise CannotStart(
                f"Port {port} cannot be used ({problem.strerror}); "
                "choose another: make run PORT=8001"
            ) from None


def answers(port: int) -> bool:
    """Whether /healthz says that the site is up."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(sentence: str) -> None:
    """Tell the terminal, which may be gone already."""
    with contextlib.suppress(OSError):
        print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
