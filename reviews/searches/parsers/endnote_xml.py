"""EndNote's XML, as EndNote, Zotero, Mendeley, Covidence and others write it."""

from collections.abc import Iterable, Iterator

from lxml import etree

from reviews.searches.parsers import identifiers, names, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.values import Values, every, first
from reviews.searches.parsers.xml_parts import Part, Splitter, element_of, text_of

_NAMES = ("record", "RECORD")


def read_endnote_xml(pieces: Iterable[str], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of an EndNote XML file."""
    for position, part in enumerate(Splitter(_NAMES, problems).split(pieces), start=1):
        yield _record(part, position, element_of(part, problems), problems)


def _record(part: Part, position: int, element: etree._Element, problems: Problems) -> ParsedRecord:
    found: Values = {}
    _gather(element, "", found)
    abstract = texts.paragraphs(next(iter(every(found, "abstract")), ""))
    return ParsedRecord(
        position=position,
        line=part.line,
        raw=part.text,
        title=values.title(first(found, *_TITLES), part.line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(found),
        year=values.year(every(found, *_DATES), part.line, problems),
        journal=texts.one_line(first(found, *_JOURNALS)),
        volume=first(found, "volume"),
        issue=first(found, "number", "issue"),
        pages=_pages(found),
        doi=_doi(found),
        pmid=_pmid(found),
        accessions=_accessions(found),
        issn=identifiers.normalise_issn(" ".join(every(found, "isbn", "issn"))),
        keywords=values.keywords(every(found, "keywords/keyword", "keywords")),
        language=first(found, "language"),
        type=first(found, "ref-type@name", "reference-type", "ref-type", "work-type"),
        url=first(found, *_URLS),
    )


_CONTAINERS_WRITTEN = """
    contributors authors titles periodical alt-periodical keywords dates pub-dates urls
    related-urls web-urls pdf-urls text-urls
"""
_CONTAINERS = frozenset(_CONTAINERS_WRITTEN.split())
_TITLES = ("titles/title", "title", "titles/translated-title", "titles/short-title")
_TITLES += ("titles/secondary-title",)
_JOURNALS = ("periodical/full-title", "titles/secondary-title", "periodical/abbr-1")
_JOURNALS += ("secondary-title", "titles/alt-title", "alt-periodical/full-title")
_DATES = ("dates/year", "year", "dates/year@year", "dates/pub-dates/date")
_URLS = tuple(f"urls/{kind}-urls/url" for kind in ("related", "web", "pdf", "text"))
_URLS += ("urls/url", "url")
_ATTRIBUTES = {"ref-type": ("name",), "year": ("year",), "pages": ("start", "end")}


def _gather(element: etree._Element, path: str, found: Values) -> None:
    """Collect the texts of a record by where they stand: ``titles/title``, ``ref-type@name``."""
    for child in element:
        if not isinstance(child.tag, str):
            continue
        # EndNote 7 wrote its elements in capitals and with underscores.
        tag = child.tag.lower().replace("_", "-") if child.tag.isupper() else child.tag
        if tag in _CONTAINERS and len(child):
            _gather(child, f"{path}{tag}/", found)
            continue
        text = text_of(child).replace("\r", "\n").strip()
        if text:
            found.setdefault(path + tag, []).append(text)
        for name in _ATTRIBUTES.get(tag, ()):
            if value := str(child.get(name, "")).strip():
                found.setdefault(f"{path}{tag}@{name}", []).append(value)


def _authors(found: Values) -> list[str]:
    written = every(found, "contributors/authors/author") or every(found, "authors/author")
    return [texts.one_line(name) for text in written for name in names.split_authors(text)]


def _pages(found: Values) -> str:
    pages = first(found, "pages")
    if not pages:
        pages = identifiers.join_pages(first(found, "pages@start"), first(found, "pages@end"))
    # Where the article has a number and no pages, EndNote keeps it in a field of its own.
    return identifiers.join_pages(pages, "") or first(found, "electronic-article-number", "custom7")


def _doi(found: Values) -> str:
    for text in every(found, "electronic-resource-num"):
        if doi := identifiers.normalise_doi(text):
            return doi
    for text in every(found, *_URLS):
        if doi := identifiers.doi_of_url(text):
            return doi
    return identifiers.find_doi(" ".join(every(found, "notes", "research-notes", "pages")))


def _pmid(found: Values) -> str:
    number = first(found, "accession-num")
    database = first(found, "remote-database-name").lower()
    foreign = database and not any(word in database for word in ("pubmed", "medline", "nlm"))
    if number.isdecimal() and 4 <= len(number) <= 8 and not foreign:
        return identifiers.normalise_pmid(number)
    hidden = [number] if not number.isdecimal() else []
    for text in [*hidden, *every(found, "notes", *_URLS)]:
        if pmid := identifiers.normalise_pmid(text):
            return pmid
    return ""


def _accessions(found: Values) -> dict[str, str]:
    accessions: dict[str, str] = {}
    number = first(found, "accession-num")
    if number and number != _pmid(found):
        database, digits = identifiers.find_accession(number) or ("", number)
        named = first(found, "remote-database-name").lower()
        accessions[database or named or "accession number"] = digits
    for text in every(found, "custom2", "notes", *_URLS):
        if pmcid := identifiers.normalise_pmcid(text):
            accessions.setdefault("pmcid", pmcid)
    return accessions
