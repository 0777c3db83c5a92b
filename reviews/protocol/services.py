"""Everything that changes a review's protocol."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from reviews.accounts.models import IdempotencyKey
from reviews.core.audit import events_of
from reviews.core.errors import DomainError
from reviews.core.versions import save_version
from reviews.protocol import defaults
from reviews.protocol.members import Membership
from reviews.protocol.models import BLIND_WORK, ExclusionReason, HighlightTerm, ListRow, Review
from reviews.protocol.roles import LEAD, REVIEWER

MOST_NAMED = 3


@transaction.atomic
def create_review(*, by, title: str, once: uuid.UUID | None = None, **fields: Any) -> Review:
    """Start a review with its creator as lead and the usual reasons and words.

    A form sent twice carries the same ``once``, and starts one review.
    """
    key = f"new review {once}"
    if once and (stored := IdempotencyKey.find(by, key)):
        return Review.objects.get(pk=stored.answer["review"])
    review = Review(title=title, created_by=by, **fields)
    review.full_clean()
    review.save()
    Membership.objects.create(review=review, user=by, roles=[LEAD, REVIEWER])
    ExclusionReason.objects.bulk_create(
        ExclusionReason(
            review=review, name=name, position=place, at_title_abstract=early, at_full_text=late
        )
        for place, (name, early, late) in enumerate(defaults.EXCLUSION_REASONS, start=1)
    )
    HighlightTerm.objects.bulk_create(
        HighlightTerm(review=review, name=name, kind=kind, position=place)
        for place, (name, kind) in enumerate(defaults.HIGHLIGHT_TERMS, start=1)
    )
    if once:
        IdempotencyKey.objects.create(user=by, key=key, status=201, answer={"review": review.pk})
    return review


@transaction.atomic
def update_review(review: Review, *, by, version: int, fields: list[str]) -> Review:
    """Store the edited fields of a review.

    Raises
    ------
    StaleEdit
        Where somebody saved first.
    DomainError
        Fewer people would be asked for than have begun to work independently.
    """
    saved = Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    for field in BLIND_WORK.keys() & set(fields):
        if getattr(review, field) < getattr(saved, field):
            _refuse_to_unblind(saved, field)
    return save_version(review, version=version, fields=fields)


def _refuse_to_unblind(review: Review, field: str) -> None:
    """What one person has finished shows once all that are needed are in: for fewer, at once."""
    named = list(BLIND_WORK[field](review)[: MOST_NAMED + 1])
    if named:
        more = " and others" if len(named) > MOST_NAMED else ""
        raise DomainError(
            f"Two {field} have begun on some studies, or one has finished and waits for the other:"
            f" {', '.join(named[:MOST_NAMED])}{more}. Asking for fewer would show one person's work"
            " before the other's is in. Let both finish, or one take theirs back or leave it;"
            " then change the number."
        )


def asked_for_at_most(review: Review, field: str, number: int, *, since: Any) -> bool:
    """Say whether the protocol asked for no more people than this at any time since.

    Blinded work that was enough then could be read then, whatever the protocol asks for today.
    """
    changes = events_of(review)
    # What was in force when the time began was stored before it.
    at_the_start = changes.filter(pgh_created_at__lt=since).values("pgh_id")[:1]
    in_force = changes.filter(Q(pgh_created_at__gte=since) | Q(pgh_id__in=at_the_start))
    return in_force.filter(**{f"{field}__lte": number}).exists()


@transaction.atomic
def add_entry(entry: ListRow, *, by) -> ListRow:
    """Append an entry to one of the protocol's lists."""
    model = type(entry)
    Review.objects.select_for_update().get(pk=entry.review_id)
    last = model.objects.in_review(entry.review_id).aggregate(last=Max("position"))["last"] or 0
    entry.position = last + 1
    entry.full_clean()
    entry.save()
    return entry


def edit_entry(entry: ListRow, *, by, version: int, fields: list[str]) -> ListRow:
    """Store an edited entry, unless somebody saved first."""
    return save_version(entry, version=version, fields=fields)


@transaction.atomic
def retire_entry(entry: ListRow, *, by) -> ListRow:
    """Take an entry out of use; what already refers to it keeps it."""
    type(entry).objects.filter(pk=entry.pk, retired_at__isnull=True).update(retired_at=Now())
    entry.refresh_from_db()
    return entry


@transaction.atomic
def restore_entry(entry: ListRow, *, by) -> ListRow:
    type(entry).objects.filter(pk=entry.pk).update(retired_at=None)
    entry.refresh_from_db()
    return entry


@transaction.atomic
def move_entry(entry: ListRow, *, by, up: bool) -> None:
    """Swap an entry with its neighbour; the order of reasons is the protocol's."""
    rows = list(type(entry).objects.in_review(entry.review_id).select_for_update())
    place = next(index for index, row in enumerate(rows) if row.pk == entry.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        raise DomainError("It already stands at that end of the list.")
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows, start=1):
        if row.position != position:
            type(entry).objects.filter(pk=row.pk).update(position=position)
