"""Which records are copies of one report: sure enough to group, or for people to judge.

Records that share a block are compared; `verdicts` says which rule is sure of a pair and what
speaks against it. A group is only joined to another where nothing speaks against any two of their
records, so that no chain leads from one report to the next. The cost grows with the records.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviews.dedup.blocks import blocks_of
from reviews.dedup.doubts import is_doubtful, likeness, reasons
from reviews.dedup.keys import Keys
from reviews.dedup.signs import Title, compare
from reviews.dedup.verdicts import VERSION, objections, rule_for

__all__ = ["VERSION", "Evidence", "Group", "Matches", "PossiblePair", "find_matches"]

# In a larger block a record is compared with the first of each group, and with so many groups.
_LARGEST_BLOCK = 12
_MOST_LEADERS = 12
# So many different records stand for a group when another group is compared with it.
_MOST_COMPARED = 6
# A record for which more doubts are listed than this is of a series; people see the likeliest.
_MOST_DOUBTS = 4
_LEAST_LIKELY = 0.5
_WATCHED = 5_000  # blocks


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
    """Two records a person should compare, the earlier first: how alike they are, and why."""

    left: int
    right: int
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The groups found, and the pairs that are for people to judge."""

    groups: list[Group]
    possible: list[PossiblePair]


def find_matches(
    keys: Sequence[Keys],
    *,
    together: Iterable[Sequence[int]] = (),
    apart: Iterable[Sequence[int]] = (),
    new: Collection[int] | None = None,
    watch: Callable[[int], None] = lambda done: None,
) -> Matches:
    """Group the copies among some records, and list the pairs that are not sure.

    `together` are groups made before, which can grow; `apart` are records, two or more, that
    people have judged to be different from each other: no rule brings them together again. Where
    `new` is given, only pairs with one of these records are compared. `watch` is told now and
    then of how many records the pairs have been compared.
    """
    matching = _Matching(keys, apart)
    for members in together:
        matching.keep_together(members)
    for left, right in candidate_pairs(keys, matching, new, watch):
        matching.weigh(left, right)
    return matching.result()


