"""The Django project: settings, URLs, Celery and the embedded servers of local mode."""

from config.celery import app

__all__ = ["app"]
