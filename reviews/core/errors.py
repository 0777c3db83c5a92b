"""Refusals that people can read, from services and from the database alike."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError
from django.db.models import CheckConstraint, UniqueConstraint
from django.forms import BaseForm


class DomainError(Exception):
    """A rule of the review was about to be broken; the message is fit for the user."""


class StaleEdit(DomainError):
    """Somebody saved the same thing first.

    Attributes
    ----------
    current : Model
        The row as it is saved now, with the version to build on.
    """

    def __init__(self, current) -> None:
        super().__init__("Somebody saved this while you were writing. Nothing was lost.")
        self.current = current


UNREADABLE = "Some characters or numbers here cannot be stored. Remove them and try again."


def sentence_for(error: Exception) -> str:
    """Return what a person should read when PostgreSQL refuses a row."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if isinstance(error, (DataError, UnicodeEncodeError)):
        return UNREADABLE
    if name in (known := _constraint_messages()):
        return known[name]
    if getattr(diagnosis, "sqlstate", None) == "23502":
        return f"{(diagnosis.column_name or 'A value').replace('_', ' ').capitalize()} is missing."
    if getattr(diagnosis, "sqlstate", None) == "23503":
        return "This refers to something that does not exist in this review, or is still in use."
    return "This cannot be saved: it contradicts something already stored."


def _constraint_messages() -> dict[str, str]:
    """Return the sentence of every named constraint, reading the name where none is given."""
    default = CheckConstraint.default_violation_error_message
    return {
        each.name: each.violation_error_message
        if each.violation_error_message != default
        else f"{each.name.replace('_', ' ').capitalize()}."
        for model in apps.get_app_config("reviews").get_models()
        for each in model._meta.constraints
        if isinstance(each, (CheckConstraint, UniqueConstraint))
    }


REFUSALS = (DomainError, IntegrityError, DataError, UnicodeEncodeError, ValidationError)


def message_of(error: Exception) -> str:
    """Return the sentence for any of ``REFUSALS``."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error) if isinstance(error, DomainError) else sentence_for(error)


@contextmanager
def shown_on(form: BaseForm) -> Iterator[None]:
    """Turn a refusal inside the block into an error of the form; a stale edit passes through.

    The service called inside is one transaction, so nothing of it stays.
    """
    try:
        yield
    except StaleEdit:
        raise
    except REFUSALS as error:
        form.add_error(None, message_of(error))
