"""Seek reports, note what was retrieved, keep their PDFs."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from reviews.core.errors import DomainError
from reviews.core.files import StoredFile, store
from reviews.core.versions import save_version
from reviews.fulltext.models import Report, ReportFile
from reviews.protocol.members import Membership
from reviews.protocol.models import Review
from reviews.screening import services as screening
from reviews.screening.merges import worked_on
from reviews.screening.models import Decision, ScreeningItem, Slot, Stage
from reviews.searches.models import Record

MOST_WAITING = 1000
PDF_MARK, PDF_END, MARK_WITHIN = b"%PDF-", b"%%EOF", 1024

SEEK = """
INSERT INTO reviews_report (review_id, record_id, retrieval, attempts, version)
SELECT %s, id, 'sought', '', 1 FROM ({records}) AS record ORDER BY id
ON CONFLICT (record_id) DO NOTHING
"""


@transaction.atomic
def seek_reports(review: Review) -> int:
    """Take in the records whose reports are to be sought; return how many are new.

    Those are the records included at title and abstract, and those found by other methods.
    Harmless to repeat. What was retrieved goes on to full-text screening.
    """
    _move_back(review)
    _follow_merges(review)
    _drop_untouched(review)
    sql, parameters = _to_seek(review).order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(SEEK.format(records=sql), [review.pk, *parameters])
        new = cursor.rowcount
    _open_retrieved(review)
    return new


def reviews_with_new_reports() -> QuerySet[Review]:
    """Return the reviews in which an included record has no report yet."""
    included = ScreeningItem.objects.filter(
        review=OuterRef("pk"),
        stage=Stage.TITLE_ABSTRACT,
        outcome=ScreeningItem.Outcome.INCLUDED,
        record__kept=True,
    )
    unsought = included.exclude(Exists(Report.objects.filter(record=OuterRef("record"))))
    return Review.objects.filter(Exists(unsought))


def _included_at_title_abstract() -> Exists:
    return Exists(
        ScreeningItem.objects.filter(
            record=OuterRef("pk"), stage=Stage.TITLE_ABSTRACT, outcome="included"
        )
    )


def _to_seek(review: Review) -> QuerySet[Record]:
    present = Record.objects.in_review(review).kept()
    others = screening.records_from_other_methods(review).order_by().values("pk")
    sought = present.filter(Q(_included_at_title_abstract()) | Q(pk__in=others))
    return sought.exclude(Exists(Report.objects.filter(record=OuterRef("pk"))))


def _open_retrieved(review: Review) -> None:
    retrieved = Report.objects.filter(record=OuterRef("pk"), retrieval=Report.Retrieval.RETRIEVED)
    screening.open_full_text(
        review, Record.objects.in_review(review).kept().filter(Exists(retrieved))
    )


def _follow_merges(review: Review) -> None:
    """Move a report to the record that was kept, unless somebody worked on that one's own."""
    merged = Report.objects.in_review(review).filter(
        record__kept=False, record__group__isnull=False
    )
    for report in merged.select_related("record").order_by("id"):
        kept = Record.objects.filter(group=report.record.group_id, kept=True).first()
        if kept and _make_room(kept.pk):
            Report.objects.filter(pk=report.pk).update(
                record=kept, came_from=report.came_from_id or report.record_id, moved_at=Now()
            )


def _move_back(review: Review) -> None:
    """Return a report to the record whose it was, once that one stands for itself again.

    Not where a file came or a full text was judged after the merge: that was of the record kept.
    """
    parted = Q(came_from__group__isnull=True) | ~Q(came_from__group=F("record__group"))
    moved = Report.objects.in_review(review).filter(parted, came_from__kept=True)
    later = {"created_at__gt": OuterRef("moved_at")}
    files = ReportFile.objects.filter(report=OuterRef("pk"), **later)
    judged = Decision.objects.filter(
        item__record=OuterRef("record"), stage=Stage.FULL_TEXT, **later
    )
    for report in moved.exclude(Exists(files)).exclude(Exists(judged)).order_by("id"):
        if _make_room(report.came_from_id):
            Report.objects.filter(pk=report.pk).update(
                record=report.came_from_id, came_from=None, moved_at=None
            )


def _make_room(record_id: int) -> bool:
    """Drop an untouched report of the record; return whether it has none now."""
    there = Report.objects.filter(record=record_id)
    there.untouched().delete()
    return not there.exists()


