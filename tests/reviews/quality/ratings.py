"""Ratings for these tests: what raters say, and studies rated by them."""

from reviews.models import Rating
from reviews.quality import consensus
from reviews.quality.instruments import definition_of
from reviews.quality.rules import sections
from reviews.quality.services import complete_rating, save_rating, start_rating, use_instrument


def all_answers(value="yes"):
    definition = definition_of("quadas-2")
    return {q["item"]: value for each in sections(definition, []) for q in each.questions}


def all_judgements(level="low", why="Because of what the report says."):
    definition = definition_of("quadas-2")
    keys = [each.judgement_key(kind) for each in sections(definition, []) for kind in each.kinds]
    return dict.fromkeys(keys, (level, why))


def draft(study, by, answers=None, judgements=None):
    instrument = use_instrument(study.review, by=by)
    rating = start_rating(study, instrument, by=by)
    return save_rating(
        rating,
        by=by,
        version=rating.version,
        answers=all_answers() | (answers or {}),
        judgements=all_judgements() | (judgements or {}),
    )


def rated(study, by, answers=None, judgements=None):
    return complete_rating(draft(study, by, answers, judgements), by=by)


def agreed(study, one, other, choices=None):
    """Agree on a rating: one rater proposes, the other confirms where that is needed."""
    instrument = use_instrument(study.review, by=one)
    agreement = consensus.propose_agreement(study, instrument, by=one, choices=choices or {})
    if agreement.in_force_at is None:
        consensus.confirm_agreement(study, instrument, by=other, agreement=agreement.pk)
    return Rating.objects.agreed().get(study=study)
