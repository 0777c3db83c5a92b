"""Read the environment, and say in a sentence what is missing or wrong."""

import os
from urllib.parse import parse_qs, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    """Return True for 1, true, yes, on; False for 0, false, no, off and for nothing."""
    value = text(name, "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def words(name: str) -> list[str]:
    """Return the parts of a comma-separated list."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def demand(purposes: dict[str, str]) -> None:
    """Refuse to start while any of these variables is unset, with a sentence for each.

    >>> demand({})
    """
    missing = [f"{name} is not set: {why}" for name, why in purposes.items() if not text(name)]
    if missing:
        raise ImproperlyConfigured("\n".join(["Quadrant cannot start.", *missing]))


def database(url: str) -> dict[str, object]:
    """Turn a libpq URL into Django's settings.

    >>> database("postgresql://ana:s%40t@db:5433/quadrant")["PASSWORD"]
    's@t'
    >>> database("postgresql://quadrant@/quadrant?host=%2Ftmp%2Fq")["HOST"]
    '/tmp/q'
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://.")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or options.pop("dbname", "quadrant"),
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or options.pop("password", "")),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def broker(url: str) -> str:
    """Turn a redis-py URL into the one Celery's transport understands.

    >>> broker("unix:///tmp/redis.sock?db=2")
    'redis+socket:///tmp/redis.sock?virtual_host=2'
    >>> broker("redis://cache:6379/0")
    'redis://cache:6379/0'
    """
    parts = urlsplit(url)
    if parts.scheme in {"redis", "rediss"}:
        return url
    if parts.scheme != "unix":
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    number_of_db = parse_qs(parts.query).get("db", ["0"])[-1]
    return f"redis+socket://{quote(unquote(parts.path))}?virtual_host={number_of_db}"


def mail(url: str) -> dict[str, object]:
    """Turn ``smtp://user:secret@host:587?tls=1`` into Django's mail settings.

    >>> mail("smtp://ana:s%40t@mail.example.org:587?tls=1")["EMAIL_HOST_PASSWORD"]
    's@t'
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must read smtp://user:secret@host:port?tls=1.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parse_qs(parts.query).get("tls") == ["1"],
        "EMAIL_TIMEOUT": 10,
    }
