"""Intervals of single proportions, against published figures and their definition."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.intervals import clopper_pearson, exact_bound, wilson

# Newcombe RG, Stat Med 1998;17:857-872, table I: methods 3 (Wilson) and 5 (Clopper-Pearson).
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("events", "total", "score", "exact"), NEWCOMBE)
def test_intervals_are_those_newcombe_printed(events, total, score, exact):
    assert_allclose(wilson([events], [total])[0], score, atol=5.1e-5)
    assert_allclose(clopper_pearson([events], [total])[0], exact, atol=5.1e-5)


def test_the_exact_interval_leaves_its_tails():
    (low, high), *_ = clopper_pearson([7], [12])
    assert stats.binom.sf(6, 12, low) == pytest.approx(0.025)
    assert stats.binom.cdf(7, 12, high) == pytest.approx(0.025)


@pytest.mark.parametrize("method", [clopper_pearson, wilson])
def test_the_ends_are_exact_and_nothing_is_known_of_nobody(method):
    found = method([0, 9, 0], [9, 9, 0])
    assert found[0, 0] == 0
    assert found[1, 1] == 1
    assert_allclose(found[0], 1 - found[1, ::-1])
    assert found[2].tolist() == [0, 1]
    assert np.isfinite(found).all()


def test_a_one_sided_bound_solves_its_equation():
    assert exact_bound(30, 30) ** 30 == pytest.approx(0.05)
    assert (1 - exact_bound(0, 30)) ** 30 == pytest.approx(0.05)


@pytest.mark.parametrize(("events", "total"), [(3, 9), (0, 0)])
def test_a_bound_needs_all_or_none(events, total):
    with pytest.raises(ValueError, match="none or all"):
        exact_bound(events, total)
