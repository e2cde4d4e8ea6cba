"""What is said when something cannot be done: words, no SQL, no value, no traceback.

The log gets the kind of an error and where it was raised, never what a request held.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from trialist.findings import Refusal
from trialist.server import dates, words, workplace
from trialist.server.access import stand

log = logging.getLogger("trialist.server")


def _page(request: HttpRequest, status: int, code: str, **more: Any) -> HttpResponse:
    language = getattr(request, "language", "en")
    title, said = words.say(f"error_{code}", language), words.say(f"error_{code}_say", language)
    if request.path.startswith("/api/"):
        return JsonResponse({"code": code, "words": said}, status=status)
    return _render(request, {"title": title, "said": said, **more}, status)


def _render(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    """A whole page in the frame of whoever is there, or the part of one that htmx asked for."""
    if getattr(request, "here", None) is None and getattr(request, "user", None) is not None:
        request.here = stand(request, workplace.here(), request.language)
    template = "server/error_part.html" if getattr(request, "htmx", None) else "server/error.html"
    return render(request, template, context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """What was sent cannot be read."""
    return _page(request, 400, "400")


def unauthenticated(request: HttpRequest) -> HttpResponse:
    """Nobody is signed in."""
    said = words.say("sign_in", getattr(request, "language", "en"))
    return JsonResponse({"code": "401", "words": said}, status=401)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """The role does not open this; or there is no role today."""
    here = getattr(request, "here", None)
    return _page(request, 403, "no_role" if request.user.is_authenticated and here is None else "403")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """No such page; the same answer for another site's."""
    return _page(request, 404, "404")


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """The token of a form has passed."""
    return _page(request, 403, "stale")


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours: the place goes to the log, the time to the page."""
    kind, error, trace = sys.exc_info()
    if kind is not None and error is not None:
        place = traceback.extract_tb(trace)[-1]
        log.error("%s at %s:%s in %s", kind.__name__, place.filename, place.lineno, place.name)
    language = getattr(request, "language", "en")
    try:
        return _page(request, 500, "500", at=dates.moment(timezone.now(), language) + " UTC")
    except Exception:  # noqa: BLE001 - the frame itself may be what is broken
        return HttpResponse(words.say("error_500_say", language), status=500, content_type="text/plain")


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The rules said no, and the view had no better place for it."""
    language = getattr(request, "language", "en")
    context = {
        "title": words.say("refused", language),
        "said": words.say("refused_say", language),
        "findings": refusal.findings,
    }
    return _render(request, context, 409)
