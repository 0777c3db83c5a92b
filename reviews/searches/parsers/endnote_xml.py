"""EndNote's XML, as EndNote, Zotero, Mendeley, Covidence and others write it."""

from collections.abc import Iterable, Iterator

from lxml import etree

from reviews.searches.parsers import identifiers, names, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.xml_parts import Part, Splitter, element_of

# Lower case and underscores are of the RefMan-like exports of older versions.
_NAMES = ("record", "RECORD")


def read_endnote_xml(pieces: Iterable[str], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of an EndNote XML file."""
    for position, part in enumerate(Splitter(_NAMES, problems).split(pieces), start=1):
        yield _record(part, position, element_of(part, problems), problems)


def _record(part: Part, position: int, element: etree._Element, problems: Problems) -> ParsedRecord:
    for each in element.iter(etree.Element):
        # EndNote 7 wrote its elements in capitals and with underscores.
        if isinstance(each.tag, str) and each.tag.isupper():
            each.tag = each.tag.lower().replace("_", "-")
    abstract = texts.paragraphs(_first(element, "abstract"))
    return ParsedRecord(
        position=position,
        line=part.line,
        raw=part.text,
        title=values.title(_title(element), part.line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(element),
        year=values.year(_dates(element), part.line, problems),
        journal=texts.one_line(_journal(element)),
        volume=_line(element, "volume"),
        issue=_line(element, "number", "issue"),
        pages=_pages(element),
        doi=_doi(element),
        pmid=_pmid(element),
        accessions=_accessions(element),
        issn=identifiers.normalise_issn(" ".join(_all(element, "isbn") + _all(element, "issn"))),
        keywords=values.keywords(_all(element, "keywords/keyword") or _all(element, "keywords")),
        language=_line(element, "language"),
        type=_type(element),
        url=_line(
            element, *(f"urls/{kind}-urls/url" for kind in ("related", "web", "pdf", "text"))
        ),
    )


def _text(element: etree._Element) -> str:
    return "".join(element.itertext(with_tail=False)).replace("\r", "\n").strip()


def _all(element: etree._Element, path: str) -> list[str]:
    return [text for each in element.iterfind(path) if (text := _text(each))]


def _first(element: etree._Element, *paths: str) -> str:
    for path in paths:
        if found := _all(element, path):
            return found[0]
    return ""


def _line(element: etree._Element, *paths: str) -> str:
    return " ".join(_first(element, *paths).split())


def _title(element: etree._Element) -> str:
    paths = ("titles/title", "title", "titles/translated-title", "titles/short-title")
    return _first(element, *paths, "titles/secondary-title")


def _journal(element: etree._Element) -> str:
    paths = ("periodical/full-title", "titles/secondary-title", "periodical/abbr-1")
    return _first(
        element, *paths, "secondary-title", "titles/alt-title", "alt-periodical/full-title"
    )


def _authors(element: etree._Element) -> list[str]:
    written = _all(element, "contributors/authors/author") or _all(element, "authors/author")
    return [texts.one_line(name) for text in written for name in names.split_authors(text)]


def _dates(element: etree._Element) -> list[str]:
    years = [str(each.get("year", "")) for each in element.iterfind("dates/year")]
    return (
        _all(element, "dates/year")
        + _all(element, "year")
        + [text for text in [*years, *_all(element, "dates/pub-dates/date")] if text]
    )


def _pages(element: etree._Element) -> str:
    pages = _line(element, "pages")
    if not pages:
        pages = identifiers.join_pages(
            str(_attribute(element, "pages", "start")), str(_attribute(element, "pages", "end"))
        )
    # Where the article has a number and no pages, EndNote keeps it in a field of its own.
    return identifiers.join_pages(pages, "") or _line(
        element, "electronic-article-number", "custom7"
    )


def _attribute(element: etree._Element, path: str, name: str) -> str:
    found = element.find(path)
    return "" if found is None else str(found.get(name, ""))


def _doi(element: etree._Element) -> str:
    for text in _all(element, "electronic-resource-num"):
        if doi := identifiers.normalise_doi(text):
            return doi
    for text in _urls(element):
        if doi := identifiers.doi_of_url(text):
            return doi
    hidden = [*_all(element, "notes"), *_all(element, "research-notes"), *_all(element, "pages")]
    return identifiers.find_doi(" ".join(hidden))


def _urls(element: etree._Element) -> list[str]:
    return _all(element, ".//urls//url")


def _pmid(element: etree._Element) -> str:
    number = _line(element, "accession-num")
    database = _line(element, "remote-database-name").lower()
    foreign = database and not any(word in database for word in ("pubmed", "medline", "nlm"))
    if number.isdecimal() and 4 <= len(number) <= 8 and not foreign:
        return identifiers.normalise_pmid(number)
    hidden = [number] if not number.isdecimal() else []
    for text in [*hidden, *_all(element, "notes"), *_urls(element)]:
        if pmid := identifiers.normalise_pmid(text):
            return pmid
    return ""


def _accessions(element: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    number = _line(element, "accession-num")
    if number and number != _pmid(element):
        database, digits = identifiers.find_accession(number) or ("", number)
        named = _line(element, "remote-database-name").lower()
        found[database or named or "accession number"] = digits
    for path in ("custom2", "notes", "urls/related-urls/url"):
        for text in _all(element, path):
            if pmcid := identifiers.normalise_pmcid(text):
                found.setdefault("pmcid", pmcid)
    return found


def _type(element: etree._Element) -> str:
    return _attribute(element, "ref-type", "name") or _line(element, "ref-type", "work-type")
