"""From drafts to the one final extraction: what differs, and what was agreed."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from reviews.core.errors import DomainError
from reviews.extraction.compare import ONLY, Difference, Matched, differences, key_of, match, same
from reviews.extraction.models import Cohort, Extraction, Pin, TwoByTwo
from reviews.extraction.numbers import read_count
from reviews.studies.models import Study

COHORT_FIELDS = (
    *("name", "role", "unit", "participants", "units", "with_condition"),
    *("country", "setting", "overlaps_with"),
)
LINKS = ("index_test", "target_condition", "reference_standard")
COUNTS = ("tp", "fp", "fn", "tn", "indeterminate", "participants", "units", "with_condition")
TABLE_FIELDS = (
    *(*LINKS, "threshold", "threshold_value", "reader", "tp", "fp", "fn", "tn"),
    *("indeterminate", "obtained", "preferred"),
)
TEXTS = ("name", "country", "setting", "overlaps_with", "threshold", "reader", *COUNTS)
NESTED = ("reported", "characteristics")


def complete_drafts(study: Study):
    """Return the drafts that count, the earlier first, with what is in them."""
    tables = TwoByTwo.objects.select_related(*LINKS).order_by("id")
    cohorts = Cohort.objects.order_by("id").prefetch_related(Prefetch("tables", tables))
    return (
        Extraction.objects.filter(study=study, final=False, withdrawn_at__isnull=True)
        .filter(status=Extraction.Status.COMPLETE)
        .select_related("extractor")
        .prefetch_related(Prefetch("cohorts", cohorts), "pins")
        .order_by("id")
    )


def all_are_in(study: Study) -> bool:
    """Say whether the drafts are open to each other; the blinding of the models decides."""
    return Extraction.objects.studies_open().filter(study=study).exists()


class Sides:
    """The complete drafts of a study laid side by side."""

    def __init__(self, study: Study) -> None:
        self.drafts = list(complete_drafts(study)[:2])
        self.matched: Matched = match(*([_plain(draft) for draft in self.drafts] * 2)[:2])
        self.differences: list[Difference] = (
            differences(self.matched) if len(self.drafts) == 2 else []
        )
        self.seen = ",".join(f"{draft.pk}:{draft.version}" for draft in self.drafts)

    @property
    def rows(self) -> Iterable[Any]:
        for draft in self.drafts:
            for cohort in draft.cohorts.all():
                yield from cohort.tables.all()


def sides_of(study: Study) -> Sides:
    """Return both drafts; DomainError while one of them is still hidden."""
    if not all_are_in(study):
        raise DomainError("The extractions of this study are not all complete yet.")
    return Sides(study)


def write_agreed(study: Study, sides: Sides, *, by: Any, choices: Mapping[str, Any]) -> Extraction:
    """Make the final extraction of the drafts; the caller holds the study's lock.

    Parameters
    ----------
    choices : mapping of str to object
        By the key of each difference: "first", "second", or {"value": what was typed}; where one
        draft alone has a cohort or table, "keep" or "leave".
    """
    _check_choices(sides, choices)
    return _write_final(study, sides, choices, by)


def make_final(study: Study, *, by: Any) -> Extraction:
    """Copy the one draft that suffices; the caller holds the study's lock."""
    return _write_final(study, sides_of(study), {}, by)


def _check_choices(sides: Sides, choices: Mapping[str, Any]) -> None:
    open_ones = [each for each in sides.differences if not _is_choice(each, choices.get(each.key))]
    if open_ones:
        first = open_ones[0]
        raise DomainError(
            f"{len(open_ones)} of {len(sides.differences)} differences are still open,"
            f" such as {first.field.replace('_', ' ')} of {first.subject}."
        )


def _is_choice(difference: Difference, choice: Any) -> bool:
    if difference.field == ONLY:
        return choice in {"keep", "leave"}
    if isinstance(choice, Mapping):
        return "value" in choice and difference.field in TEXTS
    return choice in {"first", "second"}


def _write_final(study: Study, sides: Sides, choices: Mapping[str, Any], by: Any) -> Extraction:
    if Extraction.objects.filter(study=study, final=True).exists():
        raise DomainError("This study has been agreed already.")
    final = Extraction(
        review_id=study.review_id,
        study=study,
        final=True,
        status=Extraction.Status.COMPLETE,
        completed_at=timezone.now(),
        agreed_by=by,
        characteristics=_chosen(sides.differences, choices, "study", sides.matched.characteristics),
    )
    final.save()
    writer = _Writer(sides, choices, final)
    writer.pins(sides.drafts, cohort=None, table=None, of=(None, None))
    for pair, tables in sides.matched.cohorts:
        writer.cohort(pair, tables)
    return final


