"""Rating a study: places, drafts, completion, tailoring; and what the database keeps."""

import pytest
from django.db import IntegrityError, transaction

from reviews.core.errors import DomainError, StaleEdit
from reviews.models import Answer, Judgement, Membership, Rating, Review, ReviewInstrument
from reviews.quality import services
from tests.factories import IndexTestFactory, MembershipFactory, StudyFactory
from tests.reviews.quality.ratings import all_answers, all_judgements, draft, rated

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(review):
    return StudyFactory(review=review, label="Fan 2021")


@pytest.fixture
def instrument(review, lead):
    return services.use_instrument(review, by=lead)


def test_an_instrument_is_stored_once_however_often_it_is_used(review, lead, reviewer):
    assert services.instrument_of(review).pk is None
    one, two = (services.use_instrument(review, by=by) for by in (lead, reviewer))
    assert one == two == services.instrument_of(review)


def test_an_unknown_instrument_is_refused(review, lead):
    with pytest.raises(DomainError, match="does not know"):
        services.use_instrument(review, by=lead, code="quadas-9")


def test_starting_twice_gives_the_same_rating(study, instrument, reviewer):
    one = services.start_rating(study, instrument, by=reviewer)
    assert services.start_rating(study, instrument, by=reviewer) == one


def test_no_more_people_rate_a_study_than_the_protocol_asks_for(
    study, instrument, reviewer, second_reviewer, adjudicator
):
    for by in (reviewer, second_reviewer):
        services.start_rating(study, instrument, by=by)
    with pytest.raises(DomainError, match="Enough people"):
        services.start_rating(study, instrument, by=adjudicator)


def test_the_draft_of_a_former_member_holds_no_place(
    study, instrument, reviewer, second_reviewer, adjudicator
):
    for by in (reviewer, second_reviewer):
        services.start_rating(study, instrument, by=by)
    Membership.objects.filter(user=reviewer).update(until="2026-01-01T00:00Z")
    assert services.start_rating(study, instrument, by=adjudicator).pk


def test_a_place_left_is_free_and_taken_up_again_with_all_it_held(
    study, instrument, reviewer, second_reviewer, adjudicator
):
    services.start_rating(study, instrument, by=second_reviewer)
    own = services.release_rating(draft(study, reviewer), by=reviewer)
    other = services.start_rating(study, instrument, by=adjudicator)
    with pytest.raises(DomainError, match="Enough people"):
        services.start_rating(study, instrument, by=reviewer)
    services.release_rating(other, by=adjudicator)
    again = services.start_rating(study, instrument, by=reviewer)
    assert (again.pk, again.answers.count()) == (own.pk, 11)


def test_a_save_keeps_what_it_does_not_name_and_clears_what_is_empty(study, reviewer):
    rating = draft(study, reviewer)
    rating = services.save_rating(
        rating,
        by=reviewer,
        version=rating.version,
        answers={"1.1": "no", "1.2": ""},
        judgements={"index_test.bias": ("", "")},
    )
    sheet = services.sheets_of([rating], viewer=reviewer)[rating.pk]
    assert (sheet.answers["1.1"], sheet.answers["2.1"]) == ("no", "yes")
    assert "1.2" not in sheet.answers
    assert len(sheet.judgements) == 6


def test_a_reason_typed_before_the_level_is_kept(study, instrument, reviewer):
    rating = services.start_rating(study, instrument, by=reviewer)
    services.save_rating(
        rating, by=reviewer, version=1, answers={}, judgements={"index_test.bias": ("", "Why.")}
    )
    assert Judgement.objects.get(rating=rating).rationale == "Why."


def test_two_tabs_cannot_overwrite_each_other(study, reviewer):
    rating = draft(study, reviewer)
    old = rating.version
    services.save_rating(rating, by=reviewer, version=old, answers={"1.1": "no"}, judgements={})
    with pytest.raises(StaleEdit) as refused:
        services.save_rating(
            rating, by=reviewer, version=old, answers={"1.1": "unclear"}, judgements={}
        )
    assert refused.value.current.version == old + 1
    assert Answer.objects.get(rating=rating, item="1.1").value == "no"


