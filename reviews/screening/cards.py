"""What a card shows: the record, marked by the protocol's words, and one's own remarks."""

import re
import uuid
from itertools import zip_longest
from typing import Any

from reviews.protocol.lists import fetch_together, offered
from reviews.protocol.models import Criterion, HighlightTerm, Label, Review
from reviews.screening.decisions import last_undoable
from reviews.screening.forms import reasons_at
from reviews.screening.highlight import split_highlights
from reviews.screening.lists import copies_of
from reviews.screening.models import LabelUse, Note, ScreeningItem, Stage
from reviews.screening.queue import MOST_WAITING, count_progress, serve_item
from reviews.searches.models import Record

KEYS = "123456789"
# Beyond this nobody reads on a card; the record's page has the rest.
LONGEST_SHOWN, LONGEST_TITLE = 20_000, 2_000


def card_context(review: Review, stage: str, *, by) -> dict[str, Any]:
    """Serve this reviewer an item, and return all its card needs."""
    served = serve_item(review, stage, by=by)
    lists = fetch_together(
        criteria=offered(Criterion, review),
        reasons=reasons_at(review, stage),
        terms=offered(HighlightTerm, review),
        labels=offered(Label, review),
    )
    progress = count_progress(review, stage, by=by)
    left, decided = progress["left"], progress["decided"]
    context = {
        "review": review,
        "stage": Stage(stage),
        "full_text": stage == Stage.FULL_TEXT,
        "item": served.item,
        "others_hold_the_rest": served.others_hold_the_rest,
        "key": uuid.uuid4(),
        "decided": decided,
        "left": left,
        "left_shown": f"{MOST_WAITING - 1}+" if left >= MOST_WAITING else str(left),
        "whole": decided + left,
        "undoable": last_undoable(review, stage, by=by),
        "has_labels": bool(lists["labels"]),
        "criteria": lists["criteria"],
        "reasons": list(zip_longest(KEYS[: len(lists["reasons"])], lists["reasons"], fillvalue="")),
    }
    if served.item:
        context |= record_context(served.item.record, terms=lists["terms"])
        context |= remarks_context(served.item, by=by, labels=lists["labels"])
    return context


def record_context(record: Record, *, terms: list[HighlightTerm] | None = None) -> dict[str, Any]:
    """Return the record's texts cut into marked and unmarked segments, and where it was found."""
    if terms is None:
        terms = list(offered(HighlightTerm, record.review_id))
    words = {
        "include": tuple(term.name for term in terms if term.kind == "include"),
        "exclude": tuple(term.name for term in terms if term.kind == "exclude"),
    }
    sections = record.sections or [["", record.abstract]]
    copies = copies_of(record)
    sources = [copy.batch.search.source.name for copy in copies]
    return {
        "record": record,
        "title": split_highlights(record.title[:LONGEST_TITLE], **words),
        "sections": [
            (_heading(label), split_highlights(text[:LONGEST_SHOWN], **words))
            for label, text in sections
            if text
        ],
        "copies": copies,
        "sources": ", ".join(dict.fromkeys(sources)),
    }


def _heading(label: str) -> str:
    """Return a section's label as a heading; some sources shout.

    >>> _heading("MATERIALS AND METHODS"), _heading("Results"), _heading("AIM (DXA)")
    ('Materials and methods', 'Results', 'AIM (DXA)')
    """
    return label.capitalize() if re.fullmatch(r"[A-Z][A-Z ,/&-]+", label) else label


def remarks_context(
    item: ScreeningItem, *, by, labels: list[Label] | None = None
) -> dict[str, Any]:
    """Return one's own notes on the item, and the labels with those one has put."""
    mine = LabelUse.objects.visible_to(by).filter(item=item, author=by)
    return {
        "item": item,
        "notes": Note.objects.visible_to(by).filter(item=item, author=by).order_by("id"),
        "labels": offered(Label, item.review_id) if labels is None else labels,
        "own_labels": set(mine.values_list("label_id", flat=True)),
    }
