"""Agreement of two reviewers: published values, and standard errors found another way."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.screening.agreement import measure_agreement

YES_NO = ("include", "exclude")
Z = 1.959963984540054


def pairs(table, categories=YES_NO):
    """Return the pairs of verdicts that a table of counts stands for."""
    return [
        (first, second)
        for i, first in enumerate(categories)
        for j, second in enumerate(categories)
        for _ in range(table[i][j])
    ]


def measure(table, categories=YES_NO):
    return measure_agreement(pairs(table, categories), categories=categories)


def test_kappa_of_a_textbook_table():
    # po = 35/50, pe = 0.5: kappa 0.4 (the worked example of Cohen's kappa, 20-5-10-15).
    agreement = measure([[20, 5], [10, 15]])
    assert (agreement.items, agreement.agreed) == (50, 35)
    assert agreement.raw.estimate == pytest.approx(0.7)
    assert agreement.kappa.estimate == pytest.approx(0.4)
    assert agreement.pabak.estimate == pytest.approx(0.4)


def test_the_paradox_of_kappa_that_ac1_was_made_for():
    # Gwet 2008, section 1: 118 of 125 agree that there is nothing; 5 and 2 disagree; none agree
    # on the rare category. Kappa falls below zero, AC1 stays near the raw agreement.
    agreement = measure([[118, 5], [2, 0]])
    assert agreement.raw.estimate == pytest.approx(118 / 125)
    assert agreement.kappa.estimate == pytest.approx(-0.0234, abs=5e-5)
    assert agreement.ac1.estimate == pytest.approx(0.9408, abs=5e-5)


def test_wilson_interval_of_raw_agreement():
    # Newcombe 1998, Statistics in Medicine 17:857-72, table I: 81 of 263 gives 0.2553 to 0.3662.
    raw = measure([[81, 182], [0, 0]]).raw
    assert (raw.low, raw.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def _delta_error(table, name):
    """The standard error of a coefficient by the delta method, derivatives taken numerically."""
    counts = [count for row in table for count in row]
    n, step, size = sum(counts), 10_000, len(table)

    def value(extra):
        cells = [step * count + more for count, more in zip(counts, extra, strict=True)]
        rows = [cells[i : i + size] for i in range(0, len(cells), size)]
        return getattr(_coefficients(rows), name)

    centre = value([0] * len(counts))
    # The influence of one more item in each cell, per unit of its share.
    influence = []
    for i in range(len(counts)):
        extra = [0.0] * len(counts)
        extra[i] = 1.0
        influence.append((value(extra) - centre) * (step * n + 1))
    mean = sum(c * f for c, f in zip(counts, influence, strict=True)) / n
    variance = sum(c * (f - mean) ** 2 for c, f in zip(counts, influence, strict=True)) / n
    return sqrt(variance / n)


class _coefficients:  # noqa: N801 - the two estimates from their definitions
    def __init__(self, rows):
        n = sum(map(sum, rows))
        q = range(len(rows))
        po = sum(rows[i][i] for i in q) / n
        first = [sum(rows[i]) / n for i in q]
        second = [sum(rows[i][j] for i in q) / n for j in q]
        pe = sum(first[i] * second[i] for i in q)
        means = [(first[i] + second[i]) / 2 for i in q]
        pg = sum(m * (1 - m) for m in means) / (len(rows) - 1)
        self.kappa = (po - pe) / (1 - pe)
        self.ac1 = (po - pg) / (1 - pg)


@pytest.mark.parametrize(
    "table",
    [
        [[20, 5], [10, 15]],
        [[118, 5], [2, 10]],
        [[44, 5, 1], [7, 20, 3], [9, 5, 6]],
    ],
)
@pytest.mark.parametrize("name", ["kappa", "ac1"])
def test_standard_errors_agree_with_the_delta_method(table, name):
    coefficient = getattr(measure(table, ("include", "maybe", "exclude")[: len(table)]), name)
    n = sum(map(sum, table))
    correction = sqrt(n / (n - 1)) if name == "ac1" else 1  # Gwet divides by n - 1
    expected = _delta_error(table, name) * correction
    assert (coefficient.high - coefficient.estimate) / Z == pytest.approx(expected, rel=1e-3)


def test_pabak_of_three_categories_counts_those_nobody_chose():
    agreement = measure_agreement(
        pairs([[6, 2], [2, 0]]), categories=("include", "exclude", "maybe")
    )
    assert agreement.pabak.estimate == pytest.approx((3 * 0.6 - 1) / 2)


def test_nothing_in_common_is_not_estimable_and_says_why():
    agreement = measure_agreement([], categories=YES_NO)
    assert agreement.items == 0
    for coefficient in (agreement.raw, agreement.kappa, agreement.pabak, agreement.ac1):
        assert coefficient.estimate is None
        assert coefficient.reason.endswith(".")


def test_kappa_is_not_estimable_where_both_said_the_same_always():
    agreement = measure([[30, 0], [0, 0]])
    assert agreement.kappa.estimate is None
    assert "same verdict" in agreement.kappa.reason
    assert agreement.ac1.estimate == 1
    assert agreement.raw.low < 1


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4))
def test_every_interval_holds_its_estimate_and_stays_in_range(counts):
    agreement = measure([counts[:2], counts[2:]])
    for coefficient in (agreement.raw, agreement.kappa, agreement.pabak, agreement.ac1):
        if coefficient.estimate is None or coefficient.low is None:
            assert coefficient.reason
            continue
        assert -1 <= coefficient.low <= coefficient.estimate + 1e-12
        assert coefficient.estimate - 1e-12 <= coefficient.high <= 1
