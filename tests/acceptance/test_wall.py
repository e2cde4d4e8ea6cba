"""The wall of the blind: nothing that a blinded person can obtain depends on the allocation.

Noninterference: a trial is rehearsed again with the allocation replaced, while everything observable (who takes
part, what their counts do, which kit number they get) is held fixed. Ledger before the opening, blinded snapshot,
blinded results, blinded report, derived tables, listings, the board's open report, the plan and everything printed
must be equal byte for byte. Planted leaks show that the comparison notices.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from trialist import report
from trialist.allocation import Annex
from trialist.analysis import analyze, derived
from trialist.analysis.board import board
from trialist.analysis.cuts import moment_of
from trialist.analysis.listings import listings
from trialist.analysis.people import Person
from trialist.ledger import export, snapshot
from trialist.protocol import Protocol, load
from trialist.rehearsal import Rehearsed, rehearse
from trialist.report import board as board_pages
from trialist.report import listing_pages, plan
from trialist.vault import Receipt, Vault

SEED, PARTICIPANTS = 11, 24
Receipts = Mapping[str, Receipt]


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load("smart").complete()


@pytest.fixture(scope="module")
def original(protocol: Protocol) -> Rehearsed:
    return rehearse(protocol, SEED, participants=PARTICIPANTS, opening=False)


@dataclass(frozen=True)
class ReplayVault:
    """A vault that gives everybody the kit they had, whatever it now holds: the allocation is `arms`."""

    receipts: Receipts
    arms: Mapping[str, str]
    mode: str = "rehearsal"

    def assign(self, participant: str, stratum: str, at: datetime) -> Receipt:
        assert self.receipts[participant].stratum == stratum
        return self.receipts[participant]

    def reveal(self, participant: str, to: str, reason: str, at: datetime) -> str:
        return self.arms[participant]


def arms_of(trial: Rehearsed) -> dict[str, str]:
    contents = dict(trial.annex.kit_list)
    return {receipt.participant: contents[receipt.kit] for receipt in trial.vault.receipts()}


def receipts_of(trial: Rehearsed) -> Receipts:
    return {receipt.participant: receipt for receipt in trial.vault.receipts()}


def swapped(annex: Annex) -> Annex:
    """The same annex with the arms' names exchanged, in the sequences and in the kits."""
    return replace(annex, ratio=tuple(reversed(annex.ratio)))


def vault_of(annex: Annex) -> Vault:
    vault = Vault.memory(entropy=bytes)
    vault.seal(annex, {name: bytes([n]) * 32 for n, name in enumerate(("a", "b", "c"))})
    return vault


def replay(protocol: Protocol, trial: Rehearsed, vault: object) -> Rehearsed:
    """The same observable trial over another vault."""
    return rehearse(
        protocol,
        SEED,
        participants=PARTICIPANTS,
        vault=vault,
        contents=dict(trial.annex.kit_list),
        commitment=trial.annex.commitment,
        opening=False,
    )


@pytest.fixture
def observe(
    protocol: Protocol,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], Rehearsed]], dict[str, str]]:
    """Everything that a blinded person can obtain from one trial, by name."""
    folders = iter(range(100))

    def everything(run: Callable[[], Rehearsed], *, until: str = "papers") -> dict[str, str]:
        """Up to a stage: the snapshot, the report, or all papers."""
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        caplog.clear()
        capsys.readouterr()
        # As talkative as an administrator can make it, whatever a server in this process has set up.
        monkeypatch.setattr(logging.getLogger("trialist"), "propagate", True)
        with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "trialist"):
            trial = run()
            lines = io.StringIO()
            export(trial.ledger, lines)
            blinded = snapshot.take(trial.ledger.events(), protocol, disclose=trial.ledger.disclosed)
            blinded.write(folder / "snapshot")
            said = {"ledger": lines.getvalue()}
            if until != "snapshot":
                results = analyze(protocol, blinded)
                report.write(results, protocol, blinded, folder / "report.html")
                terminal = report.summary_lines(results, protocol)
                said |= {"terminal": "\n".join(terminal), "results": results.text()}
            if until == "papers":
                papers(protocol, trial, blinded, folder)
        printed = capsys.readouterr()
        said |= {"printed": printed.out + printed.err, "log": caplog.text}
        files = {
            str(path.relative_to(folder)): path.read_text(encoding="utf-8")
            for path in folder.rglob("*")
            if path.is_file()
        }
        return files | said

    return everything


