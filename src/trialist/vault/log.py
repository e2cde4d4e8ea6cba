"""The vault's own chain: every question that was asked, by whom and when, never an answer that unblinds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from trialist.allocation.canonical import canonical, sha256
from trialist.vault import schema

_GENESIS = "0" * 64


class Log:
    """Lines chained by SHA-256, written inside the caller's transaction."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def write(self, question: str, at: datetime | None, **what: object) -> None:
        """One more line, at the end of the chain."""
        seq, prev = self.head()
        line = canonical({"seq": seq + 1, "question": question, "at": _moment(at), "prev": prev} | what)
        self._cursor.execute(schema.LOG, (seq + 1, line, sha256(line)))

    def holds(self, question: str, at: datetime, **what: object) -> bool:
        """Whether this very question, of this moment, is in the log."""
        asked = {"question": question, "at": _moment(at)} | what
        return any(asked.items() <= line.items() for line in self.lines())

    def head(self) -> tuple[int, str]:
        """Number of lines and hash of the last."""
        self._cursor.execute(schema.LOG_HEAD)
        seq, digest = self._cursor.fetchone() or (0, _GENESIS)
        return int(seq), str(digest)

    def lines(self) -> list[dict[str, Any]]:
        """All lines, oldest first."""
        self._cursor.execute(schema.LOG_LINES)
        return [json.loads(line) for line, _ in self._cursor.fetchall()]

    def broken(self) -> int | None:
        """The number of the first line that does not continue the chain; None when it is intact."""
        self._cursor.execute(schema.LOG_LINES)
        prev = _GENESIS
        for number, (line, digest) in enumerate(self._cursor.fetchall(), start=1):
            record = json.loads(line)
            if (record["seq"], record["prev"], sha256(line)) != (number, prev, digest):
                return number
            prev = digest
        return None


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
