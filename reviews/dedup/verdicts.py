"""When two records are copies of one report: the rules by name, and what speaks against them.

A rule is sure only where several independent fields agree. The title alone never suffices:
conference series, columns, errata and congress abstracts repeat titles.
"""

from collections.abc import Callable

from reviews.dedup.signs import Names, Signs, Title

VERSION = "3"


def _same_doi(s: Signs) -> bool:
    if s.doi is not True or s.elsewhere > 1 or (s.years or 0) > 2:
        return False
    if s.title >= Title.ALIKE:
        return True
    # Some congresses have one DOI for all their abstracts.
    if s.elsewhere or s.abstract is False:
        return False
    if s.title is Title.PART:
        return True
    if s.journal == 0 or s.place == 0:
        return False
    return s.title is Title.NEAR and s.authors >= Names.UNKNOWN


def _same_doi_in_other_words(s: Signs) -> bool:
    """Titles are translated and rewritten; a DOI is not given twice to one place."""
    return (
        s.doi is True
        and s.authors is Names.SAME
        and s.place == 2
        and not s.elsewhere
        and (s.years or 0) <= 2
        and s.journal != 0
        and s.abstract is not False
    )


def _same_pmid(s: Signs) -> bool:
    if s.pmid is not True or (s.years or 0) > 2:
        return False
    # A number given by mistake: another title, other people, another place.
    near = s.title is Title.NEAR and s.authors >= Names.UNKNOWN and s.elsewhere < 2
    return s.title >= Title.PART or near


def _same_place(s: Signs) -> bool:
    return (
        s.title >= Title.ALIKE
        and s.authors >= Names.UNKNOWN
        and s.place == 2
        and s.years in {0, 1, 2, None}
        and (s.long_title or bool(s.journal))
        and (s.journal != 0 or s.authors >= Names.SHARED)
    )


def _longer_title(s: Signs) -> bool:
    known = s.authors >= Names.SHARED or (s.authors is Names.UNKNOWN and bool(s.journal))
    return (
        s.title >= Title.PART
        and s.long_title
        and known
        and s.place == 2
        and s.years in {0, 1}
        and (s.spans or s.abstract is True or s.issue is True)
    )


def _subtitle(s: Signs) -> bool:
    return (
        s.title >= Title.PART
        and s.long_title
        and s.authors is Names.SAME
        and (s.place == 1 or s.issue is True)
        and s.years == 0
        and (s.journal == 2 or (s.journal is None and s.others_too))
        and s.abstract is not False
    )


def _same_issue(s: Signs) -> bool:
    return (
        s.title is Title.SAME
        and s.authors is Names.SAME
        and s.volume is True
        and s.issue is True
        and s.years == 0
        and (s.long_title or s.others_too or s.abstract is True)
        and (bool(s.journal) or (s.long_title and s.others_too))
    )


def _same_journal(s: Signs) -> bool:
    return (
        s.title >= Title.ALIKE
        and s.long_title
        and s.authors is Names.SAME
        and s.years == 0
        and (s.journal == 2 or (s.journal == 1 and _is_known_further(s)))
        and s.abstract is not False
    )


def _is_known_further(s: Signs) -> bool:
    """A journal's name may begin like another's: Circulation, Circulation Research."""
    return s.place > 0 or s.issue is True or s.abstract is True or s.both_proceedings


def _half_a_place(s: Signs) -> bool:
    known = s.journal or (s.others_too and s.range)
    return (
        s.title >= Title.ALIKE
        and (s.long_title or (s.others_too and s.range))
        and s.authors >= Names.SHARED
        and s.place == 1
        and s.years is not None
        and s.years <= (1 if known else 0)
        and s.abstract is not False
        and (s.journal != 0 or (s.range and s.authors is Names.SAME))
    )


def _no_authors(s: Signs) -> bool:
    return (
        s.title is Title.SAME
        and s.long_title
        and s.authors is Names.UNKNOWN
        and s.years == 0
        and (s.journal == 2 or s.range)
        and (s.pages is True or (s.volume is True and (s.issue is True or s.one_signed)))
    )


def _conference(s: Signs) -> bool:
    """A conference at the turn of the year is dated by its days or by its proceedings."""
    return (
        s.both_proceedings
        and s.title is Title.SAME
        and s.long_title
        and s.others_too
        and s.years == 1
        and bool(s.journal)
        and s.abstract is not False
    )