def _drop_untouched(review: Review) -> None:
    """Stop seeking reports of records that are no longer included, if nothing was done yet."""
    wanted = Record.objects.filter(_included_at_title_abstract(), pk=OuterRef("record"), kept=True)
    others = screening.records_from_other_methods(review).filter(pk=OuterRef("record"))
    untouched = Report.objects.in_review(review).untouched()
    untouched.exclude(Exists(wanted)).exclude(Exists(others)).delete()


@transaction.atomic
def set_retrieval(
    report: Report, *, by, retrieval: str, attempts: str = "", version: int | None = None
) -> Report:
    """Say whether a report was retrieved, and where it was looked for."""
    report = (
        Report.objects.select_for_update(of=("self",)).select_related("review").get(pk=report.pk)
    )
    if retrieval not in Report.Retrieval.values:
        raise DomainError("A report is being sought, retrieved or not retrieved.")
    attempts = attempts.strip()
    if retrieval == Report.Retrieval.NOT_RETRIEVED and not attempts:
        raise DomainError("Say where the report was looked for.")
    if retrieval != Report.Retrieval.RETRIEVED:
        _leave_full_text(report)
    report.retrieval, report.attempts = retrieval, attempts
    save_version(
        report,
        version=report.version if version is None else version,
        fields=["retrieval", "attempts"],
    )
    if retrieval == Report.Retrieval.RETRIEVED:
        _open_one(report)
    return report


def _open_one(report: Report) -> None:
    screening.open_full_text(report.review, Record.objects.kept().filter(pk=report.record_id))


def _leave_full_text(report: Report) -> None:
    items = ScreeningItem.objects.filter(record=report.record_id, stage=Stage.FULL_TEXT)
    # The lock keeps a slot from being decided between the look and the deletion.
    item = items.select_for_update().first()
    if item is None:
        return
    taken = Slot.objects.filter(item=item, reviewer__isnull=False).exists()
    if item.settled_at or taken or worked_on(items).exists():
        raise DomainError(
            "Full-text screening of this report has begun, so it stays retrieved. Nothing changed."
        )
    item.delete()


def add_file(report: Report, *, by, upload: Any) -> ReportFile:
    """Keep a PDF of the report, and the earlier ones; the report is retrieved with it.

    The bytes are stored before the transaction: what a rolled back row leaves is a file that the
    next upload of the same bytes finds again.
    """
    stored = store(_pdf_chunks(upload), media_type="application/pdf", limit=settings.MAX_PDF_BYTES)
    return _attach(report, stored, by=by, name=PurePath(upload.name or "report.pdf").name[-255:])


def _pdf_chunks(upload: Any) -> Iterator[bytes]:
    """Pass the bytes on, and refuse what is no PDF before any of it is kept."""
    chunks = iter(upload.chunks())
    head = next(chunks, b"")
    if not head:
        raise DomainError("The file is empty; nothing was kept. Choose the report's PDF.")
    if PDF_MARK not in head[:MARK_WITHIN]:
        raise DomainError("This file is not a PDF; nothing was kept. Choose the report's PDF.")
    yield head
    yield from chunks


def is_cut_short(kept: ReportFile) -> bool:
    """Return True where the PDF lacks its end mark, as a broken download does.

    Viewers often show such a file all the same, so that it is kept, and said.
    """
    with kept.file.open() as content:
        content.seek(max(kept.file.size - MARK_WITHIN, 0))
        return PDF_END not in content.read()


@transaction.atomic
def _attach(report: Report, stored: StoredFile, *, by, name: str) -> ReportFile:
    report = (
        Report.objects.select_for_update(of=("self",)).select_related("review").get(pk=report.pk)
    )
    if ReportFile.objects.filter(report=report, file=stored).exists():
        raise DomainError("This report has that file already.")
    kept = ReportFile.objects.create(
        review_id=report.review_id, report=report, file=stored, name=name, uploaded_by=by
    )
    if report.retrieval != Report.Retrieval.RETRIEVED:
        Report.objects.filter(pk=report.pk).update(
            retrieval=Report.Retrieval.RETRIEVED, version=F("version") + 1
        )
    _open_one(report)
    return kept


def waiting_counts(review: Review, membership: Membership) -> dict[str, int]:
    """Count what waits for this member, each up to 1,000 ("999+" from there on)."""
    counts = screening.waiting_counts(review, membership, Stage.FULL_TEXT)
    sought = Report.objects.in_review(review).filter(retrieval=Report.Retrieval.SOUGHT)
    retrieves = membership.can("retrieve")
    return {**counts, "to_retrieve": sought[:MOST_WAITING].count() if retrieves else 0}
