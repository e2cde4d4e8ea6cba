"""What a safety board is shown on a data cut: conduct and safety, all arms together or by arm, and no endpoint."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trialist.analysis.flow import flow
from trialist.analysis.histories import Reader
from trialist.analysis.people import TOGETHER, Person, people
from trialist.analysis.results import BLINDED, SIMULATED, plain
from trialist.analysis.safety import safety
from trialist.ledger.event import Event
from trialist.ledger.record import moment
from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol

INTERIM = "INTERIM"


@dataclass(frozen=True)
class Board:
    """The record of one report. `arms` are the real ones in a closed report, `TOGETHER` in an open one."""

    study: str
    protocol_version: str
    marks: tuple[str, ...]
    cut: str
    snapshot: Mapping[str, Any]
    arms: tuple[str, ...]
    consort: Mapping[str, Any]
    conduct: Mapping[str, int]
    safety: Mapping[str, Any]
    left_out: tuple[str, ...]

    @property
    def closed(self) -> bool:
        """Whether it is by arm."""
        return self.arms != (TOGETHER,)

    def as_json(self) -> dict[str, Any]:
        """The record, as plain values that JSON can hold."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}


def board(protocol: Protocol, snapshot: Snapshot, events: Iterable[Event], cut: str) -> Board:
    """The board's record of a snapshot that was taken on a data cut.

    Open where the snapshot is blinded: one group, and no laboratory value that an endpoint reads, because pooled
    outcomes are for the blinded statistician alone. Closed where the arms are known.

    Args:
        protocol: The study file.
        snapshot: Taken as of the cut.
        events: The ledger; what comes after the snapshot's head is left aside.
        cut: The cut's name.
    """
    everybody = people(snapshot)
    arms = (TOGETHER,) if snapshot.blinded else tuple(protocol.arms)
    if snapshot.blinded:
        everybody = tuple(person.together() for person in everybody)
    left_out = tuple(_read_by_endpoints(protocol)) if snapshot.blinded else ()
    found = safety(protocol, everybody, arms, blinded=snapshot.blinded, as_of=snapshot.as_of.date())
    shown = [one for one in found["laboratory"] if one["analyte"] not in left_out]
    return Board(
        study=protocol.study.id + ("-SIM" if snapshot.simulated else ""),
        protocol_version=protocol.study.version,
        marks=(INTERIM,) + (BLINDED,) * snapshot.blinded + (SIMULATED,) * snapshot.simulated,
        cut=cut,
        snapshot={
            "head": str(snapshot.head),
            "as_of": moment(snapshot.as_of),
            "blinded": snapshot.blinded,
            "simulated": snapshot.simulated,
            "sha256": fingerprint(snapshot),
        },
        arms=arms,
        consort=_flow(everybody, arms),
        conduct=_conduct([event for event in events if event.seq <= snapshot.head.seq]),
        safety=found | {"laboratory": shown},
        left_out=left_out,
    )


def fingerprint(snapshot: Snapshot) -> str:
    """SHA-256 of the snapshot's tables as they are written: of `cat *.csv` in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(snapshot.tables):
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(snapshot.tables[name].columns)
        lines.writerows(snapshot.tables[name].rows)
        digest.update(text.getvalue().encode())
    return digest.hexdigest()


def _read_by_endpoints(protocol: Protocol) -> list[str]:
    """The analytes that an endpoint reads."""
    read = {*Reader(protocol).analyte_at.values()}
    read.update(analyte for one in protocol.endpoints.values() for analyte in one.analytes)
    return [name for name in protocol.dictionaries.analytes if name in read]


def _flow(everybody: Sequence[Person], arms: tuple[str, ...]) -> dict[str, Any]:
    """The flow without outcomes."""
    found = asdict(flow(everybody, arms, dict.fromkeys((one.id for one in everybody), ""), frozenset()))
    for arm in found["arms"].values():
        del arm["outcomes"], arm["analyzed"]
    return found


def _conduct(events: Sequence[Event]) -> dict[str, int]:
    kinds = Counter(event.kind for event in events)
    visits = [event.payload for event in events if event.kind == "visit recorded"]
    return {
        "visits_recorded": len(visits),
        "visits_missed": kinds["visit missed"],
        "out_of_window": sum(one.get("in_window") is False for one in visits),
        "deviations": kinds["deviation recorded"],
        "queries_open": kinds["query opened"] - kinds["query closed"],
        "codes_broken": kinds["code broken"],
    }
