"""Settings: one file, from the environment. A bad value stops the program with one sentence."""

import json
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env_flag(name: str) -> bool:
    value = os.environ.get(name, "0")
    if value not in ("0", "1"):
        raise ImproperlyConfigured(f"{name} is “{value}”; write 1 for yes or 0 for no.")
    return value == "1"


def secret(name: str) -> str:
    """A secret from NAME, or from the file that NAME_FILE names: files do not show in a list of processes."""
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return os.environ.get(name, "")
    try:
        content = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        content = ""
    if not content:
        raise ImproperlyConfigured(f"{name}_FILE: {file} cannot be read or is empty.")
    return content


def secret_lines(name: str) -> list[str]:
    """Secrets, one a line, from the file that NAME_FILE names, which may be empty."""
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return []
    try:
        return Path(file).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name}_FILE: {file} cannot be read.") from None


def env_choice(name: str, default: str, choices: frozenset[str]) -> str:
    value = os.environ.get(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is “{value}”; choose one of {', '.join(sorted(choices))}.")
    return value


def env_origin(name: str) -> str:
    value = os.environ.get(name, "")
    if value and not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?", value):
        raise ImproperlyConfigured(f"{name} is “{value}”; write https:// and the server's name, without a path.")
    return value


def env_onion(name: str) -> str:
    value = os.environ.get(name, "")
    if value and not re.fullmatch(r"http://[a-z2-7]{56}\.onion", value):
        raise ImproperlyConfigured(
            f"{name} is “{value}”; write http:// and the 56 letters with .onion, without a path."
        )
    return value


def env_seconds(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 3600):
        raise ImproperlyConfigured(f"{name} is “{value}”; write whole seconds, 1 to 3600.")
    return int(value)


def env_count(name: str, default: int, *, least: int = 1) -> int:
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value) >= least):
        raise ImproperlyConfigured(f"{name} is “{value}”; write a whole number, at least {least}.")
    return int(value)


def env_numbers(name: str) -> frozenset[int]:
    words = os.environ.get(name, "").replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() for word in words):
        raise ImproperlyConfigured(f"{name} is “{' '.join(words)}”; write whole numbers, such as 1,4.")
    return frozenset(map(int, words))


