"""Which format a file is in, told from its content and never from its name."""

import re
from collections.abc import Sequence

from reviews.searches.parsers.columns import guess_mapping
from reviews.searches.parsers.record import Problems, UnreadableFile
from reviews.searches.parsers.rows import guess_delimiter, read_rows

FORMATS = {
    "ris": "RIS",
    "nbib": "PubMed (NBIB)",
    "pubmed_xml": "PubMed XML",
    "endnote_xml": "EndNote XML",
    "endnote_tagged": "EndNote tagged",
    "bibtex": "BibTeX",
    "wos": "Web of Science tagged",
    "ovid_tagged": "Ovid tagged",
    "central": "Cochrane CENTRAL text",
    "csv": "CSV or tab-delimited",
    "xlsx": "Excel workbook",
}

_MAGIC = (
    (b"%PDF", "This is a PDF, not the export of a search. Export the records as RIS, NBIB or CSV."),
    (
        b"PK\x03\x04",
        "This is a zip archive, not an Excel workbook. Unpack it, and import what is in it.",
    ),
    (b"\x1f\x8b", "This file is compressed (gzip). Unpack it first."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Word or Excel document (XLS). Save the sheet as XLSX or CSV first.",
    ),
    (b"{\\rtf", "This is a word processor's document (RTF). Export the records as RIS instead."),
    (b"\x89PNG", "This is a picture, not the export of a search."),
    (b"\xff\xd8\xff", "This is a picture, not the export of a search."),
)
_ADVICE = "Export the records as RIS, NBIB or CSV."
_HTML = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FIRST_PAGE = 8_000
_XML = re.compile(r"\s*<(?:\?xml|!|[a-z])", re.I)
_PUBMED_XML = re.compile(r"<(?:\w{1,40}:)?(?:Pubmed(?:Book)?Article|MedlineCitation)(?:Set)?[\s>/]")
_ENDNOTE_XML = re.compile(r"<(?:\w{1,40}:)?record[\s>/]", re.I)
_ENDNOTE_FIELD = re.compile(
    r"<(?:\w{1,40}:)?(?:titles?|ref-type|contributors|source-app|authors|reference_type)[\s>/]|\A\s*(?:<\?xml"
    r"[^>]{0,200}>)?\s*<xml>",
    re.I,
)
_WOS = re.compile(r"^(?:FN (?:Clarivate|Thomson|ISI)|PT [A-Z]\s{0,5}$)", re.M)
_BIBTEX = re.compile(
    r"^[ \t]{0,80}@\s{0,5}[a-z]\w{0,40}\s{0,20}[{(]"
    # Elsewhere in a line "@lab (Lund)" is somebody's address.
    r"|@(?:article|book|inbook|incollection|inproceedings|conference|misc|phdthesis|techreport"
    r"|comment|string|preamble)\s{0,9}\{",
    re.I | re.M,
)
_ENDNOTE = re.compile(r"^[ \t]{0,20}%[0-9A-Z@+?~][ \t]{1,3}\S|^%0[ \t]*$", re.M)
_CENTRAL = re.compile(r"^\ufeff?Record #\d{1,9} of \d{1,9}[ \t]*\n\s{0,9}(?:ID|AU|TI|SO): ", re.M)
_OVID = re.compile(r"^[ \t]{0,20}<\d{1,9}\.? ?>[ \t]*$", re.M)
_OVID_LABEL = re.compile(
    r"^(Author|Authors|Title|Source|Abstract|Accession Number|Unique Identifier|Publication Type)"
    r"[ \t]{0,9}\n[ \t]{1,9}\S",
    re.M,
)
_OTHERS = (
    (re.compile(r"\A\s*[\[{]\s*[\"{\[]"), "JSON"),
    (
        re.compile(r"^\d{1,6}[.:] .{0,4000}?\bPMID: ?\d{4,8}\b", re.M | re.S),
        "PubMed's summary or abstract text (choose the format “PubMed” there)",
    ),
)
_RIS_MARK = re.compile(
    r"^[ \t\ufeff]*(?:TY|ER)[ \t\xa0]{0,3}[-\u2010-\u2015\u2212](?:[ \t\xa0]|$)", re.I | re.M
)
_NBIB_MARK = re.compile(
    r"^\ufeff?(?:PMID ?- ?\d|(?:OWN|STAT|FAU|EDAT|CRDT|PHST|DCOM|AUID|OTO ) ?- )", re.M
)
_ANY_TAG = re.compile(r"^[A-Z][A-Z0-9]  - ", re.M)

_BY_THEIR_MARKS = (
    ("wos", _WOS),
    ("central", _CENTRAL),
    ("bibtex", _BIBTEX),
    ("endnote_tagged", _ENDNOTE),
)


def refuse_unreadable(head: bytes) -> None:
    """Raise UnreadableFile for what is no text at all, or nothing at all."""
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise UnreadableFile("The file is empty.")
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            raise UnreadableFile(sentence)


def refuse_binary(text: str) -> None:
    """Raise UnreadableFile for a text that mostly is control characters or replacements."""
    sample = text[:20_000]
    strange = sum((c < " " and c not in "\t\n\r\x0b\x0c") or c == "\ufffd" for c in sample)
    if strange > 0.1 * len(sample):
        raise UnreadableFile(
            "The file holds no readable text. Export the records as RIS, NBIB or CSV."
        )


def detect_format(text: str) -> str:
    """Return the format of a file's first lines, or raise UnreadableFile with a sentence."""
    if _HTML.match(text):
        raise UnreadableFile(
            "This is a web page, not the export of a search: perhaps the database had signed you"
            " out. Sign in there and export again."
        )
    ris, nbib = len(_RIS_MARK.findall(text)), len(_NBIB_MARK.findall(text))
    if ris or nbib:
        return "ris" if ris >= nbib else "nbib"
    if _XML.match(text):
        return _kind_of_xml(text)
    for name, pattern in _BY_THEIR_MARKS:
        if pattern.search(text):
            return name
    if _OVID.search(text) or len(set(_OVID_LABEL.findall(text))) > 1:
        return "ovid_tagged"
    return _least_marked(text)


def _least_marked(text: str) -> str:
    if len(_ANY_TAG.findall(text)) >= 2:
        return "ris"
    if _is_table(text.split("\n")):
        return "csv"
    for pattern, name in _OTHERS:
        if pattern.search(text[:_FIRST_PAGE]):
            raise UnreadableFile(f"This looks like {name}, which cannot be read here. {_ADVICE}")
    raise UnreadableFile(
        "The format of this file was not recognised. Exports in RIS, PubMed (NBIB or XML), EndNote"
        " (XML or tagged), BibTeX, Web of Science or Ovid tagged format can be read, and tables"
        " (CSV, XLSX) with a heading for the title."
    )


def _kind_of_xml(text: str) -> str:
    if _PUBMED_XML.search(text):
        return "pubmed_xml"
    if _ENDNOTE_XML.search(text) and _ENDNOTE_FIELD.search(text):
        return "endnote_xml"
    raise UnreadableFile(
        f"This is an XML file, but neither PubMed's nor EndNote's, so it cannot be read. {_ADVICE}"
    )


def _is_table(lines: Sequence[str]) -> bool:
    rows = read_rows([list(lines[:40])], guess_delimiter(lines), Problems())
    for place, row in enumerate(rows):
        # A lone word "Title" further down is a line of something else.
        if "title" in guess_mapping(row.cells) and (place == 0 or len(row.cells) > 1):
            return True
    return False
