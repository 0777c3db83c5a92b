"""Events of the audit trail in words: who did what to what, from which value to which."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime

from reviews import models as all_models
from reviews.reporting.history import STAGE_OF, Found
from reviews.reporting.job_words import WORDS
from reviews.reporting.naming import NAMED_BY, Names, names_of

VERBS = {"insert": "added", "update": "changed", "delete": "deleted"}
NOT_SHOWN = frozenset(
    {
        "id",
        "version",
        "review_id",
        "position",
        "created_at",
        "rank",
        "idempotency_key",
        "raw",
        "seen",
    }
)
# What the machine noted: which job, how long. Told where nothing else changed.
OF_THE_MACHINE = frozenset({"job_id", "seconds", "finished_at"})
LONGEST = 160
NAMED = ("name", "label", "title", "file_name", "field", "domain", "item", "code")
# What a row is called by, and what one with a name of its own stands in.
NO_OWNERS = (all_models.ReviewInstrument, get_user_model())
OWNERS = tuple(model for model in NAMED_BY if model not in NO_OWNERS)
WITHIN = (all_models.Extraction, all_models.Rating)
# How a record was imported; the trail begins with its first change.
IMPORTED = {"group_id": None, "kept": True}
NOBODY, SOMEBODY = "The program", "somebody"
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Change:
    """A field's value before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a person reads it."""

    what: str
    who: str
    when: datetime
    stage: str
    verb: str
    changes: tuple[Change, ...]
    reason: str
    request: str

    @property
    def sentence(self) -> str:
        said = "; ".join(f"{each.field}: {each.after}" for each in self.changes[:2])
        return f"{self.what} {self.verb}" + (f" ({said})" if said and self.verb != "added" else "")


def tell(events: list[Found], *, viewer: Any) -> list[Told]:
    """Put events into words; who changed what rows refer to is looked up in one query."""
    names = _names(events)
    return [_told(event, names, viewer) for event in events]


def _names(events: list[Found]) -> Names:
    """Look up people and what foreign keys refer to, in one query over all lists."""
    wanted: dict[type, set[int]] = {
        get_user_model(): {each.context["user"] for each in events if each.context.get("user")}
    }
    for event in events:
        for field in event.model._meta.concrete_fields:
            if field.is_relation and field.related_model in NAMED_BY:
                rows = (event.row, event.earlier or {})
                ids = {row[field.attname] for row in rows if row.get(field.attname)}
                wanted.setdefault(field.related_model, set()).update(ids)
    return names_of(wanted)


def _told(event: Found, names: Names, viewer: Any) -> Told:
    user = event.context.get("user")
    who = _person(names, user) or NOBODY
    return Told(
        what=_subject(event, names),
        who="You" if viewer is not None and user == viewer.pk else who,
        when=event.when,
        stage=STAGE_OF[event.model.__name__],
        verb=VERBS.get(event.label, event.label),
        changes=tuple(_changes(event, names)),
        reason=_reason(event),
        request=str(event.context.get("request") or ""),
    )


def _person(names: Names, user: int | None) -> str:
    return names.get((get_user_model().__name__, user), "") if user else ""


def _reason(event: Found) -> str:
    """Return why, in words: what a job does by itself it does because of what it is."""
    reason = str(event.context.get("reason") or "")
    return WORDS.get(reason, reason)


def _subject(event: Found, names: Names) -> str:
    kind = str(event.model._meta.verbose_name)
    kind = kind[:1].upper() + kind[1:]
    if event.model is all_models.Membership:
        return f"{kind} of “{_person(names, event.row['user_id']) or SOMEBODY}”"
    own = next((event.row[field] for field in NAMED if event.row.get(field)), None)
    whose = next(_owners(event, names, WITHIN if own else OWNERS), None)
    if own:
        kind = f"{kind} “{_short(own, 80)}”"
    if whose:
        kind = f"{kind} of “{_short(whose, 80)}”"
    return kind if own or whose else f"{kind} {event.row.get('id') or event.row['pgh_obj_id']}"


