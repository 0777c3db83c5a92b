"""Runs that are finished, their addresses, and what a reader sees of their pages."""

import csv
import io
import re

from reviews.jobs.work import do_job
from reviews.synthesis import services
from reviews.synthesis.models import Run
from tests import factories


def finished(plan, by):
    """Run a plan to its end."""
    started = services.start_run(plan, by=by)
    do_job(started.job_id)
    return Run.objects.get(pk=started.pk)


def pooled(review, by, counts, name="All"):
    """Return the finished run of a plan over tables of these counts."""
    for tp, fp, fn, tn in counts:
        factories.TwoByTwoFactory(review=review, tp=tp, fp=fp, fn=fn, tn=tn)
    return finished(services.create_plan(review, by=by, name=name, definition={}), by)


def run_url(run, name=""):
    return f"/reviews/{run.review_id}/analyses/{run.plan_id}/runs/{run.pk}/{name}"


def text_of(response):
    """Return the words of a page, as a reader sees them."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", plain)


def rows_of(answer):
    """Return the rows of a CSV file by their heads."""
    return list(csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))