def candidate_pairs(
    keys: Sequence[Keys],
    matching: "_Matching",
    new: Collection[int] | None,
    watch: Callable[[int], None] = lambda done: None,
) -> Iterator[tuple[int, int]]:
    """Yield the pairs to compare; what was joined meanwhile need not be compared again."""
    seen: set[int] = set()
    blocks = _blocks(keys)
    for n, block in enumerate(blocks):
        if n % _WATCHED == 0:
            watch(n * len(keys) // len(blocks))
        for left, right in _pairs_in(block, matching):
            if new is not None and left not in new and right not in new:
                continue
            pair = left << 32 | right
            if pair not in seen and not matching.are_together(left, right):
                seen.add(pair)
                yield left, right


def _blocks(keys: Sequence[Keys]) -> Collection[list[int]]:
    first: dict[int, int] = {}
    found: defaultdict[int, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        for number in blocks_of(key):
            before = first.setdefault(number, i)
            if before != i:
                found[number].append(i)
    for number, others in found.items():
        others.insert(0, first[number])
    return found.values()


def _pairs_in(block: list[int], matching: "_Matching") -> Iterator[tuple[int, int]]:
    if len(block) <= _LARGEST_BLOCK:
        for n, right in enumerate(block):
            for left in block[:n]:
                yield left, right
        return
    leaders: list[int] = []
    for right in block:
        for left in leaders:
            yield left, right
            if matching.are_together(left, right):
                break
        else:
            if len(leaders) < _MOST_LEADERS:
                leaders.append(right)


class _Matching:
    """Groups under way: a union-find that refuses to join what contradicts itself."""

    def __init__(self, keys: Sequence[Keys], apart: Iterable[Sequence[int]] = ()) -> None:
        self.keys = keys
        # Records set apart bear a mark in common; so does a group with one of them.
        self.marks: defaultdict[int, set[int]] = defaultdict(set)
        for mark, members in enumerate(apart):
            for member in members:
                self.marks[member].add(mark)
        self.parent = list(range(len(keys)))
        self.members: dict[int, list[int]] = {}
        self.faces: dict[int, list[int]] = {}
        self.evidence: dict[int, list[Evidence]] = {}
        self.doubts: dict[tuple[int, int], tuple[float, list[str]]] = {}

    def keep_together(self, members: Sequence[int]) -> None:
        """Start from a group made before, whatever the rules say of it."""
        for other in members[1:]:
            left, right = self._root(members[0]), self._root(other)
            if left != right:
                self._join(left, right, None)

    def are_together(self, left: int, right: int) -> bool:
        return self._root(left) == self._root(right)

    def weigh(self, left: int, right: int) -> None:
        """Join a pair if a rule is sure and nothing speaks against it, else note the doubt."""
        signs = compare(self.keys[left], self.keys[right])
        if rule := rule_for(signs):
            against = objections(signs) or self._contradictions(left, right)
            if not against:
                self._join(self._root(left), self._root(right), Evidence(left, right, rule))
                return
        score = likeness(signs)
        if rule or (score >= _LEAST_LIKELY and is_doubtful(signs)):
            said = [rule, *against] if rule else [*reasons(signs), *objections(signs)]
            self.doubts[min(left, right), max(left, right)] = (score, said)

    def result(self) -> Matches:
        """Return the groups in the order of their first members, and the pairs not joined."""
        found = [
            Group(tuple(sorted(members)), tuple(self.evidence[root]))
            for root, members in self.members.items()
            if self.parent[root] == root
        ]
        return Matches(sorted(found, key=lambda group: group.members), self._possible())

    def _possible(self) -> list[PossiblePair]:
        """Return the likeliest doubt between each two groups, a few for each record."""
        best: dict[tuple[int, int], PossiblePair] = {}
        for (left, right), (score, said) in self.doubts.items():
            one, other = self._root(left), self._root(right)
            if one == other or self._are_apart(one, other):
                continue
            place = (min(one, other), max(one, other))
            if place not in best or score > best[place].score:
                best[place] = PossiblePair(left, right, score, tuple(said))
        listed: defaultdict[int, int] = defaultdict(int)
        kept = []
        for (one, other), pair in sorted(best.items(), key=lambda item: -item[1].score):
            if max(listed[one], listed[other]) < _MOST_DOUBTS:
                listed[one] += 1
                listed[other] += 1
                kept.append(pair)
        return sorted(kept, key=lambda pair: (pair.left, pair.right))

    def _root(self, i: int) -> int:
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def _are_apart(self, left: int, right: int) -> bool:
        """People have judged a record of the one group and one of the other to be different."""
        ours, theirs = self.marks.get(left), self.marks.get(right)
        return bool(ours and theirs and not ours.isdisjoint(theirs))

    def _join(self, left: int, right: int, evidence: Evidence | None) -> None:
        if len(self.members.get(left, ())) < len(self.members.get(right, ())):
            left, right = right, left
        self.parent[right] = left
        if right in self.marks:
            self.marks[left] |= self.marks.pop(right)
        self.members.setdefault(left, [left]).extend(self.members.pop(right, [right]))
        joined = self.evidence.setdefault(left, [])
        joined.extend(self.evidence.pop(right, []))
        if evidence is not None:
            joined.append(evidence)
        faces = self.faces.setdefault(left, [left])
        for i in self.faces.pop(right, [right]):
            if len(faces) < _MOST_COMPARED and all(self.keys[i] != self.keys[j] for j in faces):
                faces.append(i)

    def _contradictions(self, left: int, right: int) -> list[str]:
        """A is B and B is C must not make one of A and C that contradict each other."""
        one, other = self._root(left), self._root(right)
        if self._are_apart(one, other):
            return ["people judged records of their groups to be different"]
        for i in self._faces_with(left):
            for j in self._faces_with(right):
                if {i, j} != {left, right} and (against := self._against(i, j)):
                    return [f"other records of their groups contradict each other: {against}"]
        return []

    def _faces_with(self, place: int) -> list[int]:
        """Return who stands for a record's group; not whom people put there against the rules."""
        faces = self.faces.get(self._root(place), [place])
        return [i for i in faces if i == place or not self._against(i, place)]

    def _against(self, i: int, j: int) -> str:
        signs = compare(self.keys[i], self.keys[j])
        found = objections(signs)
        if signs.title is Title.DIFFERENT and signs.place < 2 and not signs.doi:
            found.append("different titles")
        return "; ".join(found)
