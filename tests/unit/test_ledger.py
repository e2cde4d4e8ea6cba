"""The ledger in its database: one chain, idempotent commands, conflicts, sealed values, and speed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest

from trialist.conduct.commands import Fact, Sealed
from trialist.ledger import GENESIS, Conflict, Event, Head, Ledger
from trialist.ledger.dialect import SQLITE

AT = datetime(2026, 3, 30, 1, 40, tzinfo=UTC)
PERSON = "participant/01-001"
SALTS = random.Random(1)
REPEATS = int(os.environ.get("TRIALIST_PROVE_REPEATS", "2"))


def fact(stream: str = PERSON, /, kind: str = "visit recorded", **payload: object) -> Fact:
    return Fact(stream, kind, payload or {"visit": "SCR"})


def add(ledger: Ledger, *facts: Fact, command: str, at: datetime = AT, **expected: int) -> tuple[Event, ...]:
    return ledger.append(
        facts,
        command=command,
        actor="li.na",
        role="coordinator",
        at=at,
        protocol="5" * 64,
        expected={stream.replace("_", "/"): version for stream, version in expected.items()},
        salts=lambda: SALTS.randbytes(16),
    )


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.memory()


# --- inside its transaction ---


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_written_beside_an_append_is_committed_with_it_or_not_at_all(fails):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE card (seq INTEGER)")

    def beside(events: tuple[Event, ...]) -> None:
        connection.executemany("INSERT INTO card VALUES (?)", [(event.seq,) for event in events])
        if fails:
            raise RuntimeError("the card is wrong")

    ledger = Ledger(connection, SQLITE, then=beside)
    if fails:
        with pytest.raises(RuntimeError):
            add(ledger, fact(), fact(), command="a")
    else:
        add(ledger, fact(), fact(), command="a")
        add(ledger, fact(), command="a")  # repeated: answered, not written
    cards = [seq for (seq,) in connection.execute("SELECT seq FROM card")]
    assert cards == [event.seq for event in ledger.events()] == ([] if fails else [1, 2])


def test_an_append_stands_in_the_transaction_that_its_user_begins():
    from contextlib import contextmanager

    connection = sqlite3.connect(":memory:", isolation_level=None)
    said = []

    @contextmanager
    def transaction():
        said.append("begin")
        connection.execute("BEGIN IMMEDIATE")
        yield
        said.append("commit")
        connection.commit()

    ledger = Ledger(connection, SQLITE, transaction=transaction)
    add(ledger, fact(), command="a")
    assert said == ["begin", "commit"]
    assert ledger.head().seq == 1
    assert not connection.in_transaction


# --- the chain ---


def test_an_empty_ledger_has_the_head_of_zeros(ledger):
    assert ledger.head() == Head(0, GENESIS)
    assert ledger.version(PERSON) == 0
    assert list(ledger.events()) == []


def test_each_event_carries_the_next_number_the_next_version_and_the_hash_before(ledger):
    events = [
        *add(ledger, fact("study"), command="a"),
        *add(ledger, fact(), fact("site/01"), fact(), command="b"),
        *add(ledger, fact(), command="c"),
    ]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert [event.version for event in events] == [1, 1, 1, 2, 3]
    assert [(event.command, event.part) for event in events] == [
        ("a", 1),
        ("b", 1),
        ("b", 2),
        ("b", 3),
        ("c", 1),
    ]
    assert [event.prev for event in events] == [GENESIS, *(event.hash for event in events[:-1])]
    assert ledger.head() == Head(5, events[-1].hash)


def test_the_line_is_the_canonical_text_that_was_hashed(ledger):
    (event,) = add(
        ledger, fact(text="血小板 \u2028 30×10⁹/L", n=3, none=None, truth=True, z=[1, "2"]), command="a"
    )
    record = json.loads(event.line)
    assert json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == event.line
    assert event.hash == hashlib.sha256(event.line.encode()).hexdigest()
    assert "血小板" in event.line
    assert record["at"] == "2026-03-30T01:40:00.000000Z"
    assert record["payload"] == event.payload


def test_what_is_read_equals_what_was_appended(ledger):
    appended = [
        *add(ledger, fact(a="1"), command="a"),
        *add(ledger, fact("study", b=Sealed("x")), command="b"),
    ]
    assert list(ledger.events()) == appended


def test_times_are_recorded_in_utc_whatever_zone_they_come_in_and_never_without_one(ledger):
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))
    (event,) = add(ledger, fact(), command="a", at=shanghai.replace(microsecond=7))
    assert json.loads(event.line)["at"] == "2026-03-30T01:40:00.000007Z"
    assert next(ledger.events()) == event
    with pytest.raises(ValueError, match="without its zone"):
        add(ledger, fact(), command="b", at=AT.replace(tzinfo=None))
    assert ledger.head().seq == 1


def test_facts_of_the_system_are_recorded_as_its_own(ledger):
    first, second = add(ledger, fact(), fact()._replace(by_system=True, site="01", reason="why"), command="a")
    assert (first.actor, first.role, first.site) == ("li.na", "coordinator", None)
    assert (second.actor, second.role, second.site, second.reason) == ("system", "system", "01", "why")


def test_events_are_found_by_stream_by_number_and_as_of_a_moment(ledger):
    for number, minute in enumerate([0, 5, 3, 9]):  # a clock that went back once
        add(ledger, fact(f"participant/{number % 2}"), command=str(number), at=AT + timedelta(minutes=minute))
    seqs = lambda **where: [event.seq for event in ledger.events(**where)]  # noqa: E731 - a short name for a table
    assert seqs(stream="participant/1") == [2, 4]
    assert seqs(after=2) == [3, 4]
    assert seqs(as_of=AT - timedelta(seconds=1)) == []
    assert seqs(as_of=AT) == [1]
    assert seqs(as_of=AT + timedelta(minutes=4)) == [1, 2, 3], "up to the last one recorded by then"
    assert seqs(as_of=AT + timedelta(minutes=9)) == [1, 2, 3, 4]
    assert seqs(stream="participant/0", after=1, as_of=AT + timedelta(minutes=4)) == [3]


# --- commands ---


def test_a_repeated_command_gets_the_first_answer_and_writes_nothing(ledger):
    first = add(ledger, fact(), fact("study"), command="a")
    assert add(ledger, fact(other="x"), command="a", study=99, at=AT + timedelta(days=1)) == first
    assert ledger.head().seq == 2


def test_a_passed_version_is_a_conflict_and_nothing_is_written(ledger):
    add(ledger, fact("study"), command="a")
    for expected in (0, 2):
        with pytest.raises(Conflict) as conflict:
            add(ledger, fact(), command="b", study=expected)
        assert (conflict.value.stream, conflict.value.expected, conflict.value.found) == (
            "study",
            expected,
            1,
        )
    assert ledger.head().seq == 1
    assert add(ledger, fact(), command="b", study=1)[0].seq == 2


def test_an_act_may_rest_on_more_streams_than_an_answer_of_a_database_has_columns(ledger):
    streams = [f"participant/{number}" for number in range(2500)]
    add(ledger, *(fact(stream) for stream in streams), command="all consent")
    stands = dict.fromkeys(streams, 1)
    with pytest.raises(Conflict):
        add(ledger, fact("study"), command="too late", **(stands | {streams[-1]: 0}))
    (locked,) = add(ledger, fact("study"), command="lock", **stands)
    assert (locked.seq, locked.version) == (2501, 1)


def test_two_writers_of_one_file_keep_one_chain_and_the_slower_one_is_told(tmp_path):
    one, other = Ledger.sqlite(tmp_path / "l.db"), Ledger.sqlite(tmp_path / "l.db")
    for number in range(10):
        add((one, other)[number % 2], fact(), command=str(number), **{"participant_01-001": number})
    with pytest.raises(Conflict):
        add(one, fact(), command="late", **{"participant_01-001": 9})
    assert add(other, fact(), command="3") == add(one, fact(), command="3")
    events = list(one.events())
    assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]
    assert other.head() == one.head() == Head(10, events[-1].hash)


def test_a_command_is_written_whole_or_not_at_all(ledger):
    add(ledger, fact(), command="a")
    ledger._cursor.execute(
        "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.part = 2 BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        add(ledger, fact(), fact(note=Sealed("x")), command="b")
    assert ledger.head().seq == 1
    assert ledger.disclosures() == []
    ledger._cursor.execute("DROP TRIGGER full")
    assert len(add(ledger, fact(), fact(), command="b")) == 2


def test_the_database_itself_refuses_to_change_or_remove_an_event(tmp_path):
    ledger = Ledger.sqlite(tmp_path / "l.db")
    add(ledger, fact(), command="a")
    raw = sqlite3.connect(tmp_path / "l.db", isolation_level=None)
    for statement in ("DELETE FROM event", "UPDATE event SET kind = 'x'", "UPDATE event SET line = '{}'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    for pragma, value in (("journal_mode", "wal"),):
        assert raw.execute(f"PRAGMA {pragma}").fetchone() == (value,)
    assert ledger._cursor.execute("PRAGMA synchronous").fetchone() == (2,)
    raw.close()


def test_the_other_columns_say_what_the_line_says(tmp_path):
    ledger = Ledger.sqlite(tmp_path / "l.db")
    signed = Fact(PERSON, "signed", {"meaning": "reviewed"}, 2, "why", {"name": "Li Na"}, site="01")
    (event,) = add(ledger, signed, command="a")
    names = (
        "seq",
        "stream",
        "version",
        "command",
        "part",
        "kind",
        "schema",
        "protocol",
        "actor",
        "role",
        "site",
    )
    row = ledger._cursor.execute(f"SELECT {', '.join(names)}, reason, prev, hash FROM event").fetchone()
    assert row == (*(getattr(event, name) for name in names), "why", event.prev, event.hash)
    row = ledger._cursor.execute("SELECT at, payload, signature FROM event").fetchone()
    assert row[0] == "2026-03-30T01:40:00.000000Z"
    assert [json.loads(text) for text in row[1:]] == [event.payload, event.signature]


def test_the_same_code_speaks_to_a_driver_with_other_placeholders():
    """What PostgreSQL's driver will ask for: `%s` instead of `?`, settings and locks of its own."""
    said: list[str] = []

    class Cursor:
        def __init__(self, inner):
            self.inner = inner

        def execute(self, statement, parameters=()):
            said.append(statement)
            self.inner.execute(statement.replace("%s", "?"), parameters)

        def executemany(self, statement, parameters):
            said.append(statement)
            self.inner.executemany(statement.replace("%s", "?"), parameters)

        def __getattr__(self, name):
            return getattr(self.inner, name)

    class Connection:
        inner = sqlite3.connect(":memory:", isolation_level=None)

        def cursor(self):
            return Cursor(self.inner.cursor())

        def __getattr__(self, name):
            return getattr(self.inner, name)

    ledger = Ledger(Connection(), replace(SQLITE, mark="%s", lock=("SELECT 1",)))
    (event,) = add(ledger, fact(note=Sealed("x")), command="a", study=0)
    assert list(ledger.events(stream=PERSON, as_of=AT)) == [event]
    assert ledger.disclosed(event) == {"note": "x"}
    assert not [statement for statement in said if "?" in statement]
    assert "SELECT 1" in said


