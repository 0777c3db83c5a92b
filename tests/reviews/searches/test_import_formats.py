"""Imports of every format: begun again after a death, with oversize fields, with files gone."""

import errno
import io
import json
import os
import threading

import pytest
from django.db import connection
from openpyxl import Workbook

from reviews.core.errors import DomainError
from reviews.jobs.services import claim_job, start_job
from reviews.jobs.work import Work, do_job
from reviews.models import Record
from reviews.searches import importing, services
from reviews.searches.parsers import parse
from tests.factories import SearchFactory

pytestmark = pytest.mark.django_db
COUNT = 11


def _workbook() -> bytes:
    book = Workbook()
    book.active.append(["Title", "Authors", "Year"])
    for n in range(1, COUNT + 1):
        book.active.append([f"Title {n}", "Jang, R.; Roe, A.", 2000 + n])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _each(form: str) -> str:
    return "".join(form.replace("%n", str(n)) for n in range(1, COUNT + 1))


FILES = {
    "bibtex": _each("@article{k%n, title={Title %n}, author={Jang, R.}, year={2001}}\n").encode(),
    "nbib": _each("PMID- %n\nTI  - Title %n\nDP  - 2001\n\n").encode(),
    "wos": _each("PT J\nTI Title %n\nPY 2001\nER\n\n").encode(),
    "endnote_tagged": _each("%0 Journal Article\n%T Title %n\n%D 2001\n\n").encode(),
    "ovid_tagged": _each("<%n>\nTitle\n  Title %n\nSource\n  J X. 2001.\n\n").encode(),
    "central": _each(f"Record #%n of {COUNT}\nID: CN-0%n\nTI: Title %n\nYR: 2001\n\n").encode(),
    "csv": ("Title,Year\n" + _each('"Title %n",2001\n')).encode("utf-16"),
    "xlsx": _workbook(),
    "pubmed_xml": (
        "<PubmedArticleSet>"
        + _each(
            "<PubmedArticle><MedlineCitation><PMID>%n</PMID><Article><ArticleTitle>Title %n"
            "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
        )
        + "</PubmedArticleSet>"
    ).encode(),
    "endnote_xml": (
        "<xml><records>"
        + _each("<record><titles><title>Title %n</title></titles></record>")
        + "</records></xml>"
    ).encode(),
}


def _die_after(monkeypatch, rows):
    """Let the worker vanish while it reads the record after so many."""
    real = importing._Reading.after

    def after(reading, position):
        for record in real(reading, position):
            if record.position == rows + 1:
                raise SystemExit
            yield record

    monkeypatch.setattr(importing._Reading, "after", after)


@pytest.mark.parametrize("rows", [1, 3, COUNT - 1])
@pytest.mark.parametrize("format_", FILES)
def test_an_import_begun_again_ends_with_the_records_of_the_file(
    search, lead, monkeypatch, format_, rows
):
    monkeypatch.setattr(importing, "ROWS", 2)
    batch = services.upload_file(search, by=lead, name="x", chunks=[FILES[format_]])
    work = Work(claim_job(batch.job_id))
    with monkeypatch.context() as patched:
        _die_after(patched, rows)
        with pytest.raises(SystemExit):
            importing.load_batch(work)
    assert Record.objects.filter(batch=batch).count() == rows // 2 * 2
    work.claim.row().update(status="queued", lease_until=None)
    do_job(batch.job_id)
    batch.refresh_from_db()
    stored = Record.objects.filter(batch=batch).order_by("position")
    assert (batch.state, batch.format) == ("in", format_)
    read = list(parse(FILES[format_]).records)
    assert list(stored.values_list("position", "title", "raw")) == [
        (record.position, record.title, record.raw) for record in read
    ]
    assert len(read) == COUNT


_TAGS = "TI AU AB T2 VL IS SP DO AN KW LA UR SN PMID ID DB C7 M1 N1 U1"


