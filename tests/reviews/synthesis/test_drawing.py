"""Coordinates of the figures."""

import math
import random
import re

import pytest

from reviews.synthesis import drawing


def studies(count, *, seed=1):
    chance = random.Random(seed)
    return [
        {
            "number": number,
            "table": number,
            "label": f"Study {number}",
            "fpr": min(max(chance.gauss(0.12, 0.1), 0.0), 1.0),
            "sensitivity": min(max(chance.gauss(0.88, 0.08), 0.0), 1.0),
            "n": round(math.exp(chance.uniform(3, 10))),
        }
        for number in range(1, count + 1)
    ]


NOTHING = dict.fromkeys(("summary", "curve", "confidence_region", "prediction_region"))
SUMMARY = {**NOTHING, "summary": {"fpr": 0.12, "sensitivity": 0.88}}


def box(mark):
    width = 6.9 * len(str(mark.number))
    left = {"start": mark.text_x, "end": mark.text_x - width, "middle": mark.text_x - width / 2}
    return left[mark.anchor], mark.text_y - 9, left[mark.anchor] + width, mark.text_y + 2


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_corners_of_the_plot_stand_where_the_axes_do():
    assert drawing.path([[0, 0], [1, 1], [0, 1]]) == "M46.0 410.0L446.0 10.0L46.0 10.0"
    assert drawing.path([[0, 0], [1, 1]], closed=True).endswith("Z")


@pytest.mark.parametrize("points", [None, [], [[0.5, 0.5]]])
def test_what_is_no_line_is_not_drawn(points):
    assert drawing.path(points) == ""


@pytest.mark.parametrize("count", [1, 2, 8, 33, 100])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_cover_neither_each_other_nor_circles(count, seed):
    marks = drawing.sroc(studies(count, seed=seed), SUMMARY).marks
    numbered = [mark for mark in marks if mark.text_x is not None]
    boxes = [box(mark) for mark in numbered]
    assert not any(overlap(one, other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])
    for mark, place in zip(numbered, boxes, strict=True):
        for other in marks:
            near = (
                min(max(other.x, place[0]), place[2]),
                min(max(other.y, place[1]), place[3]),
            )
            assert other is mark or math.dist(near, (other.x, other.y)) >= other.r
        assert place[0] >= 46
        assert place[2] <= 456
        assert place[1] >= 0
        assert place[3] <= 410


def test_few_studies_are_all_numbered():
    for seed in range(10):
        assert drawing.sroc(studies(8, seed=seed), SUMMARY).unnumbered <= 1


def test_equal_points_do_not_share_a_place():
    same = [{**study, "fpr": 0.1, "sensitivity": 0.9} for study in studies(6)]
    plot = drawing.sroc(same, NOTHING)
    places = [(m.text_x, m.text_y) for m in plot.marks if m.text_x is not None]
    assert len(places) == len(set(places))
    assert len(places) + plot.unnumbered == 6


def test_large_circles_lie_below_small_ones_and_shrink_with_their_number():
    few, many = (drawing.sroc(studies(count), NOTHING).marks for count in (8, 100))
    assert [mark.r for mark in few] == sorted((mark.r for mark in few), reverse=True)
    assert max(mark.r for mark in many) < max(mark.r for mark in few)
    assert min(mark.r for mark in many) > 2


def test_the_legend_names_only_what_is_drawn():
    assert drawing.sroc(studies(3), NOTHING).legend == []
    kinds = [entry["kind"] for entry in drawing.sroc(studies(3), SUMMARY).legend]
    assert kinds == ["pool"]


def test_no_studies_leave_an_empty_plot():
    plot = drawing.sroc([], NOTHING)
    assert plot.marks == []
    assert len(plot.ticks) == 6


def test_a_whisker_spans_its_interval():
    cell = drawing.interval_cell(0.5, [0.25, 0.75])
    assert cell.whisker == "M50.0 15H150.0M50.0 11V19M150.0 11V19"
    assert cell.point == pytest.approx(97.4)


def test_what_has_no_estimate_has_no_whisker():
    assert drawing.interval_cell(None, None) == drawing.Cell()
    assert drawing.pooled_cell(0.5, None) == drawing.Cell()


def test_every_path_holds_plain_numbers_only():
    drawn = {**SUMMARY, "curve": [[0.0, 1e-9], [1e-300, 0.5], [1.0, 1.0]]}
    assert re.fullmatch(r"M[\dL .]+", drawing.sroc([], drawn).curve)
