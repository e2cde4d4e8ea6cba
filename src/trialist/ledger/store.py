"""The ledger in a database: append, read, put disclosures back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from trialist.conduct.commands import Fact
from trialist.ledger.dialect import SQLITE, Dialect
from trialist.ledger.event import GENESIS, Event, Head
from trialist.ledger.record import from_line, link, moment
from trialist.ledger.sealing import Disclosure, Salts, commitments_in, seal, unseal

_AT_ONCE = 500
"""Rows in one statement; databases bound the values of one."""


class Cursor(Protocol):
    """What is used of a DB-API cursor."""

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> Any: ...  # noqa: D102
    def executemany(self, statement: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...  # noqa: D102
    def fetchone(self) -> Any: ...  # noqa: D102
    def fetchall(self) -> list[Any]: ...  # noqa: D102


class Connection(Protocol):
    """What is used of a DB-API connection that leaves transactions to its user (autocommit)."""

    def cursor(self) -> Any: ...  # noqa: D102
    def commit(self) -> None: ...  # noqa: D102
    def rollback(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


Transaction = Callable[[], AbstractContextManager[Any]]
"""Begins a transaction; leaving commits it, an exception undoes it."""


class Conflict(Exception):  # noqa: N818 - an answer: decide again on what is there now
    """Somebody else wrote to a stream that this act was decided on; nothing was written."""

    def __init__(self, stream: str, expected: int, found: int) -> None:
        super().__init__(f"{stream} is at version {found}, not {expected}")
        self.stream, self.expected, self.found = stream, expected, found


class Ledger:
    """One study's chain in one database (or one schema of it), by a connection that is handed in.

    The same code serves every database; what differs is the dialect. A connection must not be inside a
    transaction and must leave transactions to its user. One `Ledger` serves one thread; several may write
    to one database.

    `transaction` begins and ends a transaction where the connection's user has a way of its own; it begins
    as the dialect's `begin` does. `then` is told what an append wrote, inside its transaction: what it writes
    on the same connection is committed with the events, and what it raises undoes them.
    """

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect = SQLITE,
        *,
        transaction: Transaction | None = None,
        then: Callable[[tuple[Event, ...]], None] | None = None,
    ) -> None:
        self._connection = connection
        self._transaction = transaction or self._plain_transaction
        self._then = then
        self._cursor: Cursor = connection.cursor()
        self._dialect = dialect
        for statement in (*dialect.settings, dialect.present):
            self._cursor.execute(statement)
        if self._cursor.fetchone() is None:
            for statement in dialect.tables:
                self._cursor.execute(statement)
        sql = dialect.sql
        self._sql_head = sql("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
        self._sql_command = sql("SELECT line FROM event WHERE command = ? ORDER BY part")
        self._sql_version = sql("SELECT version FROM event WHERE stream = ? ORDER BY version DESC LIMIT 1")
        self._sql_disclosures = sql(
            "SELECT commitment, salt, value FROM disclosure WHERE seq <= ? ORDER BY commitment"
        )
        self._sql_held = sql("SELECT commitment, value FROM disclosure WHERE seq = ?")

    @classmethod
    def memory(cls) -> Ledger:
        """A ledger that lives as long as the process."""
        return cls.sqlite(":memory:")

    @classmethod
    def sqlite(cls, path: Path | str) -> Ledger:
        """A ledger in a file, made if it is missing; every commit is on the disk when `append` returns."""
        import sqlite3

        return cls(sqlite3.connect(path, isolation_level=None), SQLITE)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def append(
        self,
        facts: Sequence[Fact],
        *,
        command: str,
        actor: str,
        role: str,
        at: datetime,
        protocol: str,
        expected: Mapping[str, int],
        salts: Salts,
    ) -> tuple[Event, ...]:
        """Append what one command decided, all of it or nothing, and return the events.

        Args:
            facts: in order; sealed values in them are replaced by commitments.
            command: the command's key; one that is there already answers with its first events, and
                nothing is written.
            actor: the person.
            role: the person's role in this act; facts marked `by_system` are recorded for `system`.
            at: the time of recording.
            protocol: hash of the study file in force.
            expected: stream → version on which the decision rests; 0 for a stream that does not exist.
            salts: gives a fresh random salt of at least 16 bytes at every call.

        Raises:
            Conflict: an expected version has passed; decide again.
            TypeError: a payload holds what has no exact text; the message names its place.
        """
        with self.held() as turn:
            if done := self.of_command(command):
                return done
            events = turn.append(
                facts,
                command=command,
                actor=actor,
                role=role,
                at=at,
                protocol=protocol,
                expected=expected,
                salts=salts,
            )
            turn.write()
        return events

    @contextmanager
    def held(self) -> Iterator[Turn]:
        """Hold the end of the chain: until this ends nobody else appends, and what is read is the latest.

        Leaving commits what the turn has written, an exception undoes it.
        """
        with self._transaction():
            for statement in self._dialect.lock:
                self._cursor.execute(statement)
            yield Turn(self)

    def events(
        self, stream: str | None = None, after: int = 0, as_of: datetime | None = None
    ) -> Iterator[Event]:
        """Events in order: of one stream or all, after a seq, up to the last recorded by `as_of`."""
        statement, parameters = "SELECT line FROM event WHERE seq > ?", [after]
        clauses: list[tuple[str, Any]] = []
        if stream is not None:
            clauses.append((" AND stream = ?", stream))
        if as_of is not None:
            clauses.append(
                (" AND seq <= (SELECT COALESCE(MAX(seq), 0) FROM event WHERE at <= ?)", moment(as_of))
            )
        statement += "".join(clause for clause, _ in clauses) + " ORDER BY seq"
        self._cursor.execute(self._dialect.sql(statement), (*parameters, *(value for _, value in clauses)))
        return (from_line(line) for (line,) in self._cursor.fetchall())

    def of_command(self, command: str) -> tuple[Event, ...]:
        """The events that one act left; none when the key is unknown."""
        self._cursor.execute(self._sql_command, (command,))
        return tuple(from_line(line) for (line,) in self._cursor.fetchall())

    def known(self, commands: Collection[str]) -> set[str]:
        """Those of the acts that are in the ledger."""
        marks = ", ".join("?" * len(commands))
        statement = f"SELECT command FROM event WHERE part = 1 AND command IN ({marks})"  # noqa: S608 - ours
        self._cursor.execute(self._dialect.sql(statement), list(commands))
        return {command for (command,) in self._cursor.fetchall()}

    def version(self, stream: str) -> int:
        """How many events a stream has."""
        self._cursor.execute(self._sql_version, (stream,))
        row = self._cursor.fetchone()
        return 0 if row is None else int(row[0])

    def head(self) -> Head:
        """The end of the chain; 0 and zeros when it is empty."""
        self._cursor.execute(self._sql_head)
        row = self._cursor.fetchone()
        return Head(0, GENESIS) if row is None else Head(*row)

    def disclosed(self, event: Event) -> dict[str, Any]:
        """The event's payload with sealed values put back where they are held."""
        if '"commitment"' not in event.line:
            return dict(event.payload)
        self._cursor.execute(self._sql_held, (event.seq,))
        payload: dict[str, Any] = unseal(event.payload, dict(self._cursor.fetchall()))
        return payload

    def disclosures(self, up_to: int | None = None) -> list[Disclosure]:
        """All that is held beside the ledger, by commitment; of the events up to a seq, if one is given."""
        seq = self.head().seq if up_to is None else up_to
        self._cursor.execute(self._sql_disclosures, (seq,))
        return [Disclosure(*row) for row in self._cursor.fetchall()]

    def restore(self, events: Sequence[Event], disclosures: Sequence[Disclosure]) -> None:
        """Write events of a verified export, exactly as they were, into an empty ledger."""
        seqs = {found: event.seq for event in events for found in _commitments(event)}
        with self.held():
            self.insert(events, [(seqs[found.commitment], found) for found in disclosures])

    def versions(self, streams: Collection[str]) -> dict[str, int]:
        """How many events each stream has, in one question."""
        names, found = list(streams), dict.fromkeys(streams, 0)
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            asked = "(?), " * (len(some) - 1) + "(?)"
            statement = (
                f"WITH asked(name) AS (VALUES {asked})"  # noqa: S608 - nothing in it is typed by anybody
                " SELECT name, (SELECT MAX(version) FROM event WHERE stream = name) FROM asked"
            )
            self._cursor.execute(self._dialect.sql(statement), some)
            found |= {name: version for name, version in self._cursor.fetchall() if version}
        return found

    def insert(self, events: Sequence[Event], disclosures: Sequence[tuple[int, Disclosure]]) -> None:
        """Write rows as they are, while the end of the chain is held; disclosures with the seq of their event."""
        self._insert("event", _EVENT_COLUMNS, [_event_row(event) for event in events])
        rows = [(found.commitment, seq, found.salt, found.value) for seq, found in disclosures]
        self._insert("disclosure", _DISCLOSURE_COLUMNS, rows)

    def tell(self, events: tuple[Event, ...]) -> None:
        """Tell `then` what was written."""
        if self._then is not None:
            self._then(events)

    def _insert(self, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            statement = self._dialect.sql(_insertion(table, columns, len(some)))
            self._cursor.execute(statement, [value for row in some for value in row])

    @contextmanager
    def _plain_transaction(self) -> Iterator[None]:
        self._cursor.execute(self._dialect.begin)
        try:
            yield
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise


class Turn:
    """The end of a chain while it is held: acts are appended one after the other, then written together.

    Nothing is in the database before `write`.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._versions: dict[str, int] = {}
        self._events: list[Event] = []
        self._disclosures: list[tuple[int, Disclosure]] = []
        self.head = ledger.head()
        """The last event that there is, or was appended here."""

    def look_up(self, streams: Collection[str]) -> None:
        """Ask for the versions of streams at once, where acts that will be appended rest on many."""
        unknown = set(streams) - self._versions.keys()
        if unknown:
            self._versions |= self._ledger.versions(sorted(unknown))

    def know(self, versions: Mapping[str, int]) -> None:
        """Versions that need not be asked for: whoever hands them over has read up to the head of this turn."""
        self._versions |= versions

    def stands_at(self, expected: Mapping[str, int]) -> bool:
        """Whether every stream is at the version on which a decision rests."""
        self.look_up(expected)
        return all(self._versions[stream] == version for stream, version in expected.items())

    def append(
        self,
        facts: Sequence[Fact],
        *,
        command: str,
        actor: str,
        role: str,
        at: datetime,
        protocol: str,
        expected: Mapping[str, int],
        salts: Salts,
    ) -> tuple[Event, ...]:
        """The events of one act, at the end of the chain; as `Ledger.append`, for a command that is new.

        Raises:
            Conflict, TypeError: nothing of this act was appended; what was appended before stays.
        """
        prepared = [_prepare(fact, salts) for fact in facts]
        self.look_up({*expected, *(fact.stream for fact in facts)})
        for stream, version in expected.items():
            if self._versions[stream] != version:
                raise Conflict(stream, version, self._versions[stream])
        text, at = moment(at), at.astimezone(UTC)
        events = []
        for part, (fact, payload, signature, disclosures) in enumerate(prepared, start=1):
            self._versions[fact.stream] += 1
            record = {
                "seq": self.head.seq + 1, "stream": fact.stream, "version": self._versions[fact.stream],
                "command": command, "part": part, "kind": fact.kind, "schema": fact.schema,
                "protocol": protocol, "actor": "system" if fact.by_system else actor,
                "role": "system" if fact.by_system else role, "site": fact.site, "at": text,
                "reason": fact.reason, "signature": signature, "payload": payload, "prev": self.head.hash,
            }  # fmt: skip
            event = link(record, at)
            self.head = Head(event.seq, event.hash)
            self._disclosures += [(event.seq, found) for found in disclosures]
            events.append(event)
        self._events += events
        return tuple(events)

    def write(self) -> None:
        """Write all that was appended, and tell the ledger's `then`; once."""
        if self._events:
            self._ledger.insert(self._events, self._disclosures)
            self._ledger.tell(tuple(self._events))


@cache
def _insertion(table: str, columns: tuple[str, ...], rows: int) -> str:
    one = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * rows)}"  # noqa: S608 - ours


_EVENT_COLUMNS = ("seq", "stream", "version", "command", "part", "kind", "at", "line", "hash")
_DISCLOSURE_COLUMNS = ("commitment", "seq", "salt", "value")


def _event_row(event: Event) -> tuple[Any, ...]:
    return (
        event.seq,
        event.stream,
        event.version,
        event.command,
        event.part,
        event.kind,
        moment(event.at),
        event.line,
        event.hash,
    )


def _prepare(
    fact: Fact, salts: Salts
) -> tuple[Fact, dict[str, Any], dict[str, Any] | None, list[Disclosure]]:
    disclosures: list[Disclosure] = []
    payload = seal(fact.payload, salts, disclosures)
    signature = None if fact.signature is None else seal(fact.signature, salts, disclosures)
    return fact, payload, signature, disclosures


def _commitments(event: Event) -> list[str]:
    return [*commitments_in(event.payload), *commitments_in(event.signature)]
