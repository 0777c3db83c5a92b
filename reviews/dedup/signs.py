"""How two records compare, field by field: what agrees, what differs, what nobody can say."""

import re
from dataclasses import dataclass
from enum import IntEnum

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from reviews.dedup.keys import SHORTEST_SUBTITLED, SHORTEST_TITLE, Keys
from reviews.dedup.opposites import are_opposed

_NUMBER = re.compile(r"\d+")
_SMALL = "a an and by der des die en et for from in la le of on the to und"
_SMALL_WORDS = frozenset(_SMALL.split())
_NOTICE_WORDS = (
    r"(?:erratum|errata|corrigendum|correction|retraction|retracted|reply|response to|comments? on|"
    r"comment|commentary|authors? (?:reply|response)|addendum|expression of concern|withdrawn|re)"
)
_NOTICES = re.compile(
    rf"^{_NOTICE_WORDS}\b|\b(?:erratum|corrigendum|authors? (?:reply|response))\b"
)
_PARTS = re.compile(
    r"\b(?:part|study|experiment|phase|chapter|volume|type|stage|grade) (\w{1,4})\b"
)
# What a title may go on with and be another report's.
_ANOTHER = re.compile(
    rf"^(?:{_NOTICE_WORDS}|part|protocol|study protocol|rationale and design|[a-z]{{1,4}}$)\b"
)
# Words that count: one letter or digit less is another number.
_COUNTS = re.compile(r"[ivx]+$|.*\d")
# Where a group or nobody signs, one source names the group and another its writers.
_BODY = re.compile(
    r"\b(?:group|investigators|consortium|committee|network|collaboration|society|association|"
    r"organi[sz]ation|anonymous|anon|nct|isrctn)\b"
)
# Likeness from 0 to 100. None of these was fitted to a set: moved by five down or three up, no
# labelled set gets a wrong merge (tests/reviews/dedup/test_reference.py).
NEAR_TITLES, LIKE_TITLES, WITHIN_A_TITLE = 75, 85, 96
SHARED_NAMES, LIKE_NAMES = 60, 80
LIKE_JOURNALS, SAME_JOURNALS = 75, 90
OTHER_ABSTRACTS, LIKE_ABSTRACTS = 65, 85
_LONGEST_ISSUE = 2  # digits; longer numbers count something else


class Title(IntEnum):
    """How two titles compare."""

    DIFFERENT = 0
    NEAR = 1  # much in common, but words differ
    PART = 2  # one is the other with a subtitle or a translation
    ALIKE = 3  # spelling differs
    SAME = 4


class Names(IntEnum):
    """How two lists of authors compare."""

    DIFFERENT = 0
    UNKNOWN = 1
    SHARED = 2  # some names agree, the first does not
    SAME = 3  # the first author agrees, and others where there are others


@dataclass(slots=True)
class Signs:
    """How two records compare; None where one of them says nothing."""

    title: Title
    long_title: bool
    other_numbers: bool  # the titles hold other numbers, or other parts
    sequel: bool  # one goes on as another report's title does
    words: tuple[str, str]  # of the two titles
    notice: bool  # one of the two is a correction, a reply or the like
    authors: Names
    others_too: bool  # all of at least two family names agree
    one_signed: bool  # only one of the two names authors
    years: int | None  # apart
    journal: int | None  # 2 the same, 1 one contains the other, 0 another
    volume: bool | None
    issue: bool | None
    pages: bool | None
    range: bool  # a range of at least two pages agrees at both ends
    spans: bool  # one of the two says more pages than an abstract fills
    doi: bool | None
    pmid: bool | None
    abstract: bool | None
    unplaced: bool  # neither names a journal
    versions: bool  # both are of a database whose reviews come in versions
    preprint: bool  # only one of the two is a preprint
    thesis: bool  # only one of the two is a thesis
    proceedings: bool  # only one of the two is in proceedings
    both_proceedings: bool

    @property
    def opposed(self) -> bool:
        """Say whether a word of the one title has its opposite in the other."""
        ours, theirs = self.words
        return self.title is not Title.SAME and are_opposed(ours.split(), theirs.split())

    @property
    def place(self) -> int:
        """Return how many of volume and pages agree."""
        return bool(self.volume) + bool(self.pages)

    @property
    def elsewhere(self) -> int:
        """Return how many of volume and pages differ."""
        return (self.volume is False) + (self.pages is False)


