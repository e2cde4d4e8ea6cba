"""What several pages need: a fresh key for an act, times on a site's clock."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from zoneinfo import ZoneInfo

from trialist.server.access import Here

_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def fresh_key() -> str:
    """A name for one act that a page may ask for; a second click repeats the name and so does nothing more."""
    return secrets.token_urlsafe(16)


def local_now(here: Here, site: str) -> str:
    """Now on a site's clock, with its offset."""
    return here.workplace.local(site).isoformat()


def moment_of(here: Here, site: str, text: str) -> str:
    """What somebody typed as a day or a time of day, with the site's offset; other text is the desk's to refuse."""
    text = text.strip()
    if _CLOCK.fullmatch(text):
        try:
            zone = ZoneInfo(here.protocol.sites[site].zone)
            return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat(timespec="minutes")
        except ValueError:
            return text
    return text
