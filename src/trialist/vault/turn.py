"""Taking turns at a file between processes: whoever waits is woken at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turn:
    """A lock file beside a database. SQLite guards itself, but who waits for it asks again and again, ever less often.

    Where the system has no such locks (Windows) nobody waits here, and SQLite's own waiting is as right, and slower.
    """

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for one's turn, and hold it until the block ends; the system gives back what a dead process held."""
        try:
            import fcntl
        except ModuleNotFoundError:
            yield
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)
