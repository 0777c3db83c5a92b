"""The demo's 2x2 tables against what their sources print, its ratings and its plan."""

import csv
from itertools import product

import pytest
from scipy import stats

from analysis import TwoByTwos, fit_bivariate
from reviews.demo import facts
from reviews.demo.quality import AGREED, DOMAINS, ITEMS
from reviews.protocol.roles import ROLES

ROWS = [
    pytest.param(cohort, table, id=f"{study.code}-{number}")
    for study in facts.STUDIES
    for cohort in study.cohorts
    for number, table in enumerate(cohort.tables)
]
PROPORTIONS = {
    "sensitivity": lambda tp, fp, fn, tn: (tp, tp + fn),
    "specificity": lambda tp, fp, fn, tn: (tn, tn + fp),
    "ppv": lambda tp, fp, fn, tn: (tp, tp + fp),
    "npv": lambda tp, fp, fn, tn: (tn, tn + fn),
    "accuracy": lambda tp, fp, fn, tn: (tp + tn, tp + fp + fn + tn),
    "fpr": lambda tp, fp, fn, tn: (fp, fp + tn),
}
COUNTS = {
    "total": lambda tp, fp, fn, tn: tp + fp + fn + tn,
    "positives": lambda tp, fp, fn, tn: tp + fn,
    "negatives": lambda tp, fp, fn, tn: fp + tn,
    "flagged": lambda tp, fp, fn, tn: tp + fp,
}


def as_proportion(printed):
    """Return value and half a unit in the last digit printed, as proportions."""
    scale = 100 if printed.endswith("%") else 1
    digits = printed.removesuffix("%")
    decimals = len(digits.partition(".")[2])
    return float(digits) / scale, 0.5 * 10**-decimals / scale


def rounds_to(value, printed):
    target, half = as_proportion(printed)
    return abs(value - target) <= half + 1e-9


def interval(hits, total, method):
    if method == "exact":
        ci = stats.binomtest(hits, total).proportion_ci(method="exact")
        return ci.low, ci.high
    share = hits / total
    reach = 1.959964 * (share * (1 - share) / total) ** 0.5
    return share - reach, share + reach


def agrees(name, printed, counts, method):
    if name in COUNTS:
        return COUNTS[name](*counts) == int(printed)
    hits, total = PROPORTIONS[name.removesuffix("_ci")](*counts)
    if "/" in printed:
        return f"{hits}/{total}" == printed
    if name.endswith("_ci"):
        unit = "%" if printed.endswith("%") else ""
        low, high = printed.removesuffix("%").split("-")
        ends = interval(hits, total, method)
        return all(rounds_to(end, p + unit) for end, p in zip(ends, (low, high), strict=True))
    return total > 0 and rounds_to(hits / total, printed)


def checkable(table):
    return {name: value for name, value in table.reported.items() if name != "auc"}


@pytest.mark.parametrize(("cohort", "table"), ROWS)
def test_cells_add_up_to_the_units_of_the_cohort(cohort, table):
    assert sum(table.counts) == cohort.units
    if cohort.with_condition and table.target_condition != "low_bone_mass":
        assert table.tp + table.fn == cohort.with_condition


@pytest.mark.parametrize(("cohort", "table"), ROWS)
def test_cells_reproduce_what_is_printed_except_where_said(cohort, table):
    printed = checkable(table)
    assert printed
    wrong = {
        name
        for name, value in printed.items()
        if not agrees(name, value, table.counts, table.ci_method)
    }
    assert wrong == set(table.contradicts)


def fitting_tables(reported, method, totals):
    """Return every table of whole numbers with both groups present that fits."""
    for total in totals:
        for positives in range(1, total):
            negatives = total - positives
            tps = within(reported["sensitivity"], positives)
            tns = within(reported["specificity"], negatives)
            for tp, tn in product(tps, tns):
                counts = (tp, negatives - tn, positives - tp, tn)
                if all(agrees(n, v, counts, method) for n, v in reported.items()):
                    yield counts


def within(printed, size):
    target, half = as_proportion(printed)
    around = range(int((target - half) * size) - 1, int((target + half) * size) + 2)
    return [n for n in around if 0 <= n <= size and rounds_to(n / size, printed)]


SOLVED = [row for row in ROWS if row.values[1].obtained == "solved"]


@pytest.mark.parametrize(("cohort", "table"), SOLVED)
def test_a_solved_table_is_the_only_one_that_fits(cohort, table):
    reported = {n: v for n, v in checkable(table).items() if n not in table.contradicts}
    total = reported.get("total")
    totals = [int(total)] if total else range(2, 164)
    assert list(fitting_tables(reported, table.ci_method, totals)) == [table.counts]
    assert table.solutions == 1


def test_no_table_fits_all_that_bone_net_reports():
    (bone_net,) = (study for study in facts.STUDIES if study.code == "bone-net-2025")
    (table,) = bone_net.cohorts[0].tables
    assert list(fitting_tables(checkable(table), "", [72])) == []


