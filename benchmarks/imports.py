"""How long an export takes from upload to the review, and its copies to be found.

    python -m benchmarks.imports [RECORDS ...]

Starts a PostgreSQL and a Redis of its own in a temporary folder (fsync off), and does the jobs in
this process by the worker's own function. Records have abstracts of about 1,200 characters; one
in ten is a copy of another.
"""

import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command

from config.local.servers import ensure

WORDS = ["bone", "density", "radiograph", "osteoporosis", "network", "deep", "learning", "hip"]
WORDS += ["spine", "patient", "screening", "sensitivity", "specificity", "fracture", "cohort"]
WORDS += ["image", "model", "training", "validation", "computed", "tomography"]
RECORD = """TY  - JOUR
TI  - {title}
AU  - Surname{author}, A. B.
AU  - Other, C.
PY  - {year}
JO  - Journal {journal}
VL  - {volume}
SP  - {page}
DO  - 10.1000/{number}
AB  - {abstract}
KW  - osteoporosis
ER  -

"""


def export(count: int) -> bytes:
    """Return an RIS export of this many invented records."""
    draw = random.Random(count)
    return "".join(_record(draw, min(n, n * 9 // 10 + n % 10)) for n in range(count)).encode()


def _record(draw: random.Random, number: int) -> str:
    return RECORD.format(
        title=" ".join(random.Random(number).choices(WORDS, k=12)),
        author=number % 997,
        year=1990 + number % 36,
        journal=number % 83,
        volume=number % 60,
        page=number,
        number=number,
        abstract=" ".join(draw.choices(WORDS, k=140)),
    )


def measure(count: int) -> tuple[float, float, int]:
    """Return the seconds of the import and of the search for copies, and the copies found."""
    # Django must be set up before its models can be imported.
    from reviews.jobs.services import start_job
    from reviews.jobs.work import do_job
    from reviews.models import Record
    from reviews.searches import services
    from tests.factories import ReviewFactory, SearchFactory

    review = ReviewFactory()
    search = SearchFactory(review=review)
    lead = review.created_by
    content = export(count)
    start = time.perf_counter()
    batch = services.upload_file(search, by=lead, name="export.ris", chunks=[content])
    do_job(batch.job_id)
    imported = time.perf_counter() - start
    batch.refresh_from_db()
    if batch.records_read != count:
        sys.exit(f"{batch.records_read} of {count} records came in: {batch.job.cause}")
    job = start_job("dedup.find", review=review, by=lead)
    start = time.perf_counter()
    do_job(job.pk)
    return imported, time.perf_counter() - start, Record.objects.count_removed(review)


def main(counts: list[int]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="quadrant-benchmark-"))
    servers = ensure(folder, durable=False)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=servers.database_url,
        REDIS_URL=servers.redis_url,
        QUADRANT_LOCAL="1",
        SECRET_KEY=secrets.token_urlsafe(50),
        VAR_DIR=str(servers.var),
    )
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        print(f"{'records':>9} {'import s':>9} {'a second':>9} {'copies s':>9} {'removed':>9}")
        for count in counts:
            imported, found, removed = measure(count)
            print(
                f"{count:>9,} {imported:>9.1f} {count / imported:>9,.0f} {found:>9.1f}"
                f" {removed:>9,}"
            )
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1_000, 10_000])
