"""Events of the audit trail in words: who did what to what, from which value to which."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models

from reviews import models as all_models
from reviews.reporting.history import STAGE_OF, Found

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
        # What the machine noted: which job, how long.
        "job_id",
        "seconds",
        "finished_at",
    }
)
LONGEST = 160
NAMED = ("name", "label", "title", "file_name", "field", "domain", "item")
# What a row is called, in SQL; a person as by str().
BY_NAME = {
    get_user_model(): "coalesce(nullif(name, ''), email)",
    all_models.ExclusionReason: "name",
    all_models.Label: "name",
    all_models.IndexTest: "name",
    all_models.TargetCondition: "name",
    all_models.ReferenceStandard: "name",
    all_models.Source: "name",
    all_models.Study: "label",
    all_models.Plan: "name",
    all_models.Record: "title",
}
NOBODY, SOMEBODY = "The program", "somebody"

Names = dict[tuple[str, int], str]  # by model and id


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
    wanted: dict[Any, set[int]] = {
        get_user_model(): {each.context["user"] for each in events if each.context.get("user")}
    }
    for event in events:
        for field in event.model._meta.concrete_fields:
            if field.is_relation and field.related_model in BY_NAME:
                rows = (event.row, event.earlier or {})
                ids = {row[field.attname] for row in rows if row.get(field.attname)}
                wanted.setdefault(field.related_model, set()).update(ids)
    parts, parameters = [], []
    for model, ids in wanted.items():
        if ids:
            table, name = model._meta.db_table, BY_NAME[model]
            parts.append(
                f'SELECT %s, id, left({name}, 200) FROM "{table}" WHERE id = ANY(%s)'  # noqa: S608
            )
            parameters += [model.__name__, list(ids)]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return {(model, number): name for model, number, name in cursor.fetchall()}


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
        reason=str(event.context.get("reason") or ""),
        request=str(event.context.get("request") or ""),
    )


def _person(names: Names, user: int | None) -> str:
    return names.get((get_user_model().__name__, user), "") if user else ""


def _subject(event: Found, names: Names) -> str:
    kind = str(event.model._meta.verbose_name)
    kind = kind[:1].upper() + kind[1:]
    for field in NAMED:
        if value := event.row.get(field):
            return f"{kind} “{_short(value, 80)}”"
    if event.model is all_models.Membership:
        return f"{kind} of “{_person(names, event.row['user_id']) or SOMEBODY}”"
    for field in event.model._meta.concrete_fields:
        if field.is_relation and field.related_model is not get_user_model():
            key = (field.related_model.__name__, event.row.get(field.attname))
            if key in names:
                return f"{kind} of “{_short(names[key], 80)}”"
    return f"{kind} {event.row.get('id') or event.row['pgh_obj_id']}"


def _changes(event: Found, names: Names) -> Iterator[Change]:
    earlier = event.earlier or {}
    if event.label == "delete":
        return
    for field in event.model._meta.concrete_fields:
        key = field.attname
        if key not in event.row or key in NOT_SHOWN:
            continue
        before, after = earlier.get(key), event.row[key]
        if before != after and not (event.label == "insert" and after in (None, "", [], {})):
            words = [_value(field, value, names) for value in (before, after)]
            known = bool(earlier) and event.label != "insert"
            yield Change(str(field.verbose_name), words[0] if known else "", words[1])


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
    return _short(value, LONGEST)


def _short(value: Any, most: int) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
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
