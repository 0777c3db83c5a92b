"""Put records into groups and take them out again: every write to ``Record.group`` is here."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from reviews.dedup.compare import best_copy
from reviews.dedup.finding import COMPARED, METHOD, Candidate, Found, Plan, apart
from reviews.dedup.matching import VERSION
from reviews.dedup.models import DuplicateGroup, Fingerprint, PossibleDuplicate
from reviews.jobs.models import Job
from reviews.searches.models import DATABASES_AND_REGISTERS, Record

LOCK = 0xD0B1E  # any number; with the review's id it names the lock on its groups
_STEP = 1_000
_EVIDENCE_KEPT = 50


def lock_groups(review_id: int) -> None:
    """Let one transaction at a time change the groups of a review."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, review_id % 2**31])


def write_down(review: Any, found: Found) -> bool:
    """Make the groups and list the pairs; False where records had moved meanwhile."""
    before = last_look(review)
    unmoved, moved = _unmoved(review, found.groups)
    for start in range(0, len(unmoved), _STEP):
        place(review, unmoved[start : start + _STEP], before=before)
    _list_pairs(found.pairs)
    # What had moved stays new, and is compared again.
    _keep_fingerprints(review, [each for each in found.fingerprints if each[0] not in moved])
    forget_doubts(review)
    return not moved


def place(
    review: Any,
    plans: Sequence[Plan],
    *,
    before: Any,
    method: str = METHOD,
    by: Any = None,
) -> list[DuplicateGroup]:
    """Put the members of each plan into one group: the oldest they have, or a new one."""
    groups = _groups_for(review, plans, method, by)
    kept = _choose_kept(plans, before)
    copies = [
        (member.pk, group.pk)
        for plan, group in zip(plans, groups, strict=True)
        for member in plan.members
    ]
    # First nobody is kept: a group never has two kept records, not even for a moment.
    _move([each for each in copies if each[0] not in kept], kept=False)
    _move([each for each in copies if each[0] in kept], kept=True)
    left = {member.group_id for plan in plans for member in plan.members if member.group_id}
    DuplicateGroup.objects.filter(pk__in=left - {group.pk for group in groups}).delete()
    return groups


def take_out(records: Iterable[Record]) -> None:
    """Make records stand for themselves again; who is left alone leaves the group as well."""
    ids = [record.pk for record in records]
    review_id = Record.objects.values_list("review_id", flat=True).get(pk=ids[0])
    Record.objects.filter(pk__in=ids).update(group=None, kept=True)
    forget_fingerprints(ids)
    repair_groups(review_id)


