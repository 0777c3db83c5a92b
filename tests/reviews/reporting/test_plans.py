"""The diagram is counted quickly however wrong the planner's guesses of the tables' sizes are."""

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from reviews.reporting.flow import count_flow
from tests.reviews.reporting.world import build

# Emptied at the end, the tables are unknown to the planner again, as every other test expects.
pytestmark = pytest.mark.django_db(transaction=True)
REVIEWS = 12


@pytest.fixture
def tables_seen_empty():
    """Statistics that tell of pages without a row, as when a first import is being written."""
    with transaction.atomic():
        for seed in range(REVIEWS):
            build(seed)
        transaction.set_rollback(True)
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as apart:
        apart.execute("ANALYZE")


def _pages_read(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()[0]
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


def test_counting_reads_few_pages_where_the_tables_were_seen_empty(tables_seen_empty):
    with transaction.atomic():
        reviews = [build(seed) for seed in range(REVIEWS)]
    for review in reviews:
        with CaptureQueriesContext(connection) as asked:
            count_flow(review)
        # Counted with nested scans it were hundreds of thousands.
        assert sum(_pages_read(query["sql"]) for query in asked) < 20_000
