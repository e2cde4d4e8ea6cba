"""Exported ledgers: exact bytes out and in, one clear line for what is none, what a blinded copy proves."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from trialist.allocation import Annex
from trialist.conduct.commands import Fact, Sealed
from trialist.findings import InputError, Refusal
from trialist.ledger import GENESIS, Head, Ledger, export, import_, read, verify

START = datetime(2026, 3, 1, tzinfo=UTC)
ANNEX = Annex(
    study="SMART",
    mode="rehearsal",
    generator="sha256-counter/1",
    secret=hashlib.sha256(b"file").hexdigest(),
    ratio=(("sirolimus", 1), ("placebo", 1)),
    block_sizes=(4, 6),
    strata=("low", "high"),
    length=8,
    kits=20,
)


def small(mode: str = "rehearsal", *, opened: bool = True) -> Ledger:
    """Five acts a day apart; the last is the opening."""
    ledger = Ledger.memory()
    kits = [next(kit for kit, arm in ANNEX.kit_list if arm == ANNEX.arm(s, 1)) for s in ("low", "high")]
    if kits[0] == kits[1]:
        kits[1] = [kit for kit, arm in ANNEX.kit_list if arm == ANNEX.arm("high", 1)][1]
    acts = [
        ("study", "study opened", {"study": "SMART", "mode": mode}),
        ("study", "protocol activated", {"hash": "7" * 64, "version": "1", "text": "{}"}),
        ("study", "allocation sealed", {"commitment": ANNEX.commitment, "generator": ANNEX.generator}),
        ("participant/01-001", "randomized", {"stratum": "low", "ordinal": 1, "kit": kits[0]}),
        (
            "participant/01-002",
            "randomized",
            {"stratum": "high", "ordinal": 1, "kit": kits[1], "by": Sealed("李")},
        ),
        ("study", "allocation opened", {"keys": ["a", "b"], "commitment": ANNEX.commitment}),
    ]
    for day, (stream, kind, payload) in enumerate(acts if opened else acts[:-1]):
        ledger.append(
            [Fact(stream, kind, payload)],
            command=str(day),
            actor="li.na",
            role="coordinator",
            at=START + timedelta(days=day),
            protocol="7" * 64,
            expected={},
            salts=lambda: os.urandom(16),
        )
    return ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    export(small(), tmp_path / "ledger.jsonl")
    return tmp_path / "ledger.jsonl"


# --- out and in ---


def test_an_export_holds_the_lines_the_disclosures_and_how_it_ends(path):
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    records = [json.loads(line) for line in text.splitlines()]
    assert [record["seq"] for record in records[:6]] == [1, 2, 3, 4, 5, 6]
    assert records[6]["disclosure"].keys() == {"commitment", "salt", "value"}
    disclosed = text.splitlines(keepends=True)[6]
    assert records[7] == {
        "head": {"seq": 6, "hash": hashlib.sha256(text.splitlines()[5].encode()).hexdigest()},
        "events": 6,
        "disclosures": 1,
        "disclosures_hash": hashlib.sha256(disclosed.encode()).hexdigest(),
        "study": "SMART-SIM",
    }
    assert len(records) == 8


def test_only_what_is_simulated_says_so(tmp_path):
    export(small("production"), tmp_path / "l")
    assert json.loads((tmp_path / "l").read_text().splitlines()[-1])["study"] == "SMART"


def test_an_export_never_overwrites_and_goes_to_an_open_file_too(path):
    with pytest.raises(FileExistsError):
        export(small(), path)
    ledger, file = small(), StringIO()
    assert export(ledger, file) == ledger.head()
    assert file.getvalue().count("\n") == 8


def test_an_import_gives_the_same_bytes_again(path, tmp_path):
    ledger = Ledger.sqlite(tmp_path / "new.db")
    assert import_(path, ledger) == read(path).head()
    export(ledger, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == path.read_bytes()
    assert [ledger.disclosed(event) for event in ledger.events()] == [
        read(path).disclosed(event) for event in read(path).events
    ]
    with pytest.raises(InputError, match="already holds 6 events"):
        import_(path, ledger)


def test_an_imported_ledger_goes_on(path):
    ledger = Ledger.memory()
    import_(path, ledger)
    (event,) = ledger.append(
        [Fact("study", "study locked", {})],
        command="new",
        actor="a",
        role="r",
        at=START,
        protocol="",
        expected={"study": 4},
        salts=lambda: b"",
    )
    assert (event.seq, event.version) == (7, 5)


def test_a_file_read_says_what_the_ledger_says(path):
    held = read(path)
    assert (held.study, held.mode, held.protocol) == ("SMART", "rehearsal", "7" * 64)
    assert held.head() == Head(held.events[-1].seq, held.events[-1].hash)
    assert held.disclosed(held.events[4])["by"] == "李"


def test_a_blinded_copy_and_one_after_an_erasure_verify_in_full(tmp_path):
    ledger = small()
    head = export(ledger, tmp_path / "blinded", disclosures=False)
    assert "李" not in (tmp_path / "blinded").read_text(encoding="utf-8")
    ledger._cursor.execute("DELETE FROM disclosure")
    export(ledger, tmp_path / "erased")
    assert (tmp_path / "erased").read_bytes() == (tmp_path / "blinded").read_bytes()
    answer = verify(tmp_path / "erased", annex=ANNEX, head=str(head))
    assert answer.ok
    assert answer.allocations == 2


def test_an_empty_ledger_can_be_exported_and_read(tmp_path):
    export(Ledger.memory(), tmp_path / "l")
    held = read(tmp_path / "l")
    assert (held.events, held.head(), held.protocol) == ((), Head(0, GENESIS), "")


# --- arms ---


def test_arms_are_known_once_the_blind_is_opened_and_not_before(path, tmp_path):
    arms = {"01-001": ANNEX.sequences["low"][0], "01-002": ANNEX.sequences["high"][0]}
    assert read(path).arms(ANNEX) == arms
    assert read(path).arms(ANNEX, as_of=START + timedelta(days=4)) is None
    assert read(path).arms(ANNEX, as_of=START + timedelta(days=5)) == arms
    export(small(opened=False), tmp_path / "closed")
    assert read(tmp_path / "closed").arms(ANNEX) is None
    ANNEX.write(tmp_path / "annex.json")
    assert read(path).arms(tmp_path / "annex.json") == arms


def test_another_annex_gives_no_arms(path):
    other = Annex(**{name: getattr(ANNEX, name) for name in ANNEX.__dataclass_fields__} | {"length": 9})
    with pytest.raises(InputError, match="not the one that the ledger committed to"):
        read(path).arms(other)


# --- verify ---


def test_verify_says_the_count_and_the_head_in_both_languages(path):
    answer = verify(path, annex=ANNEX, head=str(read(path).head()))
    assert answer.ok
    assert answer.say() == (
        f"SMART-SIM: 6 events, chain intact and complete; head {answer.head}; it extends head {answer.head}; "
        "2 allocations re-derived from the annex."
    )
    assert "6 个事件，链完整" in answer.say("zh")
    record = answer.as_json("zh")
    assert (record["ok"], record["events"], record["allocations"], record["findings"]) == (True, 6, 2, [])


def test_a_broken_chain_is_an_answer_of_verify_and_a_refusal_of_read(path):
    path.write_text(path.read_text(encoding="utf-8").replace("li.na", "li.no", 1), encoding="utf-8")
    answer = verify(path)
    assert not answer.ok
    assert answer.say() == answer.findings[0].words
    assert answer.as_json("zh")["findings"][0]["words"] == answer.findings[0].words_zh
    with pytest.raises(Refusal, match="Event 2 does not continue event 1") as refused:
        read(path)
    assert refused.value.findings[0].place() == f"{path}:2"


@pytest.mark.parametrize(
    "head", ["", "x", "12", "6:abc", "0" * 63, "0" * 65, "-1:" + "0" * 64, "٦:" + "0" * 64]
)
def test_what_is_no_head_is_refused_in_one_line(path, head):
    with pytest.raises(InputError, match="is no head of a ledger"):
        verify(path, head=head)


def test_a_head_may_be_typed_in_capitals_with_spaces_around(path):
    assert verify(path, head=f" {str(read(path).head()).upper()}\n").ok


def test_with_a_broken_chain_the_head_is_not_blamed(path):
    head = str(read(path).head())
    path.write_bytes(path.read_bytes()[:-10])
    assert verify(path, head=head).findings[0].code == "broken_tail"


# --- what is no ledger ---

NO_LEDGER = {
    "empty": b"",
    "newline": b"\n",
    "words": b"hello\n",
    "bytes": bytes(range(256)),
    "json": b'{"a":1}\n',
    "list": b"[]\n",
    "deep": b"[" * 200_000 + b"\n",
    "zip": b"PK\x03\x04" + bytes(1000),
    "csv": b"participant,site\n01-001,01\n",
    "annex": ANNEX.to_json().encode() + b"\n",
}


@pytest.mark.parametrize("data", NO_LEDGER.values(), ids=NO_LEDGER.keys())
@pytest.mark.parametrize("ask", [read, verify, lambda path: import_(path, Ledger.memory())])
def test_a_file_that_is_no_ledger_is_one_clear_line(tmp_path, data, ask):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        ask(path)
    (found,) = refused.value.findings
    assert found.code in {"not_a_ledger", "ledger_empty"}
    assert "\n" not in found.words
    assert found.words_zh
    assert found.file == str(path)
    assert found.ways_out


def test_a_missing_file_and_a_folder_are_one_clear_line(tmp_path):
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path, "directory")):
        with pytest.raises(InputError, match=why):
            verify(path)


def test_a_huge_file_is_refused_at_once_and_never_read_whole(tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 36)  # 64 GiB that take no room
    with pytest.raises(InputError, match="not an exported ledger"):
        verify(path)


# --- lines that fit in bytes but not in meaning: the forger made every hash right ---


def forged(path: Path, number: int, change: dict[str, object]) -> str:
    """Change one event, make the rest fit, and answer what verify finds."""
    lines, prev = path.read_text(encoding="utf-8").splitlines(), GENESIS
    records = [json.loads(line) for line in lines[:6]]
    records[number - 1] |= change
    out = []
    for record in records:
        record["prev"] = prev
        out.append(json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
        prev = hashlib.sha256(out[-1].encode()).hexdigest()
    end = json.loads(lines[-1]) | {"head": {"seq": 6, "hash": prev}}
    out += [lines[6], json.dumps(end, sort_keys=True, separators=(",", ":"))]
    path.write_text("\n".join(out) + "\n", encoding="utf-8")
    answer = verify(path)
    return answer.findings[0].code if answer.findings else "intact"


@pytest.mark.parametrize(
    ("number", "change", "code"),
    [
        (4, {}, "intact"),
        (4, {"version": 2}, "broken_stream"),
        (4, {"stream": "study"}, "broken_stream"),
        (4, {"command": "0"}, "broken_command"),
        (4, {"part": 2}, "broken_command"),
        (4, {"part": 0}, "broken_command"),
        (4, {"seq": 5}, "broken_seq"),
        (4, {"seq": "4"}, "broken_fields"),
        (4, {"seq": True}, "broken_fields"),
        (4, {"schema": None}, "broken_fields"),
        (4, {"at": "2026-03-04T00:00:00Z"}, "broken_fields"),
        (4, {"at": "2026-03-04T08:00:00.000000+08:00"}, "broken_fields"),
        (4, {"at": "2026-02-30T00:00:00.000000Z"}, "broken_fields"),
        (4, {"payload": []}, "broken_fields"),
        (4, {"signature": "x"}, "broken_fields"),
        (4, {"reason": 1}, "broken_fields"),
        (4, {"extra": "x"}, "broken_fields"),
        (4, {"payload": {"x": 1.5}}, "broken_text"),
        (4, {"payload": {"x": float("nan")}}, "broken_text"),
        (5, {"payload": {}}, "broken_foreign"),
        (1, {"kind": "site opened"}, "broken_start"),
        (1, {"payload": {"study": "SMART"}}, "broken_start"),
        (1, {"payload": {"study": "OTHER", "mode": "rehearsal"}}, "broken_end"),
        (1, {"payload": {"study": "SMART", "mode": "production"}}, "broken_end"),
    ],
)
def test_an_event_that_breaks_a_rule_is_found_though_every_hash_fits(path, number, change, code):
    assert forged(path, number, change) == code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"value":"李"', '"value":"王"'),
        ('"salt":"', '"salt":"00'),
        ('"salt":"', '"salt":"zz'),
        ('"value":"李"', '"value":1'),
    ],
)
def test_a_disclosure_that_does_not_open_its_commitment_is_found(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert verify(path).findings[0].code == "broken_disclosure"


def test_lines_after_the_last_and_events_after_disclosures_are_found(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    for order in ([*lines, lines[-1]], [*lines, ""], [*lines[:5], lines[6], lines[5], lines[7]]):
        path.write_text("\n".join(order) + "\n", encoding="utf-8")
        assert verify(path).findings[0].code in {"broken_order", "broken_text"}


def fitting(lines: list[str]) -> str:
    """The last line that fits the lines before it, however they are written."""
    events = [line for line in lines if '"seq"' in line]
    disclosed = [line for line in lines if '"seq"' not in line]
    end = {
        "head": {"seq": len(events), "hash": hashlib.sha256(events[-1].encode()).hexdigest()},
        "events": len(events),
        "disclosures": len(disclosed),
        "disclosures_hash": hashlib.sha256("".join(line + "\n" for line in disclosed).encode()).hexdigest(),
        "study": "SMART-SIM",
    }
    return json.dumps(end, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("number", "old", "new", "code"),
    [
        (5, '"kind":', '"kind": ', "broken_form"),
        (5, '"actor":"li.na",', '"actor":"x","actor":"li.na",', "broken_form"),
        (5, "li.na", "li\\u002ena", "broken_form"),
        (5, '"part":1', '"part":1E0', "broken_text"),
        (5, '"part":1', '"part":' + "1" * 5000, "broken_text"),
        (5, "li.na", "\\ud800", "broken_form"),
        (6, '"salt":', '"salt": ', "broken_form"),
    ],
)
def test_a_line_in_another_form_is_found_though_every_hash_fits(path, number, old, new, code):
    lines = path.read_text(encoding="utf-8").splitlines()[:-1]
    lines[number] = lines[number].replace(old, new)
    path.write_text("\n".join([*lines, fitting(lines)]) + "\n", encoding="utf-8")
    assert verify(path).findings[0].code == code


def test_a_disclosure_doubled_is_found_though_the_last_line_fits(path):
    lines = path.read_text(encoding="utf-8").splitlines()[:-1]
    for kept, code in ((lines, None), ([*lines, lines[6]], "broken_order")):
        path.write_text("\n".join([*kept, fitting(kept)]) + "\n", encoding="utf-8")
        assert [found.code for found in verify(path).findings] == ([code] if code else [])
