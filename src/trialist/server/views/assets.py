"""Style, scripts and the mark: a handful of files, each under an address that changes when it does."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from trialist.server.access import public

TYPES = {
    "trialist.css": "text/css; charset=utf-8",
    "pages.css": "text/css; charset=utf-8",
    "trialist.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@cache
def content(name: str) -> tuple[bytes, str]:
    """A file and the beginning of its hash."""
    data = (files("trialist.server") / f"static/server/{name}").read_bytes()
    return data, sha256(data).hexdigest()[:12]


def address(name: str) -> str:
    """Where a file is found now."""
    return reverse("asset", args=[content(name)[1], name])


@public
def asset(_request: HttpRequest, mark: str, name: str) -> HttpResponse:
    """One file; kept by the browser for a year, because another content has another address."""
    if name not in TYPES:
        raise Http404
    data, now = content(name)
    keep = "public, max-age=31536000, immutable" if mark == now else "no-cache"
    return HttpResponse(data, content_type=TYPES[name], headers={"Cache-Control": keep})
