"""Starting the server: a place for its files, its tables, a study in it, then gunicorn in this process."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialist.conduct import commands as c
from trialist.conduct.commands import Actor
from trialist.findings import InputError, Message, Refusal

Progress = Callable[[str, float], None]
Say = Callable[..., None]
HOME = "127.0.0.1"
SECRET = "secret.key"  # noqa: S105 - a file's name
ADMINISTRATOR = Actor("administrator", "administrator")

MESSAGES = {
    "SERVE-PORT": Message(
        en="Port {port} is taken by another program.",
        zh="端口 {port} 已被其他程序占用。",
        ways_en=("Name another with --port, or stop the program that holds it.",),
        ways_zh=("用 --port 指定其他端口，或停止占用它的程序。",),
    ),
    "SERVE-HOME": Message(
        en="A rehearsal is served to this machine alone; it has no public name.",
        zh="演练仅供本机访问，不能使用公开名称。",
        ways_en=("Leave --name out.",),
        ways_zh=("去掉 --name。",),
    ),
    "SERVE-OTHER": Message(
        en="This database holds {theirs}; it can never become {ours}.",
        zh="该数据库中是{theirs_zh}，永远不能成为{ours_zh}。",
        ways_en=("Name another --db.",),
        ways_zh=("用 --db 指定其他数据库。",),
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for. `seed` None: production. `folder` holds the vault and the keys.

    `name` is the public name of a production server: a proxy on this machine speaks TLS under it and passes
    requests on. Without one, and in every rehearsal, the server answers to this machine alone.
    """

    database: str
    folder: Path
    port: int
    study: str
    seed: int | None = None
    owner: str | None = None
    name: str | None = None
    workers: int = 1
    threads: int = 4


def serve(wanted: Wanted, *, say: Say, progress: Progress | None = None) -> None:
    """Prepare everything, say where it is, and answer until interrupted.

    Raises:
        InputError: the port is taken, the database cannot be used, or a rehearsal is given a public name.
        Refusal: the database holds a study of the other kind.
    """
    if wanted.name is not None and wanted.seed is not None:
        raise InputError(MESSAGES["SERVE-HOME"].finding("SERVE-HOME", path="--name"))
    _free(wanted.port)
    _configure(wanted)
    from django.db import connections

    from trialist.server import database, workplace

    if wanted.database.startswith("sqlite:///"):
        Path(wanted.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database.prepare(wanted.database, wanted.folder, wanted.owner)
    lines = _rehearse(wanted, progress) if wanted.seed is not None else _produce(wanted)
    place = workplace.here()
    place.desk.complete_pending(at=place.now())
    place.desk.copy_code_breaks(at=place.now())
    workplace.forget()
    connections.close_all()
    say(*lines, f"http://{HOME}:{wanted.port}/  (Ctrl-C stops)")
    _gunicorn(wanted).run()


def _free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOME, port))
        except OSError:
            raise InputError(MESSAGES["SERVE-PORT"].finding("SERVE-PORT", path="--port", port=port)) from None


def _configure(wanted: Wanted) -> None:
    from trialist.server import settings

    wanted.folder.mkdir(parents=True, exist_ok=True)
    settings.configure(
        database=wanted.database,
        folder=wanted.folder,
        secret=_secret(wanted.folder),
        hosts=(HOME, "localhost", *([wanted.name] if wanted.name else [])),
        secure=wanted.name is not None,
    )


def _secret(folder: Path) -> str:
    """What signs sessions; made at the first start, for the owner alone."""
    file = folder / SECRET
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def _mode() -> str | None:
    """`rehearsal`, `production`, or nothing yet."""
    from trialist.server import workplace

    first = next(iter(workplace.here().ledger.events("study")), None)
    return None if first is None else str(first.payload["mode"])


