"""Write extractions: start, cohorts, 2x2 tables, complete. One's own draft, or the final one
with a reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from reviews.core.audit import because
from reviews.core.errors import DomainError, StaleEdit
from reviews.core.versions import save_version
from reviews.extraction import agreeing
from reviews.extraction.checks import CODES
from reviews.extraction.models import Cohort, Extraction, TwoByTwo
from reviews.extraction.numbers import read_count
from reviews.protocol.services import asked_for_at_most
from reviews.studies.agreements import revoke_proposals
from reviews.studies.models import Agreement, Study
from reviews.studies.services import lock_study

COHORT_COUNTS = ("participants", "units", "with_condition")
TABLE_COUNTS = ("tp", "fp", "fn", "tn")
LINKS = ("index_test", "target_condition", "reference_standard")


@transaction.atomic
def start_extraction(study: Study, *, by: Any) -> Extraction:
    """Open this person's draft of the study, or return the one they have.

    Raises
    ------
    DomainError
        As many people as the protocol asks for have drafts, or the study is agreed.
    """
    study = lock_study(study)
    own = Extraction.objects.filter(study=study, extractor=by, final=False).first()
    if own and own.withdrawn_at is None:
        return own
    if Extraction.objects.filter(study=study, final=True).exists():
        raise DomainError("This study has been agreed. Edit the agreed extraction instead.")
    drafts = Extraction.objects.filter(study=study, final=False, withdrawn_at__isnull=True)
    if drafts.count() >= study.review.extractors:
        raise DomainError("Enough people are extracting this study. Choose another one.")
    _refuse_readers(study, drafts)
    if own:
        Extraction.objects.filter(pk=own.pk).update(withdrawn_at=None, version=F("version") + 1)
        own.refresh_from_db()
        return own
    return Extraction.objects.create(review_id=study.review_id, study=study, extractor=by)


def _refuse_readers(study: Study, drafts: QuerySet[Extraction]) -> None:
    """Let nobody begin an independent draft of a study whose other draft they could read."""
    done = drafts.filter(status=Extraction.Status.COMPLETE)
    found = done.aggregate(number=Count("pk"), last=Max("completed_at"))
    if found["number"] and asked_for_at_most(
        study.review, "extractors", found["number"], since=found["last"]
    ):
        raise DomainError(
            "The finished extraction of this study could be read while the protocol asked for"
            " fewer extractors, so another one would not be independent. Agree on it instead."
        )


@transaction.atomic
def withdraw_extraction(extraction: Extraction, *, by: Any) -> Extraction:
    """Give a draft's place to somebody else; what it holds is kept, and taken up again by
    starting anew. The page lets extractors withdraw their own and leads anybody's."""
    lock_study(extraction.study)
    _no_final(extraction)
    _still_hidden(extraction)
    Extraction.objects.filter(pk=extraction.pk, final=False, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now(), status=Extraction.Status.DRAFT, version=F("version") + 1
    )
    revoke_proposals(
        extraction.study, kind=Agreement.Kind.EXTRACTION, why="A draft was withdrawn.", by=by
    )
    extraction.refresh_from_db()
    return extraction


@transaction.atomic
def describe_extraction(
    extraction: Extraction, *, by: Any, version: int, characteristics: dict, reason: str = ""
) -> Extraction:
    """Store the study-level characteristics, by field key."""
    with changing(extraction, by=by, reason=reason):
        extraction.characteristics = characteristics
        return save_version(extraction, version=version, fields=["characteristics"])


# ---- cohorts ----


@transaction.atomic
def add_cohort(extraction: Extraction, *, by: Any, reason: str = "", **values: Any) -> Cohort:
    """Describe a set of participants in the extraction."""
    with changing(extraction, by=by, reason=reason):
        cohort = Cohort(
            review_id=extraction.review_id, extraction=extraction, **_counted(values, COHORT_COUNTS)
        )
        cohort.full_clean()
        cohort.save()
        _touch(extraction)
        return cohort


@transaction.atomic
def edit_cohort(
    cohort: Cohort, *, by: Any, version: int, reason: str = "", **values: Any
) -> Cohort:
    """Change a cohort.

    Raises
    ------
    StaleEdit
    """
    with changing(cohort.extraction, by=by, reason=reason):
        return _edit(cohort, version, _counted(values, COHORT_COUNTS))


