"""A strategy run in PubMed, against a server that answers and misbehaves as NCBI's may."""

import pytest
from django.urls import reverse

from reviews.core.errors import DomainError
from reviews.jobs.models import Job
from reviews.jobs.services import cancel_job, claim_job
from reviews.jobs.work import Work, do_job
from reviews.models import ImportBatch, Record
from reviews.searches import live, pubmed
from reviews.searches.strategy import as_one_query, read_strategy
from tests.factories import SearchFactory, SourceFactory
from tests.reviews.searches.fake_pubmed import running

pytestmark = pytest.mark.django_db
LATER = "Try again later"


@pytest.fixture
def server(settings, monkeypatch):
    with running() as server:
        settings.PUBMED_EMAIL = "librarian@example.org"
        settings.PUBMED_URL = server.address
        monkeypatch.setattr(live, "PORTION", 2)
        server.waits = waits = []
        client = pubmed.PubMed
        monkeypatch.setattr(
            live, "PubMed", lambda *args, **kwargs: client(*args, **kwargs, sleep=waits.append)
        )
        yield server


@pytest.fixture
def search(review):
    source = SourceFactory(review=review, name="PubMed", platform="NLM")
    return SearchFactory(
        review=review, source=source, hits=None, strategy=read_strategy("bone\nhip\n#1 AND #2")
    )


@pytest.fixture
def run(search, lead):
    """Run the strategy and the import that follows; return the job of the first."""

    def run():
        job = live.start(search, by=lead)
        do_job(job.pk)
        for batch in ImportBatch.objects.filter(search=search):
            do_job(batch.job_id)
        job.refresh_from_db()
        return job

    return run


def positions(search):
    return list(
        Record.objects.in_review(search.review)
        .filter(batch__search=search)
        .order_by("position")
        .values_list("pmid", flat=True)
    )


ALL = [str(30_000_000 + n) for n in range(1, 6)]


def test_a_strategy_is_run_and_its_records_come_in_as_a_file(run, server, search):
    assert run().status == "succeeded"
    assert positions(search) == ALL
    batch = ImportBatch.objects.get()
    assert batch.format == "nbib"
    assert batch.file_name.startswith("PubMed-")
    assert batch.file.path.read_bytes().count(b"PMID- ") == 5
    record = Record.objects.get(pmid="30000001")
    assert (record.doi, record.year) == ("10.1000/p1", 2021)
    search.refresh_from_db()
    assert (search.hits, search.version) == (5, 2)
    asked = dict(server.asked)
    assert asked["esearch.fcgi"]["term"] == "(bone) AND (hip)"
    assert asked["efetch.fcgi"]["email"] == "librarian@example.org"
    assert asked["efetch.fcgi"]["tool"] == "quadrant"
    assert server.starts == [0, 2, 4]
    assert len(server.waits) == 4
    assert min(server.waits) >= 0.33  # at most three requests a second
    assert list(live._folder("").iterdir()) == []


def test_a_key_is_sent_and_allows_more(run, server, settings):
    settings.PUBMED_API_KEY = "k"
    run()
    assert all(asked["api_key"] == "k" for _, asked in server.asked)
    assert 0.1 <= max(server.waits) < 0.2


@pytest.mark.parametrize("fault", [429, 500, 503, "cut", "cut late", "short", "silence"])
@pytest.mark.parametrize("place", [1, 2])
def test_a_passing_fault_costs_time_only(run, server, search, fault, place):
    server.faults = [*[None] * place, fault, fault]
    assert run().status == "succeeded"
    assert positions(search) == ALL
    assert ImportBatch.objects.get().file.path.read_bytes().count(b"SO  - ") == 5
    if fault == 429:
        assert server.waits.count(2.0) >= 2  # as long as the server asked to wait


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (429, LATER),
        ("cut", LATER),
        ("silence", LATER),
        (403, "refused the request (403)"),
        ("away", "refused the request (302)"),
        (b"<html>maintenance</html>", LATER),
        (b'{"esearchresult": {"count": "many"}}', LATER),
        (b'{"esearchresult": {"ERROR": "Invalid db name"}}', "Invalid db name"),
        (b"[" * 100_000, LATER),
        (b'{"esearchresult": []}', LATER),
    ],
)
def test_a_lasting_fault_is_said_and_nothing_changes(run, server, search, fault, sentence):
    server.faults = [fault] * 50
    job = run()
    assert job.status == "failed"
    assert sentence in job.cause
    assert not ImportBatch.objects.exists()
    assert sum(server.waits) < 120
    search.refresh_from_db()
    assert search.hits is None


def test_records_that_never_come_are_said(run, server, search):
    server.faults = [None, *["short"] * 50]
    job = run()
    assert "1 of 2 records" in job.cause
    assert not ImportBatch.objects.exists()
    assert not live._folder(job.pk).exists()


