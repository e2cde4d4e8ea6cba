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
from trialist.findings import InputError, Language, Message, Refusal

Progress = Callable[[str, float], None]
Say = Callable[..., None]
HOME = "127.0.0.1"
STUDY = "smart"
SECRET = "secret.key"  # noqa: S105 - a file's name
ADMINISTRATOR = Actor("administrator", "administrator")

SAID = {
    "rehearsal": (
        "REHEARSAL of {study}: every participant is virtual. Sign in as",
        "{study} 的演练（REHEARSAL）：所有参与者均为虚拟。可登录的用户名：",
    ),
    "password": ("password of all: {password}", "统一密码：{password}"),
    "opened": ("{study} is open, in production.", "{study} 已开启，为正式研究。"),
    "goes_on": ("{study}, in production; ledger head {head}", "{study}，正式研究；账本末端 {head}"),
    "once": (
        "Sign in as {name}, once, with {once}\nIt is shown now and never again.",
        "首次登录：用户名 {name}，一次性密码 {once}\n仅显示这一次。",
    ),
    "no_annex": (
        "The vault holds no annex yet: nobody can be randomized. docs/server.md says how it is brought.",
        "保管库中尚无随机附件，暂不能随机。步骤见 docs/server.md。",
    ),
    "stop": ("http://{home}:{port}/  (Ctrl-C stops)", "http://{home}:{port}/  （Ctrl-C 停止）"),
}
"""What the terminal says: English, Chinese."""

