"""The study's own pages on a real study, in a browser: whole for everybody, in both languages, wide and narrow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hands import press
from test_screens import FOLDER, LANGUAGES, WIDTHS

import server_live as live

PAGES = {"study": "/study/", "people": "/study/people/", "allocation": "/study/allocation/"}
NOW = datetime(2026, 3, 30, 1, 40, tzinfo=UTC)
PEOPLE = (
    ("li.wei", "coordinator", ("03",), None),
    ("wang.fang", "investigator", ("03", "07"), None),
    ("zhao", "unblinded_statistician", (), None),
    ("chen", "monitor", ("03",), "2026-12-31"),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Iterator[Path]:
    """A folder with a real study that has just been opened; nobody is connected."""
    from django.db import connections

    live.configure()
    from trialist.server import database, run, settings, workplace
    from trialist.server.workplace import Workplace

    patch = pytest.MonkeyPatch()
    patch.setattr(Workplace, "now", lambda _: NOW)  # so that a picture is the same in every run
    folder = tmp_path_factory.mktemp("opened") / "study"
    folder.mkdir()
    address = f"sqlite:///{folder}/study.sqlite"
    settings.point_at(address, folder)
    database.prepare(address, folder)
    run._produce(run.Wanted(address, folder, 0))
    workplace.forget()
    connections["default"].close()
    yield folder
    patch.undo()


@pytest.fixture
def site(opened, tmp_path) -> Iterator[str]:
    """A server on a copy of the real study, for one test."""
    with live.serving(live.copy(opened, tmp_path / "study")) as address:
        yield address


def begun(folder: Path) -> None:
    """People, two sites, a closed one, a pause, and the list in vault and ledger: a study on its way."""
    from trialist.allocation import Annex
    from trialist.conduct import commands as c
    from trialist.server import run, workplace
    from trialist.vault import open_vault
    from trialist.vault.envelope import seal_annex

    place = workplace.here()
    for person, role, sites, end in PEOPLE:
        place.act(c.Appoint(person, role, sites, "2026-03-02", end), by=run.ADMINISTRATOR, key=f"a {person}")
    for command in (c.OpenSite("03"), c.OpenSite("07"), c.CloseSite("07", "the investigator retires")):
        place.act(command, by=run.ADMINISTRATOR, key=str(command))
    holders = keys("escrow", "holder 1", "holder 2")
    annex = Annex.make(place.protocol, hashlib.sha256(b"a list").digest(), "live")
    text = seal_annex(annex, holders, lambda n: b"n" * n)
    vault = open_vault(folder)
    vault.receive(text, keys("holder 1", "holder 2"), place.protocol, NOW)
    vault.close()
    place.commit_allocation(by=run.ADMINISTRATOR, key="the list")
    place.act(c.PauseEnrollment("the drug is late"), by=run.ADMINISTRATOR, key="pause")


def keys(*holders: str) -> dict[str, bytes]:
    """The keys of the list's holders."""
    return {name: hashlib.sha256(name.encode()).digest() for name in holders}


def ended(folder: Path) -> None:
    """The study is locked and two holders have opened the vault's list; the ledger does not say so yet."""
    from trialist.conduct import commands as c
    from trialist.conduct.commands import Actor
    from trialist.server import run, workplace
    from trialist.server.models import Account
    from trialist.vault import open_vault

    place = workplace.here()
    appointment = c.Appoint("zhou", "data_manager", (), "2026-03-02")
    place.act(appointment, by=run.ADMINISTRATOR, key="a zhou")
    place.act(c.LockStudy(), by=Actor("zhou", "data_manager"), key="lock")
    Account.objects.create(
        name="zhao", person="zhao", shown="Zhao Min", new_password_wanted=False, second_factor_wanted=False
    )
    vault = open_vault(folder)
    vault.open(keys("escrow", "holder 2"), NOW)
    vault.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_studys_pages_are_whole_for_everybody(site, person, violations, language, tmp_path):
    before = {f"{name}-at-first": address for name, address in PAGES.items() if name != "people"}
    page = person("administrator", language=language)
    faults = looked_at(page, violations, before, language)
    begun(tmp_path / "study")
    faults += looked_at(page, violations, PAGES, language)
    ended(tmp_path / "study")
    statistician = person("zhao", language=language)
    faults += looked_at(statistician, violations, {"allocation-opened": PAGES["allocation"]}, language)
    assert faults == []
    assert page.faults == []
    assert "REHEARSAL" not in page.inner_text("body")


def looked_at(page, violations, pages: dict[str, str], language: str) -> list[str]:
    """Pictures of pages, and what is wrong with them."""
    faults = []
    for name, address in pages.items():
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=FOLDER / f"{name}.{language}.{width}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{name} {width}: wider than the window")
            faults += [f"{name} {width}: {rule} {place}" for rule, place in violations(page)]
    return faults


def test_an_administrator_appoints_opens_closes_and_pauses_in_a_browser(site, person):
    from trialist.server import workplace

    page = person("administrator")

    def pressed(words: str) -> None:
        press(page, page.get_by_role("button", name=words).first)

    page.goto("/study/people/")
    page.fill("#person", "li.wei")
    page.select_option("#role", "coordinator")
    pressed("Appoint")
    assert "This is needed" in page.inner_text("main"), "a new account has a full name"
    page.fill("#shown", "Li Wei")
    pressed("Appoint")
    assert "belongs to sites" in page.inner_text("#findings")
    page.check("[name=sites][value='03']")
    pressed("Appoint")
    assert page.locator(".secret").count() == 1
    assert "Li Wei" in page.inner_text("table")
    page.fill("tr:has-text('li.wei') [name=end]", "2026-02-30")
    press(page, "tr:has-text('li.wei') button")
    assert "no day of the calendar" in page.inner_text("main")
    page.goto("/study/")
    pressed("Open 03")
    assert page.locator("tr:has-text('Site 03') .st").inner_text() == "open"
    page.click("main summary")
    page.fill("#close-reason", "moved away")
    pressed("Close the site")
    assert "closed" in page.inner_text("tr:has-text('Site 03')")
    page.fill("#pause-reason", "the drug is late")
    pressed("Pause enrollment")
    page.fill("#pause-reason", "it has come")
    pressed("Let enrollment go on")
    study = workplace.here().desk.study()
    assert study.paused is None
    assert not study.sites["03"].enrolls
    assert [line.role for line in study.people["li.wei"]] == ["coordinator"]
    assert [fault for fault in page.faults if "422" not in fault] == []
