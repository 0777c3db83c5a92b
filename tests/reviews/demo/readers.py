"""Strict little readers for the demo's own files, so that these tests need no parser of ours."""

import csv
from pathlib import Path

FIELDS = {
    "nbib": {"title": ("TI",), "abstract": ("AB",), "doi": ("LID",), "authors": ("AU",)},
    "ris": {
        "title": ("T1", "TI"),
        "abstract": ("N2", "AB"),
        "doi": ("DO",),
        "authors": ("A1", "AU"),
    },
}
YEARS = {"nbib": ("DP",), "ris": ("Y1", "PY")}
JOURNALS = {"nbib": ("JT",), "ris": ("JF", "T2")}
COLUMNS = {
    "title": "Title",
    "abstract": "Abstract",
    "doi": "DOI",
    "journal": "Source",
    "year": "Year",
}


def read_records(path: Path, kind: str) -> list[dict]:
    """Return title, abstract, doi, authors, year and journal of each record."""
    text = path.read_text(encoding="utf-8")
    if kind == "csv":
        rows = csv.DictReader(text.splitlines(keepends=True))
        return [_from_row(row) for row in rows]
    blocks = text.split("ER  - \n") if kind == "ris" else text.split("\n\n")
    return [_from_tags(block, kind) for block in blocks if block.strip()]


def _from_row(row: dict[str, str]) -> dict:
    record = {name: row[column] for name, column in COLUMNS.items()}
    record["authors"] = [name for name in row["Author(s)"].split("; ") if name]
    return record


def _from_tags(block: str, kind: str) -> dict:
    tags = _tags(block)

    def first(names: tuple[str, ...]) -> str:
        return next((tags[name][0] for name in names if name in tags), "")

    record = {name: first(tag) for name, tag in FIELDS[kind].items()}
    record["authors"] = next((tags[t] for t in FIELDS[kind]["authors"] if t in tags), [])
    record["title"] = record["title"].removesuffix(".")
    record["doi"] = record["doi"].removesuffix(" [doi]")
    record["year"] = first(YEARS[kind])[:4]
    record["journal"] = first(JOURNALS[kind])
    return record


def _tags(block: str) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    values: list[str] = []
    for line in block.strip().splitlines():
        if line.startswith("      "):
            values[-1] += " " + line.strip()
            continue
        tag, _, value = line.partition("-")
        values = tags.setdefault(tag.strip(), [])
        values.append(value.strip())
    return tags
