"""RIS, as Scopus, Web of Science, Embase, Ovid, EBSCO, Zotero, EndNote and others write it."""

import re
from collections.abc import Iterable, Iterator

from reviews.searches.parsers import identifiers, names, texts
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.tagged import Dialect, TaggedRecord, read_records

_TAGS_WRITTEN = """
    A1 A2 A3 A4 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CA CN CP CT CY DA DB DI DO DP ED
    EP ER ET FD FU FX ID IS J1 J2 J9 JA JF JI JO KW L1 L2 L3 L4 LA LB LK M1 M2 M3 MA N1 N2
    NV OP PA PB PG PI PP PU PY RI RN RP SE SN SO SP ST SV T1 T2 T3 TA TI TS TT TY U1 U2 U3
    U4 U5 UR VL VO WE WT WV Y1 Y2 Y3 YR PMID PMCID DOI
"""
_TAGS = frozenset(_TAGS_WRITTEN.split())
_TITLES = ("TI", "T1", "CT")
_JOURNALS = ("JF", "T2", "JO", "JA", "J2", "JI", "J1", "T3", "SO")
_TYPE = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9 /_-]{0,30}\s*|\s*")
_MEDLINE = re.compile(r"pubmed|medline|\bnlm\b", re.IGNORECASE)
_OVID_MEDLINE = re.compile(r"[?&]D=(?:med|prem|ppez)\w{0,20}.{0,500}?[?&]AN=(\d{6,8})\b")
_PMID_NAMED = re.compile(r"PMID|PUBMED\b", re.IGNORECASE)
_PMID_NUMBER = re.compile(r"[1-9]\d{5,7}")


def _opens(record: TaggedRecord, tag: str, value: str, after_blank: bool) -> bool:
    found = record.values
    if tag == "TY":
        # Some write a number above it.
        return "TY" in found or after_blank or not found.keys() <= {"ID", "AN", "DB"}
    # Where nothing has a type, a record begins, after a blank line, with its neighbour's first tag.
    return after_blank and "TY" not in found and tag == next(iter(found))


RIS = Dialect(
    name="ris",
    tags=_TAGS,
    width=6,
    prescribed=lambda tag: f"{tag}  - ",
    loose=re.compile(
        r"([ \t\ufeff]*)([A-Za-z][A-Za-z0-9]|PMID|PMCID|DOI)([ \t\xa0]{0,3})"
        r"[-\u2010-\u2015\u2212][ \t\xa0]?(.*)",
        re.DOTALL,
    ),
    long_texts=frozenset({"AB", "N2", "N1", "AD"}),
    single_lines=frozenset({"TY", "PY", "Y1", "Y2", "DA", "YR", "ER", "PMID", "PMCID"}),
    opening="TY",
    closing="ER",
    opens=_opens,
    blank_line_closes=True,
    is_opening_value=lambda value: _TYPE.fullmatch(value) is not None,
)