def software_version() -> str:
    """The newest version in CHANGELOG.md: the one place where it is written."""
    found = re.search(r"^## (\d+\.\d+\.\d+)", (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ImproperlyConfigured("CHANGELOG.md names no version such as “## 0.1.0”.")
    return found.group(1)


def running_services(data_dir: Path) -> dict[str, str]:
    """Where the embedded servers of a running `bin/run` or `bin/manage` can be reached."""
    state = data_dir / "services.json"
    try:
        found: dict[str, str] = json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def database(url: str, role: str) -> dict[str, object]:
    """Django's database entry for a URL; the process takes `role` when it connects."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL is not of the form postgresql://user:password@host:port/name.")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or secret("DATABASE_PASSWORD"),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A server that does not answer must not hold a page for minutes.
        "OPTIONS": {"connect_timeout": "5", **options, "options": f"-c role={role}"},
    }


SOFTWARE_VERSION = software_version()
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "var"))
SERVICES = running_services(DATA_DIR)
DATABASE_ROLE = env_choice("DATABASE_ROLE", "survey_web", frozenset({"survey_web", "survey_worker", "survey_owner"}))
_OWNER = DATABASE_ROLE == "survey_owner"
DATABASE_URL = os.environ.get("OWNER_DATABASE_URL" if _OWNER else "DATABASE_URL") or SERVICES.get(
    "owner_database_url" if _OWNER else "database_url"
)
if not DATABASE_URL:
    raise ImproperlyConfigured(
        "No database is running: type bin/run, bin/test, or bin/manage with the command; or set "
        + ("OWNER_DATABASE_URL." if _OWNER else "DATABASE_URL.")
    )
DATABASES = {"default": database(DATABASE_URL, DATABASE_ROLE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

HTTPS = env_flag("HTTPS")
SECRET_KEY = secret("SECRET_KEY") or SERVICES.get("secret_key", "")
if len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("SECRET_KEY is missing or shorter than 40 characters.")
# The keys before this one, newest first: what was signed under them still holds, see docs/deploy.md.
SECRET_KEY_FALLBACKS = secret_lines("SECRET_KEY_FALLBACKS")
# What participants' codes and receipts hang on. It never changes: under another one no draft and no receipt opens.
CODE_SALT = secret("CODE_SALT") or SECRET_KEY
# Only field laptops have one: the server's key of receipts for their country (see `survey.laptop`).
RECEIPT_KEY = secret("RECEIPT_KEY")
DEBUG = False
# Under which name participants reach us, for printed and sent links; empty: the one by which staff do.
PUBLIC_ORIGIN = env_origin("PUBLIC_ORIGIN")
# Where the same pages are reached through Tor, for browsers that look for it; only the server with TLS names it.
ONION_ORIGIN = env_onion("ONION_ORIGIN")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "crispy_forms",
    "surveyproject",
    "accounts",
    "survey",
    "reports",
]
MIDDLEWARE = [
    "surveyproject.headers.SecurityHeaders",
    # Pages are small only when compressed. What their size could tell is blurred: random padding, a masked token.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "survey.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "surveyproject.incoming.FormsOnly",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.StaffSessionMiddleware",
]
# A field laptop of one country asks questions and does nothing else.
COLLECT_ONLY = os.environ.get("COLLECT_ONLY", "")
ROOT_URLCONF = "surveyproject.collecting_urls" if COLLECT_ONLY else "surveyproject.urls"
WSGI_APPLICATION = "surveyproject.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "accounts.context.audit_head",
            ]
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = ("survey",)
CRISPY_TEMPLATE_PACK = "survey"
CRISPY_FAIL_SILENTLY = False

# People -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/desk/sign-in/"
LOGIN_REDIRECT_URL = "/desk/"
# A phone's clock may be half a minute wrong, and no more with every use.
OTP_TOTP_SYNC = False
OTP_TOTP_ISSUER = "Survey desk"
# What can be given to a researcher: accounts know nothing of studies, and ask.
STAFF_PLACES = "survey.views.places.places"

# One cookie, gone when the browser closes; the row it leads to is encrypted under its value.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-s" if HTTPS else "s"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "survey.views.frames.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# `check --deploy` looks for Django's own ways; ours are others, and tests hold them.
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # SecurityMiddleware: surveyproject.headers sets its headers and more, on every answer
    "security.W002",  # XFrameOptionsMiddleware: the same
]

# Keys outside the database and its backups: sites' private keys, for workers only; shred files, for web processes.
SITE_KEYS_DIR = Path(os.environ.get("SITE_KEYS_DIR", DATA_DIR / "site-keys"))
SHRED_DIR = Path(os.environ.get("SHRED_DIR", DATA_DIR / "shred"))

# What a guess at a participant's code costs. See `survey.sealing.stretch`.
CODE_STRETCHING = {"memory_kib": 64 * 1024, "passes": 3}

# What comes in: small forms only. Uploads are dropped, not spooled to a file in clear.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
FILE_UPLOAD_HANDLERS: list[str] = []

# Words --------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("es-mx", "Español (México)"),
    ("es-co", "Español (Colombia)"),
    ("id", "Bahasa Indonesia"),
    ("sw", "Kiswahili"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Jobs: state lives in PostgreSQL, so results need no store. A task may run twice and must not mind.
CELERY_BROKER_URL = secret("BROKER_URL") or SERVICES.get("broker_url", "")
VISIBILITY_TIMEOUT = 900
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_TIMEOUT,
    "unacked_restore_throttle": 1,
    "unacked_restore_interval": 5,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = VISIBILITY_TIMEOUT - 60
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Countries, by the number of their site, whose tasks wait in a queue of their own: docs/scale.md.
SITE_QUEUES = env_numbers("SITE_QUEUES")
CELERY_TASK_ROUTES = ["surveyproject.queues.route"]
# 0 comes first: deciding about lost work must not wait behind work.
CELERY_TASK_DEFAULT_PRIORITY = 6

# Lost work: a worker that counts says so every few seconds; the sweeper takes one silent for longer to be dead.
JOB_BEAT_SECONDS = env_seconds("JOB_BEAT_SECONDS", 5)
JOB_LOST_SECONDS = env_seconds("JOB_LOST_SECONDS", 20)
JOB_SWEEP_SECONDS = env_seconds("JOB_SWEEP_SECONDS", 10)
if JOB_LOST_SECONDS < 3 * JOB_BEAT_SECONDS:
    raise ImproperlyConfigured("JOB_LOST_SECONDS must be at least three times JOB_BEAT_SECONDS.")
# A cohort of more responses than this is counted in shards, no more than so many, by several workers: docs/scale.md.
SHARD_ROWS = env_count("SHARD_ROWS", 250_000)
MOST_SHARDS = env_count("MOST_SHARDS", 8, least=2)
CELERY_BEAT_SCHEDULE = {
    "keep keys": {"task": "survey.keep_keys", "schedule": 60, "options": {"expires": 60, "priority": 0}},
    "expire drafts": {"task": "survey.expire_drafts", "schedule": 3600, "options": {"expires": 3600}},
    # Every hour, for those that nobody has looked at today.
    "look at the answers": {"task": "reports.look_daily", "schedule": 3600, "options": {"expires": 3600}},
    "compare paper": {"task": "survey.sweep_entries", "schedule": 60, "options": {"expires": 60, "priority": 0}},
    "expire microdata": {"task": "reports.expire_microdata", "schedule": 3600, "options": {"expires": 3600}},
    "expire uploads": {"task": "survey.expire_uploads", "schedule": 3600, "options": {"expires": 3600}},
    "sweep uploads": {
        "task": "survey.sweep_uploads",
        "schedule": JOB_SWEEP_SECONDS,
        "options": {"expires": JOB_SWEEP_SECONDS, "priority": 0},
    },
    "sweep": {
        "task": "reports.sweep",
        "schedule": JOB_SWEEP_SECONDS,
        "options": {"expires": JOB_SWEEP_SECONDS, "priority": 0},
    },
}

# Logs without people: an event, a module, an exception's kind. Never a path with arguments, a form or a value.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "surveyproject.logs.NamelessFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
