"""The labelled sets: as many copies found as by the best peer, and no report lost in another.

The peer's figures are those of bib-dedupe 0.11.0, measured by `python -m benchmarks.dedup`. Each
set is a test of the rules against the others: no figure of theirs was fitted to one set.
"""

import pytest

from benchmarks.dedup import labels, score
from reviews.dedup import signs
from reviews.dedup.files import read_keys
from reviews.dedup.matching import find_matches
from tests.reference import REFERENCE, needs_reference

pytestmark = needs_reference
pytest.importorskip("pyarrow", reason="pip install -r benchmarks/requirements.txt")

PEER = {
    "cytology_screening": 0.992,
    "diabetes_asysd": 1.0,
    "respiratory": 0.936,
    "digital_work": 0.997,
    "copper_iebh": 0.993,
    "synth_20k": 0.995,
    "special_cases": 1.0,
}
# Labelled as copies of the first, but another document: another abstract by other authors on the
# next page; an editorial before the guest editorial; another volume and DOI; an erratum.
ANOTHER_DOCUMENT = {
    "diabetes_asysd": [("id_0001561", ["id_0001560", "id_0001732", "id_0000493", "id_0001237"])],
    "digital_work": [
        ("id_1000218", ["id_1000339"]),
        ("id_1003663", ["id_1003664"]),
        ("id_1005082", ["id_1005083"]),
    ],
}


# A likeness moved by five makes other rules of these; the highest goes up to 99.
MOVES = [
    (name, move)
    for name in (
        *("NEAR_TITLES", "LIKE_TITLES", "WITHIN_A_TITLE", "SHARED_NAMES", "LIKE_NAMES"),
        *("LIKE_JOURNALS", "SAME_JOURNALS", "OTHER_ABSTRACTS", "LIKE_ABSTRACTS"),
    )
    for move in (-5, 3)
]


def read(name):
    """Return the identifiers of a set, what is compared, and the truth as far as it is one."""
    path = REFERENCE / "dedup" / f"{name}.parquet"
    cluster = labels(path)
    for first, others in ANOTHER_DOCUMENT.get(name, []):
        assert {cluster[first]} == {cluster[other] for other in others}
        cluster.update(dict.fromkeys(others, f"not {first}"))
    return *read_keys(path), cluster


def figures_of(ids, keys, cluster):
    matches = find_matches(keys)
    groups = [[ids[i] for i in group.members] for group in matches.groups]
    return score(groups, cluster), matches


@pytest.mark.parametrize("name", sorted(PEER))
def test_a_labelled_set(name):
    ids, keys, cluster = read(name)
    figures, matches = figures_of(ids, keys, cluster)
    assert figures["wrong"] == 0
    assert round(figures["found"], 3) >= PEER[name]
    # What people are asked to look at stays a page or two.
    assert len(matches.possible) < 0.02 * len(ids) + 5


@pytest.fixture(scope="module")
def small_sets():
    return [read(name) for name in ("cytology_screening", "diabetes_asysd", "respiratory")]


@pytest.mark.parametrize(("threshold", "move"), MOVES)
def test_no_threshold_is_fitted_to_a_set(small_sets, monkeypatch, threshold, move):
    monkeypatch.setattr(signs, threshold, getattr(signs, threshold) + move)
    for ids, keys, cluster in small_sets:
        figures, _ = figures_of(ids, keys, cluster)
        assert figures["wrong"] == 0
        assert figures["found"] > 0.96
