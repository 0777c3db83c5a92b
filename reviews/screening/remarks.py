"""Notes and labels reviewers put on items, hidden from others as decisions are."""

from django.db import transaction

from reviews.core.errors import DomainError
from reviews.protocol.models import Label
from reviews.screening.models import LabelUse, Note, ScreeningItem

LONGEST_NOTE = 5_000


@transaction.atomic
def add_note(item: ScreeningItem, *, by, text: str) -> Note:
    text = text.strip()
    if not text:
        raise DomainError("The note is empty.")
    if len(text) > LONGEST_NOTE:
        raise DomainError("A note has at most 5,000 characters. Nothing was stored.")
    # The same words sent again, with a decision kept while offline say, are the same note.
    same = Note.objects.filter(item=item, author=by, text=text).first()
    return same or Note.objects.create(review_id=item.review_id, item=item, author=by, text=text)


@transaction.atomic
def toggle_label(item: ScreeningItem, label: Label, *, by) -> bool:
    """Put one's label on the item, or take it off; return whether it is on now."""
    if label.review_id != item.review_id or label.retired_at:
        raise DomainError("The protocol has no such label.")
    mine = LabelUse.objects.filter(item=item, label=label, author=by)
    if mine.delete()[0]:
        return False
    LabelUse.objects.create(review_id=item.review_id, item=item, label=label, author=by)
    return True
