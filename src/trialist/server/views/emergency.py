"""The emergency code break: one participant's treatment, to the one person who asks, for a reason.

The number is typed, the password given again. The vault writes its line, then answers; the ledger gets who, when and
why, never what. The answer stands on the page that answers the question and nowhere else: no address shows it again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from trialist.conduct.commands import EndTreatment
from trialist.conduct.state import ParticipantState
from trialist.findings import Finding, Language, Refusal
from trialist.server import accounts, plan, words
from trialist.server.access import Here, page
from trialist.server.models import Account
from trialist.server.views.common import fresh_key

LONGEST_REASON = 4000


@page("emergency")
@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """Ask for one participant's treatment: number, reason, password; the answer to whoever asked."""
    typed = {name: request.POST.get(name, "") for name in ("participant", "reason")}
    came_from = (request.POST or request.GET).get("from", "")
    if request.method == "GET":
        return _show(request, typed, came_from)
    said, person = _checked(request, typed, came_from)
    if person is None or said:
        return _show(request, typed, came_from, said=said, status=422)
    try:
        arm = _reveal(request, person, typed["reason"].strip())
    except Refusal as refusal:
        at_fields = {one.path: one.say(request.language) for one in refusal.findings if one.path in typed}
        others = tuple(one for one in refusal.findings if one.path not in typed)
        return _show(request, typed, came_from, said=at_fields, others=others, status=422)
    return render(request, "server/pages/revealed.html", _answer(request.here, person, arm, request.language))


def _checked(
    request: HttpRequest, typed: dict[str, str], came_from: str
) -> tuple[dict[str, str], ParticipantState | None]:
    """What is wrong at which field; and whom the number names. The password is looked at once the rest stands."""
    here: Here = request.here
    said: dict[str, str] = {}
    number = typed["participant"].strip()
    person = _named(here, number)
    if person is None:
        said["participant"] = words.say("emergency_unknown", request.language)
    elif came_from and number != came_from:
        said["participant"] = words.say("emergency_other", request.language, participant=came_from[:_LONGEST])
    if not typed["reason"].strip():
        said["reason"] = words.say("write_why", request.language)
    if not said:
        known = accounts.check_password(
            name=here.account.name,
            password=request.POST.get("password", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
        if not isinstance(known, Account):
            wrong = "emergency_rests" if isinstance(known, accounts.Locked) else "emergency_password_wrong"
            said["password"] = words.say(wrong, request.language)
    return said, person


_LONGEST = 20


def _named(here: Here, number: str) -> ParticipantState | None:
    """The participant of that number in this person's scope; another site's is none."""
    try:
        return here.participant(number)
    except Http404:
        return None


class _FirstAnswers:
    """Answers of the last minute, so that the second of two clicks asks the vault nothing and sees the first answer.

    They are held where the vault's contents are, in the memory of this process, and in no other place.
    """

    KEPT = 60.0
    """Seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], tuple[float, str]] = {}

    def once(self, asked: tuple[str, ...], ask: Callable[[], str]) -> str:
        """The answer; asked for if it is not known. Two clicks at once wait for each other."""
        now = time.monotonic()
        with self._lock:
            self._known = {name: one for name, one in self._known.items() if now - one[0] < self.KEPT}
            if asked not in self._known:
                self._known[asked] = (now, ask())
            return self._known[asked][1]


_answers = _FirstAnswers()


def _reveal(request: HttpRequest, person: ParticipantState, reason: str) -> str:
    here: Here = request.here
    place, key, at = here.workplace, request.POST.get("key", ""), here.workplace.now()

    def ask() -> str:
        return place.desk.break_code(
            person.id,
            to=here.person,
            reason=reason,
            by=here.actor(person.site),
            at=at,
            effective=place.local(person.site, at).isoformat(),
            key=key,
        )

    return _answers.once((str(place.folder), here.person, person.id, reason, key), ask)


def _show(
    request: HttpRequest,
    typed: dict[str, str],
    came_from: str,
    *,
    said: dict[str, str] | None = None,
    others: tuple[Finding, ...] = (),
    status: int = 200,
) -> HttpResponse:
    here: Here = request.here
    known = _named(here, came_from) if came_from else None
    context = {
        "typed": typed,
        "came_from": known.id if known else "",
        "said": said or {},
        "findings": others,
        "longest": LONGEST_REASON,
        "broken": _broken(here),
        "opens": here.opens("participant"),
        "key": fresh_key(),
    }
    return render(request, "server/pages/emergency.html", context, status=status)


def _broken(here: Here) -> list[dict[str, Any]]:
    """Code breaks in this person's scope, the latest first: whose, when, to whom."""
    found = [
        {"person": person.id, "day": plan.day_of(one.effective, person, here.protocol), "to": one.revealed_to}
        for person in here.participants()
        for one in person.code_breaks
    ]
    return sorted(found, key=lambda one: (one["day"], one["person"]), reverse=True)


def _answer(here: Here, person: ParticipantState, arm: str, language: Language) -> dict[str, Any]:
    return {
        "person": person,
        "arm": here.protocol.arms[arm].label.say(language),
        "at": here.workplace.local(person.site),
        "who": here.account.shown,
        "ends": here.may(EndTreatment) and person.first_dose is not None and person.treatment_ended is None,
        "opens": here.opens("participant"),
    }