@transaction.atomic
def delete_cohort(cohort: Cohort, *, by: Any, version: int, reason: str = "") -> None:
    """Remove a cohort and its tables; the history keeps them."""
    with changing(cohort.extraction, by=by, reason=reason):
        _delete(cohort, version)
        _touch(cohort.extraction)


# ---- 2x2 tables ----


@transaction.atomic
def add_table(cohort: Cohort, *, by: Any, reason: str = "", **values: Any) -> TwoByTwo:
    """Enter a 2x2 table: index_test, target_condition, reference_standard, tp, fp, fn, tn, and
    optionally threshold, threshold_value, reader, indeterminate, obtained, solver, reported,
    notes."""
    with changing(cohort.extraction, by=by, reason=reason):
        _same_review(cohort, values)
        table = TwoByTwo(review_id=cohort.review_id, cohort=cohort, **_table_values(values))
        _solved_has_input(table)
        table.full_clean()
        table.save()
        _touch(cohort.extraction)
        return table


@transaction.atomic
def edit_table(
    table: TwoByTwo, *, by: Any, version: int, reason: str = "", **values: Any
) -> TwoByTwo:
    """Change a 2x2 table.

    Raises
    ------
    StaleEdit
    """
    with changing(table.cohort.extraction, by=by, reason=reason):
        _same_review(table, values)
        values = _table_values(values)
        for name, value in values.items():
            setattr(table, name, value)
        _solved_has_input(table)
        return save_version(table, version=version, fields=list(values))


@transaction.atomic
def delete_table(table: TwoByTwo, *, by: Any, version: int, reason: str = "") -> None:
    """Remove a 2x2 table; the history keeps it."""
    with changing(table.cohort.extraction, by=by, reason=reason):
        _delete(table, version)
        _touch(table.cohort.extraction)


@transaction.atomic
def mark_preferred(table: TwoByTwo, *, by: Any, reason: str = "Preferred table chosen") -> TwoByTwo:
    """Let analyses use this table of its cohort first; every table that changes counts up."""
    with changing(table.cohort.extraction, by=by, reason=reason):
        siblings = TwoByTwo.objects.filter(cohort=table.cohort)
        siblings.filter(preferred=True).exclude(pk=table.pk).update(
            preferred=False, version=F("version") + 1
        )
        siblings.filter(pk=table.pk, preferred=False).update(
            preferred=True, version=F("version") + 1
        )
        table.refresh_from_db()
        return table


@transaction.atomic
def dismiss_warning(table: TwoByTwo, *, by: Any, warning: str, reason: str) -> TwoByTwo:
    """Keep the counts in spite of a warning, and say why. Counts do not change, nor the version."""
    if warning not in CODES:
        raise DomainError("There is no such warning.")
    if not reason.strip():
        raise DomainError("Say why the counts are kept in spite of the warning.")
    with changing(table.cohort.extraction, by=by, reason=reason):
        return _set_dismissed(table, warning, reason.strip()[:500])


@transaction.atomic
def restore_warning(table: TwoByTwo, *, by: Any, warning: str) -> TwoByTwo:
    """Show a dismissed warning again."""
    with changing(table.cohort.extraction, by=by, reason="Warning shown again"):
        return _set_dismissed(table, warning, "")


# ---- completing ----


@transaction.atomic
def complete_extraction(extraction: Extraction, *, by: Any) -> Extraction:
    """Commit the draft. Where one extractor is enough, it becomes the agreed extraction."""
    study = lock_study(extraction.study)
    extraction = _locked(extraction)
    _own(extraction, by)
    if extraction.status == Extraction.Status.COMPLETE:
        return extraction
    _no_final(extraction)
    if not extraction.cohorts.exists():
        raise DomainError("Describe at least one cohort before you mark the study as complete.")
    extraction.status = Extraction.Status.COMPLETE
    extraction.completed_at = timezone.now()
    extraction.version += 1
    extraction.save(update_fields=["status", "completed_at", "version"])
    others = Extraction.objects.filter(study=study, final=False, withdrawn_at__isnull=True)
    # Where the protocol once asked for two, there may be another draft to agree with.
    if study.review.extractors == 1 and not others.exclude(pk=extraction.pk).exists():
        agreeing.make_final(study, by=by)
    return extraction


