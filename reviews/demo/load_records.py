"""Searches, files and records of the demo, through the services and jobs of the site."""

from reviews.accounts.models import User
from reviews.demo import facts
from reviews.demo.cast import Demo, acting
from reviews.demo.keys import record_key
from reviews.jobs.models import Job
from reviews.jobs.work import do_job
from reviews.searches import services
from reviews.searches.models import Record

IMPORTER = "tomas"


def enter_searches(demo: Demo) -> None:
    """Document the searches, import their files, remove duplicates, open screening."""
    by = demo.people[IMPORTER]
    with acting(by):
        _upload(demo, by)
        enter_by_hand(demo)
    do_waiting_jobs(demo)
    name_records(demo)


def _upload(demo: Demo, by: User) -> None:
    for search in facts.SEARCHES:
        source = services.create_source(
            demo.review,
            by=by,
            name=search["source"],
            platform=search["platform"],
            kind=search["kind"],
        )
        run = services.create_search(
            demo.review,
            by=by,
            source=source,
            run_on=search["run_on"],
            strategy=[{"line": line, "hits": hits} for line, hits in search["strategy"]],
            limits=search["limits"],
            hits=search["hits"],
            notes=search["note"],
        )
        path = facts.DATA / search["file"]
        services.upload_file(
            run,
            by=by,
            name=path.name,
            chunks=[path.read_bytes()],
            mapping=search["mapping"] or None,
        )


def enter_by_hand(demo: Demo) -> None:
    """Add what was found by other methods than database searches."""
    kinds = {source["source"]: source["kind"] for source in facts.OTHER_SOURCES}
    for record in facts.HAND_RECORDS:
        services.add_record(
            demo.review,
            by=demo.people[IMPORTER],
            kind=kinds[record["in"]],
            title=record["title"],
            authors=record["authors"],
            year=record["year"],
            doi=record["doi"],
            pmid=record["pmid"],
            journal=record["journal"],
            abstract=record["abstract"],
            url=record["source"],
        )


def do_waiting_jobs(demo: Demo) -> None:
    """Do what a worker would do, with the worker's own function, until nothing waits."""
    waiting = Job.objects.in_review(demo.review).filter(status=Job.Status.QUEUED).order_by("id")
    while job := waiting.first():
        do_job(job.pk)
        job.refresh_from_db()
        if job.status != Job.Status.SUCCEEDED:
            raise RuntimeError(f"{job}: {job.cause}")


def name_records(demo: Demo) -> None:
    """Find the kept record behind each key: any copy of its group may carry it."""
    rows = list(Record.objects.in_review(demo.review).defer("raw"))
    kept = {row.group_id: row for row in rows if row.kept and row.group_id}
    for row in rows:
        final = kept[row.group_id] if row.group_id else row
        for key in {record_key(doi=row.doi, title=row.title), record_key(doi="", title=row.title)}:
            demo.records.setdefault(key, final)
