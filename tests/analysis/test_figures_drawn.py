"""What each figure shows: marks, numbers, and room for all of them."""

import math

import numpy as np
import pytest

from analysis.covariates import Covariate
from analysis.data import TwoByTwos
from analysis.deeks import deeks_test
from analysis.errors import BadCovariate
from analysis.figures import forest
from analysis.figures.catalogue import NAMES, NotDrawable, Wishes, figure_of, supported
from analysis.figures.deeks import deeks_figure
from analysis.figures.diagnostics import diagnostics_figure
from analysis.figures.fagan import fagan_figure
from analysis.figures.forest import forest_figure, forest_pages
from analysis.figures.leave_one_out import leave_one_out_figure
from analysis.figures.metaregression import metaregression_figure
from analysis.figures.predictive import predictive_figure, tree_figure
from analysis.figures.quadas import bars_figure, traffic_figure
from analysis.figures.ratios import scattergram_figure
from analysis.figures.scales import Scale, around, tick_label
from analysis.figures.sheet import look_of
from analysis.figures.sroc import sroc_figure
from analysis.figures.thresholds import thresholds_figure
from analysis.influence import influence
from analysis.metaregression import metaregression
from analysis.observed import as_numbers, at_thresholds, median_prevalence
from analysis.predictive import at_prevalence, predictive_curve
from analysis.quality import Judgements
from analysis.residuals import diagnostics
from analysis.restored import restored_fit
from analysis.sroc import curve_over
from analysis.study_ratios import study_ratios
from analysis.subgroups import GroupPoint, subgroups
from analysis.summary import analyse
from analysis.thresholds import fit_thresholds
from tests.analysis.pictures import data, judged, marked, outside, overlaps, result, svg, words
from tests.analysis.tables import (
    EMPTY_ARMS,
    OPEN_ENDED,
    PERFECT_SENSITIVITY,
    PERFECTLY_CORRELATED,
    XRAY,
    many,
)

SIZES = [2, 10, 33, 108]
DEGENERATE = {
    "perfect": PERFECT_SENSITIVITY,
    "empty arms": EMPTY_ARMS,
    "nobody": [[0, 0, 0, 0]],
    "one study": [[9, 1, 2, 20]],
    "no arm twice": [[9, 0, 2, 0], [0, 3, 0, 30]],
    "equal": [[9, 1, 2, 20]] * 6,
    "correlated": PERFECTLY_CORRELATED,
    "open ended": OPEN_ENDED,
    "millions": [[900_000_000, 100, 5, 800_000_000], [90, 10, 9, 80], [70, 9, 8, 99]],
}


def grouped(k: int, levels: tuple[str, ...] = ("CT", "MRI", "X-ray")) -> dict:
    values = [levels[i % len(levels)] for i in range(k)]
    return subgroups(data(k), Covariate.from_values("modality", values))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("k", SIZES)
def test_no_text_lies_over_another_or_leaves_the_paper(name, k):
    figure = figure_of(name, result(k), Wishes(prevalences=(0.1,)))
    assert overlaps(figure) == []
    assert outside(figure) == []


@pytest.mark.parametrize("k", SIZES)
def test_quality_figures_have_room_for_all(k):
    for figure in (traffic_figure(judged(k)), bars_figure(judged(k))):
        assert overlaps(figure) == []
        assert outside(figure) == []


@pytest.mark.parametrize("k", [10, 108])
def test_grouped_figures_have_room_for_all(k):
    groups = grouped(k)
    for figure in (
        forest_figure(result(k), groups=groups),
        sroc_figure(result(k), groups=groups),
        *forest_pages(result(k), groups=groups),
    ):
        assert overlaps(figure) == []
        assert outside(figure) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", DEGENERATE.values(), ids=DEGENERATE)
def test_what_can_be_drawn_is_drawn_and_the_rest_is_explained(name, rows):
    found = analyse(rows)
    if name not in supported(found):
        assert not found["fit"]["converged"]
        with pytest.raises(NotDrawable, match="There is nothing to draw"):
            figure_of(name, found)
        return
    figure = figure_of(name, found)
    assert svg(figure)[1].text
    assert outside(figure) == []


