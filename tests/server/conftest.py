"""Django for the tests of the server: one rehearsed study, made once, copied for every test that asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# ruff: noqa: E402 - Django is configured before what needs it is imported

pytest.importorskip("django")

import server_live as live
from server_live import PASSWORD

live.configure()  # here, so that test files may import models at their top

from django.test import Client
from django.test.utils import setup_test_environment

from trialist.server import workplace
from trialist.server.models import Account

setup_test_environment()


@pytest.fixture(scope="session")
def filled(served_study) -> Path:
    """A folder with the database and the vault of a rehearsal; do not write here."""
    return served_study


@pytest.fixture
def study(filled, tmp_path) -> Iterator[Path]:
    """A copy of the rehearsed study for one test; Django is on it."""
    folder = live.copy(filled, tmp_path / "study")
    with live.pointing(folder):
        yield folder


@pytest.fixture
def password() -> str:
    """Everybody's, in the rehearsed study."""
    return PASSWORD


@pytest.fixture
def place(study):
    """The workplace of the copied study."""
    return workplace.here()


@pytest.fixture
def browser(study) -> Callable[..., object]:
    """`browser("coordinator-03")` gives a test client in which that person is signed in; `browser()` nobody."""

    def opened(person: str | None = None, language: str = "en") -> Client:
        client = Client()
        client.cookies["language"] = language
        if person is not None:
            account = Account.objects.get(person=person)
            client.force_login(account)
            session = client.session
            session["seen"] = int(time.time())
            session.save()
        return client

    return opened