def _owners(event: Found, names: Names, models: tuple[type, ...]) -> Iterator[str]:
    """Yield the names of what the row refers to, in the order of its fields."""
    for field in event.model._meta.concrete_fields:
        if field.related_model in models:
            name = names.get((field.related_model.__name__, event.row.get(field.attname) or 0))
            if name:
                yield name


def _changes(event: Found, names: Names) -> Iterator[Change]:
    if event.label == "delete":
        return
    earlier = event.earlier or {}
    if event.model is all_models.Record and not earlier:
        earlier = event.row | IMPORTED
    changed = [field for field in _fields(event) if _differs(event, earlier, field.attname)]
    told = [field for field in changed if field.attname not in OF_THE_MACHINE]
    for field in told or changed:
        before, after = earlier.get(field.attname), event.row[field.attname]
        words = [_value(field, value, names) for value in (before, after)]
        known = bool(earlier) and event.label != "insert"
        yield Change(str(field.verbose_name), words[0] if known else "", words[1])


def _fields(event: Found) -> Iterator[models.Field]:
    for field in event.model._meta.concrete_fields:
        if field.attname in event.row and field.attname not in NOT_SHOWN:
            yield field


def _differs(event: Found, earlier: dict[str, Any], name: str) -> bool:
    after = event.row[name]
    return earlier.get(name) != after and not (event.label == "insert" and after in EMPTY)


def _value(field: models.Field, value: Any, names: Names) -> str:
    if value is None or value == "":
        return "nothing"
    if field.is_relation:
        if field.related_model is get_user_model():
            return _person(names, value) or SOMEBODY
        return _short(names.get((field.related_model.__name__, value), f"no. {value}"), LONGEST)
    if choices := dict(field.flatchoices):
        return str(choices.get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    say = SAID.get((field.model, field.attname)) or SAID.get(type(field), _plain)
    return _short(say(value), LONGEST)


def _plain(value: Any) -> str:
    """Return a value as a person would write it down.

    >>> _plain({"1.1": "yes", "index_tests": [1, 2], "note": None})
    '1.1: yes; index tests: 1, 2; note: none'
    """
    if isinstance(value, dict):
        pairs = ((str(name).replace("_", " "), _plain(each)) for name, each in value.items())
        return "; ".join(f"{name}: {each}" for name, each in pairs)
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return "none" if value is None else str(value)


def _moment(value: str) -> str:
    moment = parse_datetime(value)
    return date_format(localtime(moment), "j M Y H:i:s") if moment else value


def _day(value: str) -> str:
    day = parse_date(value)
    return date_format(day, "j M Y") if day else value


def _tables(inputs: list[dict[str, Any]]) -> str:
    return f"{len(inputs)} 2x2 tables: " + "; ".join(str(each.get("label")) for each in inputs)


def _pooled(result: dict[str, Any]) -> str:
    """Return what a run found, or that nothing could be pooled."""
    fit = result.get("fit") or {}
    found = [
        f"{name} {fit[name]['estimate']:.3f}"
        for name in ("sensitivity", "specificity")
        if (fit.get(name) or {}).get("estimate") is not None
    ]
    return ", ".join(found) or "no pooled estimate"


SAID: dict[Any, Callable[[Any], str]] = {
    models.DateTimeField: _moment,
    models.DateField: _day,
    (all_models.Run, "inputs"): _tables,
    (all_models.Run, "result"): _pooled,
}


def _short(value: Any, most: int) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def rows_for_export(told: Iterable[Told]) -> Iterator[tuple[Any, ...]]:
    """Yield the lines of the activity's CSV."""
    for each in told:
        changed = "; ".join(f"{c.field}: {c.before} → {c.after}" for c in each.changes)
        yield (
            each.when.isoformat(timespec="seconds"),
            each.who,
            each.stage,
            each.what,
            each.verb,
            changed,
            each.reason,
            each.request,
        )
