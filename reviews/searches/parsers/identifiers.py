"""DOI, PMID, year, ISSN and accession numbers, out of wherever vendors put them."""

import re
from urllib.parse import unquote

from reviews.searches.parsers.record import storable

# Lengths are bounded throughout, so that no text takes more than linear time.
_DOI_FIELD = re.compile(r"10\.\d[\d.]{0,30}/[^\s\"]{1,400}")
_DOI_IN_TEXT = re.compile(r"(?<![\w/.])10\.\d{4,9}(?:\.\d{1,9}){0,5}/[^\s\"]{1,400}")
_DOI_IN_URL = re.compile(
    r"(?:doi\.org/|/doi/(?:abs/|full/|pdf/|epdf/)?|[?&]doi=)(10\.\d{4,9}/[^\s?#&\"]{1,400})"
)
_DOI_TAIL = re.compile(r"(?:/(?:abstract|full|pdf|epdf|full/html|meta)|\.pdf)$", re.IGNORECASE)
_PMID_IN_TEXT = re.compile(
    r"\b(?:PMID|PubMed ID)\b\s{0,5}[:=]?\s{0,5}(?:NLM)?(\d{1,12})\b"
    r"|\b(\d{1,12})\s{0,5}\[PMID\]|\bPUBMED\s{1,3}(\d{6,8})\b",
    re.IGNORECASE,
)
_PMID_IN_URL = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(?:\?term=)?)(\d{1,8})\b"
)
_PMCID = re.compile(r"\bPMC\d{3,9}\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_COMPACT_DATE = re.compile(r"^((?:1[5-9]|20)\d\d)(?:0\d|1[0-2])(?:[0-2]\d|3[01])$")
_ISSN = re.compile(r"(?<!\d-)(?<![\dX])(\d{4})-?(\d{3}[\dXx])(?![\dX-])")
_ISBN = re.compile(r"(?<![\d-])(?:97[89][- ]?(?:\d[- ]?){9}\d|(?:\d-?){9}[\dXx])(?![\d-])")
_CLOSERS = {")": "(", "]": "[", ">": "<", "}": "{"}

# The form of an accession number often gives away the database it belongs to.
_ANY_ACCESSION = re.compile(
    r"(?<![\w.])(?:"
    r"(?P<wos>(?:WOS|ISI|MEDLINE|BCI|CCC|KJD|SCIELO|BIOSIS|CABI|INSPEC):[A-Z]{0,10}\d{6,18})"
    r"|(?P<central>CN-\d{6,9})"
    r"|(?P<scopus>2-s2\.0-\d{5,12})"
    r"|(?P<embase>L\d{6,12})"
    r"|(?P<dimensions>pub\.\d{6,14})"
    r"|(?P<nct>NCT\d{8})"
    r"|(?P<eric>E[DJ]\d{5,8})"
    r"|(?P<psycinfo>\d{4}-\d{5}-\d{3})"
    r"|(?P<openalex>W\d{6,12})"
    r"|(?P<lens>\d{3}-\d{3}-\d{3}-\d{3}-\d{2}[\dX])"
    r")\b"
)

_DATABASES = {"nct": "clinicaltrials.gov"}


def normalise_doi(text: str) -> str:
    """Return the DOI a field holds, lower-case and without resolver or label; else nothing.

    >>> normalise_doi("https://doi.org/10.1016/S0140-6736(05)12345-6.")
    '10.1016/s0140-6736(05)12345-6'
    >>> normalise_doi("not yet assigned")
    ''
    """
    if "%" in text:
        text = storable(unquote(text))
    found = _DOI_FIELD.search(text)
    return _tidy_doi(found[0]) if found else ""


def find_doi(text: str) -> str:
    """Return the DOI in running text if there is exactly one, else nothing."""
    if "10." not in text:
        return ""
    found = {_tidy_doi(match) for match in _DOI_IN_TEXT.findall(text)}
    return found.pop() if len(found) == 1 else ""


def doi_of_url(url: str) -> str:
    """Return the DOI in an address of a resolver or a publisher, else nothing."""
    if "10." not in url:
        return ""
    found = _DOI_IN_URL.search(storable(unquote(url)))
    return _tidy_doi(_DOI_TAIL.sub("", found[1])) if found else ""


def _tidy_doi(doi: str) -> str:
    while doi:
        last = doi[-1]
        opener = _CLOSERS.get(last)
        if opener is not None and doi.count(last) <= doi.count(opener):
            break
        if opener is None and last not in ".,;:'*\u2019\u201d":
            break
        doi = doi[:-1]
    return doi.lower()


def normalise_pmid(text: str) -> str:
    """Return a PubMed number as bare digits, or nothing.

    >>> normalise_pmid("PMID: 012345678")
    '12345678'
    """
    text = text.strip()
    if text.isdecimal() and text.isascii():
        digits = text
    else:
        found = _PMID_IN_TEXT.search(text) or _PMID_IN_URL.search(text)
        digits = next(filter(None, found.groups()), "") if found else ""
    digits = digits.lstrip("0")
    return digits if len(digits) <= 8 else ""


def normalise_pmcid(text: str) -> str:
    """Return a PubMed Central number with its letters in capitals, or nothing."""
    found = _PMCID.search(text)
    return found[0].upper() if found else ""


def normalise_year(text: str) -> int | None:
    """Return the year of a date in any of the ways vendors write one.

    >>> normalise_year("2019///"), normalise_year("4-8 Aug. 2020"), normalise_year("20210315")
    (2019, 2020, 2021)
    >>> normalise_year("in press") is None
    True
    """
    text = text.strip()
    found = _YEAR.search(text) or _COMPACT_DATE.match(text)
    return int(found[1]) if found else None


def normalise_issn(text: str) -> str:
    """Return the ISSNs of a field with their hyphens, failing these its ISBN, else nothing."""
    books = _ISBN.findall(text)
    serials = [f"{a}-{b.upper()}" for a, b in _ISSN.findall(_ISBN.sub(" ", text))]
    return "; ".join(dict.fromkeys(serials or [book.strip() for book in books]))


def join_pages(first: str, last: str) -> str:
    """Return one range of pages from the fields of the first and the last one."""
    first = re.sub(r"\s*(?:--+|[\u2010-\u2015\u2212])\s*", "-", first.strip())
    last = last.strip().lstrip("-")
    if not first or not last or first == last or "-" in first or "," in first:
        return first or last
    return f"{first}-{last}"


def find_accession(text: str) -> tuple[str, str] | None:
    """Return the database and number of an accession number whose form tells the database."""
    found = _ANY_ACCESSION.search(text)
    if found is None:
        return None
    database = str(found.lastgroup)
    return _DATABASES.get(database, database), found[0]
