"""Web of Science's tagged format (CIW, "plain text"), which ISI, Inspec and CABI share."""

import re
from collections.abc import Iterable, Iterator

from reviews.searches.parsers import identifiers, names, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.tagged import Dialect, TaggedRecord, read_records
from reviews.searches.parsers.values import Values, every, first

# https://webofscience.help.clarivate.com/Content/export-records.htm and, for Medline, Inspec,
# BIOSIS, CABI and the patents of Derwent, what their exports hold.
_TAGS_WRITTEN = """
    PT AU AF BA BF CA GP BE BN BS TI SO SE LA DT CT CY CL SP HO DE ID AB C1 C3 RP EM RI OI FU
    FP FX CR NR TC Z8 Z9 Z1 Z2 Z3 Z4 ZB ZR ZS ZA U1 U2 PU PI PA SN EI J9 JI PD PY VL IS PN SU SI
    MA BP EP AR DI DL D2 EA EY PG P2 WC WE SC GA PM UT OA HP HC DA ER EF FN VR AN PS BR TY AE
    BD OR CC CN MH MQ MC BT ED AK RC SA CP DG PR PE GE TP IP AD FS FT TM DS SD SS TX RE MN AC
    FD GN CE DN ML UR SY
"""
_TAGS = frozenset(_TAGS_WRITTEN.split())
_MAIL = re.compile(r"\s*\([^()\s]{1,100}@[^()\s]{1,100}\)")

WOS = Dialect(
    name="wos",
    tags=_TAGS,
    width=3,
    prescribed=lambda tag: f"{tag} ",
    loose=re.compile(r"(\ufeff*)([A-Z][A-Z0-9])( |$)(.*)", re.DOTALL),
    long_texts=frozenset({"AB", "CR", "C1"}),
    single_lines=frozenset({"PT", "PY", "UT", "DI", "PM"}),
    opening="PT",
    closing="ER",
    opens=lambda record, tag, value, after_blank: tag == "PT",
    is_opening_value=lambda value: (
        re.fullmatch(r"\s*[A-Za-z]?\s*|[A-Z]\w+ ?\w*", value) is not None
    ),
    headers=frozenset({"FN", "VR", "EF"}),
    hyphened=False,
)


def read_wos(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of a file in Web of Science's tagged format."""
    for position, tagged in enumerate(read_records(blocks, WOS, problems), start=1):
        yield _record(tagged, position, problems)


def _record(tagged: TaggedRecord, position: int, problems: Problems) -> ParsedRecord:
    found, line = values.stripped(tagged.values), tagged.line
    abstract = values.unwrapped(found, "AB")
    return ParsedRecord(
        position=position,
        line=line,
        raw=tagged.raw,
        title=values.title(first(found, "TI", "BT", "SO"), line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=_authors(found),
        year=values.year(every(found, "PY", "EY", "PD", "EA"), line, problems),
        journal=texts.one_line(first(found, "SO", "J9", "JI")),
        volume=first(found, "VL"),
        issue=first(found, "IS"),
        pages=_pages(found),
        doi=values.doi(every(found, "DI", "DL", "D2"), line, problems),
        pmid=identifiers.normalise_pmid(first(found, "PM")) or _medline_number(found),
        accessions=_accessions(found),
        issn=identifiers.normalise_issn(" ".join(every(found, "SN", "EI", "BN"))),
        keywords=values.keywords([" ".join(v.split()) for v in every(found, "DE", "ID")]),
        mesh=values.keywords([" ".join(v.split()) for v in every(found, "MH")]),
        language=first(found, "LA"),
        type=first(found, "DT") or first(found, "PT"),
        url=first(found, "UR"),
    )


def _authors(found: Values) -> list[str]:
    """Full names where every author has one; groups count as authors."""
    short, full = values.lines(found, "AU"), values.lines(found, "AF")
    chosen = full if len(full) >= len(short) else short
    chosen = chosen or values.lines(found, "BA", "BF")
    named = [name for text in chosen for name in names.split_authors(_MAIL.sub("", text))]
    return [texts.one_line(name) for name in named] + values.lines(found, "CA", "GP")


def _pages(found: Values) -> str:
    pages = identifiers.join_pages(first(found, "BP", "BR", "SP"), first(found, "EP"))
    return pages or identifiers.join_pages(first(found, "PS"), "") or first(found, "AR")


def _medline_number(found: Values) -> str:
    database, _, number = first(found, "UT").partition(":")
    return identifiers.normalise_pmid(number) if database == "MEDLINE" else ""


def _accessions(found: Values) -> dict[str, str]:
    accessions: dict[str, str] = {}
    if number := first(found, "UT"):
        database, digits = identifiers.find_accession(number) or ("web of science", number)
        accessions[database] = digits
    for tag, database in (("AN", "accession number"), ("PN", "patent")):
        number = first(found, tag)
        if number and (tag == "AN" or first(found, "PT") == "P"):
            accessions.setdefault(database, number)
    return accessions
