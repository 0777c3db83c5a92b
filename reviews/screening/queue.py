"""Open items for records, and serve their slots so that none is ever served twice."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from reviews.core.counting import count_each
from reviews.protocol.models import Review
from reviews.screening.merges import follow_merges
from reviews.screening.models import Decision, ScreeningItem, Skip, Slot, Stage
from reviews.searches.models import Record, Source

LEASE = timedelta(minutes=15)
DATABASES = (Source.Kind.DATABASE, Source.Kind.REGISTER)
MOST_WAITING = 1000

OPEN_ITEMS = """
INSERT INTO reviews_screeningitem (review_id, record_id, stage, needed, outcome, rank)
SELECT %s, id, %s, %s, 'pending', 0 FROM ({records}) AS record ORDER BY id
ON CONFLICT (record_id, stage) DO NOTHING
"""

# Items nobody has begun follow the protocol where the number of reviewers was changed.
FOLLOW_PROTOCOL = """
UPDATE reviews_screeningitem AS item SET needed = %s
WHERE review_id = %s AND stage = %s AND outcome = 'pending' AND needed <> %s
  AND NOT EXISTS (SELECT 1 FROM reviews_slot WHERE item_id = item.id AND reviewer_id IS NOT NULL)
"""

CLOSE_SLOTS = """
DELETE FROM reviews_slot AS slot USING reviews_screeningitem AS item
WHERE item.id = slot.item_id AND slot.review_id = %s AND slot.stage = %s
  AND NOT slot.decided AND slot.reviewer_id IS NULL AND slot.number > item.needed
"""

OPEN_SLOTS = """
INSERT INTO reviews_slot (review_id, item_id, stage, number, rank, decided)
SELECT item.review_id, item.id, item.stage, wanted.number, item.rank, false
FROM reviews_screeningitem AS item
JOIN reviews_record AS record ON record.id = item.record_id AND record.kept
CROSS JOIN LATERAL generate_series(1, item.needed) AS wanted (number)
WHERE item.review_id = %s AND item.stage = %s AND item.outcome = 'pending'
  AND NOT EXISTS (SELECT 1 FROM reviews_slot WHERE item_id = item.id AND number = wanted.number)
ON CONFLICT (item_id, number) DO NOTHING
"""

# One's own lease that ran out would keep its item from oneself for ever.
KEEP_OR_HAND_BACK = """
UPDATE reviews_slot AS slot
SET reviewer_id = CASE WHEN mine.keeps THEN slot.reviewer_id END,
    until = CASE WHEN mine.keeps THEN statement_timestamp() + %(lease)s END
FROM (
    SELECT own.id, record.kept AND own.until >= statement_timestamp() AS keeps
    FROM reviews_slot AS own
    JOIN reviews_screeningitem AS item ON item.id = own.item_id
    JOIN reviews_record AS record ON record.id = item.record_id
    WHERE own.review_id = %(review)s AND own.stage = %(stage)s
      AND own.reviewer_id = %(reviewer)s AND NOT own.decided
) AS mine
WHERE slot.id = mine.id RETURNING mine.keeps, slot.rank, slot.item_id
"""

# A slot whose lease ran out counts as free; whoever has a part in the item is passed over.
TAKE_SLOT = """
UPDATE reviews_slot SET reviewer_id = %(reviewer)s, until = statement_timestamp() + %(lease)s
WHERE id = (
    SELECT slot.id FROM reviews_slot AS slot
    JOIN reviews_screeningitem AS item ON item.id = slot.item_id
    JOIN reviews_record AS record ON record.id = item.record_id
    WHERE slot.review_id = %(review)s AND slot.stage = %(stage)s AND NOT slot.decided
      AND (slot.reviewer_id IS NULL OR slot.until < statement_timestamp())
      AND item.outcome = 'pending' AND record.kept
      AND NOT EXISTS (SELECT 1 FROM reviews_slot AS mine
                      WHERE mine.item_id = slot.item_id AND mine.reviewer_id = %(reviewer)s)
      AND NOT EXISTS (SELECT 1 FROM reviews_skip AS skip
                      WHERE skip.item_id = slot.item_id AND skip.reviewer_id = %(reviewer)s)
    ORDER BY slot.rank, slot.item_id, slot.number
    FOR UPDATE OF slot SKIP LOCKED LIMIT 1
) RETURNING item_id
"""


@dataclass(frozen=True, slots=True)
class Served:
    """What a reviewer gets: an item, or none with the reason."""

    item: ScreeningItem | None
    others_hold_the_rest: bool = False

    @property
    def done(self) -> bool:
        return self.item is None and not self.others_hold_the_rest


def records_to_screen(review: Review) -> QuerySet[Record]:
    """Return kept records of which any copy came from a database or register."""
    return _present(review).filter(_any_copy_from_databases())


def records_from_other_methods(review: Review) -> QuerySet[Record]:
    """Return kept records found by other methods alone; they go straight to reports sought."""
    return _present(review).exclude(_any_copy_from_databases())


def _present(review: Review) -> QuerySet[Record]:
    return Record.objects.in_review(review).kept().filter(batch__withdrawn_at__isnull=True)


def _any_copy_from_databases() -> Q:
    copies = Record.objects.filter(
        group=OuterRef("group"), batch__search__source__kind__in=DATABASES
    )
    return Q(batch__search__source__kind__in=DATABASES) | Q(Exists(copies))


def records_waiting_to_open(review: Review) -> QuerySet[Record]:
    """Return the records not yet taken in, up to 1,000."""
    taken_in = ScreeningItem.objects.filter(record=OuterRef("pk"), stage=Stage.TITLE_ABSTRACT)
    waiting = records_to_screen(review).exclude(Exists(taken_in))
    return waiting.order_by().values("pk")[:MOST_WAITING]


@transaction.atomic
def open_items(review: Review) -> int:
    """Take in the kept records that have no item at title and abstract; return how many.

    Harmless to repeat. Follows merges of duplicates and changes of the protocol first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")
    follow_merges(review)
    return _open(review, Stage.TITLE_ABSTRACT, records_to_screen(review))


