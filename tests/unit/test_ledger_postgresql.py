"""The same ledger code on PostgreSQL: the same lines, hashes and answers as on SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from trialist.conduct.commands import Fact, Sealed
from trialist.ledger import Conflict, Ledger, export, verify
from trialist.ledger.dialect import POSTGRESQL, SQLITE

AT = datetime(2026, 3, 30, 1, 40, tzinfo=UTC)
PERSON = "participant/01-001"


def tool(name: str) -> str | None:
    """A server's program: on the path, or where Debian keeps it."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(kept[-1]) if kept else shutil.which(name)


@pytest.fixture(scope="module")
def server(require) -> Iterator[str]:
    """A database server of our own on a local socket, gone after the tests."""
    psycopg = pytest.importorskip("psycopg")
    root = os.geteuid() == 0
    known = not root or "postgres" in {entry.pw_name for entry in pwd.getpwall()}
    require("postgresql", present=bool(tool("initdb") and known), reason="the ledger is tried on it too")
    folder = Path(tempfile.mkdtemp(prefix="ledger"))
    account = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid} if root else {}
    if root:
        shutil.chown(folder, "postgres")

    def run(name: str, *words: str | Path) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        subprocess.run([tool(name), "-D", folder / "data", *words], check=True, **quiet, **account)

    run("initdb", "-U", "t", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("pg_ctl", "-w", "-o", options, "-l", folder / "log", "start")
    try:
        address = f"host={folder} user=t dbname=postgres"
        psycopg.connect(address).close()
        yield address
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def connect(server, request):
    """Opens connections to a schema of the test's own."""
    import psycopg

    opened = []

    def another():
        connection = psycopg.connect(server, autocommit=True)
        opened.append(connection)
        schema = f"s{abs(hash(request.node.name))}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(f"SET search_path TO {schema}")
        return connection

    yield another
    for connection in opened:
        connection.close()


def add(ledger: Ledger, *facts: Fact, command: str, expected: dict[str, int] | None = None):
    return ledger.append(
        facts,
        command=command,
        actor="li.na",
        role="coordinator",
        at=AT,
        protocol="5" * 64,
        expected=expected or {},
        salts=lambda: command.encode() * 16,
    )


def some_acts(ledger: Ledger) -> None:
    add(ledger, Fact("study", "study opened", {"study": "SMART", "mode": "rehearsal"}), command="a")
    add(
        ledger,
        Fact(PERSON, "form saved", {"text": Sealed("李"), "z": [1, None, True, "%s ?"]}, 2, "why"),
        command="b",
    )
    signed = Fact(PERSON, "signed", {"meaning": "reviewed"}, signature={"name": "Li Na"}, site="01")
    add(ledger, signed, Fact("study", "study locked", {}), command="c", expected={PERSON: 1, "study": 1})


def test_both_databases_give_the_same_bytes_and_the_same_answers(connect, tmp_path):
    ledgers = Ledger.memory(), Ledger(connect(), POSTGRESQL)
    texts, answers = [], []
    for ledger in ledgers:
        some_acts(ledger)
        again = add(ledger, command="b")
        with pytest.raises(Conflict) as conflict:
            add(ledger, Fact(PERSON, "signed", {}), command="d", expected={PERSON: 1})
        answers.append(
            (again, ledger.disclosed(again[0]), str(conflict.value), ledger.head(), ledger.version("study"))
        )
        answers[-1] += ([*ledger.events(stream=PERSON, after=2, as_of=AT)],)
        file = StringIO()
        export(ledger, file)
        texts.append(file.getvalue())
    assert texts[0] == texts[1]
    assert answers[0] == answers[1]
    (tmp_path / "l").write_text(texts[1], encoding="utf-8")
    assert verify(tmp_path / "l").ok


def test_the_other_columns_say_the_same_in_both_databases(connect):
    places = "seq, stream, version, command, part, kind, schema, protocol, prev, hash"
    names = f"{places}, at, actor, role, site, reason, CAST(signature AS TEXT), CAST(payload AS TEXT)"
    rows = []
    for connection, dialect in ((connect(), POSTGRESQL), (Ledger.memory()._connection, SQLITE)):
        some_acts(Ledger(connection, dialect))
        rows.append(connection.execute(f"SELECT {names} FROM event ORDER BY seq").fetchall())
    assert rows[0] == rows[1]


@pytest.mark.parametrize("statement", ["DELETE FROM event", "UPDATE event SET kind = 'x'", "TRUNCATE event"])
def test_the_database_itself_refuses_to_change_or_remove_an_event(connect, statement):
    connection = connect()
    some_acts(Ledger(connection, POSTGRESQL))
    with pytest.raises(Exception, match="append-only"):
        connection.execute(statement)


def test_many_writers_keep_one_gapless_chain(connect):
    ledgers = [Ledger(connect(), POSTGRESQL) for _ in range(4)]

    def write(number: int) -> int:
        return sum(
            len(add(ledgers[number], Fact(f"participant/{number}", "x", {"n": n}), command=f"{number} {n}"))
            for n in range(25)
        )

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(4))) == 100
    events = list(ledgers[0].events())
    assert [event.seq for event in events] == list(range(1, 101))
    assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]


def test_the_applications_role_owns_no_table_and_may_only_read_and_insert(connect):
    owner, clerk = connect(), connect()
    some_acts(Ledger(owner, POSTGRESQL))
    (schema,) = owner.execute("SELECT current_schema()").fetchone()
    owner.execute("CREATE ROLE clerk")
    owner.execute(f"GRANT USAGE ON SCHEMA {schema} TO clerk")
    owner.execute("GRANT SELECT, INSERT ON event, disclosure TO clerk")
    clerk.execute("SET ROLE clerk")
    ledger = Ledger(clerk, POSTGRESQL)
    (event,) = add(ledger, Fact(PERSON, "signed", {"note": Sealed("x")}), command="e", expected={PERSON: 2})
    assert (event.seq, ledger.disclosed(event)) == (5, {"note": "x"})
    refused = (
        "DELETE FROM event",
        "TRUNCATE event",
        "DROP TRIGGER event_stays ON event",
        "DELETE FROM disclosure",
    )
    for statement in refused:
        with pytest.raises(Exception, match=r"permission denied|must be owner"):
            clerk.execute(statement)
