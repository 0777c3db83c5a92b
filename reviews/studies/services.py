"""Make studies of included reports, and say which reports describe which study."""

from collections import Counter
from collections.abc import Iterable, Iterator
from string import ascii_lowercase
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.deletion import ProtectedError

from reviews.core.errors import DomainError
from reviews.core.versions import save_version
from reviews.fulltext.models import Report
from reviews.protocol.models import Review
from reviews.screening.models import ScreeningItem, Stage
from reviews.studies.labels import label_of
from reviews.studies.models import Study, StudyReport


def included_reports(review: Any):
    """Return the reports whose full text was included; the outcome shows, so it is settled.

    A duplicate of another record counts no more, whatever was once decided on it.
    """
    included = ScreeningItem.objects.settled().filter(
        record=OuterRef("record"),
        stage=Stage.FULL_TEXT,
        outcome=ScreeningItem.Outcome.INCLUDED,
    )
    return Report.objects.in_review(review).filter(Exists(included), record__kept=True)


def reports_without_study(review: Any):
    linked = StudyReport.objects.filter(report=OuterRef("pk"))
    return included_reports(review).filter(~Exists(linked))


def lock_study(study: Study) -> Study:
    """Lock the study and its review, so that places, agreement and how many people the protocol
    asks for are decided one at a time. Call in a transaction."""
    _lock(study.review_id)
    locked = Study.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("review").get(pk=study.pk)


@transaction.atomic
def take_in_studies(review: Any) -> list[Study]:
    """Make a study of its own of each included report that belongs to none; harmless twice."""
    _lock(review.pk)
    waiting = list(reports_without_study(review).select_related("record").order_by("id"))
    if not waiting:
        return []
    wanted = [label_of(report.record.authors, report.record.year) for report in waiting]
    labels = _free_labels(review, wanted)
    studies = []
    for report, label in zip(waiting, labels, strict=True):
        study = Study.objects.create(review_id=review.pk, label=label)
        _link(study, report, primary=True)
        studies.append(study)
    return studies


@transaction.atomic
def create_study(
    review: Any,
    *,
    by: Any,
    label: str,
    registrations: str = "",
    notes: str = "",
    reports: Iterable[Report] = (),
) -> Study:
    """Make a study by hand; the first of its reports is the primary one."""
    study = Study(
        review_id=review.pk, label=label.strip(), registrations=registrations, notes=notes
    )
    study.full_clean()
    study.save()
    for number, report in enumerate(reports):
        _same_review(study, report)
        _link(study, report, primary=number == 0)
    return study


def edit_study(
    study: Study, *, by: Any, version: int, label: str, registrations: str, notes: str
) -> Study:
    """Rename or annotate a study.

    Raises
    ------
    StaleEdit
    """
    study.label, study.registrations, study.notes = label.strip(), registrations, notes
    return save_version(study, version=version, fields=["label", "registrations", "notes"])


@transaction.atomic
def link_report(study: Study, report: Report, *, by: Any) -> StudyReport:
    """Say that the report describes the study; the first one linked is the primary one."""
    _same_review(study, report)
    _lock(study.review_id)
    found = StudyReport.objects.filter(study=study, report=report).first()
    if found:
        return found
    has_primary = StudyReport.objects.filter(study=study, primary=True).exists()
    return _link(study, report, primary=not has_primary)


@transaction.atomic
def unlink_report(study: Study, report: Report, *, by: Any) -> None:
    """Take the report away from the study; an included one becomes a study of its own again."""
    _lock(study.review_id)
    link = _link_of(study, report)
    if StudyReport.objects.filter(study=study).count() == 1:
        raise DomainError("This is the study's only report. Merge the study into another instead.")
    link.delete()
    _ensure_primary(study)


