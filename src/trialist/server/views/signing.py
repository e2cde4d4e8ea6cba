"""The investigator's signature: there is one, over the whole of a participant's record as it stands."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from trialist.conduct.commands import Sign
from trialist.findings import Refusal
from trialist.server import words
from trialist.server.access import Here, acts
from trialist.server.views import errors
from trialist.server.views.common import password_given_again
from trialist.server.views.participants import context_of


@acts(Sign)
@require_POST
def sign(request: HttpRequest, participant: str) -> HttpResponse:
    """The investigator's signature over the record as it stands; the password is given again (21 CFR 11.200)."""
    here: Here = request.here
    person = here.participant(participant)
    if not password_given_again(request):
        context = context_of(request, person) | {
            "sign_wrong": words.say("sign_password_wrong", request.language)
        }
        return render(request, "server/pages/participant.html", context, status=422)
    if request.POST.get("seen") != str(person.version):
        context = context_of(request, person) | {"sign_wrong": words.say("sign_changed", request.language)}
        return render(request, "server/pages/participant.html", context, status=409)
    try:
        here.act(Sign(person.id, words.say("sign_meaning", "en")), key=request.POST.get("key", ""))
    except Refusal as refusal:
        return errors.refused(request, refusal)
    return redirect("participant", person.id)