class _Writer:
    """Writes the rows of a final extraction, each from the pair of drafts behind it."""

    def __init__(self, sides: Sides, choices: Mapping[str, Any], final: Extraction) -> None:
        self.sides, self.choices, self.final = sides, choices, final

    def cohort(self, pair: Any, tables: Iterable[Any]) -> None:
        if not self._kept("cohort", pair):
            return
        values = self._values("cohort", pair)
        row = Cohort(review_id=self.final.review_id, extraction=self.final, **_nest(values))
        row.full_clean()
        row.save()
        self.pins(self.sides.drafts, cohort=row, table=None, of=_rows(pair))
        for each in tables:
            # Below a cohort that one draft alone has, every table comes along.
            if None in pair or self._kept("table", each):
                self.table(row, each)

    def table(self, cohort: Cohort, pair: Any) -> None:
        values = self._values("table", pair)
        originals = [row for row in _rows(pair) if row is not None]
        row = TwoByTwo(
            review_id=self.final.review_id,
            cohort=cohort,
            **{f"{name}_id": values.pop(name) for name in LINKS},
            **_nest(values),
            notes="\n".join(dict.fromkeys(each.notes for each in originals if each.notes)),
            solver=next((each.solver for each in originals if each.solver), {}),
            dismissed={k: v for each in reversed(originals) for k, v in each.dismissed.items()},
        )
        row.full_clean()
        row.save()
        self.pins(self.sides.drafts, cohort=None, table=row, of=_rows(pair))

    def pins(self, drafts: Any, *, cohort: Any, table: Any, of: Any) -> None:
        """Copy the pins of both drafts; for a value chosen from one draft, that one's."""
        copied: dict[str, Pin] = {}
        for draft, row in zip(drafts, of, strict=False):
            for pin in draft.pins.all():
                if (pin.cohort_id, pin.table_id) == _target(row) and self._pin_fits(pin, of):
                    copied.setdefault(pin.field, pin)
        Pin.objects.bulk_create(
            Pin(
                review_id=self.final.review_id,
                extraction=self.final,
                cohort=cohort,
                table=table,
                **{name: getattr(pin, name) for name in _PIN_FIELDS},
            )
            for pin in copied.values()
        )

    def _pin_fits(self, pin: Pin, of: Any) -> bool:
        """Leave out the pin of a value that was not chosen."""
        kind = "table" if pin.table_id else "cohort" if pin.cohort_id else "study"
        if None in of:
            return True
        key = f"{kind}-{of[0].pk}-{of[1].pk}.{pin.field}"
        choice = self.choices.get(key)
        if choice is None:
            return True
        own = pin.extraction_id == self.sides.drafts[0].pk
        return choice == ("first" if own else "second")

    def _kept(self, kind: str, pair: Any) -> bool:
        return None not in pair or self.choices.get(f"{key_of(kind, pair)}.{ONLY}") == "keep"

    def _values(self, kind: str, pair: Any) -> dict[str, Any]:
        one, other = pair
        if one is None or other is None:
            return dict((one or other)["values"])
        both = (one["values"], other["values"])
        return _chosen(self.sides.differences, self.choices, key_of(kind, pair), both)


def _chosen(
    found: Iterable[Difference], choices: Mapping[str, Any], prefix: str, both: Any
) -> dict[str, Any]:
    values = dict(both[0])
    for name, value in both[1].items():
        values.setdefault(name, value)
    for each in found:
        if each.key == f"{prefix}.{each.field}":
            values[each.field] = _value(each, choices[each.key])
    return values


def _value(difference: Difference, choice: Any) -> Any:
    if not isinstance(choice, Mapping):
        return difference.first if choice == "first" else difference.second
    typed = str(choice["value"]).strip()
    if difference.field not in COUNTS:
        return typed
    if not typed and difference.field not in TABLE_FIELDS[6:10]:
        return None
    try:
        return read_count(typed)
    except ValueError as error:
        name = difference.field.replace("_", " ").capitalize()
        name = name.upper() if len(name) == 2 else name  # TP, FP, FN, TN
        raise DomainError(f"{name} of {difference.subject}: {error}") from error


_PIN_FIELDS = ("field", "report_id", "file_id", "page", "quote", "rectangles")


def _rows(pair: Any) -> tuple[Any, Any]:
    return tuple(each["row"] if each else None for each in pair)  # type: ignore[return-value]


def _target(row: Any) -> tuple[int | None, int | None]:
    """Return the cohort's and table's id a pin of this row carries."""
    if isinstance(row, TwoByTwo):
        return None, row.pk
    return (row.pk, None) if row is not None else (None, None)


def _plain(draft: Extraction) -> dict[str, Any]:
    return {
        "characteristics": draft.characteristics,
        "cohorts": [_plain_cohort(cohort) for cohort in draft.cohorts.all()],
    }


def _plain_cohort(cohort: Cohort) -> dict[str, Any]:
    values = {name: getattr(cohort, name) for name in COHORT_FIELDS}
    return {
        "id": cohort.pk,
        "row": cohort,
        "name": cohort.name,
        "values": values | _flat("characteristics", cohort.characteristics),
        "tables": [_plain_table(table, cohort) for table in cohort.tables.all()],
    }


def _plain_table(table: TwoByTwo, cohort: Cohort) -> dict[str, Any]:
    values = {
        name: getattr(table, f"{name}_id" if name in LINKS else name) for name in TABLE_FIELDS
    }
    values |= _flat("reported", table.reported)
    return {
        "id": table.pk,
        "row": table,
        "name": f"{table.index_test.name} in {cohort.name}",
        "values": values | _flat("characteristics", table.characteristics),
    }


def _flat(prefix: str, value: Any) -> dict[str, Any]:
    return {f"{prefix}.{key}": each for key, each in (value or {}).items() if not same(each, None)}


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put "reported.sensitivity" back below "reported"."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if dot and outer in NESTED:
            if not same(value, None):
                nested.setdefault(outer, {})[inner] = value
        else:
            nested[name] = value
    return nested