def _long(text: str) -> str:
    return " ".join(f"{text}{n}" for n in range(60_000))


def test_no_field_is_too_large_for_its_column(bring_in):
    """Each field of one record is half a megabyte of different words."""
    tags = _TAGS.split()
    lines = "".join(f"{tag}  - {_long(tag.lower())}\n" for tag in tags)
    kind = "J" * 30
    batch = bring_in(f"TY  - {kind}\n{lines}ER  - \nTY  - JOUR\nTI  - B\nER  - \n".encode())
    assert batch.state == "in", batch.job.cause
    first, second = Record.objects.filter(batch=batch).order_by("position")
    assert (first.volume.startswith("vl0 vl1"), second.title) == (True, "B")


def test_no_cell_is_too_large_for_its_column(bring_in):
    header = (
        "title authors year journal volume issue pages doi pmid type language url issn abstract"
    )
    cells = ",".join(f'"{_long(name)}"' for name in header.split())
    batch = bring_in(f"{header.replace(' ', ',')}\n{cells}\n{cells}\n".encode())
    assert (batch.state, batch.records_read) == ("in", 2), batch.job.cause


@pytest.mark.parametrize(
    "title",
    ["A\\u0000B", "&#0;&#xD800; B", "_x0000_ _xD800_ B", "%00 %ED%A0%80", "\x00\ufffe\uffffB"],
)
def test_no_character_is_refused_by_the_database(bring_in, title):
    tags = "".join(f"{tag}  - {title}\n" for tag in ("TI", "AU", "KW", "AB", "DO", "UR", "AN"))
    batch = bring_in(f"TY  - JOUR\n{tags}ER  - \n".encode())
    assert (batch.state, batch.records_read) == ("in", 1), batch.job.cause
    table = json.dumps(title)
    batch = bring_in(f"title,authors,keywords,doi\n{table},{table},{table},{table}\n".encode())
    assert batch.state == "in", batch.job.cause
    text = title.replace("\x00", "")
    xml = f"<record><titles><title>{text}</title></titles></record>"
    batch = bring_in(f"<xml><records>{xml}</records></xml>".encode())
    assert batch.state == "in", batch.job.cause


def test_an_import_whose_file_vanished_says_so_and_can_be_sent_again(search, lead):
    batch = services.upload_file(search, by=lead, name="x", chunks=[FILES["csv"]])
    batch.file.path.unlink()
    do_job(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert "no longer there" in batch.job.cause
    again = services.upload_file(search, by=lead, name="x", chunks=[FILES["csv"]])
    do_job(again.job_id)
    again.refresh_from_db()
    assert (again.state, again.records_read) == ("in", COUNT)


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "disk is full"), (errno.EROFS, "[Rr]ead-only")],
)
def test_what_the_file_store_fails_of_is_said(search, lead, monkeypatch, number, said):
    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("reviews.core.files.os.fsync", fail)
    with pytest.raises(DomainError, match=said):
        services.upload_file(search, by=lead, name="x", chunks=[b"x"])


@pytest.mark.django_db(transaction=True)
def test_two_imports_and_a_look_for_copies_at_once_lose_nothing(review, lead):
    batches = [
        services.upload_file(
            SearchFactory(review=review), by=lead, name="x", chunks=[FILES[format_]]
        )
        for format_ in ("nbib", "endnote_xml")
    ]
    looks = [start_job("dedup.find", review=review, by=None) for _ in range(2)]
    failed = []

    def run(job_id):
        try:
            do_job(job_id)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    jobs = [batch.job_id for batch in batches] + [look.pk for look in looks]
    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for batch in batches:
        batch.refresh_from_db()
        assert (batch.state, batch.records_read) == ("in", COUNT)
    assert Record.objects.in_review(review).count() == 2 * COUNT
    heads = Record.objects.in_review(review).filter(group__isnull=False, kept=True)
    groups = heads.values_list("group", flat=True)
    assert len(groups) == len(set(groups))
