"""The vault's database. What is secret in it is encrypted; slots and log name no treatment."""

from __future__ import annotations

STATEMENTS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    """
CREATE TABLE IF NOT EXISTS sealed (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    study TEXT NOT NULL,
    mode TEXT NOT NULL,
    commitment TEXT NOT NULL,
    contents TEXT NOT NULL,
    running TEXT NOT NULL
) STRICT
""",
    "CREATE TABLE IF NOT EXISTS wrap (holders TEXT PRIMARY KEY, data_key TEXT NOT NULL) STRICT",
    """
CREATE TABLE IF NOT EXISTS slot (
    place INTEGER PRIMARY KEY,
    participant TEXT NOT NULL UNIQUE,
    stratum TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    kit TEXT NOT NULL UNIQUE,
    UNIQUE (stratum, ordinal)
) STRICT
""",
    "CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, line TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    *(
        f"CREATE TRIGGER IF NOT EXISTS {table}_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the vault''s {table} is append-only'); END"
        for table in ("sealed", "wrap", "slot", "log")
        for verb in ("UPDATE", "DELETE")
    ),
)

SEAL = "INSERT INTO sealed (one, study, mode, commitment, contents, running) VALUES (1, ?, ?, ?, ?, ?)"
SEALED = "SELECT study, mode, commitment, contents, running FROM sealed"
WRAP = "INSERT INTO wrap (holders, data_key) VALUES (?, ?)"
WRAPS = "SELECT holders, data_key FROM wrap"
ASSIGN = "INSERT INTO slot (place, participant, stratum, ordinal, kit) VALUES (?, ?, ?, ?, ?)"
RECEIPTS = "SELECT place, participant, stratum, ordinal, kit FROM slot WHERE place > ? ORDER BY place"
LOG = "INSERT INTO log (seq, line, hash) VALUES (?, ?, ?)"
LOG_HEAD = "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1"
LOG_LINES = "SELECT line, hash FROM log ORDER BY seq"
