"""From a row of a snapshot back to the events of the ledger that it was made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from trialist.ledger.event import Event

Place = tuple[str, str | None, int, str, int]
"""Participant, visit, occurrence, form, row."""
_WRITES = frozenset({"form saved", "value corrected"})


@dataclass(frozen=True)
class Trail:
    """Which events wrote to which row of a form.

    A snapshot names for each row the last event that wrote to it; earlier ones gave its other answers and its
    day. `of` adds them, so that whoever reads these events alone can make the row again.
    """

    _rows: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))
    _saves: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))
    _places: dict[int, Place] = field(default_factory=dict)

    @classmethod
    def read(cls, events: Iterable[Event], up_to: int) -> Trail:
        """The trail of the events up to a sequence number, that of a snapshot's head."""
        trail = cls()
        for event in events:
            if event.seq <= up_to and event.kind in _WRITES:
                trail._take_in(event)
        return trail

    def _take_in(self, event: Event) -> None:
        payload = event.payload
        place = (
            event.stream.removeprefix("participant/"),
            payload.get("visit"),
            payload.get("occurrence", 1),
            payload["form"],
            payload.get("row", 1),
        )
        self._places[event.seq] = place
        self._rows[place].append(event.seq)
        if event.kind == "form saved":
            self._saves[place].append(event.seq)

    def of(self, *seqs: int) -> tuple[int, ...]:
        """Everything that wrote to the rows that these events wrote to; other events stand for themselves."""
        found = set(seqs)
        for seq in seqs:
            if seq in self._places:
                found.update(self._rows[self._places[seq]])
        return tuple(sorted(found))

    def saved(self, *seqs: int) -> tuple[int, ...]:
        """These events, and the savings of their rows, which hold the day."""
        found = set(seqs)
        for seq in seqs:
            if seq in self._places:
                found.update(self._saves[self._places[seq]])
        return tuple(sorted(found))
