"""What the decisions of the reviewers amount to."""

import itertools

import pytest

from reviews.screening.rules import settle, settle_full_text

REASONS = ["population", "index test", "design"]


@pytest.mark.parametrize(
    ("verdicts", "needed", "outcome"),
    [
        ([], 1, "pending"),
        (["include"], 1, "included"),
        (["maybe"], 1, "included"),
        (["exclude"], 1, "excluded"),
        (["exclude"], 2, "pending"),
        (["include", "include"], 2, "included"),
        (["include", "maybe"], 2, "included"),
        (["maybe", "maybe"], 2, "included"),
        (["exclude", "exclude"], 2, "excluded"),
        (["include", "exclude"], 2, "conflict"),
        (["maybe", "exclude"], 2, "conflict"),
        (["include", "include", "exclude"], 3, "conflict"),
        (["include", "exclude"], 3, "pending"),
    ],
)
def test_title_and_abstract(verdicts, needed, outcome):
    for order in itertools.permutations(verdicts):
        assert settle(order, needed=needed) == outcome


@pytest.mark.parametrize("gone", [None, "withdrawn"])
def test_a_verdict_withdrawn_does_not_count(gone):
    assert settle(["exclude", gone], needed=2) == "pending"
    assert settle_full_text([("include", None), (gone, None)], needed=2, reasons=[]) == (
        "pending",
        None,
    )


def test_a_verdict_that_is_none_is_a_mistake():
    with pytest.raises(ValueError, match="'perhaps'"):
        settle(["perhaps"], needed=1)


def test_two_reasons_are_no_conflict_and_the_first_in_the_protocol_counts():
    decisions = [("exclude", "design"), ("exclude", "index test")]
    for order in (decisions, decisions[::-1]):
        assert settle_full_text(order, needed=2, reasons=REASONS) == ("excluded", "index test")


def test_full_text_inclusion_and_conflict_have_no_reason():
    both = [("include", None), ("include", None)]
    assert settle_full_text(both, needed=2, reasons=REASONS) == ("included", None)
    mixed = [("include", None), ("exclude", "design")]
    assert settle_full_text(mixed, needed=2, reasons=REASONS) == ("conflict", None)


def test_there_is_no_maybe_at_full_text():
    with pytest.raises(ValueError, match="'maybe'"):
        settle_full_text([("maybe", None)], needed=1, reasons=REASONS)


@pytest.mark.parametrize("reason", [None, "", "colour"])
def test_an_exclusion_at_full_text_needs_a_reason_of_the_protocol(reason):
    with pytest.raises(ValueError, match="reason"):
        settle_full_text([("exclude", reason)], needed=1, reasons=REASONS)
