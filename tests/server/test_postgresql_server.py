"""The server on PostgreSQL: the same code, a role that cannot change what was recorded, acts that cannot cross."""

from __future__ import annotations

import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

pytest.importorskip("psycopg")

from django.db import connections

import server_cast as cast
import server_postgresql as pg
from server_cast import Program, ago, done, screened
from server_live import PASSWORD, PATIENCE
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor, Entry
from trialist.desk import Desk
from trialist.findings import Refusal
from trialist.ledger import Ledger
from trialist.ledger.dialect import POSTGRESQL
from trialist.protocol import load
from trialist.rehearsal.cast import DATA_MANAGER, SPONSOR
from trialist.server import database, fill, projections, settings, words, workplace

_NUMBERS = count()


@pytest.fixture(scope="module")
def socket(require):
    require("postgresql", present=pg.present(), reason="the server runs on it where there are many sites")
    with pg.cluster() as folder:
        pg.say(folder, f"CREATE ROLE {pg.CLERK} LOGIN")
        yield folder


def leave() -> None:
    """Let go of the database."""
    workplace.forget()
    connections["default"].close()


@pytest.fixture(scope="module")
def empty(socket) -> str:
    """A database with the tables and what the server's role may do."""
    pg.say(socket, 'CREATE DATABASE "empty"')
    clerk, owner = (pg.address(socket, "empty", role) for role in (pg.CLERK, pg.OWNER))
    database.prepare(clerk, Path("nowhere"), owner)
    leave()
    return "empty"


@pytest.fixture(scope="module")
def rehearsed(socket, empty, tmp_path_factory) -> tuple[str, Path]:
    """A database with a rehearsed study, filled by the server's own role; and its folder."""
    name, folder = pg.copy(socket, empty, "rehearsed"), tmp_path_factory.mktemp("rehearsed")
    settings.point_at(pg.address(socket, name), folder)
    fill.rehearse(7, password=PASSWORD)
    cast.complete(workplace.here())
    leave()
    return name, folder


@pytest.fixture
def trial(socket, rehearsed, tmp_path):
    """The server on a copy of the rehearsed study, in the role without ownership."""
    source, folder = rehearsed
    name = pg.copy(socket, source, f"trial{next(_NUMBERS)}")
    shutil.copytree(folder, tmp_path / "study")
    settings.point_at(pg.address(socket, name), tmp_path / "study")
    yield workplace.here()
    leave()


def test_a_study_is_rehearsed_on_it_as_on_the_embedded_database(filled, trial):
    embedded = [event.kind for event in Ledger.sqlite(filled / "study.sqlite").events()]
    assert [event.kind for event in trial.ledger.events()][: len(embedded)] == embedded
    assert len(embedded) > 1000


def test_the_rows_beside_the_ledger_say_what_it_says(trial):
    assert projections.differences(trial.desk.participants()) == []


def test_an_act_through_the_api_is_recorded(trial):
    coordinator = Program("coordinator-03")
    before = coordinator.get("study").json()["head"]["seq"]
    consented = {"participant": "03-900", "site": "03", "effective": trial.today("03").isoformat()}
    answer = coordinator.post("participants", consented)
    assert answer.status_code == 201, answer.content
    assert coordinator.get("participants/03-900").json()["status"] == "screening"
    assert coordinator.get("study").json()["head"]["seq"] == before + 1
    assert projections.differences(trial.desk.participants()) == []


@pytest.mark.parametrize("table", ["event", "disclosure"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET seq = seq + 1",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "ALTER TABLE {} ADD COLUMN more TEXT",
        "DROP TABLE {}",
        "CREATE RULE quietly AS ON INSERT TO {} DO INSTEAD NOTHING",
        "GRANT ALL ON {} TO CURRENT_USER WITH GRANT OPTION",
    ],
)
def test_the_servers_role_can_change_nothing_that_was_recorded(socket, trial, table, statement):
    import psycopg

    name = connections["default"].settings_dict["NAME"]
    before = pg.say(socket, f"SELECT count(*), max(seq) FROM {table}", name=name)
    try:
        pg.say(socket, statement.format(table), name=name, role=pg.CLERK)
    except psycopg.Error as error:
        assert error.sqlstate == "42501"  # noqa: PT017 - a GRANT of what one has not is a warning, and no error
    else:
        assert statement.startswith("GRANT")
    assert pg.say(socket, f"SELECT count(*), max(seq) FROM {table}", name=name) == before
    allowed = (
        f"SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM information_schema.table_privileges \
        WHERE grantee = '{pg.CLERK}' AND table_name = '{table}'"
    )
    assert pg.say(socket, allowed, name=name) == [("INSERT,SELECT",)]


