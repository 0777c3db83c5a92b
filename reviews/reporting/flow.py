"""The numbers of the flow diagram, from the database.

The boxes of identification are counted by source, those of screening by outcome, and studies from
their own tables, so that the sums in ``arithmetic`` are checks that can fail.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from reviews.extraction.models import Extraction, TwoByTwo
from reviews.protocol.models import Review
from reviews.quality.models import Rating
from reviews.reporting.arithmetic import FlowCounts, MethodCounts, failed_identities
from reviews.reporting.boxes import (
    DUPLICATE,
    KIND,
    KNOWN_ALREADY,
    OUTCOMES,
    STATES,
    holds,
    records_of,
)
from reviews.searches.models import Record, Source
from reviews.studies.models import Study, StudyReport
from reviews.synthesis.models import Run

LARGE, SECONDS_KEPT = 20_000, 30
BY_AUTOMATION = "Marked as ineligible by automation tools"
OTHER_METHODS = {
    "websites": Source.Kind.WEBSITE,
    "organisations": Source.Kind.ORGANISATION,
    "citation_searching": Source.Kind.CITATION,
    "contacts": Source.Kind.CONTACT,
    "elsewhere": Source.Kind.OTHER,
}


@dataclass(frozen=True, slots=True)
class Pooled:
    """What the newest run of a plan pooled: studies that are included today, and their tables."""

    plan: str
    run: int
    studies: int
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The diagram's counts, and what stands in small print or behind the links."""

    counts: FlowCounts
    in_conflict: int = 0
    assessment_in_conflict: int = 0
    other_assessment_in_conflict: int = 0
    extracted: int = 0
    rated: int = 0
    pooled: tuple[Pooled, ...] = ()
    source_ids: dict[str, int] = field(default_factory=dict)
    reason_ids: dict[str, int] = field(default_factory=dict)
    counted_at: datetime = field(default_factory=timezone.now)

    @property
    def failures(self) -> list[str]:
        return failed_identities(self.counts)


def flow_of(review: Review) -> Flow:
    """Return the flow; of a large review as it was at most half a minute ago."""
    key = f"flow-{review.pk}"
    if kept := cache.get(key):
        return kept
    flow = count_flow(review)
    if flow.counts.identified + flow.counts.identified_otherwise > LARGE:
        cache.set(key, flow, SECONDS_KEPT)
    return flow


def count_flow(review: Review) -> Flow:
    """Count every box now, in seven queries."""
    records = records_of(review)
    sources = _by_source(records)
    rows = _by_outcome(records)
    totals = Counter()
    for row in rows:
        totals.update({box: row[box] for box in OUTCOMES})
    included = included_studies(review, records)
    studies = _studies(included)
    pooled, in_meta_analysis = _pooled(review, included)
    counts = FlowCounts(
        databases=_identified(sources, Source.Kind.DATABASE),
        registers=_identified(sources, Source.Kind.REGISTER),
        duplicates=sum(each["duplicates"] for each in sources),
        **{name: totals[name] for name in ("ineligible_by_automation", "awaiting_screening")},
        **{name: totals[name] for name in ("screened", "excluded", "reports_without_study")},
        main=_method(rows, totals, ""),
        **{name: sum(_identified(sources, kind).values()) for name, kind in OTHER_METHODS.items()},
        other_duplicates=sum(each["known"] for each in sources),
        other=_method(rows, totals, "other_"),
        new_studies=studies["studies"],
        new_reports=totals["included_reports"],
        in_meta_analysis=in_meta_analysis,
    )
    return Flow(
        counts=counts,
        in_conflict=totals["in_conflict"],
        assessment_in_conflict=totals["assessment_in_conflict"],
        other_assessment_in_conflict=totals["other_assessment_in_conflict"],
        extracted=studies["extracted"],
        rated=studies["rated"],
        pooled=pooled,
        source_ids={_name(each): each["source"] for each in sources},
        reason_ids={_reason(row): row["reason"] or 0 for row in rows},
    )


def _by_source(records: QuerySet[Record]) -> list[dict[str, Any]]:
    source = "batch__search__source"
    rows = records.values(source, f"{source}__name", f"{source}__platform", KIND)
    counted = rows.annotate(
        n=Count("pk"),
        duplicates=Count("pk", filter=DUPLICATE),
        known=Count("pk", filter=KNOWN_ALREADY),
    )
    return [
        {
            "source": row[source],
            "name": row[f"{source}__name"],
            "platform": row[f"{source}__platform"],
            "kind": row[KIND],
            **{key: row[key] for key in ("n", "duplicates", "known")},
        }
        for row in counted.order_by(source)
    ]


