"""What is said of the tables behind a pooled number."""

from reviews.synthesis.cautions import cautions
from tests.reviews.synthesis.test_plans import row


def said(*rows):
    labelled = [{**each, "label": each["label"] or each["study_label"]} for each in rows]
    return {caution.code: caution for caution in cautions(labelled)}


def test_tables_without_fault_need_no_caution():
    assert said(row(1), row(2, study=2, cohort=2)) == {}


def test_mixed_units_are_counted_and_clusters_named():
    found = said(row(1), row(2, study=2, cohort=2, unit="hip", units=497, participants=300))
    assert found["units_mixed"].text == (
        "One table counts hips, one counts people; 497 hips came from 300 people (Jang 2021)."
    )


def test_images_alone_are_clustered_not_mixed():
    found = said(row(1, unit="image", units=200, participants=100))
    assert set(found) == {"clustered"}
    assert said(row(1, unit="image", units=100, participants=100)) == {}


def test_two_tables_of_one_cohort_are_grave():
    rows = [row(1), row(2)]
    found = said(*rows)
    assert found["same_participants"].bad
    assert "Two tables of one cohort" in found["same_participants"].text


def test_two_cohorts_of_one_study_may_share_people():
    assert "may share people" in said(row(1), row(2, cohort=2))["same_study"].text


def test_apparent_performance_is_named():
    found = said(row(1, role="development"))
    assert found["apparent_performance"].text.startswith("One table measures accuracy where")


def test_zero_cells_are_named():
    assert "Jang 2021" in said(row(1, fp=0))["zero_cells"].text


def test_checks_of_the_extraction_are_passed_on_but_not_said_twice():
    warnings = [
        {"code": "reported_differs", "level": "bad", "sentence": "The report prints 91.1%."},
        {"code": "same_participants", "level": "warn", "sentence": "Same 100 patients."},
    ]
    found = said(row(1, warnings=warnings))
    assert set(found) == {"reported_differs"}
    assert found["reported_differs"].tables == (1,)