def read_ris(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of a RIS file."""
    for position, tagged in enumerate(read_records(blocks, RIS, problems), start=1):
        yield _record(tagged, position, problems)


def _record(tagged: TaggedRecord, position: int, problems: Problems) -> ParsedRecord:
    values = {
        tag: kept
        for tag, some in tagged.values.items()
        if (kept := [v for v in map(str.strip, some) if v])
    }
    abstract = _abstract(values)
    accessions = _accessions(values)
    return ParsedRecord(
        position=position,
        line=tagged.line,
        raw=tagged.raw,
        title=_title(values, tagged.line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(values),
        year=_year(values, tagged.line, problems),
        journal=_journal(values),
        volume=_first(values, "VL", "VO"),
        issue=_issue(values),
        pages=_pages(values),
        doi=_doi(values, tagged.line, problems),
        pmid=_pmid(values),
        accessions=accessions,
        issn=identifiers.normalise_issn(" ".join(values.get("SN", ()))),
        keywords=[texts.one_line(k) for v in values.get("KW", ()) for k in names.split_keywords(v)],
        language=_first(values, "LA"),
        type=_first(values, "TY").upper(),
        url=_first(values, "UR", "LK", "L2", "L1"),
    )


def _first(values: dict[str, list[str]], *tags: str) -> str:
    for tag in tags:
        if tag in values:
            return " ".join(values[tag][0].split("\n"))
    return ""


def _all(values: dict[str, list[str]], *tags: str) -> list[str]:
    return [value for tag in tags for value in values.get(tag, ())]


def _title(values: dict[str, list[str]], line: int, problems: Problems) -> str:
    """The first title tag; what another one says differently is not lost but said."""
    found = [tag for tag in _TITLES if tag in values]
    if not found:
        return _substitute_title(values, line, problems)
    title = texts.one_line(" ".join(dict.fromkeys(values[found[0]])))
    known = title.lower()
    for other in _all(values, *found[1:])[:20]:
        if texts.one_line(other).lower() not in known:
            problems.add(line, "The record has another title, kept in the raw text.", other)
    return title


def _substitute_title(values: dict[str, list[str]], line: int, problems: Problems) -> str:
    title = texts.one_line(_first(values, "BT", "TT", "ST"))
    if not title:
        problems.add(line, "The record has no title.")
    return title


def _abstract(values: dict[str, list[str]]) -> str:
    found = [texts.paragraphs(value) for value in _all(values, "AB", "N2")]
    return "\n".join(dict.fromkeys(text for text in found if text))


def _authors(values: dict[str, list[str]]) -> list[str]:
    written = _all(values, "AU", "A1")
    found = [texts.plain(name) for value in written for name in names.split_authors(value)]
    # Some vendors give each author under both tags.
    return list(dict.fromkeys(found)) if "AU" in values and "A1" in values else found


def _year(values: dict[str, list[str]], line: int, problems: Problems) -> int | None:
    written = _all(values, "PY", "Y1", "YR", "DA")
    for text in written:
        if (year := identifiers.normalise_year(text)) is not None:
            return year
    if "PY" in values:
        problems.add(line, "The year could not be read.", written[0])
    return None


def _journal(values: dict[str, list[str]]) -> str:
    tags: tuple[str, ...] = _JOURNALS
    if _first(values, "TY").upper() in {"BOOK", "EBOOK", "EDBOOK"}:
        tags = ("JF", "JO")  # T2 is the series
    elif any(tag in values for tag in _TITLES):
        tags = (*_JOURNALS, "BT")  # the book of a chapter
    journal = texts.one_line(_first(values, *tags))
    return "" if texts.is_absent(journal) else journal


def _issue(values: dict[str, list[str]]) -> str:
    if issue := _first(values, "IS", "CP"):
        return issue
    number = _first(values, "M1")
    return number if number.isdecimal() and len(number) <= 4 else ""


def _pages(values: dict[str, list[str]]) -> str:
    pages = identifiers.join_pages(_first(values, "SP"), _first(values, "EP"))
    return pages or _first(values, "C7", "PG", "PP")


def _doi(values: dict[str, list[str]], line: int, problems: Problems) -> str:
    explicit = _all(values, "DO", "DOI", "DI")
    for text in explicit:
        if doi := identifiers.normalise_doi(text):
            return doi
    if explicit and not texts.is_absent(explicit[0]):
        problems.add(line, "The DOI could not be read.", explicit[0])
    for text in _all(values, "M3", "L3"):
        if doi := identifiers.find_doi(text) or identifiers.doi_of_url(text):
            return doi
    for url in _all(values, "UR", "L2", "LK", "L1"):
        if doi := identifiers.doi_of_url(url):
            return doi
    return identifiers.find_doi(" ".join(_all(values, "N1")))


def _pmid(values: dict[str, list[str]]) -> str:
    for text in _all(values, "PMID", "U1", "U2", "N1", "C2", "C3", "C5"):
        if _PMID_NAMED.search(text) and (pmid := identifiers.normalise_pmid(text)):
            return pmid
    if pmid := _bare_pmid(values):
        return pmid
    for url in _all(values, "UR", "L2", "LK", "L1"):
        if found := _OVID_MEDLINE.search(url):
            return found[1]
        if "ncbi.nlm.nih.gov" in url and (pmid := identifiers.normalise_pmid(url)):
            return pmid
    return ""


def _bare_pmid(values: dict[str, list[str]]) -> str:
    """PMID has the tag to itself; AN is one in exports of PubMed, C2 in those of Scopus."""
    if written := _first(values, "PMID", "PM"):
        return identifiers.normalise_pmid(written)
    database = _first(values, "DB", "DP")
    number = _first(values, "AN")
    if "proquest" in database.lower():
        # Its own number, and PubMed's after a semicolon.
        _, own, number = number.rpartition("; ")
        return number if own and _PMID_NUMBER.fullmatch(number) else ""
    if _PMID_NUMBER.fullmatch(number) and (not database or _MEDLINE.search(database)):
        return number
    number = _first(values, "C2")
    return number if "scopus" in database.lower() and _PMID_NUMBER.fullmatch(number) else ""


def _accessions(values: dict[str, list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in _all(values, "AN", "ID", "UR", "U1", "U2", "M1"):
        if accession := identifiers.find_accession(text):
            found.setdefault(*accession)
    for text in _all(values, "PMCID", "U1", "U2", "C2", "N1"):
        if pmcid := identifiers.normalise_pmcid(text):
            found.setdefault("pmcid", pmcid)
    number = _first(values, "AN")
    if number and number not in found.values() and number != _bare_pmid(values):
        found.setdefault(_first(values, "DB").lower() or "accession number", number)
    return found