@transaction.atomic
def move_report(report: Report, *, from_study: Study, to_study: Study, by: Any) -> None:
    """Let the report describe another study; a study without reports and data goes."""
    _same_review(to_study, report)
    _lock(to_study.review_id)
    link = _link_of(from_study, report)
    if from_study.pk == to_study.pk:
        return
    link.delete()
    if not StudyReport.objects.filter(study=to_study, report=report).exists():
        has_primary = StudyReport.objects.filter(study=to_study, primary=True).exists()
        _link(to_study, report, primary=not has_primary)
    if StudyReport.objects.filter(study=from_study).exists():
        _ensure_primary(from_study)
    else:
        _drop(from_study)


@transaction.atomic
def merge_studies(study: Study, *, into: Study, by: Any) -> Study:
    """Make one study of two: the reports move, the emptied study goes.

    To undo it, make a study by hand and move the report back.
    """
    if study.pk == into.pk:
        raise DomainError("A study cannot be merged into itself.")
    if study.review_id != into.review_id:
        raise DomainError("There is no such study in this review.")
    _lock(study.review_id)
    links = list(StudyReport.objects.filter(study=study).select_related("report"))
    if not links:
        _drop(study)
    for link in links:
        move_report(link.report, from_study=study, to_study=into, by=by)
    return into


@transaction.atomic
def choose_primary(study: Study, report: Report, *, by: Any) -> None:
    """Make this report the study's primary one."""
    _lock(study.review_id)
    link = _link_of(study, report)
    StudyReport.objects.filter(study=study, primary=True).exclude(pk=link.pk).update(primary=False)
    StudyReport.objects.filter(pk=link.pk).update(primary=True)


def _lock(review_id: int) -> None:
    """One at a time per review; rows that point to the review may still be written."""
    Review.objects.select_for_update(no_key=True).get(pk=review_id)


def _same_review(study: Study, report: Report) -> None:
    if study.review_id != report.review_id:
        raise DomainError("There is no such report in this review.")


def _link(study: Study, report: Report, *, primary: bool) -> StudyReport:
    return StudyReport.objects.create(
        review_id=study.review_id, study=study, report=report, primary=primary
    )


def _link_of(study: Study, report: Report) -> StudyReport:
    link = StudyReport.objects.filter(study=study, report=report).first()
    if link is None:
        raise DomainError("This report no longer belongs to the study. Reload the page.")
    return link


def _ensure_primary(study: Study) -> None:
    links = StudyReport.objects.filter(study=study)
    if not links.filter(primary=True).exists():
        first = links.order_by("id").first()
        StudyReport.objects.filter(pk=first.pk).update(primary=True)


def _drop(study: Study) -> None:
    """Delete a study nobody has worked on; stages above hold on to theirs by PROTECT."""
    try:
        # In a savepoint: a refusal must leave the caller's transaction usable.
        with transaction.atomic():
            study.delete()
    except ProtectedError as error:
        raise DomainError(
            f"{study.label} has been extracted or rated, so it must keep a report."
            " Merge the other study into it instead."
        ) from error


def _free_labels(review: Any, wanted: list[str]) -> list[str]:
    """Return the labels made unique: a and b where two arrive together, else the next letter."""
    taken = {
        label.lower() for label in Study.objects.in_review(review).values_list("label", flat=True)
    }
    often = Counter(label.lower() for label in wanted)
    return [_free_label(label, taken, alone=often[label.lower()] == 1) for label in wanted]


def _free_label(label: str, taken: set[str], *, alone: bool) -> str:
    plain_taken = label.lower() in taken
    candidates = _lettered(label, first=1 if plain_taken else 0)
    free = (
        label
        if alone and not plain_taken
        else next(each for each in candidates if each.lower() not in taken)
    )
    taken.add(free.lower())
    return free


def _lettered(label: str, *, first: int) -> Iterator[str]:
    for letter in ascii_lowercase[first:]:
        yield f"{label}{letter}"
    number = len(ascii_lowercase) + 1
    while True:
        yield f"{label} ({number})"
        number += 1
