"""Today's work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialist.server import dates
from trialist.server.access import page


@page("today")
def today(request: HttpRequest) -> HttpResponse:
    """The day, and what wants doing."""
    day = dates.full(request.here.today(), request.language)
    return render(request, "server/pages/today.html", {"day": day})
