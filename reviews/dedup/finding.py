"""Look for copies of the records that are new in a review, starting from the groups there are.

A record is new until its fingerprint is kept: the numbers of its blocks, in an index. What is new
is compared with the records that share a block with it, so that the cost of a search grows with
its own records and not with the review's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest, Left

from reviews.dedup.blocks import blocks_of
from reviews.dedup.keys import LONGEST_ABSTRACT, Keys, Values
from reviews.dedup.matching import VERSION, Evidence, Matches, find_matches
from reviews.dedup.models import DuplicateGroup, Fingerprint, PossibleDuplicate
from reviews.jobs.work import Work
from reviews.searches.models import Record

METHOD = f"Quadrant's matching rules, version {VERSION}"
COMPARED = ["title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid"]
# A dissolved group with more records than this is kept apart as a whole, not pair by pair.
MOST_PAIRED = 30
_STEP = 10_000
_BLOCKS_ASKED = 4_000
_RECORDS_ASKED = 5_000
# Beyond this share of new records it is quicker to read the whole review.
_MANY = 0.3


@dataclass(slots=True)
class Candidate:
    """Where a record stands now, as far as grouping reads it."""

    pk: int
    group_id: int | None
    kept: bool
    kind: str
    came_at: Any


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
    fingerprints: list[tuple[int, list[int]]] = field(default_factory=list)


@dataclass(slots=True)
class _Read:
    """Records read for comparing, in the order of their numbers."""

    records: list[Candidate] = field(default_factory=list)
    keys: list[Keys] = field(default_factory=list)

    def sort(self) -> None:
        order = sorted(range(len(self.records)), key=lambda i: self.records[i].pk)
        self.records = [self.records[i] for i in order]
        self.keys = [self.keys[i] for i in order]


def look(work: Work) -> Found:
    """Compare what is new; what people judged to be different stays apart."""
    new = set(_new_records(work.review).values_list("pk", flat=True))
    if not new:
        return Found()
    read = _read(work, new)
    places = {record.pk: i for i, record in enumerate(read.records)}
    together: defaultdict[int, list[int]] = defaultdict(list)
    for i, record in enumerate(read.records):
        if record.group_id:
            together[record.group_id].append(i)
    matches = find_matches(
        read.keys,
        together=together.values(),
        apart=apart(work.review, places),
        new={places[pk] for pk in new if pk in places},
        watch=lambda done: work.progress(done, len(places), "Comparing the records."),
    )
    work.progress(len(places), len(places), "Writing down what was found.")
    return _found(work.review, read, matches, new)


def _found(review: Any, read: _Read, matches: Matches, new: Collection[int]) -> Found:
    found = Found()
    for group in matches.groups:
        if group.evidence:
            said = [sentence(read.records, each) for each in group.evidence]
            found.groups.append(Plan([read.records[i] for i in group.members], said))
    found.pairs = _pairs(review, read.records, matches)
    found.fingerprints = [
        (record.pk, in_review(blocks_of(key), review.pk))
        for record, key in zip(read.records, read.keys, strict=True)
        if record.pk in new
    ]
    return found


def in_review(blocks: Iterable[int], review_id: int) -> list[int]:
    """Return the numbers of blocks as this review keeps them: no other review's are met."""
    salt = (review_id * 0x9E3779B97F4A7C15) & 0x7FFF_FFFF_FFFF_FFFF
    return [block ^ salt for block in blocks]


def _new_records(review: Any) -> QuerySet[Record]:
    compared = Fingerprint.objects.filter(record=OuterRef("pk"), version=VERSION)
    return Record.objects.in_review(review).filter(~Exists(compared))


