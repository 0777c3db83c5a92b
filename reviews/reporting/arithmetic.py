"""The numbers of the PRISMA 2020 flow diagram: which boxes there are, and whether they add up."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCounts:
    """Reports from one side of the diagram, from retrieval on."""

    sought: int = 0
    not_retrieved: int = 0
    awaiting_retrieval: int = 0
    awaiting_assessment: int = 0  # retrieved, not yet settled at full text
    assessed: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)  # by reason, in protocol order
    included: int = 0

    @property
    def excluded_total(self) -> int:
        """Reports excluded, whatever the reason."""
        return sum(self.excluded.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCounts:
    """What was counted; a duplicate group counts once, under databases and registers if it can.

    Records from other methods are not screened at title and abstract: they go straight to
    `other.sought`. What a stopping rule left unread is `ineligible_by_automation`, never screened.
    """

    databases: Mapping[str, int] = field(default_factory=dict)  # by source
    registers: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    ineligible_by_automation: int = 0
    removed_for_other_reasons: int = 0
    awaiting_screening: int = 0  # pending or in conflict
    screened: int = 0
    excluded: int = 0
    main: MethodCounts = field(default_factory=MethodCounts)
    websites: int = 0
    organisations: int = 0
    citation_searching: int = 0
    contacts: int = 0
    elsewhere: int = 0  # any other way, such as records added by hand
    other_duplicates: int = 0  # found by other methods, but known already
    other: MethodCounts = field(default_factory=MethodCounts)
    reports_without_study: int = 0  # included, not yet assigned to a study
    new_studies: int = 0
    new_reports: int = 0
    previous_studies: int = 0
    previous_reports: int = 0
    in_meta_analysis: int = 0

    @property
    def identified(self) -> int:
        """Records identified from databases and registers."""
        return sum(self.databases.values()) + sum(self.registers.values())

    @property
    def removed(self) -> int:
        """Records removed before screening."""
        return self.duplicates + self.ineligible_by_automation + self.removed_for_other_reasons

    @property
    def identified_otherwise(self) -> int:
        """Records identified from websites, organisations, citation searching and the like."""
        known = self.websites + self.organisations + self.citation_searching
        return known + self.contacts + self.elsewhere

    @property
    def studies(self) -> int:
        """Studies included in review, previous ones too."""
        return self.previous_studies + self.new_studies

    @property
    def reports(self) -> int:
        """Reports of included studies, previous ones too."""
        return self.previous_reports + self.new_reports


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the diagram: a key to link it by, its words, its number, and what it consists of."""

    key: str
    label: str
    count: int
    parts: tuple[tuple[str, int], ...] = ()


def make_boxes(counts: FlowCounts) -> list[Box]:
    """Return the boxes in reading order; those of other methods and updates only where used."""
    boxes = [*_identification(counts), *_screening(counts), *_retrieval(counts.main)]
    if counts.identified_otherwise or counts.other.sought:
        boxes += _other_methods(counts)
    if counts.previous_studies or counts.previous_reports:
        boxes.append(_previous(counts))
    return boxes + _included(counts)


def failed_identities(counts: FlowCounts) -> list[str]:
    """Return a sentence for each sum that does not come out; none if the diagram adds up."""
    c = counts
    sums = [
        (
            ("records identified", c.identified),
            ("removed before screening", c.removed),
            ("screened", c.screened),
            ("awaiting screening", c.awaiting_screening),
        ),
        (
            ("records screened", c.screened),
            ("excluded", c.excluded),
            ("reports sought for retrieval", c.main.sought),
        ),
        (
            ("records identified by other methods", c.identified_otherwise),
            ("known already", c.other_duplicates),
            ("reports sought for retrieval", c.other.sought),
        ),
        *_sums_of_method(c.main, ""),
        *_sums_of_method(c.other, " by other methods"),
        (
            ("reports included", c.main.included + c.other.included),
            ("reports of included studies", c.new_reports),
            ("reports not yet assigned to a study", c.reports_without_study),
        ),
    ]
    return [*_negative(c), *filter(None, map(_failure, sums)), *_bounds(c)]


_Sum = tuple[tuple[str, int], ...]


def _sums_of_method(method: MethodCounts, whose: str) -> list[_Sum]:
    return [
        (
            (f"reports sought{whose}", method.sought),
            ("not retrieved", method.not_retrieved),
            ("awaiting retrieval", method.awaiting_retrieval),
            ("awaiting assessment", method.awaiting_assessment),
            ("assessed for eligibility", method.assessed),
        ),
        (
            (f"reports assessed for eligibility{whose}", method.assessed),
            ("excluded", method.excluded_total),
            ("included", method.included),
        ),
    ]