def papers(protocol: Protocol, trial: Rehearsed, blinded: snapshot.Snapshot, folder: Path) -> None:
    """Every other paper that a blinded person can hold: derived tables, listings, open report, plan."""
    events = list(trial.ledger.events())
    derived.derive(protocol, blinded, events).write(folder / "derived")
    for role in ("blinded_statistician", "data_manager", "monitor"):
        seen = snapshot.take(events, protocol, viewer=role, disclose=trial.ledger.disclosed)
        found = listings(protocol, seen, events, role=role, disclose=trial.ledger.disclosed)
        listing_pages.write(found, protocol, seen, folder / "listings" / role)
    name, at = moment_of(protocol, "first_ten", events)
    cut = snapshot.take(events, protocol, as_of=at, disclose=trial.ledger.disclosed)
    board_pages.write(board(protocol, cut, events, name), protocol, cut, folder / "board")
    plan.write(protocol, folder / "plan.html")


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    return {}


@pytest.fixture
def before(
    protocol: Protocol, observe: Callable[..., dict[str, str]], kept: dict[str, str]
) -> dict[str, str]:
    """Everything that a blinded person can obtain from the trial as it was; observed once."""
    if not kept:
        kept.update(observe(lambda: rehearse(protocol, SEED, participants=PARTICIPANTS, opening=False)))
    return kept


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def exchange_two(arms: dict[str, str]) -> dict[str, str]:
    first = next(iter(arms))
    other = next(name for name in arms if arms[name] != arms[first])
    return arms | {first: arms[other], other: arms[first]}


def independent_draw(arms: dict[str, str]) -> dict[str, str]:
    return {name: ("sirolimus", "placebo")[hashlib.sha256(name.encode()).digest()[0] % 2] for name in arms}


def test_the_swap_is_a_swap(original: Rehearsed) -> None:
    one, other = original.annex, swapped(original.annex)
    assert [kit for kit, _ in one.kit_list] == [kit for kit, _ in other.kit_list]
    assert all(arm != anti for (_, arm), (_, anti) in zip(one.kit_list, other.kit_list, strict=True))
    for stratum in one.strata:
        pairs = zip(one.sequences[stratum], other.sequences[stratum], strict=True)
        assert all(arm != anti for arm, anti in pairs)


def test_with_the_arms_swapped_nothing_observable_changes(
    protocol: Protocol,
    original: Rehearsed,
    before: dict[str, str],
    observe: Callable[..., dict[str, str]],
) -> None:
    after = observe(lambda: replay(protocol, original, vault_of(swapped(original.annex))))
    assert differences(before, after) == []
    assert len(before["ledger"]) > 100_000
    pages = [name for name in before if name.endswith(".html") and name != "plan.html"]
    assert len(pages) > 20
    assert all("BLINDED" in before[name] for name in pages)
    assert {"board/open/board.json", "derived/adrs.csv", "plan.html"} <= before.keys()


@pytest.mark.parametrize("change", [exchange_two, independent_draw])
def test_with_the_kits_contents_redrawn_nothing_observable_changes(
    change: Callable[[dict[str, str]], dict[str, str]],
    protocol: Protocol,
    original: Rehearsed,
    before: dict[str, str],
    observe: Callable[..., dict[str, str]],
) -> None:
    arms = arms_of(original)
    other = change(arms)
    assert other != arms
    vault = ReplayVault(receipts_of(original), other)
    assert differences(before, observe(lambda: replay(protocol, original, vault))) == []


# --- planted leaks ----------------------------------------------------------------------------------------------


class KitNumberByArm(ReplayVault):
    """The first spare number, or the second: a parity that follows the arm."""

    def assign(self, participant: str, stratum: str, at: datetime) -> Receipt:
        receipt = self.receipts[participant]
        own = sorted(one.kit for one in self.receipts.values())
        same = [kit for kit in own if own.index(kit) % 2 == (self.arms[participant] == "sirolimus")]
        return replace(receipt, kit=same[receipt.ordinal % len(same)])


