"""Both servers of local mode, started and stopped together."""

from dataclasses import dataclass
from pathlib import Path

from config.local.folders import locked, make_private, socket_folder
from config.local.postgres import Postgres
from config.local.redis import Redis


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Where the servers are; those that are ours can be stopped and looked after."""

    var: Path
    database_url: str
    redis_url: str
    postgres: Postgres | None
    redis: Redis | None

    def are_running(self) -> bool:
        """Whether every server of ours lives."""
        return all(server.is_running() for server in (self.redis, self.postgres) if server)

    def start(self) -> None:
        """Start those of ours that do not run."""
        with locked(self.var / "lock"):
            for server in (self.postgres, self.redis):
                if server:
                    server.start()

    def stop(self) -> None:
        """Stop those of ours, the queue before the database."""
        with locked(self.var / "lock"):
            for server in (self.redis, self.postgres):
                if server:
                    server.stop()


def ensure(
    var: Path, durable: bool = True, *, database_url: str = "", redis_url: str = ""
) -> Servers:
    """Start what does not run yet, with its data in `var`; where an address is given, nothing."""
    servers = servers_of(var, durable, database_url=database_url, redis_url=redis_url)
    servers.start()
    return servers


def servers_of(
    var: Path, durable: bool = True, *, database_url: str = "", redis_url: str = ""
) -> Servers:
    """The servers with their data in `var`, running or not."""
    var = make_private(var.resolve())
    log = make_private(var / "log")
    sockets = socket_folder(var)
    postgres = redis = None
    if not database_url:
        postgres = Postgres(var / "postgres", sockets, log=log / "postgres.log", durable=durable)
        database_url = postgres.url
    if not redis_url:
        redis = Redis(var / "redis", sockets, log=log / "redis.log", durable=durable)
        redis_url = redis.url
    return Servers(
        var=var, database_url=database_url, redis_url=redis_url, postgres=postgres, redis=redis
    )
