"""Bringing a live annex into a vault: two keys, this study, once; whatever is refused leaves nothing behind."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from trialist import facade
from trialist.allocation import Annex
from trialist.cli.main import main
from trialist.findings import InputError, Refusal
from trialist.protocol import load
from trialist.vault import Sealing, Vault, open_vault
from trialist.vault.envelope import open_annex, seal_annex

AT = datetime(2026, 3, 30, 1, 40, tzinfo=UTC)
HOLDERS = {name: hashlib.sha256(name.encode()).digest() for name in ("sponsor", "statistician", "escrow")}
SECRET = hashlib.sha256(b"a live one").digest()


@pytest.fixture(scope="module")
def protocol():
    return load("smart").complete()


@pytest.fixture(scope="module")
def annex(protocol) -> Annex:
    return Annex.make(protocol, SECRET, "live")


def keys(*names: str) -> dict[str, bytes]:
    return {name: HOLDERS[name] for name in names}


def sealed_text(annex: Annex) -> str:
    return seal_annex(annex, HOLDERS, lambda n: hashlib.shake_256(b"entropy").digest(n))


def test_two_holders_bring_an_annex_and_every_pair_of_the_three_can_open_it_later(protocol, annex, tmp_path):
    vault = open_vault(tmp_path)
    text = sealed_text(annex)
    assert vault.receive(text, keys("sponsor", "escrow"), protocol, AT) == annex.commitment
    assert vault.sealing == Sealing("SMART", "live", annex.commitment)
    vault.close()
    for file in ("vault.sqlite", "vault.key"):
        assert (tmp_path / file).stat().st_mode & 0o077 == 0, "for the owner alone"
    vault = open_vault(tmp_path)  # after a restart, without the holders
    kit = vault.assign("01-001", "low", AT).kit
    assert dict(annex.kit_list)[kit] == annex.arm("low", 1)
    for pair in (("sponsor", "statistician"), ("statistician", "escrow"), ("escrow", "sponsor")):
        assert vault.open(keys(*pair), AT) == annex
    seal = vault.log.lines()[0]
    assert (seal["question"], seal["holders"], seal["brought_by"]) == (
        "seal", ["escrow", "sponsor", "statistician"], ["escrow", "sponsor"],
    )  # fmt: skip
    assert vault.log.broken() is None


def plain_rehearsal(protocol) -> str:
    return Annex.make(protocol, SECRET, "rehearsal").to_json()


BAD = {
    "one key": (lambda p, a: sealed_text(a), ("sponsor",), "keys_do_not_open"),
    "no key": (lambda p, a: sealed_text(a), (), "keys_do_not_open"),
    "another study": (lambda p, a: sealed_text(replace(a, study="OTHER")), ("sponsor", "escrow"), "other_study"),
    "a rehearsal's, plain": (lambda p, a: plain_rehearsal(p), ("sponsor", "escrow"), "not_live"),
    "a rehearsal's, sealed": (
        lambda p, a: sealed_text(replace(a, mode="rehearsal")), ("sponsor", "escrow"), "not_live",
    ),
    "other strata": (lambda p, a: sealed_text(replace(a, strata=("all",))), ("sponsor", "escrow"), "other_design"),
    "too short": (lambda p, a: sealed_text(replace(a, length=10)), ("sponsor", "escrow"), "other_design"),
    "another ratio": (
        lambda p, a: sealed_text(replace(a, ratio=(("sirolimus", 2), ("placebo", 1)), block_sizes=(6,), kits=300)),
        ("sponsor", "escrow"),
        "other_design",
    ),
    "no annex": (lambda p, a: "{}", ("sponsor", "escrow"), "not_sealed_contents"),
    "not even JSON": (lambda p, a: "\x00", ("sponsor", "escrow"), "not_sealed_contents"),
    "a list": (lambda p, a: "[1]", ("sponsor", "escrow"), "not_sealed_contents"),
    "a live one in the plain": (lambda p, a: a.to_json(), ("sponsor", "escrow"), "not_sealed_contents"),
    "changed contents": (
        lambda p, a: changed(sealed_text(a), "contents"), ("sponsor", "escrow"), "not_sealed_contents",
    ),
    "another commitment": (
        lambda p, a: changed(sealed_text(a), "commitment"), ("sponsor", "escrow"), "not_sealed_contents",
    ),
}  # fmt: skip


def changed(text: str, field: str) -> str:
    record = json.loads(text)
    record[field] = ("0" if record[field][0] != "0" else "1") + record[field][1:]
    return json.dumps(record)


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_this_studys_live_annex_is_refused_in_both_languages_and_nothing_is_kept(
    case, protocol, annex, caplog
):
    make, names, code = BAD[case]
    vault = Vault.memory()
    with caplog.at_level(logging.DEBUG), pytest.raises((Refusal, InputError)) as refused:
        vault.receive(make(protocol, annex), keys(*names), protocol, AT)
    (found,) = refused.value.findings
    assert found.code == code
    assert found.say("en")
    assert any("\u4e00" <= sign <= "\u9fff" for sign in found.say("zh"))
    told = " ".join([caplog.text, found.say("en"), *found.ways("en")])
    assert annex.secret not in told
    assert "placebo" not in told
    assert vault.sealing is None
    assert vault.log.lines() == []


def test_wrong_keys_and_a_second_sealing_change_nothing(protocol, annex):
    vault = Vault.memory()
    text = sealed_text(annex)
    with pytest.raises(Refusal, match="do not open"):
        vault.receive(text, {"sponsor": b"x" * 32, "escrow": HOLDERS["escrow"]}, protocol, AT)
    assert vault.sealing is None
    vault.receive(text, keys("sponsor", "escrow"), protocol, AT)
    other = Annex.make(protocol, hashlib.sha256(b"another").digest(), "live")
    for again in (text, sealed_text(other)):
        with pytest.raises(Refusal, match="already holds"):
            vault.receive(again, keys("sponsor", "escrow"), protocol, AT)
    assert vault.sealing.commitment == annex.commitment
    assert len(vault.log.lines()) == 1


# --- from the command line ---


def say(capsys, *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_an_annex_is_made_brought_by_two_keys_and_not_twice(tmp_path, capsys, monkeypatch):
    file, folder = tmp_path / "annex.sealed", tmp_path / "server"
    _, made, _ = say(capsys, "seal", "smart", "--out", str(file))
    typed = [line.split()[-1] for line in made.splitlines() if line.startswith("key of")]
    bring = ("seal", "smart", "--annex", str(file), "--into", str(folder))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed[0]}\nno key\n{typed[2]}\n"))
    status, out, err = say(capsys, *bring)  # the first two that are typed count
    assert (status, out) == (1, "")
    assert "keys_do_not_open" in err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed[0]}\n\n{typed[2]}\n"))
    status, out, err = say(capsys, *bring)
    assert (status, err) == (0, "")
    assert made.splitlines()[0] == out.splitlines()[0]
    assert not any(key in out for key in typed)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed[0]}\n{typed[1]}\n"))
    status, _, err = say(capsys, *bring, "--language", "zh")
    assert status == 1
    assert "不可更换" in err


@pytest.mark.parametrize(
    "words", [(), ("--into", "x"), ("--annex", "x"), ("--out", "x", "--annex", "y", "--into", "z")]
)
def test_seal_either_makes_or_brings(words, capsys):
    status, out, err = say(capsys, "seal", "smart", *words)
    assert (status, out) == (2, "")
    assert "SEAL-WHICH" in err


def test_the_facade_opens_what_it_sealed(tmp_path):
    lines = facade.load("smart").seal(tmp_path / "a", rehearsal=False)
    opened = {line[7:].rsplit(maxsplit=1)[0]: bytes.fromhex(line.split()[-1]) for line in lines[1:]}
    opened.pop("escrow")
    assert open_annex((tmp_path / "a").read_text(), opened).commitment == lines[0].split()[1]
