"""`manage.py dedup_file`: clusters from a table, without a database."""

import csv
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import ROOT

HEAD = "ID,title,author,year,journal,volume,number,pages,doi"
SAME = "Accuracy of hand radiographs for osteoporosis"
ROWS = f"""{HEAD}
a,{SAME},"Okonkwo, Ada and Silva, M.",2019,Invented Radiology,12,3,101-109,
b,{SAME.upper()}.,Okonkwo A; Silva M,2019,Inv Radiol,12,,101-9,10.1234/a
c,{SAME},"Okonkwo, Ada",2011,Invented Radiology,4,1,7,
d,{SAME},"Okonkwo, Ada and Silva, M.",2020,Invented Radiology,,,,
"""


def written(tmp_path, text, name="records.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def clusters(tmp_path, text):
    out = tmp_path / "out.csv"
    call_command("dedup_file", written(tmp_path, text), out=out, stdout=StringIO())
    with out.open(newline="") as file:
        found = {row["ID"]: row["cluster"] for row in csv.DictReader(file)}
    with (tmp_path / "out.csv.possible").open(newline="") as file:
        return found, list(csv.DictReader(file))


def test_copies_share_a_cluster_and_doubts_are_listed(tmp_path):
    found, possible = clusters(tmp_path, ROWS)
    assert list(found) == ["a", "b", "c", "d"]
    assert found["a"] == found["b"]
    assert len(set(found.values())) == 3
    (pair,) = [each for each in possible if "d" in {each["ID_1"], each["ID_2"]}]
    assert 0 < float(pair["score"]) <= 1
    assert "same title" in pair["reasons"]


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", ";")]
)
def test_a_table_of_excel_is_read(tmp_path, encoding, delimiter):
    table = StringIO()
    rows = csv.reader(StringIO(ROWS.replace("Silva", "Müller")))
    csv.writer(table, delimiter=delimiter).writerows(rows)
    found, _ = clusters(tmp_path, table.getvalue().encode(encoding))
    assert found["a"] == found["b"]
    assert len(set(found.values())) == 3


def test_nul_bytes_huge_cells_and_short_rows_do_no_harm(tmp_path):
    rows = ROWS + "e,\x00\x00\nf\ng," + "x" * 300_000 + ",,,,,,,\n"
    found, _ = clusters(tmp_path, rows)
    assert len(found) == 7
    assert len(set(found.values())) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must name the columns"),
        ("a,b\n1,2\n", "must name the columns"),
        (HEAD + "\n", "no record"),
        (ROWS + "a,Again,,,,,,,\n", "stands twice"),
        (ROWS + ",Nameless,,,,,,,\n", "Record 5 has no ID"),
        (b"PAR1 and nothing more", "Parquet"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, text, said):
    with pytest.raises(CommandError, match=said) as refusal:
        clusters(tmp_path, text)
    assert refusal.value.returncode == 1
    assert not (tmp_path / "out.csv").exists()


def test_files_that_cannot_be_opened_or_written(tmp_path):
    with pytest.raises(CommandError, match="cannot be opened") as refusal:
        call_command("dedup_file", tmp_path / "missing.csv", out=tmp_path / "out.csv")
    assert refusal.value.returncode == 2
    path = written(tmp_path, ROWS)
    with pytest.raises(CommandError, match="cannot be written") as refusal:
        call_command("dedup_file", path, out=tmp_path / "no folder" / "out.csv")
    assert refusal.value.returncode == 2


def test_it_runs_where_no_server_is(tmp_path):
    """No address of a database is set, and none is asked for."""
    bare = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    out = tmp_path / "out.csv"
    command = [sys.executable, "manage.py", "dedup_file", str(written(tmp_path, ROWS))]
    done = subprocess.run(
        [*command, "--out", str(out)], cwd=ROOT, env=bare, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "4 records, 3 reports" in done.stdout
    assert out.exists()
