"""Rows of a review, and foreign keys that cannot cross from one review into another.

Django's foreign keys compare ids alone. Beside each of them stands a second one over
``(review_id, <field>_id)``, so that even raw SQL cannot link rows of two reviews.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation


class InReview(models.QuerySet):
    def in_review(self, review: Any):
        """Return the rows of this review (a Review or its id)."""
        return self.filter(review=review)


class ReviewRow(models.Model):
    """A row that belongs to one review, and says so in every key that points to it."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="+", db_index=False)

    objects = InReview.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["review", "id"], name="%(class)s_is_known_within_its_review"
            )
        ]


class Versioned(models.Model):
    """A row people edit in forms; a save from an older version is refused."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True


def crossing_fields(all_models) -> Iterator[tuple[type[models.Model], models.ForeignKey]]:
    """Yield each foreign key from one row of a review to another row of a review."""
    for model in all_models:
        if not _in_review(model) or hasattr(model, "pgh_tracked_model"):
            continue
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and _in_review(field.related_model):
                yield model, field


def constraint_name(model: type[models.Model], field: models.ForeignKey) -> str:
    return f"{model._meta.model_name}_{field.name}_is_of_the_same_review"


def _in_review(model: Any) -> bool:
    return any(field.name == "review" for field in model._meta.local_fields) and any(
        constraint.name.endswith("_is_known_within_its_review")
        for constraint in model._meta.constraints
    )


class EnsureCompositeKeys(Operation):
    """Add the composite foreign keys that are still missing; put it last in a migration.

    NOT DEFERRABLE, so that the error comes at the statement and not at COMMIT.
    """

    reversible = True

    def state_forwards(self, app_label, state) -> None:
        """Leave Django's state alone: it has no such constraint."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'")
            present = {name for (name,) in cursor.fetchall()}
        # Django's own keys are deferred statements: they must not come after ours.
        for model, field in crossing_fields(to_state.apps.get_models()):
            name = constraint_name(model, field)
            if name not in present:
                schema_editor.deferred_sql.append(_add(schema_editor.quote_name, model, field))

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Keep them: they fall with their tables."""

    def describe(self) -> str:
        return "Keep links between rows inside one review"


def _add(quote, model: type[models.Model], field: models.ForeignKey) -> str:
    return (
        f"ALTER TABLE {quote(model._meta.db_table)}"
        f" ADD CONSTRAINT {quote(constraint_name(model, field))}"
        f" FOREIGN KEY (review_id, {quote(field.column)})"
        f" REFERENCES {quote(field.related_model._meta.db_table)} (review_id, id) NOT DEFERRABLE"
    )


class Together(Operation):
    """Several operations against one state.

    Rendering Django's state anew for each of a hundred triggers takes half a minute; these
    operations (constraints, indexes, triggers) only need to see the state they lead to.
    """

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label, state) -> None:
        # Rendered models are brought up to date at every step; drop them, to render once.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"{len(self.operations)} constraints, indexes and triggers"
