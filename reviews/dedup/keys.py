"""A record's values as they are compared when copies are sought, and how they are compared."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Protocol

# Shorter titles ("Editorial", "Letter to the editor") are shared by chance.
SHORTEST_TITLE = 24

_NOTICES = ("erratum", "corrigendum", "correction", "retraction", "reply", "response", "commenton")
_DIGITS = re.compile(r"\d+")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_PARTICLE_WORDS = "van von der den de del della di da dos du la le el al ter ten"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_BRACKETED_END = re.compile(
    r"\s*[\[(](?:review|abstract|letter|article|editorial)[\])]\.?\s*$", re.I
)


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


def normalise(text: str) -> str:
    """Return letters and digits only, small and without accents.

    >>> normalise("Évaluation de la sensibilité (élève)")
    'evaluationdelasensibiliteeleve'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
    return _NOT_ALPHANUMERIC.sub("", text.casefold())


def first_surname(authors: Sequence[str]) -> str:
    """Return the first author's family name, normalised, whichever way the name is written.

    >>> first_surname(["van der Valk, Paul"]), first_surname(["Smith JA", "Roe B"])
    ('valk', 'smith')
    >>> first_surname(["John A. Smith"])
    'smith'
    """
    if not authors:
        return ""
    family, comma, _ = authors[0].partition(",")
    words = family.replace(".", ". ").split()
    if not comma and len(words) > 1:
        words = _family_words(words)
    kept = [word for word in words if word.lower() not in _PARTICLES] or words
    return normalise("".join(kept))


def _family_words(words: list[str]) -> list[str]:
    """Without a comma: "Smith JA" ends in initials, "John A. Smith" in the family name."""
    last = words[-1].replace(".", "").replace("-", "")
    if len(last) <= 3 and last.isupper():
        return [word for word in words if not _is_initials(word)] or words[:1]
    return words[-1:]


def _is_initials(word: str) -> bool:
    bare = word.replace(".", "").replace("-", "")
    return len(bare) <= 3 and bare.isupper()


@dataclass(slots=True)
class Keys:
    """A record's values as they are compared."""

    title: str
    author: str
    year: int | None
    doi: str
    pmid: str
    journal: str
    volume: str
    issue: str
    page: str

    @classmethod
    def of(cls, record: Copy) -> "Keys":
        return cls(
            title=normalise(_BRACKETED_END.sub("", record.title)),
            author=first_surname(record.authors),
            year=record.year,
            doi=record.doi.lower(),
            pmid=record.pmid,
            journal=normalise(record.journal),
            volume=_NOT_ALPHANUMERIC.sub("", record.volume).lower(),
            issue=_NOT_ALPHANUMERIC.sub("", record.issue).lstrip("0").lower(),
            page=_first_page(record.pages),
        )


def _first_page(pages: str) -> str:
    return re.split(r"[-\u2013,;\s]", pages.strip(), maxsplit=1)[0].lstrip("0").lower()


def are_elsewhere(a: Keys, b: Keys) -> bool:
    """Say whether two records stand in different places, so may be two reports of one study."""
    pages = _differ(a.page, b.page)
    volumes = _differ(a.volume, b.volume)
    # A column of an editor comes back in each issue.
    issues = _differ(a.issue, b.issue) and not (a.page or b.page)
    journals = not _journals_agree(a.journal, b.journal)
    return pages + volumes + journals >= 2 or issues


def _differ(a: str, b: str) -> bool:
    return bool(a and b and a != b)


def _journals_agree(a: str, b: str) -> bool:
    """Journals are abbreviated in many ways: one's letters occur in the other, in order."""
    if not a or not b:
        return True
    short, long = sorted((a, b), key=len)
    letters = iter(long)
    return short[0] == long[0] and all(letter in letters for letter in short)


@lru_cache(maxsize=4096)
def titles_agree(a: str, b: str) -> bool:
    """Say whether two normalised titles can be one title written twice; a missing one can."""
    if a == b or not a or not b:
        return True
    if a.startswith(_NOTICES) != b.startswith(_NOTICES):
        return False
    short, long = sorted((a, b), key=len)
    if len(short) >= SHORTEST_TITLE and long.startswith(short):
        return True
    # "Part 1" and "part 2" are alike but not the same.
    if _DIGITS.findall(a) != _DIGITS.findall(b):
        return False
    return SequenceMatcher(None, a[:400], b[:400], autojunk=False).ratio() >= 0.93
