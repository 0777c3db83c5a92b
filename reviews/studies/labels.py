"""The name of a study: first author's family name and year."""

from collections.abc import Sequence

LONGEST = 100


def label_of(authors: Sequence[str], year: int | None) -> str:
    """Return the label reviews print.

    >>> label_of(["Jang R", "Choi JH"], 2021), label_of(["van der Valk, Paul"], 2020)
    ('Jang 2021', 'van der Valk 2020')
    >>> label_of(["Chih-I Hsieh"], 2021), label_of([], None)
    ('Hsieh 2021', 'Anonymous, no year')
    """
    family = _family(authors[0]) if authors else ""
    family = family[:LONGEST].strip() or "Anonymous"
    return f"{family} {year}" if year else f"{family}, no year"


def _family(name: str) -> str:
    family, comma, _ = name.partition(",")
    words = family.split()
    if comma or len(words) < 2:
        return " ".join(words)
    if _are_initials(words[-1]):
        return " ".join(word for word in words if not _are_initials(word)) or words[0]
    return words[-1]


def _are_initials(word: str) -> bool:
    bare = word.replace(".", "").replace("-", "")
    return len(bare) <= 3 and bare.isupper()
