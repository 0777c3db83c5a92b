"""Merge copies, take merges back for ever, and judge the pairs no rule was sure of."""

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from reviews.core.errors import DomainError, StaleEdit
from reviews.dedup import grouping
from reviews.dedup.compare import Best, best_fields
from reviews.dedup.finding import METHOD, MOST_PAIRED, Plan
from reviews.dedup.models import DuplicateGroup, PossibleDuplicate
from reviews.jobs.services import start_job
from reviews.searches.models import Record

BY_HAND = "by hand"
MOST_COUNTED = 1_000
MOST_MERGED = 10_000
MOST_READ = 500  # copies of one report; the others have nothing to add
Resolution = PossibleDuplicate.Resolution


@transaction.atomic
def merge_records(records: Sequence[Record], *, by: Any) -> DuplicateGroup:
    """Make records, with the groups they are in, copies of one report."""
    review = records[0].review if records else None
    grouping.lock_groups(review.pk if review else 0)
    members = _with_their_groups(review, records)
    if len(members) < 2:
        raise DomainError("Choose at least two records that are not merged already.")
    if len(members) > MOST_MERGED:
        raise DomainError(f"More than {MOST_MERGED} records are not copies of one report.")
    groups = {member.group_id for member in members}
    if len(groups) == 1 and None not in groups:
        raise DomainError("These records are merged already.")
    said = "Records " + ", ".join(str(record.pk) for record in records) + f": merged by {by}."
    parts = grouping.parts_of(members)
    plan = Plan(grouping.candidates(members), [said])
    (group,) = grouping.place(
        review, [plan], before=grouping.last_look(review), method=BY_HAND, by=by
    )
    group.joined = parts
    group.save(update_fields=["joined"])
    _resolve_among(members, Resolution.SAME, by)
    grouping.forget_doubts(review)
    start_job("dedup.regroup", review=review, by=by)
    return group


@transaction.atomic
def dissolve_group(group: DuplicateGroup, *, by: Any) -> DuplicateGroup:
    """Take a merge back, and let no rule repeat it.

    What a person merged falls into what there was before; any other group into its records.
    """
    grouping.lock_groups(group.review_id)
    group = DuplicateGroup.objects.select_for_update(of=["self"]).get(pk=group.pk)
    if group.dissolved_at:
        raise DomainError("This group was dissolved already.")
    members = list(
        group.records.order_by("id").select_for_update(no_key=True).values_list("pk", flat=True)
    )
    if len(members) <= MOST_PAIRED:
        _set_apart(group.review_id, _parted_pairs(group, members), by, "a group was taken apart")
    group.parted, group.dissolved_at, group.dissolved_by = members, Now(), by
    group.save(update_fields=["parted", "dissolved_at", "dissolved_by"])
    grouping.part_again(group, members)
    start_job("dedup.find", review=group.review, by=by)
    return group


