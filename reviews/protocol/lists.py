"""What the protocol offers to choose from."""

from typing import Any

from django.db.models import CharField, F, QuerySet, Value

from reviews.protocol.models import ListRow


def offered(model: type[ListRow], review: Any) -> QuerySet:
    """Return the entries of a list that are in use, in the protocol's order."""
    return model.objects.in_review(review).filter(retired_at__isnull=True)


def fetch_together(**lists: QuerySet) -> dict[str, list[Any]]:
    """Return the entries of several lists, in the protocol's order, in one query.

    Of each entry its name, description and kind are at hand; more is fetched when asked for.
    """
    queries = []
    for name, entries in lists.items():
        kind = F("kind") if _has_kind(entries.model) else Value("", CharField())
        rows = entries.order_by().annotate(list=Value(name), of_kind=kind)
        queries.append(rows.values_list("list", "position", "pk", "name", "description", "of_kind"))
    found: dict[str, list[Any]] = {name: [] for name in lists}
    for name, _, *values in sorted(queries[0].union(*queries[1:], all=True)):
        model = lists[name].model
        fields = ["id", "name", "description", *(["kind"] if _has_kind(model) else [])]
        found[name].append(model.from_db(None, fields, values[: len(fields)]))
    return found


def _has_kind(model: type[ListRow]) -> bool:
    return any(field.name == "kind" for field in model._meta.local_fields)
