"""BibTeX, as Scopus, Web of Science, Google Scholar, ACM, Zotero, Mendeley or JabRef write it.

A file is cut before each ``@type{`` at the beginning of a line, and each piece is given to
bibtexparser by itself: damage ends where the next entry begins, and memory stays bounded.
"""

import logging
import re
from collections.abc import Iterable, Iterator

from bibtexparser.model import (
    Block,
    DuplicateFieldKeyBlock,
    Entry,
    Field,
    ImplicitComment,
    ParsingFailedBlock,
)
from bibtexparser.model import String as Macro
from bibtexparser.splitter import Splitter

from reviews.searches.parsers import identifiers, texts, values
from reviews.searches.parsers.bibtex_names import read_names
from reviews.searches.parsers.bibtex_values import MONTHS, evaluate, salvage_fields
from reviews.searches.parsers.latex import plain_latex
from reviews.searches.parsers.record import ParsedRecord, Problems

# What it cannot read is said in the import's own problems.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)

_LONGEST = 12 << 20
_MANY = 20
_BRACE = re.compile(r"[{}]|@(?=\s{0,9}[A-Za-z]\w{0,40}\s{0,20}[{(])")
_MOST_OPENINGS = 100  # of entries within an entry that is never closed
_MOST_FIELDS = 20_000  # the library takes a thousand bytes for each
_LONGEST_COMMENT = 1 << 21
_START = re.compile(r"\s{0,80}@\s{0,9}([A-Za-z]\w{0,40})\s{0,20}(?:[{(]|$)")
_OPENING = re.compile(r"@\s{0,9}(\w{1,41})\s{0,80}(?=[{(])")
_KEY = re.compile(r"@\w{1,41}\s{0,80}[{(]\s{0,80}[^,={}\n]{0,400},")
_NO_RECORDS = frozenset({"comment", "string", "preamble"})
_PLAIN_FIELDS = frozenset({"doi", "url", "pmid", "pmcid", "eprint", "link", "eid"})

Fields = dict[str, list[str]]


def read_bibtex(blocks: Iterable[list[str]], problems: Problems) -> Iterator[ParsedRecord]:
    """Yield the entries of a BibTeX or biblatex file."""
    reader = _Reader(problems)
    for line, text in _pieces(blocks, problems):
        yield from reader.read(line, text)


def _pieces(blocks: Iterable[list[str]], problems: Problems) -> Iterator[tuple[int, str]]:
    """Yield the number of the first line and the text of each ``@type{`` at a line's start."""
    piece: list[str] = []
    first = number = size = 0
    comment = _Comment()
    for block in blocks:
        for line in block:
            number += 1
            if "@" in line and not comment.holds(piece) and _START.match(line):
                if piece:
                    yield first, "\n".join(piece)
                piece, first, size = [], number, 0
                comment = _Comment()
            piece.append(line)
            size += len(line)
            if size > _LONGEST:
                problems.add(number, "An entry is longer than 12 MB; what follows is read apart.")
                yield first, "\n".join(piece)
                piece, first, size = [], number + 1, 0
    if piece:
        yield first or 1, "\n".join(piece)


class _Comment:
    """Whether an ``@comment`` is still open: entries within it are none."""

    def __init__(self) -> None:
        self.seen = self.depth = self.size = 0
        self.starts: bool | None = None

    def holds(self, piece: list[str]) -> bool:
        if self.starts is None and piece:
            found = _START.match(piece[0])
            self.starts = found is not None and found[1].lower() == "comment"
        if not self.starts:
            return False
        for line in piece[self.seen :]:
            self.depth += line.count("{") - line.count("}")
            self.size += len(line)
        self.seen = len(piece)
        return self.depth > 0 and self.size < _LONGEST_COMMENT


