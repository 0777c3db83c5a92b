"""Is the process alive, and is everything it needs there?"""

import shutil
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.models import DurationField, ExpressionWrapper, F, Max
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse

from reviews.core.http import no_review
from reviews.jobs.models import Heartbeat, Job

SILENT = timedelta(seconds=60)
TOO_LONG_IN_QUEUE = timedelta(minutes=5)
ENOUGH_DISK = 500 * 1024**2


@no_review
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer as long as this process does."""
    return JsonResponse({"status": "ok"})


@no_review
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Name each part and whether it is well; 503 while one is not."""
    parts = {"database": _database()}
    if parts["database"] == "ok":
        parts |= {
            "worker": _heard("worker"),
            "scheduler": _heard("scheduler"),
            "queue": _queue(),
        }
    parts |= {"redis": _redis(), "disk": _disk()}
    well = all(part == "ok" for part in parts.values())
    return JsonResponse(
        {"status": "ok" if well else "degraded", "parts": parts}, status=200 if well else 503
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "away"
    return "ok"


def _heard(process: str) -> str:
    age = Heartbeat.age(process)
    if age is None:
        return "never seen"
    return "ok" if age < SILENT else f"silent for {age.total_seconds():.0f} s"


def _queue() -> str:
    oldest = (
        Job.objects.filter(status=Job.Status.QUEUED)
        .annotate(age=ExpressionWrapper(Now() - F("created_at"), DurationField()))
        .aggregate(oldest=Max("age"))["oldest"]
    )
    if oldest and oldest > TOO_LONG_IN_QUEUE:
        return f"the oldest job has waited {oldest.total_seconds():.0f} s"
    return "ok"


def _redis() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except (redis.RedisError, OSError):
        return "away"
    return "ok"


def _disk() -> str:
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.MEDIA_ROOT).free
    return "ok" if free > ENOUGH_DISK else f"{free // 1024**2} MB free"
