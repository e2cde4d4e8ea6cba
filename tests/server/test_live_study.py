"""A real study, end to end over HTTP: opened, its people appointed, its list brought by two keys, somebody randomized
and given the kit, and the exported ledger verified with the opened annex. On both databases."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

import server_postgresql as pg
from server_cast import ago, done, screened
from server_live_study import PASSWORD, Person, Served, Yesterday, free_port, once_in, served, trialist
from trialist.allocation import Annex
from trialist.vault.envelope import open_annex

TEAM = {
    "statistician": ("unblinded_statistician", ()),
    "manager": ("data_manager", ()),
    "coordinator": ("coordinator", ("03",)),
    "investigator": ("investigator", ("03",)),
    "pharmacist": ("pharmacist", ("03",)),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, require):
    """The words that name an empty database, after `serve`."""
    if request.param == "sqlite":
        yield ("--db", f"sqlite:///{tmp_path}/study.sqlite")
        return
    require("postgresql", present=pg.present(), reason="the server runs on it where there are many sites")
    with pg.cluster() as socket:
        pg.say(socket, f"CREATE ROLE {pg.CLERK} LOGIN")
        pg.say(socket, "CREATE DATABASE live")
        yield ("--db", pg.address(socket, "live"), "--owner", pg.address(socket, "live", pg.OWNER))


@pytest.fixture
def server(database, tmp_path):
    with served(tmp_path / "server", "smart", *database) as running:
        yield running


def administrator(server: Served) -> Person:
    once = re.search(r"once, with ([a-z2-9-]{14})", "\n".join(server.said))[1]
    return Person(server, "administrator").signs_in(once)


def appointed(office: Person, name: str) -> Person:
    """Somebody is appointed and signs in for the first time."""
    role, sites = TEAM[name]
    day = Yesterday().today("03").isoformat()
    page = office.submit("/study/people/", person=name, shown=name.title(), role=role, sites=sites, start=day)
    assert page.status_code == 200, page.text
    return Person(office.server, name).signs_in(once_in(page.text))


def sealed(folder: Path) -> tuple[Path, dict[str, str], str]:
    """A live annex in a file, who holds which key, and its commitment."""
    file = folder / "annex.sealed"
    _, said, _ = trialist("seal", "smart", "--out", str(file))
    keys = dict(re.findall(r"key of (.+?) +([0-9a-f]{64})", said))
    return file, keys, said.split()[1]


def test_a_real_study_from_the_first_account_to_the_verified_ledger(server, database, tmp_path):
    office = administrator(server)
    assert "REHEARSAL" not in office.page("/study/").text
    team = {name: appointed(office, name) for name in TEAM}
    statistician, manager = team["statistician"], team["manager"]
    coordinator, investigator, pharmacist = (
        team[name] for name in ("coordinator", "investigator", "pharmacist")
    )

    day = Yesterday()
    too_early = {"participant": "03-001", "site": "03", "effective": ago(day, 9)}
    assert coordinator.post("participants", too_early).json()["code"] == "site.closed"
    opened = office.submit("/study/", to="/study/sites/", site="03", do="open")
    assert "since" in opened.text

    here = screened(day, coordinator, investigator, "03-001")
    signed = {"effective": ago(day, 0, "07:50"), "password": PASSWORD}
    done(investigator.post(f"{here}/sign-eligibility", signed))
    randomize = {"effective": ago(day, 0, "08:00")}
    assert investigator.post(f"{here}/randomize", randomize).json()["code"] == "study.not_committed"
    assert "nothing to record" in statistician.submit("/study/allocation/").text

    file, keys, commitment = sealed(tmp_path)
    bring = ("seal", "smart", "--annex", str(file), "--into", str(tmp_path / "server"))
    escrow, one, two = keys.values()
    assert trialist(*bring, typed=f"{escrow}\n{two}\n{one}\n")[0] == 1
    assert "no list yet" in statistician.page("/study/allocation/").text
    assert trialist(*bring, typed=f"\n{one}\n{two}\n")[0] == 0
    assert investigator.post(f"{here}/randomize", randomize).json()["code"] == "study.not_committed"
    assert coordinator.submit("/study/allocation/").status_code == 403
    committed = statistician.submit("/study/allocation/")
    assert f"recorded by {statistician.name}" in committed.text
    assert committed.text.count(commitment) == 2
    again = statistician.submit("/study/allocation/")
    assert (again.status_code, "never exchanged" in again.text) == (422, True)

    kit = done(investigator.post(f"{here}/randomize", randomize, key="a-double-click"))["kit"]
    assert done(investigator.post(f"{here}/randomize", randomize, key="a-double-click"))["kit"] == kit
    given = {"visit": "D0", "kit": "0000", "packs": 1, "effective": ago(day, 0, "08:20")}
    assert pharmacist.post(f"{here}/dispense", given).json()["code"] == "dispense.wrong_kit"
    done(pharmacist.post(f"{here}/dispense", {**given, "kit": kit}))

    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(manager.page("/study/ledger/").content)
    status, said, _ = trialist("verify", str(ledger))
    assert (status, "chain intact and complete" in said) == (0, True)
    annex = open_annex(file.read_text(), {name: bytes.fromhex(keys[name]) for name in ("holder 1", "escrow")})
    annex.write(tmp_path / "annex.json")
    status, said, _ = trialist("verify", str(ledger), "--annex", str(tmp_path / "annex.json"))
    assert status == 0, said
    assert "1 allocations re-derived" in said
    assert dict(annex.kit_list)[kit] == annex.arm("low", 1)

    comes_to_its_end(team, here, day)
    opened_by_two(team, tmp_path, keys, annex)
    nothing_told(server, annex, keys, [office, *team.values()])
    goes_on_elsewhere(database, tmp_path)


def comes_to_its_end(team: dict[str, Person], here: str, day: Yesterday) -> None:
    """The one participant leaves, the record is signed, and the study is locked."""
    investigator, manager = team["investigator"], team["manager"]
    at = {"effective": ago(day, 0, "09:00")}
    done(investigator.post(f"{here}/end-treatment", {**at, "reason": "participant_decision"}))
    done(investigator.post(f"{here}/withdraw-consent", {**at, "scope": "all_new_data"}))
    done(investigator.post(f"{here}/sign", {"meaning": "approval", "password": PASSWORD}))
    locked = manager.submit("/lock/", to="/lock/do/", study="SMART", password=PASSWORD)
    assert "Locked on" in locked.text, locked.text


def opened_by_two(team: dict[str, Person], folder: Path, keys: dict[str, str], annex: Annex) -> None:
    """After the lock, and only then, two holders open the vault; the statistician records it, and arms are told."""
    statistician, manager = team["statistician"], team["manager"]
    before, after = folder / "ledger.jsonl", folder / "locked.jsonl"
    after.write_bytes(manager.page("/study/ledger/").content)
    out = folder / "opened.json"
    opens = ("open", "smart", "--vault", str(folder / "server"), "--out", str(out), "--ledger")
    escrow, one, two = keys.values()
    assert "nothing to record" in statistician.submit("/study/allocation/", do="open").text
    for ledger, typed, code in (
        (before, f"{escrow}\n{one}\n\n", "OPEN-LOCK"),
        (after, f"{escrow}\n{two}\n\n", "keys_do_not_open"),
    ):
        status, _, said = trialist(*opens, str(ledger), typed=typed)
        assert (status, code in said, out.exists()) == (1, True, False), said
    out.write_text("kept")
    assert trialist(*opens, str(after), "--force", typed=f"{escrow}\n{two}\n\n")[0] == 1
    assert out.read_text() == "kept", "wrong keys replace nothing"
    status, said, complaint = trialist(*opens, str(after), "--force", typed=f"{escrow}\n\n{two}\n")
    assert (status, "opened by escrow and holder 2" in said) == (0, True), complaint
    assert out.stat().st_mode & 0o777 == 0o600
    assert Annex.read(out) == annex
    assert team["manager"].submit("/study/allocation/", do="open").status_code == 403
    assert "Record the opening" in statistician.page("/study/allocation/").text
    recorded = statistician.submit("/study/allocation/", do="open").text
    assert recorded.count("Opened by escrow and holder 2") == 1
    assert "Record the opening" not in recorded
    after.write_bytes(manager.page("/study/ledger/").content)
    status, said, _ = trialist("verify", str(after), "--annex", str(out))
    assert (status, "1 allocations re-derived" in said) == (0, True)


def nothing_told(server: Served, annex: Annex, keys: dict[str, str], people: list[Person]) -> None:
    """Neither an answer nor the log holds a key, the secret, or the contents of a kit."""
    assert server.errors.read_text() == ""
    for answer in [answer for person in people for answer in person.seen]:
        for secret in (annex.secret, *keys.values(), "block_sizes"):
            assert secret not in answer.text
    record = people[3].get("participants/03-001").text
    assert not re.search("sirolimus|placebo", record)


def goes_on_elsewhere(database: tuple[str, ...], folder: Path) -> None:
    """Stopped and started, it goes on with its own vault and refuses any other; it never becomes a rehearsal."""
    for words, said in [
        (("--folder", str(folder / "empty")), "SERVE-VAULT"),
        (("--folder", str(folder / "server"), "--rehearsal", "7"), "can never become"),
    ]:
        status, _, complaint = trialist("serve", *database, "--port", str(free_port()), *words)
        assert (status, said in complaint) == (1, True), complaint


def test_a_start_before_the_first_sign_in_gives_another_password_and_none_after_it(tmp_path):
    words = ("--db", f"sqlite:///{tmp_path}/study.sqlite")
    folder = tmp_path / "server"
    with served(folder, *words) as first:
        once = re.search(r"once, with ([a-z2-9-]{14})", "\n".join(first.said))[1]
    with served(folder, *words) as second:
        stale = Person(second, "administrator").submit("/sign-in/", name="administrator", password=once)
        assert "do not go together" in stale.text
        administrator(second)
    with served(folder, *words) as third:
        assert "once, with" not in "\n".join(third.said)
        assert once not in "\n".join(third.said)
    with sqlite3.connect(tmp_path / "study.sqlite") as connection:
        kinds = [kind for (kind,) in connection.execute("SELECT kind FROM event ORDER BY seq")]
    assert kinds == ["study opened", "person appointed", "protocol activated"]


def test_the_vault_of_a_rehearsal_opens_no_real_study(tmp_path, filled):
    folder = tmp_path / "server"
    folder.mkdir()
    for name in ("vault.sqlite", "vault.key"):
        shutil.copy(filled / name, folder / name)
    words = (
        "--db",
        f"sqlite:///{tmp_path}/study.sqlite",
        "--folder",
        str(folder),
        "--port",
        str(free_port()),
    )
    status, _, said = trialist("serve", *words)
    assert (status, "a rehearsal of SMART" in said) == (1, True)
    with sqlite3.connect(tmp_path / "study.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)
