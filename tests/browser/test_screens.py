"""Every page in a browser, in both languages, wide and narrow: axe finds nothing, nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hands import press

import server_live as live
from server_live import PASSWORD

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LANGUAGES, WIDTHS = ("en", "zh"), (1280, 360)

PAGES = {
    "sign-in": (None, "/sign-in/"),
    "today": ("coordinator-03", "/"),
    "participants": ("coordinator-03", "/participants/"),
    "new-participant": ("coordinator-03", "/participants/new/"),
    "participant": ("coordinator-03", "/participants/{treated}/"),
    "visit-form": ("coordinator-03", "/participants/{treated}/visits/M1/1/hematology/1/"),
    "visit-next": ("coordinator-03", "/participants/{treated}/visits/{next}/1/"),
    "chemistry": ("coordinator-03", "/participants/{treated}/visits/SCR/1/chemistry/1/"),
    "adverse-event": ("coordinator-03", "/participants/{treated}/logs/adverse_events/1/"),
    "form-read-only": ("monitor", "/participants/{treated}/visits/M1/1/hematology/1/"),
    "assessor": ("outcome-assessor-03", "/participants/{treated}/visits/M1/1/visit_assessment/1/"),
    "screening": ("investigator-03", "/screening/"),
    "eligibility": ("investigator-03", "/participants/{screening}/eligibility/"),
    "randomized": ("investigator-03", "/participants/{treated}/eligibility/"),
    "dispensing": ("pharmacist-03", "/dispensing/"),
    "dispense": ("pharmacist-03", "/participants/{treated}/dispense/"),
    "queries": ("data-manager", "/queries/"),
    "history": ("coordinator-03", "/participants/{treated}/history/"),
    "course": ("investigator-03", "/participants/{treated}/course/"),
    "course-read": ("inspector", "/participants/{withdrawn}/course/"),
    "course-hold": ("investigator-03", "/participants/{treated}/course/hold/"),
    "course-stop": ("coordinator-03", "/participants/{treated}/course/stop/"),
    "course-deviation": ("monitor", "/participants/{treated}/course/deviation/"),
    "course-withdraw": ("coordinator-03", "/participants/{treated}/course/withdraw/"),
    "course-death": ("coordinator-03", "/participants/{treated}/course/death/"),
    "course-fail": ("coordinator-03", "/participants/{screening}/course/fail/"),
    "course-refused": ("coordinator-03", "/participants/{treated}/course/deviation/"),
    "emergency": ("investigator-03", "/emergency/?from={treated}"),
    "revealed": ("investigator-03", "/emergency/?from={treated}"),
    "locking": ("data-manager", "/lock/"),
    "overview": ("data-manager", "/overview/"),
    "accounts": ("administrator", "/accounts/"),
    "not-found": ("coordinator-03", "/participants/07-001/"),
    "not-allowed": ("pharmacist-03", "/queries/"),
}


def left_empty(page, _who: str) -> None:
    """A sheet is sent with nothing in it."""
    page.fill("#f-effective", "")
    press(page, ".savebar button")


def a_code_is_broken(page, who: str) -> None:
    """The number is typed, the reason and the password given."""
    for field, words in (("#participant", who), ("#reason", "Bleeding"), ("#password", PASSWORD)):
        page.fill(field, words)
    press(page, ".savebar button")


DOES = {"course-refused": left_empty, "revealed": a_code_is_broken}
"""Page → what is done there before it is looked at."""


def places() -> dict[str, str]:
    """Whom the addresses name: a treated participant of site 03, and one whose screening goes on."""
    from trialist.server import workplace

    everyone = [one for one in workplace.here().desk.participants() if one.site == "03"]
    treated = next(
        one
        for one in everyone
        if one.status == "randomized" and ("M1", 1) in one.visits and ("M6", 1) not in one.visits
    )
    screening = next((one for one in everyone if one.status == "screening"), everyone[-1])
    later = [name for name in ("M2", "M3", "M4", "M5", "M6") if (name, 1) not in treated.visits]
    withdrawn = next(one for one in workplace.here().desk.participants() if one.status == "withdrawn")
    return {"treated": treated.id, "screening": screening.id, "next": later[0], "withdrawn": withdrawn.id}


@pytest.fixture(scope="module")
def only_read(filled_for_browsers, tmp_path_factory) -> Path:
    """The study of all pages that nobody writes on."""
    return live.copy(filled_for_browsers, tmp_path_factory.mktemp("only-read") / "study")


@pytest.fixture
def site(request, only_read, filled_for_browsers, tmp_path) -> Iterator[str]:
    """A server; whoever does something on a page before it is looked at has a study of their own."""
    own = request.node.callspec.params["name"] in DOES
    folder = live.copy(filled_for_browsers, tmp_path / "study") if own else only_read
    with live.serving(folder) as address:
        yield address


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_for_everybody(person, violations, name, language):
    who, address = PAGES[name]
    page = person(who, language=language)
    page.goto(address.format(**places()))
    if name in DOES:
        DOES[name](page, places()["treated"])
    assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[language]
    assert "REHEARSAL" in page.inner_text("body")
    faults = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=FOLDER / f"{name}.{language}.{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{width}: wider than the window")
        faults += [f"{width}: {rule} {place}" for rule, place in violations(page)]
    assert faults == []
    expected = {"not-found": "404", "not-allowed": "403", "course-refused": "422"}.get(name, "nothing")
    assert [fault for fault in page.faults if expected not in fault] == []


def test_the_pictures_are_of_every_page_that_people_open():
    from trialist.server.views import urls
    from trialist.server.views.happenings import SHEETS

    shown = {
        "today", "participants", "consent", "participant", "history", "visit", "form", "log", "eligibility",
        "dispense", "screening", "dispensing", "queries", "overview", "course", "emergency", "locking",
    }  # fmt: skip
    acts = {"sign", "ask", "reply", "sign-eligibility", "randomize", "fail-screening", "freeze-clear", "lock"}
    sheets = {f"course-{one.name}" for one in SHEETS}
    assert {pattern.name for pattern in urls.urlpatterns} == shown | acts | sheets
