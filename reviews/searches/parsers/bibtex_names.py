"""The people of a BibTeX field: ``First von Last``, ``von Last, Jr, First``, ``{A Group}``."""

import re

from reviews.searches.parsers import names
from reviews.searches.parsers.latex import plain_latex

_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_SEMICOLON = re.compile(r"\s*;\s*")
_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV|[2-4](?:nd|rd|th))\.?", re.IGNORECASE)
_INITIALS = re.compile(r"[A-Z]{1,3}|(?:[A-Z]\.-?){1,4}")
_PARTICLES_WRITTEN = """
    van von der den de del della di da du la le dos das do ten ter te zu zum zur vom al el bin ibn
    af av 't y e san
"""
_PARTICLES = frozenset(_PARTICLES_WRITTEN.split())


def read_names(text: str) -> list[str]:
    r"""Return each person as "Family, Given", and each group as it is named.

    >>> read_names(r"Smith, John and Ludwig van Beethoven and {World Health Organization}")
    ['Smith, John', 'van Beethoven, Ludwig', 'World Health Organization']
    >>> read_names(r"Jim King, Jr. and {\'E}mile Zola and others")
    ['King, Jim Jr.', 'Zola, Émile']
    """
    found = []
    for part in _people(" ".join(text.split())):
        name = part.strip(" ,")
        if name and name.lower() not in ("others", "et al", "et al."):
            found.append(_name(name))
    return [name for name in found if name]


def _people(text: str) -> list[str]:
    """Cut at each "and"; without one, at the semicolons or commas some write instead."""
    parts = _cut(text, _AND)
    if len(parts) > 1:
        return parts
    parts = _cut(text, _SEMICOLON)
    return parts if len(parts) > 1 or "{" in text else _of_commas(text)


def _of_commas(text: str) -> list[str]:
    listed = names.split_authors(text) if text.count(",") > 1 else []
    return listed if len(listed) > 1 else [text]


def _cut(text: str, separator: re.Pattern[str]) -> list[str]:
    """Cut a text where the separator stands outside of braces."""
    if "{" not in text:
        return separator.split(text)
    parts, start, depth, counted = [], 0, 0, 0
    for found in separator.finditer(text):
        between = text[counted : found.start()]
        depth += between.count("{") - between.count("}")
        counted = found.start()
        if depth <= 0:
            parts.append(text[start : found.start()])
            start = found.end()
    parts.append(text[start:])
    return parts


_COMMA = re.compile(r"\s*,\s*")
_SPACE = re.compile(r"\s+")
_TIE = re.compile(r"(?<!\\)~")  # but for the accent \~


def _name(name: str) -> str:
    parts = [part for part in _cut(name, _COMMA) if part]
    if len(parts) == 1:
        return _without_comma(parts[0])
    plain = [_plain(part) for part in parts]
    if len(plain) == 2 and _SUFFIX.fullmatch(plain[1]) and " " in plain[0]:
        family, _, given = _without_comma(parts[0]).partition(", ")
        return f"{family}, {given} {plain[1]}"
    family, given = plain[0], plain[1]
    if len(plain) > 2:
        suffix, given = (plain[1], plain[2]) if _SUFFIX.fullmatch(plain[1]) else (plain[2], given)
        given = f"{given} {suffix}"
    return f"{family}, {given}"


def _without_comma(name: str) -> str:
    words = [word for word in _cut(_TIE.sub(" ", name), _SPACE) if word]
    if len(words) < 2:
        return _plain(name)
    if _INITIALS.fullmatch(words[-1]) and not _INITIALS.fullmatch(words[0]):
        # PubMed's way, which BibTeX would take for a family name.
        return f"{_plain(' '.join(words[:-1]))}, {words[-1]}"
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(_plain(words[-1])) else ""
    last = len(words) - 1
    while last > 1 and _is_particle(words[last - 1], words[last - 2]):
        last -= 1
    family, given = " ".join(words[last:]), " ".join([*words[:last], suffix]).strip()
    return f"{_plain(family)}, {_plain(given)}"


def _is_particle(word: str, before: str) -> bool:
    """Say whether a word belongs to the family name: "van", and the second of "de La"."""
    word = _plain(word)
    return word in _PARTICLES or (
        len(word) > 1 and word.lower() in _PARTICLES and _plain(before) in _PARTICLES
    )


def _plain(text: str) -> str:
    return " ".join(plain_latex(text).split())