@pytest.mark.parametrize("k", SIZES)
def test_the_forest_plot_has_every_study_and_both_intervals(k):
    figure = forest_figure(result(k))
    assert len(marked(figure, "study-")) == k
    assert len(marked(figure, "mark-")) == 2 * k
    assert {"TP", "FP", "FN", "TN", "Sensitivity", "Specificity"} <= set(words(figure))
    assert f"Pooled, {k} studies" in words(figure)


def test_arms_that_cannot_be_pooled_together_say_what_they_can_alone():
    texts = words(forest_figure(analyse(PERFECT_SENSITIVITY)))
    assert "at least 0.93" in texts
    assert "Not pooled, 3 studies" in texts
    assert any(text.startswith("At least, at most: one-sided exact") for text in texts)
    assert any(text.startswith("Open diamond: random-effects") for text in texts)
    never = [[row[2], row[3], row[0], row[1]] for row in PERFECT_SENSITIVITY]
    assert "at most 0.07" in words(forest_figure(analyse(never)))


def test_the_forest_plot_prints_counts_and_intervals():
    texts = words(forest_figure(analyse(XRAY)))
    assert {"7,513", "2,897", "0.91 (0.80 to 0.97)"} <= set(texts)
    assert any("profile likelihood" in text for text in texts)


def test_the_pages_of_a_forest_plot_hold_every_study_once():
    pages = forest_pages(result(108))
    marks = [mark for page in pages for mark in marked(page, "study-")]
    assert len(marks) == len(set(marks)) == 108
    assert all(page.get_size_inches()[1] * 25.4 <= 250 for page in pages)
    assert "Pooled, 108 studies" in words(pages[-1])
    assert "Pooled, 108 studies" not in words(pages[0])


def test_the_head_of_a_group_never_ends_a_page():
    lines = forest._lines(result(33), grouped(33))
    for most in range(2, 40):
        pages = forest._chunks(lines, most)
        assert [line for page in pages for line in page] == lines
        assert all(len(page) <= most for page in pages)
        assert all(page[-1].kind != "head" for page in pages)


@pytest.mark.parametrize("large", [[900_000_000, 100, 5, 800_000_000], [999_999_999] * 4])
def test_large_counts_leave_room_for_the_plots(large):
    rows = [large, [90, 10, 9, 80], [70, 9, 8, 99]]
    figure = forest_figure(analyse(rows, ["A name that is longer than what is left for it"] * 3))
    assert overlaps(figure) == []
    assert outside(figure) == []
    assert f"{large[0]:,}" in words(figure)


def test_twelve_groups_look_different():
    assert len({(color, shape) for color, shape, _ in map(look_of, range(12))}) == 12


def test_groups_have_their_own_estimates():
    groups = grouped(33)
    texts = words(forest_figure(result(33), groups=groups))
    assert {"modality: CT", "CT, 11 studies", "X-ray, 11 studies"} <= set(texts)
    assert any(text.startswith("Likelihood-ratio tests of modality: both p") for text in texts)
    estimate = groups["groups"][0]["sensitivity"]
    low, high = estimate["wald"]
    assert f"{estimate['estimate']:.2f} ({low:.2f} to {high:.2f})" in texts


def test_studies_without_a_group_are_shown_but_not_pooled():
    covariate = Covariate.from_values("modality", ["CT", "MRI", ""] * 11)
    groups = subgroups(data(33), covariate)
    assert [group["level"] for group in groups["groups"]] == ["CT", "MRI", "not stated"]
    assert groups["groups"][2]["sensitivity"]["estimate"] is None
    assert len(marked(forest_figure(result(33), groups=groups), "study-")) == 33
    assert len(marked(sroc_figure(result(33), groups=groups), "study-")) == 33


