"""The web server's door. It stays shut where a check finds an error, such as an ungated view."""

import os

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

if errors := [found for found in checks.run_checks() if found.level >= checks.ERROR]:
    raise ImproperlyConfigured("\n".join(str(error) for error in errors))
