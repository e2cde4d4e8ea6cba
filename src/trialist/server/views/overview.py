"""The study: enrollment against the plan, and its running, pooled. No outcome, nothing by arm or stratum."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from trialist.conduct.state import ParticipantState
from trialist.findings import Language
from trialist.server import dates, plan, words
from trialist.server.access import Here, page

WIDTH, HEIGHT, LEFT, BOTTOM = 832, 264, 48, 226


@page("overview")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Pooled operations of the whole study; a person of one site sees their own site's line beside it."""
    here: Here = request.here
    people = here.workplace.desk.participants()
    today = here.today()
    protocol = here.protocol
    days = sorted(day for one in people if (day := plan.anchor(one, protocol, "randomization")) is not None)
    planned = protocol.population.enrollment
    flow = Counter(one.status for one in people)
    context = {
        "planned": planned,
        "randomized": len(days),
        "screened": len(people),
        "failed": flow["screen_failed"] + flow["declined"],
        "in_screening": flow["screening"] + flow["eligible"] + flow["requested"],
        "followed": flow["randomized"],
        "left": flow["withdrawn"] + flow["lost"] + flow["died"],
        "completed": flow["completed"],
        "deviations": sum(len(one.deviations) for one in people),
        "major": sum(line.grade == "major" for one in people for line in one.deviations),
        "codes": sum(bool(one.code_breaks) for one in people),
        "queries": sum(one.status == "open" for person in people for one in person.open_queries),
        "answered": sum(one.status == "answered" for person in people for one in person.open_queries),
        "sites": [_site(here, name, people) for name in _sites(here)],
        "picture": _picture(Curve.of(here, days, today, planned), request.language),
        "rate": f"{len(days) / max(1, (today - days[0]).days) * 30.44:.1f}" if days else "0",
        "today": today,
    }
    return render(request, "server/pages/overview.html", context)


def _sites(here: Here) -> tuple[str, ...]:
    """Sites that a person of the site side sees are their own; the office sees all."""
    return here.sites or tuple(here.protocol.sites)


def _site(here: Here, name: str, people: tuple[ParticipantState, ...]) -> dict[str, Any]:
    own = [one for one in people if one.site == name]
    visits = [one for person in own for one in plan.plan(person, here.protocol, here.today(name))]
    return {
        "label": here.protocol.sites[name].label,
        "screened": len(own),
        "randomized": sum(one.allocation is not None for one in own),
        "codes": sum(bool(one.code_breaks) for one in people),
        "queries": sum(one.status == "open" for person in own for one in person.open_queries),
        "overdue": sum(one.state == "overdue" for one in visits),
        "missed": sum(one.state == "missed" for one in visits),
    }


@dataclass(frozen=True, slots=True)
class Curve:
    """Randomizations as they came, and the straight line that the plan expects."""

    days: tuple[date, ...]
    start: date
    today: date
    end: date
    planned: int

    @classmethod
    def of(cls, here: Here, days: list[date], today: date, planned: int) -> Curve:
        """From the study file's expected recruitment, where it has one; else from what has happened."""
        rehearsal = here.protocol.rehearsal
        start = days[0] if days else today
        months = float(rehearsal.recruitment.months.value) if rehearsal else 24.0
        if rehearsal is not None:
            start = min(start, rehearsal.recruitment.first_consent.value)
        return cls(tuple(days), start, today, start + timedelta(days=round(months * 30.44)), planned)


def _picture(curve: Curve, language: Language) -> SafeString:
    """Steps in ink, the plan as one dashed line, both labelled at their ends."""
    last = max(curve.end, curve.today) + timedelta(days=20)

    def x(day: date) -> float:
        return round(
            LEFT + (WIDTH - LEFT - 90) * (day - curve.start).days / max(1, (last - curve.start).days), 1
        )

    def y(count: int) -> float:
        return round(BOTTOM - (BOTTOM - 20) * count / max(curve.planned, len(curve.days), 1), 1)

    steps = [f"M{x(curve.start)} {y(0)}"]
    steps += [f"H{x(day)}V{y(count)}" for count, day in enumerate(curve.days, 1)]
    steps.append(f"H{x(curve.today)}")
    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 90}" y1="{y(n)}" y2="{y(n)}"/>'
        for n in range(0, curve.planned + 1, 20)
    ]
    parts += [
        f'<text class="s e" x="{LEFT - 8}" y="{y(n) + 4}">{n}</text>' for n in range(0, curve.planned + 1, 20)
    ]
    for month, after in pairwise(_quarters(curve.start, last)):
        if after:
            parts.append(
                f'<text class="s" x="{x(month)}" y="{BOTTOM + 20}">{escape(dates.month(month, language))}</text>'
            )
    ends, now = (x(curve.end), y(curve.planned)), (x(curve.today), y(len(curve.days)))
    parts.append(f'<line class="ref" x1="{x(curve.start)}" y1="{y(0)}" x2="{ends[0]}" y2="{ends[1]}"/>')
    parts.append(_text("s", ends[0] + 6, ends[1] + 4, words.say("curve_plan", language, n=curve.planned)))
    parts.append(f'<path class="step" d="{"".join(steps)}"/>')
    parts.append(f'<circle class="est" cx="{now[0]}" cy="{now[1]}" r="4"/>')
    parts.append(_text("b", now[0] + 9, now[1] + 14, words.say("curve_now", language, n=len(curve.days))))
    said = escape(words.say("curve_said", language, n=len(curve.days), planned=curve.planned))
    drawn = f'<svg class="fig" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">{"".join(parts)}</svg>'
    return mark_safe(drawn)  # noqa: S308 - numbers, and words that are escaped


def _text(looks: str, x: float, y: float, said: str) -> str:
    return f'<text class="{looks}" x="{x:g}" y="{y:g}">{escape(said)}</text>'


def _quarters(first: date, last: date) -> list[date]:
    """The first days of every third month in between, and one beyond."""
    month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    found = []
    while month <= last + timedelta(days=95):
        found.append(month)
        month = (month + timedelta(days=97)).replace(day=1)
    return found