@transaction.atomic
def reopen_own(extraction: Extraction, *, by: Any) -> Extraction:
    """Take one's completed draft back to work, while the other one is still hidden."""
    lock_study(extraction.study)
    extraction = _locked(extraction)
    _own(extraction, by)
    _no_final(extraction)
    if extraction.status == Extraction.Status.DRAFT:
        return extraction
    _still_hidden(extraction)
    extraction.status, extraction.completed_at = Extraction.Status.DRAFT, None
    extraction.version += 1
    extraction.save(update_fields=["status", "completed_at", "version"])
    return extraction


# ---- what every write passes ----


def _locked(extraction: Extraction) -> Extraction:
    query = Extraction.objects.select_for_update(of=("self",), no_key=True)
    return query.select_related("study").get(pk=extraction.pk)


def _own(extraction: Extraction, by: Any) -> None:
    if extraction.final or extraction.extractor_id != by.pk:
        raise DomainError("Only the person who extracts can do this.")
    if extraction.withdrawn_at is not None:
        raise DomainError("This extraction was withdrawn. Start it again from the study's page.")


@contextmanager
def changing(extraction: Extraction, *, by: Any, reason: str = "") -> Iterator[Extraction]:
    """Lock the extraction for a change by this person, or say why it is not theirs to change.

    A change of the agreed extraction needs a reason, which the audit trail keeps.
    """
    extraction = _locked(extraction)
    if extraction.final:
        if not reason.strip():
            raise DomainError("Say why the agreed extraction changes.")
        with because(reason.strip()):
            yield extraction
        return
    _own(extraction, by)
    if extraction.status != Extraction.Status.DRAFT:
        raise DomainError("This extraction is complete. Reopen it before changing it.")
    yield extraction


def _no_final(extraction: Extraction) -> None:
    if Extraction.objects.filter(study=extraction.study, final=True).exists():
        raise DomainError("This study has been agreed; the drafts stay as they are.")


def _still_hidden(extraction: Extraction) -> None:
    if agreeing.all_are_in(extraction.study):
        raise DomainError(
            "Both extractions are complete and shown to each other, so they stay as they are."
            " Settle what differs by agreeing."
        )


def _touch(extraction: Extraction) -> None:
    Extraction.objects.filter(pk=extraction.pk).update(version=F("version") + 1)


def _edit(row: Any, version: int, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        setattr(row, name, value)
    return save_version(row, version=version, fields=list(values))


def _delete(row: Any, version: int) -> None:
    current = type(row).objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if current is None:
        return
    if current.version != version:
        raise StaleEdit(current)
    try:
        with transaction.atomic():
            current.delete()
    except ProtectedError as error:
        raise DomainError("This is used elsewhere in the review, so it stays.") from error


def _counted(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the values with their counts read strictly, whoever sends them."""
    counted = dict(values)
    for name in names:
        if name in counted and counted[name] is not None:
            try:
                counted[name] = read_count(counted[name])
            except ValueError as error:
                raise DomainError(f"{name.replace('_', ' ').capitalize()}: {error}") from error
    return counted


def _table_values(values: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in TABLE_COUNTS if name in values and values[name] is None]
    if missing:
        raise DomainError(f"Enter a count for {missing[0].upper()}; 0 if there was none.")
    return _counted(values, (*TABLE_COUNTS, "indeterminate"))


def _same_review(row: Any, values: dict[str, Any]) -> None:
    for name in LINKS:
        if name in values and values[name].review_id != row.review_id:
            what = name.replace("_", " ")
            raise DomainError(f"There is no such {what} in this review.")


def _solved_has_input(table: TwoByTwo) -> None:
    if table.obtained == TwoByTwo.Obtained.SOLVED and not table.solver:
        raise DomainError("Counts that were solved need the printed values they come from.")


def _set_dismissed(table: TwoByTwo, warning: str, reason: str) -> TwoByTwo:
    table = TwoByTwo.objects.select_for_update(of=("self",)).get(pk=table.pk)
    dismissed = {key: why for key, why in table.dismissed.items() if key != warning}
    table.dismissed = {**dismissed, warning: reason} if reason else dismissed
    table.save(update_fields=["dismissed"])
    return table
