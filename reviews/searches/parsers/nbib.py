"""NBIB: PubMed's tagged format (also called MEDLINE), and ERIC's variety of it."""

import re
from collections.abc import Iterable, Iterator

from reviews.searches.parsers import identifiers, names, texts
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.tagged import Dialect, TaggedRecord, read_records

# https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format, and ERIC's ISSN, ISBN and UI.
_TAGS_WRITTEN = """
    AB AD AID AN AU AUID BTI CA CI CIN CN CO COI COIS CON CP CRDT CRF CRI CTDT CTI DA DCOM
    DDIN DEP DP DRDT DRIN ECF ECI EDAT EFR EIN EN ED FAU FED FIR FPS GN GR GS IP IR IRAD IS
    ISBN ISSN JC JID JT LA LID LR MH MHDA MID MRIN NM OAB OABL OCI OID ORI OT OTO OWN PB PG
    PHST PL PMC PMCR PMID PS PST PT PUBM RF RIN RN ROF RPF RPI SB SFM SI SO SPIN STAT TA TI
    TT UI UIN UOF UPR URLF URLS VI VTI
"""
_TAGS = frozenset(_TAGS_WRITTEN.split())
# What never stands first in a record: after a blank line it still belongs to the one above.
_NEVER_FIRST_WRITTEN = """
    AB AD AID AU AUID CRDT DP EDAT FAU IP IS JT LA LID MH MHDA OT PG PHST PL PST PT RN SO TA
    VI
"""
_NEVER_FIRST = frozenset(_NEVER_FIRST_WRITTEN.split())
_SPACE = re.compile(r"\s+")
_MORE_LINES = re.compile(r"[ \t]*\n[ \t]*")


def _opens(record: TaggedRecord, tag: str, value: str, after_blank: bool) -> bool:
    values = record.values
    if tag == "PMID":
        return "PMID" in values or "TI" in values or after_blank
    if after_blank:
        return tag not in _NEVER_FIRST or "SO" in values
    return tag == "OWN" and "OWN" in values and "TI" in values


NBIB = Dialect(
    name="nbib",
    tags=_TAGS,
    width=6,
    prescribed=lambda tag: f"{tag:<4}- ",
    loose=re.compile(r"([\ufeff]*)([A-Z][A-Z0-9]{1,4})( {0,3})- ?(.*)", re.DOTALL),
    long_texts=frozenset({"AB", "OAB", "AD", "CI", "COIS"}),
    single_lines=frozenset({"PMID", "DP", "STAT", "OWN"}),
    opening="PMID",
    opens=_opens,
    is_opening_value=lambda value: bool(re.match(r"\s*\d", value)),
    blank_line_closes=True,
    indents_text=True,
)


def read_nbib(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of a PubMed or ERIC export."""
    for position, tagged in enumerate(read_records(blocks, NBIB, problems), start=1):
        yield _record(tagged, position, problems)


def _record(tagged: TaggedRecord, position: int, problems: Problems) -> ParsedRecord:
    values = {
        tag: [_SPACE.sub(" ", v).strip() if tag != "AB" else v for v in some]
        for tag, some in tagged.values.items()
    }
    title = texts.one_line(_joined(values, "TI") or _joined(values, "BTI") or _joined(values, "TT"))
    if not title:
        problems.add(tagged.line, "The record has no title.")
    abstract = texts.paragraphs(_MORE_LINES.sub(" ", "\n".join(values.get("AB", ()))))
    return ParsedRecord(
        position=position,
        line=tagged.line,
        raw=tagged.raw,
        title=title,
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(values),
        year=_year(values, tagged.line, problems),
        journal=texts.one_line(_first(values, "JT", "TA", "BTI")),
        volume=_first(values, "VI"),
        issue=_first(values, "IP"),
        pages=_pages(values),
        doi=_doi(values),
        pmid=identifiers.normalise_pmid(_first(values, "PMID", "UI")),
        accessions=_accessions(values),
        issn=identifiers.normalise_issn(" ".join(_all(values, "IS", "ISSN", "ISBN"))),
        keywords=[texts.one_line(word).lstrip("*") for word in _all(values, "OT")],
        mesh=_all(values, "MH"),
        language="; ".join(_all(values, "LA")),
        type="; ".join(_all(values, "PT")),
        url=_url(values),
    )


def _first(values: dict[str, list[str]], *tags: str) -> str:
    for tag in tags:
        for value in values.get(tag, ()):
            if value:
                return value
    return ""


def _all(values: dict[str, list[str]], *tags: str) -> list[str]:
    return [value for tag in tags for value in values.get(tag, ()) if value]


def _joined(values: dict[str, list[str]], tag: str) -> str:
    return " ".join(dict.fromkeys(_all(values, tag)))


def _authors(values: dict[str, list[str]]) -> list[str]:
    """Full names where every author has one; a group counts as an author."""
    full, short = _all(values, "FAU"), _all(values, "AU")
    short = [name for name in short if name.lower().rstrip(".") != "et al"]
    chosen = full if len(full) >= len(short) else short
    return [names.family_first(name.strip(" ,")) for name in chosen] + _all(values, "CN", "CA")


def _year(values: dict[str, list[str]], line: int, problems: Problems) -> int | None:
    for text in _all(values, "DP", "DEP", "EDAT", "DA"):
        if (year := identifiers.normalise_year(text)) is not None:
            return year
    if text := _first(values, "DP"):
        problems.add(line, "The year could not be read.", text)
    return None


def _pages(values: dict[str, list[str]]) -> str:
    if pages := _first(values, "PG"):
        return identifiers.join_pages(pages, "")
    for value in _all(values, "LID"):
        number, mark, kind = value.rpartition(" [")
        if mark and kind == "pii]" and len(number) <= 12:
            return number
    return ""


def _doi(values: dict[str, list[str]]) -> str:
    located = _all(values, "LID", "AID")
    for value in located:
        if value.endswith("[doi]"):
            return identifiers.normalise_doi(value.removesuffix("[doi]"))
    for value in located:
        if doi := identifiers.find_doi(value) or identifiers.doi_of_url(value):
            return doi
    return identifiers.find_doi(" ".join(_all(values, "SO")))


def _accessions(values: dict[str, list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in _all(values, "PMC", "PMCR", "OID"):
        if pmcid := identifiers.normalise_pmcid(value):
            found.setdefault("pmcid", pmcid)
        elif accession := identifiers.find_accession(value):
            found.setdefault(*accession)
    return found


def _url(values: dict[str, list[str]]) -> str:
    return next((v for v in _all(values, "URLF", "LID", "AID") if v.startswith("http")), "")
