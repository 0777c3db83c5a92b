"""Drafts: who may write what, and what a draft accepts."""

import threading

import pytest
from django.db import connection

from reviews.core.errors import DomainError, StaleEdit
from reviews.extraction import pinning, services
from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.protocol.models import Review
from reviews.studies.services import link_report
from tests.factories import ReportFactory, ReviewFactory, StudyFactory
from tests.reviews.extraction.build import JANG, draft, final, lists, pair

pytestmark = pytest.mark.django_db


def test_a_person_has_one_draft_however_often_it_is_started(review, reviewer):
    study = StudyFactory(review=review)
    first = services.start_extraction(study, by=reviewer)
    assert services.start_extraction(study, by=reviewer) == first


def test_no_more_people_draft_than_the_protocol_asks_for(
    review, reviewer, second_reviewer, adjudicator
):
    study = StudyFactory(review=review)
    services.start_extraction(study, by=reviewer)
    services.start_extraction(study, by=second_reviewer)
    with pytest.raises(DomainError, match="Enough people"):
        services.start_extraction(study, by=adjudicator)


def test_a_withdrawn_draft_frees_its_place_and_is_taken_up_again(
    review, reviewer, second_reviewer, adjudicator
):
    own, *_ = draft(review, reviewer)
    services.start_extraction(own.study, by=second_reviewer)
    services.withdraw_extraction(own, by=reviewer)
    services.withdraw_extraction(
        services.start_extraction(own.study, by=adjudicator), by=adjudicator
    )
    again = services.start_extraction(own.study, by=reviewer)
    assert again == own
    assert again.cohorts.count() == 1


def test_others_may_not_write_in_a_draft(review, reviewer, second_reviewer):
    extraction, cohort, table = draft(review, reviewer)
    for write in (
        lambda: services.add_cohort(extraction, by=second_reviewer, name="B"),
        lambda: services.edit_cohort(cohort, by=second_reviewer, version=1, name="B"),
        lambda: services.edit_table(table, by=second_reviewer, version=1, tp=1),
        lambda: services.delete_table(table, by=second_reviewer, version=1),
        lambda: services.mark_preferred(table, by=second_reviewer),
        lambda: services.complete_extraction(extraction, by=second_reviewer),
        lambda: pinning.pin_value(extraction, by=second_reviewer, field="tp", page=1),
    ):
        with pytest.raises(DomainError, match="Only the person who extracts"):
            write()
    table.refresh_from_db()
    assert table.counts == (51, 14, 5, 31)


def test_a_complete_draft_is_closed_until_it_is_reopened(review, reviewer):
    extraction, _, table = draft(review, reviewer)
    services.complete_extraction(extraction, by=reviewer)
    with pytest.raises(DomainError, match="Reopen it"):
        services.edit_table(table, by=reviewer, version=1, tp=1)
    services.reopen_own(extraction, by=reviewer)
    assert services.edit_table(table, by=reviewer, version=1, tp=50).version == 2


def test_nobody_reopens_after_seeing_the_other_draft(review, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer)
    own = study.extractions.get(extractor=reviewer)
    with pytest.raises(DomainError, match="by agreeing"):
        services.reopen_own(own, by=reviewer)


def test_nobody_begins_anew_after_seeing_the_other_draft(review, lead, reviewer, second_reviewer):
    study = pair(review, reviewer, second_reviewer)
    own = study.extractions.get(extractor=reviewer)
    for person in (reviewer, lead):
        with pytest.raises(DomainError, match="by agreeing"):
            services.withdraw_extraction(own, by=person)


@pytest.mark.django_db(transaction=True)
def test_nobody_begins_after_a_change_of_the_protocol_showed_the_other_draft(
    review, lead, reviewer, second_reviewer
):
    extraction, *_ = draft(review, reviewer)
    services.complete_extraction(extraction, by=reviewer)
    for extractors in (1, 2):
        _ask_for(review, extractors)
        shown = Extraction.objects.visible_to(second_reviewer).filter(pk=extraction.pk)
        assert shown.exists() == (extractors == 1)
    with pytest.raises(DomainError, match="could be read"):
        services.start_extraction(extraction.study, by=second_reviewer)


