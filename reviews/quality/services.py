"""Write ratings: use and tailor an instrument, rate, complete. Agreement is in agreeing.py."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet
from django.utils import timezone

from reviews.core.errors import DomainError, StaleEdit
from reviews.core.versions import save_version
from reviews.protocol.models import IndexTest, Review
from reviews.protocol.services import asked_for_at_most
from reviews.quality import rules
from reviews.quality.instruments import DEFAULT, INSTRUMENTS, definition_of
from reviews.quality.models import Answer, Judgement, Rating, ReviewInstrument
from reviews.studies.models import Study
from reviews.studies.services import lock_study

MOST_QUESTIONS = 60


# ---- the instrument ----


def instrument_of(review: Review, code: str = DEFAULT) -> ReviewInstrument:
    """Return the instrument as this review uses it; not stored yet where nobody used it.

    Raises
    ------
    LookupError
        There is no instrument of this code.
    """
    found = ReviewInstrument.objects.in_review(review).filter(code=code).first()
    if found:
        return found
    definition = definition_of(code)
    return ReviewInstrument(
        review=review, code=code, edition=definition["edition"], definition=definition
    )


@transaction.atomic
def use_instrument(review: Review, *, by: Any, code: str = DEFAULT) -> ReviewInstrument:
    """Return the review's copy of the instrument, made when it is first needed."""
    if code not in INSTRUMENTS:
        raise DomainError("Quadrant does not know this instrument.")
    definition = definition_of(code)
    return ReviewInstrument.objects.get_or_create(
        review=review,
        code=code,
        defaults={"edition": definition["edition"], "definition": definition},
    )[0]


@transaction.atomic
def tailor_instrument(
    instrument: ReviewInstrument,
    *,
    by: Any,
    version: int,
    questions: Mapping[str, Mapping[str, Any]],
    added: Collection[Mapping[str, str]] = (),
    per_index_test: bool | None = None,
) -> ReviewInstrument:
    """Word, leave out or add questions, as the review needs them.

    Raises
    ------
    DomainError
        A question lost its words, a domain would keep none, or ratings stand in the way.
    """
    instrument = ReviewInstrument.objects.select_for_update().get(pk=instrument.pk)
    if instrument.version != version:
        raise StaleEdit(instrument)
    definition = rules.tailored(
        instrument.definition, questions=questions, added=added, per_index_test=per_index_test
    )
    _check_tailored(instrument, definition)
    if definition == instrument.definition:
        return instrument
    instrument.definition = definition
    return save_version(instrument, version=version, fields=["definition"])


def _check_tailored(instrument: ReviewInstrument, definition: rules.Definition) -> None:
    asked = [[q for q in each["questions"] if q["asked"]] for each in definition["domains"]]
    if not all(asked):
        raise DomainError("Every domain needs a question. Keep at least one of each.")
    if any(not question["text"].strip() for each in asked for question in each):
        raise DomainError("A question that is asked needs words.")
    if sum(map(len, asked)) > MOST_QUESTIONS:
        raise DomainError(f"More than {MOST_QUESTIONS} questions are too many to answer.")
    changed = definition["per_index_test"] != instrument.definition["per_index_test"]
    if changed and Rating.objects.filter(instrument=instrument).exists():
        raise DomainError(
            "Studies have been rated already: whether the index test is rated once or for each"
            " test can no longer change. The rest can."
        )


# ---- a rater's own rating ----


@transaction.atomic
def start_rating(study: Study, instrument: ReviewInstrument, *, by: Any) -> Rating:
    """Open this person's rating of the study, or return the one they have.

    Raises
    ------
    DomainError
        As many people as the protocol asks for rate the study, or it is agreed.
    """
    study = lock_study(study)
    own = Rating.objects.filter(study=study, instrument=instrument, rater=by, agreed=False).first()
    if own and own.status != Rating.Status.RELEASED:
        return own
    if Rating.objects.agreed().filter(study=study, instrument=instrument).exists():
        raise DomainError("This study has been agreed. Its rating can be revised with a reason.")
    places = taken_places(study, instrument)
    if places.count() >= study.review.raters:
        raise DomainError("Enough people are rating this study. Choose another one.")
    _refuse_readers(study, places)
    if own:
        return _set_status(own, Rating.Status.DRAFT)
    return Rating.objects.create(
        review_id=study.review_id, study=study, instrument=instrument, rater=by
    )