def test_the_traps_are_there():
    traps = {trap for row in ROWS for trap in row.values[1].traps}
    assert traps >= {
        "same_participants",
        "several_thresholds",
        "units_exceed_participants",
        "groups_swapped",
        "contradicts_reported",
        "zero_cell",
        "apparent_performance",
    }
    assert [row.id for row in ROWS if 0 in row.values[1].counts] == ["sebro-ankle-2022-3"]
    x1ai = next(cohort for cohort, _ in (row.values for row in ROWS) if cohort.unit == "hip")
    assert x1ai.units > x1ai.participants


def test_a_cohort_has_no_two_tables_of_the_same_test_condition_and_threshold():
    for study in facts.STUDIES:
        for cohort in study.cohorts:
            keys = [
                (t.index_test, t.target_condition, t.reference_standard, t.threshold)
                for t in cohort.tables
            ]
            assert len(keys) == len(set(keys))
            assert sum(table.preferred for table in cohort.tables) <= 1


def test_tables_use_the_words_of_the_protocol_and_name_their_source():
    tests = {row["code"] for row in facts.INDEX_TESTS}
    conditions = {row["code"] for row in facts.TARGET_CONDITIONS}
    standards = {row["code"] for row in facts.REFERENCE_STANDARDS}
    for cohort, table in (row.values for row in ROWS):
        assert table.index_test in tests
        assert table.target_condition in conditions
        assert table.reference_standard in standards
        assert table.obtained in {"reported", "derived", "solved"}
        assert cohort.role in {"development", "internal", "temporal", "external"}
        assert table.source.startswith("https://")
        assert cohort.source.startswith("https://")
    for study in facts.STUDIES:
        assert study.source.startswith("https://")
        assert bool(study.cohorts) != bool(study.why_no_table)
    assert all(record["source"].startswith("https://") for record in facts.HAND_RECORDS)


def planned_rows():
    return [row.values[1].counts for row in ROWS if facts.in_x_ray_plan(*row.values)]


def read_counts(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return [
            tuple(int(row[cell]) for cell in ("TP", "FP", "FN", "TN"))
            for row in csv.DictReader(handle)
        ]


def test_what_the_plan_leaves_out_is_what_the_rule_would_reach_without_the_flag():
    plan = facts.X_RAY_PLAN
    left_out = {
        (study.code, cohort.name)
        for study in facts.STUDIES
        for cohort in study.cohorts
        if cohort.tables and cohort.role in plan["cohort_roles"]
        if not any(facts.in_x_ray_plan(cohort, table) for table in cohort.tables)
    }
    assert left_out == {(study, cohort) for study, cohort, _ in plan["left_out"]}


def test_the_plan_takes_the_eight_tables_of_radiographs(reference):
    pool = read_counts(reference / "demo" / "demo_pool_xray_only.csv")
    assert sorted(planned_rows()) == sorted(pool)


def test_every_table_of_the_reference_is_in_the_demo_with_how_it_was_obtained(reference):
    ours = {row.values[1].counts: row.values[1].obtained for row in ROWS}
    with (reference / "demo" / "osteoporosis_ml_2x2.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == len(ROWS)
    for row in rows:
        counts = tuple(int(row[cell]) for cell in ("TP", "FP", "FN", "TN"))
        assert row["how_obtained"].startswith(ours[counts])


def test_the_plan_pools_to_the_expected_summary_point():
    expected = facts.X_RAY_EXPECTED
    fit = fit_bivariate(TwoByTwos.from_rows(planned_rows()))
    assert fit.converged
    assert fit.k == expected["k"]
    for measure, estimate, ends in zip(
        ("sensitivity", "specificity"), fit.summary_point, fit.wald(), strict=True
    ):
        found = (estimate, *ends)
        printed = (expected[measure]["estimate"], *expected[measure]["wald"])
        assert found == pytest.approx(printed, abs=expected["tolerance"])


def test_ratings_answer_everything_and_agreement_follows_two_raters():
    studies = {study.code for study in facts.STUDIES if study.cohorts}
    raters = {}
    for rating in facts.RATINGS:
        assert tuple(rating.answers) == ITEMS
        assert tuple(rating.risk_of_bias) == tuple(rating.rationales) == DOMAINS
        assert tuple(rating.applicability) == DOMAINS[:3]
        assert rating.agreed == (rating.rater == AGREED)
        raters.setdefault(rating.study, []).append(rating.rater)
    assert set(raters) == studies
    for names in raters.values():
        assert len(names) == len(set(names))
        assert AGREED not in names or len(names) == 3


def test_people_have_demo_addresses_and_every_role_is_taken():
    assert all(person["email"].endswith("@example.org") for person in facts.PEOPLE)
    roles = {role for person in facts.PEOPLE for role in person["roles"]}
    assert roles == set(ROLES)
    assert len(facts.EXCLUSION_REASONS) == 13
    assert "partial" in facts.NOTICE
    assert "abstracts" in facts.NOTICE
