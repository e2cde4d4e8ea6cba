"""Signing in and out, the second factor, the language, the role.

A name and a password open a half-finished sign-in, kept in the session for ten minutes under a fresh key. Only
when every step is done is anybody signed in.
"""

from __future__ import annotations

import time

from django.contrib.auth import login, logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from trialist.server import accounts, dates, words, workplace
from trialist.server.access import public, signed_in, stand, unfinished
from trialist.server.context import home
from trialist.server.middleware import LANGUAGE_COOKIE
from trialist.server.models import Account

HALF = "half"
"""The session's half-finished sign-in: account, when it began, whether the code was given."""
_MINUTES = 10
_YEAR = 365 * 86400
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _target(request: HttpRequest) -> str:
    """Where somebody wanted to go: a page of this server, or today's work."""
    wanted = request.POST.get("next") or request.GET.get("next") or request.session.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe and wanted.startswith("/") else "/"


@public
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password."""
    if request.user.is_authenticated:
        return redirect(_target(request))
    context = {
        "next": _target(request),
        "name": request.POST.get("name", "")[:64],
        "idle": "idle" in request.GET,
        "out": "out" in request.GET,
    }
    if request.method == "GET":
        return render(request, "server/sign_in.html", context)
    answer = accounts.check_password(
        name=request.POST.get("name", ""),
        password=request.POST.get("password", ""),
        address=_address(request),
    )
    if not isinstance(answer, Account):
        context["wrong"] = _wrong(request, answer, "sign_in_wrong")
        return render(request, "server/sign_in.html", context, status=422)
    target = _target(request)
    request.session.flush()
    request.session[HALF] = {"account": answer.pk, "began": int(time.time()), "code": False}
    request.session["next"] = target
    return _on(request, answer)


@unfinished
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second factor."""
    account = _half(request)
    if account is None or not account.totp_secret:
        return redirect("sign-in")
    if request.method == "GET":
        return render(request, "server/code.html")
    typed = request.POST.get("code", "")[:40]
    answer = accounts.check_code(account=account, code=typed, address=_address(request))
    if not isinstance(answer, Account):
        return render(
            request, "server/code.html", {"wrong": _wrong(request, answer, "code_wrong")}, status=422
        )
    request.session[HALF] = {**request.session[HALF], "code": True}
    return _on(request, account)


@unfinished
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """A password of one's own, at the first sign-in."""
    account = _half(request)
    if account is None or _step(request, account) != "sign-in-password":
        return redirect("sign-in")
    context = {"name": account.name}
    if request.method == "GET":
        return render(request, "server/password.html", context)
    typed = request.POST.get("password", "")
    wrong = _objections(request, account, typed, request.POST.get("again", ""))
    if wrong:
        return render(request, "server/password.html", {**context, "wrong": wrong}, status=422)
    return _on(request, account)


def _objections(request: HttpRequest, account: Account, typed: str, again: str) -> list[str]:
    """Why this password cannot be kept; none, and it is kept."""
    language = request.language
    if len(typed) > accounts.LONGEST_PASSWORD:
        return [words.say("password_too_long", language)]
    if typed != again:
        return [words.say("password_differs", language)]
    if account.check_password(typed):
        return [words.say("password_same", language)]
    try:
        accounts.set_password(account=account, password=typed, address=_address(request))
    except ValidationError as error:
        return [words.say(f"password_{one.code}", language) for one in error.error_list]
    return []


@unfinished
@require_http_methods(["GET", "POST"])
def enroll(request: HttpRequest) -> HttpResponse:
    """Set the second factor up."""
    account = _half(request)
    if account is None or _step(request, account) != "sign-in-enroll":
        return redirect("sign-in")
    secret = request.session.get("secret")
    if secret is None:
        secret = request.session["secret"] = accounts.new_secret()
    context = {
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "qr": _qr(secret, account),
    }
    if request.method == "GET":
        return render(request, "server/enroll.html", context)
    codes = accounts.enroll(
        account=account, secret=secret, code=request.POST.get("code", "")[:20], address=_address(request)
    )
    if codes is None:
        context["wrong"] = words.say("code_wrong", request.language)
        return render(request, "server/enroll.html", context, status=422)
    del request.session["secret"]
    request.session[HALF] = {**request.session[HALF], "code": True}
    request.session["codes"] = codes
    return redirect("sign-in-recovery")


@unfinished
@require_http_methods(["GET", "POST"])
def recovery(request: HttpRequest) -> HttpResponse:
    """The recovery codes, once."""
    account = _half(request)
    codes = request.session.get("codes")
    if account is None or codes is None:
        return redirect("sign-in")
    if request.method == "GET":
        return render(request, "server/recovery.html", {"codes": codes})
    del request.session["codes"]
    return _on(request, account)


@signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The end."""
    logout(request)
    return redirect(reverse("sign-in") + "?out=1")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of pages, kept in a cookie for a year."""
    chosen = "zh" if request.POST.get("language") == "zh" else "en"
    response = redirect(_target(request))
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR, samesite="Lax", httponly=True)
    return response


@signed_in
@require_POST
def role(request: HttpRequest) -> HttpResponse:
    """In which of one's roles one goes on."""
    wanted = request.POST.get("role", "")
    if wanted in request.here.roles:
        request.session["role"] = wanted
    return redirect(_home(request))


def _half(request: HttpRequest) -> Account | None:
    """Whose half-finished sign-in this is; None where there is none, or it has grown old."""
    half = request.session.get(HALF)
    if half is None or time.time() - half["began"] > 60 * _MINUTES:
        return None
    return Account.objects.filter(pk=half["account"], is_active=True).first()


def _step(request: HttpRequest, account: Account) -> str | None:
    """What is still to be done before somebody is in: code, password, second factor."""
    if account.totp_secret and not request.session[HALF]["code"]:
        return "sign-in-code"
    if account.new_password_wanted:
        return "sign-in-password"
    if account.second_factor_wanted and not account.totp_secret:
        return "sign-in-enroll"
    return None


def _on(request: HttpRequest, account: Account) -> HttpResponse:
    """The next step, or in."""
    step = _step(request, account)
    if step is not None:
        return redirect(step)
    target = _target(request)
    request.session.flush()
    accounts.signed_in(account=account, address=_address(request))
    login(request, account, backend=_BACKEND)
    request.session["seen"] = int(time.time())
    return redirect(target if target != "/" else _home(request))


def _home(request: HttpRequest) -> str:
    """Where the role begins."""
    here = stand(request, workplace.here(), request.language)
    return "/" if here is None else home(here)


def _wrong(request: HttpRequest, answer: object, otherwise: str) -> str:
    if isinstance(answer, accounts.Locked):
        return words.say("sign_in_locked", request.language, time=dates.clock(answer.until) + " UTC")
    return words.say(otherwise, request.language)


def _qr(secret: str, account: Account) -> str:
    """The QR code, drawn; no style attribute, its colors are fixed because a camera must read it."""
    import segno

    code_ = segno.make(accounts.address_of(secret, account, "trialist"), error="m")
    return mark_safe(  # noqa: S308 - made here, from a secret and a name of letters and digits
        code_.svg_inline(
            border=2, light="#fff", dark="#17211F", svgclass="qr", omitsize=True, title=None, lineclass=None
        )
    )