# --- what a payload may hold ---


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"a": 1.5}, "a: a float"),
        ({"items": {"platelets": {"value": 3.0}}}, "items.platelets.value: a float"),
        ({"rows": [{"x": "1"}, {"x": float("nan")}]}, "rows.1.x: a float"),
        ({"a": Sealed({"b": [0.1]})}, "a.b.0: a float"),
        ({"a": Sealed(Sealed("x"))}, "a: a sealed value inside"),
        ({"a": Decimal(1)}, "a: a Decimal"),
        ({"a": Fraction(1, 2)}, "a: a Fraction"),
        ({"a": date(2026, 3, 30)}, "a: a date"),
        ({"a": b"x"}, "a: a bytes"),
        ({"a": {1: "x"}}, "a: the key 1 is no text"),
        ({"a": {"x"}}, "a: a set"),
    ],
)
def test_what_has_no_exact_text_is_refused_by_its_place_and_nothing_is_written(ledger, payload, place):
    with pytest.raises(TypeError) as refused:
        add(ledger, Fact(PERSON, "form saved", payload), command="a")
    assert str(refused.value).startswith(place)
    assert ledger.head().seq == 0


def test_a_signature_is_held_to_the_same_rule(ledger):
    with pytest.raises(TypeError, match="at: a float"):
        add(ledger, fact()._replace(signature={"at": 1.5}), command="a")


