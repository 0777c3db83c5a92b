"""The app, and what must hold before it serves anybody."""

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from reviews.protocol.checks import every_view_is_gated


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Quadrant"

    def ready(self) -> None:
        import_string(settings.JOB_PIPELINE)()
        checks.register(every_view_is_gated)