def _blocks(text: str) -> Iterator[tuple[int, Block]]:
    """Yield the library's blocks of a piece, and the line of the piece they are counted from."""
    line = 0
    for part in _entries(text):
        many = max(part.count("="), part.count("{") // 10) > _MOST_FIELDS
        if many or len(_OPENING.findall(part)) > _MOST_OPENINGS:
            yield line, ParsingFailedBlock(error=ValueError("too long"), start_line=0, raw=part)
        else:
            for block in Splitter(part).split().blocks:
                yield line, block
        line += part.count("\n")


def _entries(text: str) -> Iterator[str]:
    """Cut a text in which entries follow each other on one line: each where the last is closed."""
    if text.count("@") < _MANY:
        yield text
        return
    start = depth = 0
    for found in _BRACE.finditer(text):
        if found[0] == "@":
            if depth <= 0 and found.start() > start:
                yield text[start : found.start()]
                start, depth = found.start(), 0
        else:
            depth += 1 if found[0] == "{" else -1
    yield text[start:]


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.macros = dict(MONTHS)
        self.position = 0

    def read(self, line: int, text: str) -> Iterator[ParsedRecord]:
        """Yield what records a piece of the file holds: one, as a rule."""
        found = _OPENING.search(text)
        if found is None or found[1].lower() == "comment":
            return
        # The library wants "@type{" without spaces, and takes "@commentary" for a comment.
        kind = found[1].lower()
        told = kind if kind in _NO_RECORDS or not kind.startswith(tuple(_NO_RECORDS)) else "misc"
        text = f"{text[: found.start()]}@{told}{text[found.end() :]}"
        for offset, block in _blocks(text):
            at = line + offset + max(0, block.start_line or 0)
            if isinstance(block, Macro):
                self.macros[block.key.lower()] = evaluate(block.value, self.macros)
            elif isinstance(block, Entry) and any(map(_runs_on, block.fields)):
                yield from self._salvage(at, block, text)
            elif isinstance(block, Entry):
                yield self._record(at, block.raw, block.entry_type, _fields_of(block))
            elif isinstance(block, ParsingFailedBlock):
                yield from self._salvage(at, block, text)
            elif isinstance(block, ImplicitComment) and "=" in block.comment:
                reason = "This text stands between the entries and was not read."
                self.problems.add(at, reason, block.comment)

    def _salvage(self, line: int, block: Block, text: str) -> Iterator[ParsedRecord]:
        whole = block.raw or text
        found = _OPENING.search(whole)
        kind = found[1].lower() if found else ""
        if isinstance(block, DuplicateFieldKeyBlock):
            fields = _fields_of(block.ignore_error_block)
            twice = ", ".join(sorted(block.duplicate_keys))
            reason = f"The entry has a field more than once: {twice}."
        else:
            # The library may have stopped in the middle of it: up to where the next one begins.
            start = max(0, text.find(whole))
            after = _OPENING.search(text, start + 1)
            whole = text[start : after.start() if after else len(text)]
            fields = salvage_fields(whole)
            reason = "The entry is damaged; its fields were read as far as can be."
        if kind == "string":
            self.macros |= {name: evaluate(some[0], self.macros) for name, some in fields.items()}
        if kind in _NO_RECORDS:
            return
        self.problems.add(line, reason, whole)
        yield self._record(line, whole.rstrip(), kind, fields)

    def _record(self, line: int, raw: str, kind: str, fields: Fields) -> ParsedRecord:
        self.position += 1
        found: Fields = {}
        for key, some in fields.items():
            name = re.sub(r"[-_ ]", "", key.lower())
            found.setdefault(name, []).extend(evaluate(value, self.macros) for value in some)
        people = [name for text in found.pop("author", []) for name in read_names(text)]
        read = values.stripped(
            {
                name: [_unescaped(v) if name in _PLAIN_FIELDS else plain_latex(v) for v in some]
                for name, some in found.items()
            }
        )
        return _record(self.position, line, raw, kind, people, read, self.problems)


def _runs_on(field: Field) -> bool:
    """Say whether a value goes on after its end, as where a comma was forgotten."""
    value = str(field.value).strip()
    closer = {"{": "}", '"': '"'}.get(value[:1])
    return closer is not None and value[-1] != closer and "#" not in value


def _fields_of(entry: Entry) -> Fields:
    fields: Fields = {}
    for each in entry.fields:
        fields.setdefault(each.key, []).append(str(each.value))
    return fields


def _unescaped(text: str) -> str:
    return re.sub(r"\\([_&%#$~{}])", r"\1", text).strip("{} \n")


def _record(
    position: int,
    line: int,
    raw: str,
    kind: str,
    people: list[str],
    read: Fields,
    problems: Problems,
) -> ParsedRecord:
    first, every = values.first, values.every
    abstract = values.unwrapped(read, "abstract")
    title = first(read, "title") or first(read, "booktitle")
    subtitle = first(read, "subtitle")
    return ParsedRecord(
        position=position,
        line=line,
        raw=raw,
        title=values.title(f"{title}: {subtitle}" if subtitle else title, line, problems),
        abstract=abstract,
        sections=texts.split_sections(abstract),
        authors=people,
        year=values.year(every(read, "year", "date", "issued"), line, problems),
        journal=texts.one_line(first(read, "journal", "journaltitle", "fjournal", "booktitle")),
        volume=first(read, "volume"),
        issue=first(read, "number", "issue"),
        pages=_pages(read),
        doi=_doi(read, line, problems),
        pmid=_pmid(read),
        accessions=_accessions(read),
        issn=identifiers.normalise_issn(" ".join(every(read, "issn", "eissn", "isbn"))),
        keywords=_keywords(read),
        mesh=values.keywords(every(read, "mesh", "meshterms")),
        language=first(read, "language", "langid"),
        type=first(read, "documenttype", "type") if kind == "misc" and "type" in read else kind,
        url=first(
            read, "url", "link", "howpublished" if "http" in first(read, "howpublished") else ""
        ),
    )


def _pages(read: Fields) -> str:
    pages = identifiers.join_pages(values.first(read, "pages", "page"), "")
    return pages or values.first(read, "articlenumber", "artnumber", "articleno", "eid")


def _doi(read: Fields, line: int, problems: Problems) -> str:
    if doi := values.doi(values.every(read, "doi"), line, problems):
        return doi
    for text in values.every(read, "url", "link", "ee", "bdskurl1"):
        if doi := identifiers.doi_of_url(text):
            return doi
    return identifiers.find_doi(" ".join(values.every(read, "note", "annote")))


def _pmid(read: Fields) -> str:
    for text in values.every(read, "pmid", "pubmedid", "note", "annote", "url", "uniqueid"):
        if pmid := identifiers.normalise_pmid(text):
            return pmid
    if values.first(read, "eprinttype", "archiveprefix").lower() == "pubmed":
        return identifiers.normalise_pmid(values.first(read, "eprint"))
    return ""


def _accessions(read: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in values.every(read, "uniqueid", "eid", "url", "note", "accessionnumber"):
        if accession := identifiers.find_accession(text):
            found.setdefault(*accession)
    numbers = [
        *values.every(read, "note"),
        *(f"PMC{n}" for n in values.every(read, "pmcid", "pmc")),
    ]
    for text in numbers:
        if pmcid := identifiers.normalise_pmcid(text.replace("PMCPMC", "PMC")):
            found.setdefault("pmcid", pmcid)
    if "arxiv" in values.first(read, "eprinttype", "archiveprefix").lower():
        found.setdefault("arxiv", values.first(read, "eprint"))
    return found


def _keywords(read: Fields) -> list[str]:
    written = values.every(read, "keywords", "authorkeywords", "keywordsplus", "keyword")
    return values.keywords([text if ";" in text else text.replace(",", ";") for text in written])