def test_the_servers_role_owns_nothing_and_may_make_nothing(socket, trial):
    name = connections["default"].settings_dict["NAME"]
    owned = f"SELECT relname FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE rolname = '{pg.CLERK}'"
    assert pg.say(socket, owned, name=name) == []
    made = (
        f"SELECT has_schema_privilege('{pg.CLERK}', 'public', 'CREATE'), rolsuper, rolcreaterole, rolcreatedb \
        FROM pg_roles WHERE rolname = '{pg.CLERK}'"
    )
    assert pg.say(socket, made, name=name) == [(False, False, False, False)]


# --- lock and save --------------------------------------------------------------------------------------------------

COORDINATOR = Actor("coordinator-03", "coordinator", "03")
PERSON, ROUNDS = "03-001", 6


@pytest.fixture(scope="module")
def ended(socket, empty, tmp_path_factory) -> tuple[str, Path]:
    """A study in which one person was screened and left: nothing stands against the lock, and data may still come."""
    name, folder = pg.copy(socket, empty, "ended"), tmp_path_factory.mktemp("ended")
    settings.point_at(pg.address(socket, name), folder)
    connections["default"].ensure_connection()
    now, protocol = datetime.now(UTC), load("smart").complete()
    ledger = Ledger(connections["default"].connection, POSTGRESQL)
    desk = Desk(ledger, workplace.open_vault(folder), protocol, workplace.salts)
    for turn, (command, by) in enumerate(_story(protocol, (now - timedelta(days=2)).date().isoformat())):
        desk.act(command, by=by, at=now, key=f"story {turn}")
    leave()
    return name, folder


def _story(protocol, day: str):
    yield c.OpenStudy("SMART", "rehearsal"), SPONSOR
    yield c.ActivateProtocol(protocol.text), SPONSOR
    yield c.Appoint(DATA_MANAGER.person, DATA_MANAGER.role, (), day), SPONSOR
    yield c.Appoint(COORDINATOR.person, COORDINATOR.role, ("03",), day), SPONSOR
    yield c.OpenSite("03"), SPONSOR
    yield c.Consent(PERSON, "03", day), COORDINATOR
    yield c.RecordVisit(PERSON, "SCR", day), COORDINATOR
    yield _count(day, 1), COORDINATOR
    yield c.FailScreening(PERSON, "declined", day), COORDINATOR


def _count(day: str, row: int) -> c.SaveForm:
    entries = {"specimen_date": Entry(day), "platelets": Entry("150", "10*9/L")}
    return c.SaveForm(PERSON, "hematology", entries, "SCR", row=row, effective=day)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_no_save_crosses_the_lock(socket, ended, tmp_path, turn):
    source, folder = ended
    name = pg.copy(socket, source, f"lock{turn}")
    shutil.copytree(folder, tmp_path / "study")
    settings.point_at(pg.address(socket, name), tmp_path / "study")
    together = Barrier(4, timeout=PATIENCE)

    def locks() -> str:
        place = workplace.here()
        place.desk.study()
        together.wait()
        time.sleep(turn * 0.01)
        return _told(lambda: place.act(c.LockStudy(), by=DATA_MANAGER, key="the lock"))

    def saves(clerk: int) -> list[str]:
        place = workplace.here()
        day = place.desk.participant(PERSON).consented
        together.wait()
        turns = ((100 * clerk + row) for row in range(1, 13))
        return [
            _told(lambda row=row: place.act(_count(day, row), by=COORDINATOR, key=f"save {row}"))
            for row in turns
        ]

    with ThreadPoolExecutor(4) as pool:
        lock, *answers = [
            pool.submit(_alone, locks),
            *(pool.submit(_alone, saves, clerk) for clerk in (1, 2, 3)),
        ]
        locked, answers = lock.result(), [one for answer in answers for one in answer.result()]
    place = workplace.here()
    events = list(place.ledger.events())
    leave()
    assert locked == "done"
    assert events[-1].kind == "study locked"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    saved = {event.command for event in events if event.command.startswith("save ")}
    assert len(saved) == answers.count("done")
    assert set(answers) <= {"done", "study.locked"}


def _told(act) -> str:
    try:
        act()
    except Refusal as refusal:
        return refusal.findings[0].code
    return "done"


def _alone(work, *words):
    """Work in a thread that lets go of its connection afterwards."""
    try:
        return work(*words)
    finally:
        leave()


