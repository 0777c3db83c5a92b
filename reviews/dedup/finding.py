"""Look for copies in a whole review, starting from the groups there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Greatest

from reviews.dedup.compare import agreement
from reviews.dedup.matching import VERSION, Evidence, Matches, find_matches
from reviews.dedup.models import PossibleDuplicate
from reviews.jobs.work import Work
from reviews.searches.models import Record

METHOD = f"identifiers, title with year and author; version {VERSION}"
COMPARED = ["title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid"]
_STEP = 20_000


@dataclass(slots=True)
class Candidate:
    """What matching reads of a record, and where it stands now."""

    pk: int
    group_id: int | None
    kept: bool
    kind: str
    came_at: Any
    title: str
    authors: list[str]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    abstract: str = ""


@dataclass(slots=True)
class Plan:
    """A group to make, or one to let grow, with what its records have in common."""

    members: list[Candidate]
    evidence: list[str]


@dataclass(slots=True)
class Found:
    """What a look at the review found: groups to make or to let grow, and pairs for people."""

    groups: list[Plan] = field(default_factory=list)
    pairs: list[PossibleDuplicate] = field(default_factory=list)


def look(work: Work) -> Found:
    """Compare the review's records; what people judged to be different stays apart."""
    records = _load(work)
    place = {record.pk: i for i, record in enumerate(records)}
    together: defaultdict[int, list[int]] = defaultdict(list)
    for i, record in enumerate(records):
        if record.group_id:
            together[record.group_id].append(i)
    resolved = _resolved(work.review)
    apart = {(place[a], place[b]) for a, b in resolved if a in place and b in place}
    work.progress(0, len(records), "Comparing the records.")
    matches = find_matches(records, together=list(together.values()), apart=apart)
    work.progress(len(records), len(records), "Writing down what was found.")
    found = Found()
    for group in matches.groups:
        if group.evidence:
            said = [sentence(records, each) for each in group.evidence]
            found.groups.append(Plan([records[i] for i in group.members], said))
    found.pairs = _pairs(work.review, records, matches)
    return found


def _load(work: Work) -> list[Candidate]:
    rows = (
        Record.objects.in_review(work.review)
        .order_by("id")
        .values_list(
            "pk",
            "group_id",
            "kept",
            "batch__search__source__kind",
            Greatest("created_at", "batch__committed_at"),
            *COMPARED,
        )
    )
    records = []
    for row in rows.iterator(chunk_size=5_000):
        records.append(Candidate(*row))
        if len(records) % _STEP == 0:
            work.progress(0, 0, f"Reading the records: {len(records):,} so far.")
    return records


def _resolved(review: Any) -> set[tuple[int, int]]:
    """Return the pairs a person judged to be no copies."""
    kinds = [PossibleDuplicate.Resolution.DIFFERENT, PossibleDuplicate.Resolution.LINKED]
    pairs = PossibleDuplicate.objects.in_review(review).filter(resolution__in=kinds)
    return set(pairs.values_list("first_id", "second_id"))


def sentence(records: Sequence[Candidate], evidence: Evidence) -> str:
    """Say why two records were joined, in words."""
    left, right = records[evidence.left].pk, records[evidence.right].pk
    return f"Records {left} and {right}: {evidence.rule}."


def _pairs(review: Any, records: Sequence[Candidate], matches: Matches) -> list[PossibleDuplicate]:
    """Return each doubt once, between the records that stand for their groups."""
    stands_for = {i: group.members for group in matches.groups for i in group.members}
    seen: set[tuple[int, int]] = set()
    pairs = []
    for doubt in matches.possible:
        left = _kept_of(records, stands_for.get(doubt.left, (doubt.left,)))
        right = _kept_of(records, stands_for.get(doubt.right, (doubt.right,)))
        first, second = sorted((left, right), key=lambda each: each.pk)
        if (first.pk, second.pk) in seen:
            continue
        seen.add((first.pk, second.pk))
        pairs.append(
            PossibleDuplicate(
                review=review,
                first_id=first.pk,
                second_id=second.pk,
                score=agreement(first, second),
                reasons=list(doubt.reasons),
            )
        )
    return pairs


def _kept_of(records: Sequence[Candidate], members: Iterable[int]) -> Candidate:
    copies = [records[i] for i in members]
    return next((copy for copy in copies if copy.kept), copies[0])