def _read(work: Work, new: Collection[int]) -> _Read:
    """Return the new records, those that share a block with one, and the rest of their groups."""
    read = _Read()
    everything = Record.objects.in_review(work.review)
    if len(new) > _MANY * everything.count():
        for _ in _load(work, everything, read):
            pass
        return read
    blocks: set[int] = set()
    for pks in _slices(sorted(new), _RECORDS_ASKED):
        for key in _load(work, everything.filter(pk__in=pks), read):
            blocks.update(in_review(blocks_of(key), work.review.pk))
    met = _sharing(work.review, blocks) - set(new)
    groups = {record.group_id for record in read.records if record.group_id}
    for pks in _slices(sorted(met), _RECORDS_ASKED):
        found = everything.filter(pk__in=pks, group__isnull=False)
        groups.update(found.values_list("group_id", flat=True))
    met.update(everything.filter(group__in=groups).values_list("pk", flat=True))
    for pks in _slices(sorted(met - set(new)), _RECORDS_ASKED):
        for _ in _load(work, everything.filter(pk__in=pks), read):
            pass
    read.sort()
    return read


@transaction.atomic
def _sharing(review: Any, blocks: Collection[int]) -> set[int]:
    met: set[int] = set()
    with connection.cursor() as cursor:
        # Right after a large import the planner knows nothing of the table and would read it all.
        cursor.execute("SET LOCAL enable_seqscan = off")
    for asked in _slices(sorted(blocks), _BLOCKS_ASKED):
        found = Fingerprint.objects.sharing(asked).values_list("review_id", "record_id")
        met.update(record for of_review, record in found if of_review == review.pk)
    return met


def _slices(pks: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (pks[start : start + size] for start in range(0, len(pks), size))


def _load(work: Work, records: QuerySet[Record], read: _Read) -> Iterator[Keys]:
    """Read records and yield what is compared of each."""
    rows = records.order_by("id").values_list(
        "pk",
        "group_id",
        "kept",
        "batch__search__source__kind",
        Greatest("created_at", "batch__committed_at"),
        *COMPARED,
        Left("abstract", 2 * LONGEST_ABSTRACT),
        "type",
    )
    for row in rows.iterator(chunk_size=5_000):
        read.records.append(Candidate(*row[:5]))
        read.keys.append(Keys.of(Values(*row[5:])))
        yield read.keys[-1]
        if len(read.records) % _STEP == 0:
            work.progress(0, 0, f"Reading the records: {len(read.records):,} so far.")


def apart(review: Any, places: dict[int, int]) -> list[list[int]]:
    """Return the records that are for people to bring together, by their places."""
    judged = PossibleDuplicate.objects.in_review(review).kept_apart()
    parted: list[Sequence[int]] = []
    for pks in _slices(sorted(places), _RECORDS_ASKED):
        parted.extend(judged.filter(first__in=pks).values_list("first_id", "second_id"))
    dissolved = DuplicateGroup.objects.in_review(review).filter(
        Q(parted__len__gt=MOST_PAIRED), dissolved_at__isnull=False
    )
    parted.extend(dissolved.values_list("parted", flat=True))
    found = [[places[pk] for pk in pks if pk in places] for pks in parted]
    return [members for members in found if len(members) > 1]


def sentence(records: Sequence[Candidate], evidence: Evidence) -> str:
    """Say why two records were joined, in words."""
    left, right = records[evidence.left].pk, records[evidence.right].pk
    return f"Records {left} and {right}: {evidence.rule}."


def _pairs(review: Any, records: Sequence[Candidate], matches: Matches) -> list[PossibleDuplicate]:
    """Return each doubt once, between the records that stand for their groups."""
    stands_for = {i: group.members for group in matches.groups for i in group.members}
    pairs: dict[tuple[int, int], PossibleDuplicate] = {}
    for doubt in matches.possible:
        left = _kept_of(records, stands_for.get(doubt.left, (doubt.left,)))
        right = _kept_of(records, stands_for.get(doubt.right, (doubt.right,)))
        first, second = sorted((left.pk, right.pk))
        pairs.setdefault(
            (first, second),
            PossibleDuplicate(
                review=review,
                first_id=first,
                second_id=second,
                score=doubt.score,
                reasons=list(doubt.reasons),
            ),
        )
    return list(pairs.values())


def _kept_of(records: Sequence[Candidate], members: Iterable[int]) -> Candidate:
    copies = [records[i] for i in members]
    return next((copy for copy in copies if copy.kept), copies[0])
