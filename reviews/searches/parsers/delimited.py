"""CSV and its relatives: one record a row, columns by name."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from reviews.searches.parsers import identifiers, names, texts
from reviews.searches.parsers.columns import GATHERED, guess_mapping, repeated_columns, told_mapping
from reviews.searches.parsers.record import ParsedRecord, Problems, UnreadableFile
from reviews.searches.parsers.rows import Row, guess_delimiter, read_rows

# Some exports print a title and a date above the table.
_MOST_LINES_ABOVE = 20
# Embase: "Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: 2014"
_EMBASE_SOURCE = re.compile(
    r"(?P<journal>.{1,300}?) \((?P<year>\d{4})\)"
    r"(?: (?P<volume>[\w. ]{1,20}?)(?::(?P<issue>[^ ()]{1,30}))?)?"
    r"(?: \((?P<pages>[^()]{1,40})\))?(?:\.|$)"
)


def read_delimited(
    blocks: Iterable[list[str]], problems: Problems, *, mapping: Mapping[str, str] | None = None
) -> Iterator[ParsedRecord]:
    """Yield the records of a table; `mapping` tells a field's column by its name."""
    blocks = iter(blocks)
    first = next(blocks, [])
    delimiter = guess_delimiter(first)
    if first and first[0].lower().startswith("sep="):
        first = ["", *first[1:]]
    rows = read_rows(itertools.chain([first], blocks), delimiter, problems)
    return read_table(rows, problems, mapping=mapping)


def read_table(
    rows: Iterator[Row], problems: Problems, *, mapping: Mapping[str, str] | None = None
) -> Iterator[ParsedRecord]:
    """Yield the records of rows, the first of which (or one further down) is the heading."""
    header, columns = _find_header(rows, mapping, problems)
    for position, row in enumerate(rows, start=1):
        if len(row.cells) != len(header):
            _say_ragged(row, len(header), problems)
        yield _record(row, position, columns, problems)


def _find_header(
    rows: Iterator[Row], told: Mapping[str, str] | None, problems: Problems
) -> tuple[list[str], dict[str, list[int]]]:
    above: list[Row] = []
    for row in itertools.islice(rows, _MOST_LINES_ABOVE):
        if told or "title" in guess_mapping(row.cells):
            columns = told_mapping(row.cells, told) if told else guess_mapping(row.cells)
            for before in above:
                problems.add(before.line, "This line stands above the table.", before.raw)
            _say_repeated(row, problems)
            return row.cells, columns
        above.append(row)
    raise UnreadableFile(
        "The table has no column for the title that we recognise: name the column, or give its"
        ' heading the name "Title".'
    )


def _say_repeated(row: Row, problems: Problems) -> None:
    for i in repeated_columns(row.cells):
        reason = "This column's name is used twice; it only fills what the first one leaves empty."
        problems.add(row.line, reason, row.cells[i])


def _say_ragged(row: Row, width: int, problems: Problems) -> None:
    more = len(row.cells) - width
    if more > 0:
        extra = " | ".join(row.cells[width:])
        if extra.strip(" |"):
            problems.add(row.line, f"The row has more cells than the heading, by {more}.", extra)
    else:
        problems.add(row.line, f"The row has fewer cells than the heading, by {-more}.", row.raw)


class _Cells:
    """The cells of a row by field."""

    def __init__(self, row: Row, columns: dict[str, list[int]]) -> None:
        self._cells = row.cells
        self._columns = columns

    def all(self, field: str) -> list[str]:
        found = (
            self._cells[i].strip() for i in self._columns.get(field, ()) if i < len(self._cells)
        )
        return [cell for cell in found if cell]

    def first(self, field: str) -> str:
        return next(iter(self.all(field)), "")


def _record(
    row: Row, position: int, columns: dict[str, list[int]], problems: Problems
) -> ParsedRecord:
    cells = _Cells(row, columns)
    title = texts.one_line(cells.first("title"))
    if not title:
        problems.add(row.line, "The record has no title.", row.raw)
    abstract = texts.paragraphs(cells.first("abstract"))
    source = _source(cells)
    return ParsedRecord(
        position=position,
        line=row.line,
        raw=row.raw,
        title=title,
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=[texts.one_line(name) for name in names.split_authors(cells.first("authors"))],
        year=_year(cells, source, row, problems),
        journal=source["journal"],
        volume=cells.first("volume") or source["volume"],
        issue=cells.first("issue") or source["issue"],
        pages=_pages(cells) or source["pages"],
        doi=_doi(cells, row, problems),
        pmid=identifiers.normalise_pmid(cells.first("pmid")),
        accessions=_accessions(cells),
        issn=identifiers.normalise_issn(" ".join(cells.all("issn"))),
        keywords=_keywords(cells, "keywords"),
        mesh=_keywords(cells, "mesh"),
        language=cells.first("language"),
        type=cells.first("type"),
        url=cells.first("url"),
    )


def _source(cells: _Cells) -> dict[str, str]:
    """The journal; Embase puts year, volume, issue and pages into the same cell."""
    empty = dict.fromkeys(("journal", "year", "volume", "issue", "pages"), "")
    for text in cells.all("journal"):
        # Scopus names the database in a column "Source".
        if text.lower() in {"scopus", "pubmed", "embase", "medline", "web of science"}:
            continue
        if found := _EMBASE_SOURCE.match(text):
            return {**empty, **{key: value or "" for key, value in found.groupdict().items()}}
        return {**empty, "journal": texts.one_line(text)}
    return empty


def _year(cells: _Cells, source: dict[str, str], row: Row, problems: Problems) -> int | None:
    written = [*cells.all("year"), source["year"]]
    for text in written:
        if (year := identifiers.normalise_year(text)) is not None:
            return year
    if written[0] and not texts.is_absent(written[0]):
        problems.add(row.line, "The year could not be read.", written[0])
    return None


def _pages(cells: _Cells) -> str:
    if pages := cells.first("pages"):
        return identifiers.join_pages(pages, "")
    pages = identifiers.join_pages(cells.first("first_page"), cells.first("last_page"))
    return pages or cells.first("article_number")


def _doi(cells: _Cells, row: Row, problems: Problems) -> str:
    written = cells.all("doi")
    for text in written:
        if doi := identifiers.normalise_doi(text):
            return doi
    if written and not texts.is_absent(written[0]):
        problems.add(row.line, "The DOI could not be read.", written[0])
    return identifiers.doi_of_url(cells.first("url"))


def _accessions(cells: _Cells) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in cells.all("accession"):
        database, number = identifiers.find_accession(text) or ("accession number", text)
        found.setdefault(database, number)
    if pmcid := identifiers.normalise_pmcid(cells.first("pmcid")):
        found["pmcid"] = pmcid
    return found


def _keywords(cells: _Cells, field: str) -> list[str]:
    cell_texts = cells.all(field) if field in GATHERED else [cells.first(field)]
    words = [texts.one_line(w) for text in cell_texts for w in names.split_keywords(text)]
    return list(dict.fromkeys(words))
