"""A real study on a real server: the command in a process of its own, and people with browsers made of the standard
library: cookies, forms, second factors, and nothing that the server did not send."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener
from zoneinfo import ZoneInfo

import pyotp

from server_live import PATIENCE

TRIALIST = [sys.executable, "-m", "trialist.cli.main"]
PASSWORD = "the tide goes out at ten"
_KEYS = count()


def free_port() -> int:
    """A port below those that the system gives to clients: nobody takes it before the server does.

    Processes that test side by side choose among ports of their own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    for port in random.sample(range(16_000 + worker, 32_000, 16), k=100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("a hundred ports are all taken")


@dataclass
class Served:
    """A running server: where it answers, and what it said."""

    address: str
    said: list[str]
    errors: Path

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])


@contextmanager
def served(folder: Path, *words: str, named: bool = True) -> Iterator[Served]:
    """`trialist serve` until the block ends; its standard error goes to a file of the folder.

    `named`: say where vault and keys lie; else they lie beside the database.
    """
    folder.mkdir(parents=True, exist_ok=True)
    errors = folder / "errors.log"
    place = ["--folder", str(folder)] if named else []
    command = [*TRIALIST, "serve", "--port", str(free_port()), *place, *words]
    with errors.open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            if line.startswith("http://"):
                break
        assert said, errors.read_text()
        assert said[-1].startswith("http://"), (said, errors.read_text())
        server = Served(said[-1].split()[0].rstrip("/"), said, errors)
        _answers(server.port)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        process.stdout.close()


def _answers(port: int) -> None:
    """Return when somebody listens there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody answers at port {port}")


@dataclass
class Answer:
    """What came back."""

    status_code: int
    content: bytes
    url: str

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Person:
    """Somebody with a browser; `seen` keeps every answer that they were given."""

    server: Served
    name: str
    language: str = "en"
    seen: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = build_opener(HTTPCookieProcessor(CookieJar())).open

    def _ask(self, path: str, data: bytes | None = None, **headers: str) -> Answer:
        request = Request(
            self.server.address + path, data, headers={"Accept-Language": self.language, **headers}
        )
        try:
            with self._open(request, timeout=PATIENCE) as got:
                answer = Answer(got.status, got.read(), got.url)
        except HTTPError as error:
            answer = Answer(error.code, error.read(), path)
        self.seen.append(answer)
        return answer

    def page(self, path: str) -> Answer:
        return self._ask(path)

    def submit(self, path: str, *, to: str | None = None, **fields: Any) -> Answer:
        """Load a page, fill its form in and send it, with the token and the key that stand in it."""
        page = self.page(path).text
        hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', page))
        return self._ask(to or path, urlencode({**hidden, **fields}, doseq=True).encode())

    def signs_in(self, once: str) -> Person:
        """The first sign-in: one-time password, a password of one's own, second factor, recovery codes."""
        first = self.submit("/sign-in/", name=self.name, password=once)
        assert first.url.endswith("/sign-in/password/"), first.text
        second = self.submit("/sign-in/password/", password=PASSWORD, again=PASSWORD)
        assert second.url.endswith("/sign-in/second-factor/"), second.text
        secret = re.search(r'class="secret">([A-Z2-7 ]+)<', second.text)[1].replace(" ", "")
        codes = self.submit("/sign-in/second-factor/", code=pyotp.TOTP(secret).now())
        assert codes.url.endswith("/sign-in/recovery-codes/"), codes.text
        self.submit("/sign-in/recovery-codes/")
        self.token = self.get("session").json()["csrf"]
        return self

    def get(self, path: str) -> Answer:
        return self._ask(f"/api/{path}")

    def post(self, path: str, sent: Any, *, key: str | None = None) -> Answer:
        return self._ask(
            f"/api/{path}",
            json.dumps(sent).encode(),
            **{
                "Content-Type": "application/json",
                "Idempotency-Key": key or f"program-{next(_KEYS):08d}",
                "X-CSRFToken": self.token,
            },
        )


class Yesterday:
    """A site at which everything happened yesterday: whatever the hour, none of it lies in the future."""

    def today(self, _: str) -> date:
        return (datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)).date()


def once_in(page: str) -> str:
    """The one-time password that a page shows."""
    return unescape(re.search(r'class="secret">([a-z2-9-]{14})<', page)[1])


def trialist(*words: str, typed: str = "") -> tuple[int, str, str]:
    """A verb in a process of its own, with what is typed into it."""
    done = subprocess.run(
        [*TRIALIST, *words], input=typed, capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr
