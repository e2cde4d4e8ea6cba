"""Starting a server: a rehearsal fills an empty one, a real study begins, and neither becomes the other."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from server_live import PATIENCE
from server_live_study import TRIALIST, free_port, served
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor
from trialist.findings import InputError, Refusal
from trialist.server import fill, projections, run, settings, workplace
from trialist.server.models import ParticipantCard

COMMAND = [*TRIALIST, "serve"]
MANAGER = Actor("data-manager", "data_manager")


def page(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        return answer.read().decode()


def refused(*words: str) -> str:
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    return done.stderr


# --- from the command line ---


def test_a_rehearsal_is_served_with_its_cast_and_can_be_started_again_but_never_becomes_real(tmp_path):
    address = f"sqlite:///{tmp_path}/study.sqlite"
    with served(tmp_path, "--rehearsal", "7", "--db", address, named=False) as server:
        assert "REHEARSAL" in page(server.port, "/sign-in/")
        assert any(re.search(r"coordinator +coordinator-01 … coordinator-10", line) for line in server.said)
        assert "password of all: rehearsal-seed-7" in server.said
        assert "another program" in refused("--rehearsal", "7", "--db", address, "--port", str(server.port))
    for secret in ("vault.key", "secret.key"):
        assert (tmp_path / secret).stat().st_mode & 0o077 == 0, "for the owner alone"
    assert "can never become" in refused("--db", address)
    assert "can never become" in refused("--rehearsal", "8", "--db", address)
    before = heads(tmp_path / "study.sqlite")
    with served(tmp_path, "--rehearsal", "7", "--db", address, named=False) as server:
        assert "REHEARSAL" in page(server.port, "/sign-in/")
    assert heads(tmp_path / "study.sqlite") == before, "it was not filled twice"


def heads(file: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(file) as connection:
        found = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchall()
    connection.close()
    return found


def test_a_real_study_begins_with_one_account_and_refuses_a_rehearsal(tmp_path):
    address = f"sqlite:///{tmp_path}/study.sqlite"
    with served(tmp_path, "--db", address, named=False) as server:
        assert re.search(r"Sign in as administrator, once, with ([a-z2-9]{4}-){2}[a-z2-9]{4}", server.said[1])
        assert "REHEARSAL" not in page(server.port, "/sign-in/")
    assert "can never become" in refused("--rehearsal", "7", "--db", address)


def test_a_row_that_claims_a_rehearsal_makes_none_of_a_real_study(tmp_path):
    from trialist.server import database
    from trialist.server.models import Rehearsal

    address = f"sqlite:///{tmp_path}/study.sqlite"
    database.prepare(address, tmp_path)
    run._produce(run.Wanted(address, tmp_path, 0))
    Rehearsal.objects.create(seed=7, clock=timedelta(days=-300))
    workplace.forget()
    place = workplace.here()
    assert place.rehearsal is None
    assert abs(place.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert "REHEARSAL" not in Client().get("/sign-in/").content.decode()
    with pytest.raises(Refusal, match="holds a study already"):
        fill.rehearse(7, password="x")
    with pytest.raises(Refusal, match="can never become"):
        run._rehearse(run.Wanted(address, tmp_path, 0, seed=7), None)
    workplace.forget()


def test_an_address_that_cannot_be_used_is_one_line(tmp_path):
    for address in ("mysql://x/y", "study.sqlite", "postgresql://nobody:a-secret@127.0.0.1:1/none"):
        said = refused("--db", address, "--folder", str(tmp_path), "--port", str(free_port()))
        assert said.count("\n") == 1
        assert "a-secret" not in said


# --- inside ---


def test_a_fill_needs_an_empty_database(place):
    with pytest.raises(Refusal):
        fill.rehearse(8, password="x")


def test_a_rehearsal_has_no_public_name(tmp_path):
    wanted = run.Wanted("sqlite:///nowhere", tmp_path, free_port(), "smart", seed=7, name="trial.example")
    with pytest.raises(InputError, match="this machine alone"):
        run.serve(wanted, say=print)


def test_a_taken_port_is_found_before_anything_is_written():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        wanted = run.Wanted("sqlite:///nowhere", Path("nowhere"), other.getsockname()[1], "smart")
        with pytest.raises(InputError, match="taken"):
            run.serve(wanted, say=print)
    assert not Path("nowhere").exists()


def test_the_clock_of_a_rehearsal_stands_on_the_morning_after_and_runs_on(place):
    last = max(event.at for event in place.ledger.events(after=place.ledger.head().seq - 1))
    assert timedelta(0) <= place.now() - last < timedelta(days=4)
    assert place.local("03").hour in (8, 9)
    first = place.now()
    time.sleep(0.01)
    assert first < place.now() < datetime.now(UTC)


def test_one_desk_serves_a_thread_until_its_connection_is_another(place):
    from django.db import connection

    assert place.desk is place.desk
    assert workplace.here() is place
    connection.close()
    assert workplace.here() is not place


def someone(place):
    return next(one for one in place.desk.participants() if one.status == "randomized" and not one.frozen)


def question(place, item: str = "sex") -> c.OpenQuery:
    return c.OpenQuery(someone(place).id, "demographics", item, "Why?", visit="SCR")


def test_projections_are_what_the_ledger_says_after_a_fill_after_acts_and_when_made_anew(place):
    people = place.desk.participants()
    assert projections.differences(people) == []
    card = ParticipantCard.objects.get(id=someone(place).id)
    place.act(question(place), by=MANAGER, key="ask")
    place.act(question(place), by=MANAGER, key="ask")  # the same act
    moved = ParticipantCard.objects.get(id=card.id)
    assert (moved.open_queries, moved.version) == (card.open_queries + 1, card.version + 1)
    assert projections.differences(place.desk.participants()) == []
    ParticipantCard.objects.filter(id=card.id).update(status="lost")
    assert projections.differences(place.desk.participants()) == [card.id]
    assert projections.rebuild(place.desk.participants()) == len(people)
    assert projections.differences(place.desk.participants()) == []


def test_event_projection_and_what_stands_beside_are_committed_together_or_not_at_all(place):
    head, card = place.ledger.head(), ParticipantCard.objects.get(id=someone(place).id)

    def fails():
        ParticipantCard.objects.filter(id=card.id).update(status="lost")
        raise RuntimeError("the draft could not be removed")

    with pytest.raises(RuntimeError):
        place.act(question(place), by=MANAGER, key="ask", beside=fails)
    assert place.ledger.head() == head
    assert ParticipantCard.objects.get(id=card.id) == card
    assert ParticipantCard.objects.get(id=card.id).status == card.status
    assert place.act(question(place), by=MANAGER, key="ask").events[0].seq == head.seq + 1


def test_two_workplaces_see_each_others_acts(study, place):
    from threading import Thread

    seen = []

    def elsewhere():
        other = workplace.here()
        seen.append(other is place)
        other.act(question(other), by=MANAGER, key="from elsewhere")
        workplace.forget()
        from django.db import connection

        connection.close()

    before = len(someone(place).open_queries)
    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [False]
    assert len(someone(place).open_queries) == before + 1
    assert (
        place.act(question(place, "birth_date"), by=MANAGER, key="from here").events[0].seq
        == place.ledger.head().seq
    )


def test_the_ledgers_tables_are_no_models_and_keep_what_they_hold(place):
    from django.apps import apps
    from django.db import connection

    assert not {"event", "disclosure"} & {model._meta.db_table for model in apps.get_models()}
    with connection.cursor() as cursor:
        for statement in ("UPDATE event SET hash = ''", "DELETE FROM event"):
            with pytest.raises(Exception, match="append-only"):
                cursor.execute(statement)


def test_models_and_migrations_agree(study):
    from django.core.management import call_command

    call_command("makemigrations", "server", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a/b.sqlite", {"NAME": "a/b.sqlite"}),
        ("sqlite:////a/b.sqlite", {"NAME": "/a/b.sqlite"}),
        (
            "postgresql://a%40b:p%2Fq@db.example:5433/study",
            {"USER": "a@b", "PASSWORD": "p/q", "HOST": "db.example", "PORT": "5433", "NAME": "study"},
        ),
        ("postgresql://app@/study?host=/run/pg", {"USER": "app", "HOST": "/run/pg", "NAME": "study"}),
    ],
)
def test_an_address_of_a_database_is_read(url, expected):
    found = settings.database_settings(url)
    assert {key: found[key] for key in expected} == expected
    assert found["ATOMIC_REQUESTS"] is False


def test_a_stranger_gets_the_frame_of_whoever_is_signed_in_on_a_page_that_is_not_there(browser):
    assert b"Sign out" in browser("coordinator-03").get("/nowhere/").content
    assert b"Sign out" not in Client().get("/nowhere/").content
