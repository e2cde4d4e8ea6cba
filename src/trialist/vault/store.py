"""The vault: who gets which kit, and what a kit holds.

Treatment codes are kept in a database of their own, encrypted, with a chained log of every question. Eight
questions may be asked and no other. *seal*, *assign*, *reveal*, *report* and *open* are answered here. *pack*
(the contents of kits, for the named packer), *replace* (another kit of the same content) and *tell* (a site's
own participants, after opening) will stand beside them: each is one method that writes its line to the log
before it answers.

Embedded in one process the vault protects against users, not against this computer's administrator.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialist.allocation.annex import Annex
from trialist.findings import InputError, Refusal
from trialist.vault import schema
from trialist.vault.envelope import (
    KEY_BYTES,
    Entropy,
    Envelope,
    decrypt,
    encrypt,
    pair_label,
    pair_names,
    unwrap,
    wraps,
)
from trialist.vault.log import Log
from trialist.vault.messages import MESSAGES
from trialist.vault.turn import Turn

if TYPE_CHECKING:
    from trialist.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Receipt:
    """The vault's answer to *assign*: the same for ever. `ordinal` counts from 1 within the stratum."""

    participant: str
    stratum: str
    ordinal: int
    kit: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """What may be known of a sealed list: whose it is, `live` or `rehearsal`, and its commitment."""

    study: str
    mode: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Opening:
    """That two holders opened the list: who, and when by the vault's clock."""

    holders: tuple[str, ...]
    at: str


