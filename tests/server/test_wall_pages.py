"""The wall of the blind around pages and API: with the vault's contents exchanged, no answer changes by a byte.

The ledger, the people and the kit numbers stay; the vault holds another list, in which every kit holds the other
arm. Whatever a person of the cast can obtain is then asked for again and compared, what they do included.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from test_matrix import filled as address_of
from test_matrix import operations, pages

import server_cast as cast
from server_cast import CAST, PASSWORD, Program, ago, done, screened, signed_in
from trialist.allocation import Annex
from trialist.ledger import Ledger
from trialist.protocol import load
from trialist.rehearsal.cast import HOLDERS
from trialist.server import access, fill, settings, workplace
from trialist.server.workplace import Workplace

NOW = datetime(2026, 1, 27, 1, 0, tzinfo=UTC)
SEED = 7
_OF_ITS_OWN = re.compile(
    r'(csrfmiddlewaretoken" value=|"?X-CSRFToken"?: ?|"csrf": |name="key" value=)"?[^",}]+|(?<=/assets/)[0-9a-f]+'
)
"""What every answer has of its own: tokens and keys of acts."""


@pytest.fixture(scope="module")
def annex() -> Annex:
    return Annex.make(load("smart").complete(), fill._bytes(SEED, "annex"), "rehearsal")


def exchange(folder: Path, annex: Annex) -> None:
    """Put a vault in the folder's whose every kit holds the other arm; everybody keeps their kit."""
    honest = workplace.open_vault(folder)
    by_person = {receipt.participant: receipt for receipt in honest.receipts()}
    events = Ledger.sqlite(folder / "study.sqlite").events()
    asked = [event.stream.removeprefix("participant/") for event in events if event.kind == "randomized"]
    receipts = [by_person[person] for person in asked]
    honest.close()
    for file in folder.glob("vault.sqlite*"):
        file.unlink()
    vault = workplace.open_vault(folder)
    vault.seal(
        replace(annex, ratio=tuple(reversed(annex.ratio))),
        {name: bytes([n]) * 32 for n, name in enumerate(HOLDERS)},
        NOW,
    )
    for receipt in receipts:
        assert vault.assign(receipt.participant, receipt.stratum, NOW) == receipt
    vault.close()


@pytest.fixture
def observe(filled, tmp_path, monkeypatch, caplog) -> Callable[..., dict[str, str]]:
    """Everything that the cast can obtain from the server over one of the two vaults, by name."""
    monkeypatch.setattr(Workplace, "now", lambda _: NOW)
    monkeypatch.setattr(workplace, "salts", lambda: b"the same salt as")

    def everything(annex: Annex | None, people=tuple(CAST)) -> dict[str, str]:
        folder = tmp_path / ("honest" if annex is None else "exchanged")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(filled, folder)
        if annex is not None:
            exchange(folder, annex)
        settings.point_at(f"sqlite:///{folder}/study.sqlite", folder)
        caplog.clear()
        monkeypatch.setattr(cast, "_KEYS", count())
        place = workplace.here()
        cast.complete(place)
        found = _acts(place)
        randomized = next(one.id for one in place.desk.participants() if one.site == "03" and one.allocation)
        for person in people:
            found |= {f"{person} {name}": said for name, said in _read(person, randomized).items()}
        return found | {"log": caplog.text}

    yield everything
    workplace.forget()


BROKEN = "investigator-03 breaks a code"
"""The one answer in which a treatment stands, to the one who asked for it."""


def _acts(place) -> dict[str, str]:
    """A person is screened and randomized, and given the kit; their dose is held, and their code broken."""
    coordinator, investigator = Program("coordinator-03"), Program("investigator-03")
    here = screened(place, coordinator, investigator, "03-950")
    signed = {"effective": ago(place, 0, "07:50"), "password": PASSWORD}
    done(investigator.post(f"{here}/sign-eligibility", signed, key="wall-sign"))
    randomized = investigator.post(
        f"{here}/randomize", {"effective": ago(place, 0, "08:00")}, key="wall-randomize"
    )
    kit = done(randomized)["kit"]
    given = {"visit": "D0", "kit": kit, "packs": 1, "effective": ago(place, 0, "08:20")}
    dispensed = Program("pharmacist-03").post(f"{here}/dispense", given, key="wall-dispense")
    done(dispensed)
    client = signed_in("investigator-03")
    held = {"effective": ago(place, 0, "08:30"), "reason": "Fever", "key": "wall-hold"}
    assert client.post("/participants/03-950/course/hold/", held).status_code == 302
    asked = {"participant": "03-950", "reason": "Bleeding", "password": PASSWORD, "key": "wall-break"}
    broken = client.post("/emergency/", asked)
    assert broken.status_code == 200
    strip = re.compile(r'"hash": ?"[0-9a-f]{64}"|"seq": ?[0-9]+')
    return {
        "randomize": strip.sub("", randomized.content.decode()),
        "dispense": strip.sub("", dispensed.content.decode()),
        BROKEN: _said(broken),
    }