def compare(a: Keys, b: Keys) -> Signs:
    """Return how two records compare."""
    title = compare_titles(a, b)
    return Signs(
        title=title,
        long_title=min(len(a.title), len(b.title)) >= SHORTEST_TITLE,
        other_numbers=_other_numbers(title, a.words, b.words),
        sequel=_is_sequel(title, a.words, b.words),
        words=(a.words, b.words),
        notice=bool(_NOTICES.search(a.words)) != bool(_NOTICES.search(b.words)),
        authors=compare_names(a, b),
        one_signed=bool(a.names) != bool(b.names),
        others_too=len(a.families) > 1 and set(a.families) == set(b.families),
        years=None if a.year is None or b.year is None else abs(a.year - b.year),
        journal=compare_journals(a.journal, b.journal),
        volume=_compare_volumes(a, b),
        issue=_compare_issues(a, b),
        pages=_compare_pages(a, b),
        range=_same_range(a.pages, b.pages),
        spans=any(key.pages and key.pages[1] - key.pages[0] > 1 for key in (a, b)),
        doi=_equal(a.doi, b.doi),
        pmid=_equal(a.pmid, b.pmid),
        abstract=_compare_abstracts(a.abstract, b.abstract),
        unplaced=not a.journal and not b.journal,
        versions=a.journal.startswith("cochrane") and b.journal.startswith("cochrane"),
        preprint=a.preprint != b.preprint,
        thesis=a.thesis != b.thesis,
        proceedings=a.proceedings != b.proceedings,
        both_proceedings=a.proceedings and b.proceedings,
    )


def compare_titles(a: Keys, b: Keys) -> Title:
    """Say how two titles compare, word for word."""
    if not a.title or not b.title:
        return Title.DIFFERENT
    if a.title == b.title:
        return Title.SAME
    short, long = sorted((a.title, b.title), key=len)
    if len(short) >= SHORTEST_TITLE and (long.startswith(short) or long.endswith(short)):
        return Title.PART
    if len(short) >= SHORTEST_SUBTITLED and long.startswith(short):
        return Title.PART
    ratio = fuzz.ratio(a.title, b.title, score_cutoff=NEAR_TITLES)
    if not ratio:
        contained = (
            len(short) >= SHORTEST_TITLE and fuzz.partial_ratio(short, long) >= WITHIN_A_TITLE
        )
        return Title.PART if contained else Title.DIFFERENT
    if ratio >= LIKE_TITLES and _same_words(a.words, b.words):
        return Title.ALIKE
    return Title.NEAR


def _same_words(a: str, b: str) -> bool:
    """Say whether two titles differ in their spelling only: each odd word has a twin."""
    left, right = a.split(), b.split()
    ours, theirs = set(left), set(right)
    odd = [word for word in left if word not in theirs and word not in _SMALL_WORDS]
    other = [word for word in right if word not in ours and word not in _SMALL_WORDS]
    # "health care" and "healthcare": what is odd is compared in one string as well.
    one, two = "".join(odd), "".join(other)
    if one == two:
        return True
    if max(len(odd), len(other)) > 6 or len(odd) != len(other):
        return len(one) >= 5 and _is_misspelt(one, two)
    return all(_is_misspelt(x, y) for x, y in zip(odd, other, strict=True))


def _is_misspelt(x: str, y: str) -> bool:
    """A letter may be missing; in a long word one or two may differ. Digits may not."""
    x, y = sorted((x, y), key=len)
    if len(y) == len(x) + 1 and _in_order(x, y) and not _COUNTS.match(y):
        return len(y) > 2 or y in _SMALL_WORDS
    if min(len(x), len(y)) < 5 or _NUMBER.findall(x) != _NUMBER.findall(y):
        return False
    if x[-3:] != y[-3:] and x[:4] != y[:4]:
        return False
    return Levenshtein.distance(x, y, score_cutoff=2) <= (2 if len(x) >= 8 else 1)


def _is_sequel(title: Title, a: str, b: str) -> bool:
    """Say whether one title goes on as another report's does: "part 2", "reply"."""
    short, long = sorted((a, b), key=len)
    rest = long.removeprefix(short)
    # A title cut within a word goes on with the rest of the word.
    goes_on = title is Title.PART and rest != long and rest.startswith(" ")
    return bool(goes_on and _ANOTHER.match(rest[1:]))


def _other_numbers(title: Title, a: str, b: str) -> bool:
    """Say whether two titles count differently: "phase 1", "in 2019". A subtitle may count."""
    if title is Title.SAME:
        return False
    if title is Title.PART:
        short, long = sorted((a, b), key=len)
        rest = long.removeprefix(short).strip()
        return rest.isdigit() or not _parts(short) <= _parts(long)
    return sorted(_NUMBER.findall(a)) != sorted(_NUMBER.findall(b)) or _parts(a) != _parts(b)


def _parts(words: str) -> set[str]:
    return set(_PARTS.findall(words))


def compare_names(a: Keys, b: Keys) -> Names:
    """Say how two lists of authors compare, whichever way the names are written."""
    if not a.names or not b.names or bool(_BODY.search(a.names)) != bool(_BODY.search(b.names)):
        return Names.UNKNOWN
    if a.family == b.family or a.names == b.names:
        return _first_agrees(a, b)
    if len(a.family) > 3 and _one_in_the_other(a.family, b.family):
        return _first_agrees(a, b)
    ours = {word for word in a.names.split() if len(word) > 2}
    theirs = {word for word in b.names.split() if len(word) > 2}
    fewer = min(len(ours), len(theirs))
    shared = len(ours & theirs)
    if fewer and shared >= 2 and 100 * shared / fewer >= SHARED_NAMES:
        return Names.SAME
    if shared:
        return Names.SHARED
    return Names.SHARED if fuzz.ratio(a.names, b.names) >= LIKE_NAMES else Names.DIFFERENT