@pytest.mark.django_db(transaction=True)
def test_nobody_goes_on_with_a_draft_they_gave_up_to_read_the_other(review, lead, reviewer):
    """The protocol asked for one before the other draft was complete, and for two after it."""
    own, *_ = draft(review, lead)
    other, *_ = draft(review, reviewer, study=own.study)
    _ask_for(review, 1)
    services.complete_extraction(other, by=reviewer)
    services.withdraw_extraction(own, by=lead)
    assert Extraction.objects.visible_to(lead).filter(pk=other.pk).exists()
    _ask_for(review, 2)
    with pytest.raises(DomainError, match="could be read"):
        services.start_extraction(own.study, by=lead)


def _ask_for(review, extractors):
    """Past the service, which refuses this since; what it once let through stays hidden too."""
    Review.objects.filter(pk=review.pk).update(extractors=extractors)


def test_a_second_draft_is_agreed_upon_though_the_protocol_now_asks_for_one(
    review, lead, reviewer, second_reviewer
):
    first, *_ = draft(review, reviewer)
    services.complete_extraction(first, by=reviewer)
    second, *_ = draft(review, second_reviewer, study=first.study, tp=1)
    _ask_for(review, 1)
    done = services.complete_extraction(second, by=second_reviewer)
    assert done.status == "complete"
    assert not Extraction.objects.filter(study=first.study, final=True).exists()


def test_a_draft_without_a_cohort_is_not_completed(review, reviewer):
    extraction = services.start_extraction(StudyFactory(review=review), by=reviewer)
    with pytest.raises(DomainError, match="at least one cohort"):
        services.complete_extraction(extraction, by=reviewer)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (-1, "negative"),
        ("-1", "negative"),
        (1.5, "whole number"),
        ("1.5", "whole number"),
        (float("nan"), "digits 0 to 9"),
        (float("inf"), "digits 0 to 9"),
        (10**12, "at most 1,000,000,000"),
        ("", "0 if there was none"),
        (None, "0 if there was none"),
        ("١٢", "digits 0 to 9"),
        (True, "digits 0 to 9"),
        ("1e3", "digits 0 to 9"),
        ("9" * 5000, "digits 0 to 9"),
    ],
)
@pytest.mark.parametrize("cell", ["tp", "tn"])
def test_what_is_no_count_gets_a_sentence(review, reviewer, cell, value, sentence):
    _, cohort, table = draft(review, reviewer)
    with pytest.raises(DomainError, match=sentence):
        services.edit_table(table, by=reviewer, version=1, **{cell: value})
    with pytest.raises(DomainError, match=sentence):
        services.add_table(cohort, by=reviewer, **lists(review), **{**JANG, cell: value})


def test_a_table_without_participants_is_refused(review, reviewer):
    _, _, table = draft(review, reviewer)
    with pytest.raises(Exception, match="at least one participant"):
        services.edit_table(table, by=reviewer, version=1, tp=0, fp=0, fn=0, tn=0)


def test_the_same_table_twice_is_refused(review, reviewer):
    links = lists(review)
    _, cohort, _ = draft(review, reviewer, links=links)
    with pytest.raises(Exception, match="already has a table for this test"):
        services.add_table(cohort, by=reviewer, **links, **JANG)


@pytest.mark.parametrize("name", ["index_test", "target_condition", "reference_standard"])
def test_lists_of_another_review_are_refused(review, reviewer, name):
    _, cohort, table = draft(review, reviewer)
    foreign = {name: lists(ReviewFactory())[name]}
    with pytest.raises(DomainError, match="in this review"):
        services.edit_table(table, by=reviewer, version=1, **foreign)
    with pytest.raises(DomainError, match="in this review"):
        services.add_table(cohort, by=reviewer, **{**lists(review), **foreign}, **JANG)


def test_pins_keep_to_the_study_and_replace_each_other(review, reviewer):
    extraction, _, table = draft(review, reviewer)
    report = ReportFactory(review=review)
    where = {"by": reviewer, "field": "tp", "table": table, "report": report}
    with pytest.raises(DomainError, match="does not describe the study"):
        pinning.pin_value(extraction, **where, page=3)
    link_report(extraction.study, report, by=reviewer)
    pinning.pin_value(extraction, **where, page=3, quote="fifty-one")
    pinning.pin_value(extraction, **where, page=4, quote="51", rectangles=[[0, 0, 1, 0.1], "x"])
    pin = Pin.objects.get(table=table)
    assert (pin.page, pin.quote, pin.rectangles) == (4, "51", [[0.0, 0.0, 1.0, 0.1]])
    _, foreign_cohort, foreign_table = draft(review, reviewer)
    for target in ({"table": foreign_table}, {"cohort": foreign_cohort}):
        with pytest.raises(DomainError, match="in this extraction"):
            pinning.pin_value(extraction, by=reviewer, field="tp", page=1, **target)
    with pytest.raises(DomainError, match="whole number from 1"):
        pinning.pin_value(extraction, by=reviewer, field="tp", page=0)
    with pytest.raises(DomainError, match="page or the words"):
        pinning.pin_value(extraction, by=reviewer, field="tp")


def test_where_one_extractor_is_enough_completing_makes_the_final_one(review, reviewer):
    extraction = final(review, reviewer, cohort={"participants": 101}, reported={"npv": "86%"})
    table = TwoByTwo.objects.final().get(cohort__extraction=extraction)
    assert table.counts == (51, 14, 5, 31)
    assert table.reported == {"npv": "86%"}
    assert table.cohort.participants == 101
    assert extraction.agreed_by == reviewer


def test_the_final_one_changes_for_a_reason_only_and_counts_up(review, reviewer):
    table = TwoByTwo.objects.get(cohort__extraction=final(review, reviewer))
    with pytest.raises(DomainError, match="Say why"):
        services.edit_table(table, by=reviewer, version=1, tp=50)
    changed = services.edit_table(table, by=reviewer, version=1, tp=50, reason="Erratum of 2022")
    assert changed.version == 2
    history = TwoByTwo.pgh_event_models["update"] if hasattr(TwoByTwo, "pgh_event_models") else None
    assert history is not None
    event = history.objects.filter(pgh_obj=table).latest("pgh_id")
    assert event.pgh_context.metadata["reason"] == "Erratum of 2022"


def test_one_table_of_a_cohort_is_preferred_and_both_versions_count_up(review, reviewer):
    _, cohort, first = draft(review, reviewer)
    second = services.add_table(cohort, by=reviewer, **lists(review), **JANG)
    services.mark_preferred(first, by=reviewer)
    services.mark_preferred(second, by=reviewer)
    services.mark_preferred(second, by=reviewer)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.preferred, first.version) == (False, 3)
    assert (second.preferred, second.version) == (True, 2)


def test_a_warning_is_dismissed_with_a_reason_and_shown_again(review, reviewer):
    _, _, table = draft(review, reviewer)
    where = {"by": reviewer, "warning": "groups_swapped"}
    with pytest.raises(DomainError, match="Say why"):
        services.dismiss_warning(table, **where, reason=" ")
    with pytest.raises(DomainError, match="no such warning"):
        services.dismiss_warning(table, by=reviewer, warning="x", reason="y")
    table = services.dismiss_warning(table, **where, reason="Authors confirmed")
    assert table.dismissed == {"groups_swapped": "Authors confirmed"}
    assert services.restore_warning(table, **where).dismissed == {}


def test_deleting_from_an_old_version_is_refused_and_twice_is_harmless(review, reviewer):
    _, cohort, table = draft(review, reviewer)
    services.edit_table(table, by=reviewer, version=1, tp=50)
    with pytest.raises(StaleEdit):
        services.delete_table(table, by=reviewer, version=1)
    services.delete_table(table, by=reviewer, version=2)
    services.delete_table(table, by=reviewer, version=2)
    services.delete_cohort(cohort, by=reviewer, version=1)
    assert not Cohort.objects.filter(pk=cohort.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_four_hundred_stale_saves_none_is_lost_silently(review, reviewer):
    _, _, table = draft(review, reviewer)
    outcome = {"saved": 0, "stale": 0}
    errors, lock = [], threading.Lock()

    def hammer(number):
        try:
            for turn in range(100):
                version = TwoByTwo.objects.get(pk=table.pk).version
                row = TwoByTwo.objects.get(pk=table.pk)
                try:
                    services.edit_table(row, by=reviewer, version=version, tp=number * 100 + turn)
                    result = "saved"
                except StaleEdit:
                    result = "stale"
                with lock:
                    outcome[result] += 1
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(outcome.values()) == 400
    table.refresh_from_db()
    assert table.version == outcome["saved"] + 1


@pytest.mark.django_db(transaction=True)
def test_four_people_at_once_get_two_drafts(review, reviewer, second_reviewer, adjudicator, lead):
    study = StudyFactory(review=review)
    refused = []

    def start(person):
        try:
            services.start_extraction(study, by=person)
        except DomainError as error:
            refused.append(str(error))
        finally:
            connection.close()

    people = (reviewer, second_reviewer, adjudicator, lead)
    threads = [threading.Thread(target=start, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Extraction.objects.filter(study=study).count() == 2
    assert len(refused) == 2