def test_the_same_save_sent_twice_is_stored_once(study, reviewer):
    rating = draft(study, reviewer)
    saved = [
        services.save_rating(
            rating, by=reviewer, version=rating.version, answers={"1.1": "no"}, judgements={}
        )
        for _ in range(2)
    ]
    assert saved[0].version == saved[1].version == rating.version + 1


def test_nobody_else_writes_a_rating(study, reviewer, second_reviewer, lead):
    rating = draft(study, reviewer)
    for by in (second_reviewer, lead):
        with pytest.raises(DomainError, match="Only its rater"):
            services.save_rating(
                rating, by=by, version=rating.version, answers={"1.1": "no"}, judgements={}
            )
        with pytest.raises(DomainError, match="Only its rater"):
            services.complete_rating(rating, by=by)


def test_an_incomplete_rating_cannot_be_completed(study, instrument, reviewer):
    rating = services.start_rating(study, instrument, by=reviewer)
    with pytest.raises(DomainError, match=r"answer 1\.1.*14 more"):
        services.complete_rating(rating, by=reviewer)
    unreasoned = draft(study, reviewer, judgements={"index_test.bias": ("unclear", "")})
    with pytest.raises(DomainError, match="say why risk of bias is unclear"):
        services.complete_rating(unreasoned, by=reviewer)


def test_a_complete_rating_is_taken_up_again_only_while_nobody_has_seen_it(
    study, reviewer, second_reviewer
):
    rating = rated(study, reviewer)
    with pytest.raises(DomainError, match="complete"):
        services.save_rating(
            rating, by=reviewer, version=rating.version, answers={"1.1": "no"}, judgements={}
        )
    rating = services.reopen_rating(rating, by=reviewer)
    assert (rating.status, rating.completed_at) == ("draft", None)
    rating = services.complete_rating(rating, by=reviewer)
    rated(study, second_reviewer)
    with pytest.raises(DomainError, match="Settle them"):
        services.reopen_rating(rating, by=reviewer)


def test_with_one_rater_completing_is_agreeing(review, study, reviewer):
    type(review).objects.filter(pk=review.pk).update(raters=1)
    study.refresh_from_db()
    rating = rated(
        study, reviewer, judgements={"index_test.bias": ("high", "Tuned on the test set.")}
    )
    agreed = Rating.objects.agreed().get(study=study)
    own, other = services.sheets_of([rating, agreed], viewer=reviewer).values()
    assert own == other
    assert agreed.agreed_by == reviewer


def test_completing_twice_is_completing_once(review, study, reviewer):
    type(review).objects.filter(pk=review.pk).update(raters=1)
    study.refresh_from_db()
    rating = rated(study, reviewer)
    assert services.complete_rating(rating, by=reviewer).version == rating.version
    assert Rating.objects.agreed().count() == 1


def test_tailoring_rewords_leaves_out_and_adds(instrument, lead):
    tailored = services.tailor_instrument(
        instrument,
        by=lead,
        version=1,
        questions={"2.1": {"text": "Was the model run blind to DXA?"}, "1.2": {"asked": False}},
        added=[{"domain": "index_test", "text": "Tested on unseen people?"}],
    )
    assert tailored.version == 2
    with pytest.raises(StaleEdit):
        services.tailor_instrument(instrument, by=lead, version=1, questions={})


@pytest.mark.parametrize(
    ("questions", "added"),
    [
        ({"2.1": {"text": " "}}, []),
        ({"2.1": {"asked": False}, "2.2": {"asked": False}}, []),
        ({}, [{"domain": "index_test", "text": ""}]),
        ({}, [{"domain": "index_test", "text": "More?"}] * 50),
    ],
)
def test_an_instrument_cannot_be_tailored_to_pieces(instrument, lead, questions, added):
    with pytest.raises(DomainError):
        services.tailor_instrument(instrument, by=lead, version=1, questions=questions, added=added)