def test_groups_that_cannot_be_compared_keep_their_studies():
    rows = PERFECT_SENSITIVITY
    groups = subgroups(TwoByTwos.from_rows(rows), Covariate.from_values("x", ["a", "b", "b"]))
    assert groups["reason"]
    texts = words(forest_figure(analyse(rows), groups=groups))
    assert any(text.startswith("Not estimable") for text in texts)
    texts = words(sroc_figure(analyse(rows), groups=groups))
    assert any("No comparison of the groups:" in text for text in texts)
    assert len(marked(forest_figure(analyse(rows), groups=groups), "study-")) == 3
    assert len(marked(sroc_figure(analyse(rows), groups=groups), "study-")) == 3


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([float(i) + 0.5 for i in range(33)], "is a number"),
        (list("abcdefghijklmnopq") * 2, "levels"),
    ],
)
def test_a_covariate_without_groups_is_refused(values, sentence):
    with pytest.raises(BadCovariate, match=sentence):
        subgroups(data(33), Covariate.from_values("x", values[:33]))


def test_a_group_without_variance_has_no_curve():
    rows = [[90, 10, 10, 90], [45, 5, 5, 45], [180, 20, 20, 180], [60, 40, 40, 60]] * 2
    groups = subgroups(TwoByTwos.from_rows(rows), Covariate.from_values("x", list("aaab") * 2))
    assert all(group["summary"] for group in groups["groups"])
    assert groups["groups"][1]["curve"] is None


def test_a_group_of_equal_studies_has_no_curve():
    point = GroupPoint(
        data=data(2), k=2, mean=np.ones(2), mean_cov=np.eye(2), between_cov=np.diag([0.0, 1.0])
    )
    assert point.correlation is None
    assert curve_over(point, (0.1, 0.5)) is None


def test_a_group_whose_name_no_font_has_keeps_it_in_the_file():
    groups = grouped(10, levels=("\U000133f5", "MRI"))
    figure = forest_figure(result(10), groups=groups)
    assert "modality: \U000133f5" in words(figure)
    assert "\U000133f5, 5 studies" in words(figure)


def test_the_roc_plot_shows_curve_point_and_regions():
    texts = words(sroc_figure(analyse(XRAY)))
    assert {
        "Study, sized by number of participants",
        "Summary point",
        "95% confidence region",
        "95% prediction region",
        "Summary ROC curve over the observed range",
    } <= set(texts)


def test_without_a_fit_the_roc_plot_says_so():
    texts = words(sroc_figure(analyse(PERFECT_SENSITIVITY)))
    assert "Summary point" not in texts
    assert any(text.startswith("No summary point") for text in texts)


def test_judgements_at_the_points_of_the_roc_plot():
    quality = [("low", "high", "unclear", None)] * 9 + [None]
    figure = sroc_figure(result(10), quality=quality, domains=("patients", "test"))
    titles = [node.text for node in svg(figure).iter() if node.tag.endswith("title")]
    assert any("risk of bias low, high, unclear, not judged" in title for title in titles)
    assert "Slices clockwise from the top: patients, test." in words(figure)
    assert overlaps(sroc_figure(result(10), quality=quality)) == []


def test_traffic_lights_have_a_sign_for_every_judgement():
    table = judged(10)
    figure = traffic_figure(table, urls=["/x"] * 10)
    assert len(marked(figure, "mark-")) == 10 * 7
    levels = [level for row in table.levels for level in row]
    texts = words(figure)
    for level, sign in (("low", "+"), ("unclear", "?"), ("high", "\u2212")):
        assert texts.count(sign) == levels.count(level) + 1  # one in the key
    assert "Not judged" in texts
    whole = Judgements.from_values([("Flow", False)], ["a"], [["low"]])
    assert "Not judged" not in words(traffic_figure(whole))


def test_bars_say_how_many_studies_have_each_level():
    table = judged(33)
    figure = bars_figure(table)
    counts = [table.counts(domain) for domain in range(7)]
    shown = [count for each in counts for count in each.values() if count]
    assert len(marked(figure, "mark-")) == len(shown)
    assert "Patient selection (risk of bias)" in svg(figure)[1].text
    assert f"{counts[0]['low']} low" in svg(figure)[1].text


def test_a_thin_slice_of_a_bar_has_no_number():
    levels = [["low"]] * 999 + [["high"]]
    table = Judgements.from_values([("Flow", True)], [str(i) for i in range(1000)], levels)
    texts = words(bars_figure(table))
    assert "999" in texts
    assert "1" not in texts


def test_a_funnel_has_its_points_line_and_p():
    test = deeks_test(data(33))
    figure = deeks_figure(test.to_dict())
    assert len(marked(figure, "study-")) == 33
    assert any(f"p = {test.p:.2f}" in text or f"p = {test.p:.3f}" in text for text in words(figure))
    assert "No test" not in svg(figure)[1].text


def test_a_funnel_without_a_test_says_why():
    texts = words(deeks_figure(deeks_test(data(2)).to_dict()))
    assert "No test: The test needs at least three studies with both arms." in texts
    left = deeks_figure(deeks_test(TwoByTwos.from_rows(EMPTY_ARMS)).to_dict())
    assert "Left out for an empty arm" in svg(left)[1].text


def test_a_funnel_line_beyond_the_plot_is_left_out():
    told = deeks_test(data(10)).to_dict() | {"intercept": 500.0}
    assert deeks_figure(told)


def test_the_nomogram_reads_what_bayes_says():
    fit = restored_fit(result(33))
    at = at_prevalence(fit, 0.125).to_dict()
    text = svg(fagan_figure(at, result(33)["likelihood_ratios"]))[1].text
    assert "Pre-test probability 12.5%" in text
    ratios = result(33)["likelihood_ratios"]
    odds = 0.125 / 0.875 * ratios["lr_positive"]["estimate"]
    assert f"after a positive result {100 * odds / (1 + odds):.0f}%" in text


def test_a_ray_of_the_nomogram_crosses_its_likelihood_ratio():
    reach = math.log(0.999 / 0.001)
    before = Scale(low=-reach, high=reach, start=0.0, stop=100.0)
    after = Scale(low=-reach, high=reach, start=100.0, stop=0.0)
    middle = Scale(low=-2 * reach, high=2 * reach, start=100.0, stop=0.0)
    prior, ratio = -1.2, 2.1
    crossing = (before.at(prior) + after.at(prior + ratio)) / 2
    assert crossing == pytest.approx(middle.at(ratio))


def test_a_likelihood_ratio_beyond_all_numbers_is_not_drawn():
    found = result(10) | {
        "likelihood_ratios": {
            name: {"estimate": None, "wald": [None, None]}
            for name in ("lr_positive", "lr_negative", "dor")
        }
    }
    with pytest.raises(NotDrawable, match="larger than any number"):
        figure_of("fagan", found)
    assert "Not pooled: no summary could be estimated" in words(figure_of("ratios", found))


def test_a_prevalence_nobody_chose_is_that_of_the_studies():
    share = median_prevalence(data(10))
    assert f"Pre-test probability {100 * share:g}%" in svg(figure_of("fagan", result(10)))[1].text
    assert median_prevalence(TwoByTwos.from_rows([[5, 0, 1, 0]])) is None
    apart = [[9, 0, 2, 0], [8, 0, 3, 0], [7, 0, 1, 0]]
    assert "prevalence 50%" in "".join(words(figure_of("tree", _with_rows(result(10), apart))))


def _with_rows(found, rows):
    """Return a result whose studies have one arm only, as if it had been fitted to them."""
    return found | {"forest": analyse(rows)["forest"]}


def test_predictive_values_without_a_prevalence_are_curves_only():
    figure = predictive_figure(predictive_curve(restored_fit(result(10))))
    assert marked(figure, "mark-") == []
    assert "Prevalence marked by circles" not in words(figure)


def test_the_tree_adds_up_to_a_thousand():
    fit = restored_fit(result(10))
    at = at_prevalence(fit, 0.2).to_dict()
    figure = tree_figure([at], condition="a fracture")
    texts = words(figure)
    assert sum(int(n) for n in at["natural_frequencies"].values()) == 1000
    assert {str(n) for n in at["natural_frequencies"].values()} <= set(texts)
    assert "200 with a fracture" in texts
    assert "800 without a fracture" in texts


def test_several_prevalences_have_a_tree_each():
    figure = figure_of("tree", result(10), Wishes(prevalences=(0.05, 0.3)))
    assert len(marked(figure, "mark-")) == 8
    assert overlaps(figure) == []


def test_the_scattergram_has_studies_and_the_summary():
    studies = study_ratios(data(33))
    figure = scattergram_figure(studies, result(33)["likelihood_ratios"])
    assert len(marked(figure, "study-")) == 33
    assert "Summary point with 95% intervals" in words(figure)