def parts_of(members: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the groups and lone records that a merge joins, so that it can be taken back."""
    parts: dict[Any, list[Record]] = {}
    for record in members:
        parts.setdefault(record.group_id or f"record {record.pk}", []).append(record)
    groups = DuplicateGroup.objects.in_bulk([key for key in parts if isinstance(key, int)])
    return [_part(records, groups.get(key)) for key, records in parts.items()]


def _part(records: Sequence[Record], group: DuplicateGroup | None) -> dict[str, Any]:
    return {
        "records": [record.pk for record in records],
        "kept": next((record.pk for record in records if record.kept), None),
        "method": group.method if group else "",
        "evidence": group.evidence if group else [],
        "made_by": group.made_by_id if group else None,
        "joined": group.joined if group else [],
    }


def part_again(group: DuplicateGroup, members: Sequence[int]) -> None:
    """Let every record stand for itself, but for the groups there were before the last merge."""
    Record.objects.filter(pk__in=members).update(group=None, kept=True)
    for part in group.joined:
        left = [pk for pk in part["records"] if pk in set(members)]
        if len(left) < 2:
            continue
        earlier = DuplicateGroup.objects.create(
            review_id=group.review_id,
            method=part["method"],
            evidence=part["evidence"],
            made_by_id=part["made_by"],
            joined=part["joined"],
        )
        kept = part["kept"] if part["kept"] in left else left[0]
        _move([(pk, earlier.pk) for pk in left if pk != kept], kept=False)
        _move([(kept, earlier.pk)], kept=True)
    forget_fingerprints(members)


def repair_groups(review_id: int) -> None:
    """See that each group has a kept record and a copy, as after an import was taken back."""
    members = Record.objects.filter(review=review_id, group__isnull=False)
    sizes = members.values("group").annotate(
        size=Count("id"), heads=Count("id", filter=Q(kept=True))
    )
    broken = sizes.filter(Q(size=1) | Q(heads=0)).values_list("group", "size")
    for group_id, size in list(broken):
        copies = list(members.filter(group=group_id).order_by("id"))
        forget_fingerprints(copies)
        if size == 1:
            Record.objects.filter(pk=copies[0].pk).update(group=None, kept=True)
        else:
            Record.objects.filter(pk=best_copy(copies).pk).update(kept=True)
    DuplicateGroup.objects.filter(
        review=review_id, dissolved_at__isnull=True, records__isnull=True
    ).delete()


def forget_doubts(review: Any) -> None:
    """Drop pairs nobody need look at: merged meanwhile, or asked of the record that is kept."""
    waiting = PossibleDuplicate.objects.in_review(review).filter(resolution="")
    waiting.filter(Q(first__kept=False) | Q(second__kept=False)).delete()


def candidates(records: Iterable[Record]) -> list[Candidate]:
    """Return records (with their source) as the looking sees them."""
    return [
        Candidate(
            pk=record.pk,
            group_id=record.group_id,
            kept=record.kept,
            kind=record.batch.search.source.kind,
            came_at=max(record.created_at, record.batch.committed_at),
        )
        for record in records
    ]


def last_look(review: Any) -> Any:
    """Return when copies were last sought: earlier records may have been worked on."""
    done = Job.objects.in_review(review).filter(
        kind="dedup.find", status=Job.Status.SUCCEEDED, finished_at__isnull=False
    )
    return done.order_by("-id").values_list("started_at", flat=True).first()


def _unmoved(review: Any, plans: Sequence[Plan]) -> tuple[list[Plan], set[int]]:
    """Return the plans whose records are where they were, and the records of the others.

    Records judged to be different since they were read have moved apart, wherever they stand.
    """
    now = _lock([member.pk for plan in plans for member in plan.members])
    parted = _parted_meanwhile(review, plans)
    unmoved: list[Plan] = []
    moved: set[int] = set()
    for plan in plans:
        still = all(now.get(each.pk) == (each.group_id, each.kept) for each in plan.members)
        if still and parted.isdisjoint(each.pk for each in plan.members):
            unmoved.append(plan)
        else:
            moved.update(each.pk for each in plan.members)
    return unmoved, moved


def _parted_meanwhile(review: Any, plans: Sequence[Plan]) -> set[int]:
    """Return the records of plans that bring together what people keep apart."""
    stands = {m.pk: (n, m.group_id or -m.pk) for n, plan in enumerate(plans) for m in plan.members}
    members = sorted(stands)
    parted: set[int] = set()
    for places in apart(review, {pk: place for place, pk in enumerate(members)}):
        # A group merged again by hand may grow; two of its like are not brought together.
        different = {stands[members[place]] for place in places}
        if len({plan for plan, _ in different}) < len(different):
            parted.update(members[place] for place in places)
    return parted


def _lock(pks: Sequence[int]) -> dict[int, tuple[int | None, bool]]:
    """Lock records and return where they stand; what was deleted meanwhile is missing."""
    now: dict[int, tuple[int | None, bool]] = {}
    for start in range(0, len(pks), 10_000):
        rows = Record.objects.filter(pk__in=pks[start : start + 10_000]).order_by("id")
        rows = rows.select_for_update(no_key=True).values_list("pk", "group_id", "kept")
        now |= {pk: (group, kept) for pk, group, kept in rows}
    return now


def _list_pairs(pairs: Sequence[PossibleDuplicate]) -> None:
    there = _lock(sorted({pk for pair in pairs for pk in (pair.first_id, pair.second_id)}))
    PossibleDuplicate.objects.bulk_create(
        [pair for pair in pairs if pair.first_id in there and pair.second_id in there],
        batch_size=_STEP,
        ignore_conflicts=True,
    )


def _keep_fingerprints(review: Any, fingerprints: Sequence[tuple[int, list[int]]]) -> None:
    """Note that records were compared, unless they were deleted meanwhile."""
    for start in range(0, len(fingerprints), 5 * _STEP):
        some = fingerprints[start : start + 5 * _STEP]
        pks = [pk for pk, _ in some]
        texts = ["{" + ",".join(map(str, blocks)) + "}" for _, blocks in some]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM reviews_fingerprint WHERE record_id = ANY(%s)", [pks])
            cursor.execute(
                "INSERT INTO reviews_fingerprint (review_id, record_id, version, blocks)"
                " SELECT record.review_id, record.id, %s, read.blocks::bigint[]"
                " FROM unnest(%s::bigint[], %s::text[]) AS read (record, blocks)"
                " JOIN reviews_record AS record ON record.id = read.record"
                " WHERE record.review_id = %s FOR KEY SHARE OF record",
                [VERSION, pks, texts, review.pk],
            )


def forget_fingerprints(records: Iterable[Any]) -> None:
    """Let records count as new: they are compared with the others once more."""
    Fingerprint.objects.filter(record__in=records).delete()


def forget_all_fingerprints(review_id: int) -> None:
    Fingerprint.objects.filter(review=review_id).delete()


def _groups_for(review: Any, plans: Sequence[Plan], method: str, by: Any) -> list[DuplicateGroup]:
    oldest = [min((m.group_id for m in plan.members if m.group_id), default=0) for plan in plans]
    there = DuplicateGroup.objects.in_bulk([pk for pk in oldest if pk])
    groups = [
        there.get(pk) or DuplicateGroup(review=review, method=method, made_by=by) for pk in oldest
    ]
    for group, plan in zip(groups, plans, strict=True):
        group.evidence = [*group.evidence, *plan.evidence][:_EVIDENCE_KEPT]
    DuplicateGroup.objects.bulk_create([group for group in groups if group.pk is None])
    DuplicateGroup.objects.bulk_update(there.values(), ["evidence"])
    return groups


def _choose_kept(plans: Sequence[Plan], before: Any) -> set[int]:
    """Keep the record people may have worked on, else the best copy.

    Among equals a database's or register's copy stands for the group: PRISMA counts it there.
    """
    pools = [_pool(plan.members, before) for plan in plans]
    unsure = [each.pk for pool in pools if len(pool) > 1 for each in pool]
    needed = ("id", "abstract", *COMPARED)
    copies = {copy.pk: copy for copy in Record.objects.filter(pk__in=unsure).only(*needed)}
    return {
        best_copy([copies[each.pk] for each in pool]).pk if len(pool) > 1 else pool[0].pk
        for pool in pools
    }


def _pool(members: Sequence[Candidate], before: Any) -> list[Candidate]:
    pool = [each for each in members if each.group_id and each.kept]
    if not pool and before:
        pool = [each for each in members if each.came_at < before]
    pool = pool or list(members)
    return [each for each in pool if each.kind in DATABASES_AND_REGISTERS] or pool


def _move(copies: Sequence[tuple[int, int]], *, kept: bool) -> None:
    if not copies:
        return
    records, groups = zip(*copies, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_record SET group_id = moved.to_group, kept = %s"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS moved (record, to_group)"
            " WHERE reviews_record.id = moved.record",
            [kept, list(records), list(groups)],
        )
