"""`make run` from its first server to the last one down, killed in between."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.processes import is_alive, read_pid
from config.local.run import answers

ROOT = Path(__file__).resolve().parent.parent.parent


class MakeRun:
    """`make run` as the terminal sees it."""

    def __init__(self, var: Path, port: int) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_URL")}
        environment |= {"VAR_DIR": str(var), "PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.local.run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            self.lines.extend(iter(output.readline, ""))

    def wait_to_say(self, pattern: str, seconds: float = 300) -> str:
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, f"never said {pattern!r}:\n{self.text}"
            assert self.process.poll() is None, f"ended before it said {pattern!r}:\n{self.text}"
            time.sleep(0.05)
        return found.group()

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def send(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(90)
        self._reader.join()
        return status


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def make_run(var: Path, port: int) -> Iterator[list[MakeRun]]:
    runs: list[MakeRun] = []
    yield runs
    for run in runs:
        if run.process.poll() is None:
            run.send(signal.SIGTERM)


def pids(var: Path) -> dict[str, int]:
    files = {name: var / "run" / f"{name}.pid" for name in ("web", "scheduler", "worker")}
    files |= {"redis": var / "redis" / "redis.pid", "postgres": var / "postgres" / "postmaster.pid"}
    return {name: pid for name, file in files.items() if (pid := read_pid(file))}


@pytest.mark.faults
@pytest.mark.skipif(not (ROOT / "node_modules").is_dir(), reason="needs the front-end packages")
def test_the_site_starts_survives_its_parts_and_stops_whole(make_run, var, port):
    first = MakeRun(var, port)
    make_run.append(first)
    first.wait_to_say("Ctrl-C stops everything")
    assert f"Quadrant runs at http://127.0.0.1:{port}/" in first.text
    assert answers(port)

    second = MakeRun(var, port)
    assert second.process.wait(30) == 1
    second._reader.join()
    assert f"already runs from {var} (pid {first.process.pid}," in second.text

    for name in ("web", "redis", "postgres"):
        before = pids(var)[name]
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while pids(var).get(name) in (before, None) or not is_alive(pids(var)[name]):
            assert time.monotonic() < deadline, f"{name} did not come back:\n{first.text}"
            time.sleep(0.1)

    assert first.send(signal.SIGKILL) == -signal.SIGKILL
    left_behind = pids(var)
    assert all(map(is_alive, left_behind.values()))

    third = MakeRun(var, port)
    make_run.append(third)
    third.wait_to_say("Ctrl-C stops everything")
    for name in ("web", "scheduler", "worker"):
        assert f"Stopped the {name} that an earlier run had left behind" in third.text
        assert not is_alive(left_behind[name])
    everything = pids(var)
    assert third.send(signal.SIGINT) == 130
    assert not any(map(is_alive, everything.values())), "nothing is left"
    assert not answers(port)
