"""What happens when: acts of many people, carried out in the order of their times.

A sitting is somebody's train of acts, written as a generator: it yields the next act and is handed the desk's
receipt, or the refusal is raised in it. Many sittings run side by side; the agenda always carries out the
earliest act, so the ledger's times never run backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, NamedTuple

from trialist.conduct.commands import Actor, Command
from trialist.findings import Refusal


class Act(NamedTuple):
    """Something that `by` does, recorded at `at` (UTC)."""

    at: datetime
    by: Actor
    command: Command


class Pause(NamedTuple):
    """Nothing happens until then."""

    at: datetime


Sitting = Generator[Act | Pause, Any, None]


class Agenda:
    """Sittings waiting for their next act."""

    def __init__(self, carry_out: Callable[[Act], Any]) -> None:
        self._carry_out = carry_out
        self._waiting: list[tuple[datetime, int, Sitting, Act | Pause]] = []
        self._started = 0
        self.now: datetime | None = None

    def add(self, sitting: Sitting) -> None:
        """Let a sitting begin; it runs up to its first act, which waits for its time."""
        self._go_on(sitting, sitting.send, None)

    def run(self, until: datetime | None = None) -> bool:
        """Carry out everything due by `until`; whether nothing is left to do."""
        while self._waiting:
            if until is not None and self._waiting[0][0] > until:
                return False
            at, _, sitting, act = heappop(self._waiting)
            self.now = at
            if isinstance(act, Pause):
                self._go_on(sitting, sitting.send, None)
                continue
            try:
                receipt = self._carry_out(act)
            except Refusal as refusal:
                self._go_on(sitting, sitting.throw, refusal)
            else:
                self._go_on(sitting, sitting.send, receipt)
        return True

    def _go_on(self, sitting: Sitting, resume: Callable[[Any], Act | Pause], value: Any) -> None:
        try:
            act = resume(value)
        except StopIteration:
            return
        assert self.now is None or act.at >= self.now, f"{act} would be recorded in the past"
        self._started += 1
        heappush(self._waiting, (act.at, self._started, sitting, act))
