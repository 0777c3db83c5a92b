"""Reviews of random composition, built row by row as the services leave them."""

import random

from django.utils import timezone

from reviews import models
from tests.factories import (
    CohortFactory,
    ExclusionReasonFactory,
    ExtractionFactory,
    ImportBatchFactory,
    RecordFactory,
    ReportFactory,
    ReviewFactory,
    SearchFactory,
    SourceFactory,
    StudyFactory,
    TwoByTwoFactory,
)

KINDS = [kind for kind, _ in models.Source.Kind.choices]
TITLE_OUTCOMES = ["none", "pending", "conflict", "included", "included", "excluded", "automation"]
FULL_OUTCOMES = ["none", "pending", "conflict", "included", "included", "excluded", "automation"]


def build(seed: int, *, review=None, size: int = 60):
    """Return a review with records of every kind, grouped, screened and assessed at random."""
    chance = random.Random(seed)
    review = review or ReviewFactory()
    reasons = [ExclusionReasonFactory(review=review, position=9 - n) for n in range(3)]
    batches = _batches(review, chance)
    records = [
        RecordFactory(review=review, batch=chance.choice(batches), position=n + 1)
        for n in range(size)
    ]
    for kept in _grouped(review, records, chance):
        _screened(review, kept, reasons, chance)
    _studies(review, chance)
    return review


def _batches(review, chance):
    kinds = [*chance.sample(KINDS, chance.randint(1, len(KINDS))), "database"]
    sources = [SourceFactory(review=review, kind=kind) for kind in kinds]
    return [
        ImportBatchFactory(review=review, search=SearchFactory(review=review, source=source))
        for source in sources
    ]


def _grouped(review, records, chance):
    """Merge some records at random; return those that are kept."""
    left, kept = list(records), []
    while left:
        group = [left.pop() for _ in range(min(len(left), chance.choice([1, 1, 1, 2, 3])))]
        first = chance.choice(group)
        kept.append(first)
        if len(group) > 1:
            row = models.DuplicateGroup.objects.create(review=review, method="by hand")
            ids = [record.pk for record in group]
            models.Record.objects.filter(pk__in=ids).exclude(pk=first.pk).update(
                group=row, kept=False
            )
            models.Record.objects.filter(pk=first.pk).update(group=row)
    return kept


def _item(review, record, stage, outcome, reason=None):
    if outcome != "none":
        models.ScreeningItem.objects.create(
            review=review,
            record=record,
            stage=stage,
            needed=2,
            outcome=outcome,
            reason=reason,
            settled_at=None if outcome == "pending" else timezone.now(),
        )


def _screened(review, record, reasons, chance):
    copies = models.Record.objects.filter(pk=record.pk)
    if record.group_id or models.Record.objects.get(pk=record.pk).group_id:
        copies = models.Record.objects.filter(
            group=models.Record.objects.get(pk=record.pk).group_id
        )
    main = copies.filter(batch__search__source__kind__in=["database", "register"]).exists()
    if main:
        outcome = chance.choice(TITLE_OUTCOMES)
        _item(review, record, "title_abstract", outcome)
        if outcome != "included":
            return
    retrieval = chance.choice(["none", "sought", "not_retrieved", "retrieved", "retrieved"])
    if retrieval == "none":
        return
    report = ReportFactory(review=review, record=record, retrieval=retrieval, attempts="Asked.")
    if retrieval == "retrieved":
        outcome = chance.choice(FULL_OUTCOMES)
        reason = chance.choice(reasons) if outcome == "excluded" else None
        _item(review, record, "full_text", outcome, reason)
        if outcome == "included" and chance.random() < 0.8:
            study = _study(review, chance)
            models.StudyReport.objects.create(review=review, study=study, report=report)


def _study(review, chance):
    known = list(models.Study.objects.filter(review=review))
    return chance.choice(known) if known and chance.random() < 0.3 else StudyFactory(review=review)


def _studies(review, chance):
    """Extract some studies, and pool some of their tables."""
    inputs = []
    for study in models.Study.objects.filter(review=review):
        if chance.random() < 0.6:
            final = ExtractionFactory(review=review, study=study)
            for _ in range(chance.randint(1, 2)):
                cohort = CohortFactory(review=review, extraction=final)
                inputs.append(TwoByTwoFactory(review=review, cohort=cohort).pk)
    for name in ("X-ray", "CT"):
        pooled = chance.sample(inputs, chance.randint(0, len(inputs)))
        run_of(review, name, pooled)


def run_of(review, name, tables, *, finished=True):
    """A run of a new plan over these tables."""
    plan = models.Plan.objects.create(
        review=review, name=name, definition={}, created_by=review.created_by
    )
    return models.Run.objects.create(
        review=review,
        plan=plan,
        plan_version=1,
        definition={},
        inputs=[{"table": pk, "version": 1, "counts": [20, 5, 4, 71]} for pk in tables],
        input_hash="0" * 64,
        options_hash="0" * 64,
        engine_version="1",
        asked_by=review.created_by,
        finished_at=timezone.now() if finished else None,
        result={} if finished else None,
    )
