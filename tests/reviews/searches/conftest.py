"""Help for tests of imports: the job is done here and now, by the worker's own function."""

import pytest

from reviews.jobs.work import do_job
from reviews.searches import services
from tests.factories import SearchFactory

RIS = """TY  - JOUR
TI  - {title}
AU  - Jang, R
PY  - 2021
DO  - 10.1000/{number}
AB  - An abstract about bone.
ER  -

"""


def ris(count, *, title="Osteoporosis on radiographs"):
    """Return the bytes of an export with this many records."""
    return "".join(
        RIS.format(title=f"{title}, part {n}", number=n) for n in range(1, count + 1)
    ).encode()


@pytest.fixture
def search(review):
    return SearchFactory(review=review, hits=3)


@pytest.fixture
def bring_in(search, lead):
    """Upload these bytes into the search and do the import."""

    def bring_in(content, *, name="export.ris", into=search, by=lead, **options):
        batch = services.upload_file(into, by=by, name=name, chunks=[content], **options)
        do_job(batch.job_id)
        batch.refresh_from_db()
        return batch

    return bring_in
