"""Which format a file is in, told from its content and never from its name."""

import re
from collections.abc import Sequence

from reviews.searches.parsers.columns import guess_mapping
from reviews.searches.parsers.record import Problems, UnreadableFile
from reviews.searches.parsers.rows import guess_delimiter, read_rows

FORMATS = {"ris": "RIS", "nbib": "PubMed (NBIB)", "csv": "CSV"}

_MAGIC = (
    (b"%PDF", "This is a PDF, not the export of a search. Export the records as RIS, NBIB or CSV."),
    (
        b"PK\x03\x04",
        "This is a zip archive or an Excel workbook. Unpack it, or save the sheet as CSV, first.",
    ),
    (b"\x1f\x8b", "This file is compressed (gzip). Unpack it first."),
    (b"\xd0\xcf\x11\xe0", "This is an old Word or Excel document. Save the sheet as CSV first."),
    (b"{\\rtf", "This is a word processor's document (RTF). Export the records as RIS instead."),
    (b"\x89PNG", "This is a picture, not the export of a search."),
    (b"\xff\xd8\xff", "This is a picture, not the export of a search."),
)
_HTML = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_OTHERS = (
    (re.compile(r"\A\s*<(?:\?xml|!|[a-z])", re.I), "an XML file"),
    (
        re.compile(r"^\ufeff?(?:FN (?:Clarivate|Thomson|ISI)|PT [A-Z]$)", re.M),
        "Web of Science's tagged format",
    ),
    (re.compile(r"^[ \t]*@\w{1,40}[ \t]*[{(]", re.M), "BibTeX"),
    (re.compile(r"^%0 ", re.M), "EndNote's tagged format"),
    (re.compile(r"^<\d+\.? ?>\s*$", re.M), "Ovid's tagged format"),
    (re.compile(r"\A\s*[\[{]\s*[\"{\[]"), "JSON"),
)
_RIS_MARK = re.compile(r"^[ \t\ufeff]*(?:TY|ER) {0,3}-(?: |$)", re.I | re.M)
_NBIB_MARK = re.compile(
    r"^\ufeff?(?:PMID ?- ?\d|(?:OWN|STAT|FAU|EDAT|CRDT|PHST|DCOM|AUID|OTO ) ?- )", re.M
)
_ANY_TAG = re.compile(r"^[A-Z][A-Z0-9]  - ", re.M)


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
    for pattern, name in _OTHERS:
        if pattern.search(text):
            raise UnreadableFile(
                f"This looks like {name}, which cannot be read here. Export the records as RIS,"
                " NBIB or CSV."
            )
    if len(_ANY_TAG.findall(text)) >= 2:
        return "ris"
    if _is_table(text.split("\n")):
        return "csv"
    raise UnreadableFile(
        "The format of this file was not recognised. RIS, PubMed (NBIB) and CSV files with a"
        " heading for the title can be read."
    )


def _is_table(lines: Sequence[str]) -> bool:
    rows = read_rows([list(lines[:40])], guess_delimiter(lines), Problems())
    for place, row in enumerate(rows):
        # A lone word "Title" further down is a line of something else.
        if "title" in guess_mapping(row.cells) and (place == 0 or len(row.cells) > 1):
            return True
    return False