def _by_outcome(records: QuerySet[Record]) -> list[dict[str, Any]]:
    """Return one row per reason at full text, in protocol order, with every box's count.

    The database counts each combination of states once; the boxes' conditions are asked of those.
    """
    reason = ("reason", "full_item__reason__name", "full_item__reason__position")
    states = records.values(*STATES, *reason).annotate(n=Count("pk"))
    rows: dict[Any, dict[str, Any]] = {}
    for state in states.order_by("full_item__reason__position", "reason"):
        fresh = {**{key: state[key] for key in reason}, **dict.fromkeys(OUTCOMES, 0)}
        row = rows.setdefault(state["reason"], fresh)
        for box, condition in OUTCOMES.items():
            if holds(condition, state):
                row[box] += state["n"]
    return list(rows.values())


def _identified(sources: list[dict[str, Any]], kind: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in sources:
        if each["kind"] == kind:
            found[_name(each)] += each["n"]
    return dict(found)


def _name(source: dict[str, Any]) -> str:
    return f"{source['name']} ({source['platform']})" if source["platform"] else source["name"]


def _reason(row: dict[str, Any]) -> str:
    return row["full_item__reason__name"] or BY_AUTOMATION


def _method(rows: list[dict[str, Any]], totals: Counter, prefix: str) -> MethodCounts:
    names = ("sought", "not_retrieved", "awaiting_retrieval", "awaiting_assessment", "assessed")
    excluded = {_reason(row): row[f"{prefix}reports_excluded"] for row in rows}
    return MethodCounts(
        **{name: totals[prefix + name] for name in names},
        excluded={reason: n for reason, n in excluded.items() if n},
        included=totals[f"{prefix}reports_included"],
    )


def included_studies(review: Review, records: QuerySet[Record] | None = None) -> QuerySet[Study]:
    """Return the studies that have an included report; the reports are looked up at once."""
    reports = (records_of(review) if records is None else records).filter(
        OUTCOMES["included_reports"]
    )
    included = list(reports.values_list("pk", flat=True))
    links = StudyReport.objects.filter(study=OuterRef("pk"), report__record__in=included)
    return Study.objects.in_review(review).filter(Exists(links))


def _studies(included: QuerySet[Study]) -> dict[str, int]:
    final = Exists(Extraction.objects.filter(study=OuterRef("pk"), final=True))
    agreed = Exists(Rating.objects.filter(study=OuterRef("pk"), agreed=True))
    return included.aggregate(
        studies=Count("pk"),
        extracted=Count("pk", filter=Q(final)),
        rated=Count("pk", filter=Q(agreed)),
    )


def newest_runs(review: Review) -> QuerySet[Run]:
    """Return the newest finished run of each plan in use."""
    finished = Run.objects.in_review(review).filter(
        finished_at__isnull=False, plan__retired_at__isnull=True
    )
    newest = finished.order_by("plan_id", "-id").distinct("plan_id")
    return newest.select_related("plan").defer("result", "definition", "options")


def studies_in_meta_analysis(review: Review) -> QuerySet[Study]:
    """Return the included studies of which a newest run pooled a table."""
    tables = {table for run in newest_runs(review) for table in _tables(run)}
    return _pooled_of(included_studies(review), review, tables)


def _pooled_of(included: QuerySet[Study], review: Review, tables: set[int]) -> QuerySet[Study]:
    pooled = TwoByTwo.objects.in_review(review).filter(
        pk__in=tables, cohort__extraction__final=True
    )
    return included.filter(pk__in=pooled.values("cohort__extraction__study"))


def _tables(run: Run) -> set[int]:
    return {each["table"] for each in run.inputs}


def _pooled(review: Review, included: QuerySet[Study]) -> tuple[tuple[Pooled, ...], int]:
    runs = list(newest_runs(review))
    tables = {table for run in runs for table in _tables(run)}
    if not tables:
        return (), 0
    of_these = _pooled_of(included, review, tables).values("pk")
    of_study = dict(
        TwoByTwo.objects.in_review(review)
        .filter(pk__in=tables, cohort__extraction__study__in=of_these)
        .values_list("pk", "cohort__extraction__study")
    )
    lines = []
    for run in runs:
        mine = [of_study[table] for table in _tables(run) if table in of_study]
        lines.append(Pooled(run.plan.name, run.pk, len(set(mine)), len(mine)))
    return tuple(lines), len(set(of_study.values()))
