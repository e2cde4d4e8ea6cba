"""Every component on one page, for those who build pages; not in production's addresses."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialist.server.access import public
from trialist.server.figures import Interval, Scale
from trialist.server.icons import ICONS


@public
def gallery(request: HttpRequest) -> HttpResponse:
    """The components, with invented values."""
    days = Scale.days(date(2026, 3, 31), date(2026, 5, 12))
    today = date(2026, 4, 14)

    def window(low: date, high: date, target: date, **more: object) -> Interval:
        return Interval(days, low, high, target=target, now=today, tall_now=True, **more)  # type: ignore[arg-type]

    windows = [
        ("03-002", "stop", window(date(2026, 3, 29), date(2026, 4, 12), date(2026, 4, 5), band="stop")),
        ("03-007", "due", window(date(2026, 4, 10), date(2026, 4, 20), date(2026, 4, 15), band="due")),
        (
            "03-001",
            "ok",
            window(
                date(2026, 4, 4),
                date(2026, 5, 2),
                date(2026, 4, 18),
                point=date(2026, 4, 16),
                open_point=True,
            ),
        ),
        ("03-010", "idle", window(date(2026, 4, 21), date(2026, 4, 27), date(2026, 4, 24), band="idle")),
    ]
    ranges = [
        (
            "Platelets",
            "84",
            "10*3/uL",
            Interval(Scale(0, 420), 125, 350, point=84, band="idle", tone="due", height=18),
        ),
        ("White cells", "5.2", "10*9/L", Interval(Scale(0, 13), 3.5, 9.5, point=5.2, height=18)),
        ("LDL", "120", "mmol/L", Interval(Scale(0, 6), None, 3.4, band="idle", height=18)),
    ]
    context = {"windows": windows, "ranges": ranges, "icons": ICONS}
    return render(request, "server/gallery.html", context)
