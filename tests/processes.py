"""Real workers on the test database, for tests that need one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
QUIET = ("--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO")


def wait_for(condition: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Wait until the condition holds, or fail."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    pytest.fail(f"did not happen within {seconds} s")


@contextmanager
def workers(
    folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Give a function that starts a worker; whatever was started is gone at the end.

    The worker is the test's, unless the environment of another site is given.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        log = folder / f"worker-{len(started)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", "worker", *QUIET, *options],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=env or environment(),
            )
        started.append(process)
        wait_for(lambda: b"ready." in log.read_bytes())
        return process

    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@contextmanager
def a_web_process(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the web process on the test's database; give its port and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["-m", "gunicorn", "config.wsgi", "--no-control-socket", "--workers", "1"]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments, "--bind", f"127.0.0.1:{port}"],
            cwd=ROOT,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(lambda: _answers(port))
        yield port, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b"200" in link.recv(100)
    except OSError:
        return False


def environment() -> dict[str, str]:
    """What makes a process work on this test's database and files."""
    name = connection.settings_dict["NAME"]
    return {
        **os.environ,
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/quadrant?", f"/{name}?"),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "PYTHONPATH": str(ROOT),
    }
