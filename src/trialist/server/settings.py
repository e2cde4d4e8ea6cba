"""Django's settings, handed over as arguments: nothing is read from the environment.

`configure` may be called once in a process. `point_at` moves a configured process to another database, which
tests do for every test.
"""

from __future__ import annotations

from logging.config import dictConfig
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from trialist.findings import InputError, Message

IDLE_SECONDS = 15 * 60
"""A session ends when nothing was asked for so long."""
SESSION_SECONDS = 12 * 3600
"""And after a working day, whatever was asked."""

SCRYPT = "django.contrib.auth.hashers.ScryptPasswordHasher"

MESSAGES = {
    "SERVE-DB": Message(
        en="{url} names no database that can be used.",
        zh="{url} 不是可用的数据库地址。",
        ways_en=("Write sqlite:///PATH or postgresql://USER@HOST/NAME.",),
        ways_zh=("请写成 sqlite:///路径 或 postgresql://用户@主机/库名。",),
    ),
}

_POLICY = "django.contrib.auth.password_validation"
PASSWORD_POLICY = [
    {"NAME": f"{_POLICY}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": f"{_POLICY}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "person")},
    },
    {"NAME": f"{_POLICY}.CommonPasswordValidator"},
    {"NAME": f"{_POLICY}.NumericPasswordValidator"},
]
"""Length rather than composition, and none of the common ones: NIST SP 800-63B, 5.1.1.2."""

MIDDLEWARE = [
    "trialist.server.middleware.Headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "trialist.server.middleware.Speak",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trialist.server.middleware.Idle",
    "django_htmx.middleware.HtmxMiddleware",
    "trialist.server.middleware.Guard",
]


def configure(
    *,
    database: str,
    folder: Path,
    secret: str,
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost"),
    secure: bool = False,
    gallery: bool = False,
    hashers: tuple[str, ...] = (SCRYPT,),
) -> None:
    """Set Django up.

    Args:
        database: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`; `?host=` may name a socket's
            folder.
        folder: where the vault, its key and other files beside the database lie.
        secret: signs sessions; at least 32 characters, kept between starts.
        hosts: the names under which the server answers.
        secure: behind TLS: cookies are sent over nothing else.
        gallery: also show the page of all components, for those who build pages.
        hashers: password hashers, the first in use.

    Raises:
        InputError: `database` cannot be used.
    """
    import django
    from django.conf import settings

    settings.configure(
        DEBUG=False,
        SECRET_KEY=secret,
        ALLOWED_HOSTS=list(hosts),
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django_htmx",
            "trialist.server",
        ],
        MIDDLEWARE=MIDDLEWARE,
        ROOT_URLCONF="trialist.server.urls",
        DATABASES={"default": database_settings(database)},
        TEMPLATES=[_templates()],
        AUTH_USER_MODEL="server.Account",
        AUTH_PASSWORD_VALIDATORS=PASSWORD_POLICY,
        PASSWORD_HASHERS=list(hashers),
        LOGIN_URL="sign-in",
        USE_TZ=True,
        TIME_ZONE="UTC",
        USE_I18N=False,
        APPEND_SLASH=False,
        CSRF_FAILURE_VIEW="trialist.server.views.errors.stale_form",
        CSRF_COOKIE_HTTPONLY=True,
        CSRF_COOKIE_SAMESITE="Strict",
        CSRF_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_AGE=SESSION_SECONDS,
        SESSION_SAVE_EVERY_REQUEST=False,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        DATA_UPLOAD_MAX_MEMORY_SIZE=256 * 1024,
        DATA_UPLOAD_MAX_NUMBER_FIELDS=600,
        LOGGING_CONFIG=None,
        TRIALIST_FOLDER=Path(folder),
        TRIALIST_GALLERY=gallery,
    )
    dictConfig(_logging())
    django.setup()


def point_at(database: str, folder: Path) -> None:
    """Move this process, which is configured already, to another database and folder."""
    from django.conf import settings
    from django.db import connections

    from trialist.server import workplace

    workplace.forget()
    connections["default"].close()
    connections.settings["default"] = connections.configure_settings(
        {"default": database_settings(database)}
    )["default"]
    del connections["default"]
    settings.TRIALIST_FOLDER = Path(folder)


def database_settings(url: str) -> dict[str, Any]:
    """What Django wants to know about a database.

    Raises:
        InputError: the address cannot be used.
    """
    parts = urlsplit(url)
    common = {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": parts.scheme != "sqlite"}
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return {**common, "ENGINE": "django.db.backends.sqlite3", "NAME": parts.path[1:], "OPTIONS": _SQLITE}
    if parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1:
        options = dict(parse_qsl(parts.query))
        return {
            **common,
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or options.pop("port", "")),
            "OPTIONS": options,
        }
    shown = url if parts.password is None else url.replace(parts.password, "…")
    raise InputError(MESSAGES["SERVE-DB"].finding("SERVE-DB", path="--db", url=shown))


_SQLITE = {
    "transaction_mode": "IMMEDIATE",  # the write lock first: two readers that both want to write would deadlock
    "timeout": 10,
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
}


def _templates() -> dict[str, Any]:
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["trialist.server.templatetags.ui"],
            "context_processors": ["trialist.server.context.shell"],
        },
    }


def _logging() -> dict[str, Any]:
    """Errors by where they happened; never with values of a request (see `views.errors`)."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "django": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "trialist": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }
