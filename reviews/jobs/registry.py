"""Which function does which kind of job, and which kind follows which.

Stages register their kinds in their ``tasks`` module; ``config.pipeline`` says what follows what.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Function = Callable[[Any], None]

_functions: dict[str, Function] = {}
_followers: dict[str, tuple[str, ...]] = {}


def job_kind(name: str) -> Callable[[Function], Function]:
    """Register the function for a kind; it takes a ``jobs.work.Work``."""

    def register(function: Function) -> Function:
        if name in _functions:
            raise ImproperlyConfigured(f"Two functions claim the job kind {name}.")
        _functions[name] = function
        return function

    return register


def function_of(kind: str) -> Function:
    return _functions[kind]


def known(kind: str) -> bool:
    return kind in _functions


def kinds() -> set[str]:
    """Return every kind somebody registered."""
    return set(_functions)


def set_pipeline(followers: dict[str, tuple[str, ...]]) -> None:
    """Say which kinds follow which; refuse names that nobody registered."""
    names = {*followers, *(kind for kinds in followers.values() for kind in kinds)}
    if unknown := sorted(names - set(_functions)):
        raise ImproperlyConfigured(f"Unknown job kinds in the pipeline: {', '.join(unknown)}.")
    _followers.clear()
    _followers.update(followers)


def followers_of(kind: str) -> tuple[str, ...]:
    return _followers.get(kind, ())
