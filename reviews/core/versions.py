"""Saves that refuse to overwrite what somebody else saved first."""

import difflib
import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.core.errors import DomainError, StaleEdit

Segments = list[tuple[str, bool]]


def save_version(row: Any, *, version: int, fields: list[str]) -> Any:
    """Store these fields if the row is still at ``version``, and count the version up.

    Raises
    ------
    StaleEdit
        Where the row has moved on; it carries the row as saved.
    """
    row.full_clean(exclude=[f.name for f in row._meta.fields if f.name not in fields])
    changes = {field: getattr(row, field) for field in fields}
    saved = type(row)._base_manager.filter(pk=row.pk, version=version)
    if not saved.update(version=F("version") + 1, **changes):
        raise StaleEdit(type(row)._base_manager.get(pk=row.pk))
    row.version = version + 1
    return row


def version_of(request: HttpRequest) -> int:
    """Return the version the form was made from.

    Raises
    ------
    DomainError
        It is missing or no number.
    """
    given = request.POST.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise DomainError("This form is incomplete. Reload the page and try again.")
    return int(given)


def stale_page(request: HttpRequest, form: BaseForm, error: StaleEdit) -> HttpResponse:
    """Answer 409 with both texts: what is saved now, and what this person wrote."""
    current = error.current
    saved = type(form)(instance=current) if hasattr(form, "instance") else None
    rows = [
        _compare(form, name, _saved_value(saved, current, name))
        for name in form.fields
        if name != "version"
    ]
    differing = [row for row in rows if row["differs"]]
    context = {
        "fields": differing,
        # What does not differ travels along unseen, so that the whole form can be saved again.
        "hidden": [
            (row["name"], "on" if value is True else value)
            for row in rows
            if not row["differs"]
            for value in row["values"]
            if value not in (None, False)
        ],
        "version": current.version,
        "started_from": form.data.get("version", ""),
        "what": current._meta.verbose_name.capitalize(),
        "cancel_url": request.get_full_path(),
        "action": request.get_full_path(),
        "review": getattr(request, "review", None),
        **last_change(current),
    }
    return render(request, "409.html", context, status=409)


def _saved_value(saved: BaseForm | None, current: Any, name: str) -> Any:
    """Return what is stored; a field the saved row has none of, such as a reason, is empty."""
    if saved is not None and name in saved.fields:
        return saved[name].value()
    return getattr(current, name, "")


def last_change(row: models.Model) -> dict[str, Any]:
    """Return who last changed the row, and when, from the audit trail."""
    events = next(
        (
            relation.related_model._base_manager.filter(pgh_obj=row.pk)
            for relation in row._meta.related_objects
            # Events of other models may point at the row too, such as a pin's at its table.
            if getattr(relation.related_model, "pgh_tracked_model", None) is type(row)
        ),
        None,
    )
    event = events.select_related("pgh_context").order_by("-pgh_id").first() if events else None
    metadata = event.pgh_context.metadata if event and event.pgh_context else {}
    who = get_user_model().objects.filter(pk=metadata.get("user")).first()
    return {"who": who or "Somebody", "when": event.pgh_created_at if event else None}


def _compare(form: BaseForm, name: str, saved: Any) -> dict[str, Any]:
    bound = form[name]
    theirs, yours = _text(form, name, saved), _text(form, name, bound.value())
    left, right = differences(theirs, yours)
    return {
        "name": bound.html_name,
        "label": bound.label,
        "differs": bound.field.has_changed(saved, bound.value()),
        "theirs": theirs,
        "yours": yours,
        "theirs_segments": left,
        "yours_segments": right,
        "values": bound.value() if isinstance(bound.value(), list) else [bound.value()],
        "field": bound,
    }


def _text(form: BaseForm, name: str, value: Any) -> str:
    choices = dict(getattr(form.fields[name], "choices", []) or [])
    values = value if isinstance(value, (list, tuple)) else [value]
    shown = [str(choices.get(each, each)) for each in values if each is not None]
    return "; ".join(shown).replace("\r\n", "\n").strip()


def differences(
    one: str, other: str, *, key: Callable[[str], str] = str
) -> tuple[Segments, Segments]:
    """Cut two texts into segments of (text, differs), word by word; words of one key are equal.

    >>> differences("a default of 0.5", "a default of 0.6")
    ([('a default of ', False), ('0.5', True)], [('a default of ', False), ('0.6', True)])
    """
    words, others = (re.findall(r"\S+|\s+", text[:20_000]) for text in (one, other))
    left: Segments = []
    right: Segments = []
    read = [key(word) for word in words], [key(word) for word in others]
    matcher = difflib.SequenceMatcher(None, *read, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if a < b:
            left.append(("".join(words[a:b]), kind != "equal"))
        if c < d:
            right.append(("".join(others[c:d]), kind != "equal"))
    return left, right
