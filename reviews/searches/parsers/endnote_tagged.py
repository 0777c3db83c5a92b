"""EndNote's tagged format (%0), which goes back to refer and BibIX."""

import re
from collections.abc import Iterable, Iterator

from reviews.searches.parsers import identifiers, names, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.tagged import Dialect, TaggedRecord, read_records
from reviews.searches.parsers.values import Values, every, first

# Every letter, digit and these signs is a tag: the import filter "EndNote Import".
_TAGS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@+?!&()*[]^|<>#$~=")
# A record without its type may begin with these, after a blank line.
_FIRST = frozenset("TAFJB")
_MORE_NAMES = re.compile(r"\s+--\s*|--(?=\s|$)")


def _opens(record: TaggedRecord, tag: str, value: str, after_blank: bool) -> bool:
    found = record.values
    if tag == "0":
        # Some give the type twice in a row, a broad and a narrow one.
        return after_blank or ("0" in found and len(found) > 1)
    return after_blank and tag in _FIRST and tag in found and "T" in found


ENDNOTE = Dialect(
    name="endnote",
    tags=_TAGS,
    width=3,
    prescribed=lambda tag: f"%{tag} ",
    loose=re.compile(r"([ \t\ufeff]*)%([A-Z0-9@+?!&()*\[\]^|<>#$~=])([ \t]|$)(.*)", re.DOTALL),
    long_texts=frozenset("XZ"),
    single_lines=frozenset("0D"),
    opening="0",
    opens=_opens,
    blank_line_closes=True,
    hyphened=False,
)


def read_endnote_tagged(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of a file in EndNote's tagged format."""
    for position, tagged in enumerate(read_records(blocks, ENDNOTE, problems), start=1):
        yield _record(tagged, position, problems)


def _record(tagged: TaggedRecord, position: int, problems: Problems) -> ParsedRecord:
    found, line = values.stripped(tagged.values), tagged.line
    abstract = values.unwrapped(found, "X")
    return ParsedRecord(
        position=position,
        line=line,
        raw=tagged.raw,
        title=values.title(" ".join(dict.fromkeys(every(found, "T"))), line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(found),
        year=values.year(every(found, "D", "8"), line, problems),
        journal=texts.one_line(first(found, "J", "B", "S")),
        volume=first(found, "V"),
        issue=first(found, "N"),
        pages=identifiers.join_pages(first(found, "P"), ""),
        doi=_doi(found),
        pmid=_pmid(found),
        accessions=_accessions(found),
        issn=identifiers.normalise_issn(" ".join(every(found, "@"))),
        keywords=values.keywords([_MORE_NAMES.sub(";", text) for text in every(found, "K")]),
        language="; ".join(every(found, "G")),
        type=first(found, "0", "9"),
        url=first(found, "U", ">"),
    )


def _authors(found: Values) -> list[str]:
    written = values.lines(found, "A")
    return [texts.one_line(name) for text in written for name in names.split_authors(text)]


def _doi(found: Values) -> str:
    for text in every(found, "R"):
        if doi := identifiers.normalise_doi(text):
            return doi
    for text in every(found, "U", ">"):
        if doi := identifiers.doi_of_url(text):
            return doi
    return identifiers.find_doi(" ".join(every(found, "O", "Z", "1", "3")))


def _pmid(found: Values) -> str:
    database = first(found, "~", "W")
    for text in every(found, "M", "Z", "O", "U", "1"):
        bare = text.isdecimal()
        if bare and not (re.search("pubmed|medline|nlm", database, re.I) or len(text) == 8):
            continue
        if pmid := identifiers.normalise_pmid(text):
            return pmid
    return ""


def _accessions(found: Values) -> dict[str, str]:
    accessions: dict[str, str] = {}
    for text in every(found, "2", "O", "Z"):
        if pmcid := identifiers.normalise_pmcid(text):
            accessions.setdefault("pmcid", pmcid)
    number = first(found, "M")
    if number and number != _pmid(found):
        database, digits = identifiers.find_accession(number) or ("", number)
        accessions.setdefault(database or first(found, "~").lower() or "accession number", digits)
    return accessions
