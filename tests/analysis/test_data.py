"""Reading 2x2 tables: what is understood, and the sentence for what is not."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis import AnalysisError, BadTable, TwoByTwos

WANTED = [[12, 3, 4, 30], [7, 0, 1, 22]]


def read(tmp_path, content):
    path = tmp_path / "tables.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TwoByTwos.from_csv(path)


@pytest.mark.parametrize(
    "content",
    [
        "TP,FP,FN,TN\n12,3,4,30\n7,0,1,22\n",
        "tp,fp,fn,tn\r\n12,3,4,30\r\n7,0,1,22",
        "\ufeffTn, fN ,note,FP,tp\n30,4,x,3,12\n22,1,,0,7\n\n",
        "TP;FP;FN;TN\n12;3;4;30\n7;0;1;22\n",
        "TP\tFP\tFN\tTN\n12\t3\t4\t30\n7\t0\t1\t22\n",
        "TP,FP,FN,TN\n12.0,3,+4,30\n , ,,\n7,0,1,22.",
        '"TP","FP","FN","TN"\r12,3,4,30\r7,0,1,22\r',
        "\nTP,FP,FN,TN\n12,3,4,30\n7,0,1,22\n",
    ],
)
def test_a_csv_file_is_read_in_any_case_and_order(tmp_path, content):
    assert read(tmp_path, content).rows == WANTED


def test_labels_are_taken_from_the_study_column(tmp_path):
    found = read(tmp_path, "Study,TP,FP,FN,TN\nJörg 2020,1,2,3,4\n,5,6,7,8\n")
    assert found.labels == ("Jörg 2020", "Study 2")


def test_windows_encoding_is_understood(tmp_path):
    found = read(tmp_path, "study,TP,FP,FN,TN\nJörg,1,2,3,4\n".encode("cp1252"))
    assert found.labels == ("Jörg",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "tables.csv is empty"),
        ("\ufeff\n", "tables.csv is empty"),
        (" \n\n", "tables.csv is empty"),
        ("TP,FP,FN,TN\n", "There are no studies"),
        ("TP,FP,FN\n1,2,3\n", "no column TN"),
        ("a,b\n1,2\n", "no column TP, FP, FN, TN"),
        ("TP,tp,FP,FN,TN\n1,1,2,3,4\n", "more than one column TP"),
        ("TP,FP,FN,TN\n1,2,3,-4\n", "Row 1, column TN: -4 is negative"),
        ("TP,FP,FN,TN\n1,2.5,3,4\n", "Row 1, column FP: 2.5 is not written as a whole number"),
        ("TP,FP,FN,TN\n1,1e3,3,4\n", "not written as a whole number"),
        ("TP,FP,FN,TN\n1,2,3,4\n1,2,x,4\n", "Row 2, column FN: “x” is not a number"),
        ("TP,FP,FN,TN\n1,2,inf,4\n", "“inf” is not a finite number"),
        ("TP,FP,FN,TN\n1,2,nan,4\n", "Row 1, column FN is empty"),
        ("TP,FP,FN,TN\n1,2,3\n", "Row 1, column TN is empty"),
        ("TP,FP,FN,TN\n1,2,3,4,5\n", "Row 1 has more cells than the header"),
        ("TP,FP,FN,TN\n1,2,3,1000000001\n", "is larger than 1000000000"),
        ("TP,FP,FN,TN\n1,2,3," + "z" * 99 + "\n", "z…” is not a number"),
        (b"TP,FP,FN,TN\n1,2,3,\0\n", "not a text file"),
        ("TP,FP,FN,TN\n" + '"' + "x" * 140_000 + '"', "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, content, sentence):
    with pytest.raises(BadTable) as caught:
        read(tmp_path, content)
    assert sentence in str(caught.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(BadTable, match="cannot be opened"):
        TwoByTwos.from_csv(tmp_path / "nowhere.csv")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(BadTable, match="cannot be opened"):
        TwoByTwos.from_csv(tmp_path)


def test_a_frame_is_read():
    frame = pd.DataFrame(
        {"author": ["A", "B"], "tn": [30, 22], "TP": [12.0, 7.0], "Fn": ["4", "1"], "fp": [3, 0]}
    )
    found = TwoByTwos.from_frame(frame)
    assert found.rows == WANTED
    assert found.labels == ("A", "B")


def test_a_gap_in_a_frame_is_said():
    frame = pd.DataFrame({"TP": [1, None], "FP": [1, 1], "FN": [1, 1], "TN": [1, 1]})
    with pytest.raises(BadTable, match="Row 2, column TP is empty"):
        TwoByTwos.from_frame(frame)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "There are no studies"),
        ([[1, 2, 3]], "Row 1 has 3 cells"),
        ([5], "Row 1 has 1 cells"),
        ([[1, 2, 3, None]], "Row 1, column TN is empty"),
        ([[1, 2, 3, True]], "is not a number"),
    ],
)
def test_what_is_wrong_with_rows_is_said(rows, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        TwoByTwos.from_rows(rows)


def test_labels_must_be_as_many_as_the_tables():
    with pytest.raises(BadTable, match="2 2x2 tables but 1 labels"):
        TwoByTwos.from_rows(WANTED, ["A"])


def test_numpy_rows_are_read():
    assert TwoByTwos.from_rows(np.array(WANTED)).rows == WANTED


def test_tables_do_not_change():
    data = TwoByTwos.from_rows(WANTED)
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.tp = data.fp
    with pytest.raises(ValueError, match="read-only"):
        data.tp[0] = 1


def test_the_hash_is_that_of_the_counts_alone():
    data = TwoByTwos.from_rows(WANTED)
    assert data.sha256 == TwoByTwos.from_rows(WANTED, ["A", "B"]).sha256
    assert data.sha256 != TwoByTwos.from_rows(WANTED[::-1]).sha256
