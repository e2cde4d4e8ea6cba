"""Exported ledgers: writing, reading, importing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from trialist.allocation import Annex
from trialist.allocation.canonical import canonical
from trialist.findings import InputError
from trialist.ledger.chain import Broken, Chain, disclosure_line, ending
from trialist.ledger.event import GENESIS, Event, Head
from trialist.ledger.messages import finding
from trialist.ledger.sealing import Disclosure, unseal
from trialist.ledger.store import Ledger

MAX_LINE_BYTES = 1 << 24
"""No line of a ledger is longer: the longest holds a study file."""


@dataclass(frozen=True)
class LedgerFile:
    """An exported ledger that has been read whole and holds together."""

    events: tuple[Event, ...]
    disclosures: tuple[Disclosure, ...]
    study: str
    mode: str

    @cached_property
    def held(self) -> Mapping[str, str]:
        """Commitment → canonical text of the value disclosed for it."""
        return {found.commitment: found.value for found in self.disclosures}

    def head(self) -> Head:
        """The end of the chain."""
        return Head(self.events[-1].seq, self.events[-1].hash) if self.events else Head(0, GENESIS)

    @property
    def protocol(self) -> str:
        """Hash of the study file last in force; empty before the first activation."""
        activated = [event for event in self.events if event.kind == "protocol activated"]
        return str(activated[-1].payload["hash"]) if activated else ""

    @property
    def commitments(self) -> tuple[str, ...]:
        """Of every list that was sealed: one in an intact ledger, none before."""
        kept = [event.payload.get("commitment") for event in self.events if event.kind == "allocation sealed"]
        return tuple(str(one) for one in kept)

    def disclosed(self, event: Event) -> dict[str, Any]:
        """The event's payload with sealed values put back where they are held."""
        payload: dict[str, Any] = unseal(event.payload, self.held)
        return payload

    def arms(self, annex: Annex | Path | str, as_of: datetime | None = None) -> Mapping[str, str] | None:
        """Participant → arm, once two key holders have opened the blind; None before.

        Raises:
            InputError: the annex is not the one that the ledger committed to.
        """
        annex = self._committed(annex)
        if not any(event.kind == "allocation opened" for event in self._until(as_of)):
            return None
        return self._allocated(annex, as_of)

    def interim_arms(self, annex: Annex | Path | str, as_of: datetime) -> Mapping[str, str]:
        """Participant → arm as of a data cut, before the opening: for the closed report to the safety board alone.

        Raises:
            InputError: the annex is not the one that the ledger committed to.
        """
        return self._allocated(self._committed(annex), as_of)

    def _committed(self, annex: Annex | Path | str) -> Annex:
        annex = annex if isinstance(annex, Annex) else Annex.read(annex)
        if self.commitments != (annex.commitment,):
            raise InputError(finding("annex_not_committed"))
        return annex

    def _until(self, as_of: datetime | None) -> tuple[Event, ...]:
        last = max((event.seq for event in self.events if as_of is None or event.at <= as_of), default=0)
        return self.events[:last]

    def _allocated(self, annex: Annex, as_of: datetime | None) -> Mapping[str, str]:
        return {
            event.stream.removeprefix("participant/"): annex.arm(
                event.payload["stratum"], event.payload["ordinal"]
            )
            for event in self._until(as_of)
            if event.kind == "randomized"
        }


def export(ledger: Ledger, file: Path | str | TextIO, *, disclosures: bool = True) -> Head:
    """Write the whole chain, the disclosures held, and the last line; return the head.

    Args:
        ledger: what to write.
        file: a new file's path, or an open text file (UTF-8, newlines as written).
        disclosures: without them, what a blinded role gets: the same chain, which verifies in full.

    Raises:
        FileExistsError: the path exists.
    """
    if isinstance(file, (str, Path)):
        with Path(file).open("x", encoding="utf-8", newline="\n") as opened:
            return export(ledger, opened, disclosures=disclosures)
    head, study, mode = Head(0, GENESIS), "", ""
    for event in ledger.events():
        if event.seq == 1:
            study, mode = str(event.payload.get("study", "")), str(event.payload.get("mode", ""))
        file.write(event.line + "\n")
        head = Head(event.seq, event.hash)
    held = (
        [disclosure_line(found) + "\n" for found in ledger.disclosures(up_to=head.seq)] if disclosures else []
    )
    file.writelines(held)
    digest = sha256("".join(held).encode()).hexdigest()
    file.write(canonical(ending(head, study, mode, len(held), digest)) + "\n")
    return head


def read(path: Path | str) -> LedgerFile:
    """An exported ledger, checked line by line.

    Raises:
        InputError: the file cannot be read, or is no ledger.
        Refusal: the chain is broken; the finding names the first place.
    """
    chain, events, disclosures = Chain(), [], []
    for found in walk(path, chain):
        if isinstance(found, Event):
            events.append(found)
        else:
            disclosures.append(found)
    return LedgerFile(tuple(events), tuple(disclosures), chain.study, chain.mode)


def import_(source: LedgerFile | Path | str, ledger: Ledger) -> Head:
    """Put an exported ledger into an empty one, line by line as it was hashed.

    Raises:
        InputError: the file is no ledger, or `ledger` is not empty.
        Refusal: the chain is broken.
    """
    held = source if isinstance(source, LedgerFile) else read(source)
    if ledger.head().seq:
        raise InputError(finding("ledger_not_new", count=ledger.head().seq))
    ledger.restore(held.events, held.disclosures)
    return ledger.head()


def walk(path: Path | str, chain: Chain) -> Iterator[Event | Disclosure]:
    """Feed a file to `chain` and give what it holds; never more than one line in memory.

    Raises:
        InputError: the file cannot be read, or is no ledger.
        Broken: at the first place that does not hold.
    """
    try:
        with Path(path).open("rb") as file:
            for line in iter(lambda: file.readline(MAX_LINE_BYTES), b""):
                _check_shape(line, chain, str(path))
                found = chain.feed(line[:-1])
                if found is not None:
                    yield found
    except Broken as broken:
        raise Broken(*(found.located(file=str(path)) for found in broken.findings)) from None
    except OSError as error:
        raise InputError(
            finding("ledger_unreadable", file=str(path), why=error.strerror or "it is no file")
        ) from None
    if not chain.lines:
        raise InputError(finding("ledger_empty", file=str(path)))
    if not chain.ended:
        raise Broken(finding("broken_tail", line=chain.lines, file=str(path)))


def _check_shape(line: bytes, chain: Chain, path: str) -> None:
    """Turn away what is no ledger at all, at its first line, and a line that has no end."""
    if not chain.lines and b'"prev":"' not in line and not line.startswith(b'{"disclosures":'):
        raise InputError(finding("not_a_ledger", file=path))
    if not line.endswith(b"\n"):
        raise Broken(finding("broken_tail", line=chain.lines + 1))