def _failure(total: _Sum) -> str:
    (whole, count), *parts = total
    made = sum(part for _, part in parts)
    if made == count:
        return ""
    terms = " + ".join(f"{name} ({part:,})" for name, part in parts)
    return f"{whole.capitalize()} ({count:,}) should be {terms}, which makes {made:,}."


def _bounds(c: FlowCounts) -> list[str]:
    failed = []
    # One report may describe several studies, but studies need a report.
    if c.new_studies and not c.new_reports:
        failed.append(f"New studies included ({c.new_studies:,}) have no report.")
    if c.in_meta_analysis > c.studies:
        failed.append(
            f"Studies included in meta-analysis ({c.in_meta_analysis:,}) cannot be more than"
            f" studies included in review ({c.studies:,})."
        )
    return failed


def _negative(c: FlowCounts) -> list[str]:
    numbers: list[tuple[str, int]] = []
    for owner, whose in ((c, ""), (c.main, "main "), (c.other, "other ")):
        for each in fields(owner):
            value = getattr(owner, each.name)
            name = whose + each.name.replace("_", " ")
            if isinstance(value, int):
                numbers.append((name, value))
            elif isinstance(value, Mapping):
                numbers += [(f"{name}: {key}", number) for key, number in value.items()]
    return [f"A count cannot be negative: {name} is {n:,}." for name, n in numbers if n < 0]


def _identification(c: FlowCounts) -> list[Box]:
    from_databases = sum(c.databases.values())
    from_registers = sum(c.registers.values())
    return [
        Box(
            "identified",
            "Records identified from",
            c.identified,
            (("Databases", from_databases), ("Registers", from_registers)),
        ),
        Box("databases", "Databases", from_databases, tuple(c.databases.items())),
        Box("registers", "Registers", from_registers, tuple(c.registers.items())),
        Box(
            "removed",
            "Records removed before screening",
            c.removed,
            (
                ("Duplicate records removed", c.duplicates),
                ("Records marked as ineligible by automation tools", c.ineligible_by_automation),
                ("Records removed for other reasons", c.removed_for_other_reasons),
            ),
        ),
    ]


def _screening(c: FlowCounts) -> list[Box]:
    boxes = [
        Box("screened", "Records screened", c.screened),
        Box("excluded", "Records excluded", c.excluded),
    ]
    if c.awaiting_screening:
        waiting = Box("awaiting_screening", "Records awaiting screening", c.awaiting_screening)
        boxes.insert(0, waiting)
    return boxes


def _retrieval(method: MethodCounts, prefix: str = "") -> list[Box]:
    boxes = [
        Box(f"{prefix}sought", "Reports sought for retrieval", method.sought),
        Box(f"{prefix}not_retrieved", "Reports not retrieved", method.not_retrieved),
        Box(f"{prefix}assessed", "Reports assessed for eligibility", method.assessed),
        Box(
            f"{prefix}reports_excluded",
            "Reports excluded",
            method.excluded_total,
            tuple(method.excluded.items()),
        ),
    ]
    if waiting := method.awaiting_retrieval + method.awaiting_assessment:
        parts = (
            ("Awaiting retrieval", method.awaiting_retrieval),
            ("Awaiting assessment", method.awaiting_assessment),
        )
        boxes.insert(2, Box(f"{prefix}awaiting_assessment", "Reports awaiting", waiting, parts))
    return boxes


def _other_methods(c: FlowCounts) -> list[Box]:
    parts = (
        ("Websites", c.websites),
        ("Organisations", c.organisations),
        ("Citation searching", c.citation_searching),
    )
    used = (("Contact with authors", c.contacts), ("Other", c.elsewhere))
    parts += tuple(part for part in used if part[1])
    return [
        Box("other_identified", "Records identified from", c.identified_otherwise, parts),
        *_retrieval(c.other, "other_"),
    ]


def _previous(c: FlowCounts) -> Box:
    label = "Studies included in previous version of review"
    parts = (("Reports of studies included in previous version of review", c.previous_reports),)
    return Box("previous", label, c.previous_studies, parts)


def _included(c: FlowCounts) -> list[Box]:
    return [
        Box(
            "included",
            "Studies included in review",
            c.studies,
            (("Reports of included studies", c.reports),),
        ),
        Box("in_meta_analysis", "Studies included in meta-analysis", c.in_meta_analysis),
    ]
