"""What the server's write path bears on PostgreSQL with commits on the disk: saves, and the load meanwhile.

Ten clients save a form of 28 items, every one a change with its reason: through the server's own workplace (desk,
checks, reason, chain, projections) by the threads of two processes; and then over HTTP, through the API of a server
with two workers (sessions, token, guard, JSON), each client a process of its own on the same cores. Printed: rate,
percentiles, and the load of the machine.

Run: python benchmarks/server.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from threading import Barrier
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import server_postgresql as pg

CLIENTS, SECONDS, ITEMS, WORKERS = 10, 8.0, 28, 2
DAY = "2026-03-02"
FORM = "benchmark"


def configure(url: str, folder: Path) -> None:
    """Django on a database."""
    from trialist.server import settings

    settings.configure(database=url, folder=folder, secret="b" * 40)


def study() -> Any:
    """The bundled study, with a form of 28 numbers that have ranges and checks."""
    import json

    from trialist.protocol import Protocol, load

    tree = json.loads(load("smart").complete().text)
    names = [f"bench_{n:02d}" for n in range(ITEMS)]
    for name in names:
        tree["items"][name] = {
            "label": {"en": name, "zh": name},
            "type": "number",
            "unit": "mg/dL",
            "plausible": ["0", "1000"],
            "checks": [
                {"expect": f"{name} >= '1 mg/dL'", "say": {"en": "Low.", "zh": "过低。"}, "severity": "soft"}
            ],
        }
    tree["forms"][FORM] = {"label": {"en": FORM, "zh": FORM}, "items": names}
    scr = tree["schedule"]["visits"]["SCR"]
    scr["forms"] = [*scr["forms"], FORM]
    return Protocol.from_text(json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def found(place_folder: Path, protocol: Any, people: list[str]) -> None:
    """A study with one participant for each client, by the same desk."""
    from django.db import connections

    from trialist.conduct import commands as c
    from trialist.conduct.commands import Actor
    from trialist.desk import Desk
    from trialist.ledger import Ledger
    from trialist.ledger.dialect import POSTGRESQL
    from trialist.server import workplace

    connections["default"].ensure_connection()
    ledger = Ledger(connections["default"].connection, POSTGRESQL)
    desk = Desk(ledger, workplace.open_vault(place_folder), protocol, workplace.salts)
    sponsor, clerk = Actor("sponsor", "sponsor"), Actor("clerk", "coordinator", "03")
    story = [
        (c.OpenStudy("SMART", "rehearsal"), sponsor),
        (c.ActivateProtocol(protocol.text), sponsor),
        (c.Appoint("clerk", "coordinator", ("03",), "2026-01-01"), sponsor),
        (c.OpenSite("03"), sponsor),
    ]
    for person in people:
        story += [(c.Consent(person, "03", DAY), clerk), (c.RecordVisit(person, "SCR", DAY), clerk)]
    now = datetime.now(UTC)
    for turn, (command, by) in enumerate(story):
        _said(lambda command=command, by=by, turn=turn: desk.act(command, by=by, at=now, key=f"story {turn}"))


def _said(act: Any) -> Any:
    """Do it; a refusal is no figure, so it ends the measurement with its words (and can leave a process)."""
    from trialist.findings import Refusal

    try:
        return act()
    except Refusal as refusal:
        raise RuntimeError(str(refusal)) from None


TOGETHER: list[Any] = []


def begin_with(barrier: Any) -> None:
    """A pool's processes start together."""
    TOGETHER.append(barrier)


def save(words: tuple[str, str, list[str]]) -> list[float]:
    """One process of the server with a thread for each of its clients; seconds of each save."""
    url, folder, people = words
    configure(url, Path(folder))
    ready = Barrier(len(people), action=TOGETHER[0].wait)
    with ThreadPoolExecutor(len(people)) as pool:
        return [one for took in pool.map(lambda person: _saves(person, ready), people) for one in took]


def _saves(person: str, ready: Barrier) -> list[float]:
    """One client: saves until the time is up; seconds of each."""
    from django.db import connections

    from trialist.conduct.commands import Actor, Entry, SaveForm
    from trialist.server import workplace

    place, by, took, turn = workplace.here(), Actor("clerk", "coordinator", "03"), [], 0
    place.desk.study()
    ready.wait()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        turn += 1
        entries = {f"bench_{n:02d}": Entry(str((turn * 7 + n) % 900 + 1), "mg/dL") for n in range(ITEMS)}
        version = place.desk.participant(person).version
        command = SaveForm(person, FORM, entries, "SCR", reason="read again", expected=version)
        began = time.perf_counter()
        _said(lambda command=command, turn=turn: place.act(command, by=by, key=f"{person} {turn}"))
        took.append(time.perf_counter() - began)
    workplace.forget()
    connections["default"].close()
    return took


def percentile(took: list[float], share: int) -> float:
    """In milliseconds."""
    return quantiles(took, n=100)[share - 1] * 1000


def measure_saves(socket: Path, folder: Path) -> None:
    """Two processes, as the server is started, and a participant for each client."""
    people = [f"03-{n:03d}" for n in range(1, CLIENTS + 1)]
    url = pg.address(socket, "saves")
    context = get_context("spawn")
    with context.Pool(1) as pool:
        pool.apply(_prepare, (str(socket), "saves", str(folder), people))
    with context.Pool(WORKERS, begin_with, (context.Barrier(WORKERS),)) as pool:
        jobs = [(url, str(folder), people[n::WORKERS]) for n in range(WORKERS)]
        took = [one for many in pool.map(save, jobs, 1) for one in many]
    told("through the desk", took)


