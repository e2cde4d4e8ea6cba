"""Fifty clients randomize at the same time, each click doubled: how many a second, and whether the lists stay whole.

The server's own workplace on PostgreSQL with commits on the disk, in two processes of twenty-four threads, as
`trialist serve` starts its threads. Each process has a click of every client waiting, so every participant is
randomized twice with one key, at about the same time, as an impatient hand does. Afterwards the ledger, the vault's
list and the annex are compared: duplicates, gaps and reordered places are counted. Each randomizing is two events of
the ledger around one answer of the vault, three commits on the disk one after the other; those who wait share them.
Commits alone are timed in the same run.

Run: python benchmarks/randomizing.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import server as common
from conduct_cast import INVESTIGATOR, SECRET, Trial, smart

CLIENTS, EACH, PROCESSES, THREADS = 50, 20, 2, 24
DAY = "2026-03-09"
PEOPLE = [f"03-{n:04d}" for n in range(1, CLIENTS * EACH + 1)]


def prepare(socket: str, name: str, folder: str) -> None:
    """A study whose people all wait to be randomized: made in memory, then restored as a ledger is."""
    from trialist.allocation.annex import Annex
    from trialist.ledger import Ledger
    from trialist.ledger.dialect import POSTGRESQL

    common.create(socket, name, folder)
    from django.db import connections

    from trialist.server import workplace

    trial = Trial(vault=workplace.open_vault(Path(folder)))
    trial.annex = Annex.make(smart(), SECRET, "rehearsal", participants=2 * len(PEOPLE))
    trial.open()
    for turn, person in enumerate(PEOPLE):
        trial.consent(person).screen(person).baseline(person, DAY, "46" if turn % 2 else "60")
    connections["default"].ensure_connection()
    ledger = Ledger(connections["default"].connection, POSTGRESQL)
    ledger.restore(list(trial.ledger.events()), trial.ledger.disclosures())


def randomize(words: tuple[str, str]) -> tuple[float, float, list[float]]:
    """One process, to which every client clicks: when it began and ended, and the seconds of each answer."""
    url, folder = words
    common.configure(url, Path(folder))
    from django.db import connections

    from trialist.server import workplace

    took: list[float] = []
    failures: list[BaseException] = []
    ready = threading.Barrier(THREADS + 1)
    waiting = iter(PEOPLE)

    def answer() -> None:
        try:
            place = workplace.here()
            place.desk.study()
            _ = place.vault.mode
            ready.wait()
            for person in waiting:
                began = time.perf_counter()
                place.randomize(
                    person, by=INVESTIGATOR, effective=f"{DAY}T09:20+08:00", key=f"randomize {person}"
                )
                took.append(time.perf_counter() - began)
        except BaseException as failure:
            failures.append(failure)
            raise
        finally:
            workplace.forget()
            connections["default"].close()

    threads = [threading.Thread(target=answer) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    common.TOGETHER[0].wait()
    began = time.monotonic()
    ready.wait()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} threads failed: {failures[0]}")
    return began, time.monotonic(), took


def compare(words: tuple[str, str]) -> dict[str, int]:
    """The ledger, the vault and the annex after it: what is doubled, missing or out of order."""
    url, folder = words
    common.configure(url, Path(folder))
    from trialist.allocation.annex import Annex
    from trialist.server import workplace

    place = workplace.here()
    events = [event for event in place.ledger.events() if event.kind == "randomized"]
    receipts = place.vault.receipts()
    annex = Annex.make(smart(), SECRET, "rehearsal", participants=2 * len(PEOPLE))
    arm_of = dict(annex.kit_list)
    people = [event.stream.removeprefix("participant/") for event in events]
    by_stratum: dict[str, list[Any]] = {}
    for receipt in receipts:
        by_stratum.setdefault(receipt.stratum, []).append(receipt)
    told = {event.stream.removeprefix("participant/"): event.payload["kit"] for event in events}
    return {
        "randomized": len(set(people)),
        "duplicates": len(people) - len(set(people)) + len(receipts) - len({one.kit for one in receipts}),
        "gaps": sum(
            [one.ordinal for one in places] != list(range(1, len(places) + 1))
            for places in by_stratum.values()
        ),
        "reorders": sum(
            arm_of[one.kit] != annex.sequences[stratum][one.ordinal - 1]
            for stratum, places in by_stratum.items()
            for one in places
        ),
        "differences": sum(told.get(one.participant) != one.kit for one in receipts),
    }


def commits(socket: str, name: str) -> float:
    """Commits a second that the database and its disk bear from one client that does nothing else."""
    import psycopg

    with psycopg.connect(host=socket, user=common.pg.OWNER, dbname=name, autocommit=True) as connection:
        connection.execute("CREATE TABLE disk (n integer)")
        began, n = time.monotonic(), 0
        while time.monotonic() - began < 2:
            connection.execute("INSERT INTO disk VALUES (%s)", (n,))
            n += 1
        return n / (time.monotonic() - began)


def main() -> None:
    """Start a cluster, measure, compare, stop it."""
    if not common.pg.present():
        print("PostgreSQL is not installed here: nothing is measured")
        return
    context = get_context("spawn")
    with common.pg.cluster(durable=True) as socket, tempfile.TemporaryDirectory() as folder:
        common.pg.say(socket, f"CREATE ROLE {common.pg.CLERK} LOGIN")
        name = "randomizing"
        with context.Pool(1) as pool:
            pool.apply(prepare, (str(socket), name, folder))
        words = (common.pg.address(socket, name), folder)
        print(f"load average before: {os.getloadavg()[0]:.2f}")
        barrier = context.Barrier(PROCESSES)
        with context.Pool(PROCESSES, common.begin_with, (barrier,)) as pool:
            spans = pool.map(randomize, [words] * PROCESSES, 1)
        with context.Pool(1) as pool:
            found = pool.apply(compare, (words,))
        seconds = max(end for _, end, _ in spans) - min(begin for begin, _, _ in spans)
        took = [one for _, _, many in spans for one in many]
        print(f"{CLIENTS} clients, every click doubled, PostgreSQL with fsync, {os.cpu_count()} cores")
        print(
            f"  {found['randomized']} participants in {seconds:.1f} s: {found['randomized'] / seconds:.0f}/s"
        )
        median, late = (common.percentile(took, share) for share in (50, 95))
        print(f"  an answer took {median:.0f} ms (median), {late:.0f} ms (p95)")
        print("  " + ", ".join(f"{count} {what}" for what, count in found.items() if what != "randomized"))
        print(f"  commits alone, one client: {commits(str(socket), name):.0f}/s")
        print(f"  load average at the end: {os.getloadavg()[0]:.2f}")
        if any(count for what, count in found.items() if what != "randomized"):
            sys.exit(1)


if __name__ == "__main__":
    main()
