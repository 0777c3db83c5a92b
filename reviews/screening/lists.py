"""The list of all records with their outcomes: what can be asked of it."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from reviews.screening.models import LabelUse, ScreeningItem, Stage
from reviews.screening.queue import DATABASES
from reviews.searches.models import Record

SETTLED = ("included", "excluded", "automation")
OUTCOMES = {
    "pending": "Pending",
    "conflict": "Conflict",
    "included": "Included",
    "excluded": "Excluded",
    "automation": "Excluded by automation",
    "screened": "Screened: included or excluded",
    "unsettled": "Pending or in conflict",
    "none": "Not in screening",
}
COPIES = {"": "Records kept", "duplicates": "Duplicates removed", "all": "All records"}
METHODS = {"": "Any", "databases": "Databases and registers", "others": "Other methods"}


def filter_records(review, *, viewer, wanted: dict) -> QuerySet[Record]:
    """Return the review's records as asked for by the fields of ``forms.RecordFilter``.

    Labels count as far as the viewer may see them.
    """
    records = Record.objects.in_review(review)
    copies = wanted.get("copies") or ""
    if copies != "all":
        records = records.filter(kept=copies != "duplicates")
    records = _by_source(records, wanted)
    if text := wanted.get("q"):
        records = records.matching(text)
    if label := wanted.get("label"):
        uses = LabelUse.objects.filter(item__record=OuterRef("pk"), label=label)
        records = records.filter(Exists(uses.visible_to(viewer)))
    return _by_outcome(_by_content(records, wanted), wanted)


def _by_content(records: QuerySet[Record], wanted: dict) -> QuerySet[Record]:
    if wanted.get("abstract"):
        none = Q(abstract="")
        records = records.filter(none if wanted["abstract"] == "no" else ~none)
    return records.of_years(wanted.get("year_from"), wanted.get("year_to"))


def _by_source(records: QuerySet[Record], wanted: dict) -> QuerySet[Record]:
    if source := wanted.get("source"):
        records = records.filter(batch__search__source=source)
    if kind := wanted.get("kind"):
        records = records.filter(batch__search__source__kind=kind)
    if method := wanted.get("method"):
        copies = Record.objects.filter(
            group=OuterRef("group"), batch__search__source__kind__in=DATABASES
        )
        found = Q(batch__search__source__kind__in=DATABASES) | Q(Exists(copies))
        records = records.filter(found) if method == "databases" else records.exclude(found)
    return records


def _by_outcome(records: QuerySet[Record], wanted: dict) -> QuerySet[Record]:
    stage, outcome, reason = (wanted.get(name) for name in ("stage", "outcome", "reason"))
    if not (stage or outcome or reason):
        return records
    items = ScreeningItem.objects.filter(record=OuterRef("pk"))
    if stage:
        items = items.filter(stage=stage)
    if reason:
        items = items.filter(reason=reason)
    if outcome == "screened":
        items = items.filter(outcome__in=["included", "excluded"])
    elif outcome == "unsettled":
        items = items.filter(outcome__in=["pending", "conflict"])
    elif outcome and outcome != "none":
        items = items.filter(outcome=outcome)
    return records.exclude(Exists(items)) if outcome == "none" else records.filter(Exists(items))


def with_outcomes(records: QuerySet[Record]) -> QuerySet[Record]:
    """Fetch along what a line of the list shows."""
    items = ScreeningItem.objects.select_related("reason")
    return (
        records.select_related("batch__search__source")
        .defer("raw", "mesh", "search")
        .prefetch_related(Prefetch("items", queryset=items, to_attr="stages"))
    )


def for_export(records: QuerySet[Record]) -> QuerySet[Record]:
    """Fetch along what a line of an export needs, each search and reason once a chunk."""
    items = ScreeningItem.objects.prefetch_related("reason")
    return records.defer("raw", "mesh", "search", "sections", "accessions").prefetch_related(
        "batch__search__source", Prefetch("items", queryset=items, to_attr="stages")
    )


def outcome_at(record: Record, stage: str) -> ScreeningItem | None:
    """Return the record's item at the stage, as prefetched by ``with_outcomes``."""
    return next((item for item in record.stages if item.stage == stage), None)


def title_abstract(record: Record) -> ScreeningItem | None:
    return outcome_at(record, Stage.TITLE_ABSTRACT)


def full_text(record: Record) -> ScreeningItem | None:
    return outcome_at(record, Stage.FULL_TEXT)


def copies_of(record: Record) -> list[Record]:
    """Return all records of the same report with their sources; the given one has its own."""
    if record.group_id is None:
        return [record]
    copies = Record.objects.in_review(record.review_id).filter(group=record.group_id)
    return list(copies.with_source().order_by("-kept", "id"))