@transaction.atomic
def open_full_text(review: Review, records: QuerySet[Record]) -> int:
    """Take in the records whose reports were retrieved; called by the stage that retrieves."""
    return _open(review, Stage.FULL_TEXT, records)


def _open(review: Review, stage: str, records: QuerySet[Record]) -> int:
    needed = {
        Stage.TITLE_ABSTRACT: review.reviewers_title_abstract,
        Stage.FULL_TEXT: review.reviewers_full_text,
    }[Stage(stage)]
    missing = records.exclude(
        Exists(ScreeningItem.objects.filter(record=OuterRef("pk"), stage=stage))
    )
    sql, parameters = missing.order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ITEMS.format(records=sql), [review.pk, stage, needed, *parameters])
        opened = cursor.rowcount
        cursor.execute(FOLLOW_PROTOCOL, [needed, review.pk, stage, needed])
        cursor.execute(CLOSE_SLOTS, [review.pk, stage])
        cursor.execute(OPEN_SLOTS, [review.pk, stage])
    return opened


def lock_reviewer(review_id: int, reviewer) -> None:
    """Let one person's tabs take turns until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"screening {review_id} {reviewer.pk}"],
        )


@transaction.atomic
def serve_item(review: Review, stage: str, *, by) -> Served:
    """Lend this reviewer the next item, or return the one they hold already."""
    lock_reviewer(review.pk, by)
    ways = (_held, _take_slot, _take_skipped)
    item_id = next(filter(None, (way(review, stage, by) for way in ways)), None)
    if item_id:
        return Served(_with_record(item_id))
    return Served(None, others_hold_the_rest=_left_for(review, stage, by).exists())


def _with_record(item_id: int) -> ScreeningItem:
    items = ScreeningItem.objects.select_related("record__batch__search__source", "review")
    return items.get(pk=item_id)


def _held(review: Review, stage: str, by) -> int | None:
    """Return the item lent to this reviewer already, for another while."""
    kept = [row[1:] for row in _lend(KEEP_OR_HAND_BACK, review, stage, by) if row[0]]
    return min(kept)[1] if kept else None


def _take_slot(review: Review, stage: str, by) -> int | None:
    taken = _lend(TAKE_SLOT, review, stage, by)
    return taken[0][0] if taken else None


def _lend(sql: str, review: Review, stage: str, by) -> list[tuple]:
    with connection.cursor() as cursor:
        values = {"review": review.pk, "stage": stage, "reviewer": by.pk, "lease": LEASE}
        cursor.execute(sql, values)
        return cursor.fetchall()


def _take_skipped(review: Review, stage: str, by) -> int | None:
    """Bring back what this reviewer put off, now that nothing else is left."""
    put_off = Skip.objects.filter(review=review, item__stage=stage, reviewer=by)
    return _take_slot(review, stage, by) if put_off.delete()[0] else None


@transaction.atomic
def skip_item(item: ScreeningItem, *, by) -> None:
    """Put an item off: its slot is free again, and it comes back when nothing else is left."""
    lock_reviewer(item.review_id, by)
    mine = Slot.objects.filter(item=item, reviewer=by, decided=False)
    if mine.update(reviewer=None, until=None):
        Skip.objects.get_or_create(review_id=item.review_id, item=item, reviewer=by)


def _left_for(review: Review, stage: str, by) -> QuerySet[Slot]:
    """Return undecided slots of items in which this reviewer has no part, but for a lease."""
    mine = Slot.objects.filter(item=OuterRef("item"), reviewer=by, decided=True)
    open_slots = Slot.objects.filter(review=review, stage=stage, decided=False)
    return open_slots.filter(~Exists(mine))


def items_left(review: Review, stage: str, *, by) -> QuerySet[Slot]:
    """Return the items still to be decided by this reviewer, up to 1,000."""
    items = _left_for(review, stage, by).order_by("rank", "item_id").values("item_id").distinct()
    return items[:MOST_WAITING]


def slots_decided(review: Review, stage: str, *, by) -> QuerySet[Slot]:
    """Return the slots of the items this reviewer has decided."""
    decided = Slot.objects.filter(review=review, stage=stage, reviewer=by, decided=True)
    return decided.values("pk")


def count_progress(review: Review, stage: str, *, by) -> dict[str, int]:
    """Count what this reviewer has ``decided`` and what is ``left``, up to 1,000."""
    decided, left = slots_decided(review, stage, by=by), items_left(review, stage, by=by)
    return count_each({"decided": decided, "left": left})


def took_part(item: ScreeningItem, user) -> bool:
    return Decision.objects.filter(item=item, reviewer=user).exists()
