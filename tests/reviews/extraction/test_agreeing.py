"""Two drafts, what differs, and the one final extraction."""

import pytest

from reviews.core.errors import DomainError
from reviews.extraction import agreeing, consensus, pinning, services
from reviews.extraction.models import Extraction, TwoByTwo
from tests.factories import StudyFactory
from tests.reviews.extraction.build import JANG, agreed, draft, lists, pair

pytestmark = pytest.mark.django_db


def fields(study):
    return [each.field for each in agreeing.sides_of(study).differences]


def choose(study, choice="first", **by_field):
    return {
        each.key: by_field.get(each.field, choice) for each in agreeing.sides_of(study).differences
    }


def test_equal_drafts_differ_in_nothing_and_are_agreed_without_choices(
    review, reviewer, second_reviewer
):
    study = pair(review, reviewer, second_reviewer)
    assert fields(study) == []
    final = consensus.propose_agreement(study, by=reviewer, choices={}).study.extractions.get(
        final=True
    )
    assert final.final
    assert TwoByTwo.objects.final().get().counts == (51, 14, 5, 31)


def test_only_what_differs_is_listed(review, reviewer, second_reviewer):
    study = pair(
        review,
        reviewer,
        second_reviewer,
        first={"tp": 50, "reported": {"npv": "86.1%", "ppv": "78%"}},
        second={"cohort": {"unit": "hip"}, "reported": {"npv": "86%", "ppv": "78%"}},
    )
    assert fields(study) == ["unit", "tp", "reported.npv"]


def test_each_difference_is_settled_by_a_draft_or_by_typing(review, reviewer, second_reviewer):
    study = pair(
        review,
        reviewer,
        second_reviewer,
        first={"tp": 50, "fp": 1, "fn": 2},
        second={"reported": {"npv": "86%"}},
    )
    choices = choose(study, "second", fp={"value": "7"}, fn="first")
    agreed(study, reviewer, second_reviewer, choices)
    table = TwoByTwo.objects.final().get()
    assert table.counts == (51, 7, 2, 31)
    assert table.reported == {"npv": "86%"}


def test_an_open_difference_or_a_wrong_choice_is_refused(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer, first={"tp": 50})
    for choices in ({}, choose(study, "third"), choose(study, {"value": "x"})):
        with pytest.raises(DomainError):
            consensus.propose_agreement(study, by=reviewer, choices=choices)
    for typed in ("-1", "1.5", "١٢", ""):
        with pytest.raises(DomainError, match=r"TP of .* in Test set: "):
            consensus.propose_agreement(study, by=reviewer, choices=choose(study, {"value": typed}))
    assert not Extraction.objects.filter(final=True).exists()


def test_a_table_only_one_has_is_kept_or_left(review, reviewer, second_reviewer):
    for choice, number in (("keep", 2), ("leave", 1)):
        study, links, more = StudyFactory(review=review), lists(review), lists(review)
        for person in (reviewer, second_reviewer):
            extraction, cohort, _ = draft(review, person, study=study, links=links)
            if person == reviewer:
                services.add_table(cohort, by=person, **more, **{**JANG, "tp": 9})
            services.complete_extraction(extraction, by=person)
        assert fields(study) == ["only"]
        final = agreed(study, reviewer, second_reviewer, choose(study, choice))
        assert TwoByTwo.objects.filter(cohort__extraction=final).count() == number


def test_a_cohort_named_differently_is_matched_when_it_is_the_only_one(
    review, reviewer, second_reviewer
):
    study = pair(review, reviewer, second_reviewer, second={"named": "Hold-out"})
    assert fields(study) == ["name"]


def test_nothing_is_compared_before_both_are_in(review, reviewer, second_reviewer):
    extraction, *_ = draft(review, reviewer)
    services.complete_extraction(extraction, by=reviewer)
    services.start_extraction(extraction.study, by=second_reviewer)
    with pytest.raises(DomainError, match="not all complete"):
        agreeing.sides_of(extraction.study)
    with pytest.raises(DomainError, match="not all complete"):
        consensus.propose_agreement(extraction.study, by=reviewer, choices={})


def test_agreeing_twice_or_on_what_has_changed_is_refused(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer)
    with pytest.raises(DomainError, match="compare again"):
        consensus.propose_agreement(study, by=reviewer, choices={}, seen="1:1,2:2")
    seen = agreeing.sides_of(study).seen
    consensus.propose_agreement(study, by=reviewer, choices={}, seen=seen)
    with pytest.raises(DomainError, match="agreed already"):
        consensus.propose_agreement(study, by=second_reviewer, choices={}, seen=seen)


def test_the_pin_of_the_chosen_value_comes_along(review, reviewer, second_reviewer):
    study, links = StudyFactory(review=review), lists(review)
    for number, person in enumerate((reviewer, second_reviewer), start=1):
        extraction, _, table = draft(review, person, study=study, links=links, tp=50 + number)
        for field in ("tp", "fp"):
            pinning.pin_value(extraction, by=person, field=field, table=table, page=number)
        services.complete_extraction(extraction, by=person)
    final = agreed(study, reviewer, second_reviewer, choose(study, "second"))
    pages = dict(final.pins.values_list("field", "page"))
    assert pages == {"tp": 2, "fp": 1}


def test_drafts_stay_as_they_are_once_agreed(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer)
    consensus.propose_agreement(study, by=reviewer, choices={})
    own = study.extractions.get(extractor=reviewer)
    for refused in (services.reopen_own, services.withdraw_extraction):
        with pytest.raises(DomainError, match="has been agreed"):
            refused(own, by=reviewer)
