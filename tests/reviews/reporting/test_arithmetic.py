"""The PRISMA 2020 flow: words, numbers, and sums that must come out."""

from dataclasses import replace

import pytest

from reviews.reporting.arithmetic import FlowCounts, MethodCounts, failed_identities, make_boxes

COUNTS = FlowCounts(
    databases={"PubMed": 150, "Embase": 120},
    registers={"CENTRAL": 30},
    duplicates=60,
    ineligible_by_automation=20,
    removed_for_other_reasons=5,
    awaiting_screening=15,
    screened=200,
    excluded=160,
    main=MethodCounts(
        sought=40,
        not_retrieved=4,
        awaiting_retrieval=2,
        awaiting_assessment=4,
        assessed=30,
        excluded={"wrong population or spectrum": 8, "2x2 not extractable after contact": 10},
        included=12,
    ),
    websites=2,
    citation_searching=4,
    other_duplicates=1,
    other=MethodCounts(sought=5, assessed=5, excluded={"language": 2}, included=3),
    reports_without_study=1,
    new_studies=11,
    new_reports=14,
    previous_studies=6,
    previous_reports=7,
    in_meta_analysis=9,
)


def test_a_flow_that_adds_up_fails_no_identity():
    assert failed_identities(COUNTS) == []
    assert failed_identities(FlowCounts()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"duplicates": 61},
            "Records identified (300) should be removed before screening (86) + screened (200) +"
            " awaiting screening (15), which makes 301.",
        ),
        ({"excluded": 159}, "Records screened (200) should be excluded (159) + reports sought"),
        ({"websites": 3}, "Records identified by other methods (7) should be known already (1)"),
        ({"new_reports": 15}, "Reports included (15) should be reports of included studies (15)"),
        ({"in_meta_analysis": 18}, "Studies included in meta-analysis (18) cannot be more than"),
        ({"databases": {"PubMed": -1}}, "A count cannot be negative: databases: PubMed is -1."),
        (
            {"new_reports": 0, "reports_without_study": 15},
            "New studies included (11) have no report.",
        ),
    ],
)
def test_each_failed_identity_is_a_sentence(change, sentence):
    failed = failed_identities(replace(COUNTS, **change))
    assert any(found.startswith(sentence) for found in failed), failed


@pytest.mark.parametrize("side", ["main", "other"])
@pytest.mark.parametrize("name", ["not_retrieved", "awaiting_assessment", "assessed", "included"])
def test_every_number_of_retrieval_is_checked_on_both_sides(side, name):
    method = getattr(COUNTS, side)
    changed = replace(method, **{name: getattr(method, name) + 1})
    assert failed_identities(replace(COUNTS, **{side: changed}))


def test_the_boxes_have_prismas_words_and_their_numbers():
    boxes = [(box.label, box.count) for box in make_boxes(COUNTS)]
    assert boxes == [
        ("Records identified from", 300),
        ("Databases", 270),
        ("Registers", 30),
        ("Records removed before screening", 85),
        ("Records awaiting screening", 15),
        ("Records screened", 200),
        ("Records excluded", 160),
        ("Reports sought for retrieval", 40),
        ("Reports not retrieved", 4),
        ("Reports awaiting", 6),
        ("Reports assessed for eligibility", 30),
        ("Reports excluded", 18),
        ("Records identified from", 6),
        ("Reports sought for retrieval", 5),
        ("Reports not retrieved", 0),
        ("Reports assessed for eligibility", 5),
        ("Reports excluded", 2),
        ("Studies included in previous version of review", 6),
        ("Studies included in review", 17),
        ("Studies included in meta-analysis", 9),
    ]


def test_the_keys_of_the_boxes_are_unique_and_parts_add_up():
    boxes = make_boxes(COUNTS)
    assert len({box.key for box in boxes}) == len(boxes)
    parts = {box.key: sum(count for _, count in box.parts) for box in boxes}
    for key in ("identified", "databases", "removed", "reports_excluded", "other_identified"):
        assert parts[key] == next(box.count for box in boxes if box.key == key)


def test_reasons_keep_the_order_of_the_protocol():
    (excluded,) = (box for box in make_boxes(COUNTS) if box.key == "reports_excluded")
    assert [label for label, _ in excluded.parts] == list(COUNTS.main.excluded)


def test_a_review_without_other_methods_and_updates_has_fewer_boxes():
    boxes = make_boxes(FlowCounts(databases={"PubMed": 1}, awaiting_screening=1))
    assert not any(box.key.startswith(("other", "previous")) for box in boxes)
    assert any(box.key == "awaiting_screening" for box in boxes)
