"""Ovid's two text formats: short tags (``TI  - ``), and labels with the text below them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviews.searches.parsers import identifiers, names, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.tagged import Dialect, TaggedRecord, read_records
from reviews.searches.parsers.values import Values, every, first

_SHORT_WRITTEN = """
    AB AC AD AE AF AG AI AN AU AX BC BI BN BS BT CA CC CD CF CI CL CM CN CO CP CR CS CT CY DB DC
    DD DE DI DJ DM DO DP DT DV EA EC ED EI EM EN EP ES ET EU EX FA FD FN FO FS FT FU FX GE GI GN
    GR GS GW HD HW IA IB ID IL IM IN IP IR IS IT IV JA JC JN JT JW KF KI KP KW LA LC LD LG LI LM
    LN LO LP LT MC MD ME MF MH MI MJ MM MN MS MT MV NA NJ NM NO NP NR NT NU OA OB OD OI OL ON OT
    OU OV OW OX PB PC PD PE PF PG PH PI PL PM PN PO PP PR PS PT PU PY QA RA RE RF RN RO RP RV RW
    SA SB SC SE SF SH SI SL SN SO SP SR SS ST SU TA TC TD TI TM TN TO TT TW UI UM UP UR US VI VN
    VO WA WD WM XL XS YR ZZ DU TP JS PA
"""
# Ovid's label -> the short tag that holds the same.
_LABELS = {
    "title": "TI",
    "chapter title": "CH",
    "book title": "BT",
    "original title": "OT",
    "author": "AU",
    "authors": "AU",
    "author full name": "FA",
    "authors full name": "FA",
    "corporate author": "CA",
    "abstract": "AB",
    "source": "SO",
    "journal name": "JN",
    "year of publication": "YR",
    "publication year": "YR",
    "date of publication": "DP",
    "publication date": "DP",
    "volume": "VO",
    "issue": "IP",
    "issue/part": "IP",
    "pagination": "PG",
    "page": "PG",
    "pages": "PG",
    "doi": "DO",
    "doi number": "DO",
    "digital object identifier": "DO",
    "unique identifier": "UI",
    "accession number": "AN",
    "pmid": "PM",
    "pubmed id": "PM",
    "pmc identifier": "PC",
    "issn": "IS",
    "issn linking": "IS",
    "isbn": "IB",
    "author keywords": "KW",
    "keywords": "KW",
    "keyword heading": "KW",
    "key concepts": "ID",
    "mesh subject headings": "MH",
    "subject headings": "SH",
    "language": "LG",
    "publication type": "PT",
    "document type": "DT",
    "url": "UR",
    "link to the ovid full text or citation": "XL",
    "database": "DB",
}
_NUMBER = re.compile(r"\d+\.? ?>\s*")
_MARK = re.compile(r"\s*\[(?:References|Article|Review|Ed|Eds|Editor)\]\.?\s*$", re.IGNORECASE)
_AFTER_NAME = re.compile(
    r"(?:\s*(?:[*+#^\u2020\u2021]|\(\d{1,3}\)|\b\d{1,3}\b|\[[^\]]{0,30}\]),?)+\s*$"
)
_DEGREES = re.compile(
    r"(?:,?\s+(?:MD|M\.D\.|PhD|Ph\.D\.|MSc|MPH|BSc|MS|DO|RN|DDS|DrPH|FRCP|MBBS|MBChB|MA|BA))+$"
)
# "New Journal. 8(6):1048-1064, September 2015." in several varieties.
_SOURCE = re.compile(
    r"(?P<journal>[^\n]{1,400}?)[.,]?\s+(?:Vol\.?\s?)?(?P<volume>\d{1,6}[A-Za-z]?)\s?"
    r"(?:\((?P<issue>[^()\s]{1,20}(?:\([^()]{1,9}\))?[^()\s]{0,9}|[^()]{1,30})\))?\s?"
    r"(?:[:,]\s?(?P<pages>[A-Za-z]?\d[\w.-]{0,20}(?:-[\w.]{1,20})?))?(?=[,.;:\s]|$)"
)
_ARTICLE_NUMBER = re.compile(r"\bArticle Number: ([A-Za-z0-9-]{1,20})")
_PAGES = re.compile(r"(?:\bpp?\.|[:,])\s{0,3}([A-Za-z]?\d{1,7}-[A-Za-z]?\d{1,7})\b")


def _opens(record: TaggedRecord, tag: str, value: str, after_blank: bool) -> bool:
    if tag == "<":
        return True
    # Without the number, a record begins with the tag its neighbours begin with.
    return after_blank and tag in record.values and tag == next(iter(record.values))


SHORT = Dialect(
    name="ovid",
    tags=frozenset({"<", *_SHORT_WRITTEN.split()}),
    width=6,
    prescribed=lambda tag: f"{tag}  - ",
    loose=re.compile(r"([ \t\ufeff]*)(<(?=\d)|[A-Z][A-Z0-9](?= {0,3}-))( {0,3})-?[ \t]?(.*)", re.S),
    long_texts=frozenset(),
    single_lines=frozenset({"<", "YR", "UP"}),
    opening="<",
    opens=_opens,
    is_opening_value=lambda value: _NUMBER.fullmatch(value) is not None,
    blank_line_closes=True,
)
LABELLED = Dialect(
    name="ovid",
    tags=frozenset({"<", *map(str.upper, _LABELS)}),
    width=1,
    prescribed=lambda tag: tag,
    loose=re.compile(r"(\ufeff*)(<(?=\d)|[A-Z][\w/()&,. -]{1,59}?(?=\s*$))( {0,3})(.*)", re.S),
    long_texts=frozenset(),
    single_lines=frozenset({"<"}),
    opening="<",
    opens=_opens,
    is_opening_value=lambda value: _NUMBER.fullmatch(value) is not None,
    blank_line_closes=True,
    indents_text=True,
    names_every_line=True,
)


def read_ovid(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of an Ovid export, in whichever of its two formats."""
    blocks = iter(blocks)
    head = next(blocks, [])
    dialect = SHORT if _is_short(head) else LABELLED

    def all_blocks() -> Iterator[list[str]]:
        yield head
        yield from blocks

    for position, tagged in enumerate(read_records(all_blocks(), dialect, problems), start=1):
        found = tagged.values if dialect is SHORT else _by_tag(tagged.values)
        yield _record(tagged, values.stripped(found), position, problems)


