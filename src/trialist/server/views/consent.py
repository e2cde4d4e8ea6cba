"""Somebody agrees to take part: a screening number begins."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from trialist.conduct.commands import Consent
from trialist.findings import Refusal
from trialist.server import words
from trialist.server.access import Here, page
from trialist.server.views.common import fresh_key, moment_of, said_at, typed_now

_FIELDS = {
    "participant": "screening_number", "effective": "consent_when", "previous": "rescreening_of",
}  # fmt: skip
_NUMBER = 20
"""So many characters of a number are shown again."""


@page("consent")
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """The number that is suggested is the site's next; whoever works at several sites says at which one."""
    here: Here = request.here
    if request.method == "GET":
        site = _site(here, request.GET.get("site"))
        previous = request.GET.get("previous", "")[:_NUMBER]
        return _show(request, site, next_number(here, site), typed_now(here, site), previous)
    post = request.POST
    site, number = _site(here, post.get("site")), post.get("number", "").strip()
    when, previous = post.get("when", ""), post.get("previous", "").strip()
    command = Consent(number, site, moment_of(here, site, when), previous or None)
    try:
        here.act(command, key=post.get("key", ""))
    except Refusal as refusal:
        wrong = {
            path: said_at(refusal.findings, path, words.say(key, request.language), request.language)
            for path, key in _FIELDS.items()
        }
        others = [one for one in refusal.findings if one.path not in _FIELDS]
        return _show(request, site, number, when, previous, findings=others, wrong=wrong, status=422)
    return redirect("participant", number)


def _site(here: Here, named: str | None) -> str:
    """The site that is named, where it is one of theirs; else their first."""
    own = here.sites
    return named if named in own else next(iter(own), "")


def _show(
    request: HttpRequest, site: str, number: str, when: str, previous: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    here: Here = request.here
    context = {
        "site": site,
        "sites": [(one, here.protocol.sites[one].label) for one in here.sites] if len(here.sites) > 1 else [],
        "number": number,
        "when": when,
        "previous": previous,
        "key": fresh_key(),
        **more,
    }
    return render(request, "server/pages/consent.html", context, status=status)


def next_number(here: Here, site: str) -> str:
    """The first free screening number of a site."""
    prefix = f"{site}-"
    taken = [
        int(one.id.removeprefix(prefix))
        for one in here.workplace.desk.participants()
        if one.id.startswith(prefix) and one.id.removeprefix(prefix).isdigit()
    ]
    return f"{prefix}{max(taken, default=0) + 1:03d}"
