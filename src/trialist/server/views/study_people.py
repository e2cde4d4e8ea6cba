"""The delegation log: who may do what, where, from when and until when; and the accounts of those who are new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from trialist.conduct import commands as c
from trialist.conduct.roles import SITE_ROLES, in_force
from trialist.conduct.state import Appointment
from trialist.conduct.study_acts import APPOINTABLE
from trialist.findings import Refusal
from trialist.protocol.model import Role
from trialist.server import accounts, words
from trialist.server.access import Here, acts, day_at, page
from trialist.server.models import Account
from trialist.server.views.common import fresh_key

ROLES = tuple(role for role in get_args(Role) if role in APPOINTABLE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log, as it stands today: `now` (in force), `later` or `over`."""

    person: str
    shown: str
    role: str
    at: Appointment
    state: str
    tone: str
    account: bool

    @property
    def words(self) -> str:
        """The key of the words of its state."""
        return f"people_{self.state}"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    person: str = ""
    shown: str = ""
    role: str = ""
    sites: tuple[str, ...] = ()
    start: str = ""
    end: str = ""


@page("people")
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """The log; a new line on POST, and an account with its one-time password for somebody who has none."""
    here: Here = request.here
    if request.method == "GET" or not here.may(c.Appoint):
        return _show(request, Typed(start=here.today().isoformat()))
    sent = request.POST
    typed = Typed(
        sent.get("person", "").strip().lower()[:64],
        sent.get("shown", "").strip()[:120],
        sent.get("role", "")[:40],
        tuple(sent.getlist("sites"))[: len(here.protocol.sites)],
        sent.get("start", "").strip()[:10],
        sent.get("end", "").strip()[:10],
    )
    return _appoint(request, typed)


def _appoint(request: HttpRequest, typed: Typed) -> HttpResponse:
    here: Here = request.here
    sites = typed.sites if typed.role in SITE_ROLES else ()
    command = c.Appoint(typed.person, typed.role, sites, typed.start, typed.end or None)
    known = Account.objects.filter(person=typed.person).exists()
    if not typed.shown and not known and here.opens("accounts"):
        return _show(request, typed, empty=words.say("field_empty", request.language), status=422)
    made: list[tuple[Account, str]] = []

    def account() -> None:
        address = request.META.get("REMOTE_ADDR", "")
        made.append(accounts.make(name=typed.person, person=typed.person, shown=typed.shown, address=address))

    new = None if known or not here.opens("accounts") else account
    try:
        here.act(command, key=request.POST.get("key", "") or fresh_key(), beside=new)
    except Refusal as refusal:
        return _show(request, typed, findings=refusal.findings, status=422)
    return _show(
        request,
        Typed(start=typed.start),
        appointed=typed,
        role=_role(request, typed.role),
        once=made[-1][1] if made else None,
        no_account=not known and not made,
    )


@acts(c.Appoint)
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End an appointment: the same line, stated anew with its last day."""
    here: Here = request.here
    sent = request.POST
    person, role, start = (sent.get(name, "") for name in ("person", "role", "start"))
    sites = tuple(part for part in sent.get("sites", "").split(" ") if part)
    lines = here.workplace.desk.study().people.get(person, ())
    if not any((one.role, one.sites, one.start) == (role, sites, start) for one in lines):
        return redirect("people")
    command = c.Appoint(person, role, sites, start, sent.get("end", ""))
    try:
        here.act(command, key=sent.get("key", "") or fresh_key())
    except Refusal as refusal:
        typed = Typed(start=here.today().isoformat())
        return _show(request, typed, end_findings=refusal.findings, status=422)
    return redirect("people")


def _show(request: HttpRequest, typed: Typed, *, status: int = 200, **more: Any) -> HttpResponse:
    here: Here = request.here
    lines = sorted(_lines(request), key=lambda one: (_ORDER[one.state], one.person, one.at.start))
    context = {
        "lines": lines,
        "roles": [(role, _role(request, role)) for role in ROLES],
        "site_roles": ("、" if request.language == "zh" else ", ").join(
            _role(request, role) for role in ROLES if role in SITE_ROLES
        ),
        "sites": here.protocol.sites,
        "typed": typed,
        "appoints": here.may(c.Appoint),
        "makes_accounts": here.opens("accounts"),
        "today": here.today().isoformat(),
        "key": fresh_key(),
        **more,
    }
    return render(request, "server/pages/study_people.html", context, status=status)


_ORDER = {"now": 0, "later": 1, "over": 2}
_TONES = {"now": "ok", "later": "due", "over": "idle"}


def _lines(request: HttpRequest) -> Iterator[Line]:
    here: Here = request.here
    named = dict(Account.objects.values_list("person", "shown"))
    for person, lines in here.workplace.desk.study().people.items():
        for line in lines:
            state = _state(here, line)
            role, shown = _role(request, line.role), named.get(person, person)
            yield Line(person, shown, role, line, state, _TONES[state], person in named)


def _state(here: Here, line: Appointment) -> str:
    """Whether a line counts today, at the first of its sites."""
    today = day_at(here.workplace, line.sites[0] if line.sites else None)
    if in_force(line, today):
        return "now"
    return "later" if line.start > today.isoformat() else "over"


def _role(request: HttpRequest, role: str) -> str:
    return words.say(f"role_{role}", request.language) if role in ROLES else role