# --- sealed values ---


def test_a_sealed_value_enters_as_a_salted_commitment_and_is_held_beside(ledger):
    (event,) = add(ledger, fact(items={"name": Sealed({"value": "李娜"}), "open": "x"}), command="a")
    assert "李娜" not in event.line
    (held,) = ledger.disclosures()
    assert event.payload["items"] == {"name": {"commitment": held.commitment}, "open": "x"}
    salted = bytes.fromhex(held.salt) + '{"value":"李娜"}'.encode()
    assert hashlib.sha256(salted).hexdigest() == held.commitment
    assert ledger.disclosed(event) == {"items": {"name": {"value": "李娜"}, "open": "x"}}


def test_equal_values_have_unequal_commitments(ledger):
    (event,) = add(ledger, fact(one=Sealed("placebo"), two=Sealed("placebo")), command="a")
    assert event.payload["one"] != event.payload["two"]
    assert ledger.disclosed(event) == {"one": "placebo", "two": "placebo"}


def test_a_short_salt_is_refused(ledger):
    with pytest.raises(ValueError, match="at least 16 bytes"):
        ledger.append(
            [fact(a=Sealed("x"))],
            command="a",
            actor="a",
            role="r",
            at=AT,
            protocol="",
            expected={},
            salts=lambda: b"short",
        )