def _refuse_readers(study: Study, places: QuerySet[Rating]) -> None:
    """Let nobody begin an independent rating of a study whose other rating they could read."""
    done = places.filter(status=Rating.Status.COMPLETE)
    found = done.aggregate(number=Count("pk"), last=Max("completed_at"))
    if found["number"] and asked_for_at_most(
        study.review, "raters", found["number"], since=found["last"]
    ):
        raise DomainError(
            "The finished rating of this study could be read while the protocol asked for fewer"
            " raters, so another one would not be independent. Agree on it instead."
        )


def taken_places(study: Study, instrument: ReviewInstrument):
    """Return the ratings that hold a place: complete, or in progress by today's members."""
    return Rating.objects.holding_places().filter(study=study, instrument=instrument)


@transaction.atomic
def save_rating(
    rating: Rating,
    *,
    by: Any,
    version: int,
    answers: Mapping[str, str],
    judgements: Mapping[str, rules.Judged],
) -> Rating:
    """Store what is given by key (rules.py) and keep the rest; an empty value clears.

    Sending again what is already stored does nothing, whatever the version.

    Raises
    ------
    StaleEdit
        The rating was saved elsewhere since ``version``, with other content.
    """
    rating = _locked(rating)
    _own_draft(rating, by)
    changes = rules.Sheet(dict(answers), rules.tidy(judgements))
    return store(rating, by=by, version=version, changes=changes)


def store(rating: Rating, *, by: Any, version: int, changes: rules.Sheet) -> Rating:
    """Write the changes of a rating that is locked and may be written."""
    found = rules.problems(rating.instrument.definition, changes)
    if found:
        raise DomainError(" ".join(found[:3]))
    _check_tests(rating, rules.tests_of(changes))
    if not _differs(sheets_of([rating], viewer=by)[rating.pk], changes):
        return rating
    if rating.version != version:
        raise StaleEdit(rating)
    write_answers(rating, changes.answers)
    write_judgements(rating, changes.judgements)
    return save_version(rating, version=version, fields=[])


@transaction.atomic
def complete_rating(rating: Rating, *, by: Any) -> Rating:
    """Say that the rating is finished; with one rater per study it is thereby agreed.

    Raises
    ------
    DomainError
        Something is missing; the sentence says what.
    """
    lock_study(rating.study)
    rating = _locked(rating)
    if rating.rater_id == by.pk and rating.status == Rating.Status.COMPLETE:
        return rating
    _own_draft(rating, by)
    sheet = sheets_of([rating], viewer=by)[rating.pk]
    refuse_incomplete(rating.instrument.definition, sheet)
    rating.completed_at = timezone.now()
    rating = _set_status(rating, Rating.Status.COMPLETE)
    others = taken_places(rating.study, rating.instrument).exclude(pk=rating.pk)
    # Where the protocol once asked for two, there may be another rating to agree with.
    if rating.study.review.raters == 1 and not others.exists():
        make_agreed(rating.study, rating.instrument, sheet, by=by)
    return rating


@transaction.atomic
def reopen_rating(rating: Rating, *, by: Any) -> Rating:
    """Take a complete rating up again, as long as nobody else's can be seen.

    Raises
    ------
    DomainError
        All ratings are complete: raters have seen each other's, so they agree instead.
    """
    lock_study(rating.study)
    rating = _locked(rating)
    if rating.rater_id != by.pk or rating.agreed:
        raise DomainError("Only its rater can take a rating up again.")
    if rating.status != Rating.Status.COMPLETE:
        return rating
    same = {"study": rating.study_id, "instrument": rating.instrument_id}
    if Rating.objects.agreed().filter(**same).exists():
        raise DomainError("This study has been agreed. Its rating can be revised with a reason.")
    if Rating.objects.complete().filter(**same).count() >= rating.study.review.raters:
        raise DomainError("All ratings are complete and open to each other. Settle them instead.")
    rating.completed_at = None
    return _set_status(rating, Rating.Status.DRAFT)


