"""A ledger of about 200 events, damaged in every way: the verifier catches every one.

Trying every byte through whole files would read gigabytes. `verify` is a fold over lines (`Chain.feed`), so a
damaged file is caught exactly where the fold, gone up to the damage, refuses what follows. One test shows on
a sample that the two are the same thing; the exhaustive ones go by the fold.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import chain, combinations, islice
from pathlib import Path

import pytest

from trialist.allocation import Annex
from trialist.conduct.commands import Fact, Sealed
from trialist.findings import InputError
from trialist.ledger import Ledger, export, verify
from trialist.ledger.chain import Broken, Chain
from trialist.vault import Vault

START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = [f"{site:02}-{number:03}" for site in (1, 2) for number in range(1, 13)]
ANNEX = Annex(
    study="SMART",
    mode="rehearsal",
    generator="sha256-counter/1",
    secret=hashlib.sha256(b"chain").hexdigest(),
    ratio=(("sirolimus", 1), ("placebo", 1)),
    block_sizes=(4, 6),
    strata=("low", "high"),
    length=24,
    kits=40,
)


def acts(annex: Annex) -> Iterator[tuple[str, Sequence[Fact]]]:
    """What happens in a small study, as (command, facts)."""
    vault = Vault.memory()
    commitment = vault.seal(annex, {name: name.encode() * 32 for name in "abc"}, START)
    yield "open", [Fact("study", "study opened", {"study": annex.study, "mode": annex.mode})]
    yield "seal", [Fact("study", "allocation sealed", {"commitment": commitment, "generator": "g"})]
    for place, person in enumerate(PEOPLE):
        stream, stratum = f"participant/{person}", ("low", "high")[place % 3 == 0]
        yield (
            f"{person} in",
            [Fact(stream, "consented", {"site": person[:2], "previous": None}, site=person[:2])],
        )
        for visit in ("SCR", "D0"):
            entry = {"value": f"{30 + place}", "unit": "10*9/L"}
            yield (
                f"{person} {visit}",
                [Fact(stream, "form saved", {"visit": visit, "items": {"platelets": entry}})],
            )
        asked = {"item": "platelets", "text": Sealed(f"请核对 {place}")}
        yield (
            f"{person} ask",
            [Fact(stream, "query opened", asked), Fact(stream, "query closed", {"n": place})],
        )
        yield f"{person} r?", [Fact(stream, "randomization requested", {"stratum": stratum})]
        receipt = vault.assign(person, stratum, START)
        answer = {"stratum": stratum, "ordinal": receipt.ordinal, "kit": receipt.kit}
        yield f"{person} r!", [Fact(stream, "randomized", answer, by_system=True)]
        yield f"{person} kit", [Fact(stream, "kit dispensed", {"kit": receipt.kit, "packs": 1})]


def written(every: Iterator[tuple[str, Sequence[Fact]]], salt: str = "") -> bytes:
    """The exported file of a ledger that holds these acts."""
    ledger, random_source = Ledger.memory(), random.Random(salt)
    for minute, (command, facts) in enumerate(every):
        ledger.append(
            facts,
            command=command,
            actor="li.na",
            role="coordinator",
            at=START + timedelta(minutes=minute),
            protocol="5" * 64,
            expected={},
            salts=lambda: random_source.randbytes(16),
        )
    file = StringIO()
    export(ledger, file)
    return file.getvalue().encode()


@pytest.fixture(scope="module")
def whole() -> bytes:
    """The intact file."""
    return written(acts(ANNEX))


@pytest.fixture(scope="module")
def lines(whole: bytes) -> list[bytes]:
    """Its lines, without their newlines."""
    return whole.split(b"\n")[:-1]


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> int:
    """How many of the lines are events; they come first."""
    return sum(b'"seq":' in line and b'"prev":' in line for line in lines)


@pytest.fixture(scope="module")
def stages(lines: list[bytes]) -> list[Chain]:
    """The fold before each line, and at the end."""
    fold = Chain()
    stages = [fork(fold)]
    for line in lines:
        fold.feed(line)
        stages.append(fork(fold))
    assert fold.ended
    return stages


def fork(fold: Chain) -> Chain:
    """The same state, to go on from without touching the first."""
    twin = Chain.__new__(Chain)
    twin.__dict__.update(
        {name: value.copy() if hasattr(value, "copy") else value for name, value in fold.__dict__.items()}
    )
    return twin


def caught(before: Chain, rest: Iterable[bytes]) -> bool:
    """Whether the fold refuses what follows."""
    fold = fork(before)
    try:
        for line in rest:
            fold.feed(line)
    except Broken:
        return True
    return not fold.ended


def verdict(data: bytes, path: Path, **options: object) -> str:
    """What the real verifier says about a file of these bytes: `intact`, or the code of what it found."""
    path.write_bytes(data)
    try:
        answer = verify(path, **options)
    except InputError as error:
        return error.findings[0].code
    assert answer.ok == (not answer.findings)
    return answer.findings[0].code if answer.findings else "intact"


def rechained(lines: Sequence[bytes]) -> bytes:
    """What a forger writes: numbers, versions, hashes and last line made to fit, without the product."""
    prev, versions, records, disclosed, kept = "0" * 64, {}, [], [], set()
    for line in lines:
        record = json.loads(line)
        if "seq" not in record:
            disclosed += [line] if "disclosure" in record else []
            continue
        versions[record["stream"]] = versions.get(record["stream"], 0) + 1
        record |= {"seq": len(records) + 1, "version": versions[record["stream"]], "prev": prev}
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        prev = hashlib.sha256(text.encode()).hexdigest()
        records.append(text.encode())
        kept.add(text)
    disclosed = [
        line for line in disclosed if any(json.loads(line)["disclosure"]["commitment"] in t for t in kept)
    ]
    end = {
        "head": {"seq": len(records), "hash": prev},
        "events": len(records),
        "disclosures": len(disclosed),
        "disclosures_hash": hashlib.sha256(b"".join(line + b"\n" for line in disclosed)).hexdigest(),
        "study": "SMART-SIM",
    }
    tail = json.dumps(end, sort_keys=True, separators=(",", ":")).encode()
    return b"".join(line + b"\n" for line in [*records, *disclosed, tail])


def head_of(data: bytes) -> str:
    head = json.loads(data.split(b"\n")[-2])["head"]
    return f"{head['seq']}:{head['hash']}"


def test_the_intact_ledger_of_about_200_events_is_intact(whole, events, tmp_path):
    assert 190 <= events <= 230
    assert verdict(whole, tmp_path / "l", annex=ANNEX, head=head_of(whole)) == "intact"


def test_the_fold_and_the_verifier_agree_on_a_sample_of_damage(whole, lines, stages, tmp_path):
    random_source = random.Random(1)
    for _ in range(60):
        place = random_source.randrange(len(whole))
        damaged = whole[:place] + bytes([whole[place] ^ random_source.randrange(1, 256)]) + whole[place + 1 :]
        assert verdict(damaged, tmp_path / "l") != "intact"
        number = whole.count(b"\n", 0, place)
        assert caught(stages[number], damaged.split(b"\n")[number:])


def test_every_byte_of_the_file_changed_is_caught(lines, stages, whole, tmp_path):
    """Every position, two substitutions each: one bit turned, and another digit that may well fit."""
    for number, line in enumerate(lines):
        before = stages[number]
        for place, old in enumerate(line):
            for new in (old ^ 1, 0x30 if old != 0x30 else 0x31):
                changed = line[:place] + bytes([new]) + line[place + 1 :]
                assert caught(before, chain(changed.split(b"\n"), islice(lines, number + 1, None)))
        if number + 1 < len(lines):  # its newline
            for new in (b"\x0b", b"0"):
                assert caught(
                    before, chain([line + new + lines[number + 1]], islice(lines, number + 2, None))
                )
    for new in (b"\x0b", b"0"):
        assert verdict(whole[:-1] + new, tmp_path / "l") == "broken_tail"


def test_every_line_dropped_is_caught_the_last_ones_too(lines, stages):
    for number in range(len(lines)):
        assert caught(stages[number], islice(lines, number + 1, None))


def test_every_line_doubled_is_caught_at_once_or_anywhere_later(lines, stages):
    for number, line in enumerate(lines):
        for place in {number + 1, min(number + 7, len(lines)), len(lines)}:
            assert caught(stages[place], chain([line], islice(lines, place, None)))


def test_every_event_inserted_anywhere_is_caught(lines, events, stages):
    """A forged event with the right number and link, before each line."""
    for place in range(len(lines)):
        record = json.loads(lines[min(place, events - 1)])
        record |= {
            "seq": stages[place].head.seq + 1,
            "prev": stages[place].head.hash,
            "actor": "somebody.else",
        }
        forged = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert caught(stages[place], chain([forged], islice(lines, place, None)))


def test_any_two_lines_swapped_is_caught(lines, stages):
    for first, second in combinations(range(len(lines)), 2):
        between = islice(lines, first + 1, second)
        rest = chain([lines[second]], between, [lines[first]], islice(lines, second + 1, None))
        assert caught(stages[first], rest)


def test_a_tail_cut_at_any_line_or_any_byte_of_the_end_is_caught(whole, lines, stages, tmp_path):
    for number in range(len(lines)):
        assert not stages[number].ended
    ends = [place + 1 for place, byte in enumerate(whole) if byte == 0x0A][:-1]
    for length in [*ends[::10], *range(len(whole) - 40, len(whole))]:
        assert verdict(whole[:length], tmp_path / "l") in {"broken_tail", "broken_text"}


def test_one_participant_removed_is_caught(lines, stages):
    for person in PEOPLE:
        stream = f'"stream":"participant/{person}"'.encode()
        assert caught(stages[0], [line for line in lines if stream not in line])


def test_another_studys_events_spliced_in_are_caught(lines, events, stages):
    other = written(acts(replace(ANNEX, study="OTHER"))).split(b"\n")
    for number in range(events):
        assert other[number] != lines[number]
        assert caught(stages[number], chain([other[number]], islice(lines, number + 1, None)))
        if number:
            assert caught(stages[number], islice(other, number, len(other) - 1))


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(
            lambda lines: [line for line in lines if b"participant/01-005" not in line], id="one removed"
        ),
        pytest.param(lambda lines: lines[:100] + lines[101:], id="one event dropped"),
        pytest.param(lambda lines: lines[:-150], id="the tail cut"),
        pytest.param(
            lambda lines: [line.replace(b'"value":"41"', b'"value":"14"') for line in lines], id="a value"
        ),
        pytest.param(lambda lines: [*lines[:50], lines[51], lines[50], *lines[52:]], id="two swapped"),
        pytest.param(
            lambda lines: [line.replace(b"li.na", b"li.no") for line in lines], id="everything rewritten"
        ),
    ],
)
def test_a_chain_recomputed_whole_is_caught_by_a_head_kept_elsewhere(whole, lines, tmp_path, forge):
    forged = rechained(forge(lines))
    assert forged != whole
    assert verdict(forged, tmp_path / "l") == "intact", "whoever holds the chain alone can forge it"
    assert verdict(forged, tmp_path / "l", head=head_of(whole)) == "broken_head"
    assert verdict(forged, tmp_path / "l", head=head_of(whole).split(":")[1]) == "broken_head"


def test_a_head_of_any_earlier_moment_is_extended_by_the_whole(whole, events, stages, tmp_path):
    path = tmp_path / "l"
    for number in (1, 2, 77, events):
        head = stages[number].head
        assert verdict(whole, path, head=str(head)) == "intact"
        assert verdict(whole, path, head=head.hash) == "intact"
        assert verdict(whole, path, head=f"{head.seq + 1}:{head.hash}") == "broken_head"


def on(kind: str, number: int, **change: object) -> Callable[[Sequence[bytes]], list[bytes]]:
    """A forger who changes the payload of the `number`-th event of a kind."""

    def forge(lines: Sequence[bytes]) -> list[bytes]:
        places = [place for place, line in enumerate(lines) if f'"kind":"{kind}"'.encode() in line]
        record = json.loads(lines[places[number]])
        record["payload"] |= change
        return [*lines[: places[number]], json.dumps(record).encode(), *lines[places[number] + 1 :]]

    return forge


def kit_of(arm: str, *, unused: bool) -> str:
    kits = [kit for kit, content in ANNEX.kit_list if content == arm]
    return kits[-1 if unused else 0]


def exchanged_kits(lines: Sequence[bytes]) -> list[bytes]:
    """The kits of two participants with different arms, exchanged everywhere."""
    first, second = kit_of("sirolimus", unused=False).encode(), kit_of("placebo", unused=False).encode()
    swap = {first: second, second: first}
    pattern = re.compile(b'(?<="kit":")(' + first + b"|" + second + b')(?=")')
    return [pattern.sub(lambda found: swap[found[1]], line) for line in lines]


def without_commitment(lines: Sequence[bytes]) -> list[bytes]:
    return [line for line in lines if b'"kind":"allocation sealed"' not in line]


def commitment_last(lines: Sequence[bytes]) -> list[bytes]:
    kept = without_commitment(lines)
    return [*kept[:60], lines[1], *kept[60:]]


@pytest.mark.parametrize(
    ("forge", "found"),
    [
        (on("allocation sealed", 0, commitment="0" * 64), "other_annex"),
        (on("randomized", 3, kit="999999"), "wrong_kit"),
        (exchanged_kits, "wrong_kit"),
        (on("randomized", 5, ordinal=30), "unlisted_slot"),
        (on("randomized", 5, ordinal=0), "unlisted_slot"),
        (on("randomized", 5, ordinal="3"), "unlisted_slot"),
        (on("randomized", 5, stratum="middle"), "unlisted_slot"),
        (on("randomized", 2, ordinal=1), "unlisted_slot"),
        (without_commitment, "late_commitment"),
        (commitment_last, "late_commitment"),
    ],
)
def test_a_chain_recomputed_with_another_allocation_is_caught_by_the_annex(lines, tmp_path, forge, found):
    forged = rechained(forge(lines))
    assert verdict(forged, tmp_path / "l") == "intact"
    assert verdict(forged, tmp_path / "l", annex=ANNEX) == found


def test_a_kit_given_twice_and_a_second_randomization_are_caught(lines, tmp_path):
    places = [place for place, line in enumerate(lines) if b'"kind":"randomized"' in line]
    kit = json.loads(lines[places[1]])["payload"]["kit"]
    assert verdict(rechained(on("randomized", 2, kit=kit)(lines)), tmp_path / "l", annex=ANNEX) == "kit_twice"
    record = json.loads(lines[places[2]])
    record |= {"stream": json.loads(lines[places[1]])["stream"], "command": "again"}
    twice = [*lines[: places[2]], json.dumps(record).encode(), *lines[places[2] + 1 :]]
    assert verdict(rechained(twice), tmp_path / "l", annex=ANNEX) == "randomized_twice"


def test_a_slot_passed_over_is_caught_unless_its_request_is_still_open(lines, tmp_path):
    place = next(i for i, line in enumerate(lines) if b'"kind":"randomized"' in line)
    stream = json.loads(lines[place])["stream"].encode()
    open_request = [*lines[:place], *lines[place + 1 :]]
    assert verdict(rechained(open_request), tmp_path / "l", annex=ANNEX) == "intact"
    nobody = [line for line in lines if stream not in line]
    assert verdict(rechained(nobody), tmp_path / "l", annex=ANNEX) == "slot_gap"


def test_another_annex_is_told_from_the_committed_one(whole, tmp_path):
    other = replace(ANNEX, secret=hashlib.sha256(b"another").hexdigest())
    assert verdict(whole, tmp_path / "l", annex=other) == "other_annex"


def test_the_first_broken_place_is_named_in_words_of_both_languages(lines, tmp_path):
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"\n".join([*lines[:40], *lines[41:]]) + b"\n")
    (found,) = verify(path).findings
    assert found.words == "After event 40 comes event 42: something was dropped, inserted, doubled or moved."
    assert found.words_zh.startswith("事件 40 之后是事件 42")
    assert (found.file, found.line) == (str(path), 41)
    assert found.ways_out
    assert found.ways_zh
