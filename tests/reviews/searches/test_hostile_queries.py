"""What stands in an address or a form is anybody's: a page or a sentence, never an error."""

import pytest

from reviews.models import DuplicateGroup, PossibleDuplicate, Record, Search
from tests.factories import RecordFactory, ReviewFactory, SearchFactory

pytestmark = pytest.mark.django_db
VALUES = [
    "9" * 30,
    "-1",
    "%00",
    "\x00",
    "\ud800",
    "'\"><script>",
    "1e9",
    "\u0663",
    "a" * 5_000,
    "&&|!(",
    ":*",
]
NAMES = "q source year_from year_to kind abstract identifiers copies order batch search new"
PAGES = "duplicates/ duplicates/removed/ duplicates/judged/ duplicates/merge/ searches/"
NAMES += " after before page judged record records"


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_no_query_breaks_a_page(client, lead, review, value):
    RecordFactory.create_batch(2, review=review)
    client.force_login(lead)
    base = f"/reviews/{review.pk}"
    written = value.encode("utf-8", "surrogatepass")
    queries = [{name: written} for name in NAMES.split()]
    asked = [("searches/records/", query) for query in queries]
    everything = dict.fromkeys(NAMES.split(), written)
    asked += [(page, everything) for page in PAGES.split()]
    for page, query in asked:
        answer = client.get(f"{base}/{page}", query)
        assert answer.status_code in {200, 400, 409}, (page, query)


def test_rows_of_another_review_are_reached_by_no_form(client, lead, review):
    other = ReviewFactory()
    theirs = RecordFactory.create_batch(2, review=other, title="Nobody's business")
    ours = RecordFactory(review=review)
    search = SearchFactory(review=other)
    client.force_login(lead)
    base = f"/reviews/{review.pk}"
    numbers = f"{ours.pk}, {theirs[0].pk}"
    answers = [
        client.post(f"{base}/duplicates/merge/", {"records": numbers}),
        client.get(f"{base}/duplicates/merge/", {"records": numbers}),
        client.get(f"{base}/searches/records/", {"batch": theirs[0].batch_id}),
        client.get(f"{base}/searches/records/", {"search": search.pk, "new": "on"}),
        client.get(f"{base}/searches/records/", {"source": search.source_id}),
        client.post(f"{base}/searches/import/", {"search": search.pk}),
        client.post(f"{base}/searches/new/", {"source": search.source_id, "run_on": "2024-01-01"}),
    ]
    for answer in answers:
        assert answer.status_code in {200, 422}
        assert "Nobody" not in answer.content.decode()
    assert not DuplicateGroup.objects.exists()
    assert not PossibleDuplicate.objects.exists()
    assert Record.objects.filter(kept=False).count() == 0
    assert not Search.objects.in_review(review).filter(source=search.source).exists()