@pytest.mark.parametrize("gone", [400, b"Error: Unable to obtain query #1"])
def test_a_history_that_is_gone_is_searched_anew(run, server, search, gone):
    server.faults = [None, None, gone]
    assert run().status == "succeeded"
    assert positions(search) == ALL
    assert server.calls["esearch.fcgi"] == 2


def test_another_attempt_goes_on_after_the_last_portion(server, search, lead, monkeypatch):
    job = live.start(search, by=lead)
    real = Work.progress

    def die(work, done, total, message=""):
        real(work, done, total, message)
        if done == 4:
            raise KeyboardInterrupt  # as a killed worker: nobody cleans up

    monkeypatch.setattr(Work, "progress", die)
    with pytest.raises(KeyboardInterrupt):
        live.fetch(Work(claim_job(job.pk)))
    assert server.starts == [0, 2]
    monkeypatch.setattr(Work, "progress", real)
    Job.objects.filter(pk=job.pk).update(status="queued", lease_until=None)
    assert live.clear_up() == 0
    do_job(job.pk)
    do_job(ImportBatch.objects.get().job_id)
    assert server.starts == [0, 2, 4]
    assert server.calls["esearch.fcgi"] == 1
    assert positions(search) == ALL


def test_portions_of_a_run_that_will_not_go_on_are_removed(server, search, lead):
    job = live.start(search, by=lead)
    folder = live._folder(job.pk)
    folder.mkdir(parents=True)
    assert live.clear_up() == 0
    cancel_job(job, by=lead)
    assert live.clear_up() == 1
    assert not folder.exists()


def test_a_cancelled_run_leaves_nothing(server, search, lead):
    job = live.start(search, by=lead)
    work = Work(claim_job(job.pk))
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    with pytest.raises(live.Cancelled):
        live.fetch(work)
    assert not live._folder(job.pk).exists()
    assert not ImportBatch.objects.exists()


def test_the_same_records_again_are_recognised(run, server, search):
    assert run().status == "succeeded"
    again = run()
    assert again.status == "failed"
    assert "the very records that are in already" in again.cause
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(("count", "sentence"), [(0, "no record"), (10_000, "9,999 at most")])
def test_too_few_or_too_many_records_get_a_sentence(run, server, count, sentence):
    server.count = count
    assert sentence in run().cause


def test_it_is_off_unless_somebody_can_be_written_to(search, lead, client, review):
    assert not live.can_run(search)
    with pytest.raises(DomainError, match="cannot be run"):
        live.start(search, by=lead)
    with pytest.raises(DomainError, match="is off"):
        live.count(search)
    client.force_login(lead)
    assert client.get(reverse("searches:pubmed", args=[review.pk, search.pk])).status_code == 404
    assert "Run in PubMed" not in _page(client, search)


def _page(client, search):
    return client.get(
        reverse("searches:search", args=[search.review_id, search.pk])
    ).content.decode()


def test_people_see_the_count_before_they_import(client, server, search, review, reviewer):
    client.force_login(reviewer)
    assert "Run in PubMed" in _page(client, search)
    address = reverse("searches:pubmed", args=[review.pk, search.pk])
    assert "(bone) AND (hip)" in client.get(address).content.decode()
    page = client.post(address).content.decode()
    assert "5 records today" in page
    assert not Job.objects.exists()
    answer = client.post(address, {"import": "1"})
    job = Job.objects.get()
    assert answer["Location"] == reverse("jobs:show", args=[review.pk, job.pk])
    again = client.post(address, {"import": "1"})
    assert again.status_code == 422
    assert "being run already" in again.content.decode()
    server.faults = ["away"] * 9
    assert "refused the request" in client.post(address).content.decode()


def test_a_source_that_is_not_pubmed_has_no_such_page(client, server, review, reviewer):
    client.force_login(reviewer)
    other = SearchFactory(review=review, source=SourceFactory(review=review, name="Embase"))
    assert client.get(reverse("searches:pubmed", args=[review.pk, other.pk])).status_code == 404


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a OR b", "a OR b"),
        ("a\nb\n#1 AND #2\n#3 NOT #1", "((a) AND (b)) NOT (a)"),
        ("a[tiab] | 12\n#1 AND x", "(a[tiab]) AND x"),
    ],
)
def test_lines_that_name_others_become_one_query(text, query):
    assert as_one_query(read_strategy(text)) == query


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not written down"),
        ("#1", "names #1"),
        ("a\n#3 OR #1", "names #3"),
        ("a\n#0", "names #0"),
        ("a" * 500 + "".join(f"\n#{n} OR #{n} OR #{n}" for n in range(1, 40)), "grows longer"),
    ],
)
def test_a_strategy_that_is_no_query_gets_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        as_one_query(read_strategy(text))
