"""Every part of a run's page: numbers, reasons where there are none, runs of older statistics."""

import re

import pytest
from django.urls import reverse

from reviews.synthesis import services
from reviews.synthesis.funnel import funnel
from reviews.synthesis.measures import differences, estimates
from reviews.synthesis.models import Run
from reviews.synthesis.report import PARTS, report
from reviews.synthesis.studywise import used_rows
from tests import factories
from tests.analysis.tables import EMPTY_ARMS, PERFECT_SENSITIVITY, PERFECTLY_CORRELATED
from tests.reviews.synthesis.pages import finished, pooled, run_url, text_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "practice"}
SAME = [[40, 10, 10, 90]] * 6


def older(run, *without):
    """Return a copy of a run as an older version of the statistics would have left it."""
    kept = {key: value for key, value in run.result.items() if key not in without}
    kept["versions"] = kept["versions"] | {"analysis": "0.0.9"}
    copy = Run.objects.create(
        review=run.review,
        plan=run.plan,
        plan_version=run.plan_version,
        definition=run.definition,
        inputs=run.inputs,
        input_hash=run.input_hash,
        options=run.options,
        options_hash=run.options_hash,
        engine_version="0.0.9",
        asked_by=run.asked_by,
    )
    services.finish_run(copy, result=kept, seconds=0.5)
    return Run.objects.get(pk=copy.pk)


def test_a_strip_leads_to_every_part(as_lead, run):
    page = as_lead.get(run_url(run)).content.decode()
    for part in set(PARTS) - {"subgroups"}:
        assert f'href="#{part}"' in page
        assert f'id="{part}"' in page


def test_every_number_of_the_result_is_shown(as_lead, run):
    words = text_of(as_lead.get(run_url(run)))
    for number in (
        "0.887 0.300 logit 0.814 to 0.934",
        "Average sensitivity",
        "0.865 0.035 0.780 to 0.921",
        "0.943 0.904 to 0.967",
        "0.901",
        "4.015 0.387 3.256 to 4.773",
        "0.800 to 0.938 95% CI, profile likelihood",
        "0.506 to 0.984 a new study, 95%",
        "0.606 0.357 0.191 to 1.925",
        "\u22120.234 0.392 \u22120.783 to 0.519",
        "0.748",
        "2.10",
        "0.301",
        "1,604.40 3 <0.001".replace("<", "&lt;"),
        "Variances and correlation can be estimated.",
        "p of asymmetry",
        "0.84",
        "log-likelihood \u221274.702",
        run.input_hash,
    ):
        assert number in words, number


def test_each_number_says_what_it_is_and_has_an_interval_or_a_reason(run):
    for group in (*estimates(run.result), *differences(run.result)):
        assert group.measures
        for measure in group.measures:
            assert measure.estimate is not None
            assert len(measure.definition) > 30
            assert measure.intervals or "nterval" in measure.definition


def test_a_study_left_out_changes_the_estimate_by_what_the_page_says(as_lead, run):
    rows = report(run)["leave_one_out"]["rows"]
    page = as_lead.get(run_url(run)).content.decode()
    whole = run.result["fit"]["sensitivity"]["estimate"]
    for row, (number, table), without in zip(
        rows, used_rows(run), run.result["leave_one_out"], strict=True
    ):
        assert (row["number"], row["label"]) == (number, table["label"])
        assert row["label"] == without["label"]
        moved = float(row["arms"][0]["change"].replace("\u2212", "-"))
        assert moved == pytest.approx(without["sensitivity"]["estimate"] - whole, abs=5e-4)
        study = reverse("extraction:study", args=[run.review_id, table["study"]])
        # The forest plot, leave-one-out and influence each lead to the study's page.
        assert page.count(f'href="{study}#table-{table["table"]}"') == 3


def test_tables_with_an_empty_arm_keep_their_rows(review, lead):
    run = pooled(review, lead, EMPTY_ARMS)
    found = report(run)
    assert [row["number"] for row in found["leave_one_out"]["rows"]] == [1, 2, 3, 4, 5]
    assert [dot.number for dot in found["small_studies"]["funnel"].dots] == [1, 3, 5]


@pytest.mark.parametrize("count", [2, 10, 100])
def test_the_parts_of_any_number_of_tables(as_lead, review, lead, count):
    counts = [(20 + i, 3 + i % 7, 1 + i % 9, 60 + i) for i in range(count)]
    run = pooled(review, lead, counts)
    words = text_of(as_lead.get(run_url(run)))
    assert f"All {count} tables" in words
    assert "None" not in words


# ---- what cannot be estimated ----


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([[20, 5, 4, 71]], "There is only one study"),
        (PERFECT_SENSITIVITY, "no finite maximum"),
        ([[20, 0, 3, 0], [9, 0, 1, 0]], "cannot be pooled"),
    ],
)
def test_what_is_not_estimable_says_why_in_every_part(as_lead, review, lead, counts, reason):
    run = pooled(review, lead, counts)
    found = report(run)
    for group in (*found["estimate_groups"], *found["difference_groups"][:3]):
        assert reason in group["reason"]
    for test in found["tests"][:4]:
        assert reason in test.reason
    for part in ("leave_one_out", "influence"):
        assert found[part] is None
        assert reason in found[f"{part}_reason"]
    assert reason in found["practice"]["reason"]
    answer = as_lead.get(run_url(run))
    assert answer.status_code == 200
    assert "None" not in text_of(answer)


