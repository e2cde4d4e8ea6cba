"""The closed report asks the vault: one declared cut, one named person, before the lock, and the log keeps it."""

import json
from datetime import UTC, date, datetime

import pytest
from snapshot_cast import smart

from trialist import facade
from trialist.allocation import Annex
from trialist.cli.main import main
from trialist.findings import InputError, Refusal
from trialist.ledger import export
from trialist.protocol.model import DataCut, Text
from trialist.vault import Vault, open_vault

AT = datetime(2026, 11, 1, tzinfo=UTC)
HOLDERS = {
    name: bytes([turn]) * 32 for turn, name in enumerate(("sponsor", "unblinded-statistician", "escrow"))
}
WHO = "unblinded-statistician"


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A rehearsal that stopped before its lock: the study's folder, its ledger, its vault, its arms."""
    from trialist.rehearsal import rehearse

    folder = tmp_path_factory.mktemp("study")
    vault = open_vault(folder)
    annex = Annex.make(smart(), bytes(range(32)), "rehearsal")
    vault.seal(annex, HOLDERS, AT)
    done = rehearse(
        smart(), 7, participants=13, until=date(2026, 10, 1), vault=vault, contents=dict(annex.kit_list),
        commitment=annex.commitment,
    )  # fmt: skip
    ledger = folder / "ledger.jsonl"
    export(done.ledger, ledger)
    (folder / "annex.json").write_text(annex.to_json(), encoding="utf-8")
    vault.close()
    return folder


def ask(trial, out, *more, cut="first_ten", by=WHO):
    words = ["analyze", "smart", "--ledger", str(trial / "ledger.jsonl"), "--board", cut, "--out", str(out)]
    return main([*words, "--vault", str(trial), "--by", by, *more])


def log(trial):
    vault = open_vault(trial)
    assert vault.log.broken() is None
    lines = vault.log.lines()
    vault.close()
    return [line for line in lines if line["question"] == "report"]


def test_the_vault_tells_what_the_annex_tells_and_its_log_keeps_who_asked(trial, tmp_path):
    before = len(log(trial))
    assert ask(trial, tmp_path / "asked") == 0
    words = ["analyze", "smart", "--ledger", str(trial / "ledger.jsonl"), "--board", "first_ten"]
    assert main([*words, "--annex", str(trial / "annex.json"), "--out", str(tmp_path / "offline")]) == 0
    for name in (
        "closed/board.json",
        "closed/report.html",
        "open/report.html",
        "closed/snapshot/participants.csv",
    ):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("asked", "offline"))
        assert one == two, name
    lines = log(trial)
    board = json.loads((tmp_path / "asked/closed/board.json").read_text(encoding="utf-8"))
    assert len(lines) == before + 1
    asked = {key: lines[-1][key] for key in ("cut", "head", "to", "participants")}
    randomized = sum(arm["allocated"] for arm in board["consort"]["arms"].values())
    assert asked == {
        "cut": "first_ten",
        "head": board["snapshot"]["head"],
        "to": WHO,
        "participants": randomized,
    }
    assert not {"sirolimus", "placebo"} & set(json.dumps(lines[-1]).split('"'))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "data-manager"}, "names unblinded-statistician"),
        ({"by": "somebody"}, "is not named as unblinded statistician"),
        ({"cut": "2026-01-01"}, "is no data cut of the study file"),
        ({"cut": "half"}, "does not reach the data cut half"),
    ],
)
def test_anybody_else_and_any_other_cut_is_refused_and_the_vault_is_not_asked(
    options, said, trial, tmp_path, capsys
):
    before = len(log(trial))
    assert ask(trial, tmp_path / "out", **options) in (1, 2)
    assert said in capsys.readouterr().err
    assert len(log(trial)) == before
    assert not (tmp_path / "out").exists()


def test_another_key_another_vault_and_none_are_refused(trial, tmp_path, capsys):
    (tmp_path / "stolen").mkdir()
    for name in ("vault.sqlite", "ledger.jsonl"):
        (tmp_path / "stolen" / name).write_bytes((trial / name).read_bytes())
    (tmp_path / "stolen/vault.key").write_text("ab" * 32 + "\n", encoding="ascii")
    study, out = facade.load("smart"), tmp_path / "out"
    for folder, kind, said in (
        (tmp_path / "stolen", InputError, "The vault's key does not open this vault."),
        (tmp_path / "nowhere", InputError, "No vault lies in this folder."),
        (empty(tmp_path / "other"), Refusal, "does not hold the list that the ledger names"),
    ):
        with pytest.raises(kind) as refused:
            study.board(out, ledger=trial / "ledger.jsonl", cut="first_ten", vault=folder, by=WHO)
        assert said in refused.value.findings[0].words
        assert refused.value.findings[0].words_zh
    assert not out.exists()


def empty(folder):
    vault = open_vault(folder)
    vault.seal(Annex.make(smart(), bytes(32), "rehearsal"), HOLDERS, AT)
    vault.close()
    return folder


def test_after_the_lock_and_after_an_opening_the_vault_tells_nothing_by_this_door(trial, tmp_path):
    from trialist.analysis.cuts import check_asker
    from trialist.ledger import read

    events = read(trial / "ledger.jsonl").events
    locked = events[-1]._replace(seq=events[-1].seq + 1, stream="study", kind="study locked", payload={})
    check_asker(events, WHO, date(2026, 11, 1))
    with pytest.raises(Refusal, match="locked in this ledger"):
        check_asker((*events, locked), WHO, date(2026, 11, 1))
    with pytest.raises(Refusal, match="not named"):
        check_asker(events, WHO, date(2020, 1, 1))  # before the appointment

    vault = Vault.memory()
    vault.seal(Annex.make(smart(), bytes(32), "rehearsal"), HOLDERS, AT)
    vault.assign("01-001", "high", AT)
    told = vault.report(["01-001"], cut="half", head="1:a", to=WHO, at=AT)
    assert told == {"01-001": vault.reveal("01-001", WHO, "to compare", AT)}
    with pytest.raises(Refusal, match="has not been assigned"):
        vault.report(["01-002"], cut="half", head="1:a", to=WHO, at=AT)
    vault.open({name: HOLDERS[name] for name in ("sponsor", "escrow")}, AT)
    with pytest.raises(Refusal, match="belongs to the time before"):
        vault.report(["01-001"], cut="half", head="1:a", to=WHO, at=AT)
    assert [line["question"] for line in vault.log.lines()].count("report") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--vault", "x"],
        ["--board", "half", "--by", WHO],
        ["--board", "half", "--vault", "x", "--by", WHO, "--annex", "y"],
    ],
)
def test_words_that_do_not_go_together_are_refused(words, tmp_path, capsys):
    assert main(["analyze", "smart", "--ledger", "l", "--out", str(tmp_path / "o"), *words]) == 2
    assert "--board CUT --vault DIR --by PERSON" in capsys.readouterr().err


def test_a_cut_by_day_reaches_to_its_end(trial):
    from trialist.analysis.cuts import moment_of
    from trialist.ledger import read

    cut = DataCut(label=Text(en="A day"), by="day", day=date(2026, 1, 1), purpose=Text(en="To look"))
    protocol = smart().model_copy(update={"data_cuts": {"spring": cut}})
    _, at = moment_of(protocol, "spring", read(trial / "ledger.jsonl").events)
    assert at.date() == date(2026, 1, 1)
