"""Figures for files: drawn from a result, the same bytes each time."""

import xml.etree.ElementTree as ET

import pytest

from analysis.figures.files import figure_bytes
from analysis.figures.forest import forest_figure
from analysis.figures.sroc import sroc_figure
from analysis.summary import analyse
from tests.analysis.tables import EMPTY_ARMS, PERFECT_SENSITIVITY, XRAY

STARTS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}


@pytest.mark.parametrize("draw", [forest_figure, sroc_figure])
@pytest.mark.parametrize("kind", STARTS)
def test_a_figure_is_the_same_bytes_each_time(draw, kind):
    result = analyse(XRAY)
    first, second = (figure_bytes(draw(result), kind, dpi=72) for _ in range(2))
    assert first == second
    assert first.startswith(STARTS[kind])


@pytest.mark.parametrize("draw", [forest_figure, sroc_figure])
@pytest.mark.parametrize("rows", [PERFECT_SENSITIVITY, EMPTY_ARMS, [[0, 0, 0, 0]], XRAY * 10])
def test_every_result_can_be_drawn(draw, rows):
    assert figure_bytes(draw(analyse(rows)), "svg")


def test_the_forest_plot_names_studies_and_counts_as_text():
    svg = figure_bytes(forest_figure(analyse(XRAY, [f"$tudy_{i}^$ & co" for i in range(8)])), "svg")
    texts = [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314
    assert "$tudy_0^$ & co" in texts
    assert {"TP", "FP", "FN", "TN", "7513", "Sensitivity", "Specificity"} <= set(texts)


def test_the_roc_plot_shows_curve_point_and_regions():
    labels = sroc_figure(analyse(XRAY)).axes[0].get_legend_handles_labels()[1]
    assert labels == [
        "Studies, sized by number of participants",
        "Summary ROC curve",
        "95 % confidence region",
        "95 % prediction region",
        "Summary point",
    ]


def test_without_a_fit_only_the_studies_are_shown():
    labels = sroc_figure(analyse(PERFECT_SENSITIVITY)).axes[0].get_legend_handles_labels()[1]
    assert labels == ["Studies, sized by number of participants"]
