"""The lock: what stands against it in each record, freezing what is clear, and the lock itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from trialist.conduct.commands import Freeze, LockStudy
from trialist.conduct.state import ParticipantState
from trialist.conduct.study_acts import blockers
from trialist.findings import Finding, Language, Refusal
from trialist.server import words
from trialist.server.access import Here, acts, page
from trialist.server.views.common import fresh_key, password_given_again
from trialist.server.views.participants import TONES, status_words


@dataclass(frozen=True, slots=True)
class Record:
    """One participant's record on the way to the lock."""

    person: ParticipantState
    against: tuple[Finding, ...]
    tone: str
    status: str
    said: str

    @property
    def clear(self) -> bool:
        """Whether nothing stands against the lock."""
        return not self.against


@page("locking")
@require_GET
def locking(request: HttpRequest) -> HttpResponse:
    """What stands against the lock, and its steps."""
    return render(request, "server/pages/locking.html", _context(request))


def _records(here: Here, language: Language) -> Iterator[Record]:
    for person in here.participants():
        against = tuple(blockers(person))
        tone, status = TONES.get(person.status, "idle"), status_words(here, person, language)
        yield Record(person, against, tone, status, _said(against, language))


def _said(against: tuple[Finding, ...], language: Language) -> str:
    """What stands against one record, each kind once."""
    kinds = Counter(one.code.removeprefix("lock.") for one in against)
    comma = "、" if language == "zh" else ", "
    return comma.join(words.say(f"lock_kind_{kind}", language, n=n) for kind, n in kinds.items())


def _context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    here: Here = request.here
    study = here.workplace.desk.study()
    records = list(_records(here, request.language))
    frozen = request.GET.get("frozen", "")
    return {
        "locked": _day(here, study.locked),
        "records": [one for one in records if not one.clear],
        "against": sum(len(one.against) for one in records),
        "all": len(records),
        "clear": sum(one.clear for one in records),
        "frozen": sum(one.person.frozen for one in records),
        "to_freeze": sum(one.clear and not one.person.frozen for one in records),
        "study_name": study.id,
        "freezes": here.may(Freeze),
        "locks": here.may(LockStudy),
        "now_frozen": int(frozen) if frozen.isascii() and frozen.isdigit() and len(frozen) < _DIGITS else 0,
        "key": fresh_key(),
        "typed": "",
        "said": {},
        **more,
    }


_DIGITS = 6


def _day(here: Here, at: str | None) -> date | None:
    """The day of the lock where this reader is."""
    if at is None:
        return None
    return here.workplace.local(
        here.site or next(iter(here.protocol.sites)), datetime.fromisoformat(at)
    ).date()


@acts(Freeze)
@require_POST
def freeze_clear(request: HttpRequest) -> HttpResponse:
    """Freeze every record against which nothing stands."""
    here: Here = request.here
    key = request.POST.get("key", "")
    waiting = [one for one in here.participants() if not one.frozen and not any(blockers(one))]
    try:
        for person in waiting:
            here.act(Freeze(person.id), key=f"{key} {person.id}")
    except Refusal as refusal:
        context = _context(request, findings=refusal.findings)
        return render(request, "server/pages/locking.html", context, status=422)
    return redirect(f"{request.path.removesuffix('freeze/')}?frozen={len(waiting)}")


@acts(LockStudy)
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Lock, once the study's name is typed and the password given again."""
    here: Here = request.here
    typed, study = request.POST.get("study", "").strip(), here.workplace.desk.study()
    said = {}
    if typed != study.id:
        said["study"] = words.say("lock_study_wrong", request.language, study=study.id)
    elif not password_given_again(request):
        said["password"] = words.say("lock_password_wrong", request.language)
    if said:
        return render(
            request, "server/pages/locking.html", _context(request, said=said, typed=typed[:40]), status=422
        )
    try:
        here.act(LockStudy(), key=request.POST.get("key", ""))
    except Refusal as refusal:
        context = _context(request, findings=refusal.findings[:1], typed=typed)
        return render(request, "server/pages/locking.html", context, status=422)
    return redirect("locking")
