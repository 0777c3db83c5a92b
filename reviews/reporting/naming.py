"""What the rows that events refer to are called, however far away the name stands."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, Left, NullIf

from reviews import models as all_models

LONGEST = 200
Names = dict[tuple[str, int], str]


def _joined(first: str, second: str) -> Combinable:
    return Concat(first, Value(", "), second, output_field=CharField())


NAMED_BY: dict[type, Combinable] = {
    # As by str().
    get_user_model(): Coalesce(NullIf("name", Value("")), "email", output_field=CharField()),
    all_models.ExclusionReason: F("name"),
    all_models.Label: F("name"),
    all_models.IndexTest: F("name"),
    all_models.TargetCondition: F("name"),
    all_models.ReferenceStandard: F("name"),
    all_models.Source: F("name"),
    all_models.Search: F("source__name"),
    all_models.ImportBatch: Coalesce(
        NullIf("file_name", Value("")), F("search__source__name"), output_field=CharField()
    ),
    all_models.Record: F("title"),
    all_models.ScreeningItem: F("record__title"),
    all_models.Settlement: F("item__record__title"),
    all_models.Report: F("record__title"),
    all_models.ReportFile: F("name"),
    all_models.Study: F("label"),
    all_models.Extraction: F("study__label"),
    all_models.Cohort: _joined("extraction__study__label", "name"),
    all_models.TwoByTwo: _joined("cohort__extraction__study__label", "cohort__name"),
    all_models.Rating: F("study__label"),
    all_models.Agreement: F("study__label"),
    all_models.ReviewInstrument: F("code"),
    all_models.Plan: F("name"),
}


def names_of(wanted: dict[type, set[int]]) -> Names:
    """Look up what these rows are called, by the name of their model and their number.

    One query, however many kinds of rows there are.
    """
    parts = [_named(model, ids) for model, ids in wanted.items() if ids]
    if not parts:
        return {}
    rows: Iterable[tuple[str, int, str]] = parts[0].union(*parts[1:], all=True)
    return {(model, number): name for model, number, name in rows}


def _named(model: type, ids: set[int]) -> QuerySet:
    # Not through the manager of lists: what was retired since is still called so.
    rows = model._base_manager.filter(pk__in=ids).order_by()  # type: ignore[attr-defined]
    name = Left(Cast(NAMED_BY[model], CharField()), LONGEST)
    return rows.values_list(Value(model.__name__, CharField()), "pk", name)
