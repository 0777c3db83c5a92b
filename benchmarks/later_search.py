"""What a later search costs in a large review: only its own records are read and compared.

    python -m benchmarks.later_search [EXISTING [NEW]]

Starts a PostgreSQL and a Redis of its own in a temporary folder (fsync off). One in ten of the new
records is a copy of an old one. Prints the seconds of the first look at all records, and of the
look after the later search.
"""

import sys
import time

from benchmarks.servers import own_servers

RECORDS = """
INSERT INTO reviews_record (review_id, batch_id, position, title, abstract, sections, authors, year,
    journal, volume, issue, pages, doi, pmid, accessions, issn, keywords, mesh, language, type, url,
    raw, line, kept)
SELECT %(review)s, %(batch)s, n, 'Accuracy of ' || md5(n::text) || ' in ' || md5((n * 7)::text),
    repeat(md5(n::text) || ' ', 20), '[]',
    jsonb_build_array('Surname' || n %% 997 || ', A.', 'Other, B.'),
    1980 + n %% 45, 'Journal ' || n %% 83, (n %% 60)::text, '1', n || '-' || n + 9,
    CASE WHEN n %% 2 = 0 THEN '10.1000/' || n ELSE '' END, '', '{}', '', '[]', '[]', '', '', '', '',
    n, true
FROM generate_series(%(first)s, %(last)s) AS n
"""


def measure(existing: int, new: int) -> None:
    """Print the seconds of both looks."""
    # Django must be set up before its models can be imported.
    from django.db import connection

    from reviews.jobs.services import start_job
    from reviews.jobs.work import do_job
    from reviews.models import Record
    from tests.factories import ImportBatchFactory, ReviewFactory

    review = ReviewFactory()

    def add(first: int, last: int) -> None:
        batch = ImportBatchFactory(review=review)
        values = {"review": review.pk, "batch": batch.pk, "first": first, "last": last}
        with connection.cursor() as cursor:
            cursor.execute(RECORDS, values)
            cursor.execute("ANALYZE reviews_record")

    def look(name: str) -> None:
        job = start_job("dedup.find", review=review, by=review.created_by)
        start = time.perf_counter()
        do_job(job.pk)
        seconds = time.perf_counter() - start
        job.refresh_from_db()
        if job.status != "succeeded":
            sys.exit(f"{name}: {job.status}, {job.cause}")
        print(f"{name:<40}{seconds:>8.1f} s{Record.objects.count_removed(review):>9,} removed")

    add(1, existing)
    look(f"{existing:,} records, all new")
    add(existing - new // 10 + 1, existing + new - new // 10)
    look(f"{new:,} records more")
    look("nothing new")


def main(existing: int = 100_000, new: int = 1_000) -> None:
    with own_servers():
        measure(existing, new)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3]))
