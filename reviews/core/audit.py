"""The audit trail: every change of what people decide or edit, recorded by triggers.

Events are append-only rows beside each table, with user, request and reason as context.
"""

from collections.abc import Callable
from typing import Any

import pghistory
from django.db import models
from django.http import HttpRequest, HttpResponse

from reviews.core.http import request_id


def audited(*, inserts: bool = True, exclude: list[str] | None = None) -> Callable[[Any], Any]:
    """Track a model's rows; inserts may be left out where a stored file is the evidence."""
    trackers = [pghistory.UpdateEvent(), pghistory.DeleteEvent()]
    if inserts:
        trackers.insert(0, pghistory.InsertEvent())

    def decorate(model: Any) -> Any:
        in_review = any(field.name == "review" for field in model._meta.local_fields)
        index = models.Index(
            fields=["review", "pgh_created_at", "pgh_id"] if in_review else ["pgh_obj", "pgh_id"],
            name=f"{model._meta.model_name[:22]}_history",
        )
        return pghistory.track(*trackers, exclude=exclude, meta={"indexes": [index]})(model)

    return decorate


def because(reason: str):
    """Give the reason for the changes made inside the block or for the rest of the request."""
    return pghistory.context(reason=reason[:500])


def events_of(row: models.Model) -> models.QuerySet:
    """Return what the audit trail holds of a row, newest first, with its context."""
    model = next(
        relation.related_model
        for relation in row._meta.related_objects
        if hasattr(relation.related_model, "pgh_tracked_model")
        and relation.related_model.pgh_tracked_model is type(row)
    )
    events = model._base_manager.filter(pgh_obj=row.pk)
    if any(field.name == "review" for field in model._meta.local_fields):
        events = events.filter(review=row.review_id)
    return events.select_related("pgh_context").order_by("-pgh_id")


class HistoryContext:
    """Record who asked, in which request, with every change the request makes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return self.get_response(request)
        user = request.user.pk if request.user.is_authenticated else None
        with pghistory.context(user=user, request=request_id(), url=request.path[:200]):
            return self.get_response(request)