def told(way: str, took: list[float]) -> None:
    """The figures of one way."""
    print(f"{CLIENTS} clients, a form of {ITEMS} items, {way}, PostgreSQL with fsync, {os.cpu_count()} cores")
    print(f"  {len(took)} saves in {SECONDS:.0f} s: {len(took) / SECONDS:.0f} saves/s")
    print(f"  one took {percentile(took, 50):.1f} ms (median), {percentile(took, 95):.1f} ms (p95)")
    print(f"  load average at the end: {os.getloadavg()[0]:.2f}")


# --- over HTTP ---------------------------------------------------------------------------------------------


def answer(url: str, folder: str, port: int) -> None:
    """The server as `trialist serve` starts it, with two workers."""
    configure(url, Path(folder))
    from trialist.server import run

    run.gunicorn(run.Wanted(url, Path(folder), port, workers=WORKERS)).run()


def sign_in(url: str, folder: str) -> list[str]:
    """A session of the clerk's for each client."""
    configure(url, Path(folder))
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from trialist.server import accounts

    account, _ = accounts.make(name="clerk", person="clerk", shown="Clerk")
    keys = []
    for _ in range(CLIENTS):
        session = SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["seen"] = int(time.time())
        session.save()
        keys.append(session.session_key)
    return keys


def call(words: tuple[int, str, str]) -> list[float]:
    """One client over HTTP: saves until the time is up; seconds of each."""
    import json
    from http.client import HTTPConnection

    port, session, person = words
    line = HTTPConnection("127.0.0.1", port)

    def ask(method: str, path: str, sent: Any = None, **headers: str) -> tuple[dict[str, Any], str]:
        cookie = f"sessionid={session}" + (f"; csrftoken={headers['X-CSRFToken']}" if sent else "")
        line.request(
            method,
            f"/api/{path}",
            sent and json.dumps(sent),
            {"Cookie": cookie, "Content-Type": "application/json", **headers},
        )
        response = line.getresponse()
        body = response.read()
        if response.status not in (200, 201):
            raise RuntimeError(f"{response.status}: {body[:300]!r}")
        return json.loads(body), response.headers.get("Set-Cookie", "")

    _, cookie = ask("GET", "session")
    token = cookie.split("csrftoken=")[1].split(";")[0]
    TOGETHER[0].wait()
    took, turn, until = [], 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        turn += 1
        entries = {
            f"bench_{n:02d}": {"value": str((turn * 7 + n) % 900 + 1), "unit": "mg/dL"} for n in range(ITEMS)
        }
        sent = {"form": FORM, "entries": entries, "visit": "SCR", "reason": "read again"}
        began = time.perf_counter()
        key = f"{person}-http-{turn:06d}"
        ask(
            "POST", f"participants/{person}/save-form", sent, **{"Idempotency-Key": key, "X-CSRFToken": token}
        )
        took.append(time.perf_counter() - began)
    return took


def measure_http(socket: Path, folder: Path) -> None:
    """The same saves over HTTP, on the database that the first measurement left."""
    import socket as sockets
    from http.client import HTTPConnection

    url, context = pg.address(socket, "saves"), get_context("spawn")
    with context.Pool(1) as pool:
        sessions = pool.apply(sign_in, (url, str(folder)))
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = context.Process(target=answer, args=(url, str(folder), port))
    server.start()
    for _ in range(100):
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).connect()
            break
        except OSError:
            time.sleep(0.1)
    else:
        raise RuntimeError("the server did not start")
    barrier = context.Barrier(CLIENTS)
    people = [f"03-{n:03d}" for n in range(1, CLIENTS + 1)]
    try:
        with context.Pool(CLIENTS, begin_with, (barrier,)) as pool:
            jobs = [(port, session, person) for session, person in zip(sessions, people, strict=True)]
            took = [one for many in pool.map(call, jobs, 1) for one in many]
    finally:
        server.terminate()
        server.join()
    told("over HTTP", took)


def create(socket: str, name: str, folder: str) -> None:
    """An empty database of the server's, and Django on it."""
    pg.say(Path(socket), f'CREATE DATABASE "{name}"')
    url, owner = (pg.address(Path(socket), name, role) for role in (pg.CLERK, pg.OWNER))
    configure(url, Path(folder))
    from trialist.server import database

    database.prepare(url, Path(folder), owner)


def _prepare(socket: str, name: str, folder: str, people: list[str]) -> None:
    create(socket, name, folder)
    found(Path(folder), study(), people)


def main() -> None:
    """Start a cluster, measure, stop it."""
    if not pg.present():
        print("PostgreSQL is not installed here: nothing is measured")
        return
    with pg.cluster(durable=True) as socket, tempfile.TemporaryDirectory() as folder:
        pg.say(socket, f"CREATE ROLE {pg.CLERK} LOGIN")
        print(f"load average before: {os.getloadavg()[0]:.2f}")
        measure_saves(socket, Path(folder))
        measure_http(socket, Path(folder))


if __name__ == "__main__":
    main()
