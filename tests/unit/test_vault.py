"""The vault: one answer for ever, nothing that unblinds, two of three keys, killed at any point."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from trialist.allocation import Annex
from trialist.findings import InputError, Refusal
from trialist.vault import Receipt, Vault
from trialist.vault.envelope import open_annex, seal_annex

AT = datetime(2026, 3, 30, 1, 40, tzinfo=UTC)
KEY = b"k" * 32
HOLDERS = {name: hashlib.sha256(name.encode()).digest() for name in ("sponsor", "statistician", "escrow")}
ANNEX = Annex(
    study="SMART",
    mode="rehearsal",
    generator="sha256-counter/1",
    secret=hashlib.sha256(b"vault").hexdigest(),
    ratio=(("sirolimus", 1), ("placebo", 1)),
    block_sizes=(4, 6),
    strata=("low", "high"),
    length=84,
    kits=200,
)
PAUSED_EN = "Randomization is paused at this site. Nothing was assigned. The trial office has been told."
PAUSED_ZH = "本中心随机已暂停，未作分配，已通知项目办公室。"
REPEATS = int(os.environ.get("TRIALIST_PROVE_REPEATS", "2"))


def sealed(annex: Annex = ANNEX) -> Vault:
    vault = Vault.memory()
    vault.seal(annex, HOLDERS, AT)
    return vault


def keys(*names: str) -> dict[str, bytes]:
    return {name: HOLDERS[name] for name in names}


# --- assign ---------------------------------------------------------------------------------------


def test_sealing_answers_the_commitment_of_the_annex():
    vault = Vault.memory()
    assert vault.seal(ANNEX, HOLDERS, AT) == ANNEX.commitment
    assert vault.mode == "rehearsal"


def test_slots_are_gapless_in_each_stratum_and_kits_hold_what_the_list_says():
    vault = sealed()
    contents, unused = dict(ANNEX.kit_list), [kit for kit, _ in ANNEX.kit_list]
    drawn = Counter()
    for number in range(84):
        stratum = ("low", "high")[number % 3 == 0]
        receipt = vault.assign(f"01-{number:03}", stratum, AT)
        drawn[stratum] += 1
        assert receipt == Receipt(f"01-{number:03}", stratum, drawn[stratum], receipt.kit)
        arm = ANNEX.sequences[stratum][receipt.ordinal - 1]
        assert receipt.kit == next(kit for kit in unused if contents[kit] == arm)
        unused.remove(receipt.kit)


def test_the_same_participant_gets_the_same_answer_for_ever(tmp_path):
    vault = Vault.sqlite(tmp_path / "vault.db", KEY)
    vault.seal(ANNEX, HOLDERS, AT)
    first = vault.assign("01-001", "low", AT)
    vault.assign("01-002", "low", AT)
    lines = vault.log.head()
    assert vault.assign("01-001", "low", AT) == first
    assert vault.assign("01-001", "high", AT) == first
    vault.close()
    again = Vault.sqlite(tmp_path / "vault.db", KEY)
    assert again.assign("01-001", "low", AT) == first
    assert again.log.head() == lines
    assert again.assign("01-003", "low", AT).ordinal == 3
    assert len(again.receipts()) == 3


def test_two_processes_on_one_vault_never_give_a_slot_or_a_kit_twice(tmp_path):
    one, other = Vault.sqlite(tmp_path / "v", KEY), Vault.sqlite(tmp_path / "v", KEY)
    one.seal(ANNEX, HOLDERS, AT)
    given = [
        vault.assign(f"{n}", "low", AT) for n, vault in enumerate([one, other, other, one, other, one, one])
    ]
    assert [receipt.ordinal for receipt in given] == [1, 2, 3, 4, 5, 6, 7]
    assert len({receipt.kit for receipt in given}) == 7
    assert other.assign("0", "low", AT) == given[0]
    assert one.log.broken() is None


def exhausted(annex: Annex, stratum: str) -> Refusal:
    vault = sealed(annex)
    for number in range(10_000):
        before = vault.receipts()
        try:
            vault.assign(f"p{number}", stratum, AT)
        except Refusal as refused:
            assert vault.receipts() == before
            assert vault.log.lines()[-1]["question"] == "pause"
            return refused
    raise AssertionError("it never ends")


def test_exhaustion_refuses_in_the_same_bytes_whatever_has_run_out():
    """The list, or the kits of either arm: nobody can tell from what is said, raised or logged."""
    causes = [exhausted(replace(ANNEX, length=4, block_sizes=(4,)), "low")]
    few = [replace(ANNEX, kits=2, secret=hashlib.sha256(bytes([n])).hexdigest()) for n in range(8)]
    ended_by = set()
    for annex in few:
        causes.append(exhausted(annex, "low"))
        first, second, third = annex.sequences["low"][:3]
        ended_by.add(third if first != second else second)
    assert ended_by == {"sirolimus", "placebo"}
    assert {str(cause) for cause in causes} == {PAUSED_EN}
    assert {cause.findings[0].say("zh") for cause in causes} == {PAUSED_ZH}
    assert len({(cause.findings, cause.args) for cause in causes}) == 1
    assert {(cause.__cause__, cause.__context__) for cause in causes} == {(None, None)}


def test_a_stratum_that_was_not_sealed_is_an_input_error_and_nothing_is_assigned():
    vault = sealed()
    with pytest.raises(InputError, match="middle is no stratum"):
        vault.assign("01-001", "middle", AT)
    assert vault.receipts() == ()
    assert vault.assign("01-001", "low", AT).ordinal == 1


def test_an_empty_vault_refuses_every_question():
    vault = Vault.memory()
    for ask in (
        lambda: vault.assign("01-001", "low", AT),
        lambda: vault.reveal("01-001", "dr", "bleeding", AT),
        lambda: vault.open(keys("sponsor", "escrow"), AT),
    ):
        with pytest.raises(Refusal, match="holds no treatment codes"):
            ask()


# --- reveal and open ------------------------------------------------------------------------------


def test_reveal_answers_the_arm_and_is_in_the_log_without_it():
    vault = sealed()
    receipt = vault.assign("01-001", "low", AT)
    arm = vault.reveal("01-001", "dr.wang", "severe bleeding", AT)
    assert arm == ANNEX.sequences["low"][receipt.ordinal - 1] == dict(ANNEX.kit_list)[receipt.kit]
    line = vault.log.lines()[-1]
    assert (line["question"], line["participant"], line["to"]) == ("reveal", "01-001", "dr.wang")
    assert line["at"] == "2026-03-30T01:40:00.000000Z"
    with pytest.raises(Refusal, match="01-009 has not been assigned"):
        vault.reveal("01-009", "dr.wang", "severe bleeding", AT)


@pytest.mark.parametrize("pair", list(combinations(HOLDERS, 2)))
@pytest.mark.parametrize("fresh", [False, True], ids=["running", "restarted"])
def test_any_two_of_three_holders_open(pair, fresh, tmp_path):
    vault = Vault.sqlite(tmp_path / "v", KEY)
    vault.seal(ANNEX, HOLDERS, AT)
    if fresh:
        vault.close()
        vault = Vault.sqlite(tmp_path / "v", KEY)
    assert vault.open(keys(*pair), AT) == ANNEX
    assert vault.log.lines()[-1]["question"] == "open"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        keys("sponsor"),
        HOLDERS,
        {"sponsor": HOLDERS["sponsor"], "stranger": b"s" * 32},
        {"sponsor": HOLDERS["escrow"], "escrow": HOLDERS["sponsor"]},
        {"sponsor": HOLDERS["sponsor"], "escrow": HOLDERS["sponsor"]},
        {"sponsor": HOLDERS["sponsor"], "escrow": b""},
        {"escrow & sponsor": HOLDERS["sponsor"]},
    ],
)
def test_nothing_else_opens_and_the_attempt_is_in_the_log(wrong):
    vault = sealed()
    with pytest.raises(Refusal, match="do not open") as refused:
        vault.open(wrong, AT)
    assert "sirolimus" not in str(refused.value)
    assert vault.log.lines()[-1]["question"] == "open refused"


def test_the_holders_open_without_the_vaults_own_key(tmp_path):
    vault = Vault.sqlite(tmp_path / "v", KEY)
    vault.seal(ANNEX, HOLDERS, AT)
    vault.close()
    other = Vault.sqlite(tmp_path / "v", b"o" * 32)
    with pytest.raises(InputError, match="key does not open this vault"):
        other.assign("01-001", "low", AT)
    assert other.open(keys("statistician", "escrow"), AT) == ANNEX


@pytest.mark.parametrize(
    "holders",
    [
        {},
        keys("sponsor", "escrow"),
        dict.fromkeys(HOLDERS, b"same" * 8),
        {name: name.encode() for name in HOLDERS},
        HOLDERS | {"a & b": b"x" * 32},
    ],
)
def test_fewer_than_three_holders_or_weak_keys_are_refused_and_nothing_is_sealed(holders):
    vault = Vault.memory()
    with pytest.raises(InputError, match="at least three holders"):
        vault.seal(ANNEX, holders, AT)
    assert vault.seal(ANNEX, HOLDERS, AT) == ANNEX.commitment


def test_codes_are_sealed_once():
    vault = sealed()
    with pytest.raises(Refusal, match="already holds"):
        vault.seal(replace(ANNEX, secret="11" * 32), HOLDERS, AT)
    assert vault.open(keys("sponsor", "escrow"), AT) == ANNEX


def test_a_live_annex_in_a_file_opens_with_two_of_three_keys():
    text = seal_annex(replace(ANNEX, mode="live"), HOLDERS, os.urandom)
    assert ANNEX.secret not in text
    assert "sirolimus" not in text
    assert open_annex(text, keys("sponsor", "escrow")) == replace(ANNEX, mode="live")
    with pytest.raises(Refusal):
        open_annex(text, keys("sponsor"))
    record = json.loads(text)
    turned = record["contents"][:-1] + ("0" if record["contents"][-1] != "0" else "1")
    for broken in (
        "",
        "{",
        "[]",
        json.dumps(record | {"format": "x"}),
        json.dumps(record | {"contents": turned}),
    ):
        with pytest.raises(InputError, match="no sealed contents"):
            open_annex(broken, keys("sponsor", "escrow"))


# --- what could unblind ---------------------------------------------------------------------------


def test_no_arm_is_in_the_files_the_log_a_printed_form_or_a_log_record(tmp_path, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    vault = Vault.sqlite(tmp_path / "vault.db", KEY)
    vault.seal(ANNEX, HOLDERS, AT)
    for number in range(40):
        vault.assign(f"01-{number:03}", "low", AT)
    vault.reveal("01-001", "dr.wang", "severe bleeding", AT)
    said = [
        repr(vault),
        repr(vault._contents),
        str(vault.__dict__),
        repr(vault.receipts()),
        str(vault.log.lines()),
    ]
    vault.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    told = " ".join(said) + caplog.text + "".join(capsys.readouterr())
    for secret in ("sirolimus", "placebo", ANNEX.secret, "block_sizes"):
        assert secret not in told
        assert secret.encode() not in files
    assert bytes.fromhex(ANNEX.secret) not in files


def test_the_answers_do_not_depend_on_which_arm_is_which():
    """The arms exchanged in the list, and the same kits holding the other arm: same receipts, same log."""

    class Exchanged(Annex):
        other = {"sirolimus": "placebo", "placebo": "sirolimus"}  # noqa: RUF012

        @property
        def sequences(self):
            real = super().sequences
            return {name: tuple(map(self.other.get, arms)) for name, arms in real.items()}

        @property
        def kit_list(self):
            return tuple((kit, self.other[arm]) for kit, arm in super().kit_list)

    twin = Exchanged(**{name: getattr(ANNEX, name) for name in ANNEX.__dataclass_fields__})
    answers = []
    for annex in (ANNEX, twin):
        vault = sealed(annex)
        for number in range(100):
            vault.assign(f"p{number}", ("low", "high")[number % 2], AT)
        answers.append((vault.receipts(), vault.log.lines()))
        assert vault.reveal("p1", "dr", "r", AT) == annex.sequences["high"][0]
    assert answers[0] == answers[1]
    assert twin.sequences["high"][0] != ANNEX.sequences["high"][0]


def test_a_changed_line_of_the_log_is_found_and_the_tables_refuse_change(tmp_path):
    vault = Vault.sqlite(tmp_path / "v", KEY)
    vault.seal(ANNEX, HOLDERS, AT)
    for number in range(5):
        vault.assign(f"p{number}", "low", AT)
    assert vault.log.broken() is None
    raw = sqlite3.connect(tmp_path / "v", isolation_level=None)
    for table in ("sealed", "wrap", "slot", "log"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid + 100"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)
    raw.execute("DROP TRIGGER log_UPDATE")
    raw.execute("UPDATE log SET line = replace(line, 'p3', 'p9') WHERE seq = 5")
    assert vault.log.broken() == 5
    raw.close()


def test_a_key_of_the_wrong_length_is_refused(tmp_path):
    with pytest.raises(InputError):
        Vault.sqlite(tmp_path / "v", b"short")


# --- killed ---

CHILD = """
import os, signal, sys
from datetime import UTC, datetime
from trialist.vault import Vault

