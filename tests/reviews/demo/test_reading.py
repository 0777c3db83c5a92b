"""The project's own readers and matching on the demo's export files."""

import pytest

from reviews.dedup.keys import Keys
from reviews.dedup.matching import find_matches
from reviews.demo import facts
from reviews.searches.parsers import parse


def read(search, **told):
    parsed = parse((facts.DATA / search["file"]).read_bytes(), **told)
    return parsed.format, list(parsed.records), list(parsed.problems)


@pytest.mark.parametrize("search", facts.SEARCHES, ids=lambda search: search["source"])
def test_every_record_of_an_export_is_read_without_a_problem(search):
    kind, records, problems = read(search)
    assert kind == search["format"]
    assert problems == []
    assert len(records) == search["hits"]
    assert all(record.title and record.abstract for record in records)


def test_the_mapping_names_the_columns_of_the_table():
    (search,) = (search for search in facts.SEARCHES if search["mapping"])
    _, records, problems = read(search, format="csv", mapping=search["mapping"])
    assert problems == []
    assert all(record.authors and record.year and record.journal for record in records)


def test_sixty_copies_are_found_and_three_pairs_left_to_people():
    records = [record for search in facts.SEARCHES for record in read(search)[1]]
    found = find_matches([Keys.of(record) for record in records])
    assert sum(len(group.members) - 1 for group in found.groups) == 60
    assert len(found.possible) == 3
