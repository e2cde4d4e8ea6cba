"""What the browser tests of the server share: the application on a port, Chromium, people who sign in."""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from collections.abc import Callable, Iterator

import pytest

import server_live as live


@pytest.fixture(scope="session")
def filled_for_browsers(tmp_path_factory):
    pytest.importorskip("django")
    live.configure()
    folder = tmp_path_factory.mktemp("live")
    live.fill(folder)
    return folder


@pytest.fixture(scope="session")
def chrome(require) -> Iterator:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    known = path is not None and importlib.util.find_spec("playwright") is not None
    require("chromium", present=known, reason="pages are tried in a real browser")
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in this thread; Django takes it for a view's
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(filled_for_browsers, tmp_path) -> Iterator[str]:
    """A server on a copy of the rehearsed study, for one test."""
    from django.db import connections

    from trialist.server import workplace

    live.copy(filled_for_browsers, tmp_path / "study")
    with live.serving() as address:
        yield address
    workplace.forget()
    connections["default"].close()


@pytest.fixture
def person(chrome, site) -> Iterator[Callable]:
    """`person("coordinator-03")` gives a page in which that person is signed in; a window of their own each."""
    contexts = []

    def opened(name: str | None = None, *, language: str = "en", width: int = 1280, height: int = 900):
        context = chrome.new_context(
            viewport={"width": width, "height": height}, base_url=site, locale="en-GB"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        cookies = [{"name": "language", "value": language, "url": site}]
        if name is not None:
            cookies.append({"name": "sessionid", "value": session_of(name), "url": site})
        context.add_cookies(cookies)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        return page

    yield opened
    for context in contexts:
        context.close()


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
