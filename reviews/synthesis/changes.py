"""Is a run out of date, and what has changed since: hashes first, then row by row."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reviews.core.versions import last_change
from reviews.extraction.models import TwoByTwo
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.synthesis.inputs import COUNTS, HASHED, input_hash, inputs_for, rows_of
from reviews.synthesis.models import Plan, Run
from reviews.synthesis.plans import Row, choose

NAMES = {
    "study_label": "name of the study",
    "cohort_name": "name of the cohort",
    "role": "role of the cohort",
    "unit": "unit of analysis",
    "participants": "number of participants",
    "units": "number of units",
    "overlaps": "noted overlap",
    "index_test_id": "index test",
    "target_condition_id": "target condition",
    "reference_standard_id": "reference standard",
    "study": "study",
    "cohort": "cohort",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One table that differs between a run and today."""

    kind: str  # added, removed or changed
    label: str
    table: int
    study: int
    before: tuple[int, ...] | None = None
    after: tuple[int, ...] | None = None
    note: str = ""

    @property
    def sentence(self) -> str:
        """Say the change in one line.

        >>> Change("changed", "A", 1, 1, (1, 2, 3, 4), (1, 2, 3, 5)).sentence
        'A: counts 1, 2, 3, 4 became 1, 2, 3, 5.'
        """
        if self.kind == "added":
            return f"{self.label}: new, with counts {_said(self.after)}."
        if self.kind == "removed":
            return f"{self.label}: no longer pooled. {self.note}".strip()
        if self.before != self.after:
            return f"{self.label}: counts {_said(self.before)} became {_said(self.after)}."
        return f"{self.label}: {self.note}."


def _said(counts: Iterable[int] | None) -> str:
    return ", ".join(f"{count:,}" for count in counts or ())


def compare(frozen: list[Row], today: list[Row], left_out: list[Row]) -> list[Change]:
    """Return what differs between the rows of a run and those of today."""
    old, new = ({row["table"]: row for row in rows} for rows in (frozen, today))
    reasons = {row["table"]: row["reason"] for row in left_out}
    changes = [_changed(old[key], new[key]) for key in old if key in new]
    removed = [
        Change(
            "removed",
            row["label"],
            key,
            row["study"],
            before=_counts(row),
            note=reasons.get(key, "The table is gone or no longer fits the plan."),
        )
        for key, row in old.items()
        if key not in new
    ]
    added = [
        Change("added", row["label"], key, row["study"], after=_counts(row))
        for key, row in new.items()
        if key not in old
    ]
    return [*(change for change in changes if change), *removed, *added]


def _counts(row: Row) -> tuple[int, ...]:
    return tuple(row[name] for name in COUNTS)


def _changed(old: Row, new: Row) -> Change | None:
    differing = [key for key in HASHED if old.get(key) != new[key]]
    if not differing:
        return None
    named = [NAMES[key] for key in differing if key in NAMES]
    note = f"the {' and the '.join(named)} changed" if named else ""
    return Change(
        "changed", old["label"], new["table"], new["study"], _counts(old), _counts(new), note
    )


@dataclass(frozen=True, slots=True)
class Staleness:
    """How a finished run stands to today's plan and tables."""

    stale: bool
    plan_changed: bool = False
    changes: tuple[Change, ...] = ()
    who: Any = None
    when: Any = None
    newer: Run | None = None


def what_changed(run: Run, *, rows: list[Row] | None = None) -> Staleness:
    """Compare a run with today: stale by hash, and if so which tables, who and when.

    ``newer`` is the finished run on today's tables, where there is one.
    """
    plan = run.plan
    rows = rows_of(run.review) if rows is None else rows
    chosen, left_out = choose(rows, plan.definition)
    today, edited = input_hash(chosen), run.definition != plan.definition
    if today == run.input_hash and not edited:
        return Staleness(stale=False)
    changes = tuple(compare(run.inputs, chosen, left_out))
    change = _latest_change(run, changes)
    newer = plan.runs.filter(
        finished_at__isnull=False, plan_version=plan.version, input_hash=today, pk__gt=run.pk
    ).first()
    return Staleness(True, edited, changes, change.get("who"), change.get("when"), newer)


def _latest_change(run: Run, changes: tuple[Change, ...]) -> dict[str, Any]:
    tables = TwoByTwo.objects.in_review(run.review).filter(pk__in=[c.table for c in changes[:20]])
    found = [last_change(table) for table in tables[:1]] or [last_change(run.plan)]
    return next((each for each in found if each["when"] and each["when"] >= run.created_at), {})


def newest_runs(review: Review) -> dict[int, Run]:
    """Return the newest finished run of each plan, without the bulk of its result."""
    runs = (
        Run.objects.in_review(review)
        .filter(finished_at__isnull=False)
        .order_by("plan_id", "-id")
        .distinct("plan_id")
        .select_related("plan")
        .defer("result")
    )
    return {run.plan_id: run for run in runs}


def stale_plans(review: Review) -> list[Plan]:
    """Return the plans whose newest result no longer stands on today's tables."""
    runs = newest_runs(review).values()
    runs = [run for run in runs if run.plan.retired_at is None]
    rows = rows_of(review) if runs else []
    return [run.plan for run in runs if is_stale(run.plan, run, rows)]


def is_stale(plan: Plan, run: Run, rows: list[Row]) -> bool:
    """Say whether the run's hash differs from what the plan would read today."""
    edited = run.definition != plan.definition
    return edited or run.input_hash != input_hash(inputs_for(plan.definition, rows))


def waiting_counts(review: Review, membership: Membership) -> dict[str, int]:
    """Count the analyses gone stale, for those who can run them."""
    return {"stale_analyses": len(stale_plans(review)) if membership.can("run") else 0}


def tally(rows: list[Row]) -> str:
    """Return what a pool consists of, such as "8 tables, 7 studies, 27,509 units"."""
    studies = len({row["study"] for row in rows})
    units = sum(sum(_counts(row)) for row in rows)
    sizes = Counter({"table": len(rows), "study": studies, "unit": units})
    many = {"table": "tables", "study": "studies", "unit": "units"}
    return ", ".join(
        f"{count:,} {word if count == 1 else many[word]}" for word, count in sizes.items()
    )
