"""Views that change something: decisions, 2x2 tables, runs. Each calls the pages' services."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import models
from reviews.api import serializers, writing
from reviews.api.base import InReview, filters
from reviews.api.idempotency import once
from reviews.api.results import ROWS
from reviews.api.schema import IDEMPOTENCY, refused
from reviews.core.errors import DomainError, StaleEdit
from reviews.core.http import request_id
from reviews.extraction.services import add_table, edit_table
from reviews.screening.services import record_decision
from reviews.synthesis.services import NO_RESULT, start_run
from reviews.synthesis.tables import TABLES

TABLE = OpenApiParameter(
    "table",
    str,
    OpenApiParameter.PATH,
    enum=list(TABLES),
    description="; ".join(f"{name}: {table.label}" for name, table in TABLES.items()),
)


class Items(InReview):
    """Records at a stage of screening, with their outcome once it is settled."""

    capability = "view"
    capabilities = {"decide": "screen"}
    model, serializer_class = models.ScreeningItem, serializers.Item
    filterset_class = filters(models.ScreeningItem, "record", texts=("stage", "outcome"))

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=writing.DecisionIn,
        responses={201: serializers.Decision},
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="decisions", url_name="decide")
    def decide(self, request: Request, **_kwargs: Any) -> Response:
        """Decide on an item, as its screening page does."""
        item = self.get_object()
        given = _given(writing.DecisionIn, self)
        return once(request, lambda: _created(serializers.Decision, self._decide(item, given)))

    def _decide(self, item: models.ScreeningItem, given: dict[str, Any]) -> models.Decision:
        return record_decision(item, by=self.request.user, **given)


class Tables(InReview):
    """2x2 tables: those of agreed extractions, your drafts, others once all are complete."""

    capability = "view"
    capabilities = dict.fromkeys(("create", "update", "partial_update"), "extract")
    model, serializer_class = models.TwoByTwo, serializers.TwoByTwo
    filterset_class = filters(
        models.TwoByTwo, "cohort", "index_test", "target_condition", "reference_standard"
    )

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=writing.NewTable,
        responses={201: serializers.TwoByTwo},
    )
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Add a table to a cohort of your draft."""
        given = _given(writing.NewTable, self)
        cohort, because = given.pop("cohort"), given.pop("because", "")
        return once(
            request,
            lambda: _created(
                serializers.TwoByTwo,
                add_table(cohort, by=request.user, reason=because, **given),
            ),
        )

    @extend_schema(
        request=writing.ChangedTable,
        responses={200: serializers.TwoByTwo, 409: serializers.RefusedTable},
    )
    def update(self, request: Request, *, partial: bool = False, **_kwargs: Any) -> Response:
        """Change a table of your draft; 409 with the table as it is where somebody saved first."""
        table = self.get_object()
        given = _given(writing.ChangedTable, self, partial=partial)
        if "version" not in given:
            raise ValidationError({"version": ["This field is required."]})
        because = given.pop("because", "")
        try:
            table = edit_table(table, by=request.user, reason=because, **given)
        except StaleEdit as error:
            current = serializers.TwoByTwo(error.current).data
            body = {"detail": str(error), "request": request_id(), "current": current}
            return Response(body, status=status.HTTP_409_CONFLICT)
        table.refresh_from_db()
        return Response(serializers.TwoByTwo(table).data)

    @extend_schema(
        request=writing.ChangedTable,
        responses={200: serializers.TwoByTwo, 409: serializers.RefusedTable},
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change some values of a table."""
        return self.update(request, partial=True, **kwargs)


class Runs(InReview):
    """Executions of plans, with frozen inputs and result."""

    capability = "view"
    capabilities = {"create": "run"}
    model, serializer_class = models.Run, serializers.Run
    filterset_class = filters(models.Run, "plan")

    @extend_schema(
        parameters=[IDEMPOTENCY], request=writing.RunIn, responses={201: serializers.Run}
    )
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Run a plan over today's tables; what was run already is answered."""
        plan = _given(writing.RunIn, self)["plan"]
        return once(request, lambda: _created(serializers.Run, start_run(plan, by=request.user)))

    @extend_schema(
        parameters=[TABLE], responses={200: ROWS, 409: refused(NO_RESULT)}, filters=False
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="tables/<slug:table>",
        url_name="table",
        pagination_class=None,
    )
    def table(self, request: Request, *, table: str, **_kwargs: Any) -> Response:
        """Return a table of a finished run's result, as its page and its files have it."""
        if table not in TABLES:
            raise NotFound
        run = self.get_object()
        if not run.finished_at:
            raise DomainError(NO_RESULT)
        head, *rows = TABLES[table].of(run)
        return Response([dict(zip(head, row, strict=True)) for row in rows])


def _given(serializer_class: Any, view: Any, *, partial: bool = False) -> dict[str, Any]:
    """Return the request's values, or refuse them field by field."""
    context = {"view": view, "request": view.request}
    serializer = serializer_class(data=view.request.data, partial=partial, context=context)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _created(serializer_class: Any, row: Any) -> Response:
    row.refresh_from_db()
    return Response(serializer_class(row).data, status=status.HTTP_201_CREATED)
