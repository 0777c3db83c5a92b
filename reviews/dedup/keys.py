"""A record's values as they are compared when copies are sought."""

import re
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Protocol
from urllib.parse import unquote

# Shorter titles ("Editorial", "Letter to the editor") are shared by chance.
SHORTEST_TITLE = 24
# A title of which another may be the long form, with a subtitle.
SHORTEST_SUBTITLED = 15
# What is longer is no title; the rest of an abstract adds nothing.
LONGEST_TITLE = 600
LONGEST_ABSTRACT = 300
MOST_AUTHORS = 8

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_LETTERS = string.ascii_letters + string.digits
_OTHERS = "".join(chr(i) for i in range(128) if chr(i) not in _LETTERS)
_SMALL = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_DROPPED = _OTHERS.encode()
_SMALL_WORDS = bytes.maketrans(
    (string.ascii_uppercase + _OTHERS).encode(),
    (string.ascii_lowercase + " " * len(_OTHERS)).encode(),
)
_NUMBER = re.compile(r"\d+")
_PARTICLE_WORDS = "van von der den de del della di da dos du la le el al ter ten jr sr ii iii iv"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
# What databases write behind a title: its kind, its references, its language, what became of it.
_SAID_BEHIND = re.compile(
    r"[\[(](?:review|reviews|abstract|letter|article|editorial|\d+ refs?|republished|comment|"
    r"see comments?|erratum (?:appears|in)|corrected|english|german|french|spanish|italian|"
    r"portuguese|russian|chinese|japanese|polish|dutch|turkish)\b[^\[\]]{0,300}(?:[\])]\.?\s*)?$",
    re.I,
)
_ERRATUM_BEHIND = re.compile(r"[\[(]\s*erratum (?:appears|in)\b.*$", re.I | re.S)
_TAG = re.compile(r"</?[a-z]{1,6}/?>", re.I)
_MONTHS = {
    name: str(n)
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}
_MONTH = re.compile(
    rf"\b({'|'.join(_MONTHS)})(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember)?\b", re.I
)
# Exports that shorten ranges leave "t-8" or "Suppl-87" where the first page had a letter.
_BEHEADED = re.compile(r"\s*(?:t|suppl)\W", re.I)
_ARTICLE_NUMBER = re.compile(r"\s*[a-z]{1,3}\d{4,}\s*$", re.I)
_DOI_START = re.compile(r"10\.\d[\d.]*/\S+")
_PREPRINTS = re.compile(r"arxiv|biorxiv|medrxiv|ssrn|research\s?square|preprint|osf\.io", re.I)
_PREPRINT_DOIS = ("10.1101/", "10.48550/", "10.21203/", "10.2139/", "10.20944/", "10.31234/")
_THESES = re.compile(r"thes[ie]s|\bthes\b|dissertation", re.I)
# Letters that do not fall apart into a plain one and an accent.
_SPELT_OUT = {
    "\N{GREEK SMALL LETTER ALPHA}": "alpha",
    "\N{GREEK SMALL LETTER BETA}": "beta",
    "\N{GREEK SMALL LETTER GAMMA}": "gamma",
    "\N{GREEK SMALL LETTER DELTA}": "delta",
    "\N{GREEK SMALL LETTER KAPPA}": "kappa",
    "\N{GREEK SMALL LETTER MU}": "mu",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    **dict(zip("ßæœøØłŁđ", ("ss", "ae", "oe", "o", "O", "l", "L", "d"), strict=True)),
}
_SPELLING = str.maketrans(_SPELT_OUT)


class Copy(Protocol):
    """What matching reads of a record."""

    title: str
    authors: Sequence[str]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    abstract: str
    type: str


@dataclass(slots=True)
class Values:
    """A record's values as a file or a query gives them; a Copy."""

    title: str
    authors: Sequence[str]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    abstract: str
    type: str


