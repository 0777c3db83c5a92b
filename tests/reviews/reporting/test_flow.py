"""The diagram of any review adds up, and each box lists what it counts."""

import pytest
from django.utils import timezone

from reviews import models
from reviews.reporting.boxes import BOXES, records_in, title_of
from reviews.reporting.flow import (
    LARGE,
    OTHER_METHODS,
    count_flow,
    flow_of,
    included_studies,
    studies_in_meta_analysis,
)
from tests.factories import (
    ImportBatchFactory,
    RecordFactory,
    ReviewFactory,
    SearchFactory,
    SourceFactory,
)
from tests.reviews.reporting.world import build

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(12))
def test_the_diagram_of_any_review_adds_up(seed):
    build(seed + 100)  # a neighbour that must not count
    flow = count_flow(build(seed))
    assert flow.counts.identified
    assert flow.failures == []


@pytest.mark.parametrize("seed", range(6))
def test_every_box_lists_exactly_as_many_records_as_it_counts(seed):
    review = build(seed)
    flow = count_flow(review)
    c = flow.counts
    expected = {
        "databases": sum(c.databases.values()),
        "registers": sum(c.registers.values()),
        "identified": c.identified,
        "duplicates": c.duplicates,
        **{name: getattr(c, name) for name in OTHER_METHODS},
        "other_identified": c.identified_otherwise,
        "other_duplicates": c.other_duplicates,
        "ineligible_by_automation": c.ineligible_by_automation,
        "awaiting_screening": c.awaiting_screening,
        "in_conflict": flow.in_conflict,
        "screened": c.screened,
        "excluded": c.excluded,
        "included_reports": c.new_reports,
        "reports_without_study": c.reports_without_study,
    }
    for prefix, side in (("", c.main), ("other_", c.other)):
        names = ("sought", "not_retrieved", "awaiting_retrieval", "awaiting_assessment", "assessed")
        expected |= {prefix + name: getattr(side, name) for name in names}
        expected[f"{prefix}reports_excluded"] = side.excluded_total
        expected[f"{prefix}reports_included"] = side.included
        expected[f"{prefix}assessment_in_conflict"] = getattr(
            flow, f"{prefix}assessment_in_conflict"
        )
    assert set(expected) == set(BOXES)
    listed = {box: len(set(records_in(review, box).values_list("pk", flat=True))) for box in BOXES}
    assert listed == expected
    assert all(title_of(box) for box in BOXES)
    for name, n in {**c.databases, **c.registers}.items():
        assert records_in(review, "identified", source=flow.source_ids[name]).count() == n
    for name, n in c.main.excluded.items():
        reason = flow.reason_ids[name]
        assert records_in(review, "reports_excluded", reason=reason).count() == n
    assert included_studies(review).count() == c.studies
    assert studies_in_meta_analysis(review).count() == c.in_meta_analysis


def test_reasons_stand_in_protocol_order():
    for seed in range(20):
        review = build(seed)
        shown = list(count_flow(review).counts.main.excluded)
        if len(shown) > 2:
            break
    order = models.ExclusionReason.objects.filter(review=review, name__in=shown)
    assert shown[: len(order)] == [each.name for each in order]


def test_a_group_counts_under_databases_if_any_copy_came_from_there():
    review = ReviewFactory()
    database, website = (_batch(review, kind) for kind in ("database", "website"))
    group = models.DuplicateGroup.objects.create(review=review, method="by hand")
    copy = RecordFactory(review=review, batch=database, group=group, kept=False)
    by_hand = RecordFactory(review=review, batch=website, group=group)
    flow = count_flow(review)
    assert (flow.counts.identified, flow.counts.duplicates, flow.counts.awaiting_screening) == (
        1,
        0,
        1,
    )
    assert (flow.counts.websites, flow.counts.other_duplicates, flow.counts.other.sought) == (
        1,
        1,
        0,
    )
    assert flow.failures == []
    assert list(records_in(review, "databases")) == [copy]
    assert list(records_in(review, "awaiting_screening")) == [by_hand]


def test_records_still_being_imported_or_taken_back_do_not_count():
    review = ReviewFactory()
    RecordFactory(review=review, batch=_batch(review, "database", committed_at=None))
    RecordFactory(review=review, batch=_batch(review, "database", withdrawn_at=timezone.now()))
    assert count_flow(review).counts.identified == 0


def test_an_unsettled_decision_leaves_no_trace_in_the_diagram(review, reviewer):
    record = RecordFactory(review=review)
    item = models.ScreeningItem.objects.create(
        review=review, record=record, stage="title_abstract", needed=2
    )
    before = count_flow(review).counts
    models.Decision.objects.create(
        review=review,
        item=item,
        stage=item.stage,
        reviewer=reviewer,
        revision=1,
        verdict="exclude",
    )
    assert count_flow(review).counts == before


def test_the_flow_takes_few_queries_however_many_records(django_assert_max_num_queries):
    review = build(3)
    with django_assert_max_num_queries(7):
        flow_of(review)


def test_only_a_large_review_shows_counts_of_half_a_minute_ago(monkeypatch):
    review = build(1)
    before = flow_of(review).counts.identified
    RecordFactory(review=review, batch=_batch(review, "database"))
    assert flow_of(review).counts.identified == before + 1
    monkeypatch.setattr("reviews.reporting.flow.LARGE", 10)
    assert flow_of(review).counts.identified == before + 1
    RecordFactory(review=review, batch=_batch(review, "database"))
    assert flow_of(review).counts.identified == before + 1
    assert LARGE > 10


def _batch(review, kind, **values):
    source = SourceFactory(review=review, kind=kind)
    return ImportBatchFactory(
        review=review, search=SearchFactory(review=review, source=source), **values
    )
