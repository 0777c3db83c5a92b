"""Which records are copies of one report: sure enough to group, or for people to judge.

Sure means that an identifier agrees, or the title with year and first author or with its place in
a volume, and that nothing speaks against it; a title alone never suffices, for conference series
and errata repeat titles. The cost grows in proportion to the records.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reviews.dedup.keys import SHORTEST_TITLE, Copy, Keys, are_elsewhere, titles_agree

METHOD = (
    "exact identifiers; normalised title with year and first author, or with volume and first page"
)
VERSION = "1"

# A DOI under this many different titles names a whole book or supplement.
_MOST_TITLES_OF_A_DOI = 2
# Beyond this, a block of like records is compared with its first only.
_LARGEST_BLOCK = 12

CopyT = TypeVar("CopyT", bound=Copy)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two records (by their place in the sequence given) and the rule that joins them."""

    left: int
    right: int
    rule: str


@dataclass(frozen=True, slots=True)
class Group:
    """The places of two or more copies of one report, and why they were grouped."""

    members: tuple[int, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class PossiblePair:
    """Two records a person should compare, the earlier first, and why."""

    left: int
    right: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The groups found, and the pairs that are for people to judge."""

    groups: list[Group]
    possible: list[PossiblePair]


def find_matches(
    records: Sequence[Copy],
    *,
    together: Sequence[Sequence[int]] = (),
    apart: Collection[tuple[int, int]] = (),
) -> Matches:
    """Group the copies among some records, and list the pairs that are not sure.

    `together` are groups made before, which can grow; `apart` are pairs (the earlier first) that
    people have judged to be different, which no rule brings together again.
    """
    keys = [Keys.of(record) for record in records]
    matching = _Matching(keys, apart)
    for members in together:
        matching.keep_together(members)
    for rule in (_by_doi, _by_pmid, _by_title, _by_place):
        for pair in rule(keys):
            matching.weigh(pair)
    for pair in _by_title_nearly(keys):
        matching.doubt(pair)
    return matching.result()


def groups(records: Sequence[Copy]) -> list[Group]:
    """Return only the groups that are sure."""
    return find_matches(records).groups


def best_copy(copies: Sequence[CopyT]) -> CopyT:
    """Return the most complete of some copies; of equals, the first."""
    return max(copies, key=_completeness)


def _completeness(record: Copy) -> tuple[int, ...]:
    """What screening needs counts first: an abstract, then what identifies and locates."""
    known = (record.doi, record.pmid, record.year, record.journal, record.authors, record.volume)
    return (
        bool(record.abstract),
        bool(record.title),
        sum(map(bool, known)),
        min(len(record.abstract), 5_000) // 200,
        len(record.authors),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    left: int
    right: int
    rule: str


def _by_doi(keys: Sequence[Keys]) -> Iterator[_Pair]:
    for block in _blocks(keys, lambda key: key.doi or None):
        if len({keys[i].title for i in block}) <= _MOST_TITLES_OF_A_DOI:
            yield from _pairs(block, "same DOI")


def _by_pmid(keys: Sequence[Keys]) -> Iterator[_Pair]:
    for block in _blocks(keys, lambda key: key.pmid or None):
        yield from _pairs(block, "same PubMed number")


def _by_title(keys: Sequence[Keys]) -> Iterator[_Pair]:
    def key_of(key: Keys) -> Hashable:
        if len(key.title) < SHORTEST_TITLE or not key.author or key.year is None:
            return None
        return key.title, key.year, key.author

    for block in _blocks(keys, key_of):
        yield from _pairs(block, "same title, year and first author")


def _by_place(keys: Sequence[Keys]) -> Iterator[_Pair]:
    def key_of(key: Keys) -> Hashable:
        if len(key.title) < SHORTEST_TITLE or not key.volume or not key.page:
            return None
        return key.title, key.volume, key.page

    for block in _blocks(keys, key_of):
        for pair in _pairs(block, "same title, volume and first page"):
            if _is_near(keys[pair.left], keys[pair.right]):
                yield pair


def _by_title_nearly(keys: Sequence[Keys]) -> Iterator[_Pair]:
    def key_of(key: Keys) -> Hashable:
        return key.title if len(key.title) >= SHORTEST_TITLE else None

    for block in _blocks(keys, key_of):
        for pair in _pairs(block, "same title"):
            if _is_near(keys[pair.left], keys[pair.right]):
                yield pair


def _is_near(a: Keys, b: Keys) -> bool:
    """A title comes back in the series of a conference, but then not with one's author and year."""
    if a.author and b.author and a.author != b.author:
        return False
    return a.year is None or b.year is None or abs(a.year - b.year) <= 1


def _blocks(keys: Sequence[Keys], key_of: Callable[[Keys], Hashable]) -> Iterator[list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if (value := key_of(key)) is not None:
            found[value].append(i)
    return (block for block in found.values() if len(block) > 1)


def _pairs(block: Sequence[int], rule: str) -> Iterator[_Pair]:
    for n, right in enumerate(block):
        for left in block[: min(n, _LARGEST_BLOCK)]:
            yield _Pair(left, right, rule)


class _Matching:
    """Groups under way: a union-find that refuses to join what contradicts itself."""

    def __init__(self, keys: Sequence[Keys], apart: Collection[tuple[int, int]] = ()) -> None:
        self.keys = keys
        self.apart: defaultdict[int, set[int]] = defaultdict(set)
        for left, right in apart:
            self.apart[left].add(right)
            self.apart[right].add(left)
        self.parent = list(range(len(keys)))
        self.members: dict[int, list[int]] = {}
        self.evidence: dict[int, list[Evidence]] = {}
        self.doubts: dict[tuple[int, int], list[str]] = {}

    def keep_together(self, members: Sequence[int]) -> None:
        """Start from a group made before, whatever the rules say of it."""
        for other in members[1:]:
            left, right = self._root(members[0]), self._root(other)
            if left != right:
                self._join(left, right, None)

    def weigh(self, pair: _Pair) -> None:
        """Join a pair if nothing speaks against it, else leave it to people."""
        left, right = self._root(pair.left), self._root(pair.right)
        if left == right or self._are_apart(left, right):
            return
        against = _against(self.keys[pair.left], self.keys[pair.right], pair.rule)
        if not against:
            against = self._contradictions(left, right)
        if against:
            self.doubts[pair.left, pair.right] = [pair.rule, *against]
        else:
            self._join(left, right, Evidence(pair.left, pair.right, pair.rule))

    def doubt(self, pair: _Pair) -> None:
        """Leave a pair to people, unless it was joined or noted already."""
        place = (pair.left, pair.right)
        left, right = self._root(pair.left), self._root(pair.right)
        if place not in self.doubts and left != right and not self._are_apart(left, right):
            a, b = self.keys[pair.left], self.keys[pair.right]
            self.doubts[place] = [pair.rule, *_differences(a, b)]

    def result(self) -> Matches:
        """Return the groups in the order of their first members, and the pairs not joined."""
        found = [
            Group(tuple(sorted(members)), tuple(self.evidence[root]))
            for root, members in self.members.items()
            if self.parent[root] == root
        ]
        possible = [
            PossiblePair(left, right, tuple(reasons))
            for (left, right), reasons in sorted(self.doubts.items())
            if self._root(left) != self._root(right)
            and not self._are_apart(self._root(left), self._root(right))
        ]
        return Matches(sorted(found, key=lambda group: group.members), possible)

    def _root(self, i: int) -> int:
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def _are_apart(self, left: int, right: int) -> bool:
        """People have judged a record of the one group and one of the other to be different."""
        if not self.apart:
            return False
        others = set(self.members.get(right, (right,)))
        return any(
            not others.isdisjoint(self.apart.get(i, ())) for i in self.members.get(left, (left,))
        )

    def _join(self, left: int, right: int, evidence: Evidence | None) -> None:
        if len(self.members.get(left, ())) < len(self.members.get(right, ())):
            left, right = right, left
        self.parent[right] = left
        self.members.setdefault(left, [left]).extend(self.members.pop(right, [right]))
        joined = self.evidence.setdefault(left, [])
        joined.extend(self.evidence.pop(right, []))
        if evidence is not None:
            joined.append(evidence)

    def _contradictions(self, left: int, right: int) -> list[str]:
        """A is B and B is C must not make one of A and C that have different identifiers."""
        members = [*self.members.get(left, [left]), *self.members.get(right, [right])]
        found = []
        for name, label in (("doi", "DOIs"), ("pmid", "PubMed numbers")):
            if len({getattr(self.keys[i], name) for i in members} - {""}) > 1:
                found.append(f"their groups have different {label}")
        return found


def _against(a: Keys, b: Keys, rule: str) -> list[str]:
    """Return what speaks against two records being one although the rule says so."""
    found = []
    if rule != "same DOI" and a.doi and b.doi and a.doi != b.doi:
        found.append("different DOIs")
    if a.pmid and b.pmid and a.pmid != b.pmid:
        found.append("different PubMed numbers")
    if rule.startswith("same title"):
        if are_elsewhere(a, b):
            found.append("different volume, pages or journal")
    elif not titles_agree(a.title, b.title):
        found.append("different titles")
    return found


def _differences(a: Keys, b: Keys) -> list[str]:
    found = []
    if a.year is None or b.year is None:
        found.append("a year is missing")
    elif a.year != b.year:
        found.append("years differ by one")
    if not a.author or not b.author:
        found.append("an author is missing")
    return found + _against(a, b, "same title")
