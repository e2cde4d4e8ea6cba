"""The rule of the chain, line by line: what may follow what. Reading and verifying are this one fold.

A file has one line per event, then one per disclosure, then one that says how it ends. Every line must be
the exact canonical text of its record; every event must carry the next `seq`, the hash of the line before,
the next version of its stream, and the next part of its command.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Any, NoReturn

from trialist.allocation.canonical import canonical
from trialist.findings import Refusal
from trialist.ledger.event import GENESIS, Event, Head
from trialist.ledger.messages import finding
from trialist.ledger.record import FIELDS, parse_moment
from trialist.ledger.sealing import Disclosure, commitment, commitments_in

_TEXTS = ("actor", "at", "command", "kind", "prev", "protocol", "role", "stream")
_NUMBERS = ("part", "schema", "seq", "version")
_OPTIONAL = ("reason", "site")


class Broken(Refusal):
    """The first place at which a chain does not hold."""


def _broken(code: str, **fields: Any) -> NoReturn:
    raise Broken(finding(code, **fields)) from None


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no whole number")


_decoder = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)


class Chain:
    """What has been read so far of one chain, and the rule for the next line."""

    def __init__(self) -> None:
        self.study = ""
        self.mode = ""
        self.head = Head(0, GENESIS)
        self.ended = False
        self.lines = 0
        self._versions: dict[str, int] = {}
        self._commands: set[str] = set()
        self._last = ("", 0)
        self._commitments: set[str] = set()
        self._disclosures = 0
        self._last_commitment = ""
        self._digest = sha256()

    def feed(self, data: bytes) -> Event | Disclosure | None:
        """Take the next line, without its newline; None for the last one.

        Raises:
            Broken: it does not continue what came before.
        """
        self.lines += 1
        if self.ended:
            _broken("broken_order", line=self.lines)
        text, record = self._parsed(data)
        if "disclosure" in record:
            return self._disclosure(record, text)
        if "head" in record:
            self._end(record)
            return None
        if self._disclosures:
            _broken("broken_order", line=self.lines)
        return self._event(record, text)

    def _parsed(self, data: bytes) -> tuple[str, dict[str, Any]]:
        try:
            text = data.decode()
            record = _decoder.decode(text)
        except UnicodeDecodeError:
            _broken("broken_text", line=self.lines, why="it is not UTF-8 text")
        except (ValueError, RecursionError) as error:
            why = "it is no JSON text" if isinstance(error, json.JSONDecodeError) else str(error)[:80]
            _broken("broken_text", line=self.lines, why=why)
        if type(record) is not dict:
            _broken("broken_text", line=self.lines, why="it is no record")
        if _rewritten(record) != data:
            _broken("broken_form", line=self.lines)
        return text, record

    def _event(self, record: dict[str, Any], text: str) -> Event:
        at = self._check_fields(record)
        seq, prev = record["seq"], record["prev"]
        if seq != self.head.seq + 1:
            _broken("broken_seq", line=self.lines, before=self.head.seq, found=seq)
        if prev != self.head.hash:
            _broken("broken_link", line=self.lines, seq=seq, before=seq - 1)
        if seq == 1:
            self._check_start(record)
        self._check_places(record)
        event = Event(**(record | {"at": at}), line=text, hash=sha256(text.encode()).hexdigest())
        self.head = Head(seq, event.hash)
        if '"commitment"' in text:
            self._commitments.update(commitments_in(event.payload), commitments_in(event.signature))
        return event

    def _check_fields(self, record: dict[str, Any]) -> datetime:
        wrong = sorted(set(FIELDS) ^ record.keys())
        if not wrong:
            wrong = [name for name in _TEXTS if type(record[name]) is not str]
            wrong += [name for name in _NUMBERS if type(record[name]) is not int]
            wrong += [name for name in _OPTIONAL if type(record[name]) not in (str, type(None))]
            wrong += [name for name in ("payload",) if type(record[name]) is not dict]
            wrong += [name for name in ("signature",) if type(record[name]) not in (dict, type(None))]
        if not wrong:
            try:
                return parse_moment(record["at"])
            except ValueError:
                wrong = ["at"]
        _broken("broken_fields", line=self.lines, name=wrong[0])

    def _check_start(self, record: dict[str, Any]) -> None:
        study, mode = record["payload"].get("study"), record["payload"].get("mode")
        if record["kind"] != "study opened" or type(study) is not str or type(mode) is not str:
            _broken("broken_start", line=self.lines)
        self.study, self.mode = study, mode

    def _check_places(self, record: dict[str, Any]) -> None:
        seq, stream, command, part = (record[name] for name in ("seq", "stream", "command", "part"))
        expected = self._versions.get(stream, 0) + 1
        if record["version"] != expected:
            _broken(
                "broken_stream",
                line=self.lines,
                seq=seq,
                stream=stream,
                found=record["version"],
                expected=expected,
            )
        begins = part == 1 and command not in self._commands
        if not begins and self._last != (command, part - 1):
            _broken("broken_command", line=self.lines, seq=seq, part=part, command=command)
        self._versions[stream] = expected
        self._commands.add(command)
        self._last = (command, part)

    def _disclosure(self, record: dict[str, Any], text: str) -> Disclosure:
        found = _as_disclosure(record)
        if found is None:
            _broken("broken_disclosure", line=self.lines)
        if found.commitment not in self._commitments:
            _broken("broken_foreign", line=self.lines)
        if found.commitment <= self._last_commitment:
            _broken("broken_order", line=self.lines)
        self._last_commitment = found.commitment
        self._disclosures += 1
        self._digest.update(text.encode() + b"\n")
        return found

    def _end(self, record: dict[str, Any]) -> None:
        due = ending(self.head, self.study, self.mode, self._disclosures, self._digest.hexdigest())
        if record != due:
            what = next((name for name in due if record.get(name) != due[name]), "its fields")
            _broken("broken_end", line=self.lines, what=what)
        self.ended = True


def ending(head: Head, study: str, mode: str, disclosures: int, digest: str) -> dict[str, Any]:
    """The record of a file's last line.

    `disclosures_hash` is SHA-256 of the disclosure lines, their newlines included.
    """
    return {
        "head": {"seq": head.seq, "hash": head.hash},
        "events": head.seq,
        "disclosures": disclosures,
        "disclosures_hash": digest,
        "study": printed_study(study, mode),
    }


def printed_study(study: str, mode: str) -> str:
    """The study's id as files carry it: what is simulated says so."""
    return f"{study}-SIM" if mode == "rehearsal" else study


def disclosure_line(found: Disclosure) -> str:
    """The line of one disclosed value."""
    value = json.loads(found.value)
    return canonical({"disclosure": {"commitment": found.commitment, "salt": found.salt, "value": value}})


def _as_disclosure(record: dict[str, Any]) -> Disclosure | None:
    """The disclosure of a line, when it opens its commitment."""
    inner = record["disclosure"]
    if record.keys() != {"disclosure"} or type(inner) is not dict:
        return None
    if inner.keys() != {"commitment", "salt", "value"}:
        return None
    try:
        salt = bytes.fromhex(inner["salt"])
    except (TypeError, ValueError):
        return None
    found = Disclosure(inner["commitment"], inner["salt"], canonical(inner["value"]))
    if salt.hex() != found.salt or commitment(salt, found.value) != found.commitment:
        return None
    return found


def _rewritten(record: dict[str, Any]) -> bytes | None:
    """The canonical bytes of a parsed record; None where it has none (a lone surrogate)."""
    try:
        return canonical(record).encode()
    except UnicodeEncodeError:
        return None
