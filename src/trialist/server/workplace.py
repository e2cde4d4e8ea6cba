"""The desk of this server: its ledger on Django's connection, its vault in a file of its own, its clock.

A `Workplace` belongs to one thread and one connection. `here()` gives the current thread's.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from trialist.allocation import generator
from trialist.conduct.commands import Actor, Command, CommitAllocation, RecordOpening
from trialist.desk import Desk, Receipt, Standing
from trialist.findings import InputError, Message, Refusal
from trialist.ledger import Event, Ledger
from trialist.ledger.dialect import POSTGRESQL, SQLITE
from trialist.protocol import Protocol
from trialist.vault import Vault, open_vault

DIALECTS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}

MESSAGES = {
    "SERVE-EMPTY": Message(
        en="This database holds no study yet.",
        zh="该数据库中尚无研究。",
        ways_en=("Start with `trialist serve --rehearsal 7` for a rehearsed one.",),
        ways_zh=("用 trialist serve --rehearsal 7 启动一个演练研究。",),
    ),
    "vault.empty": Message(
        en="The vault holds no annex yet; there is nothing to record.",
        zh="保管库中尚无随机附件，无可登记。",
        ways_en=(
            "Bring the sealed annex to the vault's computer: trialist seal STUDY --annex ANNEX --into DIR.",
        ),
        ways_zh=("请在保管库所在的计算机上放入附件：trialist seal STUDY --annex ANNEX --into DIR。",),
    ),
    "vault.shut": Message(
        en="Nobody has opened the vault's list; there is nothing to record.",
        zh="尚无人打开保管库中的随机表，无可登记。",
        ways_en=(
            "After the lock, on the vault's computer: trialist open STUDY --ledger FILE --vault DIR --out ANNEX.",
        ),
        ways_zh=(
            "锁定后在保管库所在的计算机上运行：trialist open STUDY --ledger FILE --vault DIR --out ANNEX。",
        ),
    ),
    "vault.other": Message(
        en="The vault holds a {mode} list of {theirs}; this study is {ours}. Nothing was recorded.",
        zh="保管库存有 {theirs} 的 {mode} 随机表；本研究为 {ours}。未作登记。",
        ways_en=("Start the server with the --folder of this study's own vault.",),
        ways_zh=("请用本研究保管库所在的 --folder 启动服务器。",),
    ),
}

_PROTOCOLS: dict[str, Protocol] = {}
_STANDINGS: dict[str, Standing] = {}
"""Database → where its study stands; every thread reads on for all."""
_local = threading.local()


def here() -> Workplace:
    """The current thread's workplace, made anew when its connection is."""
    connection.ensure_connection()
    found: Workplace | None = getattr(_local, "workplace", None)
    if found is None or found.raw is not connection.connection:
        if found is not None:
            found.vault.close()
        found = _local.workplace = Workplace()
    return found


def look_again() -> None:
    """After an answer: the current thread's next question asks the ledger."""
    found: Workplace | None = getattr(_local, "workplace", None)
    if found is not None:
        found.look_again()


def forget() -> None:
    """Let go of the current thread's workplace."""
    found: Workplace | None = _local.__dict__.pop("workplace", None)
    if found is not None:
        found.vault.close()


