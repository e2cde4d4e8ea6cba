"""What the browser tests share: Chromium, windows, the application on a port, people who sign in, a checker."""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import server_live as live


@pytest.fixture(scope="session")
def chrome(require) -> Iterator:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    known = path is not None and importlib.util.find_spec("playwright") is not None
    require("chromium", present=known, reason="pages are tried in a real browser")
    from playwright.sync_api import expect, sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in this thread; Django takes it for a view's
    )
    expect.set_options(timeout=live.PATIENCE * 1000)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chrome) -> Iterator[Callable]:
    """`window(width=360)` gives an empty page in a window of its own, closed after the test."""
    contexts = []

    def opened(*, width: int = 1280, height: int = 900, **options):
        context = chrome.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
        context.set_default_timeout(live.PATIENCE * 1000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def violations(require) -> Callable[..., list[tuple[str, str]]]:
    """`violations(page)` gives what a checker of accessibility finds there: the rule and the first place."""
    present = importlib.util.find_spec("axe_playwright_python") is not None
    require("axe", present=present, reason="axe-playwright-python brings the checker")
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def found(page) -> list[tuple[str, str]]:
        return [(one["id"], one["nodes"][0]["target"]) for one in axe.run(page).response["violations"]]

    return found


@pytest.fixture(scope="session")
def filled_for_browsers(served_study, once):
    """The rehearsed study with the whole cast; do not write here."""
    live.configure()

    def complete(folder: Path) -> None:
        import server_cast
        from trialist.server import workplace

        with live.pointing(live.copy(served_study, folder / "study")):
            server_cast.complete(workplace.here())

    return once("study-for-browsers", complete) / "study"


@pytest.fixture
def site(filled_for_browsers, tmp_path) -> Iterator[str]:
    """A server on a copy of the rehearsed study, for one test."""
    with live.serving(live.copy(filled_for_browsers, tmp_path / "study")) as address:
        yield address


@pytest.fixture
def person(window, site) -> Callable:
    """`person("coordinator-03")` gives a page in which that person is signed in; a window of their own each."""

    def opened(name: str | None = None, *, language: str = "en", width: int = 1280, height: int = 900):
        page = window(width=width, height=height, base_url=site)
        cookies = [{"name": "language", "value": language, "url": site}]
        if name is not None:
            cookies.append({"name": "sessionid", "value": session_of(name), "url": site})
        page.context.add_cookies(cookies)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        return page

    return opened


def session_of(name: str) -> str:
    """A signed-in session, as the sign-in makes one."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from trialist.server.models import Account

    account, session = Account.objects.get(person=name), SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session["seen"] = int(time.time())
    session.save()
    return session.session_key
