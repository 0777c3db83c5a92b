"""The one settings file. Everything that differs between places comes from the environment.

Production is the default and refuses to start insecurely. ``QUADRANT_LOCAL=1``, set by the Makefile
alone, allows cookies without TLS, the demo logins and mail on disk. DEBUG is off in both.
"""

from pathlib import Path

import pgtrigger
from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL = env.flag("QUADRANT_LOCAL")
DEBUG = False

if LOCAL:
    env.demand(
        {
            "DATABASE_URL": "`make run` and `make test` set it; run Quadrant through them.",
            "REDIS_URL": "`make run` and `make test` set it; run Quadrant through them.",
        }
    )
else:
    env.demand(
        {
            "SECRET_KEY": "50 random characters or more; it signs sessions and mailed codes.",
            "DATABASE_URL": "where PostgreSQL is, such as postgresql://user:secret@host/quadrant.",
            "REDIS_URL": "where Redis is, such as redis://:secret@host:6379/0.",
            "ALLOWED_HOSTS": "the names under which people reach the site, separated by commas.",
            "EMAIL_URL": "where mail is handed over, such as smtp://user:secret@host:587?tls=1.",
            "DEFAULT_FROM_EMAIL": "the sender of invitations and codes.",
        }
    )

SECRET_KEY = env.text("SECRET_KEY", "local-mode-only" if LOCAL else "")
if not LOCAL and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10):
    raise ImproperlyConfigured(
        "SECRET_KEY is too short or too plain: give at least 50 random characters."
    )
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]", "testserver"]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the site, not *: links in mails are built from it."
    )
SITE_URL = env.text("SITE_URL", f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if not LOCAL else "")
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "reviews",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "reviews.core.http.RequestId",
    "reviews.core.http.ReadToTheEnd",
    # Before what answers by itself: static files and the way to TLS forbid the same.
    "reviews.core.http.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reviews.core.http.Door",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "reviews.core.http.SignInForHtmx",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reviews.core.audit.HistoryContext",
    "reviews.accounts.middleware.TimeZone",
    "reviews.core.http.Errors",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reviews.core.http.page_context",
                "reviews.reporting.navigation.navigation",
            ],
            "builtins": ["django.templatetags.static", "django_htmx.templatetags.django_htmx"],
        },
    }
]

DATABASES = {
    "default": env.database(env.text("DATABASE_URL"))
    | {"CONN_MAX_AGE": env.number("CONN_MAX_AGE", 60), "CONN_HEALTH_CHECKS": True}
}
# No statement may hold a reader or a writer for ever; migrations and jobs set their own limits.
DATABASES["default"]["OPTIONS"] |= {
    "application_name": env.text("QUADRANT_PROCESS", "quadrant"),
    "options": "-c lock_timeout=3s -c idle_in_transaction_session_timeout=60s"
    f" -c statement_timeout={env.number('STATEMENT_TIMEOUT_SECONDS', 15)}s",
}
# Only the owner's command secure_audit reads this: the password of the application's own role.
APP_DATABASE_PASSWORD = env.text("APP_DATABASE_PASSWORD")
JOB_PIPELINE = "config.pipeline.connect"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Rate limits are counted here: with Django's 300 entries, whoever tries other addresses
        # would wash out the count of their own. What has expired goes first.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

REDIS_URL = env.text("REDIS_URL")
CELERY_BROKER_URL = env.broker(REDIS_URL)

AUTH_USER_MODEL = "reviews.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "reviews.accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Quadrant: "
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Quadrant"

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Quadrant <quadrant@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if env.text("EMAIL_URL"):
    vars().update(env.mail(env.text("EMAIL_URL")))
else:
    EMAIL_BACKEND = "reviews.accounts.mail.FolderAndTerminal"
    EMAIL_FILE_PATH = VAR_DIR / "mail"

TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "en"

NPM = BASE_DIR / "node_modules"
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
# Whole dist folders: the manifest fails when a stylesheet names a map that is not collected.
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *(
        (f"npm/{folder}", NPM / folder)
        for folder in (
            "@fontsource-variable/inter",
            "@fontsource-variable/source-serif-4",
            "bootstrap/dist/css",
            "bootstrap-icons/font",
            "pdfjs-dist/build",
            "pdfjs-dist/web",
            "pdfjs-dist/cmaps",
            "pdfjs-dist/standard_fonts",
        )
        if (NPM / folder).is_dir()
    ),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "files")))
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
MAX_IMPORT_BYTES = env.number("MAX_IMPORT_MB", 500) * 1024 * 1024
# Searching PubMed from here is off until NCBI can be told whom to write to.
PUBMED_EMAIL = env.text("PUBMED_EMAIL")
PUBMED_API_KEY = env.text("PUBMED_API_KEY")
PUBMED_URL = env.text("PUBMED_URL", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/")
if not PUBMED_URL.startswith("https://") and not LOCAL:
    raise ImproperlyConfigured("PUBMED_URL must begin with https://.")
MAX_PDF_BYTES = env.number("MAX_PDF_MB", 100) * 1024 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "reviews.core.http.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not LOCAL:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.flag("TRUST_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

PGHISTORY_APPEND_ONLY = True
PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_ADMIN_ALL_EVENTS = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "reviews.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["reviews.api.permissions.MemberCan"],
    "DEFAULT_PARSER_CLASSES": ["reviews.api.parsers.StorableJSON"],
    # Not the browsable one: it needs inline scripts, and the Swagger page is there.
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "reviews.api.renderers.CSV",
    ],
    "DEFAULT_PAGINATION_CLASS": "reviews.api.pagination.Keyset",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
    "EXCEPTION_HANDLER": "reviews.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Quadrant",
    "DESCRIPTION": "Systematic reviews of diagnostic test accuracy.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "reviews.api.schema.add_refusals",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "reviews.core.http.LogIds"}},
    "formatters": {
        "line": {
            "format": "%(asctime)s %(levelname)s %(name)s request=%(request_id)s"
            " job=%(job_id)s %(message)s"
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["ids"]}
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
}
# The address is unique whatever its case, by a constraint auth.W004 does not look for.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