class Workplace:
    """Everything an act needs, bound to one database connection."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self.raw = connection.connection
        self.ledger = Ledger(self.raw, DIALECTS[connection.vendor], transaction=_durable, then=self._project)
        self.folder = Path(settings.TRIALIST_FOLDER)

    @cached_property
    def vault(self) -> Vault:
        """The vault in its own file."""
        return open_vault(self.folder)

    @cached_property
    def protocol(self) -> Protocol:
        """The study file in force.

        Raises:
            InputError: there is none yet.
        """
        return protocol_in_force(self.ledger)

    @cached_property
    def _desk(self) -> Desk:
        known = connection.settings_dict
        database = f"{known['HOST']}:{known['PORT']}/{known['NAME']}"
        standing = _STANDINGS.setdefault(database, Standing())
        return Desk(self.ledger, self.vault, self.protocol, salts, standing)

    @property
    def desk(self) -> Desk:
        """The desk, under the study file in force."""
        if self._desk.study().protocol != self.protocol.hash:
            del self._desk, self.protocol
        return self._desk

    def look_once(self) -> None:
        """Ask the ledger now and no more, until `look_again`: one answer tells of one moment."""
        self.look_again()
        self.desk.look_no_more()

    def look_again(self) -> None:
        """Ask the ledger at every question."""
        if "_desk" in self.__dict__:
            self._desk.look_again()

    @cached_property
    def rehearsal(self) -> Any:
        """The row with a rehearsal's seed and clock; None in production, whatever rows there are.

        What the study is stands in the first event of the ledger. A rehearsal whose row is lost is one still.
        """
        from trialist.server.models import Rehearsal

        first = next(iter(self.ledger.events("study")), None)
        if first is None or first.payload["mode"] != "rehearsal":
            return None
        return Rehearsal.objects.first() or Rehearsal(seed=0, clock=timedelta(0))

    def now(self) -> datetime:
        """The time of recording, UTC. In a rehearsal the clock stands in the rehearsed past and runs on."""
        shift = self.rehearsal.clock if self.rehearsal else timedelta(0)
        return datetime.now(UTC) + shift

    def local(self, site: str, at: datetime | None = None) -> datetime:
        """A moment on the clock of a site; default now."""
        return (at or self.now()).astimezone(ZoneInfo(self.protocol.sites[site].zone))

    def today(self, site: str) -> date:
        """The site's day."""
        return self.local(site).date()

    def act(self, command: Command, *, by: Actor, key: str, beside: Any = None) -> Receipt:
        """Decide and record; `beside()` runs inside the same transaction, once the events are in it.

        It may be another thread that runs it, on its own connection: the one that commits for both.

        Raises:
            Refusal: the rules say no.
        """
        return self.desk.act(command, by=by, at=self.now(), key=key, beside=beside)

    def randomize(self, participant: str, *, by: Actor, effective: str, key: str) -> Receipt:
        """Request, the vault's answer, randomized.

        Raises:
            Refusal: the rules say no, or randomization is paused.
        """
        return self.desk.randomize(participant, by=by, at=self.now(), effective=effective, key=key)

    def commit_allocation(self, *, by: Actor, key: str) -> Receipt:
        """Record the commitment of the list that the vault holds; the vault says it, nobody types it.

        Raises:
            Refusal: the vault holds none, or one that is not this study's, or the rules say no.
        """
        held, study = self.vault.sealing, self.desk.study()
        if held is None:
            raise Refusal(MESSAGES["vault.empty"].finding("vault.empty"))
        if (held.study, held.mode) != (study.id, "live" if study.mode == "production" else study.mode):
            fields = {"theirs": held.study, "mode": held.mode, "ours": study.id}
            raise Refusal(MESSAGES["vault.other"].finding("vault.other", **fields))
        return self.act(CommitAllocation(held.commitment, generator.NAME), by=by, key=key)

    def record_opening(self, *, by: Actor, key: str) -> Receipt:
        """Record that two holders opened the list on the vault's computer; the vault says who they were.

        Raises:
            Refusal: the vault was not opened, or the rules say no.
        """
        held, opening = self.vault.sealing, self.vault.opening
        if held is None or opening is None:
            raise Refusal(MESSAGES["vault.shut"].finding("vault.shut"))
        one, other = opening.holders
        return self.act(RecordOpening((one, other), held.commitment), by=by, key=key)

    def _project(self, events: tuple[Event, ...]) -> None:
        """The projections commit with the events."""
        from trialist.server import projections

        projections.follow(events, self._desk.held)


def plain_ledger() -> Ledger:
    """The ledger with nothing beside it: for filling an empty database, before there is a study file in force."""
    connection.ensure_connection()
    return Ledger(connection.connection, DIALECTS[connection.vendor])


def _durable() -> Any:
    """Django's transaction, and never inside another: what is returned is on the disk."""
    return transaction.atomic(durable=True)


def salts() -> bytes:
    """A fresh salt from the operating system."""
    return secrets.token_bytes(16)


def protocol_in_force(ledger: Ledger) -> Protocol:
    """The study file that the ledger's last activation holds; read once per process.

    Raises:
        InputError: there is none.
    """
    activated = [event for event in ledger.events("study") if event.kind == "protocol activated"]
    if not activated:
        raise InputError(MESSAGES["SERVE-EMPTY"].finding("SERVE-EMPTY"))
    payload = activated[-1].payload
    if payload["hash"] not in _PROTOCOLS:
        _PROTOCOLS[payload["hash"]] = Protocol.from_text(payload["text"])
    return _PROTOCOLS[payload["hash"]]