class LogLine(ReplayVault):
    """A helpful message for the administrator."""

    def assign(self, participant: str, stratum: str, at: datetime) -> Receipt:
        logging.getLogger("trialist").debug("assigned %s to %s", self.arms[participant], participant)
        return self.receipts[participant]


def _sorted_by_arm(monkeypatch: pytest.MonkeyPatch, arms: Mapping[str, str]) -> None:
    honest = snapshot.take

    def leaking(*words: object, **more: object) -> snapshot.Snapshot:
        taken = honest(*words, **more)
        table = taken.tables["participants"]
        rows = sorted(table.rows, key=lambda row: arms.get(row[0] or "", ""))
        return replace(taken, tables={**taken.tables, "participants": replace(table, rows=rows)})

    monkeypatch.setattr(snapshot, "take", leaking)


def _renamed_arms(monkeypatch: pytest.MonkeyPatch, arms: Mapping[str, str]) -> None:
    names = {"sirolimus": "Dummy X", "placebo": "Dummy Y"}
    monkeypatch.setattr(snapshot, "dummy_arms", lambda _: lambda participant: names[arms[participant]])


def _cached_figure(monkeypatch: pytest.MonkeyPatch, arms: Mapping[str, str]) -> None:
    """A figure drawn for the open report is kept and shown in the blinded one."""
    honest = report.write

    def leaking(results: object, protocol: Protocol, taken: object, path: Path, language: str = "en") -> None:
        honest(results, protocol, taken, path, language)
        size = sum(arm == "sirolimus" for arm in list(arms.values())[: len(arms) // 2])
        path.write_text(path.read_text(encoding="utf-8") + f"<svg data-n='{size}'/>", encoding="utf-8")

    monkeypatch.setattr(report, "write", leaking)


def _trail_by_arm(monkeypatch: pytest.MonkeyPatch, arms: Mapping[str, str]) -> None:
    """A derived value that names one event more in one arm."""
    honest = derived._Maker.subject

    def leaking(maker: derived._Maker, person: Person) -> derived.Row:
        extra = (1,) if arms.get(person.id) == "sirolimus" else ()
        return {**honest(maker, person), "SITEID": (person.about["site"], extra)}

    monkeypatch.setattr(derived._Maker, "subject", leaking)


LEAKS = {
    "trail by arm": (ReplayVault, _trail_by_arm, "derived/adsl.csv", "papers"),
    "kit number by arm": (KitNumberByArm, None, "ledger", "snapshot"),
    "sorted list": (ReplayVault, _sorted_by_arm, "snapshot/participants.csv", "snapshot"),
    "log line": (LogLine, None, "log", "snapshot"),
    "dummy = renamed arm": (ReplayVault, _renamed_arms, "snapshot/participants.csv", "snapshot"),
    "cached figure": (ReplayVault, _cached_figure, "report.html", "report"),
}
"""Leak → the vault that leaks, how it is planted, where it shows, and the stage at which it is there to be seen."""


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught(
    leak: str,
    protocol: Protocol,
    original: Rehearsed,
    observe: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vault, plant, seen, stage = LEAKS[leak]
    receipts, arms = receipts_of(original), arms_of(original)
    other = {name: "placebo" if arm == "sirolimus" else "sirolimus" for name, arm in arms.items()}
    views = []
    for allocation in (arms, other):
        with monkeypatch.context() as patch:
            if plant is not None:
                plant(patch, allocation)
            run = partial(replay, protocol, original, vault(receipts, allocation))
            views.append(observe(run, until=stage))
    assert seen in differences(*views)


def test_a_blinded_snapshot_shows_the_dummy_arms_of_its_head(protocol: Protocol, original: Rehearsed) -> None:
    taken = snapshot.take(original.ledger.events(), protocol)
    shown = {row["participant"]: row["arm"] for row in taken.tables["participants"] if row["arm"]}
    dummy = snapshot.dummy_arms(taken.head)
    assert shown == {name: dummy(name) for name in arms_of(original)}