def plain(text: str) -> str:
    """Return small letters without accents.

    >>> plain("Évaluation de la β-lactamase")
    'evaluation de la beta-lactamase'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_SPELLING))
        text = "".join(c for c in text if not unicodedata.combining(c))
    return text.casefold()


def normalise(text: str) -> str:
    """Return letters and digits only, small and without accents.

    >>> normalise("Évaluation de la sensibilité (élève)")
    'evaluationdelasensibiliteeleve'
    """
    if text.isascii():  # much faster, and most texts are
        return text.encode().translate(_SMALL, _DROPPED).decode()
    return _NOT_ALPHANUMERIC.sub("", plain(text))


def words_of(text: str) -> str:
    """Return the words of a text, small and without accents, a space between two.

    >>> words_of("Obstetrics & Gynæcology, Ser. B")
    'obstetrics gynaecology ser b'
    """
    if text.isascii():
        return " ".join(text.encode().translate(_SMALL_WORDS).decode().split())
    return _NOT_ALPHANUMERIC.sub(" ", plain(text)).strip()


def title_words(title: str) -> str:
    """Return the words of a title, without what databases write behind it.

    >>> title_words("<i>Human</i> papillomavirus &amp; cancer. [Review] [133 refs]")
    'human papillomavirus cancer'
    """
    title = _TAG.sub("", unescape(title[:LONGEST_TITLE]) if "&" in title else title[:LONGEST_TITLE])
    title = _ERRATUM_BEHIND.sub("", title)
    for _ in range(3):
        shorter = _SAID_BEHIND.sub("", title.rstrip(" ."))
        if shorter == title or not shorter.strip(" ."):
            break
        title = shorter
    return words_of(title)


def first_surname(authors: Sequence[str]) -> str:
    """Return the first author's family name, normalised, whichever way the name is written.

    >>> first_surname(["van der Valk, Paul"]), first_surname(["Smith JA", "Roe B"])
    ('valk', 'smith')
    >>> first_surname(["John A. Smith"])
    'smith'
    """
    return _surname(authors[0]) if authors else ""


def _surname(author: str) -> str:
    family, comma, _ = author[:200].partition(",")
    words = family.replace(".", ". ").split()
    if not comma and len(words) > 1:
        words = _family_words(words)
    kept = [word for word in words if word.lower() not in _PARTICLES] or words
    return normalise("".join(kept))


def _family_words(words: list[str]) -> list[str]:
    """Without a comma: "Smith JA" ends in initials, "John A. Smith" in the family name."""
    if _is_initials(words[-1]):
        return [word for word in words if not _is_initials(word)] or words[:1]
    return words[-1:]


def _is_initials(word: str) -> bool:
    bare = word.replace(".", "").replace("-", "")
    return len(bare) <= 3 and bare.isupper()


@dataclass(slots=True)
class Keys:
    """A record's values as they are compared; empty or None where the record says nothing."""

    title: str  # letters and digits only
    words: str  # the same title in words
    family: str  # the first author's family name
    families: tuple[str, ...]
    names: str  # all words of the authors' names
    year: int | None
    doi: str
    pmid: str
    journal: str  # in words
    volume: str
    issue: str
    numbers: frozenset[str]  # all that volume and issue mention
    pages: tuple[int, ...]  # of each range, the first and the last
    article: bool  # the pages are a journal's number for an article, such as e12724
    abstract: str
    proceedings: bool
    preprint: bool
    thesis: bool

    @classmethod
    def of(cls, record: Copy) -> "Keys":
        words = title_words(record.title)
        authors = [author for author in record.authors[:MOST_AUTHORS] if author]
        doi = bare_doi(record.doi)
        volume = _volume(record.volume, record.year)
        families = tuple(map(_surname, authors))
        return cls(
            title=words.replace(" ", ""),
            words=words,
            family=families[0] if families else "",
            families=families,
            names=words_of(" ".join(authors)[:400]),
            year=record.year,
            doi=doi,
            pmid=record.pmid.strip(),
            journal=words_of(unescape(record.journal[:300])),
            volume=volume,
            issue=_first_number(_without_months(record.issue)),
            numbers=frozenset(
                number.lstrip("0")
                for number in _NUMBER.findall(f"{record.volume[:100]} {record.issue[:100]}")
            ),
            pages=_pages(record.pages, volume),
            article=bool(_ARTICLE_NUMBER.match(record.pages)),
            abstract=_abstract(record.abstract),
            proceedings="proceeding" in record.type.lower() or "conference" in record.type.lower(),
            preprint=bool(
                _PREPRINTS.search(record.journal)
                if record.journal
                else doi.startswith(_PREPRINT_DOIS)
            ),
            thesis=bool(_THESES.search(record.type)),
        )

    @property
    def page(self) -> int | None:
        """The first page."""
        return self.pages[0] if self.pages else None


def bare_doi(text: str) -> str:
    """Return a DOI without address, in small letters; nothing where there is none.

    >>> bare_doi("https://doi.org/10.1016/S0025-7753%2817%2930624-3.")
    '10.1016/s0025-7753(17)30624-3'
    """
    if not text:
        return ""
    found = _DOI_START.search(unquote(text[:300]))
    return found.group().rstrip(".,;").lower() if found else ""


def _first_number(text: str) -> str:
    found = _NUMBER.search(text[:100])
    return found.group().lstrip("0") if found else ""


def _without_months(text: str) -> str:
    return _MONTH.sub(lambda found: _MONTHS[found.group(1).lower()], text)


def _volume(text: str, year: int | None) -> str:
    """Return the number of a volume; the year of the proceedings is none."""
    number = _first_number(text)
    return "" if number == str(year) else number


def _pages(text: str, volume: str) -> tuple[int, ...]:
    """Return the first and last page of each range, "221-8" written out.

    >>> _pages("106-11; discussion 111", "44"), _pages("e12", "1"), _pages("01-Jun", "")
    ((106, 111, 111, 111), (12, 12), ())
    """
    text = _without_months(text[:100])  # a spreadsheet took 1-6 for a date
    if _BEHEADED.match(text):
        return ()
    pages: list[int] = []
    for each in re.split(r"[,;]", text):
        numbers = _NUMBER.findall(each)[:2]
        if numbers and len(numbers[0]) < 10:
            first, last = numbers[0], numbers[-1]
            if len(last) < len(first):
                last = first[: len(first) - len(last)] + last
            pages += [int(first), int(last[:9])]
    # An article published ahead of its volume is paged from 1.
    return () if pages and pages[0] <= 1 and not volume else tuple(pages)


def _abstract(text: str) -> str:
    return normalise(text[: 2 * LONGEST_ABSTRACT])[:LONGEST_ABSTRACT]
