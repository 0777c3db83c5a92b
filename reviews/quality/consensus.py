"""Agree on a rating: propose, confirm, refuse, or settle it as an adjudicator."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from reviews.core.errors import DomainError
from reviews.quality.agreeing import Comparison, differences, write_agreed
from reviews.quality.models import Rating, ReviewInstrument
from reviews.studies import agreements
from reviews.studies.models import Agreement, Study
from reviews.studies.services import lock_study

KIND = Agreement.Kind.RATING
COMPARE_AGAIN = "The ratings changed while you compared. Nothing was saved; compare again."


@transaction.atomic
def propose_agreement(
    study: Study,
    instrument: ReviewInstrument,
    *,
    by: Any,
    choices: Mapping[str, Any],
    seen: str | None = None,
    note: str = "",
) -> Agreement:
    """Propose a choice for each difference (see ``agreeing.write_agreed``); it becomes the agreed
    rating once the other rater confirms, at once where there is nothing to confirm.

    Parameters
    ----------
    seen : str, optional
        ``Comparison.seen`` as it was shown; refused where a rating has changed since.
    """
    matter = _locked_matter(study, instrument, by, seen)
    return agreements.propose(matter, by=by, choices=choices, note=note, beyond=bool(choices))


def confirm_agreement(
    study: Study, instrument: ReviewInstrument, *, by: Any, agreement: int
) -> Agreement:
    """Say yes to the proposal of this number.

    Raises
    ------
    DomainError
        It is not this person's to confirm, or something changed since it was made.
    """
    with transaction.atomic():
        matter = _locked_matter(study, instrument, by)
        confirmed = agreements.confirm(matter, by=by, agreement=agreement)
    if confirmed is None:
        raise DomainError(agreements.CHANGED)
    return confirmed


@transaction.atomic
def refuse_agreement(
    study: Study, instrument: ReviewInstrument, *, by: Any, agreement: int, note: str = ""
) -> None:
    """Turn the proposal of this number down, or take one's own back."""
    matter = _locked_matter(study, instrument, by)
    agreements.refuse(matter, by=by, agreement=agreement, note=note)


@transaction.atomic
def adjudicate(
    study: Study,
    instrument: ReviewInstrument,
    *,
    by: Any,
    choices: Mapping[str, Any],
    seen: str | None = None,
    note: str = "",
) -> Agreement:
    """Settle what differs as a member who did not rate this study."""
    matter = _locked_matter(study, instrument, by, seen)
    return agreements.settle(matter, by=by, choices=choices, note=note)


def standing_of(study: Study, comparison: Comparison, *, viewer: Any) -> agreements.Standing:
    """Return what the page of this person offers; the ratings are open, as compared."""
    return agreements.standing_of(_matter(study, comparison), viewer=viewer)


def _locked_matter(
    study: Study, instrument: ReviewInstrument, by: Any, seen: str | None = None
) -> agreements.Matter:
    study = lock_study(study)
    if Rating.objects.agreed().filter(study=study, instrument=instrument).exists():
        raise DomainError("This study has been agreed already. Nothing was changed.")
    comparison = differences(study, instrument, viewer=by)
    if seen is not None and seen != comparison.seen:
        raise DomainError(COMPARE_AGAIN)
    return _matter(study, comparison)


def _matter(study: Study, comparison: Comparison) -> agreements.Matter:
    instrument = comparison.ratings[0].instrument
    ratings = Rating.objects.filter(study=study, instrument=instrument, agreed=False)
    return agreements.Matter(
        study=study,
        kind=KIND,
        instrument=instrument.code,
        drafters={rating.rater_id: rating.rater for rating in comparison.ratings},
        took_part=lambda person: ratings.filter(rater=person).exists(),
        capability="rate",
        differs=bool(comparison.differing),
        seen=comparison.seen,
        write=lambda choices, by: write_agreed(study, comparison, by=by, choices=_read(choices)),
    )


def _read(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return choices as they were given: a stored pair comes back as a list."""
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in choices.items()
    }
