"""Agree on one rating per study, and revise it with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from reviews.core.audit import because
from reviews.core.errors import DomainError
from reviews.protocol.members import Membership
from reviews.quality import rules
from reviews.quality.models import Rating, ReviewInstrument
from reviews.quality.services import make_agreed, refuse_incomplete, sheets_of, store
from reviews.studies.models import Study
from reviews.studies.services import lock_study

NOT_YET = "Not all ratings of this study are complete. They are compared once they are."


@dataclass(frozen=True, slots=True)
class Comparison:
    """The complete ratings of a study side by side, this person's first."""

    ratings: list[Rating]
    sheets: list[rules.Sheet]
    items: list[rules.Difference]

    @property
    def differing(self) -> list[rules.Difference]:
        return [item for item in self.items if not item.same]

    @property
    def same(self) -> list[rules.Difference]:
        return [item for item in self.items if item.same]

    @property
    def seen(self) -> str:
        """Return the ratings and the instrument with their versions: what a choice is about."""
        rows = sorted(self.ratings, key=lambda rating: rating.pk)
        instrument = self.ratings[0].instrument
        return ",".join(f"{row.pk}:{row.version}" for row in (*rows, instrument))


def differences(study: Study, instrument: ReviewInstrument, *, viewer: Any) -> Comparison:
    """Set the complete ratings of a study side by side.

    Raises
    ------
    DomainError
        Not all that are needed are complete; nothing of them shows.
    """
    complete = Rating.objects.visible_to(viewer).complete()
    ratings = list(
        complete.filter(study=study, instrument=instrument)
        .select_related("rater", "review", "instrument")
        .order_by("id")
    )
    if not ratings or len(ratings) < ratings[0].review.raters:
        raise DomainError(NOT_YET)
    ratings.sort(key=lambda rating: rating.rater_id != viewer.pk)
    found = sheets_of(ratings, viewer=viewer)
    sheets = [found[rating.pk] for rating in ratings]
    return Comparison(ratings, sheets, rules.compare(instrument.definition, sheets))


def shared(comparison: Comparison) -> rules.Sheet:
    """Return what all ratings say, which needs no choice."""
    sheet = rules.Sheet()
    for item in comparison.same:
        _take(sheet, item, {})
    return sheet


def may_revise(study: Study, instrument: ReviewInstrument, *, by: Any) -> bool:
    """Return True for those who may revise: who rated the study, and adjudicators."""
    membership = Membership.objects.open().filter(review=study.review_id, user=by).first()
    if membership is None:
        return False
    rated = Rating.objects.complete().filter(study=study, instrument=instrument, rater=by)
    return membership.can("adjudicate") or (membership.can("rate") and rated.exists())


def write_agreed(
    study: Study, comparison: Comparison, *, by: Any, choices: Mapping[str, Any]
) -> Rating:
    """Write the agreed rating: what the ratings share, and the choices where they differ.

    ``choices`` goes from key to an answer, or to (level, why); it may also correct what is shared.
    The caller holds the study's lock.

    Raises
    ------
    DomainError
        A difference has no choice, or a choice is none the instrument knows.
    """
    instrument = comparison.ratings[0].instrument
    sheet = rules.Sheet()
    for item in comparison.items:
        _take(sheet, item, choices)
    unknown = choices.keys() - sheet.answers.keys() - sheet.judgements.keys()
    found = [f"Neither rating has {key}." for key in sorted(unknown)]
    found += rules.problems(instrument.definition, sheet)
    if found:
        raise DomainError(" ".join(found[:3]))
    refuse_incomplete(_as_answered(instrument.definition, sheet), sheet)
    return make_agreed(study, instrument, sheet, by=by)


def _take(sheet: rules.Sheet, item: rules.Difference, choices: Mapping[str, Any]) -> None:
    chosen = choices.get(item.key)
    if chosen is None and not item.same:
        raise DomainError("Some differences are not settled yet. Choose a value for each.")
    value = item.agreed if chosen is None else chosen
    if item.kind == "answer":
        sheet.answers[item.key] = value
    else:
        sheet.judgements |= rules.tidy({item.key: value})


def _as_answered(definition: rules.Definition, sheet: rules.Sheet) -> rules.Definition:
    """Leave out questions nobody was asked: they were added after the ratings were complete."""
    answered = {rules.split_key(key)[0] for key in sheet.answers}
    items = [q["item"] for each in definition["domains"] for q in each["questions"]]
    late = {item: {"asked": False} for item in items if item not in answered}
    return rules.tailored(definition, questions=late)


@transaction.atomic
def revise_agreed(
    rating: Rating,
    *,
    by: Any,
    version: int,
    answers: Mapping[str, str],
    judgements: Mapping[str, rules.Judged],
    reason: str,
) -> Rating:
    """Change the agreed rating; the reason stays in the history beside the old text.

    Raises
    ------
    DomainError
        No reason is given, or something would be missing.
    StaleEdit
    """
    if not reason.strip():
        raise DomainError("Say why the agreed rating changes.")
    study = lock_study(rating.study)
    rating = Rating.objects.agreed().select_related("instrument").get(pk=rating.pk)
    _check_may(study, rating.instrument, by)
    changes = rules.Sheet(dict(answers), rules.tidy(judgements))
    before = sheets_of([rating], viewer=by)[rating.pk]
    with because(reason.strip()):
        rating = store(rating, by=by, version=version, changes=changes)
    after = sheets_of([rating], viewer=by)[rating.pk]
    refuse_incomplete(_as_answered(rating.instrument.definition, before), after)
    return rating


def _check_may(study: Study, instrument: ReviewInstrument, by: Any) -> None:
    if not may_revise(study, instrument, by=by):
        raise DomainError("Those who rated the study, or an adjudicator, agree on its rating.")