def test_whether_tests_are_rated_apart_is_fixed_once_something_is_rated(study, instrument, lead):
    services.start_rating(study, instrument, by=lead)
    with pytest.raises(DomainError, match="can no longer change"):
        services.tailor_instrument(
            instrument, by=lead, version=1, questions={}, per_index_test=True
        )


def test_a_domain_is_rated_per_index_test_where_the_instrument_says_so(
    review, study, instrument, reviewer, lead
):
    services.tailor_instrument(instrument, by=lead, version=1, questions={}, per_index_test=True)
    test = IndexTestFactory(review=review)
    rating = services.start_rating(study, instrument, by=reviewer)
    services.save_rating(
        rating,
        by=reviewer,
        version=1,
        answers={f"2.1@{test.pk}": "yes"},
        judgements={f"index_test.bias@{test.pk}": ("low", "")},
    )
    assert Answer.objects.get(rating=rating).index_test == test
    assert Judgement.objects.get(rating=rating).index_test == test


def test_the_index_test_of_another_review_is_refused(study, instrument, reviewer, lead):
    services.tailor_instrument(instrument, by=lead, version=1, questions={}, per_index_test=True)
    rating = services.start_rating(study, instrument, by=reviewer)
    foreign = IndexTestFactory()
    for test in (foreign.pk, 10**30):
        with pytest.raises(DomainError, match="no such index test"):
            services.save_rating(
                rating, by=reviewer, version=1, answers={f"2.1@{test}": "yes"}, judgements={}
            )


# ---- the database's promises ----


def refused_by(name):
    return pytest.raises(IntegrityError, match=name)


def test_an_instrument_is_used_once_per_review(instrument):
    with refused_by("an_instrument_is_used_once_per_review"), transaction.atomic():
        ReviewInstrument.objects.create(
            review=instrument.review, code=instrument.code, edition="x", definition={}
        )


def test_one_rating_per_study_instrument_and_rater(study, reviewer):
    rating = draft(study, reviewer)
    rating.pk = None
    with refused_by("one_rating_per_study_instrument_and_rater"), transaction.atomic():
        rating.save(force_insert=True)


def test_one_agreed_rating_per_study_and_instrument(study, instrument, lead):
    values = {"review": study.review, "study": study, "instrument": instrument, "agreed": True}
    Rating.objects.create(**values, agreed_by=lead)
    with refused_by("one_agreed_rating_per_study_and_instrument"), transaction.atomic():
        Rating.objects.create(**values, agreed_by=lead)


def test_a_rating_has_a_rater_and_the_agreed_one_has_none(study, instrument, lead):
    values = {"review": study.review, "study": study, "instrument": instrument}
    name = "a_rating_has_a_rater_and_the_agreed_one_has_none"
    with refused_by(name), transaction.atomic():
        Rating.objects.create(**values)
    with refused_by(name), transaction.atomic():
        Rating.objects.create(**values, agreed=True, rater=lead)


def test_one_answer_and_one_judgement_each(study, reviewer):
    rating = draft(study, reviewer)
    answer, judgement = rating.answers.first(), rating.judgements.first()
    answer.pk = judgement.pk = None
    with refused_by("one_answer_per_rating_and_question"), transaction.atomic():
        answer.save(force_insert=True)
    with refused_by("one_judgement_per_rating_domain_and_kind"), transaction.atomic():
        judgement.save(force_insert=True)


def test_no_applicability_where_the_instrument_has_none(study, reviewer):
    rating = draft(study, reviewer)
    with refused_by("no_applicability_where_the_instrument_has_none"), transaction.atomic():
        Judgement.objects.create(
            review=study.review,
            rating=rating,
            domain="flow_and_timing",
            kind="applicability",
            level="low",
        )


