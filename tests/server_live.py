"""A server for a browser: the application in a thread of this process, on a free port of this machine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

PASSWORD = "the tide comes in at nine"
PATIENCE = 60
"""Seconds that a test waits for what must happen, on however slow a machine."""


class _Gate:
    """Where requests can be held at the door: what was sent has arrived, and nothing is answered yet."""

    def __init__(self) -> None:
        self._open = threading.Condition()
        self._held = False
        self._waiting = 0

    def pass_through(self) -> None:
        """A request comes in; it waits while the gate is shut."""
        with self._open:
            self._waiting += 1
            self._open.notify_all()
            self._open.wait_for(lambda: not self._held, PATIENCE)
            self._waiting -= 1

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Hold every request until the block ends."""
        self._held = True
        try:
            yield
        finally:
            with self._open:
                self._held = False
                self._open.notify_all()

    def await_requests(self, number: int) -> None:
        """Return when so many requests are held."""
        with self._open:
            assert self._open.wait_for(lambda: self._waiting >= number, PATIENCE), self._waiting


gate = _Gate()


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def _application() -> Any:
    """The application; each request's thread lets go of its connection, as it serves one request."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    from trialist.server import workplace

    inner = get_wsgi_application()

    def answer(environ: Any, start: Any) -> Any:
        gate.pass_through()
        try:
            response = inner(environ, start)
            body = b"".join(response)
            response.close()
            return [body]
        finally:
            workplace.forget()
            connections.close_all()

    return answer


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address at which the application answers for the study of a folder."""
    with pointing(folder):
        server = make_server("127.0.0.1", 0, _application(), server_class=_Threads, handler_class=_Silent)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def configure() -> None:
    """Set Django up for this process, where nobody has yet."""
    from django.conf import settings as known

    from trialist.server import settings

    if not known.configured:
        settings.configure(
            database="sqlite:///nowhere/study.sqlite",
            folder=Path("nowhere"),
            secret="s" * 40,
            hosts=("testserver", "127.0.0.1", "localhost"),
            gallery=True,
            hashers=("django.contrib.auth.hashers.MD5PasswordHasher",),
        )


def fill(folder: Path) -> None:
    """A rehearsed study in a folder; nobody is connected afterwards."""
    configure()
    with pointing(folder):
        from trialist.server import database
        from trialist.server import fill as filling

        database.migrate()
        filling.rehearse(7, password=PASSWORD)


@contextmanager
def pointing(folder: Path) -> Iterator[None]:
    """Django is on the study of a folder; nobody is connected afterwards."""
    from django.db import connections

    from trialist.server import settings, workplace

    settings.point_at(f"sqlite:///{folder}/study.sqlite", folder)
    try:
        yield
    finally:
        workplace.forget()
        connections["default"].close()


def copy(source: Path, folder: Path) -> Path:
    """A copy of a study; its folder."""
    return Path(shutil.copytree(source, folder))