def test_study_ratios_are_those_of_the_counts():
    (study,) = study_ratios(TwoByTwos.from_rows([[90, 20, 10, 80]]))
    assert study["lr_positive"]["estimate"] == pytest.approx(4.5)
    assert study["lr_negative"]["estimate"] == pytest.approx(0.125)
    error = math.sqrt(1 / 90 - 1 / 100 + 1 / 20 - 1 / 100)
    assert study["lr_positive"]["wald"][1] == pytest.approx(4.5 * math.exp(1.959964 * error))
    (empty,) = study_ratios(TwoByTwos.from_rows([[10, 0, 2, 30]]))
    assert empty["corrected"]
    assert empty["lr_positive"]["estimate"] == pytest.approx((10.5 / 13) / (0.5 / 31))


def test_diagnostics_flag_the_outlier():
    rows = [[90, 10, 10, 90]] * 9 + [[10, 90, 90, 10]]
    fit = restored_fit(analyse([[a + i, b + i, c, d] for i, (a, b, c, d) in enumerate(rows)]))
    found = diagnostics(fit, influence(fit).to_dict())
    figure = diagnostics_figure(found)
    assert any(text.endswith("flagged: 10.") for text in words(figure))
    assert len(marked(figure, "residual-")) == 20
    assert "Influential: " in svg(figure)[1].text


def test_residuals_are_in_order_and_of_the_arms_that_exist():
    fit = restored_fit(analyse(EMPTY_ARMS))
    found = diagnostics(fit, influence(fit).to_dict())["residuals"]
    assert len(found) == 8
    sizes = [each["residual"] for each in found]
    assert sizes == sorted(sizes)
    assert found[0]["quantile"] == pytest.approx(-found[-1]["quantile"])


def test_a_perfect_fit_has_no_residuals_to_speak_of():
    fit = restored_fit(analyse([[90_000, 10_000, 10_000, 90_000]] * 4))
    found = diagnostics(fit, influence(fit).to_dict())["residuals"]
    assert max(abs(each["residual"]) for each in found) < 1e-3


def test_numbers_without_room_are_left_out():
    fit = restored_fit(result(10))
    found = diagnostics(fit, influence(fit).to_dict())
    first = found["influence"][0] | {"outlying": True, "mahalanobis": 9.0, "quantile": 9.0}
    crowd = found | {"influence": [first] * 30}
    assert overlaps(diagnostics_figure(crowd)) == []


def test_leaving_out_says_where_nothing_can_be_estimated():
    texts = words(figure_of("leave-one-out", result(2)))
    assert texts.count("not estimable") == 4
    assert any("There is only one study" in text for text in texts)


def test_an_influential_study_is_set_apart():
    found = influence(restored_fit(result(10))).to_dict()
    found["influence"][3]["influential"] = True
    figure = leave_one_out_figure(result(10), found)
    assert any("Diamonds: influential" in text for text in words(figure))


def test_covariates_show_levels_and_tests():
    by_group = metaregression(data(33), Covariate.from_values("modality", ["CT", "MRI", "US"] * 11))
    by_year = metaregression(data(33), Covariate.from_values("year", [1980 + i for i in range(33)]))
    figure = metaregression_figure([by_group.to_dict(), by_year.to_dict()], result(33))
    texts = words(figure)
    assert {"CT", "MRI", "US", "1988", "1996", "2004"} <= set(texts)
    assert any(text.startswith("modality (both p ") for text in texts)
    assert overlaps(figure) == []
    assert overlaps(metaregression_figure([by_group.to_dict()])) == []


def test_a_covariate_that_cannot_be_estimated_says_why():
    rows = PERFECT_SENSITIVITY
    found = metaregression(TwoByTwos.from_rows(rows), Covariate.from_values("x", ["a", "b", "b"]))
    texts = words(metaregression_figure([found.to_dict()], analyse(rows)))
    assert "x" in texts
    assert any(text.startswith("x not estimable:") for text in texts)


# ---- thresholds ----


