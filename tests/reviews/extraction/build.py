"""Extractions as tests need them, through the services a person's clicks call."""

from reviews.extraction import consensus, services
from tests.factories import (
    IndexTestFactory,
    ReferenceStandardFactory,
    StudyFactory,
    TargetConditionFactory,
)

JANG = {"tp": 51, "fp": 14, "fn": 5, "tn": 31}


def lists(review):
    """Return an index test, a condition and a standard of the review."""
    return {
        "index_test": IndexTestFactory(review=review),
        "target_condition": TargetConditionFactory(review=review),
        "reference_standard": ReferenceStandardFactory(review=review),
    }


def draft(review, by, *, study=None, named="Test set", links=None, cohort=None, **values):
    """Return a draft with a cohort and a table."""
    study = study or StudyFactory(review=review)
    extraction = services.start_extraction(study, by=by)
    row = services.add_cohort(extraction, by=by, name=named, **(cohort or {}))
    table = services.add_table(row, by=by, **(links or lists(review)), **{**JANG, **values})
    return extraction, row, table


def final(review, by, **values):
    """Return the final extraction of a study that one person extracts."""
    review.extractors = 1
    review.save(update_fields=["extractors"])
    extraction, *_ = draft(review, by, **values)
    services.complete_extraction(extraction, by=by)
    return extraction.study.extractions.get(final=True)


def pair(review, one, other, *, first=None, second=None):
    """Return a study with the complete drafts of two people, equal but for what is given."""
    study, links = StudyFactory(review=review), lists(review)
    for person, values in ((one, first or {}), (other, second or {})):
        extraction, *_ = draft(review, person, study=study, links=links, **values)
        services.complete_extraction(extraction, by=person)
    return study


def agreed(study, one, other, choices=None):
    """Agree on a study: one extractor proposes, the other confirms where that is needed."""
    agreement = consensus.propose_agreement(study, by=one, choices=choices or {})
    if agreement.in_force_at is None:
        consensus.confirm_agreement(study, by=other, agreement=agreement.pk)
    return study.extractions.get(final=True)