def _rehearse(wanted: Wanted, progress: Progress | None) -> list[str]:
    """Fill an empty server, or go on with the rehearsal that is there; who can sign in, for the terminal."""
    from trialist.server import fill, workplace

    mode = _mode()
    place = workplace.here()
    if mode == "production" or (mode and place.rehearsal.seed != wanted.seed):
        theirs = (
            ("a production study", "正式研究")
            if mode == "production"
            else ("another rehearsal", "另一次演练")
        )
        raise _other(theirs, (f"rehearsal {wanted.seed}", f"演练 {wanted.seed}"))
    password = f"rehearsal-seed-{wanted.seed}"
    if mode is None:
        assert wanted.seed is not None, "asked for"
        fill.rehearse(wanted.seed, study=wanted.study, password=password, progress=progress)
    return _cast(workplace.here(), password)


def _cast(place: Any, password: str) -> list[str]:
    """Demo accounts in lines: role, names."""
    by_role: dict[str, list[str]] = {}
    for person, lines in place.desk.study().people.items():
        by_role.setdefault(lines[0].role, []).append(person)
    width = max(map(len, by_role))
    rows = [
        f"  {role:<{width}}  {people[0]}" + (f" … {people[-1]}" if len(people) > 1 else "")
        for role, people in by_role.items()
    ]
    title = f"REHEARSAL of {place.protocol.study.acronym}: every participant is virtual. Sign in as"
    return [title, *rows, f"password of all: {password}"]


def _produce(wanted: Wanted) -> list[str]:
    """Open a study in an empty database, or go on with the one that is there."""
    from trialist.server import database, workplace

    mode = _mode()
    if mode == "rehearsal":
        raise _other(("a rehearsal", "一次演练"), ("a production study", "正式研究"))
    if mode is None:
        lines = _open_study(wanted)
    else:
        lines = [f"{workplace.here().protocol.study.acronym}: {workplace.here().ledger.head()}"]
    database.refuse_ownership()
    return lines


def _open_study(wanted: Wanted) -> list[str]:
    """The first acts of a real trial, and the one account from which all others come."""
    from datetime import UTC, datetime

    from trialist.desk import Desk
    from trialist.protocol import load
    from trialist.server import accounts, database, workplace
    from trialist.server.workplace import open_vault, salts

    database.refuse_ownership()
    protocol = load(wanted.study).complete()
    desk = Desk(workplace.plain_ledger(), open_vault(wanted.folder), protocol, salts)
    now = datetime.now(UTC)
    desk.act(c.OpenStudy(protocol.study.id, "production"), by=ADMINISTRATOR, at=now, key="study/1")
    desk.act(c.ActivateProtocol(protocol.text), by=ADMINISTRATOR, at=now, key="study/2")
    account, once = accounts.make(name="administrator", person=ADMINISTRATOR.person, shown="Administrator")
    return [
        f"{protocol.study.acronym} is open, in production. Sign in as {account.name}, once, with {once}",
        "It is shown now and never again.",
    ]


def _other(theirs: tuple[str, str], ours: tuple[str, str]) -> Refusal:
    fields = {"theirs": theirs[0], "theirs_zh": theirs[1], "ours": ours[0], "ours_zh": ours[1]}
    return Refusal(MESSAGES["SERVE-OTHER"].finding("SERVE-OTHER", path="--db", **fields))


def _gunicorn(wanted: Wanted) -> Any:
    """Gunicorn as a part of this process: no configuration file, no environment."""
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):  # type: ignore[misc]
        """This server."""

        def load_config(self) -> None:
            """Threads share a worker's memory; a worker is a process of its own."""
            for name, value in {
                "bind": f"{HOME}:{wanted.port}",
                "workers": wanted.workers,
                "threads": wanted.threads,
                "worker_class": "gthread",
                "loglevel": "warning",
                "proc_name": "trialist",
                "timeout": 60,
                "graceful_timeout": 5,
                "limit_request_line": 2048,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """The application, in each worker."""
            from django.core.wsgi import get_wsgi_application

            return get_wsgi_application()

    return Application()
