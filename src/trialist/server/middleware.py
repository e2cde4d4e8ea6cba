"""What happens around every view: headers, language, idle limit, and the guard that denies by default."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from trialist.findings import Language, Refusal
from trialist.server import workplace
from trialist.server.access import Access, stand
from trialist.server.settings import IDLE_SECONDS
from trialist.server.views import errors

Next = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script, no inline style, nothing from elsewhere."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LANGUAGE_COOKIE = "language"
_NOTED = 60
"""Seconds; the last use of a session is written down no more often."""


class Headers:
    """Security headers on every answer; nothing of a trial is kept in a cache."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add what the view did not set itself."""
        response = self._next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if settings.SESSION_COOKIE_SECURE:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


class Speak:
    """The language: the cookie's, else the browser's first that we speak."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `request.language`."""
        request.language = language_of(request)
        response = self._next(request)
        response.headers.setdefault("Content-Language", "zh-CN" if request.language == "zh" else "en")
        return response


def language_of(request: HttpRequest) -> Language:
    """What the cookie says; else the first of Accept-Language that is English or Chinese."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE)
    if chosen in ("en", "zh"):
        return chosen
    for part in request.headers.get("Accept-Language", "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in ("en", "zh"):
            return code
    return "en"


class Idle:
    """A session ends when nothing was asked for a quarter of an hour; its last use is noted once a minute."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """End it, or note it."""
        now = int(time.time())
        seen = request.session.get("seen")
        if seen is not None and now - seen > IDLE_SECONDS:
            logout(request)
            request.was_idle = True
        elif seen is not None and now - seen >= _NOTED:
            request.session["seen"] = now
        return self._next(request)


class Guard:
    """Nobody opens a view that does not say who may; `request.here` for those who may."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """On with it; the work is done once the view is known."""
        request.here = None
        try:
            return self._next(request)
        finally:
            workplace.look_again()

    def process_view(
        self, request: HttpRequest, view: Any, _arguments: Any, names: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse, send to the sign-in, or let pass."""
        access: Access = getattr(view, "access", Access(roles=frozenset()))
        if access.public and not request.user.is_authenticated:
            return None
        here = stand(request, workplace.here(), request.language) if request.user.is_authenticated else None
        request.here = here
        if access.public:
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if here is None or (access.roles is not None and here.role not in access.roles):
            return errors.forbidden(request)
        if "participant" in names:
            here.participant(names["participant"])
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A refusal that a view left alone becomes a page with its words."""
        return errors.refused(request, error) if isinstance(error, Refusal) else None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in and back to where one was; a fragment asks the whole page to go there."""
    words = {"next": request.get_full_path()} if request.method == "GET" and not request.htmx else {}
    if getattr(request, "was_idle", False):
        words["idle"] = "1"
    address = resolve_url(settings.LOGIN_URL) + (f"?{urlencode(words)}" if words else "")
    if request.path.startswith("/api/"):
        return errors.unauthenticated(request)
    if request.htmx:
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return redirect(address)
