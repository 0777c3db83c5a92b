"""Judgements of risk of bias as plain values and from files."""

import pytest

from analysis.errors import BadTable
from analysis.quality import Domain, Judgements


def from_text(tmp_path, text):
    (tmp_path / "q.csv").write_text(text, encoding="utf-8")
    return Judgements.from_csv(tmp_path / "q.csv")


def test_columns_of_judgements_are_the_domains(tmp_path):
    table = from_text(
        tmp_path,
        "study,applicability index test,Patient selection: risk of bias,Why,index test\n"
        "A,low,+,because,High\nB,?,\u2212,,\n",
    )
    assert table.domains == (
        Domain(name="Patient selection"),
        Domain(name="Index test"),
        Domain(name="Index test", concern=True),
    )
    assert table.labels == ("A", "B")
    assert table.levels == (("low", "high", "low"), ("high", None, "unclear"))


def test_rows_without_a_name_are_numbered(tmp_path):
    table = from_text(tmp_path, "study,Flow\n,low\nB,high\n")
    assert table.labels == ("Study 1", "B")
    assert from_text(tmp_path, "Flow,Selection\nlow,low\nlow\n").labels == ("Study 1", "Study 2")


def test_a_domain_called_only_by_its_kind_keeps_its_name(tmp_path):
    assert from_text(tmp_path, "study,Risk of bias\nA,low\n").domains[0].name == "Risk of bias"


def test_counts_leave_out_what_is_not_judged():
    table = Judgements.from_values(
        [("Flow", False)], ["a", "b", "c"], [["low"], [None], ["unclear"]]
    )
    assert table.counts(0) == {"low": 1, "unclear": 1, "high": 0}


def test_judgements_of_named_studies_are_of_bias_only():
    table = Judgements.from_values(
        [("Flow", True), ("Test", False)], ["a", "b"], [["low", "high"], ["high", ""]]
    )
    assert table.of(["b", "x", "a"]) == [(None,), None, ("high",)]


@pytest.mark.parametrize(
    ("domains", "labels", "levels", "sentence"),
    [
        ([], ["a"], [[]], "There are no judgements"),
        ([("x", False)], [], [], "There are no judgements"),
        ([("x", False)], ["a"], [["low", "low"]], "one judgement"),
        ([("x", False)], ["a", "b"], [["low"]], "one judgement"),
        ([("x", False)], ["a"], [["maybe"]], "is no judgement"),
    ],
)
def test_what_is_no_table_of_judgements_is_refused(domains, labels, levels, sentence):
    with pytest.raises(BadTable, match=sentence):
        Judgements.from_values(domains, labels, levels)


def test_a_file_without_judgements_is_refused(tmp_path):
    with pytest.raises(BadTable, match="No column holds judgements"):
        from_text(tmp_path, "study,TP\nA,3\n")
