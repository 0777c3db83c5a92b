"""What the pages of this stage share: finding things within the review, and stale saves."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse

from reviews.core.errors import StaleEdit
from reviews.core.versions import stale_page
from reviews.protocol.models import IndexTest, Review
from reviews.quality import rules
from reviews.quality.forms import initial_of
from reviews.quality.models import Rating, ReviewInstrument
from reviews.quality.reading import Column, worst
from reviews.quality.services import instrument_of, sheets_of


def find_instrument(review: Review, code: str) -> ReviewInstrument:
    try:
        return instrument_of(review, code)
    except LookupError as error:
        raise Http404("No such instrument.") from error


def demand_rater_or_adjudicator(request: HttpRequest) -> None:
    membership = request.membership  # type: ignore[attr-defined]
    if not (membership.can("rate") or membership.can("adjudicate")):
        raise PermissionDenied


def stale_rating(request: HttpRequest, form: BaseForm, error: StaleEdit) -> HttpResponse:
    """Answer with both texts; what a rating says stands in rows of its own, so lend it here."""
    saved = sheets_of([error.current], viewer=request.user)[error.current.pk]
    for name, value in initial_of(saved).items():
        setattr(error.current, name, value)
    response = stale_page(request, form, error)
    if request.headers.get("HX-Request"):
        response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML"
    return response


def test_names(review: Review) -> dict[int, str]:
    return dict(
        IndexTest.objects.in_review(review)
        .filter(retired_at__isnull=True)
        .values_list("pk", "name")
    )


def sections_for(rating: Rating, sheet: rules.Sheet, names: dict[int, str]) -> list[rules.Section]:
    """Return what can be rated: each of the review's index tests where they are rated apart."""
    definition = rating.instrument.definition
    return list(rules.sections(definition, sorted({*names, *rules.tests_of(sheet)})))


def title_of(section: rules.Section, names: dict[int, str]) -> str:
    name = section.domain["name"]
    return f"{name}: {names.get(section.test, 'index test')}" if section.test else name


def judgement_rows(
    sheets: list[tuple[str, rules.Sheet]], columns: list[Column]
) -> list[dict[str, Any]]:
    """Return a line of judgements per rater for the small matrix."""
    return [
        {"name": name, "cells": [(column, _level(sheet, column.key)) for column in columns]}
        for name, sheet in sheets
    ]


def _level(sheet: rules.Sheet, key: str) -> str:
    return worst(
        level for each, (level, _) in sheet.judgements.items() if rules.split_key(each)[0] == key
    )


def widths(shown: list[Column]) -> dict[str, int]:
    """Return how many columns each half of a matrix has."""
    bias = sum(column.kind == "bias" for column in shown)
    return {"bias_columns": bias, "concern_columns": len(shown) - bias}
