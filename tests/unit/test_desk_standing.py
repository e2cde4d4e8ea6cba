"""One standing for the desks of many threads: what one has read all know, and nothing is lost or doubled."""

from __future__ import annotations

import threading

from conduct_cast import COORDINATOR, Trial, counted_salts, numbered_bytes
from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.desk import Desk, Standing
from trialist.ledger import Ledger
from trialist.vault import Vault

PEOPLE = tuple(f"03-{number:03d}" for number in range(1, 9))
SAVES = 12


def test_threads_that_share_a_standing_write_one_chain_and_know_it_whole(tmp_path):
    file, key = tmp_path / "ledger.sqlite", bytes(32)
    first = Trial(Ledger.sqlite(file), Vault.sqlite(tmp_path / "vault.sqlite", key, entropy=numbered_bytes()))
    first.open()
    for person in PEOPLE:
        first.consent(person)
    standing, failures = Standing(), []

    def work(person: str) -> None:
        ledger = Ledger.sqlite(file)
        ledger._connection.execute("PRAGMA busy_timeout = 30000")
        desk = Desk(ledger, first.vault, first.protocol, counted_salts(), standing)
        for turn in range(SAVES):
            entry = Entry(str(40 + turn), "10*9/L")
            save = c.SaveForm(person, "hematology", {"platelets": entry}, "SCR", reason="read again")
            try:
                desk.act(save, by=COORDINATOR, at=first.now, key=f"{person} {turn}")
            except Exception as failure:  # noqa: BLE001 - a thread's failure is the test's
                failures.append(failure)
        ledger.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in PEOPLE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    fresh = Desk(first.ledger, first.vault, first.protocol, counted_salts())
    shared = Desk(first.ledger, first.vault, first.protocol, counted_salts(), standing)
    assert shared.participants() == fresh.participants()
    assert shared.study() == fresh.study()
    saved = [event for event in first.ledger.events() if event.kind == "form saved"]
    assert len(saved) == len(PEOPLE) * SAVES
    assert [event.seq for event in first.ledger.events()] == list(range(1, first.ledger.head().seq + 1))
    first.ledger.close()
    first.vault.close()


def test_a_standing_that_meets_another_chain_reads_that_one_from_its_beginning():
    known, other = Trial().open().treat(PEOPLE[0]), Trial().open().consent(PEOPLE[1])
    standing = Standing()
    Desk(known.ledger, known.vault, known.protocol, counted_salts(), standing)
    assert set(standing.people) == {PEOPLE[0]}
    assert other.ledger.head().seq < known.ledger.head().seq
    Desk(other.ledger, other.vault, other.protocol, counted_salts(), standing)
    assert set(standing.people) == {PEOPLE[1]}
    assert standing.head == other.ledger.head()
