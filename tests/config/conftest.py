"""A folder of its own for the servers a test starts, with a path short enough for sockets."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.servers import Servers, servers_of


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="q-", dir="/tmp"))
    yield folder
    servers_of(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def servers(var: Path) -> Servers:
    """Both servers, with their data kept as `make run` keeps them; not started yet."""
    return servers_of(var)


@pytest.fixture
def live_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
