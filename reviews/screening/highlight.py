"""Which parts of a title or abstract the protocol's keywords mark."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text; `kind` is "include", "exclude" or None for what no keyword marks."""

    text: str
    kind: str | None


def split_highlights(
    text: str, *, include: Iterable[str] = (), exclude: Iterable[str] = ()
) -> list[Segment]:
    """Split a text into segments that together are the text.

    A keyword is a word or a phrase; a word ending in * stands for every word that begins so.
    Capitals and the punctuation between words do not matter. Where keywords overlap, the one that
    begins first counts, of these the longest, of these the excluding one. Keywords are looked up
    by their first word, so the time grows with the length of the text.

    >>> split_highlights("Low bone density in rats", include=["bone densit*"], exclude=["rats"])
    ... # doctest: +NORMALIZE_WHITESPACE
    [Segment(text='Low ', kind=None), Segment(text='bone density', kind='include'),
     Segment(text=' in ', kind=None), Segment(text='rats', kind='exclude')]
    """
    terms = _compile(tuple(include), tuple(exclude))
    segments, end = [], 0
    for start, stop, kind in _matches(text, terms):
        if start > end:
            segments.append(Segment(text[end:start], None))
        segments.append(Segment(text[start:stop], kind))
        end = stop
    if end < len(text):
        segments.append(Segment(text[end:], None))
    return segments


@dataclass(frozen=True, slots=True)
class _Term:
    """A keyword's words; with a star, a word is only the beginning of one."""

    words: tuple[tuple[str, bool], ...]
    kind: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """Keywords by their first word: exact ones, and beginnings with the lengths they have."""

    exact: dict[str, list[_Term]]
    beginnings: dict[str, list[_Term]]
    lengths: tuple[int, ...]


@lru_cache(maxsize=64)
def _compile(include: tuple[str, ...], exclude: tuple[str, ...]) -> _Terms:
    exact: dict[str, list[_Term]] = {}
    beginnings: dict[str, list[_Term]] = {}
    for kind, keywords in (("exclude", exclude), ("include", include)):
        for keyword in dict.fromkeys(keywords):
            words = tuple(
                (found[0].casefold(), keyword[found.end() : found.end() + 1] == "*")
                for found in _WORD.finditer(keyword)
            )
            if words:
                first, starred = words[0]
                terms = beginnings if starred else exact
                terms.setdefault(first, []).append(_Term(words, kind))
    return _Terms(exact, beginnings, tuple(sorted({len(word) for word in beginnings})))


def _matches(text: str, terms: _Terms) -> Iterator[tuple[int, int, str]]:
    words = [(found.start(), found.end(), found[0].casefold()) for found in _WORD.finditer(text)]
    i = 0
    while i < len(words):
        best: _Term | None = None
        for term in _candidates(words[i][2], terms):
            longer = best is None or len(term.words) > len(best.words)
            if longer and _fits(term, words, i):
                best = term
        if best is None:
            i += 1
            continue
        last = i + len(best.words) - 1
        yield words[i][0], words[last][1], best.kind
        i = last + 1


def _candidates(word: str, terms: _Terms) -> Iterator[_Term]:
    yield from terms.exact.get(word, ())
    for length in terms.lengths:
        if length > len(word):
            return
        yield from terms.beginnings.get(word[:length], ())


def _fits(term: _Term, words: list[tuple[int, int, str]], i: int) -> bool:
    if i + len(term.words) > len(words):
        return False
    return all(
        words[i + n][2].startswith(word) if starred else words[i + n][2] == word
        for n, (word, starred) in enumerate(term.words)
    )
