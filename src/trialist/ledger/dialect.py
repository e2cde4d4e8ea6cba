"""What differs between databases: the few words of SQL that are not common to all."""

from __future__ import annotations

from dataclasses import dataclass

_IMMUTABLE = """
CREATE TRIGGER IF NOT EXISTS event_{verb} BEFORE {verb} ON event
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's way to say what the ledger needs.

    `mark` is the driver's placeholder; `settings` are sent once per connection, outside a transaction;
    `present` answers a row when the ledger is there, else `tables` make it; `begin` begins a transaction, and
    after `lock` in it no other writer of this chain can overlap.
    """

    name: str
    mark: str
    settings: tuple[str, ...]
    present: str
    tables: tuple[str, ...]
    begin: str
    lock: tuple[str, ...] = ()

    def sql(self, statement: str) -> str:
        """`statement`, written with `?`, with this driver's placeholders."""
        return statement if self.mark == "?" else statement.replace("?", self.mark)


# The canonical line is the record. Columns that lookups and uniqueness need are stored beside it; all others
# are computed from it, so that they cannot say anything else.
_DERIVED = {
    "schema": "INTEGER", "protocol": "TEXT", "actor": "TEXT", "role": "TEXT", "site": "TEXT",
    "reason": "TEXT", "signature": "JSON", "payload": "JSON", "prev": "TEXT",
}  # fmt: skip
_SQLITE_DERIVED = "\n".join(
    f"    {name} {kind.replace('JSON', 'TEXT')} GENERATED ALWAYS AS (json_extract(line, '$.{name}')) VIRTUAL,"
    for name, kind in _DERIVED.items()
)
_POSTGRESQL_DERIVED = "\n".join(
    f"    {name} {kind} GENERATED ALWAYS AS (CAST(CAST(line AS JSON) ->> '{name}' AS {kind})) STORED,"
    for name, kind in _DERIVED.items()
)

SQLITE = Dialect(
    name="sqlite",
    mark="?",
    settings=("PRAGMA busy_timeout = 10000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"),
    present="SELECT 1 FROM sqlite_master WHERE name = 'event_DELETE'",
    tables=(
        f"""
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    command TEXT NOT NULL,
    part INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
{_SQLITE_DERIVED}
    UNIQUE (stream, version),
    UNIQUE (command, part)
) STRICT
""",
        """
CREATE TABLE IF NOT EXISTS disclosure (
    commitment TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    salt TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID
""",
        "CREATE INDEX IF NOT EXISTS disclosure_seq ON disclosure (seq)",
        _IMMUTABLE.format(verb="UPDATE"),
        _IMMUTABLE.format(verb="DELETE"),
    ),
    begin="BEGIN IMMEDIATE",
)
"""The embedded database. Its triggers stop programs, not a person who can write the file: who can, can
remove them."""

POSTGRESQL = Dialect(
    name="postgresql",
    mark="%s",
    settings=("SET synchronous_commit = on",),
    present="SELECT 1 FROM pg_trigger WHERE tgname = 'event_stays' AND tgrelid = to_regclass('event')",
    tables=(
        f"""
CREATE TABLE IF NOT EXISTS event (
    seq BIGINT PRIMARY KEY,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    command TEXT NOT NULL,
    part INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
{_POSTGRESQL_DERIVED}
    UNIQUE (stream, version),
    UNIQUE (command, part)
)
""",
        """
CREATE TABLE IF NOT EXISTS disclosure (
    commitment TEXT COLLATE "C" PRIMARY KEY,
    seq BIGINT NOT NULL,
    salt TEXT NOT NULL,
    value TEXT NOT NULL
)
""",
        "CREATE INDEX IF NOT EXISTS disclosure_seq ON disclosure (seq)",
        """
CREATE OR REPLACE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END$$
""",
        """
CREATE OR REPLACE TRIGGER event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON event
FOR EACH STATEMENT EXECUTE FUNCTION event_stays()
""",
    ),
    begin="BEGIN",
    lock=("SELECT pg_advisory_xact_lock(hashtext('head of ' || current_schema()))",),
)
"""The server's database: one schema per study; the driver's connection is in autocommit.

The role that made the tables owns them. The application connects as another, which
may only SELECT and INSERT.
"""
