"""Handing over: who is waiting, the kit scanned against the kit assigned, what was handed over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from trialist.conduct.commands import Dispense
from trialist.conduct.state import ParticipantState
from trialist.findings import Language, Refusal
from trialist.server import plan
from trialist.server.access import Here, acts, page
from trialist.server.views.common import fresh_key, moment_of, typed_now

SOON = timedelta(days=7)
_LONGEST, _LONGEST_TIME = 32, 40
_KIT = re.compile(r"[A-Za-z0-9-]{1,32}", re.ASCII)


def waiting(here: Here, language: Language) -> list[dict[str, Any]]:
    """Who is to be handed something: at visits that took place or whose window is open, first the longest waiting."""
    found = []
    for person in here.participants():
        due = next_handing(here, person)
        if due is not None:
            found.append(
                {
                    "person": person,
                    "planned": due,
                    "first": not person.dispensed,
                    "label": due.model.label.say(language),
                }
            )
    return sorted(
        found,
        key=lambda one: (not one["first"], one["planned"].target or one["planned"].day, one["person"].id),
    )


def next_handing(here: Here, person: ParticipantState) -> plan.Planned | None:
    """The visit at which something is to be handed over next; None when nothing is due."""
    if (
        person.allocation is None
        or person.treatment_ended is not None
        or person.held is not None
        or person.ended
    ):
        return None
    given = {one.visit for one in person.dispensed}
    for one in plan.plan(person, here.protocol, here.today(person.site)):
        if one.model.dispense and one.visit not in given and one.state in ("done", "open", "overdue"):
            return one
    return None


@page("dispensing")
@require_GET
def dispensing(request: HttpRequest) -> HttpResponse:
    """Who is waiting, and what was handed over last."""
    here: Here = request.here
    context = {
        "waiting": waiting(here, request.language),
        "moves": _moves(here),
        "person": None,
        "gives": here.may(Dispense),
    }
    return render(request, "server/pages/dispensing.html", context)


@acts(Dispense)
@require_http_methods(["GET", "POST"])
def dispense(request: HttpRequest, participant: str) -> HttpResponse:
    """One participant: scan, compare, hand over."""
    here: Here = request.here
    person = here.participant(participant)
    kit = (request.POST if request.method == "POST" else request.GET).get("kit", "").strip()
    if request.method == "GET" or request.POST.get("do") == "check":
        context = _context(request, person, kit)
        wrong = bool(kit) and not context["fits"]
        return render(request, "server/pages/dispensing.html", context, status=422 if wrong else 200)
    due = next_handing(here, person)
    visit = request.POST.get("visit", "")
    model = here.protocol.schedule.visits.get(visit)
    packs = model.dispense if model is not None and model.dispense else 1
    typed = request.POST.get("when", "")
    when = moment_of(
        here, person.site, typed, after=person.allocation.effective if person.allocation else None
    )
    command = Dispense(person.id, visit, kit, packs, when)
    try:
        here.act(command, key=request.POST.get("key", ""))
    except Refusal as refusal:
        context = _context(request, person, kit)
        context |= {"findings": refusal.findings, "planned": due, "when": typed[:_LONGEST_TIME]}
        return render(request, "server/pages/dispensing.html", context, status=422)
    return redirect(f"{request.path}?done={visit}")


def _context(request: HttpRequest, person: ParticipantState, kit: str) -> dict[str, Any]:
    here: Here = request.here
    due = next_handing(here, person)
    assigned = person.allocation.kit if person.allocation else ""
    fits = bool(kit) and kit == assigned
    product = next(iter(here.protocol.products.values()))
    packs = due.model.dispense if due else 0
    done = request.GET.get("done", "")
    return {
        "person": person,
        "waiting": waiting(here, request.language),
        "moves": _moves(here, person),
        "gives": True,
        "planned": due,
        "kit": kit[:_LONGEST],
        "assigned": assigned,
        "fits": fits,
        "digits": differing(kit[:_LONGEST], assigned) if kit and not fits else None,
        "readable": bool(_KIT.fullmatch(kit)),
        "packs": packs,
        "units": packs * product.pack,
        "unit_form": product.form,
        "days": packs * product.pack // (product.units_per_dose * product.doses_per_day),
        "when": typed_now(here, person.site),
        "key": request.POST.get("key") or fresh_key(),
        "done": here.protocol.schedule.visits.get(done),
    }


@dataclass(frozen=True, slots=True)
class Digit:
    """One character of a kit's number, and whether it differs from the other number's."""

    text: str
    differs: bool


def differing(scanned: str, assigned: str) -> tuple[list[Digit], list[Digit]]:
    """Both numbers, character by character."""
    pairs = list(zip_longest(scanned, assigned, fillvalue=""))
    return [Digit(a, a != b) for a, b in pairs if a], [Digit(b, a != b) for a, b in pairs if b]


def _moves(here: Here, person: ParticipantState | None = None) -> list[dict[str, Any]]:
    """What was handed over, the latest first."""
    people = here.participants() if person is None else (person,)
    found = [
        {"person": one, "given": given, "label": here.protocol.schedule.visits[given.visit].label}
        for one in people
        for given in one.dispensed
    ]
    return sorted(found, key=lambda one: str(one["given"].effective), reverse=True)[:12]
