"""`manage.py parse_export`, as somebody runs it on a machine where no site is set up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
EXPORTS = ROOT / "tests" / "fixtures" / "exports"
OF_THE_SITE = ("DATABASE_URL", "REDIS_URL", "QUADRANT_LOCAL", "SECRET_KEY", "VAR_DIR")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
    return subprocess.run(
        [sys.executable, "manage.py", "parse_export", *map(str, arguments)],
        cwd=ROOT,
        env=environment | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_records_and_problems_are_printed_without_a_database():
    done = run(EXPORTS / "vendors.ris", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert list(printed) == ["format", "encoding", "records", "problems"]
    assert (printed["format"], printed["encoding"]) == ("ris", "utf-8")
    first = printed["records"][0]
    assert first["authors"] == ["Okonkwo, Ada B.", "Lindqvist, Per"]
    assert (first["year"], first["doi"]) == (2019, "10.99999/irl.2019.0123")
    assert (first["pages"], first["pmid"], first["line"]) == ("123-131", "12345678", 2)
    assert set(first) == {
        *("title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid"),
        *("abstract", "keywords", "type", "line"),
    }


def test_what_could_not_be_read_is_printed_with_its_line():
    printed = json.loads(run(EXPORTS / "damaged.ris", "--json").stdout)
    assert {"line": 12, "reason": "This line is outside any record."}.items() <= next(
        problem for problem in printed["problems"] if problem["line"] == 12
    ).items()
    assert all(set(problem) == {"line", "reason", "text"} for problem in printed["problems"])


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><p>Sign in", b"a,b\n1,2\n"])
def test_a_file_that_is_no_export_ends_with_one_and_a_sentence(tmp_path, content):
    path = tmp_path / "export.ris"
    path.write_bytes(content)
    done = run(path, "--json")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(".")
    printed = json.loads(done.stdout)
    assert printed["records"] == []
    assert printed["problems"][0]["reason"] in done.stderr


def test_a_table_without_title_is_refused_before_anything_is_printed(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    done = run(path, "--format", "csv", "--json")
    assert (done.returncode, json.loads(done.stdout)["records"]) == (1, [])


def test_a_file_that_is_not_there_ends_with_two(tmp_path):
    done = run(tmp_path / "nothing.ris")
    assert done.returncode == 2
    assert "cannot be opened" in done.stderr
    assert run(EXPORTS / "vendors.ris", "--format", "docx").returncode == 2


def test_without_json_a_summary_is_printed_and_the_format_may_be_told():
    done = run(EXPORTS / "pubmed.nbib", "--format", "nbib")
    assert done.stdout.startswith("PubMed (NBIB), utf-8: ")


@pytest.mark.parametrize("shape", [["--json"], []])
def test_a_reader_that_stops_early_is_told_nothing(tmp_path, shape):
    """As `parse_export FILE --json | head -1` does, with more to print than a pipe holds."""
    records = "".join(f"TY  - JOUR\nTI  - Title {number}\nXX\nER  - \n" for number in range(9_000))
    (tmp_path / "many.ris").write_text(records)
    command = [sys.executable, "manage.py", "parse_export", str(tmp_path / "many.ris"), *shape]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(120) == 141
