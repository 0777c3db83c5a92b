"""The PRISMA-S checklist: what the data say of each item, what the team says, what is missing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import Count

from reviews.dedup.models import DuplicateGroup
from reviews.protocol.models import Review
from reviews.searches.hits import compare
from reviews.searches.models import Record, Search, SearchStatement, Source

Kind = Source.Kind
NOT_DONE = "Nothing is documented; if it was not done, say so."


@dataclass(frozen=True, slots=True)
class Said:
    """What the data say of an item, and what they leave open."""

    lines: list[str] = field(default_factory=list)
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the checklist with everything there is to report for it."""

    number: int
    section: str
    name: str
    asks: str
    lines: list[str]
    statement: str
    missing: str

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Facts:
    """The searches and what came of them, read once for all items."""

    searches: list[Search]
    methods: list[tuple[str, int]]
    removed: int

    def of_kind(self, *kinds: str) -> list[Search]:
        return [search for search in self.searches if search.source.kind in kinds]

    @property
    def documented(self) -> list[Search]:
        return self.of_kind(Kind.DATABASE, Kind.REGISTER)


def checklist(review: Review) -> list[Item]:
    """Return the sixteen items as they stand, in four queries."""
    facts = _facts(review)
    statements = dict(
        SearchStatement.objects.filter(review=review).values_list("item", "text").order_by("item")
    )
    items = []
    for number, (section, name, asks, say) in ITEMS.items():
        said, statement = say(facts), statements.get(number, "")
        missing = "" if statement.strip() else said.missing
        items.append(Item(number, section, name, asks, said.lines, statement, missing))
    return items


def _facts(review: Review) -> Facts:
    groups = DuplicateGroup.objects.filter(review=review, dissolved_at__isnull=True)
    methods = groups.values_list("method").annotate(n=Count("pk")).order_by("-n", "method")
    removed = Record.objects.count_removed(review)
    return Facts(list(Search.objects.for_list(review)), list(methods), removed)


def _databases(facts: Facts) -> Said:
    sources = _sources(facts.of_kind(Kind.DATABASE))
    bare = [source.name for source in sources if not source.platform]
    missing = f"The platform is not stated: {', '.join(bare)}." if bare else ""
    return Said([str(each) for each in sources], missing if sources else NOT_DONE)


def _sources(searches: Iterable[Search]) -> list[Source]:
    return list({search.source_id: search.source for search in searches}.values())


def _platforms(facts: Facts) -> Said:
    sources = [each for each in _sources(facts.of_kind(Kind.DATABASE)) if each.platform]
    if not sources:
        return Said(missing="No database with its platform is documented.")
    shared = []
    for platform, group in groupby(sorted(sources, key=_platform), key=_platform):
        names = [source.name for source in group]
        if len(names) > 1:
            shared.append(f"{platform}: {', '.join(names)}")
    if not shared:
        return Said(["No platform was used for more than one database."])
    return Said(shared, "Say whether the databases of a platform were searched together.")


def _platform(source: Source) -> str:
    return source.platform


def _of_kinds(*kinds: str) -> Callable[[Facts], Said]:
    def say(facts: Facts) -> Said:
        lines = [_how(search) for search in facts.of_kind(*kinds)]
        return Said(lines, "" if lines else NOT_DONE)

    return say


def _how(search: Search) -> str:
    imported = f"{search.imported:,} record{'' if search.imported == 1 else 's'}"
    told = search.notes.strip() or "; ".join(line["line"] for line in search.strategy[:20])
    return f"{search}: {imported}" + (f". {told}" if told else "")


def _strategies(facts: Facts) -> Said:
    written = [search for search in facts.documented if search.strategy]
    lines = [f"{search}: {len(search.strategy)} lines, in the appendix" for search in written]
    return Said(lines, _without(facts, "strategy", "No strategy is written down"))


def _texts(field_name: str, words: str) -> Callable[[Facts], Said]:
    def say(facts: Facts) -> Said:
        texts = [(str(each), getattr(each, field_name)) for each in facts.documented]
        lines = [f"{search}: {text}" for search, text in texts if text]
        return Said(lines, _without(facts, field_name, f"{words} not stated"))

    return say


def _without(facts: Facts, field_name: str, words: str) -> str:
    """Name the searches of databases and registers that lack a field."""
    if not facts.documented:
        return "No search of a database or register is documented."
    bare = [str(each) for each in facts.documented if not getattr(each, field_name)]
    return f"{words}: {'; '.join(bare)}." if bare else ""


def _team_alone(asked: str) -> Callable[[Facts], Said]:
    return lambda facts: Said(missing=asked)


