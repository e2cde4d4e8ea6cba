"""The office's page of accounts: who can sign in. Roles and sites are the delegation log's."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from trialist.findings import Language, Refusal
from trialist.server import accounts, words
from trialist.server.access import page, roles_of
from trialist.server.models import Account


@page("accounts")
@require_http_methods(["GET", "POST"])
def everybody(request: HttpRequest) -> HttpResponse:
    """All accounts; a new one on POST, with its one-time password shown once."""
    if request.method == "GET":
        return _show(request)
    name = request.POST.get("name", "").strip()[:64]
    shown = request.POST.get("shown", "").strip()[:120]
    if not shown:
        return _show(request, name=name, empty=words.say("field_empty", request.language), status=422)
    try:
        account, once = accounts.make(
            name=name, person=name, shown=shown, address=request.META["REMOTE_ADDR"]
        )
    except Refusal as refusal:
        return _show(request, name=name, shown=shown, findings=refusal.findings, status=422)
    return _show(request, once=once, of=account.name)


@page("accounts")
@require_POST
def reset(request: HttpRequest, name: str) -> HttpResponse:
    """A new one-time password; the second factor is set up anew."""
    account = get_object_or_404(Account, name=name)
    once = accounts.reset(account=account, address=request.META["REMOTE_ADDR"])
    return _show(request, once=once, of=account.name)


@page("accounts")
@require_POST
def close(request: HttpRequest, name: str) -> HttpResponse:
    """Nobody signs in by it any more. One's own cannot be closed: somebody has to be left."""
    account = get_object_or_404(Account, name=name)
    if account.pk != request.user.pk:
        accounts.close(account=account, address=request.META["REMOTE_ADDR"])
    return redirect("accounts")


def _show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = [_row(request, account) for account in Account.objects.order_by("name")]
    return render(request, "server/accounts.html", {"rows": rows, **more}, status=status)


def _row(request: HttpRequest, account: Account) -> dict[str, Any]:
    language = request.language
    roles = [words.say(f"role_{role}", language) for role in roles_of(request.here.workplace, account.person)]
    tone, key = _state(account)
    return {
        "account": account,
        "roles": _list(roles, language) or words.say("account_none", language),
        "tone": tone,
        "state": words.say(key, language),
        "own": account.pk == request.user.pk,
    }


def _state(account: Account) -> tuple[str, str]:
    if not account.is_active:
        return "idle", "account_closed"
    if account.locked_until is not None and account.locked_until > timezone.now():
        return "due", "account_resting"
    if account.new_password_wanted:
        return "due", "account_waits"
    return "ok", "account_open"


def _list(parts: list[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(parts)