def _parted_pairs(group: DuplicateGroup, members: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs that are to stay apart: those no earlier merge had together."""
    part_of = {pk: place for place, part in enumerate(group.joined) for pk in part["records"]}
    return [
        (first, second)
        for first, second in combinations(members, 2)
        if part_of.get(first, first) != part_of.get(second, second) or not group.joined
    ]


@transaction.atomic
def take_out_record(record: Record, *, by: Any) -> Record:
    """Take one record out of its group; no rule puts it back with those that stay."""
    grouping.lock_groups(record.review_id)
    record = Record.objects.select_for_update(no_key=True, of=["self"]).get(pk=record.pk)
    if record.group_id is None:
        raise DomainError("This record is in no group; it stands for itself already.")
    others = list(
        Record.objects.filter(group=record.group_id)
        .exclude(pk=record.pk)
        .order_by("id")
        .values_list("pk", flat=True)[:MOST_PAIRED]
    )
    pairs = (sorted(pair) for pair in product([record.pk], others))
    _set_apart(record.review_id, pairs, by, "a record was taken out of their group")
    grouping.take_out([record])
    start_job("dedup.find", review=record.review, by=by)
    record.refresh_from_db()
    return record


@transaction.atomic
def resolve_pair(
    pair: PossibleDuplicate, *, by: Any, resolution: str, version: int
) -> PossibleDuplicate:
    """Judge a pair: the same report, reports of one study, or unrelated. "" takes it back."""
    if resolution and resolution not in Resolution.values:
        raise DomainError("Choose what the two records are to each other.")
    grouping.lock_groups(pair.review_id)
    pair = PossibleDuplicate.objects.select_related("first", "second", "review").get(pk=pair.pk)
    saved = PossibleDuplicate.objects.filter(pk=pair.pk, version=version).update(
        version=F("version") + 1,
        resolution=resolution,
        resolved_by=by if resolution else None,
        resolved_at=Now() if resolution else None,
    )
    if not saved:
        raise StaleEdit(pair)
    before = pair.resolution
    merged = pair.first.group_id is not None and pair.first.group_id == pair.second.group_id
    if resolution == Resolution.SAME and not merged:
        merge_records([pair.first, pair.second], by=by)
    elif before == Resolution.SAME and resolution != Resolution.SAME and merged:
        _separate(pair)
        start_job("dedup.find", review=pair.review, by=by)
    pair.refresh_from_db()
    return pair


def _separate(pair: PossibleDuplicate) -> None:
    """Take the merge of a pair back, with the copies each of the two had brought."""
    group = DuplicateGroup.objects.get(pk=pair.first.group_id)
    sides = {pair.first_id: None, pair.second_id: None}
    for place, part in enumerate(group.joined):
        sides |= {pk: place for pk in sides if pk in part["records"]}
    if len({*sides.values()}) == 2:
        members = list(group.records.order_by("id").values_list("pk", flat=True))
        grouping.part_again(group, members)
        group.delete()
    else:
        grouping.take_out([pair.first if pair.second.kept else pair.second])


def merged_fields(record: Record) -> tuple[dict[str, Best], list[Record]]:
    """Return a record's fields, each from the best copy, and all copies with their sources."""
    if record.group_id is None:
        return best_fields(record, [record]), [record]
    copies = list(
        Record.objects.in_review(record.review_id)
        .filter(group=record.group_id)
        .with_source()
        .order_by("-kept", "id")[:MOST_READ]
    )
    return best_fields(copies[0], copies), copies


def how_removed(review: Any) -> dict[str, int]:
    """Return how many records were removed as copies, and how many of them by people."""
    removed = Record.objects.filter(review=review).removed_as_duplicates()
    return {"removed": removed.count(), "by_hand": removed.filter(group__method=BY_HAND).count()}


def method_sentence(review: Any) -> str:
    """Return what PRISMA-S item 16 asks for: how, and with which program, copies were found."""
    counts = how_removed(review)
    judged = PossibleDuplicate.objects.in_review(review).exclude(resolution="").count()
    waiting = PossibleDuplicate.objects.waiting_in(review).count()
    by_rule = counts["removed"] - counts["by_hand"]
    said = (
        f"Records were compared by {METHOD}; a merge needs several fields that agree (identifiers,"
        " title, authors, year, journal, volume, issue, pages, abstract) and none that speaks"
        f" against it. {counts['removed']:,} duplicate records were removed before screening,"
        f" {by_rule:,} by rule and {counts['by_hand']:,} by hand."
        f" {judged:,} pairs no rule was sure of were judged by people."
    )
    return said + (f" {waiting:,} pairs are still to be judged." if waiting else "")


def waiting_counts(review: Any, membership: Any) -> dict[str, int]:
    """Return how many pairs wait for a person, counting a thousand at most."""
    if not membership.can("deduplicate"):
        return {"possible_duplicates": 0}
    waiting = PossibleDuplicate.objects.waiting_in(review).order_by()[:MOST_COUNTED]
    return {"possible_duplicates": waiting.count()}


def _with_their_groups(review: Any, records: Sequence[Record]) -> list[Record]:
    ids = [record.pk for record in records]
    found = Record.objects.in_review(review).filter(pk__in=ids)
    groups = {group for group in found.values_list("group_id", flat=True) if group}
    wanted = Record.objects.in_review(review)
    members = wanted.filter(pk__in=ids) | wanted.filter(group__in=groups)
    return list(members.with_source().order_by("id").select_for_update(of=["self"], no_key=True))


def _set_apart(review_id: int, pairs: Iterable[Sequence[int]], by: Any, reason: str) -> None:
    """Note that records are no copies of each other, whatever was said of them before."""
    rows = [
        PossibleDuplicate(review_id=review_id, first_id=first, second_id=second, reasons=[reason])
        for first, second in pairs
    ]
    PossibleDuplicate.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
    about = PossibleDuplicate.objects.filter(
        first__in={row.first_id for row in rows}, second__in={row.second_id for row in rows}
    )
    # The sets may span more pairs than these.
    named = {(row.first_id, row.second_id) for row in rows}
    found = [
        pk for pk, *pair in about.values_list("pk", "first_id", "second_id") if tuple(pair) in named
    ]
    _resolve(PossibleDuplicate.objects.filter(pk__in=found), Resolution.DIFFERENT, by)


def _resolve_among(members: Sequence[Record], resolution: str, by: Any) -> None:
    ids = [member.pk for member in members]
    _resolve(PossibleDuplicate.objects.filter(first__in=ids, second__in=ids), resolution, by)


def _resolve(pairs: QuerySet[PossibleDuplicate], resolution: str, by: Any) -> None:
    pairs.exclude(resolution=resolution).update(
        resolution=resolution, resolved_by=by, resolved_at=Now(), version=F("version") + 1
    )
