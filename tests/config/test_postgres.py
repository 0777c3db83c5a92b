"""The embedded PostgreSQL, really started, killed and started again."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from config.local import unprivileged
from config.local.errors import CannotStart
from config.local.folders import make_private, require_owner, socket_folder
from config.local.postgres import Postgres
from config.local.processes import read_pid
from config.local.servers import Servers, servers_of


def postgres_of(servers: Servers) -> Postgres:
    assert servers.postgres
    return servers.postgres


def ask(postgres: Postgres, query: str) -> object:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def kill(postgres: Postgres) -> None:
    pid = read_pid(postgres.data / "postmaster.pid")
    assert pid
    os.kill(pid, signal.SIGKILL)


def test_it_is_version_18_with_our_database_and_keeps_what_was_written(servers):
    postgres = postgres_of(servers)
    postgres.start()
    assert str(ask(postgres, "SHOW server_version")).startswith("18.")
    assert ask(postgres, "SELECT current_database()") == "quadrant"
    assert ask(postgres, "SHOW fsync") == "on"
    assert ask(postgres, "SHOW listen_addresses") == ""


def test_starting_twice_leaves_the_first_one_alone(servers):
    postgres = postgres_of(servers)
    postgres.start()
    pid = read_pid(postgres.data / "postmaster.pid")
    postgres.start()
    assert read_pid(postgres.data / "postmaster.pid") == pid


def test_stopping_what_does_not_run_is_harmless(servers):
    postgres_of(servers).stop()


@pytest.mark.faults
def test_it_comes_back_after_kill_9_with_what_was_committed(servers):
    postgres = postgres_of(servers)
    postgres.start()
    ask(postgres, "CREATE TABLE kept AS SELECT 7 AS seven")
    for _ in range(3):
        kill(postgres)
        postgres.start()
        assert ask(postgres, "SELECT seven FROM kept") == 7


@pytest.mark.faults
def test_a_pid_on_file_that_now_belongs_to_somebody_else_does_not_stop_it(servers):
    postgres = postgres_of(servers)
    postgres.start()
    ask(postgres, "CHECKPOINT")
    files = [postgres.data / "postmaster.pid", postgres.sockets / ".s.PGSQL.5432.lock"]
    texts = [file.read_text() for file in files]
    postgres.stop()
    with subprocess.Popen(["sleep", "60"]) as alien:
        for file, text in zip(files, texts, strict=True):
            file.write_text("\n".join([str(alien.pid), *text.split("\n")[1:]]))
        postgres.start()
        assert ask(postgres, "SELECT 1") == 1
        assert alien.poll() is None, "the other process was left alone"
        alien.kill()


@pytest.mark.faults
def test_a_backend_that_outlives_the_killed_server_is_waited_for(servers):
    postgres = postgres_of(servers)
    postgres.start()
    work = "SELECT count(*) FROM generate_series(1, 10000000)"  # seconds without a pause
    code = f"import psycopg; psycopg.connect({postgres.url!r}).execute({work!r})"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as client:
        time.sleep(1)
        kill(postgres)
        postgres.start()
        client.kill()
    assert ask(postgres, "SELECT 1") == 1


def test_simultaneous_starts_on_a_fresh_folder_make_one_server(var):
    code = "import sys; from pathlib import Path; from config.local.servers import ensure;"
    code += "print(ensure(Path(sys.argv[1])).database_url)"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(var)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    addresses = {run.communicate(timeout=60)[0] for run in runs}
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert addresses == {f"{servers_of(var).database_url}\n"}


def test_a_folder_that_holds_something_else_is_refused_and_kept(servers):
    postgres = postgres_of(servers)
    make_private(postgres.data)
    (postgres.data / "thesis.odt").write_text("mine")
    with pytest.raises(CannotStart, match="holds something else than a database"):
        postgres.start()
    assert (postgres.data / "thesis.odt").read_text() == "mine"


def test_data_of_another_version_are_refused_with_the_way_out(servers):
    postgres = postgres_of(servers)
    make_private(postgres.data)
    os.chown(postgres.data, unprivileged.server_account().owner, -1)
    (postgres.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 16, this is 18: restore a dump"):
        postgres.start()


def test_half_a_data_folder_never_counts(servers):
    postgres = postgres_of(servers)
    half = postgres.data.with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert ask(postgres, "SELECT 1") == 1
    assert not half.exists()


def test_a_folder_of_another_user_is_refused_by_name(var):
    with pytest.raises(CannotStart, match=f"{var} belongs to user {os.geteuid()}, not to user"):
        require_owner(var, os.geteuid() + 1)


def test_a_link_in_place_of_a_private_folder_is_refused(var):
    (var / "mine").mkdir()
    (var / "mine" / "sockets").symlink_to(var)
    with pytest.raises(CannotStart, match="is not a folder"):
        socket_folder(var / "mine")


def test_a_deep_folder_gets_short_private_sockets(var):
    deep = var / ("a" * 60) / ("b" * 60)
    sockets = socket_folder(deep)
    try:
        assert sockets.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert sockets == socket_folder(deep), "the same folder each time"
        assert sockets != socket_folder_name_of(deep / "c"), "and another for each var"
    finally:
        shutil.rmtree(sockets)


def socket_folder_name_of(var: Path) -> Path:
    folder = socket_folder(var)
    folder.rmdir()
    return folder


def test_blanks_in_the_path_are_fine(var):
    servers = servers_of(var / "my review")
    try:
        servers.start()
        assert ask(postgres_of(servers), "SELECT 1") == 1
    finally:
        servers.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_root_without_user_namespaces_takes_a_system_user(var, monkeypatch):
    """As in many containers; `unshare` fails there with one text or another."""
    refuse = var / "unshare"
    refuse.write_text("#!/bin/sh\nexit 1\n")
    refuse.chmod(0o755)
    monkeypatch.setenv("PATH", str(var), prepend=os.pathsep)
    unprivileged.server_account.cache_clear()
    servers = servers_of(var / "closed")
    try:
        servers.start()
        assert ask(postgres_of(servers), "SELECT 1") == 1
        assert postgres_of(servers).data.stat().st_uid != 0
    finally:
        servers.stop()
        unprivileged.server_account.cache_clear()
