"""The embedded Redis, really started, killed and started again."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis

from config.local.errors import CannotStart
from config.local.processes import read_pid
from config.local.redis import Redis
from config.local.servers import Servers


def redis_of(servers: Servers) -> Redis:
    assert servers.redis
    return servers.redis


def test_it_keeps_the_queue_on_disk_and_never_drops_a_message(servers):
    server = redis_of(servers)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_starting_twice_leaves_the_first_one_alone(servers):
    server = redis_of(servers)
    server.start()
    pid = read_pid(server.data / "redis.pid")
    server.start()
    assert read_pid(server.data / "redis.pid") == pid


def test_what_was_written_outlives_a_stop(servers):
    server = redis_of(servers)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "7")
    server.stop()
    assert not server.is_running()
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"7"


@pytest.mark.faults
def test_what_was_written_a_second_ago_outlives_kill_9(servers):
    server = redis_of(servers)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.rpush("queue", *range(1000))
    time.sleep(1.5)  # it writes to disk every second
    pid = read_pid(server.data / "redis.pid")
    assert pid
    os.kill(pid, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.llen("queue") == 1000


def test_a_pid_on_file_that_belongs_to_somebody_else_is_left_alone(servers):
    server = redis_of(servers)
    server.data.mkdir()
    (server.data / "redis.pid").write_text(f"{os.getpid()}\n")
    server.stop()
    server.start()
    assert read_pid(server.data / "redis.pid") != os.getpid()


def test_a_socket_path_it_would_cut_short_is_refused(var):
    deep = var / ("a" * 120)
    with pytest.raises(CannotStart, match="too long for a socket"):
        Redis(deep, deep, log=Path("/dev/null")).start()