@pytest.mark.parametrize(
    ("counts", "reasons"),
    [
        (SAME, ("edge of its range", "no bivariate I2", "no summary ROC curve")),
        (PERFECTLY_CORRELATED, ("correlation is -1, at its bound", "no standard error")),
        ([[9, 1, 2, 30], [30, 0, 4, 25]], ("three studies with both arms", "at least three")),
    ],
)
def test_a_part_without_an_estimate_has_its_reason_beside_it(
    as_lead, review, lead, counts, reasons
):
    words = text_of(as_lead.get(run_url(pooled(review, lead, counts))))
    for reason in reasons:
        assert reason in words, reason


def test_no_cell_is_empty_without_a_word(as_lead, review, lead):
    for counts in (SAME, PERFECTLY_CORRELATED):
        run = pooled(review, lead, counts, name=str(len(counts)))
        found = report(run)
        for group in (*found["estimate_groups"], *found["difference_groups"]):
            for measure in group["measures"]:
                said = measure["first"] or measure["reason"] or "nterval" in measure["definition"]
                assert group["reason"] or said, measure["name"]


def test_the_ladder_says_what_each_step_would_give(as_lead, review, lead):
    run = pooled(review, lead, [(51, 14, 5, 31), (242, 11, 7, 237), (18, 16, 5, 61)])
    words = text_of(as_lead.get(run_url(run)))
    assert "3 studies are too few to estimate a correlation." in words
    assert "These tables support a simpler model: arms uncorrelated." in words
    step = run.result["ladder"][1]
    assert f"Sensitivity {step['sensitivity']['estimate']:.3f}" in words


# ---- runs of older statistics ----


def test_a_run_of_older_statistics_says_which_parts_it_lacks(as_lead, run):
    kept = {"k", "model", "fit", "profile", "likelihood_ratios", "hsroc", "auc", "forest", "sroc"}
    kept |= {"prediction_intervals", "correlation_standard_error", "warnings", "versions"}
    oldest = older(run, *(set(run.result) - kept - {"input_sha256", "regions"}))
    answer = as_lead.get(run_url(oldest))
    words = text_of(answer)
    assert "This run was made by version 0.0.9" in words
    for part in ("tests and simpler models", "leave-one-out", "influence diagnostics"):
        assert f"did not keep {part} yet. Run again" in words
    assert "0.887 95% CI 0.800 to 0.938" in words
    refused = as_lead.get(run_url(oldest, "leave-one-out.csv"))
    assert refused.status_code == 409
    assert "Version 0.0.9 of the statistics did not keep this table." in text_of(refused)
    assert 'leave-one-out.csv"' not in answer.content.decode()


def test_a_run_of_the_version_before_lacks_intervals_alone(as_lead, run):
    before = older(run, "between_studies", "descriptive", "reasons")
    words = text_of(as_lead.get(run_url(before)))
    assert "Version 0.0.9 of the statistics did not keep its interval. Run again" in words
    assert "All 8 tables" in words
    assert as_lead.get(run_url(before, "tests.csv")).status_code == 200


def test_todays_run_says_nothing_of_versions(as_lead, run):
    assert "Made by older statistics" not in text_of(as_lead.get(run_url(run)))


def test_an_older_run_can_be_run_again(run, lead):
    Run.objects.all()._raw_delete("default")
    older(run, "descriptive")
    again = finished(run.plan, lead)
    assert again.result["descriptive"]


# ---- in practice ----


def test_a_prevalence_gives_predictive_values(as_lead, run):
    part = as_lead.get(run_url(run), {"prevalence": "10"}, headers=HTMX)
    words = text_of(part)
    assert "<html" not in part.content.decode()
    assert 'id="forest"' not in part.content.decode()
    assert "Shown for 10%." in words
    found = report(run, prevalence="10")["practice"]
    assert sum(found["whole"].values()) == 1000
    sens, spec = (run.result["fit"][arm]["estimate"] for arm in ("sensitivity", "specificity"))
    ppv = 0.1 * sens / (0.1 * sens + 0.9 * (1 - spec))
    assert found["values"][0]["estimate"] == f"{ppv:.3f}"
    assert "?prevalence=10" in part.content.decode()


@pytest.mark.parametrize("asked", ["0", "100", "-3", "some", "nan", "1e400"])
def test_what_is_no_prevalence_is_said_and_the_median_shown(as_lead, run, asked):
    answer = as_lead.get(run_url(run), {"prevalence": asked})
    assert answer.status_code == 200
    words = text_of(answer)
    assert "percentage between 0 and 100" in words
    assert "the median of the studies: in case-control studies" in words


# ---- the funnel ----


def test_large_studies_stand_on_top():
    points = [
        {"number": 1, "label": "A", "lndor": 2.0, "size": 0.02, "ess": 2500},
        {"number": 2, "label": "B", "lndor": 4.0, "size": 0.2, "ess": 25},
    ]
    drawn = funnel(points, 2.0, 10.0)
    large, small = drawn.dots
    assert large.y < small.y
    assert large.x < small.x
    assert re.fullmatch(r"M[\d.]+ [\d.]+L[\d.]+ [\d.]+", drawn.line)
    assert all(line.label for line in (*drawn.across, *drawn.up))


@pytest.mark.parametrize("lndor", [0.0, 60.0, -60.0])
def test_a_funnel_of_one_study_is_drawn(lndor):
    point = {"number": 1, "label": "A", "lndor": lndor, "size": 0.1, "ess": 100}
    drawn = funnel([point], None, None)
    assert drawn.line == ""
    assert 66 <= drawn.dots[0].x <= 432
    assert funnel([], None, None).dots == []


# ---- who may ----


def test_another_reviews_run_is_missing(as_lead, run):
    other = factories.MembershipFactory(user=run.asked_by, roles=["lead"]).review
    for name in ("", "figures/sroc/", "influence.csv"):
        address = run_url(run, name).replace(f"/reviews/{run.review_id}/", f"/reviews/{other.pk}/")
        assert as_lead.get(address).status_code == 404