path, point, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
vault = Vault.sqlite(path, b"k" * 32)
vault.assign(f"p{first}", "low", datetime(2026, 3, 30, tzinfo=UTC))

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Wrapped:
    def __init__(self, inner):
        self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
    def execute(self, statement, *parameters):
        if point == "before" and statement.startswith("BEGIN"):
            die()
        done = self.inner.execute(statement, *parameters)
        if point == "slot" and statement.startswith("INSERT INTO slot"):
            die()
        if point == "log" and statement.startswith("INSERT INTO log"):
            die()
        return done
    def commit(self):
        self.inner.commit()
        if point == "committed":
            die()

cursor = Wrapped(vault._cursor)
vault._cursor = vault._log._cursor = cursor
vault._connection = Wrapped(vault._connection)
print("asking", flush=True)
number = first
while True:
    number += 1
    receipt = vault.assign(f"p{number}", "low", datetime(2026, 3, 30, tzinfo=UTC))
    print(receipt.participant, receipt.kit, flush=True)
"""


@pytest.mark.parametrize("point", ["before", "slot", "log", "committed", "any moment"])
def test_killed_at_any_point_slots_used_equal_participants_and_a_retry_gets_the_same_kit(point, tmp_path):
    path = tmp_path / "vault.db"
    length = 4_000 if point == "any moment" else 400  # as many as the longest proof asks for
    annex = replace(ANNEX, length=length, kits=9_000)
    with_vault = Vault.sqlite(path, KEY)
    with_vault.seal(annex, HOLDERS, AT)
    with_vault.close()
    started = 0
    for repeat in range(REPEATS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), point, str(started)], stdout=subprocess.PIPE, text=True
        )
        told = [child.stdout.readline()]
        if point == "any moment":
            told += [child.stdout.readline() for _ in range(1 + 7 * repeat % 20)]
            child.send_signal(signal.SIGKILL)
        told += child.stdout.readlines()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        assert told[0] == "asking\n"
        started = settled(path, annex, told[1:], started, point)


def settled(path: Path, annex: Annex, told: list[str], first: int, point: str) -> int:
    """After the crash what was told is kept and a retry gets the same; answers the next number."""
    vault = Vault.sqlite(path, KEY)
    before = {receipt.participant: receipt for receipt in vault.receipts()}
    for line in told:
        if line.endswith("\n"):
            participant, kit = line.split()
            assert before[participant].kit == kit
    asked = f"p{first + 1 + len([line for line in told if line.endswith(chr(10))])}"
    if point != "any moment":
        assert (asked in before) == (point == "committed")
    retried = vault.assign(asked, "low", AT)
    assert before.get(asked, retried) == retried
    receipts = vault.receipts()
    assert [receipt.ordinal for receipt in receipts] == list(range(1, len(receipts) + 1))
    assert (
        len({receipt.participant for receipt in receipts}) == len({r.kit for r in receipts}) == len(receipts)
    )
    contents = dict(annex.kit_list)
    assert all(contents[r.kit] == annex.sequences["low"][r.ordinal - 1] for r in receipts)
    logged = [line for line in vault.log.lines() if line["question"] == "assign"]
    assert [(line["participant"], line["kit"]) for line in logged] == [
        (r.participant, r.kit) for r in receipts
    ]
    assert vault.log.broken() is None
    vault.close()
    return max(int(participant[1:]) for participant in (r.participant for r in receipts)) + 1
