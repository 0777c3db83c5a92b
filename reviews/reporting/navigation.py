"""The stages in the navigation, for every page of a review."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from reviews.reporting.waiting import TASKS, shown, waiting_counts

STAGES = (
    ("Overview", "review", ("review", "reporting:box", "reporting:studies")),
    ("Protocol", "protocol:overview", ("protocol",)),
    ("Searches", "searches:list", ("searches",)),
    ("Duplicates", "dedup:list", ("dedup",)),
    ("Screening", "screening:overview", ("screening",)),
    ("Full text", "fulltext:list", ("fulltext",)),
    ("Studies", "extraction:studies", ("extraction",)),
    ("Quality", "quality:matrix", ("quality",)),
    ("Analyses", "synthesis:plans", ("synthesis",)),
    (
        *("Write-up", "reporting:writeup"),
        ("reporting:writeup", "reporting:prisma_s", "reporting:statement"),
    ),
    ("", "", ()),
    ("Team", "protocol:team", ("protocol:team", "protocol:roles", "protocol:invite")),
    ("Activity", "reporting:activity", ("reporting:activity",)),
)


@dataclass(slots=True)
class Entry:
    """A line of the navigation, or a rule between two."""

    label: str
    url: str = ""
    count: str = ""
    current: bool = False
    rule: bool = False


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Give pages of a review ``nav``, ``review`` and ``membership``."""
    review = getattr(request, "review", None)
    if review is None:
        return {}
    return {"nav": _entries(request, review), "review": review, "membership": request.membership}


def _entries(request: HttpRequest, review: Any) -> list[Entry]:
    here = _current(request)
    counts = counts_by_entry(waiting_for(request))
    return [
        Entry(label, reverse(name, args=[review.pk]), counts.get(label, ""), label == here)
        if label
        else Entry("", rule=True)
        for label, name, _ in STAGES
    ]


def waiting_for(request: HttpRequest) -> dict[str, int]:
    """Return what waits for this member, counted once per request."""
    known = getattr(request, "waiting", None)
    if known is None:
        known = request.waiting = waiting_counts(request.review, request.membership)
    return known


def counts_by_entry(counts: dict[str, int]) -> dict[str, str]:
    """Return the sum shown at each entry of the navigation."""
    sums: dict[str, int] = {}
    for name, count in counts.items():
        sums[TASKS[name].entry] = sums.get(TASKS[name].entry, 0) + count
    return {entry: shown(count) for entry, count in sums.items()}


def _current(request: HttpRequest) -> str:
    """Return the label whose view or stage this request is in, the most exact first."""
    match = request.resolver_match
    if match is None:
        return ""
    for key in (match.view_name, match.namespace):
        for label, _, marks in STAGES:
            if key and key in marks:
                return label
    return ""
