"""The study itself: what it is, its sites, whether anybody may enter, and the list that the vault holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trialist.conduct import commands as c
from trialist.conduct.roles import in_force
from trialist.conduct.state import SiteState
from trialist.findings import Refusal
from trialist.ledger import Event, export
from trialist.protocol.model import Text
from trialist.server.access import Here, acts, page
from trialist.server.views import errors
from trialist.server.views.common import fresh_key

MILESTONES: Mapping[str, str] = {
    "study opened": "opened",
    "protocol activated": "activated",
    "allocation sealed": "sealed",
    "enrollment paused": "paused",
    "study locked": "locked",
    "allocation opened": "revealed",
}
"""Kind of event → the word under which the study's page tells it."""


@dataclass(frozen=True, slots=True)
class Site:
    """A line of the table of sites."""

    name: str
    label: Text
    state: SiteState
    opened: date | None
    closed: date | None
    people: int
    tone: str
    key: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to the study: which, when, who."""

    key: str
    at: datetime
    actor: str
    reason: str | None
    more: str

    @property
    def words(self) -> str:
        """The key of its words."""
        return f"step_{self.key}"


@page("study")
@require_GET
def study(request: HttpRequest) -> HttpResponse:
    """What the study is and where it stands; for those who may, its sites and its pause."""
    return _show(request)


def _show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    here: Here = request.here
    known = here.workplace.desk.study()
    context = {
        "is": known,
        "protocol": here.protocol,
        "sites": _sites(here),
        "enrolls": any(one.enrolls for one in known.sites.values()),
        "steps": _steps(here),
        "key": fresh_key(),
        "exports": here.opens("ledger") and len(here.sites) == len(here.protocol.sites),
        "opens_sites": here.may(c.OpenSite) and known.locked is None,
        "pauses": here.may(c.PauseEnrollment) and known.locked is None,
        **more,
    }
    return render(request, "server/pages/study.html", context, status=status)


def _sites(here: Here) -> list[Site]:
    known = here.workplace.desk.study()
    return [_site(here, name, known.sites.get(name, SiteState())) for name in here.protocol.sites]


def _site(here: Here, name: str, state: SiteState) -> Site:
    today, people = here.workplace.today(name), here.workplace.desk.study().people
    there = sum(
        any(name in line.sites and in_force(line, today) for line in lines) for lines in people.values()
    )
    tone, key = (
        ("ok", "site_open") if state.enrolls else ("idle", "site_closed" if state.closed else "site_not_yet")
    )
    opened, closed = (_day(here, name, at) for at in (state.opened, state.closed))
    return Site(name, here.protocol.sites[name].label, state, opened, closed, there, tone, key)


def _day(here: Here, site: str, at: str | None) -> date | None:
    return None if at is None else here.workplace.local(site, datetime.fromisoformat(at)).date()


def _steps(here: Here) -> list[Step]:
    """What happened to the study, latest first."""
    events = [one for one in here.workplace.ledger.events("study") if one.kind in MILESTONES]
    return [_step(here, one) for one in reversed(events)]


def _step(here: Here, event: Event) -> Step:
    key = "resumed" if event.payload.get("resume") else MILESTONES[event.kind]
    more = {
        "activated": lambda: f"v{event.payload['version']} · {event.payload['hash'][:12]}",
        "sealed": lambda: event.payload["commitment"][:12],
    }.get(key, str)()
    site = next(iter(here.protocol.sites))
    return Step(key, here.workplace.local(site, event.at), event.actor, event.reason, more)


def _act(request: HttpRequest, command: c.Command, where: str) -> HttpResponse:
    """Do it and come back; a refusal stands at its form."""
    try:
        request.here.act(command, key=request.POST.get("key", "") or fresh_key())
    except Refusal as refusal:
        typed = {name: request.POST.get(name, "")[:400] for name in ("site", "reason")}
        return _show(request, status=422, findings=refusal.findings, at=where, typed=typed)
    return redirect("study")


@acts(c.OpenSite, c.CloseSite)
@require_POST
def site(request: HttpRequest) -> HttpResponse:
    """Open a site, or close one with a reason."""
    name = request.POST.get("site", "")
    if request.POST.get("do") == "open":
        return _act(request, c.OpenSite(name), "sites")
    return _act(request, c.CloseSite(name, request.POST.get("reason", "")), "sites")


@acts(c.PauseEnrollment)
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Pause enrollment, or let it go on; with a reason either way."""
    resume = request.POST.get("do") == "resume"
    return _act(request, c.PauseEnrollment(request.POST.get("reason", ""), resume), "pause")


@page("ledger")
@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """The whole chain as a file, without what is sealed in it: `trialist verify` reads it, and so does a stranger."""
    here: Here = request.here
    if len(here.sites) < len(here.protocol.sites):
        return errors.forbidden(request)
    text = StringIO()
    head = export(here.workplace.ledger, text, disclosures=False)
    name = f"{here.protocol.study.id}-{head.seq}.jsonl"
    return HttpResponse(
        text.getvalue(),
        content_type="application/x-ndjson; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@page("allocation")
@require_http_methods(["GET", "POST"])
def allocation(request: HttpRequest) -> HttpResponse:
    """The list: what the vault holds, and its commitment in the ledger. Nothing that is secret passes here."""
    here: Here = request.here
    findings: tuple[Any, ...] = ()
    if request.method == "POST":
        record = (
            here.workplace.record_opening
            if request.POST.get("do") == "open"
            else here.workplace.commit_allocation
        )
        try:
            record(by=here.actor(), key=request.POST.get("key", "") or fresh_key())
        except Refusal as refusal:
            findings = refusal.findings
        else:
            return redirect("allocation")
    known, steps = here.workplace.desk.study(), {one.key: one for one in _steps(here)}
    context = {
        "is": known,
        "held": here.workplace.vault.sealing,
        "opening": here.workplace.vault.opening if known.locked else None,
        "sealed": steps.get("sealed"),
        "opened": steps.get("revealed"),
        "records": here.may(c.CommitAllocation) and known.commitment is None,
        "records_opening": here.may(c.RecordOpening) and known.locked is not None,
        "key": fresh_key(),
        "findings": findings,
    }
    return render(request, "server/pages/study_allocation.html", context, status=422 if findings else 200)
