"""The flow diagram as the page and the file show it: the same boxes and lines for both."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from reviews.protocol.models import Review
from reviews.reporting.arithmetic import MethodCounts
from reviews.reporting.flow import OTHER_METHODS, Flow


@dataclass(frozen=True, slots=True)
class Line:
    """Words and a number, and where the records behind it are listed."""

    label: str
    count: int
    url: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A box: its place, its heading if its lines are parts, its lines, what is still pending."""

    place: str
    lines: tuple[Line, ...]
    heading: str = ""
    small: tuple[str, ...] = ()
    css: str = ""
    whole: bool = field(default=False)


def shapes_of(review: Review, flow: Flow) -> list[Shape]:
    """Return the boxes in reading order; those of other methods only where they are used."""
    link = _Links(review)
    shapes = [*_identification(flow, link), *_screening(flow, link)]
    shapes += _from_retrieval_on(flow, link, "")
    if flow.counts.identified_otherwise:
        shapes += [_other_sources(flow, link), *_from_retrieval_on(flow, link, "other_")]
    return [*shapes, *_included(review, flow, link)]


class _Links:
    """Lines that know their address."""

    def __init__(self, review: Review) -> None:
        self.review = review

    def line(self, label: str, count: int, box: str, **query: Any) -> Line:
        url = reverse("reporting:box", args=[self.review.pk, box])
        return Line(label, count, f"{url}?{urlencode(query)}" if query else url, box)


def _identification(flow: Flow, link: _Links) -> Iterator[Shape]:
    c = flow.counts
    yield Shape(
        "id",
        (
            link.line("Databases", sum(c.databases.values()), "databases"),
            link.line("Registers", sum(c.registers.values()), "registers"),
        ),
        heading="Records identified from:",
        css="down",
    )
    removed = (
        link.line("Duplicate records removed", c.duplicates, "duplicates"),
        link.line(
            "Records marked as ineligible by automation tools",
            c.ineligible_by_automation,
            "ineligible_by_automation",
        ),
        Line("Records removed for other reasons", c.removed_for_other_reasons),
    )
    yield Shape("rm", removed, heading="Records removed before screening:", css="side-to")


def _screening(flow: Flow, link: _Links) -> Iterator[Shape]:
    c = flow.counts
    waiting = c.awaiting_screening - flow.in_conflict
    said = [f"{waiting:,} await decisions"] if waiting else []
    said += [f"{flow.in_conflict:,} in conflict"] if flow.in_conflict else []
    small = (f"of {c.screened + c.awaiting_screening:,}; {', '.join(said)}",) if said else ()
    yield _whole("sc", link.line("Records screened", c.screened, "screened"), small, "down")
    yield _whole("ex", link.line("Records excluded", c.excluded, "excluded"), (), "side-to")


def _whole(place: str, line: Line, small: tuple[str, ...], css: str) -> Shape:
    return Shape(place, (line,), small=small, css=css, whole=True)


def _from_retrieval_on(flow: Flow, link: _Links, prefix: str) -> Iterator[Shape]:
    side = flow.counts.other if prefix else flow.counts.main
    o = "o" if prefix else ""
    sought = link.line("Reports sought for retrieval", side.sought, f"{prefix}sought")
    awaiting = (f"{side.awaiting_retrieval:,} still being sought",)
    yield _whole(f"{o}so", sought, awaiting if side.awaiting_retrieval else (), "down")
    missing = link.line("Reports not retrieved", side.not_retrieved, f"{prefix}not_retrieved")
    yield _whole(f"{o}nr", missing, (), "side-to")
    assessed = link.line("Reports assessed for eligibility", side.assessed, f"{prefix}assessed")
    in_conflict = flow.other_assessment_in_conflict if prefix else flow.assessment_in_conflict
    yield _whole(f"{o}as", assessed, _awaiting(side, in_conflict), "down")
    box = f"{prefix}reports_excluded"
    lines = tuple(
        link.line(reason, n, box, reason=flow.reason_ids[reason])
        for reason, n in side.excluded.items()
    )
    if lines:
        yield Shape(f"{o}ax", lines, heading="Reports excluded:", css="side-to")
    else:
        yield _whole(f"{o}ax", link.line("Reports excluded", 0, box), (), "side-to")


def _awaiting(side: MethodCounts, in_conflict: int) -> tuple[str, ...]:
    waiting = side.awaiting_assessment - in_conflict
    said = [f"{waiting:,} await decisions"] if waiting else []
    said += [f"{in_conflict:,} in conflict"] if in_conflict else []
    retrieved = side.assessed + side.awaiting_assessment
    return (f"of {retrieved:,} retrieved; {', '.join(said)}",) if said else ()


def _other_sources(flow: Flow, link: _Links) -> Shape:
    names = {
        "websites": "Websites",
        "organisations": "Organisations",
        "citation_searching": "Citation searching",
        "contacts": "Contact with authors",
        "elsewhere": "Other",
    }
    lines = tuple(
        link.line(names[name], getattr(flow.counts, name), name)
        for name in OTHER_METHODS
        if getattr(flow.counts, name)
    )
    known = flow.counts.other_duplicates
    small = (f"{known:,} known already",) if known else ()
    return Shape("oid", lines, heading="Records identified from:", small=small)


def _included(review: Review, flow: Flow, link: _Links) -> Iterator[Shape]:
    c = flow.counts
    studies = reverse("reporting:studies", args=[review.pk, "included"])
    pooled = reverse("reporting:studies", args=[review.pk, "in_meta_analysis"])
    small = [f"{flow.extracted:,} extracted, {flow.rated:,} rated"] if c.studies else []
    if c.reports_without_study:
        small.append(f"{c.reports_without_study:,} reports not yet assigned to a study")
    yield Shape(
        "in",
        (
            Line("Studies included in review", c.studies, studies, "included"),
            link.line("Reports of included studies", c.reports, "included_reports"),
        ),
        small=tuple(small),
        css="in-3 down",
    )
    yield Shape(
        "ma",
        (
            Line(
                "Studies included in meta-analysis", c.in_meta_analysis, pooled, "in_meta_analysis"
            ),
        ),
        small=tuple(f"{each.plan}: {_tally(each.studies, each.tables)}" for each in flow.pooled),
        css="in-3",
    )


def _tally(studies: int, tables: int) -> str:
    return (
        f"{studies:,} {'study' if studies == 1 else 'studies'},"
        f" {tables:,} {'table' if tables == 1 else 'tables'}"
    )
