"""PubMed's XML: articles, books, and the older sets of citations alone."""

from collections.abc import Iterable, Iterator

from lxml import etree

from reviews.searches.parsers import identifiers, texts, values
from reviews.searches.parsers.record import ParsedRecord, Problems
from reviews.searches.parsers.xml_parts import Part, Splitter, element_of, text_of

# https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html
_NAMES = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")


def read_pubmed_xml(pieces: Iterable[str], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the records of a file as PubMed writes it."""
    for position, part in enumerate(Splitter(_NAMES, problems).split(pieces), start=1):
        yield _record(part, position, element_of(part, problems), problems)


def _record(part: Part, position: int, element: etree._Element, problems: Problems) -> ParsedRecord:
    book = element.find(".//BookDocument")
    top = book if book is not None else element
    pmid = identifiers.normalise_pmid(_text(_find(top, "PMID", "MedlineCitation/PMID")))
    sections = _sections(top)
    return ParsedRecord(
        position=position,
        line=part.line,
        raw=part.text,
        title=values.title(_title(top), part.line, problems),
        abstract="\n".join(f"{label}: {text}" if label else text for label, text in sections),
        sections=sections if len(sections) > 1 or any(label for label, _ in sections) else [],
        authors=_authors(top),
        year=values.year(_dates(top), part.line, problems),
        journal=_text(_find(top, ".//Journal/Title", ".//Journal/ISOAbbreviation", *_BOOK_AROUND)),
        volume=_text(_find(top, ".//JournalIssue/Volume", ".//Book/Volume")),
        issue=_text(_find(top, ".//JournalIssue/Issue")),
        pages=_pages(top),
        doi=_doi(element),
        pmid=pmid or identifiers.normalise_pmid(_article_id(element, "pubmed")),
        accessions=_accessions(element),
        issn=_issn(top),
        keywords=_all(top, ".//KeywordList/Keyword"),
        mesh=[_heading(each) for each in top.iterfind(".//MeshHeadingList/MeshHeading")],
        language="; ".join(_all(top, ".//Language")),
        type="; ".join(_all(top, ".//PublicationType")) or ("Book" if book is not None else ""),
        url="",
    )


_BOOK_AROUND = ("ArticleTitle/../Book/BookTitle",)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join(text_of(element).split())


def _find(element: etree._Element, *paths: str) -> etree._Element | None:
    for path in paths:
        found = element.find(path)
        if found is not None and _text(found):
            return found
    return None


def _all(element: etree._Element, path: str) -> list[str]:
    return list(dict.fromkeys(text for each in element.iterfind(path) if (text := _text(each))))


def _title(top: etree._Element) -> str:
    found = _find(
        top, ".//Article/ArticleTitle", "ArticleTitle", ".//Book/BookTitle", ".//VernacularTitle"
    )
    title = _text(found)
    return title or _text(_find(top, ".//ArticleTitle"))


def _sections(top: etree._Element) -> list[tuple[str, str]]:
    abstract = top.find(".//Article/Abstract")
    if abstract is None:
        abstract = top.find(".//Abstract")
    if abstract is None:
        abstract = top.find(".//OtherAbstract")
    if abstract is None:
        return []
    found = [
        (str(each.get("Label", "")).strip(), _text(each)) for each in abstract.iter("AbstractText")
    ]
    if len(found) == 1 and not found[0][0]:
        return texts.split_sections(found[0][1]) or found
    return [(label, text) for label, text in found if text]


def _authors(top: etree._Element) -> list[str]:
    lists = [each for each in top.iter("AuthorList") if each.get("Type", "authors") == "authors"]
    if top.tag == "BookDocument" and len(lists) > 1:
        lists = [each for each in lists if each.getparent() is top] or lists[:1]
    if not lists:
        return []
    return [name for author in lists[0].iterfind("Author") if (name := _name(author))]


def _name(author: etree._Element) -> str:
    if group := _text(author.find("CollectiveName")):
        return group
    family = _text(author.find("LastName"))
    given = _text(_find(author, "ForeName", "FirstName", "Initials"))
    suffix = _text(author.find("Suffix"))
    return ", ".join(part for part in (family, " ".join(filter(None, (given, suffix)))) if part)


def _dates(top: etree._Element) -> list[str]:
    paths = (
        ".//JournalIssue/PubDate",
        ".//Book/PubDate",
        ".//ArticleDate",
        "ContributionDate",
        ".//PubDate",
        ".//DateCompleted",
        ".//DateCreated",
    )
    found = []
    for path in paths:
        for date in top.iterfind(path):
            found.append(_text(_find(date, "Year", "MedlineDate")) or _text(date))
    return [text for text in found if text]


def _pages(top: etree._Element) -> str:
    if pages := _text(top.find(".//Pagination/MedlinePgn")):
        return identifiers.join_pages(pages, "")
    start = _text(top.find(".//Pagination/StartPage"))
    if pages := identifiers.join_pages(start, _text(top.find(".//Pagination/EndPage"))):
        return pages
    for each in top.iterfind(".//Article/ELocationID"):
        if each.get("EIdType") == "pii" and len(number := _text(each)) <= 12:
            return number
    return ""


def _own_ids(element: etree._Element) -> Iterator[etree._Element]:
    """Yield the record's own identifiers, not those of the references it cites."""
    for path in (
        "PubmedData/ArticleIdList",
        "PubmedBookData/ArticleIdList",
        ".//BookDocument/ArticleIdList",
    ):
        for found in element.iterfind(path):
            yield from found.iterfind("ArticleId")


def _article_id(element: etree._Element, kind: str) -> str:
    for each in _own_ids(element):
        if each.get("IdType") == kind and (text := _text(each)):
            return text
    return ""


def _doi(element: etree._Element) -> str:
    for each in element.iter("ELocationID"):
        if each.get("EIdType") == "doi" and each.get("ValidYN", "Y") == "Y":
            return identifiers.normalise_doi(_text(each))
    return identifiers.normalise_doi(_article_id(element, "doi"))


def _accessions(element: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    if pmcid := identifiers.normalise_pmcid(_article_id(element, "pmc")):
        found["pmcid"] = pmcid
    if number := _article_id(element, "bookaccession"):
        found["ncbi bookshelf"] = number
    for bank in element.iterfind(".//DataBankList/DataBank"):
        name = _text(bank.find("DataBankName")).lower()
        if numbers := _all(bank, ".//AccessionNumber"):
            found.setdefault(name or "data bank", "; ".join(numbers))
    return found


def _issn(top: etree._Element) -> str:
    written = [_text(each) for each in top.iterfind(".//Journal/ISSN")]
    written += [_text(each) for each in top.iterfind(".//ISSNLinking")]
    written = written or [_text(each) for each in top.iterfind(".//Isbn")]
    return identifiers.normalise_issn(" ".join(written))


def _heading(heading: etree._Element) -> str:
    """Return a MeSH heading as NBIB writes it: ``Kidney Diseases/*diagnosis``."""
    parts = []
    for each in heading:
        star = "*" if each.get("MajorTopicYN") == "Y" else ""
        parts.append(star + _text(each))
    return "/".join(parts)