def test_of_many_clicks_on_randomize_one_allocates(socket, trial):
    """Ten windows, each clicking twice on the same person; all are told the same kit."""
    coordinator, signer = Program("coordinator-03"), Program("investigator-03")
    here = screened(trial, coordinator, signer)
    done(
        signer.post(
            f"{here}/sign-eligibility", {"effective": ago(trial, 0, "07:50"), "password": cast.PASSWORD}
        )
    )
    person, effective = here.removeprefix("participants/"), ago(trial, 0, "08:00")
    investigator = Actor("investigator-03", "investigator", "03")
    leave()
    together = Barrier(10, timeout=PATIENCE)

    def clicks(window: int) -> list[str]:
        place = workplace.here()
        together.wait()
        for _ in range(2):
            with contextlib.suppress(Refusal):
                place.randomize(person, by=investigator, effective=effective, key=f"window {window}")
        return [place.desk.participant(person).allocation.kit]

    with ThreadPoolExecutor(10) as pool:
        kits = [kit for told in pool.map(lambda window: _alone(clicks, window), range(10)) for kit in told]
    kinds = [event.kind for event in workplace.here().ledger.events(f"participant/{person}")]
    assert len(set(kits)) == 1
    assert kinds.count("randomized") == kinds.count("randomization requested") == 1


# --- while nothing can be written -----------------------------------------------------------------------------------


@pytest.fixture
def read_only(socket, trial):
    """The server's database takes no writes, from the next connection on; call it to go on."""
    role = f"ALTER ROLE {pg.CLERK} "

    def ends() -> None:
        pg.say(socket, role + "RESET default_transaction_read_only")
        leave()

    def begins() -> None:
        pg.say(socket, role + "SET default_transaction_read_only = on")
        leave()

    yield begins, ends
    ends()


def emergency(trial) -> tuple[str, str, dict[str, str]]:
    """Somebody who was randomized, their treatment, and what an investigator sends to see it."""
    receipt = next(one for one in trial.vault.receipts() if one.participant.startswith("03"))
    arm = trial.vault._open_contents().annex.arm(receipt.stratum, receipt.ordinal)
    sent = {
        "participant": receipt.participant,
        "reason": "Massive bleeding",
        "password": cast.PASSWORD,
        "key": "one emergency",
        "from": "",
    }
    return receipt.participant, trial.protocol.arms[arm].label.en, sent


def test_a_code_is_broken_while_the_database_takes_no_writes_and_copied_from_the_vaults_log(trial, read_only):
    begins, ends = read_only
    person, arm, sent = emergency(trial)
    client = cast.signed_in("investigator-03")
    head, lines = trial.ledger.head(), len(trial.vault.log.lines())
    begins()
    answer = client.post("/emergency/", sent)
    assert answer.status_code == 200
    assert arm in answer.content.decode()
    (line,) = workplace.here().vault.log.lines()[lines:]
    assert (line["question"], line["participant"], line["to"]) == ("reveal", person, "investigator-03")
    assert workplace.here().ledger.head() == head
    ends()
    place = workplace.here()
    assert place.desk.copy_code_breaks(at=place.now()) == (person,)
    assert place.desk.participant(person).code_breaks[-1].revealed_to == "investigator-03"
    assert projections.differences(place.desk.participants()) == []


def test_no_treatment_is_shown_that_the_vault_could_not_write_down(trial):
    person, arm, sent = emergency(trial)
    client = cast.signed_in("investigator-03")
    client.raise_request_exception = False
    lines = len(trial.vault.log.lines())
    trial.vault._connection.execute("PRAGMA query_only = ON")
    answer = client.post("/emergency/", sent)
    trial.vault._connection.execute("PRAGMA query_only = OFF")
    told = answer.content.decode()
    assert answer.status_code == 500
    assert words.say("error_500", "en") in told
    assert arm not in told
    assert len(trial.vault.log.lines()) == lines
    assert trial.desk.participant(person).code_breaks == ()


def test_an_act_while_the_database_takes_no_writes_is_answered_in_words_and_leaves_nothing(trial, read_only):
    begins, ends = read_only
    coordinator = Program("coordinator-03")
    coordinator.client.raise_request_exception = False
    head, day = trial.ledger.head(), trial.today("03").isoformat()
    begins()
    consented = {"participant": "03-900", "site": "03", "effective": day}
    answer = coordinator.post("participants", consented, key="consent-of-03-900")
    assert answer.status_code == 500
    assert "transaction" not in answer.content.decode()
    assert "repeat it with the same key" in answer.json()["words"]
    assert coordinator.get("participants/03-900").status_code == 404
    ends()
    assert workplace.here().ledger.head() == head
    assert coordinator.post("participants", consented, key="consent-of-03-900").status_code == 201
