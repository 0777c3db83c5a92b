"""Words that look alike and say the opposite: titles of two reports, not a slip of the pen."""

_PREFIXES = (
    ("hypo", "hyper"),
    ("intra", "inter"),
    ("pre", "post"),
    ("pre", "peri"),
    ("peri", "post"),
    ("a", ""),
    ("an", ""),
    ("non", ""),
    ("un", ""),
    ("in", ""),
    ("im", ""),
    ("homo", "hetero"),
    ("micro", "macro"),
    ("mono", "bi"),
    ("uni", "bi"),
    ("uni", "multi"),
    ("mono", "multi"),
    ("over", "under"),
    ("ante", "post"),
    ("de", "re"),
    ("endo", "exo"),
    ("fe", ""),
    ("wo", ""),
)
_WORDS_WRITTEN = """
    with/without left/right benign/malignant increased/decreased upper/lower interim/final
    first/second primary/secondary anterior/posterior acute/chronic children/adults
"""
_WORDS = frozenset(frozenset(pair.split("/")) for pair in _WORDS_WRITTEN.split())
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]
_IN_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBERS = {word: n for words in (_ROMAN, _IN_WORDS) for n, word in enumerate(words)}
_SHORTEST_STEM = 5
# What a shorter stem may be opposed by: "men" and "women", "male" and "female".
_SHORT_STEMS = frozenset({"men", "man", "male", "males"})
_MOST_COMPARED = 8


def are_opposed(ours: list[str], theirs: list[str]) -> bool:
    """Say whether a word of the one title is answered by its opposite in the other.

    >>> are_opposed("patients with hypothyroidism".split(), "patients with hyperthyroidism".split())
    True
    >>> are_opposed("stage ii disease".split(), "stage iii disease".split())
    True
    >>> are_opposed("anaemia in women".split(), "anemia in women".split())
    False
    """
    odd = [word for word in ours if word not in theirs][:_MOST_COMPARED]
    other = [word for word in theirs if word not in ours][:_MOST_COMPARED]
    if not odd or not other or "".join(odd) == "".join(other):
        return False  # "non invasive" is "noninvasive"
    return any(_are_opposites(one, two) for one in odd for two in other)


def _are_opposites(one: str, two: str) -> bool:
    if one in _NUMBERS and two in _NUMBERS:
        return _NUMBERS[one] != _NUMBERS[two]
    if frozenset((one, two)) in _WORDS:
        return True
    return one[-3:] == two[-3:] and any(
        _have_one_stem(one, two, left, right) or _have_one_stem(two, one, left, right)
        for left, right in _PREFIXES
    )


def _have_one_stem(one: str, two: str, left: str, right: str) -> bool:
    if not (one.startswith(left) and two.startswith(right)):
        return False
    stem = one[len(left) :]
    return stem == two[len(right) :] and (len(stem) >= _SHORTEST_STEM or stem in _SHORT_STEMS)