@transaction.atomic
def release_rating(rating: Rating, *, by: Any) -> Rating:
    """Leave the place of one's own unfinished rating to somebody else; what it says is kept,
    and taken up again by starting anew."""
    lock_study(rating.study)
    rating = _locked(rating)
    _own_draft(rating, by)
    return _set_status(rating, Rating.Status.RELEASED)


# ---- shared with agreeing.py ----


def refuse_incomplete(definition: rules.Definition, sheet: rules.Sheet) -> None:
    missing = rules.complete(definition, sheet.answers, sheet.judgements)
    if missing:
        more = f" And {len(missing) - 4} more." if len(missing) > 4 else ""
        raise DomainError(f"Something is missing. {' '.join(missing[:4])}{more}")


def make_agreed(
    study: Study, instrument: ReviewInstrument, sheet: rules.Sheet, *, by: Any
) -> Rating:
    """Write the agreed rating of a locked study."""
    agreed = Rating.objects.create(
        review_id=study.review_id,
        study=study,
        instrument=instrument,
        agreed=True,
        agreed_by=by,
        status=Rating.Status.COMPLETE,
        completed_at=timezone.now(),
    )
    write_answers(agreed, sheet.answers)
    write_judgements(agreed, sheet.judgements)
    return agreed


def sheets_of(ratings: Iterable[Rating], *, viewer: Any) -> dict[int, rules.Sheet]:
    """Return what these ratings say, as far as this person may read them."""
    sheets = {rating.pk: rules.Sheet() for rating in ratings}
    for answer in Answer.objects.visible_to(viewer).filter(rating__in=list(sheets)):
        key = rules.with_test(answer.item, answer.index_test_id)
        sheets[answer.rating_id].answers[key] = answer.value
    for each in Judgement.objects.visible_to(viewer).filter(rating__in=list(sheets)):
        key = rules.with_test(f"{each.domain}.{each.kind}", each.index_test_id)
        sheets[each.rating_id].judgements[key] = (each.level, each.rationale)
    return sheets


def write_answers(rating: Rating, answers: Mapping[str, str]) -> None:
    for key, value in answers.items():
        item, test = rules.split_key(key)
        where = {"rating": rating, "item": item, "index_test_id": test}
        if value:
            Answer.objects.update_or_create(
                **where, defaults={"value": value}, create_defaults=_new(rating, where, value=value)
            )
        else:
            Answer.objects.filter(**where).delete()


def write_judgements(rating: Rating, judgements: Mapping[str, rules.Judged]) -> None:
    for key, (level, why) in judgements.items():
        name, test = rules.split_key(key)
        domain, kind = name.split(".")
        where = {"rating": rating, "domain": domain, "kind": kind, "index_test_id": test}
        values = {"level": level, "rationale": why}
        if level or why:
            Judgement.objects.update_or_create(
                **where, defaults=values, create_defaults=_new(rating, where, **values)
            )
        else:
            Judgement.objects.filter(**where).delete()


def _new(rating: Rating, where: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"review_id": rating.review_id, **where, **values}


def _differs(saved: rules.Sheet, given: rules.Sheet) -> bool:
    return any(saved.answers.get(key, "") != value for key, value in given.answers.items()) or any(
        saved.judgements.get(key, ("", "")) != value for key, value in given.judgements.items()
    )


def _check_tests(rating: Rating, tests: list[int]) -> None:
    known = IndexTest.objects.in_review(rating.review_id).filter(pk__in=tests).count()
    if known != len(tests):
        raise DomainError("There is no such index test in this review.")


def _locked(rating: Rating) -> Rating:
    return (
        Rating.objects.select_for_update(of=["self"])
        .select_related("instrument", "study__review")
        .get(pk=rating.pk)
    )


def _own_draft(rating: Rating, by: Any) -> None:
    if rating.agreed or rating.rater_id != by.pk:
        raise DomainError("Only its rater can change a rating.")
    if rating.status == Rating.Status.COMPLETE:
        raise DomainError("This rating is complete. Take it up again to change it.")
    if rating.status == Rating.Status.RELEASED:
        raise DomainError("You left this study to somebody else. Start it again to change it.")


def _set_status(rating: Rating, status: str) -> Rating:
    Rating.objects.filter(pk=rating.pk).update(
        status=status, completed_at=rating.completed_at, version=F("version") + 1
    )
    rating.status = status
    rating.version += 1
    return rating
