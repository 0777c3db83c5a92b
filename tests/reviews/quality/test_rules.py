"""What an instrument's definition demands, and what it never does."""

import itertools

import pytest

from reviews.quality import rules
from reviews.quality.instruments import INSTRUMENTS, definition_of
from tests.reviews.quality.ratings import all_answers, all_judgements


@pytest.fixture
def quadas():
    return definition_of("quadas-2")


def test_quadas_2_has_four_domains_eleven_questions_and_applicability_in_three(quadas):
    counts = [len(domain["questions"]) for domain in quadas["domains"]]
    assert counts == [3, 2, 2, 4]
    assert [bool(domain["applicability"]) for domain in quadas["domains"]] == [True] * 3 + [False]
    assert len(all_judgements()) == 7


def test_a_definition_handed_out_is_a_copy(quadas):
    quadas["domains"][0]["questions"].clear()
    assert len(INSTRUMENTS["quadas-2"]["domains"][0]["questions"]) == 3


def test_no_combination_of_answers_makes_a_domain_high_or_gives_a_score():
    for answers in itertools.product(["yes", "no", "unclear", ""], repeat=4):
        expected = "low" if set(answers) == {"yes"} else ""
        assert rules.suggest(answers) == expected


def test_everything_missing_is_named(quadas):
    missing = rules.complete(quadas, {}, {})
    assert len(missing) == 11 + 7
    assert "Patient selection: answer 1.1." in missing
    assert "Flow and timing: judge risk of bias." in missing


def test_a_judgement_that_is_not_low_needs_its_reason(quadas):
    judgements = all_judgements() | {"index_test.bias": ("high", "  ")}
    assert rules.complete(quadas, all_answers(), judgements) == [
        "Index test: say why risk of bias is high."
    ]
    low = all_judgements() | {"index_test.bias": ("low", "")}
    assert rules.complete(quadas, all_answers(), low) == []


def test_a_question_left_out_is_not_demanded_and_one_added_is(quadas):
    tailored = rules.tailored(
        quadas,
        questions={"1.2": {"asked": False}},
        added=[{"domain": "index_test", "text": "Tested on people it had never seen?"}],
    )
    answers = all_answers()
    del answers["1.2"]
    assert rules.complete(tailored, answers, all_judgements()) == ["Index test: answer 2.own1."]


def test_two_added_questions_have_numbers_of_their_own(quadas):
    new = {"domain": "index_test", "text": "One?"}
    tailored = rules.tailored(quadas, questions={}, added=[new, new])
    assert [q["item"] for q in tailored["domains"][1]["questions"]][2:] == ["2.own1", "2.own2"]


def test_a_domain_per_index_test_is_demanded_for_each_test_begun(quadas):
    quadas["per_index_test"] = True
    answers = {key: value for key, value in all_answers().items() if not key.startswith("2.")}
    judged = {k: v for k, v in all_judgements().items() if not k.startswith("index_test")}
    assert rules.complete(quadas, answers, judged) == ["Index test: rate at least one index test."]
    missing = rules.complete(quadas, answers | {"2.1@7": "yes"}, judged)
    assert missing == [
        "Index test: answer 2.2.",
        "Index test: judge risk of bias.",
        "Index test: judge applicability.",
    ]


@pytest.mark.parametrize(
    "sheet",
    [
        rules.Sheet({"9.9": "yes"}),
        rules.Sheet({"1.1": "perhaps"}),
        rules.Sheet({"2.1@7": "yes"}),
        rules.Sheet({}, {"flow_and_timing.applicability": ("low", "")}),
        rules.Sheet({}, {"index_test.bias": ("terrible", "")}),
        rules.Sheet({}, {"index_test.bias": ("low", "x" * 5_001)}),
    ],
)
def test_what_the_instrument_does_not_know_is_named(quadas, sheet):
    assert rules.problems(quadas, sheet)


def test_the_same_level_for_different_reasons_is_no_difference_and_keeps_both(quadas):
    one = rules.Sheet(all_answers(), all_judgements("high", "One reason."))
    other = rules.Sheet(all_answers("no"), all_judgements("high", "Another."))
    items = rules.compare(quadas, [one, other])
    assert {item.kind for item in items if not item.same} == {"answer"}
    agreed = next(item for item in items if item.kind == "bias").agreed
    assert agreed == ("high", "One reason.\nAnother.")
