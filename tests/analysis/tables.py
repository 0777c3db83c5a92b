"""2x2 tables (tp, fp, fn, tn) that the tests share, with what is known of them."""

from random import Random

# Machine learning on X-rays for osteoporosis: counts as reported by, or derived from, Jang 2021,
# X1AI 2024, Nakamoto 2022, Fan 2021, Hsieh 2021 (hip, spine), Boonrod 2025, HST-AICXR.
XRAY = [
    [51, 14, 5, 31],
    [242, 11, 7, 237],
    [18, 16, 5, 61],
    [15, 3, 6, 46],
    [914, 242, 196, 3812],
    [7513, 2897, 347, 7418],
    [189, 165, 27, 637],
    [94, 161, 24, 2105],
]

# Simulated for this project with a between-study correlation of -1.
PERFECTLY_CORRELATED = [
    [183, 166, 24, 142],
    [150, 95, 67, 251],
    [218, 116, 82, 265],
    [351, 193, 46, 157],
    [369, 181, 23, 116],
    [211, 55, 161, 310],
    [279, 96, 52, 149],
    [189, 195, 18, 198],
    [315, 148, 49, 181],
    [238, 33, 161, 219],
    [252, 109, 36, 129],
    [207, 93, 92, 285],
]

# Made for this project: empty arms, in study 4 of the diseased, in study 2 of the healthy.
EMPTY_ARMS = [[8, 2, 3, 40], [20, 0, 6, 0], [15, 0, 2, 33], [0, 4, 0, 50], [31, 9, 4, 80]]

# Made for this project: not one diseased participant is missed.
PERFECT_SENSITIVITY = [[10, 2, 0, 30], [20, 3, 0, 40], [12, 0, 0, 9]]

# Made for this project: so few and so different that specificity has no upper profile bound.
OPEN_ENDED = [[9, 3, 2, 3], [30, 0, 4, 50], [7, 0, 1, 8]]


def many(k: int, seed: int = 7) -> list[list[int]]:
    """Return k simulated tables: sensitivity about 0.85, specificity about 0.8, both spread."""
    random = Random(seed)
    rows = []
    for _ in range(k):
        diseased, healthy = random.randint(15, 900), random.randint(15, 1200)
        sens, spec = random.betavariate(9, 2), random.betavariate(8, 2.5)
        tp = sum(random.random() < sens for _ in range(diseased))
        tn = sum(random.random() < spec for _ in range(healthy))
        rows.append([tp, healthy - tn, diseased - tp, tn])
    return rows
