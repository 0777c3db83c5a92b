"""What every set of views of the API shares: the gate, the review, the name in the audit trail."""

from typing import Any

import django_filters
import pghistory
from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from reviews.protocol.members import ApiToken, Membership
from reviews.protocol.models import Review


class Named(viewsets.GenericViewSet):
    """Tell the audit trail who acts: a token's user is unknown before the API looks."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS and request.user.is_authenticated:
            token = request.auth if isinstance(request.auth, ApiToken) else None
            pghistory.context(user=request.user.pk, **({"token": token.pk} if token else {}))


class InReview(mixins.ListModelMixin, mixins.RetrieveModelMixin, Named):
    """Rows of one review, of which a member sees what ``visible_to`` allows."""

    capability = "view"
    model: type[Model]
    lookup_value_converter = "int"
    review: Review
    membership: Membership

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        rows = self.model.objects.in_review(self.review)  # type: ignore[attr-defined]
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(self.request.user)
        return rows


def filters(model: type[Model], *numbers: str, texts: tuple[str, ...] = ()) -> type:
    """Return filters by number or exact text; a foreign id finds as little as a missing one."""
    fields: dict[str, Any] = {
        name: django_filters.NumberFilter(field_name=name, decimal_places=0) for name in numbers
    }
    fields |= {name: django_filters.CharFilter(field_name=name) for name in texts}
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filter", (django_filters.FilterSet,), {"Meta": meta, **fields})