def test_a_rating_cannot_join_the_study_of_another_review(study, instrument, reviewer):
    with refused_by("of_the_same_review"), transaction.atomic():
        Rating.objects.create(
            review=study.review, study=StudyFactory(), instrument=instrument, rater=reviewer
        )


def test_what_is_saved_is_in_the_history_with_the_old_value(study, reviewer):
    rating = draft(study, reviewer)
    services.save_rating(
        rating, by=reviewer, version=rating.version, answers={"1.1": "no"}, judgements={}
    )
    answer = Answer.objects.get(rating=rating, item="1.1")
    values = answer.events.order_by("pgh_id").values_list("pgh_label", "value")
    assert list(values) == [("insert", "yes"), ("update", "no")]


def test_everything_answered_and_judged_is_what_these_tests_mean_by_all():
    assert (len(all_answers()), len(all_judgements())) == (11, 7)


def test_a_member_who_may_not_rate_holds_no_place(study, instrument, observer, reviewer):
    MembershipFactory(review=study.review)
    Rating.objects.create(review=study.review, study=study, instrument=instrument, rater=observer)
    assert services.taken_places(study, instrument).count() == 0


def test_a_change_of_the_protocol_shows_no_rating_to_who_is_still_rating(
    review, study, lead, reviewer, second_reviewer
):
    theirs = rated(study, reviewer)
    mine = draft(study, second_reviewer)
    change_raters(review, 1)
    assert not Rating.objects.visible_to(second_reviewer).filter(pk=theirs.pk).exists()
    services.complete_rating(mine, by=second_reviewer)
    assert Rating.objects.visible_to(second_reviewer).filter(pk=theirs.pk).exists()
    # Neither rater's word is the agreed one by being the last.
    assert not Rating.objects.agreed().exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_begins_after_a_change_of_the_protocol_showed_the_other_rating(
    review, study, instrument, lead, reviewer, second_reviewer
):
    theirs = rated(study, reviewer)
    change_raters(review, 1)
    assert Rating.objects.visible_to(second_reviewer).filter(pk=theirs.pk).exists()
    change_raters(review, 2)
    with pytest.raises(DomainError, match="could be read"):
        services.start_rating(study, instrument, by=second_reviewer)


@pytest.mark.django_db(transaction=True)
def test_nobody_goes_on_with_a_rating_they_gave_up_to_read_the_other(
    review, study, instrument, lead, reviewer
):
    """The protocol asked for one before the other rating was complete, and for two after it."""
    mine, theirs = draft(study, lead), draft(study, reviewer)
    change_raters(review, 1)
    services.complete_rating(theirs, by=reviewer)
    services.release_rating(mine, by=lead)
    assert Rating.objects.visible_to(lead).filter(pk=theirs.pk).exists()
    change_raters(review, 2)
    with pytest.raises(DomainError, match="could be read"):
        services.start_rating(study, instrument, by=lead)


def test_who_has_begun_a_rating_reads_no_other_in_another_role_either(
    review, study, lead, reviewer, second_reviewer
):
    """Roles come back; the draft would go on with what was read meanwhile."""
    draft(study, second_reviewer)
    theirs = rated(study, reviewer)
    change_raters(review, 1)
    own = review.memberships.filter(user=second_reviewer)
    own.update(roles=["observer"])
    assert not Rating.objects.visible_to(second_reviewer).filter(pk=theirs.pk).exists()
    assert not Judgement.objects.visible_to(second_reviewer).filter(rating=theirs).exists()
    assert Rating.objects.visible_to(lead).filter(pk=theirs.pk).exists()


def change_raters(review, raters):
    """Past the service, which refuses this since; what it once let through stays hidden too."""
    Review.objects.filter(pk=review.pk).update(raters=raters)
