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
def serving() -> Iterator[str]:
    """The address at which the application answers, wherever Django points."""
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
    """A rehearsed study with the whole cast in a folder; nobody is connected afterwards."""
    from django.db import connections

    import server_cast
    from trialist.server import database, settings, workplace
    from trialist.server import fill as filling

    settings.point_at(f"sqlite:///{folder}/study.sqlite", folder)
    database.migrate()
    filling.rehearse(7, password=PASSWORD)
    server_cast.complete(workplace.here())
    workplace.forget()
    connections["default"].close()


def copy(source: Path, folder: Path) -> None:
    """A copy for one test; Django is on it."""
    from trialist.server import settings

    shutil.copytree(source, folder)
    settings.point_at(f"sqlite:///{folder}/study.sqlite", folder)
