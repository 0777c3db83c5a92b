"""Included reports become studies; reports move between them."""

import pytest
from django.utils import timezone

from reviews.core.errors import DomainError, StaleEdit
from reviews.studies import services
from reviews.studies.models import Study, StudyReport
from tests.factories import (
    ExtractionFactory,
    RecordFactory,
    ReportFactory,
    ReviewFactory,
    ScreeningItemFactory,
    StudyFactory,
)
from tests.reviews.screening.test_queue import merge

pytestmark = pytest.mark.django_db


def included(review, authors=("Jang R",), year=2021, outcome="included"):
    record = RecordFactory(review=review, authors=list(authors), year=year)
    settled = None if outcome == "pending" else timezone.now()
    ScreeningItemFactory(
        review=review, record=record, stage="full_text", outcome=outcome, settled_at=settled
    )
    return ReportFactory(review=review, record=record, retrieval="retrieved")


def labels(review):
    return sorted(Study.objects.in_review(review).values_list("label", flat=True))


def test_each_included_report_becomes_a_study_with_it_as_the_primary_one(review):
    report = included(review)
    [study] = services.take_in_studies(review)
    assert study.label == "Jang 2021"
    assert StudyReport.objects.get(study=study, primary=True).report == report


def test_taking_in_twice_makes_no_second_study(review):
    included(review)
    services.take_in_studies(review)
    assert services.take_in_studies(review) == []


def test_a_report_merged_away_makes_no_study_of_its_own(review):
    kept, copy = included(review), included(review)
    merge(kept.record, copy.record)
    [study] = services.take_in_studies(review)
    assert StudyReport.objects.get(study=study).report == kept


@pytest.mark.parametrize("outcome", ["pending", "conflict", "automation"])
def test_what_is_not_included_is_not_taken_in(review, outcome):
    included(review, outcome=outcome)
    assert services.take_in_studies(review) == []


def test_reports_included_at_title_and_abstract_alone_are_not_taken_in(review):
    record = RecordFactory(review=review)
    ScreeningItemFactory(
        review=review, record=record, outcome="included", settled_at=timezone.now()
    )
    ReportFactory(review=review, record=record)
    assert services.take_in_studies(review) == []


def test_reports_of_another_review_stay_there(review):
    included(ReviewFactory())
    assert services.take_in_studies(review) == []


def test_equal_labels_get_letters_when_they_arrive_together(review):
    for _ in range(2):
        included(review, ["Hsieh CI"])
    services.take_in_studies(review)
    assert labels(review) == ["Hsieh 2021a", "Hsieh 2021b"]


def test_a_later_one_gets_the_next_letter_and_the_first_keeps_its_name(review):
    for _ in range(3):
        included(review, ["Hsieh CI"])
        services.take_in_studies(review)
    assert labels(review) == ["Hsieh 2021", "Hsieh 2021b", "Hsieh 2021c"]


def test_more_namesakes_than_letters_are_numbered(review):
    for _ in range(28):
        included(review, ["Li X"])
    services.take_in_studies(review)
    assert {"Li 2021z", "Li 2021 (27)", "Li 2021 (28)"} <= set(labels(review))


def test_a_record_without_authors_or_year_still_gets_a_name(review):
    included(review, [], None)
    included(review, ["W" * 400], None)
    services.take_in_studies(review)
    assert labels(review)[0] == "Anonymous, no year"


def test_a_linked_report_is_not_taken_in_again(review):
    report = included(review)
    study = services.create_study(review, by=review.created_by, label="Jang 2021", reports=[report])
    assert services.take_in_studies(review) == []
    assert labels(review) == [study.label]


def test_merging_moves_the_reports_and_drops_the_empty_study(review):
    included(review)
    included(review, ["Choi JH"])
    first, second = services.take_in_studies(review)
    services.merge_studies(second, into=first, by=review.created_by)
    assert labels(review) == ["Jang 2021"]
    assert StudyReport.objects.filter(study=first).count() == 2
    assert StudyReport.objects.filter(study=first, primary=True).count() == 1


def test_a_study_with_an_extraction_is_not_merged_away(review):
    included(review)
    included(review, ["Choi JH"])
    first, second = services.take_in_studies(review)
    ExtractionFactory(review=review, study=second)
    with pytest.raises(DomainError, match="Merge the other study"):
        services.merge_studies(second, into=first, by=review.created_by)
    assert StudyReport.objects.filter(study=second).count() == 1


def test_the_primary_report_can_be_chosen_and_its_loss_is_made_up_for(review):
    one, two = included(review), included(review)
    study = services.create_study(review, by=review.created_by, label="A", reports=[one, two])
    services.choose_primary(study, two, by=review.created_by)
    assert StudyReport.objects.get(study=study, primary=True).report == two
    services.unlink_report(study, two, by=review.created_by)
    assert StudyReport.objects.get(study=study, primary=True).report == one
    with pytest.raises(DomainError, match="only report"):
        services.unlink_report(study, one, by=review.created_by)


def test_linking_twice_is_harmless_and_a_foreign_report_is_refused(review):
    study = StudyFactory(review=review)
    report = included(review)
    services.link_report(study, report, by=review.created_by)
    services.link_report(study, report, by=review.created_by)
    assert StudyReport.objects.filter(study=study).count() == 1
    with pytest.raises(DomainError, match="no such report"):
        services.link_report(study, included(ReviewFactory()), by=review.created_by)


def test_studies_of_two_reviews_are_not_merged(review):
    with pytest.raises(DomainError, match="no such study"):
        services.merge_studies(StudyFactory(), into=StudyFactory(review=review), by=None)


def test_a_rename_from_an_old_version_is_refused(review):
    study = StudyFactory(review=review)
    values = {"registrations": "", "notes": ""}
    services.edit_study(study, by=None, version=1, label="New", **values)
    with pytest.raises(StaleEdit):
        services.edit_study(study, by=None, version=1, label="Newer", **values)
    study.refresh_from_db()
    assert study.label == "New"