def _same_abstract(s: Signs) -> bool:
    return (
        s.title >= Title.PART
        and s.long_title
        and s.authors >= Names.SHARED
        and s.abstract is True
        and s.years == 0
        and s.journal != 0
    )


def _nothing_else(s: Signs) -> bool:
    return (
        s.title is Title.SAME
        and s.long_title
        and s.authors is Names.SAME
        and s.years == 0
        and s.journal is None
        and (s.others_too or s.unplaced)
        and s.abstract is not False
    )


def _title_rewritten(s: Signs) -> bool:
    """A title was misspelt or cut; the pages of the record are the other's."""
    signed = s.authors is Names.SAME or (s.authors is Names.UNKNOWN and s.place == 2 and s.range)
    return (
        s.title >= Title.NEAR
        and (s.long_title or (s.title >= Title.PART and (s.issue is True or s.others_too)))
        and signed
        and (s.range or (s.pages is True and s.issue is True and s.title >= Title.PART))
        and s.years is not None
        and s.years <= (1 if s.place == 2 else 0)
        and bool(s.journal)
    )


def _title_translated(s: Signs) -> bool:
    """Whatever the title: the same authors cannot fill the same pages of an issue twice."""
    return (
        s.authors is Names.SAME
        and (s.others_too or (s.issue is True and s.journal == 2))
        and s.long_title
        and s.place == 2
        and s.range
        and s.years == 0
        and bool(s.journal)
        and s.abstract is not False
    )


RULES: dict[str, Callable[[Signs], bool]] = {
    "same PubMed number, titles alike": _same_pmid,
    "same DOI, titles alike": _same_doi,
    "title in other words, same DOI, authors, volume and pages": _same_doi_in_other_words,
    "same title, volume and pages": _same_place,
    "same title but for a subtitle, same volume and pages": _longer_title,
    "same title but for a subtitle, same authors, year and volume, issue or pages": _subtitle,
    "same title, authors, volume and issue": _same_issue,
    "same title, authors, year and journal": _same_journal,
    "same title, authors and volume or pages": _half_a_place,
    "same title, journal, year and volume or pages, no authors": _no_authors,
    "same title, all authors and conference, a year apart": _conference,
    "same title, authors, year and abstract": _same_abstract,
    "same title, authors and year, no place known": _nothing_else,
    "titles nearly the same, same authors, journal, year and pages": _title_rewritten,
    "title in other words, same authors, journal, year and range of pages": _title_translated,
}


def rule_for(s: Signs) -> str:
    """Return the name of the first rule that is sure, or nothing."""
    return next((name for name, holds in RULES.items() if holds(s)), "")


def objections(s: Signs) -> list[str]:
    """Return what forbids that two records be merged by a rule."""
    found = []
    by_number = s.doi is True or s.pmid is True
    if s.pmid is False:
        found.append("different PubMed numbers")
    if s.doi is False and not _in_one_place(s):
        found.append("different DOIs")
    found += _other_report(s)
    if s.years is not None and s.years > (2 if s.place == 2 else 1) and not by_number:
        found.append("years differ")
    return found if by_number else [*found, *_other_place(s)]


def _other_report(s: Signs) -> list[str]:
    """What tells two reports of one study, or of two, from copies of one."""
    found = []
    if s.notice or s.sequel:
        found.append("one is a correction, a comment, a reply or another part")
    if s.other_numbers and not (s.place == 2 and (s.range or s.abstract is True)):
        found.append("other numbers in the title")
    if s.preprint:
        found.append("a preprint and an article")
    if s.opposed:
        found.append("a word of the one title is opposed to one of the other")
    if s.thesis:
        found.append("a thesis and an article")
    if s.versions and (s.years or s.doi is False or s.issue is False):
        found.append("versions of a Cochrane review")
    return found


def _in_one_place(s: Signs) -> bool:
    """One place in a journal holds one report of this title, whatever its numbers."""
    return (
        s.title >= Title.ALIKE
        and s.long_title
        and (s.place == 2 or (s.pages is True and s.abstract is True))
        and bool(s.journal)
        and s.years == 0
        and s.authors is Names.SAME
    )


def _other_place(s: Signs) -> list[str]:
    found = []
    if s.volume is False:
        found.append("different volumes")
    if s.pages is False:
        found.append("different pages")
    exact = s.pages is True and s.title >= Title.PART and s.long_title
    if s.issue is False and not exact:
        found.append("different issues")
    if s.proceedings and s.place < 2:
        found.append("a conference paper and an article")
    return found