class Vault:
    """One study's treatment codes; nothing that it prints, logs or raises names a treatment.

    `key` is the running vault's own: with it the contents can be used after a restart without the holders.
    `entropy` gives the random bytes of keys and nonces.
    """

    def __init__(self, connection: Any, key: bytes, entropy: Entropy, turn: Turn | None = None) -> None:
        if len(key) != KEY_BYTES:
            raise InputError(MESSAGES["vault_key"].finding("vault_key"))
        self._connection, self._turn = connection, turn
        self._cursor = connection.cursor()
        for statement in schema.STATEMENTS:
            self._cursor.execute(statement)
        self._key: Final = key
        self._entropy: Final = entropy
        self._log: Final = Log(self._cursor)
        self._contents: _Contents | None = None

    @classmethod
    def memory(cls, *, entropy: Entropy = os.urandom) -> Vault:
        """A vault that lives as long as the process."""
        return cls.sqlite(":memory:", entropy(KEY_BYTES), entropy=entropy)

    @classmethod
    def sqlite(cls, path: Path | str, key: bytes, *, entropy: Entropy = os.urandom) -> Vault:
        """A vault in a file of its own, made if it is missing.

        Raises:
            InputError: the key is not the one under which this vault was sealed (found at the first
            question).
        """
        import sqlite3

        turn = None if str(path) == ":memory:" else Turn(Path(f"{path}.lock"))
        return cls(sqlite3.connect(path, isolation_level=None), key, entropy, turn)

    def __repr__(self) -> str:
        return "<Vault>"

    def close(self) -> None:
        """Forget the contents and give the connection back."""
        self._contents = None
        self._connection.close()
        if self._turn is not None:
            self._turn.close()

    def seal(self, annex: Annex, holders: Mapping[str, bytes], at: datetime | None = None) -> str:
        """Keep the annex, encrypted, and return its commitment, which the ledger records.

        Args:
            annex: the sealed annex.
            holders: name → key of 32 bytes, of at least three people; any two can open.
            at: when; without it the log carries no time.

        Raises:
            Refusal: codes are sealed already.
            InputError: too few holders, or keys too short.
        """
        data_key = self._entropy(KEY_BYTES)
        wrapped = wraps(data_key, holders, self._entropy)
        contents = encrypt(data_key, annex.to_json().encode(), annex.commitment, self._entropy)
        running = encrypt(self._key, data_key, annex.commitment, self._entropy)
        self._keep((annex.study, annex.mode, annex.commitment, contents, running), wrapped, at)
        self._contents = _Contents(annex)
        return annex.commitment

    def receive(
        self, text: str, keys: Mapping[str, bytes], protocol: Protocol, at: datetime, file: str = "annex"
    ) -> str:
        """Keep a live annex that was sealed elsewhere, as it was sealed, and return its commitment.

        Two holders' keys let this vault run; the wraps come with the file, so any two of all its holders open
        it here later, whoever brought it.

        Args:
            text: the file that `seal_annex` wrote.
            keys: holder → key, of two of them.
            protocol: the study file that the annex must fit.
            at: now.
            file: the file's name, for what is said about it.

        Raises:
            Refusal: codes are sealed already, the keys do not open the file, or it is of another study, for
            another design, or of a rehearsal.
            InputError: the file is no sealed annex, or was changed.
        """
        if self._sealed_row() is not None:
            raise Refusal(MESSAGES["already_sealed"].finding("already_sealed"))
        envelope = Envelope.read(text, file)
        data_key = envelope.data_key(keys)
        annex = envelope.annex(data_key)
        _must_fit(annex, protocol, file)
        running = encrypt(self._key, data_key, annex.commitment, self._entropy)
        row = (annex.study, annex.mode, annex.commitment, envelope.contents, running)
        self._keep(row, envelope.keys, at, brought_by=sorted(keys))
        return annex.commitment

    def _keep(
        self, row: tuple[str, ...], wrapped: Mapping[str, str], at: datetime | None, **more: object
    ) -> None:
        holders = sorted({name for pair in wrapped for name in pair_names(pair)})
        with self._transaction():
            if self._sealed_row() is not None:
                raise Refusal(MESSAGES["already_sealed"].finding("already_sealed"))
            self._cursor.execute(schema.SEAL, row)
            self._cursor.executemany(schema.WRAP, list(wrapped.items()))
            self._log.write("seal", at, commitment=row[2], holders=holders, **more)

    def assign(self, participant: str, stratum: str, at: datetime) -> Receipt:
        """The next slot of the stratum and a kit for it; asked again, the first answer.

        The answer is on the disk before it is given. The kit is the first unused one of the needed content,
        in the kit list's order.

        Raises:
            Refusal: the list or the kits have run out; its words do not depend on which.
            InputError: no such stratum.
        """
        (answer,) = self.assign_all([(participant, stratum, at)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def assign_all(
        self, questions: Sequence[tuple[str, str, datetime]]
    ) -> list[Receipt | Refusal | InputError]:
        """Several questions (participant, stratum, when) in one transaction, answered in their order.

        What `assign` would raise stands in the place of that answer; the others have theirs.
        """
        contents = self._open_contents()
        try:
            with self._transaction():
                self._catch_up(contents)
                return [self._assigned(contents, *question) for question in questions]
        except BaseException:
            self._contents = None  # it may hold receipts that were not written
            raise

    def _assigned(
        self, contents: _Contents, participant: str, stratum: str, at: datetime
    ) -> Receipt | Refusal | InputError:
        found = contents.receipts.get(participant)
        if found is not None:
            return found
        if stratum not in contents.annex.sequences:
            return InputError(MESSAGES["unknown_stratum"].finding("unknown_stratum", stratum=stratum))
        receipt = contents.next(participant, stratum)
        if receipt is None:
            self._log.write("pause", at, participant=participant, stratum=stratum)
            return Refusal(MESSAGES["randomization_paused"].finding("randomization_paused"))
        ordinal, kit = receipt.ordinal, receipt.kit
        self._cursor.execute(schema.ASSIGN, (len(contents.receipts) + 1, participant, stratum, ordinal, kit))
        self._log.write("assign", at, participant=participant, stratum=stratum, ordinal=ordinal, kit=kit)
        contents.take(receipt)
        return receipt

    def reveal(self, participant: str, to: str, reason: str, at: datetime) -> str:
        """One participant's arm, to one person, for an emergency or a safety report.

        The question is in the log, on the disk, before it is answered; the same question, to the microsecond, is
        there once.

        Raises:
            Refusal: nothing was assigned to this participant.
        """
        contents = self._open_contents()
        with self._transaction():
            self._catch_up(contents)
            found = contents.receipts.get(participant)
            if found is None:
                raise Refusal(MESSAGES["not_assigned"].finding("not_assigned", participant=participant))
            if not self._log.holds("reveal", at, participant=participant, to=to, reason=reason):
                self._log.write("reveal", at, participant=participant, to=to, reason=reason)
        return contents.annex.arm(found.stratum, found.ordinal)

    def report(
        self, participants: Iterable[str], *, cut: str, head: str, to: str, at: datetime
    ) -> dict[str, str]:
        """Participant → arm as of a data cut, to one person, for the closed report to the safety board.

        That the cut is declared, the study not locked, and the person its named unblinded statistician is the
        asker's to know. The question is in the log, on the disk, before it is answered.

        Args:
            participants: those randomized by the cut.
            cut: its name in the study file.
            head: of the ledger as of the cut.
            to: the person.
            at: now.

        Raises:
            Refusal: two holders have opened the list already, or nothing was assigned to somebody.
        """
        contents, asked = self._open_contents(), list(participants)
        with self._transaction():
            if self.opening is not None:
                raise Refusal(MESSAGES["report_after_opening"].finding("report_after_opening"))
            self._catch_up(contents)
            strange = next((one for one in asked if one not in contents.receipts), None)
            if strange is not None:
                raise Refusal(MESSAGES["not_assigned"].finding("not_assigned", participant=strange))
            self._log.write("report", at, cut=cut, head=head, to=to, participants=len(asked))
        receipts = ((one, contents.receipts[one]) for one in asked)
        return {one: contents.annex.arm(receipt.stratum, receipt.ordinal) for one, receipt in receipts}

    def open(self, keys: Mapping[str, bytes], at: datetime) -> Annex:
        """The annex, to two key holders. That the study is locked is the desk's to know.

        Raises:
            Refusal: the keys are not those of two holders. The attempt is logged.
        """
        row = self._sealed()
        self._cursor.execute(schema.WRAPS)
        wrapped = dict(self._cursor.fetchall())
        names = pair_label(tuple(sorted(keys)))
        try:
            data_key = unwrap(wrapped, keys)
        except Refusal:
            with self._transaction():
                self._log.write("open refused", at, holders=names)
            raise
        with self._transaction():
            self._log.write("open", at, holders=names)
        return self._contents.annex if self._contents is not None else _decrypted(row, data_key)

    def receipts(self) -> tuple[Receipt, ...]:
        """Every answer given to *assign*, in order, to reconcile the ledger with; nothing secret."""
        self._cursor.execute(schema.RECEIPTS, (0,))
        return tuple(Receipt(*row[1:]) for row in self._cursor.fetchall())

    @property
    def log(self) -> Log:
        """The chained log of questions."""
        return self._log

    @property
    def mode(self) -> str:
        """`live` or `rehearsal`."""
        return str(self._sealed()[1])

    @property
    def sealing(self) -> Sealing | None:
        """What may be known of the sealed list; None while nothing is sealed."""
        row = self._sealed_row()
        return None if row is None else Sealing(*row[:3])

    @property
    def holders(self) -> tuple[str, ...]:
        """Everybody who holds a key of the sealed list, in the order of their names."""
        self._cursor.execute(schema.WRAPS)
        return tuple(sorted({name for pair, _ in self._cursor.fetchall() for name in pair_names(pair)}))

    @property
    def opening(self) -> Opening | None:
        """The first time that two holders opened the list; None before."""
        for line in self._log.lines():
            if line["question"] == "open":
                return Opening(pair_names(line["holders"]), line["at"])
        return None

    def _sealed_row(self) -> Any:
        self._cursor.execute(schema.SEALED)
        return self._cursor.fetchone()

    def _sealed(self) -> Any:
        row = self._sealed_row()
        if row is None:
            raise Refusal(MESSAGES["not_sealed"].finding("not_sealed"))
        return row

    def _open_contents(self) -> _Contents:
        """The contents in use, decrypted once per process."""
        if self._contents is None:
            row = self._sealed()
            data_key = decrypt(self._key, row[4], row[2])
            if data_key is None:
                raise InputError(MESSAGES["vault_key"].finding("vault_key"))
            self._contents = _Contents(_decrypted(row, data_key))
        return self._contents

    def _catch_up(self, contents: _Contents) -> None:
        """Learn what other processes have assigned since."""
        self._cursor.execute(schema.RECEIPTS, (len(contents.receipts),))
        for row in self._cursor.fetchall():
            contents.take(Receipt(*row[1:]))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with nullcontext() if self._turn is None else self._turn.taken():
            self._cursor.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise


class _Contents:
    """The decrypted lists of a running vault, and what of them is used."""

    def __init__(self, annex: Annex) -> None:
        self.annex = annex
        self.receipts: dict[str, Receipt] = {}
        self._drawn: dict[str, int] = dict.fromkeys(annex.sequences, 0)
        self._holds = dict(annex.kit_list)
        self._unused: dict[str, list[str]] = {}
        for kit, arm in reversed(annex.kit_list):  # the next one is the last, where taking it is cheap
            self._unused.setdefault(arm, []).append(kit)

    def __repr__(self) -> str:
        return "<contents>"

    def next(self, participant: str, stratum: str) -> Receipt | None:
        """What would be assigned now; None when the list or the kits have run out."""
        ordinal = self._drawn[stratum] + 1
        if ordinal > len(self.annex.sequences[stratum]):
            return None
        kits = self._unused.get(self.annex.arm(stratum, ordinal))
        return Receipt(participant, stratum, ordinal, kits[-1]) if kits else None

    def take(self, receipt: Receipt) -> None:
        """Remember what has been assigned."""
        self.receipts[receipt.participant] = receipt
        self._drawn[receipt.stratum] = receipt.ordinal
        kits = self._unused[self._holds[receipt.kit]]
        kits.pop() if kits[-1] == receipt.kit else kits.remove(receipt.kit)


def _must_fit(annex: Annex, protocol: Protocol, file: str) -> None:
    """Refuse a list that this study cannot run on; nothing that is said depends on what is secret in it."""
    code = None
    if annex.study != protocol.study.id:
        code = "other_study"
    elif annex.mode != "live":
        code = "not_live"
    elif not annex.fits(protocol):
        code = "other_design"
    if code is not None:
        raise Refusal(MESSAGES[code].finding(code, file=file, study=protocol.study.id))


def _decrypted(row: Any, data_key: bytes) -> Annex:
    plain = decrypt(data_key, row[3], row[2])
    if plain is None:
        raise InputError(MESSAGES["not_sealed_contents"].finding("not_sealed_contents", file="vault"))
    return Annex.from_json(plain.decode(), "vault")
