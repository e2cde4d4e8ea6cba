"""The history of a participant: who, when, what, why, and the hash of every entry."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from trialist.server import chronicle
from trialist.server.access import Here, page

PAGE = 60


@page("history")
@require_GET
def history(request: HttpRequest, participant: str) -> HttpResponse:
    """Everything recorded, the latest first, in pages that say how many of how many they show."""
    here: Here = request.here
    person = here.participant(participant)
    told = list(reversed(chronicle.tell(here, person, request.language)))
    wanted = request.GET.get("page", "1")
    pages = max(1, -(-len(told) // PAGE))
    number = (
        min(pages, max(1, int(wanted))) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1
    )
    first = (number - 1) * PAGE
    context = {
        "person": person,
        "told": told[first : first + PAGE],
        "first": first + 1,
        "last": min(len(told), first + PAGE),
        "all": len(told),
        "number": number,
        "pages": range(1, pages + 1),
        "earlier": number + 1 if number < pages else None,
        "later": number - 1 if number > 1 else None,
    }
    return render(request, "server/pages/history.html", context)
