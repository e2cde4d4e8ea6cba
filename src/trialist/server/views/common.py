"""What several pages need: a fresh key for an act, times on a site's clock."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from trialist.findings import Finding, Language
from trialist.server import accounts
from trialist.server.access import Here
from trialist.server.models import Account

_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII)


def fresh_key() -> str:
    """A name for one act that a page may ask for; a second click repeats the name and so does nothing more."""
    return secrets.token_urlsafe(16)


def password_given_again(request: HttpRequest) -> bool:
    """Whether the page brought the password of who is signed in, as every signature asks (21 CFR 11.200)."""
    known = accounts.check_password(
        name=request.here.account.name,
        password=request.POST.get("password", ""),
        address=request.META.get("REMOTE_ADDR", ""),
    )
    return isinstance(known, Account)


def local_now(here: Here, site: str) -> str:
    """Now on a site's clock, with its offset."""
    return here.workplace.local(site).isoformat()


def typed_now(here: Here, site: str) -> str:
    """Now as a field shows it: to the minute, as people keep time."""
    return local_now(here, site)[:16].replace("T", " ")


def moment_of(here: Here, site: str, text: str, *, after: str | None = None) -> str:
    """What somebody typed as a day or a time of day, with the site's offset; other text is the desk's to refuse.

    A minute (or a second) that is typed is the whole of it. Where `after`, the moment of what must come first, lies
    within it, the moment meant is no earlier than that.
    """
    text = text.strip()
    if not _CLOCK.fullmatch(text):
        return text
    try:
        start = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(here.protocol.sites[site].zone))
    except ValueError:
        return text
    precision = "minutes" if len(text) == 16 else "seconds"
    if after is not None and "T" in after:
        first = datetime.fromisoformat(after)
        if start <= first < start + timedelta(**{precision: 1}):
            return after
    return start.isoformat(timespec=precision)


def said_at(findings: Iterable[Finding], path: str, label: str, language: Language) -> list[str]:
    """What is said at a field, its ways out after it; the field is called by its label, not by its name in the act."""
    found: list[str] = []
    for one in findings:
        if one.path == path:
            text = one.say(language)
            called = text.startswith(f"{path} ")
            found += [label + text[len(path) :] if called else text, *one.ways(language)]
    return found
