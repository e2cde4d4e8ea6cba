"""Tidy tables of what the ledger says, as of a moment: the only thing that analyses and exports read.

A snapshot is blinded unless it is handed the arms. In a blinded one every randomized participant carries a
dummy arm, drawn from the head of the chain and the participant's id alone; nothing here can ask the vault.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trialist.ledger.event import GENESIS, Event, Head
from trialist.ledger.folding import Disclose, fold
from trialist.ledger.lens import Lens
from trialist.ledger.record import moment, parse_moment
from trialist.ledger.rows import Rows
from trialist.ledger.tables import COLUMNS, Table
from trialist.protocol import Protocol

DUMMY_ARMS = ("Dummy X", "Dummy Y")
"""The labels of arms that mean nothing."""
BLINDED_VIEWER = "blinded_statistician"
OPEN_VIEWER = "unblinded_statistician"


@dataclass(frozen=True)
class Snapshot:
    """Six tables and what they were made of.

    `head` is the last event taken in; `as_of` the moment asked for, or the recording of that event (UTC).
    `blinded` says that the arms are dummies; `simulated` that the ledger is a rehearsal's.
    """

    tables: Mapping[str, Table]
    head: Head
    as_of: datetime
    blinded: bool
    simulated: bool
    protocol_hash: str

    def write(self, folder: Path | str) -> None:
        """Write `<table>.csv` (UTF-8, header, line feeds, empty cell for None) and `snapshot.json`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file, lineterminator="\n")
                lines.writerow(table.columns)
                lines.writerows(table.rows)
        about = {
            "head": {"seq": self.head.seq, "hash": self.head.hash},
            "as_of": moment(self.as_of),
            "blinded": self.blinded,
            "simulated": self.simulated,
            "protocol": self.protocol_hash,
        }
        text = json.dumps(about, indent=1, sort_keys=True)
        (folder / "snapshot.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path | str) -> Snapshot:
        """Read what `write` wrote.

        Raises:
            ValueError: a table's columns are not those of a snapshot.
        """
        folder = Path(folder)
        about = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))
        return cls(
            tables={name: _read_table(folder / f"{name}.csv", name) for name in COLUMNS},
            head=Head(about["head"]["seq"], about["head"]["hash"]),
            as_of=parse_moment(about["as_of"]),
            blinded=about["blinded"],
            simulated=about["simulated"],
            protocol_hash=about["protocol"],
        )


def _read_table(path: Path, name: str) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    if tuple(header) != COLUMNS[name]:
        raise ValueError(f"{path}: the columns are {', '.join(header)}; expected {', '.join(COLUMNS[name])}")
    return Table(name, tuple(tuple(cell or None for cell in line) for line in lines))


def take(
    events: Iterable[Event],
    protocol: Protocol,
    *,
    as_of: datetime | None = None,
    arms: Mapping[str, str] | None = None,
    viewer: str | None = None,
    disclose: Disclose | None = None,
) -> Snapshot:
    """The tables as of a moment, for one kind of reader.

    Args:
        events: The study's chain, in order.
        protocol: The study file to read it by.
        as_of: Take the events up to the last one recorded at or before this moment; all by default.
        arms: Participant → arm, once two keys have opened the allocation. Without it the snapshot is
            blinded: its arms are dummies, and it goes no further than the lock.
        viewer: The role that will read; it decides which values are withheld. By default the blinded
            statistician; with `arms` the unblinded one, who sees everything but identifying values.
        disclose: Gives an event's payload with its sealed values put back (`Ledger.disclosed`,
            `LedgerFile.disclosed`). Values that stay sealed are shown as withheld.

    Raises:
        ValueError: `as_of` has no time zone, or arms are asked for by a role that must not see them.
    """
    blinded = arms is None
    viewer = viewer or (BLINDED_VIEWER if blinded else OPEN_VIEWER)
    if not blinded and viewer not in protocol.masking.visibility.get("unblinded", (OPEN_VIEWER,)):
        raise ValueError(f"{viewer} must not see the arms: leave `arms` out for a blinded snapshot")
    kept = _until(events, as_of, blinded=blinded)
    head = Head(kept[-1].seq, kept[-1].hash) if kept else Head(0, GENESIS)
    folded = fold(kept, disclose or (lambda event: event.payload))
    simulated = folded.mode == "rehearsal"
    study = protocol.study.id + ("-SIM" if simulated else "")
    rows = Rows.empty(
        Lens(protocol, viewer, sees_all=not blinded), study, dummy_arms(head) if arms is None else arms.get
    )
    for participant in sorted(folded.people):
        rows.add(folded.people[participant])
    return Snapshot(
        tables={name: Table(name, tuple(found)) for name, found in rows.tables.items()},
        head=head,
        as_of=as_of or (kept[-1].at if kept else datetime.min.replace(tzinfo=UTC)),
        blinded=blinded,
        simulated=simulated,
        protocol_hash=protocol.hash,
    )


def dummy_arms(head: Head) -> Callable[[str], str]:
    """Participant → dummy arm: the first bit of SHA-256(`dummy arm` ‖ the head's hash ‖ the id), in UTF-8."""

    def draw(participant: str) -> str:
        digest = hashlib.sha256(f"dummy arm{head.hash}{participant}".encode()).digest()
        return DUMMY_ARMS[digest[0] >> 7]

    return draw


def _until(events: Iterable[Event], as_of: datetime | None, *, blinded: bool) -> list[Event]:
    """The events as of a moment; for the blinded, as of the lock at the latest."""
    kept = list(events)
    if as_of is not None:
        if as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone, as in 2026-11-01T00:00:00Z")
        kept = kept[: max((place for place, one in enumerate(kept, 1) if one.at <= as_of), default=0)]
    if blinded:
        lock = next((place for place, one in enumerate(kept, 1) if one.kind == "study locked"), len(kept))
        kept = kept[:lock]
    return kept
