"""Kinds of job for tests; the worker of a test imports this module."""

import os
import time

from django.db import OperationalError

from reviews.core.errors import DomainError
from reviews.jobs.registry import job_kind
from reviews.protocol.models import Label


@job_kind("test.label")
def make_label(work):
    """Write one row at the end, as every job of ours does; may take its time before."""
    for step in range(work.arguments.get("steps", 1)):
        work.progress(step, work.arguments.get("steps", 1), "at work")
        time.sleep(work.arguments.get("seconds", 0))
    with work.final():
        Label.objects.create(review=work.review, name=f"made by job {work.job.pk}")


@job_kind("test.refuse")
def refuse(work):
    raise DomainError("The file holds no records.")


@job_kind("test.crash")
def crash(work):
    raise ZeroDivisionError


@job_kind("test.fault")
def fault(work):
    raise OperationalError("server closed the connection")


@job_kind("test.poison")
def poison(work):
    os._exit(1)
