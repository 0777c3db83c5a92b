"""The supervisor behind `make run`, with real processes that are really killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.local.errors import CannotStart
from config.local.processes import group_members, is_alive
from config.local.run import held, read_port, require_free, secret_key
from config.local.supervisor import Child, stop_orphans

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Starts a process of its own and ignores the polite request, as a hanging worker might.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    (tmp_path / "run").mkdir()
    return tmp_path


def child_of(var: Path, command: list[str], patience: float = 5) -> Child:
    return Child("web", command, var=var, environment={"COLOUR": "blue"}, patience=patience)


def wait_for(what, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_a_child_gets_its_environment_and_writes_its_log(run_folder):
    code = "import os; print(os.environ['COLOUR'], os.environ['QUADRANT_PROCESS'])"
    child = child_of(run_folder, [sys.executable, "-c", code])
    child.start()
    wait_for(child.has_crashed)
    child.stop()
    assert child.log.read_text() == "blue web\n"


def test_a_crashed_child_starts_again_and_says_so(run_folder):
    child = child_of(run_folder, SLEEP)
    child.start()
    assert child.process
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    wait_for(child.has_crashed)
    assert child.revive().startswith("web ended (signal 9), starting it again in 1 s")
    assert child.process is None, "it waits before it starts again"
    wait_for(lambda: child.revive() == "" and child.process is not None)
    assert child.process.pid != first
    child.stop()


def test_the_pause_grows_while_it_keeps_crashing(run_folder):
    child = child_of(run_folder, [sys.executable, "-c", "raise SystemExit(3)"])
    pauses = []
    for _ in range(7):
        child.start()
        wait_for(child.has_crashed)
        pauses.append(child.revive().split(" in ")[1].split()[0])
    assert pauses == ["1", "2", "4", "8", "16", "30", "30"]


def test_stopping_ends_the_whole_family_after_its_time(run_folder):
    child = child_of(run_folder, [sys.executable, "-c", STUBBORN], patience=0.5)
    child.start()
    assert child.process
    wait_for(lambda: "ready" in child.log.read_text())
    family = group_members(child.process.pid)
    assert len(family) == 2
    child.stop()
    wait_for(lambda: not any(map(is_alive, family)))
    assert not child.pid_file.exists()


@pytest.mark.faults
def test_what_a_killed_supervisor_left_behind_is_stopped_by_the_next(run_folder):
    child = child_of(run_folder, SLEEP)
    child.start()
    assert child.process
    assert stop_orphans(run_folder / "run") == ["web"]
    assert child.process.wait(5) == -signal.SIGTERM
    assert stop_orphans(run_folder / "run") == []


@pytest.mark.faults
def test_a_pid_that_now_belongs_to_another_program_is_left_alone(run_folder):
    with subprocess.Popen([*SLEEP, "alien"], start_new_session=True) as alien:
        file = run_folder / "run" / "web.pid"
        file.write_text(f"{alien.pid}\n{' '.join(SLEEP)}\n")
        assert stop_orphans(run_folder / "run") == []
        assert alien.poll() is None
        assert not file.exists()
        alien.kill()


def test_a_second_run_is_told_who_holds_the_folder(tmp_path):
    lock = tmp_path / "run.lock"
    with (
        held(lock, "pid 7, http://127.0.0.1:8000/"),
        pytest.raises(CannotStart, match=r"already runs from .* \(pid 7, http://127.0.0.1:8000/\)"),
        held(lock, "pid 8"),
    ):
        pass
    with held(lock, "pid 9"):
        assert lock.read_text() == "pid 9\n"


def test_a_port_in_use_gets_a_sentence(live_port):
    with pytest.raises(CannotStart, match=f"Port {live_port} cannot be used .*PORT="):
        require_free(live_port)


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "8000.0"])
def test_a_port_that_is_none_gets_a_sentence(text):
    with pytest.raises(CannotStart, match="PORT must be a number from 1 to 65535"):
        read_port(text)


def test_the_secret_key_is_made_once_and_private(tmp_path):
    first = secret_key(tmp_path)
    assert len(first) >= 50
    assert secret_key(tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
