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
    `tables` create what is missing; `lock` begins a transaction that no other writer of this chain can
    overlap.
    """

    name: str
    mark: str
    settings: tuple[str, ...]
    tables: tuple[str, ...]
    lock: tuple[str, ...]

    def sql(self, statement: str) -> str:
        """`statement`, written with `?`, with this driver's placeholders."""
        return statement if self.mark == "?" else statement.replace("?", self.mark)


# The canonical line is the record. Columns that lookups and uniqueness need are stored beside it; all others
# are computed from it, so that they cannot say anything else.
_DERIVED_SQLITE = ",\n".join(
    f"    {name} {kind} GENERATED ALWAYS AS (json_extract(line, '$.{name}')) VIRTUAL"
    for name, kind in (
        ("schema", "INTEGER"), ("protocol", "TEXT"), ("actor", "TEXT"), ("role", "TEXT"), ("site", "TEXT"),
        ("reason", "TEXT"), ("signature", "TEXT"), ("payload", "TEXT"), ("prev", "TEXT"),
    )
)  # fmt: skip

SQLITE = Dialect(
    name="sqlite",
    mark="?",
    settings=("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 10000"),
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
{_DERIVED_SQLITE},
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
    lock=("BEGIN IMMEDIATE",),
)
"""The embedded database. Its triggers stop programs, not a person who can write the file: who can, can
remove them."""
