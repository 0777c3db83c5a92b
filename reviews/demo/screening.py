"""Decisions, settlements and retrieval of the demo, read from the CSV files beside the exports.

All of them are invented, but the conflicts are of the kind such reviews have. No record marked
as invented is included after full text. What has no decision is left for whoever tries the demo.

A record with one decision awaits its second reviewer; include and exclude together are a
conflict, settled where ``SETTLEMENTS`` names it and open elsewhere. Records added by hand have
decisions at full text only.
"""

import csv
from dataclasses import dataclass

from reviews.demo.searches import DATA


@dataclass(frozen=True, slots=True)
class Decision:
    """One reviewer's verdict (include, maybe, exclude) on a record at a stage."""

    record: str
    stage: str
    reviewer: str
    verdict: str
    reason: str
    note: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a conflict was settled: by adjudication, or by consensus and confirmed."""

    record: str
    stage: str
    how: str
    by: str
    confirmed_by: str
    verdict: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Whether a report was retrieved (sought, retrieved, not_retrieved), and what was tried."""

    record: str
    status: str
    attempts: str


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _decision(row: dict[str, str]) -> Decision:
    return Decision(**{**row, "seconds": int(row["seconds"])})


DECISIONS = tuple(_decision(row) for row in _rows("decisions.csv"))
SETTLEMENTS = tuple(Settlement(**row) for row in _rows("settlements.csv"))
RETRIEVALS = tuple(Retrieval(**row) for row in _rows("retrieval.csv"))
