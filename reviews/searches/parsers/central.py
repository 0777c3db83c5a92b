"""The Cochrane Library's text of CENTRAL: ``Record #1 of 20``, then ``TI: `` and its like."""

import re
from collections.abc import Iterable, Iterator

from reviews.searches.parsers import identifiers, names, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.tagged import Dialect, TaggedRecord, read_records
from reviews.searches.parsers.values import every, first

_RECORD = "RECORD #"
_TAGS_WRITTEN = "ID AU TI SO YR VL NO PG PM XR PT KY DOI AB US CC CO DE LA"
_TAGS = frozenset({_RECORD, *_TAGS_WRITTEN.split()})

CENTRAL = Dialect(
    name="central",
    tags=_TAGS,
    width=4,
    prescribed=lambda tag: f"{tag}: ",
    loose=re.compile(r"(\ufeff*)(Record #|[A-Z]{2}(?=:)|DOI(?=:))(:?)[ \t]?(.*)", re.DOTALL),
    long_texts=frozenset({"AB"}),
    single_lines=frozenset({_RECORD, "ID", "YR"}),
    opening=_RECORD,
    opens=lambda record, tag, value, after_blank: tag == _RECORD,
    is_opening_value=lambda value: re.fullmatch(r"\d{1,9} of \d{1,9}\s*", value) is not None,
    hyphened=False,
)


def read_central(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of a text the Cochrane Library exports."""
    for position, tagged in enumerate(read_records(blocks, CENTRAL, problems), start=1):
        yield _record(tagged, position, problems)


def _record(tagged: TaggedRecord, position: int, problems: Problems) -> ParsedRecord:
    found, line = values.stripped(tagged.values), tagged.line
    abstract = values.unwrapped(found, "AB")
    number = first(found, "ID")
    return ParsedRecord(
        position=position,
        line=line,
        raw=tagged.raw,
        title=values.title(first(found, "TI"), line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=[name for text in every(found, "AU") for name in names.split_authors(text)],
        year=values.year(every(found, "YR"), line, problems),
        journal=texts.one_line(first(found, "SO")),
        volume=first(found, "VL"),
        issue=first(found, "NO"),
        pages=identifiers.join_pages(first(found, "PG"), ""),
        doi=values.doi(every(found, "DOI"), line, problems),
        pmid=identifiers.normalise_pmid(first(found, "PM")),
        accessions=dict([identifiers.find_accession(number) or ("central", number)])
        if number
        else {},
        keywords=values.keywords(every(found, "KY")),
        language=first(found, "LA"),
        type=first(found, "PT"),
        url=first(found, "US"),
    )
