"""Filling an empty server: the tables, and a rehearsed study up to a day of its past with a cast that can sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from trialist.allocation.annex import Annex
from trialist.conduct import commands as c
from trialist.desk import Desk
from trialist.findings import Message, Refusal
from trialist.protocol import Protocol
from trialist.rehearsal import Rehearsed
from trialist.rehearsal import rehearse as run_rehearsal
from trialist.rehearsal.cast import HOLDERS, SPONSOR
from trialist.server import projections, workplace
from trialist.server.models import Account, Rehearsal
from trialist.server.workplace import open_vault
from trialist.vault import Vault

Progress = Callable[[str, float], None]

RANDOMIZED = 40
"""About so many participants are in when the rehearsal stops."""
_MORNING = time(8, 40)
OFFICE = (
    "administrator", "blinded_statistician", "medical_monitor", "sponsor_safety", "safety_board", "inspector",
)  # fmt: skip

MESSAGES = {
    "SERVE-NOT-EMPTY": Message(
        en="This database holds a study already ({mode}); a rehearsal fills an empty one only.",
        zh="该数据库已有研究（{mode}）；演练只能写入空库。",
        ways_en=("Leave --rehearsal out to go on with that study, or name another --db.",),
        ways_zh=("去掉 --rehearsal 以继续该研究，或用 --db 指定其他数据库。",),
    ),
}


def stopping_day(protocol: Protocol, seed: int) -> date:
    """The workday on which about `RANDOMIZED` are in and most queries wait: a day with something to do.

    Found by rehearsing the same trial once in memory, somewhat beyond.
    """
    assert protocol.rehearsal is not None, "rehearsals are refused without parameters before"
    recruitment = protocol.rehearsal.recruitment
    share = 1.3 * RANDOMIZED / protocol.population.enrollment
    far = recruitment.first_consent.value + timedelta(
        days=round(float(recruitment.months.value) * 30.44 * share)
    )
    days: dict[date, tuple[int, int]] = {}
    randomized, waiting = 0, 0
    for event in _run(protocol, seed, far, sealed(Vault.memory(), protocol, seed)).ledger.events():
        randomized += event.kind == "randomized"
        waiting += (event.kind == "query opened") - (event.kind == "query answered")
        if event.at.weekday() < 5:
            days[event.at.date()] = (max(abs(randomized - RANDOMIZED), 3), -waiting)
    return min(days, key=lambda day: (days[day], day))


def rehearse(seed: int, *, study: str = "smart", password: str, progress: Progress | None = None) -> None:
    """Run a rehearsal through this server's connection and vault, and make accounts for its cast.

    The clock of the server is set so that it now is the morning after the last rehearsed day.

    Raises:
        Refusal: the database holds a study already.
    """
    from trialist.protocol import load

    ledger = workplace.plain_ledger()
    first = next(iter(ledger.events("study")), None)
    if first is not None:
        found = MESSAGES["SERVE-NOT-EMPTY"].finding(
            "SERVE-NOT-EMPTY", path="--rehearsal", mode=first.payload["mode"]
        )
        raise Refusal(found)
    protocol = load(study).complete()
    last = stopping_day(protocol, seed)
    vault = sealed(open_vault(Path(settings.TRIALIST_FOLDER)), protocol, seed)
    with _in_haste():
        done = _run(protocol, seed, last, vault, ledger=ledger, progress=progress)
    morning = _morning(protocol, last)
    _more_people(done.desk, protocol, morning)
    with transaction.atomic():
        projections.rebuild(done.desk.participants())
        Rehearsal.objects.create(seed=seed, clock=morning - datetime.now(UTC))
        _accounts(done.desk, password)
    vault.close()
    workplace.forget()


def sealed(vault: Vault, protocol: Protocol, seed: int) -> Vault:
    """A vault with the list of this rehearsal; its secret follows from the seed, so it is worth nothing."""
    keys = {name: _bytes(seed, f"key/{name}") for name in HOLDERS}
    vault.seal(_annex(protocol, seed), keys, datetime.now(UTC))
    return vault


def _annex(protocol: Protocol, seed: int) -> Annex:
    return Annex.make(protocol, _bytes(seed, "annex"), "rehearsal")


def _run(protocol: Protocol, seed: int, until: date, vault: Vault, **more: Any) -> Rehearsed:
    annex = _annex(protocol, seed)
    kits = dict(annex.kit_list)
    return run_rehearsal(
        protocol, seed, until=until, vault=vault, contents=kits, commitment=annex.commitment, **more
    )


def _morning(protocol: Protocol, last: date) -> datetime:
    """The morning of the next workday at the first site."""
    zone = ZoneInfo(next(iter(protocol.sites.values())).zone)
    day = last + timedelta(days=3 if last.weekday() == 4 else 1)
    return datetime.combine(day, _MORNING, zone).astimezone(UTC)


def _more_people(desk: Desk, protocol: Protocol, at: datetime) -> None:
    """Who has nothing to do in a rehearsal but is needed to look at pages: the rest of the cast."""
    day = at.date().isoformat()
    lines = [c.Appoint(role.replace("_", "-"), role, (), day) for role in OFFICE]
    lines += [
        c.Appoint(f"outcome-assessor-{site}", "outcome_assessor", (site,), day) for site in protocol.sites
    ]
    for line in lines:
        desk.act(line, by=SPONSOR, at=at, key=f"appoint/{line.person}")


def _accounts(desk: Desk, password: str) -> None:
    """An account for everybody in the delegation log, with one password for all: every participant is virtual."""
    hashed = make_password(password)
    for person in desk.study().people:
        Account.objects.create(
            name=person,
            person=person,
            shown=_shown(person),
            password=hashed,
            new_password_wanted=False,
            second_factor_wanted=False,
        )


def _shown(person: str) -> str:
    """`coordinator-03` is printed as `Coordinator 03`."""
    words = person.replace("-", " ")
    return words[0].upper() + words[1:]


def _bytes(seed: int, label: str) -> bytes:
    return sha256(f"served rehearsal {seed}|{label}".encode()).digest()


_HASTE = {
    "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA synchronous = FULL"),
    "postgresql": ("SET synchronous_commit = off", "SET synchronous_commit = on"),
}


@contextmanager
def _in_haste() -> Iterator[None]:
    """Commits that need not survive a power cut while nothing real is recorded: a fill is begun anew instead."""
    hurry, calm = _HASTE[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(hurry)
        yield
        cursor.execute(calm)
