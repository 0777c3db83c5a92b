"""Agreed ratings as CSV."""

from collections.abc import Iterator
from typing import Any

from reviews.core.tables import csv_lines
from reviews.protocol.models import IndexTest
from reviews.quality import rules
from reviews.quality.models import Rating, ReviewInstrument
from reviews.quality.services import sheets_of

AT_ONCE = 500


def lines_of(instrument: ReviewInstrument, *, viewer: Any) -> Iterator[str]:
    """Yield the file: a line per agreed study, or per study and index test."""
    return csv_lines(_heads(instrument.definition), _rows(instrument, viewer))


def _rows(instrument: ReviewInstrument, viewer: Any) -> Iterator[list[str]]:
    if instrument.pk is None:
        return
    definition = instrument.definition
    names = dict(IndexTest.objects.in_review(instrument.review_id).values_list("pk", "name"))
    last = 0
    while ratings := _after(instrument, last, viewer):
        sheets = sheets_of(ratings, viewer=viewer)
        for rating in ratings:
            for test in _tests(definition, sheets[rating.pk]):
                yield _row(definition, rating, sheets[rating.pk], test, names)
        last = ratings[-1].pk


def _after(instrument: ReviewInstrument, last: int, viewer: Any) -> list[Rating]:
    agreed = Rating.objects.visible_to(viewer).agreed().filter(instrument=instrument, pk__gt=last)
    return list(agreed.select_related("study", "agreed_by").order_by("pk")[:AT_ONCE])


def _tests(definition: rules.Definition, sheet: rules.Sheet) -> list[int | None]:
    return [*rules.tests_of(sheet)] or [None] if definition["per_index_test"] else [None]


def _parts(definition: rules.Definition) -> Iterator[tuple[dict[str, Any], rules.Section]]:
    for domain in definition["domains"]:
        yield domain, rules.Section(domain)


def _heads(definition: rules.Definition) -> list[str]:
    heads = ["study", "instrument", "edition", "index test", "agreed by", "agreed on"]
    for domain, section in _parts(definition):
        for kind in section.kinds:
            name = f"{domain['name']}: {rules.KIND_NAMES[kind].lower()}"
            heads += [name, f"{name}, why"]
        heads += [f"{question['item']} {question['text']}" for question in section.questions]
    return heads


def _row(
    definition: rules.Definition,
    rating: Rating,
    sheet: rules.Sheet,
    test: int | None,
    names: dict[int, str],
) -> list[str]:
    row = [
        rating.study.label,
        definition["name"],
        definition["edition"],
        names.get(test or 0, ""),
        str(rating.agreed_by),
        f"{rating.completed_at:%Y-%m-%d}",
    ]
    for domain, section in _parts(definition):
        of = test if rules.repeats(definition, domain) else None
        section = rules.Section(domain, of)
        for kind in section.kinds:
            row += sheet.judgements.get(section.judgement_key(kind), ("", ""))
        row += [sheet.answers.get(section.answer_key(q["item"]), "") for q in section.questions]
    return row