def test_an_erased_value_stays_a_commitment_and_the_chain_is_untouched(ledger):
    (event,) = add(ledger, fact(one=Sealed("a"), two=[Sealed("b")]), command="a")
    head = ledger.head()
    ledger._cursor.execute(
        "DELETE FROM disclosure WHERE commitment = ?", (event.payload["one"]["commitment"],)
    )
    assert ledger.disclosed(event) == {"one": event.payload["one"], "two": ["b"]}
    assert ledger.head() == head


def test_a_payload_with_a_commitment_of_its_own_is_left_as_it_is(ledger):
    (event,) = add(ledger, fact("study", commitment="0" * 64, generator="g", note=Sealed("x")), command="a")
    assert ledger.disclosed(event) == {"commitment": "0" * 64, "generator": "g", "note": "x"}


# --- killed while writing, and speed ---

CHILD = """
import os, sys
from datetime import UTC, datetime
from trialist.conduct.commands import Fact, Sealed
from trialist.ledger import Ledger

ledger, number = Ledger.sqlite(sys.argv[1]), int(sys.argv[2])
while True:
    number += 1
    facts = [Fact("participant/1", "x", {"n": number, "s": Sealed("v")}), Fact("study", "y", {"n": number})]
    ledger.append(facts, command=str(number), actor="a", role="r", at=datetime(2026, 3, 30, tzinfo=UTC),
                  protocol="0" * 64, expected={}, salts=lambda: os.urandom(16))
    print(number, ledger.head(), flush=True)
"""


def test_killed_while_writing_everything_answered_is_there_and_the_chain_is_whole(tmp_path):
    path, number = tmp_path / "l.db", 0
    for repeat in range(REPEATS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(number)], stdout=subprocess.PIPE, text=True
        )
        told = [child.stdout.readline() for _ in range(3 + 11 * repeat % 40)]
        child.send_signal(signal.SIGKILL)
        told += child.stdout.readlines()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        ledger = Ledger.sqlite(path)
        events = list(ledger.events())
        heads = {str(Head(event.seq, event.hash)) for event in events}
        assert {line.split()[1] for line in told if line.endswith("\n")} <= heads
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]
        assert len(events) == 2 * int(events[-1].command), "no command is there by half"
        assert len(ledger.disclosures()) == len(events) // 2
        number = int(events[-1].command)
        ledger.close()


def test_appending_four_thousand_events_in_memory_costs_little(ledger):
    """The budget is 50 µs an event; four times that is allowed on a machine that does other things too."""
    entry = {"value": "12.5", "unit": "10*9/L"}
    items = {"platelets": entry, "wbc": entry, "hemoglobin": entry, "comment": Sealed({"value": "x"})}
    begun = time.process_time()
    for number in range(4000):
        stream, version = f"participant/{number % 100}", number // 100
        ledger.append(
            [Fact(stream, "form saved", {"form": "hematology", "visit": "M1", "row": 1, "items": items})],
            command=f"command {number}",
            actor="li.na",
            role="coordinator",
            at=AT,
            protocol="5" * 64,
            expected={stream: version, "study": 0},
            salts=lambda: SALTS.randbytes(16),
        )
    assert (time.process_time() - begun) / 4000 < 200e-6
    assert ledger.head().seq == 4000


def test_the_room_imports_nothing_heavy():
    code = "import sys, trialist.ledger, trialist.vault, trialist.allocation; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "scipy", "pandas", "z3", "ibis", "django", "jinja2", "cryptography"}
    assert not heavy & set(done.stdout.split())