def marker(k: int, cuts: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0)) -> tuple:
    """Return tables of a marker above which the test is positive, with cuts and studies."""
    rows, at, studies = [], [], []
    for i, (tp, fp, fn, tn) in enumerate(many(k)):
        diseased, healthy = tp + fn + 10, fp + tn + 10
        for j, cut in enumerate(cuts):
            sens, fpr = 0.95 - 0.2 * j + 0.01 * (i % 5), 0.7 - 0.2 * j + 0.01 * (i % 4)
            hits, alarms = round(sens * diseased), round(max(fpr, 0.02) * healthy)
            rows.append([hits, alarms, diseased - hits, healthy - alarms])
            at.append(cut)
            studies.append(f"Study {i}")
    return TwoByTwos.from_rows(rows), at, studies


@pytest.mark.parametrize("k", [3, 10, 33])
def test_threshold_curves_have_every_table(k):
    tables, cuts, studies = marker(k)
    found = fit_thresholds(tables, cuts, studies).to_dict()
    figure = thresholds_figure(found, at_thresholds(tables, cuts, studies), name="Marker (ng/mL)")
    assert len(marked(figure, "mark-")) == 2 * len(cuts)
    assert "Marker (ng/mL) (log scale)" in words(figure)
    assert any(text.startswith("Optimal threshold ") for text in words(figure))
    assert overlaps(figure) == []
    assert outside(figure) == []


def test_thresholds_without_a_fit_show_the_tables_and_say_why():
    tables, cuts, studies = marker(2)
    found = fit_thresholds(tables, cuts, studies, scale="linear").to_dict()
    figure = thresholds_figure(found, at_thresholds(tables, cuts, studies))
    assert len(marked(figure, "mark-")) == 16
    assert any(text.startswith("No curves: The model needs") for text in words(figure))


def test_no_best_threshold_is_said():
    tables, cuts, studies = marker(10)
    found = fit_thresholds(tables, cuts, studies).to_dict()
    found |= {"optimal": None, "reason": "No threshold is best."}
    figure = thresholds_figure(found, at_thresholds(tables, cuts, studies))
    assert "No threshold is best." in words(figure)
    assert "Optimal threshold" not in words(figure)


def test_a_best_threshold_beyond_the_observed_is_said():
    tables, cuts, studies = marker(10)
    found = fit_thresholds(tables, cuts, studies).to_dict()
    found["optimal"] |= {"threshold": 99.0, "outside_observed": True}
    figure = thresholds_figure(found, at_thresholds(tables, cuts, studies))
    assert any("outside the observed thresholds" in text for text in words(figure))


def test_a_table_with_one_arm_is_one_point():
    tables = TwoByTwos.from_rows([[8, 0, 2, 0], [8, 1, 2, 9], *marker(3)[0].rows])
    _, cuts, studies = marker(3)
    cuts, studies = [3.0, 3.0, *cuts], ["One arm", "One table", *studies]
    found = fit_thresholds(tables, cuts, studies).to_dict()
    figure = thresholds_figure(found, at_thresholds(tables, cuts, studies))
    assert len(marked(figure, "mark-")) == 2 * len(cuts) - 1


def test_thresholds_are_read_as_numbers():
    assert as_numbers(["1", " 2.5 "]) == [1.0, 2.5]


# ---- scales ----


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("values", [[1.0], [1.0, 1.01], [0.5, 900.0], [1e-6, 1e7], [3.0, 20.0], []])
def test_scales_hold_their_values_and_have_few_round_ticks(values, log):
    scale = around(values, 0.0, 60.0, log=log)
    assert all(scale.holds(value) and 0 < scale.at(value) < 60 for value in values)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 7
    assert all(scale.holds(tick) for tick in ticks)


def test_values_beyond_a_scale_stand_at_its_end():
    scale = Scale(low=1.0, high=10.0, start=5.0, stop=55.0, log=True)
    assert scale.at(0.0) == scale.at(-3.0) == 5.0
    assert scale.at(1e9) == 55.0


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.001, "0.001"),
        (2e-5, "2e\u22125"),
        (2.5e9, "2.5e9"),
        (1500, "1,500"),
    ],
)
def test_ticks_have_no_more_digits_than_needed(value, label):
    assert tick_label(value) == label
