"""Agree on an extraction: propose, confirm, refuse, or settle it as an adjudicator."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from reviews.core.errors import DomainError
from reviews.extraction.agreeing import Sides, sides_of, write_agreed
from reviews.extraction.models import Extraction
from reviews.studies import agreements
from reviews.studies.models import Agreement, Study
from reviews.studies.services import lock_study

KIND = Agreement.Kind.EXTRACTION
COMPARE_AGAIN = "A draft changed while you compared. Nothing was saved; compare again."


@transaction.atomic
def propose_agreement(
    study: Study, *, by: Any, choices: Mapping[str, Any], seen: str | None = None, note: str = ""
) -> Agreement:
    """Propose a choice for each difference (see ``agreeing.write_agreed``); it becomes the final
    extraction once the other extractor confirms, at once where there is nothing to confirm.

    Parameters
    ----------
    seen : str, optional
        ``Sides.seen`` as it was shown; refused where a draft has changed since.
    """
    matter, sides = _locked_matter(study, seen)
    return agreements.propose(matter, by=by, choices=_kept(sides, choices), note=note)


def confirm_agreement(study: Study, *, by: Any, agreement: int) -> Agreement:
    """Say yes to the proposal of this number.

    Raises
    ------
    DomainError
        It is not this person's to confirm, or something changed since it was made.
    """
    with transaction.atomic():
        matter, _ = _locked_matter(study)
        confirmed = agreements.confirm(matter, by=by, agreement=agreement)
    if confirmed is None:
        raise DomainError(agreements.CHANGED)
    return confirmed


@transaction.atomic
def refuse_agreement(study: Study, *, by: Any, agreement: int, note: str = "") -> None:
    """Turn the proposal of this number down, or take one's own back."""
    agreements.refuse(_locked_matter(study)[0], by=by, agreement=agreement, note=note)


@transaction.atomic
def adjudicate(
    study: Study, *, by: Any, choices: Mapping[str, Any], seen: str | None = None, note: str = ""
) -> Agreement:
    """Settle what differs as a member who extracted nothing of this study."""
    matter, sides = _locked_matter(study, seen)
    return agreements.settle(matter, by=by, choices=_kept(sides, choices), note=note)


def standing_of(study: Study, sides: Sides, *, viewer: Any) -> agreements.Standing:
    """Return what the page of this person offers; the drafts are open, as ``sides`` shows."""
    return agreements.standing_of(_matter(study, sides), viewer=viewer)


def _locked_matter(study: Study, seen: str | None = None) -> tuple[agreements.Matter, Sides]:
    study = lock_study(study)
    if Extraction.objects.filter(study=study, final=True).exists():
        raise DomainError("This study has been agreed already. Nothing was changed.")
    sides = sides_of(study)
    if seen is not None and seen != sides.seen:
        raise DomainError(COMPARE_AGAIN)
    return _matter(study, sides), sides


def _matter(study: Study, sides: Sides) -> agreements.Matter:
    drafts = Extraction.objects.filter(study=study, final=False)
    return agreements.Matter(
        study=study,
        kind=KIND,
        drafters={draft.extractor_id: draft.extractor for draft in sides.drafts},
        took_part=lambda person: drafts.filter(extractor=person).exists(),
        capability="extract",
        differs=bool(sides.differences),
        seen=sides.seen,
        write=lambda choices, by: write_agreed(study, sides, by=by, choices=choices),
    )


def _kept(sides: Sides, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is no difference; it would be stored and do nothing."""
    return {each.key: choices[each.key] for each in sides.differences if each.key in choices}
