"""Django for the tests of the server: one rehearsed study, made once, copied for every test that asks for it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# ruff: noqa: E402 - Django is configured before what needs it is imported

pytest.importorskip("django")

from trialist.server import settings

SEED = 7
MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"
PASSWORD = "the tide comes in at nine"

settings.configure(  # here, so that test files may import models at their top
    database="sqlite:///nowhere/study.sqlite",
    folder=Path("nowhere"),
    secret="s" * 40,
    hosts=("testserver", "127.0.0.1", "localhost"),
    gallery=True,
    hashers=(MD5,),
)

from django.db import connections
from django.test import Client
from django.test.utils import setup_test_environment

from trialist.server import database, fill, workplace
from trialist.server.models import Account

setup_test_environment()


@pytest.fixture(scope="session")
def filled(tmp_path_factory) -> Path:
    """A folder with the database and the vault of a rehearsal; do not write here."""
    folder = tmp_path_factory.mktemp("filled")
    settings.point_at(f"sqlite:///{folder}/study.sqlite", folder)
    database.migrate()
    fill.rehearse(SEED, password=PASSWORD)
    workplace.forget()
    connections["default"].close()
    return folder


@pytest.fixture
def study(filled, tmp_path) -> Iterator[Path]:
    """A copy of the rehearsed study for one test; Django is on it."""
    folder = tmp_path / "study"
    shutil.copytree(filled, folder)
    settings.point_at(f"sqlite:///{folder}/study.sqlite", folder)
    yield folder
    workplace.forget()
    connections["default"].close()


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
