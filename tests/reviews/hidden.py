"""What one person did and nobody else may know of yet, in two versions."""

from reviews import models
from tests.factories import (
    CohortFactory,
    ExclusionReasonFactory,
    ExtractionFactory,
    ScreeningItemFactory,
    StudyFactory,
    TwoByTwoFactory,
)


class Back(Exception):
    """End a world, and undo it."""


def places_in(review, instrument):
    """Return what the hidden work is about, in place before the worlds part."""
    return {
        "item": ScreeningItemFactory(review=review),
        "reasons": [ExclusionReasonFactory(review=review, name=name) for name in ("One", "Two")],
        "label": models.Label.objects.create(review=review, name="Look"),
        "study": StudyFactory(review=review),
        "instrument": instrument,
    }


def hidden_work(review, person, places, world):
    """What a second reviewer did; the two worlds differ in content, not in existence."""
    item = places["item"]
    models.Slot.objects.filter(item=item, number=1).update(reviewer=person, decided=True)
    models.Decision.objects.create(
        review=review,
        item=item,
        stage=item.stage,
        reviewer=person,
        revision=1,
        verdict="exclude",
        reason=places["reasons"][world],
        seconds=10 + world,
    )
    models.Note.objects.create(review=review, item=item, author=person, text=f"note {world}")
    if world:
        models.LabelUse.objects.create(
            review=review, item=item, author=person, label=places["label"]
        )
    draft = ExtractionFactory(
        review=review, study=places["study"], extractor=person, final=False, status="draft"
    )
    cohort = CohortFactory(review=review, extraction=draft, name=f"Cohort {world}")
    if world:
        TwoByTwoFactory(
            review=review,
            cohort=cohort,
            index_test=models.IndexTest.objects.filter(review=review).earliest("pk"),
            target_condition=models.TargetCondition.objects.filter(review=review).earliest("pk"),
            reference_standard=models.ReferenceStandard.objects.filter(review=review).earliest(
                "pk"
            ),
        )
    rating = models.Rating.objects.create(
        review=review, study=places["study"], instrument=places["instrument"], rater=person
    )
    models.Judgement.objects.create(
        review=review,
        rating=rating,
        domain="index_test",
        kind="bias",
        level=["low", "high"][world],
        rationale=f"because {world}",
    )