def _read(person: str, randomized: str) -> dict[str, str]:
    client, program = signed_in(person), Program(person)
    found = {}
    for name, route in pages():
        if name not in ("sign-out", "asset"):
            found[f"page {name}"] = _said(client.get(address_of(route, randomized)))
    for name, method, path in operations():
        if method == "get":
            found[f"api {name}"] = _said(
                program.get(path.removeprefix("/api/").format(participant=randomized))
            )
    return found


def _said(answer) -> str:
    """Status, headers and body, without what is never twice the same."""
    headers = {name: value for name, value in answer.items() if name not in ("Set-Cookie", "Content-Length")}
    body = b"".join(answer) if answer.streaming else answer.content
    text = _OF_ITS_OWN.sub("", body.decode())
    text = re.sub(
        r"\b[0-9a-f]{64}\b|\b[0-9a-f]{4} [0-9a-f]{4}\b", "", text
    )  # hashes over the times of recording
    return f"{answer.status_code} {headers} {text}"


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_with_the_vaults_contents_exchanged_no_answer_changes(observe, annex):
    """All but the one answer to whoever broke a code; nobody's pages afterwards, their own neither, tell of it."""
    before, after = observe(None), observe(annex)
    assert differences(before, after) == [BROKEN]
    arms = [
        re.search("sirolimus|placebo", one[BROKEN][one[BROKEN].index("<main") :].lower())
        for one in (before, after)
    ]
    assert {found[0] for found in arms if found} == {"sirolimus", "placebo"}
    assert len(before) > 300
    assert sum(said.startswith("200") for said in before.values()) > 150


def test_the_exchange_is_one(filled, tmp_path, annex):
    shutil.copytree(filled, tmp_path / "other")
    exchange(tmp_path / "other", annex)
    arms = []
    for folder in (tmp_path / "other", filled):
        copy = shutil.copytree(folder, tmp_path / f"read {folder.name}")
        vault = workplace.open_vault(copy)
        arms.append([vault.reveal(one.participant, "a test", "to compare", NOW) for one in vault.receipts()])
        vault.close()
    assert len(arms[0]) > 30
    assert all(one != other for one, other in zip(*arms, strict=True))


def _sorted_by_arm(monkeypatch) -> None:
    honest = access.Here.participants

    def leaking(here):
        vault = here.workplace.vault
        arms = {one.participant: vault.reveal(one.participant, "x", "y", NOW) for one in vault.receipts()}
        return tuple(sorted(honest(here), key=lambda one: arms.get(one.id, "")))

    monkeypatch.setattr(access.Here, "participants", leaking)


def _in_a_header(monkeypatch) -> None:
    from trialist.server.middleware import Speak

    honest = Speak.__call__

    def leaking(speak, request):
        answer = honest(speak, request)
        vault = workplace.here().vault
        first = next(iter(vault.receipts())).participant
        answer.headers["ETag"] = str(len(vault.reveal(first, "x", "y", NOW)))
        return answer

    monkeypatch.setattr(Speak, "__call__", leaking)


@pytest.mark.parametrize(
    ("leak", "seen"),
    [(_sorted_by_arm, "coordinator-03 api participants"), (_in_a_header, "monitor page today")],
)
def test_a_planted_leak_is_noticed(observe, annex, monkeypatch, leak, seen):
    leak(monkeypatch)
    people = (seen.split()[0],)
    assert seen in differences(observe(None, people), observe(annex, people))


def test_no_page_names_an_arm_beside_a_participant(browser):
    """Arms are named where the study is described, never on a participant's pages."""
    people = ("coordinator-03", "investigator-03", "monitor", "data-manager", "pharmacist-03", "inspector")
    cast.complete(workplace.here())
    for person in people:
        client = browser(person)
        for name, route in pages():
            if "<str:participant>" in route:
                answer = client.get(address_of(route, "03-001"))
                words = re.sub(r"<[^>]*>", " ", answer.content.decode())
                assert not re.search(r"\bplacebo\b", words, re.IGNORECASE), (person, name)
