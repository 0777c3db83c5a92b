"""No row points into another review, whoever writes it: asked of PostgreSQL, key by key."""

from dataclasses import dataclass

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from reviews.core.composite import constraint_name, crossing_fields
from tests.factories import ReviewFactory

pytestmark = pytest.mark.django_db
KEYS = sorted(
    constraint_name(model, field)
    for model, field in crossing_fields(apps.get_app_config("reviews").get_models())
)
CATALOGUE = """
SELECT conname, conrelid::regclass::text, confrelid::regclass::text,
    (SELECT array_agg(attname::text ORDER BY place) FROM unnest(conkey)
     WITH ORDINALITY AS key (number, place)
     JOIN pg_attribute ON attrelid = conrelid AND attnum = number),
    (SELECT array_agg(attname::text ORDER BY place) FROM unnest(confkey)
     WITH ORDINALITY AS key (number, place)
     JOIN pg_attribute ON attrelid = confrelid AND attnum = number)
FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) > 1
"""
# What else a table asks of a row is another test's; without it two columns make one.
DEMANDS = """
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I DROP NOT NULL', attrelid::regclass, attname)
FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 0 AND attnotnull
    AND attname NOT IN ('id', 'review_id') AND NOT attisdropped
UNION ALL
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'c'
UNION ALL
SELECT format('ALTER TABLE %%s DISABLE TRIGGER USER', %(table)s::regclass)
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A composite foreign key as PostgreSQL knows it."""

    name: str
    child: str
    parent: str
    columns: list[str]
    targets: list[str]

    @property
    def column(self) -> str:
        return self.columns[1]


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def keys():
    return {row[0]: Key(*row) for row in run(CATALOGUE)}


def undemanding(table):
    with connection.cursor() as cursor:
        cursor.execute(DEMANDS, {"table": table})
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def insert(table, **values):
    columns, places = ", ".join(values), ", ".join(["%s"] * len(values))
    sql = f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id"
    return run(sql, *values.values())[0][0]


def refused(key, act):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        act()
    diagnosis = error.value.__cause__.diag
    assert (diagnosis.constraint_name, diagnosis.sqlstate) == (key.name, "23503")


def test_the_catalogue_holds_the_keys_of_the_models_and_no_others(keys):
    assert sorted(keys) == KEYS
    assert len(KEYS) > 40
    for key in keys.values():
        assert key.columns[0] == "review_id"
        assert key.targets == ["review_id", "id"]


@pytest.mark.parametrize("name", KEYS)
def test_a_row_cannot_point_into_another_review(keys, name):
    key, here, there = keys[name], ReviewFactory().pk, ReviewFactory().pk
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in {key.child, key.parent}:
        undemanding(table)
    ours, theirs = (insert(key.parent, review_id=review) for review in (here, there))
    refused(key, lambda: insert(key.child, review_id=here, **{key.column: theirs}))
    row = insert(key.child, review_id=here, **{key.column: ours})
    update = f"UPDATE {key.child} SET {{}} = %s WHERE id = %s"
    refused(key, lambda: run(update.format(key.column), theirs, row))
    refused(key, lambda: run(update.format("review_id"), there, row))
