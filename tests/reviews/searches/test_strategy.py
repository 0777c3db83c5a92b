"""Strategies as people paste them from the histories of platforms."""

import pytest

from reviews.searches.strategy import read_strategy, write_strategy

NUMBERED = {
    "Ovid, as text": "1     exp Sepsis/ (133902)\n2     lactate.mp. (60,123)\n3     1 and 2 (120)",
    "Ovid, as a table": "1\texp Sepsis/\t133902\n2\tlactate.mp.\t60,123\n3\t1 and 2\t120",
    "numbered by hand": "1. exp Sepsis/ | 133,902\n2. lactate.mp. | 60123\n3. 1 and 2 | 120",
    "with hashes": "#1 exp Sepsis/ => 133902\n#2 lactate.mp. => 60123\n#3 1 and 2 => 120",
}


@pytest.mark.parametrize("pasted", NUMBERED.values(), ids=NUMBERED)
def test_the_numbers_a_platform_gives_its_lines_are_not_shown_twice(pasted):
    lines = read_strategy(pasted)
    assert [each["line"] for each in lines] == ["exp Sepsis/", "lactate.mp.", "1 and 2"]
    assert [each["hits"] for each in lines] == [133_902, 60_123, 120]
    assert read_strategy(write_strategy(lines)) == lines


@pytest.mark.parametrize(
    "line", ["1 and 2", "#1 AND #2", "2. lactate", "2019 to 2024.(dp)", "exp Sepsis/ (12)"]
)
def test_numbers_that_do_not_count_the_lines_stay(line):
    assert read_strategy(f"sepsis\n{line}")[1] == {"line": line, "hits": None}


def test_parentheses_are_hits_only_where_every_line_ends_with_them():
    lines = read_strategy("1 sepsis (2019)\n2 lactate")
    assert lines == [{"line": "sepsis (2019)", "hits": None}, {"line": "lactate", "hits": None}]
