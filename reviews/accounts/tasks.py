"""What the site forgets by the clock."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db.models.functions import Now

from reviews.accounts.models import IdempotencyKey
from reviews.jobs.scheduler import every

KEYS_KEPT = timedelta(days=30)


@every(6 * 3600)
def forget_what_is_over() -> None:
    """Delete sessions that have expired, and answers nobody will ask for again."""
    SessionStore.clear_expired()
    IdempotencyKey.objects.filter(created_at__lt=Now() - KEYS_KEPT).delete()