def _is_short(lines: list[str]) -> bool:
    return any(re.match(r"\s*[A-Z][A-Z0-9] {1,2}- ", line) for line in lines[:200])


def _by_tag(labelled: Values) -> Values:
    found: Values = {}
    for label, some in labelled.items():
        found.setdefault(_LABELS.get(label.lower(), label), []).extend(some)
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""


def _source(found: Values) -> _Source:
    """Journal, volume, issue and pages out of the one line that holds them all."""
    text = first(found, "SO")
    matched = _SOURCE.match(text)
    if matched is None:
        pages = _PAGES.search(text)
        return _Source(text.split(". ")[0].rstrip(" ."), pages=pages[1] if pages else "")
    parts = {name: value or "" for name, value in matched.groupdict().items()}
    if not parts["pages"] and (pages := _PAGES.search(text)):
        parts["pages"] = pages[1]
    return _Source(**parts)


def _record(tagged: TaggedRecord, found: Values, position: int, problems: Problems) -> ParsedRecord:
    line = tagged.line
    abstract = values.unwrapped(found, "AB").removeprefix(": ")
    source = _source(found)
    return ParsedRecord(
        position=position,
        line=line,
        raw=tagged.raw,
        title=_title(found, line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(found),
        year=values.year(every(found, "YR", "PY", "DP", "SO"), line, problems),
        journal=texts.one_line(first(found, "JN", "JT", "BT", "JA")) or source.journal,
        volume=first(found, "VO", "VI") or source.volume,
        issue=first(found, "IP") or source.issue,
        pages=_pages(found) or source.pages,
        doi=_doi(found, line, problems),
        pmid=_pmid(found),
        accessions=_accessions(found),
        issn=identifiers.normalise_issn(" ".join(every(found, "IS", "SN", "IB", "BN"))),
        keywords=values.keywords(_keywords(found)),
        mesh=values.keywords(values.lines(found, "MH", "SH")),
        language=first(found, "LG", "LA").rstrip("."),
        type="; ".join(dict.fromkeys(every(found, "PT", "DT"))),
        url=first(found, "UR", "XL", "LK"),
    )


def _title(found: Values, line: int, problems: Problems) -> str:
    text = _MARK.sub("", first(found, "TI", "CH", "BT", "TT", "OT"))
    return values.title(_MARK.sub("", text), line, problems)


def _authors(found: Values) -> list[str]:
    written = every(found, "FA") or every(found, "AU")
    listed = [
        name
        for text in written
        for part in names.split_by_full_stops(text)
        for name in names.split_authors(part)
    ]
    return [name for text in [*listed, *every(found, "CA")] if (name := _tidy(text))]


def _tidy(name: str) -> str:
    name = texts.one_line(name)
    for _ in range(3):
        name = _DEGREES.sub("", _AFTER_NAME.sub("", name)).strip(" ,")
    # "AHMED, Mughees." ends with the field's full stop, "Neenan, M." with an initial's.
    return name[:-1] if re.search(r"[^\W\d_]{2}\.$", name) else name


def _pages(found: Values) -> str:
    pages = first(found, "PG")
    if pages and "specified" not in pages and "no pagination" not in pages:
        return identifiers.join_pages(pages, "")
    number = _ARTICLE_NUMBER.search(first(found, "SO"))
    return number[1] if number else ""


def _doi(found: Values, line: int, problems: Problems) -> str:
    if doi := values.doi(every(found, "DO", "DI"), line, problems):
        return doi
    for text in every(found, "UR", "LK", "XL"):
        if doi := identifiers.doi_of_url(text):
            return doi
    return ""


def _pmid(found: Values) -> str:
    number = first(found, "PM").partition(" ")[0]  # an address may follow
    for text in [number, *every(found, "UI", "XL")]:
        if pmid := identifiers.normalise_pmid(text):
            return pmid
    medline = "medline" in first(found, "DB", "VN").lower()
    return identifiers.normalise_pmid(first(found, "AN")) if medline else ""


def _accessions(found: Values) -> dict[str, str]:
    accessions: dict[str, str] = {}
    database = first(found, "DB").lower()
    number = first(found, "AN", "UI").rstrip(".")
    if number and number != _pmid(found):
        form, digits = identifiers.find_accession(number) or ("", number)
        accessions[form or database or "accession number"] = digits
    if pmcid := identifiers.normalise_pmcid(first(found, "PC", "OI")):
        accessions["pmcid"] = pmcid
    return accessions


def _keywords(found: Values) -> list[str]:
    # Ovid separates with commas where it does not with semicolons.
    written = every(found, "KW", "KP", "DE", "ID")
    return [
        text.rstrip(".") if ";" in text or "," not in text else text.replace(",", ";")
        for text in written
    ]