def _first_agrees(a: Keys, b: Keys) -> Names:
    """A family name as common as Wang says little where no other name agrees."""
    ours, theirs = set(a.families[1:]), set(b.families[1:])
    if ours and theirs and not ours & theirs:
        likeness = fuzz.token_set_ratio(a.names, b.names)
        return Names.SAME if likeness >= LIKE_NAMES else Names.SHARED
    return Names.SAME


def _one_in_the_other(x: str, y: str) -> bool:
    short, long = sorted((x, y), key=len)
    if len(short) >= 4 and (long.startswith(short) or long.endswith(short)):
        return True
    return len(short) >= 5 and Levenshtein.distance(x, y, score_cutoff=1) <= 1


def compare_journals(a: str, b: str) -> int | None:
    """Say how two names of a journal compare: 2 the same, 1 one within the other, 0 another."""
    if not a or not b:
        return None
    if a == b:
        return 2
    ours = [word for word in a.split() if word not in _SMALL_WORDS] or a.split()
    theirs = [word for word in b.split() if word not in _SMALL_WORDS] or b.split()
    short, long = sorted((ours, theirs), key=len)
    if _abbreviates(short, long):
        return 2 if len(short) == len(long) else 1
    if any(_is_acronym(word, theirs) for word in ours[:3]):
        return 1
    if any(_is_acronym(word, ours) for word in theirs[:3]):
        return 1
    ratio = fuzz.ratio(a, b)
    if ratio >= SAME_JOURNALS:
        return 2
    return int(ratio >= LIKE_JOURNALS or fuzz.token_set_ratio(a, b) >= SAME_JOURNALS)


def _abbreviates(short: list[str], long: list[str]) -> bool:
    """Each word of the one shortens a word of the other, in order, and the first ones meet."""
    if not _shortens(short[0], long[0]):
        return False
    words = iter(long)
    return all(any(_shortens(word, other) for other in words) for word in short)


def _is_acronym(word: str, words: list[str]) -> bool:
    """ "amcis" is "americas conference information systems": all initials, and letters between."""
    initials = "".join(each[0] for each in words if each.isalpha())
    if not 3 <= len(initials) <= len(word) <= 8 or word[0] != initials[0]:
        return False
    return _in_order(initials, word) and _in_order(word, "".join(words))


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _shortens(x: str, y: str) -> bool:
    if len(x) > len(y):
        x, y = y, x
    if y.startswith(x):
        return True
    return x[0] == y[0] and _in_order(x, y)


def _equal(a: str, b: str) -> bool | None:
    return a == b if a and b else None


def _compare_volumes(a: Keys, b: Keys) -> bool | None:
    """Issue and volume change places in some exports: then nobody can say."""
    if not a.volume or not b.volume:
        return None
    if a.volume == b.volume:
        return True
    return None if a.volume in b.numbers or b.volume in a.numbers else False


def _compare_issues(a: Keys, b: Keys) -> bool | None:
    if not a.issue or not b.issue or max(len(a.issue), len(b.issue)) > _LONGEST_ISSUE:
        return None
    return a.issue == b.issue or (False if a.volume == b.volume else None)


def _compare_pages(a: Keys, b: Keys) -> bool | None:
    """Pages agree if a range begins alike, or the one page given is the other's last."""
    ours, theirs = a.pages, b.pages
    if not ours or not theirs:
        return None
    if set(ours[::2]) & set(theirs[::2]) or _is_last(ours, theirs) or _is_last(theirs, ours):
        return True
    # A journal's number for an article, and its pages from 1.
    if a.article != b.article or _is_counted(ours, theirs) or _is_counted(theirs, ours):
        return None
    # Ranges that overlap by more than a page are one range, miswritten.
    return None if min(ours[1], theirs[1]) > max(ours[0], theirs[0]) else False


def _is_counted(number: tuple[int, ...], pages: tuple[int, ...]) -> bool:
    return _is_single(number) and number[0] >= 1_000 and pages[0] == 1


def _is_single(pages: tuple[int, ...]) -> bool:
    return len(pages) == 2 and pages[0] == pages[1]


def _is_last(page: tuple[int, ...], pages: tuple[int, ...]) -> bool:
    return _is_single(page) and page[0] in pages


def _same_range(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return bool(a and b) and a[:2] == b[:2] and a[1] > a[0]


def _compare_abstracts(a: str, b: str) -> bool | None:
    """Texts of one abstract may be cut at other places, or begin with a label."""
    if min(len(a), len(b)) < 80:
        return None
    if a[:100] == b[:100]:
        return True
    length = min(len(a), len(b))
    ratio = fuzz.ratio(a[:length], b[:length])
    return True if ratio >= LIKE_ABSTRACTS else False if ratio < OTHER_ABSTRACTS else None
