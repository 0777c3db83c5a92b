"""Pairs no rule is sure of: which of them a person should see, in which order, and why."""

from reviews.dedup.signs import Names, Signs, Title

_LIKENESS = {Names.DIFFERENT: 0.0, Names.UNKNOWN: None, Names.SHARED: 0.5, Names.SAME: 1.0}
_TITLES = {
    Title.SAME: "same title",
    Title.ALIKE: "same title but for its spelling",
    Title.PART: "one title within the other",
    Title.NEAR: "titles alike",
}


def likeness(s: Signs) -> float:
    """Return the share of what can be compared that agrees, from 0 to 1, the title first."""
    weighed = [
        (4.0, s.title / Title.SAME),
        (2.0, _LIKENESS[s.authors]),
        (1.0, None if s.years is None else max(0.0, 1 - s.years / 2)),
        (1.0, None if s.journal is None else s.journal / 2),
        *((1.0, None if each is None else float(each)) for each in (s.volume, s.pages, s.abstract)),
        *((2.0, None if each is None else float(each)) for each in (s.doi, s.pmid)),
    ]
    known = [(weight, value) for weight, value in weighed if value is not None]
    return round(sum(w * v for w, v in known) / sum(w for w, _ in known), 2)


def is_doubtful(s: Signs) -> bool:
    """Say whether a pair no rule is sure of is worth a person's time."""
    if s.doi is True or s.pmid is True:
        return True
    if s.title is Title.DIFFERENT or not s.long_title or s.notice or s.sequel or s.other_numbers:
        return s.place == 2 and s.authors is Names.SAME and s.journal != 0
    return s.authors >= Names.UNKNOWN and (s.years is None or s.years <= 2)


def reasons(s: Signs) -> list[str]:
    """Return what two records have in common and in what they differ, in words."""
    found = [_TITLES[s.title]] if s.title in _TITLES else ["different titles"]
    agree = {"DOI": s.doi, "PubMed number": s.pmid, "abstract": s.abstract}
    found += [f"same {name}" for name, value in agree.items() if value]
    differ = {
        "years differ by one": s.years == 1,
        "a year is missing": s.years is None,
        "different authors": s.authors is Names.DIFFERENT,
        "other first authors": s.authors is Names.SHARED,
        "authors are missing": s.authors is Names.UNKNOWN,
        "different journals": s.journal == 0,
        "different abstracts": s.abstract is False,
        "no place to compare": s.place == 0 and s.elsewhere == 0,
    }
    return found + [name for name, value in differ.items() if value]