def _updates(facts: Facts) -> Said:
    lines = [f"{each} updates {each.update_of}" for each in facts.searches if each.update_of]
    return Said(lines, "" if lines else "No update is documented; if none was made, say so.")


def _dates(facts: Facts) -> Said:
    run = [search for search in facts.searches if not search.source.by_hand]
    lines = [f"{search.source}: {search.run_on:%-d %B %Y}" for search in run]
    return Said(lines, "" if lines else "No search is documented.")


def _totals(facts: Facts) -> Said:
    lines, open_ones = [], []
    for search in facts.documented:
        told = f"{search.source}: {compare(search.hits, search.imported)}"
        lines.append(f"{told} {search.difference}".strip())
        if search.hits is None:
            open_ones.append(f"{search}: hits are not stated")
        elif search.hits != search.imported and not search.difference:
            open_ones.append(f"{search}: the difference is not explained")
    missing = "; ".join(open_ones) + "." if open_ones else ""
    return Said(lines, missing if lines else "No search is documented.")


def _duplicates(facts: Facts) -> Said:
    lines = [
        f"{method}: {n:,} group{'' if n == 1 else 's'} of copies" for method, n in facts.methods
    ]
    if not lines:
        return Said(missing="No duplicates were found yet; say how they were looked for.")
    return Said([f"{facts.removed:,} duplicate records removed by Quadrant", *lines])


SOURCES = "Information sources and methods"
STRATEGIES = "Search strategies"
ITEMS: dict[int, tuple[str, str, str, Callable[[Facts], Said]]] = {
    1: (SOURCES, "Database name", "Each database searched, with its platform.", _databases),
    2: (
        SOURCES,
        "Multi-database searching",
        "Databases searched together on one platform: the platform, and all databases.",
        _platforms,
    ),
    3: (SOURCES, "Study registries", "Each register searched.", _of_kinds(Kind.REGISTER)),
    4: (
        SOURCES,
        "Online resources and browsing",
        "Websites, organisations and tables of contents looked through, and how.",
        _of_kinds(Kind.WEBSITE, Kind.ORGANISATION),
    ),
    5: (
        SOURCES,
        "Citation searching",
        "Whether references or citing reports were examined, and how.",
        _of_kinds(Kind.CITATION),
    ),
    6: (
        SOURCES,
        "Contacts",
        "Whether authors, experts or makers were asked for studies or data.",
        _of_kinds(Kind.CONTACT),
    ),
    7: (SOURCES, "Other methods", "Any other way of finding reports.", _of_kinds(Kind.OTHER)),
    8: (
        STRATEGIES,
        "Full search strategies",
        "Every strategy, line by line, exactly as run.",
        _strategies,
    ),
    9: (
        STRATEGIES,
        "Limits and restrictions",
        "Limits such as date or language with their reasons, or that there were none.",
        _texts("limits", "Limits"),
    ),
    10: (
        STRATEGIES,
        "Search filters",
        "Published filters used, as made or changed, with their source.",
        _texts("filters", "Filters"),
    ),
    11: (
        STRATEGIES,
        "Prior work",
        "Strategies of other reviews that were adapted or used again, with their source.",
        _team_alone("Say whether strategies of other reviews were used, or that none were."),
    ),
    12: (STRATEGIES, "Updates", "How the searches were brought up to date.", _updates),
    13: (STRATEGIES, "Dates of searches", "When each search was last run.", _dates),
    14: (
        "Peer review",
        "Peer review",
        "How the strategies were reviewed.",
        _texts("peer_review", "Peer review"),
    ),
    15: (
        "Managing records",
        "Total records",
        "The number of records from each database and other source.",
        _totals,
    ),
    16: (
        "Managing records",
        "Deduplication",
        "How duplicates were removed, and with which program.",
        _duplicates,
    ),
}
HEADER = ("item", "section", "name", "from the data", "statement", "missing")


def checklist_rows(review: Review) -> Iterator[tuple[Any, ...]]:
    """Yield a row per item for a table; see ``HEADER``."""
    for item in checklist(review):
        lines = "\n".join(item.lines)
        yield item.number, item.section, item.name, lines, item.statement, item.missing


def checklist_text(review: Review) -> Iterator[str]:
    """Yield the checklist as plain text, for an appendix."""
    yield f"PRISMA-S checklist: {review.title}\n"
    for item in checklist(review):
        yield f"\n{item.number} {item.name}\n"
        for line in [*item.lines, item.statement]:
            if line:
                yield f"  {line}\n"
        if item.missing:
            yield f"  Missing: {item.missing}\n"
