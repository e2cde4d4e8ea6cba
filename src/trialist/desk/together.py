"""Group commit: what waits while the disk is busy is done together, in one transaction.

A chain has one end, so its transactions follow one another, and each waits for the disk before it is answered. One act
a transaction, the pace of the disk would be everybody's. So whoever finds nobody at work leads: they do their own
work and that of all who came meanwhile, as one, in the order of their coming. Who comes later waits for the next turn.

What is common is the transaction and nothing else. Each work has an answer of its own; an exception among the
answers is raised where it belongs. If the common transaction fails, nothing of it was done, and nobody can say whose
fault it was: then everyone does their own work again, alone, in their own thread and on their own connection, so that
a failure meets the one whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

MOST = 64
"""Works in one transaction: enough that the disk is no limit, few enough that none waits long for the others."""

Work = Callable[[Sequence[Any]], Sequence[Any]]
"""Does several works, all of them or none, and gives each its answer."""


class _Place:
    """A place in the queue; its holder sleeps until the work is done or it is their turn to lead."""

    def __init__(self, asked: Any) -> None:
        self.asked = asked
        self.alone = False
        self.answers: Sequence[Any] = ()
        self._awake = Lock()
        self._awake.acquire()

    def sleep(self) -> None:
        self._awake.acquire()

    def wake(self) -> None:
        self._awake.release()


class Together:
    """A queue before one desk. Threads may come as they like; one at a time works."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._busy = False
        self._waiting: list[_Place] = []

    def do(self, asked: Any, work: Work) -> Any:
        """Have `asked` done, by `work` here or by whoever leads; its answer.

        `work` may be handed what others asked for, and must be as good for them as their own.
        """
        mine = _Place(asked)
        with self._lock:
            leads, self._busy = not self._busy, True
            if not leads:
                self._waiting.append(mine)
        if not leads:
            mine.sleep()
        if not mine.answers:
            self._lead(mine, work)
        (answer,) = mine.answers
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _lead(self, mine: _Place, work: Work) -> None:
        """Do what is to be done now, then let the next one lead."""
        others = [] if mine.alone else self._called()
        try:
            answers = work([one.asked for one in (mine, *others)])
            for one, answer in zip((mine, *others), answers, strict=True):
                one.answers = (answer,)
        except Exception:
            if not others:
                raise
            self._send_back(others)
            others = []
            mine.answers = work([mine.asked])
        except BaseException:  # this thread ends; the others must not sleep for ever
            self._send_back(others)
            others = []
            raise
        finally:
            for one in others:
                one.wake()
            self._hand_over()

    def _called(self) -> list[_Place]:
        """Who goes along: those at the front who need not be alone."""
        with self._lock:
            many = next((n for n, one in enumerate(self._waiting) if one.alone), len(self._waiting))
            called = self._waiting[: min(many, MOST - 1)]
            del self._waiting[: len(called)]
        return called

    def _send_back(self, others: list[_Place]) -> None:
        """To the front of the queue, each to be done alone."""
        for one in others:
            one.alone = True
        with self._lock:
            self._waiting[:0] = others

    def _hand_over(self) -> None:
        """The first in the queue leads; nobody, if nobody waits."""
        with self._lock:
            self._busy = bool(self._waiting)
            first = self._waiting.pop(0) if self._waiting else None
        if first is not None:
            first.wake()