MESSAGES = {
    "SERVE-VAULT": Message(
        en="The vault in {folder} holds {theirs}; the study in the database is {ours}.",
        zh="{folder} 中的保管库存有{theirs_zh}；数据库中的研究为{ours_zh}。",
        ways_en=("Name the folder of this study's own vault with --folder.",),
        ways_zh=("用 --folder 指定本研究保管库所在的文件夹。",),
    ),
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

    `study` is what an empty database is opened with (None: smart); a database with another study refuses it.

    `name` is the public name of a production server: a proxy on this machine speaks TLS under it and passes
    requests on. Without one, and in every rehearsal, the server answers to this machine alone.

    A thread mostly waits for the disk, and what waits is committed together (`desk.together`): more threads than
    cores are of use, each with a connection of its own.
    """

    database: str
    folder: Path
    port: int
    study: str | None = None
    seed: int | None = None
    owner: str | None = None
    name: str | None = None
    workers: int = 1
    threads: int = 24
    language: Language = "en"


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
    say(*lines, _said(wanted, "stop", home=HOME, port=wanted.port))
    gunicorn(wanted).run()


def _said(wanted: Wanted, key: str, **fields: object) -> str:
    return SAID[key][wanted.language == "zh"].format(**fields)


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
        fill.rehearse(wanted.seed, study=wanted.study or STUDY, password=password, progress=progress)
    return _cast(wanted, workplace.here(), password)


def _cast(wanted: Wanted, place: Any, password: str) -> list[str]:
    """Demo accounts in lines: role, names."""
    by_role: dict[str, list[str]] = {}
    for person, lines in place.desk.study().people.items():
        by_role.setdefault(lines[0].role, []).append(person)
    width = max(map(len, by_role))
    rows = [
        f"  {role:<{width}}  {people[0]}" + (f" … {people[-1]}" if len(people) > 1 else "")
        for role, people in by_role.items()
    ]
    title = _said(wanted, "rehearsal", study=place.protocol.study.acronym)
    return [title, *rows, _said(wanted, "password", password=password)]


def _produce(wanted: Wanted) -> list[str]:
    """Open a study in an empty database, or go on with the one that is there."""
    from trialist.server import database, workplace

    mode = _mode()
    if mode == "rehearsal":
        raise _other(("a rehearsal", "一次演练"), ("a production study", "正式研究"))
    database.refuse_ownership()
    first = _open_study(wanted) if mode is None else _go_on(wanted)
    _same_vault(wanted)
    vault = workplace.here().vault
    return [first, *_first_account(wanted), *([] if vault.sealing else [_said(wanted, "no_annex")])]


def _go_on(wanted: Wanted) -> str:
    """The study that is there; another that was named is refused."""
    from trialist.protocol import load
    from trialist.server import workplace

    place = workplace.here()
    ours = place.protocol.study
    if wanted.study is not None and (named := load(wanted.study).study).id != ours.id:
        raise _other(
            (f"the study {ours.id}", f"研究 {ours.id}"), (f"the study {named.id}", f"研究 {named.id}")
        )
    return _said(wanted, "goes_on", study=ours.acronym, head=place.ledger.head())


def _open_study(wanted: Wanted) -> str:
    """The first acts of a real trial."""
    from trialist.desk import Desk
    from trialist.protocol import load
    from trialist.server import workplace
    from trialist.server.workplace import salts
    from trialist.vault import open_vault

    protocol = load(wanted.study or STUDY).complete()
    vault = open_vault(wanted.folder)
    _vault_fits(wanted, vault, protocol.study.id, None)
    desk = Desk(workplace.plain_ledger(), vault, protocol, salts)
    now = workplace.here().now()
    desk.act(c.OpenStudy(protocol.study.id, "production"), by=ADMINISTRATOR, at=now, key="study/1")
    desk.act(c.ActivateProtocol(protocol.text), by=ADMINISTRATOR, at=now, key="study/2")
    vault.close()
    return _said(wanted, "opened", study=protocol.study.acronym)


def _first_account(wanted: Wanted) -> list[str]:
    """The one account from which all others come, until somebody has signed in by it; its one-time password.

    A server that was stopped before the first sign-in gives a new one: the first may not have been read.
    """
    from trialist.server import accounts
    from trialist.server.models import Account

    if Account.objects.exclude(last_login=None).exists():
        return []
    name = ADMINISTRATOR.person
    account = Account.objects.filter(name=name).first()
    if account is None:
        _, once = accounts.make(name=name, person=name, shown="Administrator")
    else:
        once = accounts.reset(account=account)
    return _said(wanted, "once", name=name, once=once).split("\n")


def _same_vault(wanted: Wanted) -> None:
    """Refuse a vault that is not the one to which the ledger is committed."""
    from trialist.server import workplace

    place = workplace.here()
    study = place.desk.study()
    _vault_fits(wanted, place.vault, study.id, study.commitment)


def _vault_fits(wanted: Wanted, vault: Any, study: str, commitment: str | None) -> None:
    """Refuse the vault of a rehearsal, of another study, or with another list than the ledger's.

    A vault without a list is refused once the ledger is committed to one.
    """
    held = vault.sealing
    known = (study, "live", commitment)
    if held is None and commitment is None:
        return
    if held is not None and (held.study, held.mode, commitment and held.commitment) == known:
        return
    theirs = ("no list", "空库") if held is None else _named(held.study, held.mode, held.commitment)
    ours = _named(*known)
    fields = {"folder": wanted.folder, "theirs": theirs[0], "theirs_zh": theirs[1]}
    raise Refusal(
        MESSAGES["SERVE-VAULT"].finding(
            "SERVE-VAULT", path="--folder", **fields, ours=ours[0], ours_zh=ours[1]
        )
    )


def _named(study: str, mode: str, commitment: str | None) -> tuple[str, str]:
    """A study and its list, in words."""
    of, of_zh = ("a rehearsal of ", "演练 ") if mode == "rehearsal" else ("", "")
    short = (commitment or "")[:12]
    return (
        f"{of}{study}" + (f", list {short}" if short else ""),
        f"{of_zh}{study}" + (f"，随机表 {short}" if short else ""),
    )


def _other(theirs: tuple[str, str], ours: tuple[str, str]) -> Refusal:
    fields = {"theirs": theirs[0], "theirs_zh": theirs[1], "ours": ours[0], "ours_zh": ours[1]}
    return Refusal(MESSAGES["SERVE-OTHER"].finding("SERVE-OTHER", path="--db", **fields))


def gunicorn(wanted: Wanted) -> Any:
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
