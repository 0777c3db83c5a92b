"""Agreed ratings as figures: what is drawn, and the files."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from reviews import bridge
from reviews.core.errors import DomainError
from reviews.protocol.models import Review
from reviews.quality import rules
from reviews.quality.instruments import DEFAULT
from reviews.quality.models import Judgement, Rating, ReviewInstrument
from reviews.quality.reading import MOST_COUNTED, WHERE_AGREED, columns, worst
from reviews.quality.services import instrument_of

NAMES = {"traffic-light": "Traffic light", "bars": "Stacked bars"}
FILES = {
    f"{name}.{kind}": (name, kind, content_type)
    for name in NAMES
    for kind, content_type in bridge.FIGURE_KINDS.items()
}


def offered() -> list[dict[str, Any]]:
    """Return the figures as a list of links."""
    kinds = list(bridge.FIGURE_KINDS)
    return [{"name": name, "label": label, "kinds": kinds} for name, label in NAMES.items()]


def draw(instrument: ReviewInstrument, file: str, *, viewer: Any) -> tuple[bytes, str]:
    """Return a figure of `FILES` of the agreed ratings, and its content type.

    Raises
    ------
    DomainError
        No study has an agreed rating.
    """
    name, kind, content_type = FILES[file]
    shown = columns(instrument.definition)
    agreed = _agreed(instrument, viewer)
    if not agreed:
        raise DomainError("No study has an agreed rating yet.")
    levels = _levels(agreed, viewer)
    drawn = bridge.quality_file(
        [(column.name, column.kind == rules.APPLICABILITY) for column in shown],
        [rating.study.label for rating in agreed],
        [[levels[rating.study_id].get(column.key) for column in shown] for rating in agreed],
        name,
        kind,
    )
    return drawn, content_type


def bias_of(
    review: Review, studies: Sequence[int], *, viewer: Any
) -> tuple[list[str], list[list[str | None] | None]]:
    """Return the domains, and the agreed judgements of risk of bias of each of these studies.

    None for a study without an agreed rating.
    """
    instrument = instrument_of(review, DEFAULT)
    shown = [column for column in columns(instrument.definition) if column.kind == rules.BIAS]
    levels = _levels(_agreed(instrument, viewer, studies), viewer)
    rows = [[levels[study].get(column.key) for column in shown] for study in studies]
    return [column.name for column in shown], [row if any(row) else None for row in rows]


def _agreed(
    instrument: ReviewInstrument, viewer: Any, studies: Sequence[int] | None = None
) -> list[Rating]:
    """Return the agreed ratings in the order of the studies' labels, a thousand at most."""
    if instrument.pk is None:
        return []
    found = Rating.objects.visible_to(viewer).agreed().filter(instrument=instrument)
    if studies is not None:
        found = found.filter(study__in=set(studies))
    return list(found.select_related("study").order_by("study__label", "pk")[:MOST_COUNTED])


def _levels(ratings: Sequence[Rating], viewer: Any) -> dict[int, dict[str, str]]:
    """Return by study and column the level; of several index tests the most serious."""
    said: dict[tuple[int, str], list[str]] = defaultdict(list)
    ids = [rating.pk for rating in ratings]
    found = Judgement.objects.visible_to(viewer).filter(**WHERE_AGREED, rating__in=ids)
    for study, domain, kind, level in found.values_list("rating__study", "domain", "kind", "level"):
        said[study, f"{domain}.{kind}"].append(level)
    levels: dict[int, dict[str, str]] = defaultdict(dict)
    for (study, key), each in said.items():
        levels[study][key] = worst(each)
    return levels
