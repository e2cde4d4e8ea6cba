"""What every page's frame needs: the study, the person, the navigation, the foot."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from trialist.findings import Language
from trialist.server import dates, words, workplace
from trialist.server.access import Here

NAVIGATION = (
    "today", "participants", "screening", "dispensing", "queries", "overview", "emergency",
    "study", "people", "allocation", "locking", "accounts",
)  # fmt: skip
"""Pages in the bar, in this order, where they exist and the role opens them."""
OFFICE = ("study", "people", "allocation", "locking")
"""Pages about the study itself: one entry of the bar, and a row of their own on each of them."""
_ROLE_PAGE = {"screening": "eligibility"}
_BELONGS = {
    "participant": "participants", "consent": "participants", "visit": "participants", "form": "participants",
    "log": "participants", "history": "participants", "eligibility": "screening", "dispense": "dispensing",
    "course": "participants", "freeze-clear": "locking", "lock": "locking",
    "study-site": "study", "study-pause": "study", "people-end": "people",
}  # fmt: skip
"""Page → the entry of the bar that it stands under."""


def shell(request: HttpRequest) -> dict[str, Any]:
    """For `base.html`; nothing here names an arm, a kit or a person of another site."""
    here = getattr(request, "here", None)
    language = getattr(request, "language", "en")
    place = workplace.here()
    frame = {
        "language": language,
        "lang": "zh-CN" if language == "zh" else "en",
        "here": here,
        "path": request.get_full_path() if request.method == "GET" else "/",
        "rehearsal": place.rehearsal,
        "clock_day": dates.day(place.now().date(), language) if place.rehearsal else "",
    }
    return frame if here is None else {**frame, **_person(here, request, language)}


def _person(here: Here, request: HttpRequest, language: Language) -> dict[str, Any]:
    head = here.workplace.ledger.head()
    match = request.resolver_match
    bar, office = navigation(here, language), office_pages(here, language)
    current = _current(match.url_name or "") if match else None
    return {
        "study": here.protocol.study,
        "site_label": here.protocol.sites[here.site].label if here.site else None,
        "all_sites": len(here.sites) == len(here.protocol.sites),
        "role_word": words.say(f"role_{here.role}", language),
        "role_words": [(role, words.say(f"role_{role}", language)) for role in here.roles],
        "head": f"{head.hash[:4]} {head.hash[4:8]}",
        "head_full": str(head),
        "navigation": bar,
        "office": office if current in OFFICE and len(office) > 1 else (),
        "home": home(here),
        "current": current,
        "bar_current": office[0][0] if current in OFFICE and office else current,
    }


def _current(name: str) -> str:
    """The entry of the bar that a page stands under."""
    return "participants" if name.startswith("course-") else _BELONGS.get(name, name)


def navigation(here: Here, language: Language) -> list[tuple[str, str, str]]:
    """Name, words and address of every page in the bar that exists and that this role opens."""
    office = [name for name, *_ in office_pages(here, language)][1:]
    return [one for one in _opened(here, NAVIGATION, language) if one[0] not in office]


def office_pages(here: Here, language: Language) -> list[tuple[str, str, str]]:
    """The pages about the study itself that this role opens."""
    return _opened(here, OFFICE, language)


def _opened(here: Here, names: tuple[str, ...], language: Language) -> list[tuple[str, str, str]]:
    found = []
    for name in names:
        if here.opens(_ROLE_PAGE.get(name, name)):
            try:
                found.append((name, words.say(f"nav_{name}", language), reverse(name)))
            except NoReverseMatch:
                continue
    return found


def home(here: Here) -> str:
    """Where this role begins: the first page that it opens."""
    pages = navigation(here, here.language)
    return pages[0][2] if pages else "/"
