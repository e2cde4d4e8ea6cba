"""The generator, permuted blocks and the annex, against an independent writing of the same definition."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise, permutations
from math import comb
from pathlib import Path
from types import SimpleNamespace

import pytest

from trialist.allocation import Annex
from trialist.allocation.blocks import permuted, predictability
from trialist.allocation.generator import Stream
from trialist.findings import InputError

ROOT = Path(__file__).parents[2]
SECRET = bytes(range(32))
REFERENCE = ROOT.parent / "shared" / "reference" / "statistics.json"


def secret(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def study(
    *, enrollment: int = 84, ratio: dict[str, int] | None = None, by_site: bool = False
) -> SimpleNamespace:
    """The parts of a protocol from which an annex is made."""
    return SimpleNamespace(
        study=SimpleNamespace(id="SMART"),
        population=SimpleNamespace(enrollment=enrollment),
        sites={"01": None, "02": None},
        randomization=SimpleNamespace(
            ratio=ratio or {"sirolimus": 1, "placebo": 1}, strata={"low": None, "high": None}, by_site=by_site
        ),
    )


@pytest.fixture(scope="module")
def stranger() -> dict:
    """The functions that docs/randomization.md shows: standard library only, written apart from ours."""
    page = (ROOT / "docs" / "randomization.md").read_text(encoding="utf-8")
    block = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    assert set(re.findall(r"^(?:import|from) (.*)$", block, re.MULTILINE)) == {"hashlib, json"}
    namespace: dict = {}
    exec(block, namespace)
    return namespace


# --- the generator --------------------------------------------------------------------------------


def test_the_generator_gives_the_published_test_vectors():
    stream = Stream(SECRET, "stratum/low")
    assert [stream.below(6) for _ in range(12)] == [4, 0, 3, 5, 5, 3, 3, 3, 5, 5, 4, 5]
    assert "".join(Stream(SECRET, "stratum/low").shuffled("ABCDEFGH")) == "HFAEBDCG"


def test_words_beyond_the_largest_multiple_are_thrown_away_as_a_stranger_does(stranger):
    n = 3 << 254  # a quarter of all words is rejected
    stream, words = Stream(SECRET, "x"), stranger["words"](SECRET, "x")
    assert [stream.below(n) for _ in range(50)] == [stranger["below"](words, n) for _ in range(50)]
    assert next(words) != next(stranger["words"](SECRET, "x"))
    assert Stream(SECRET, "x").below(1) == 0
    with pytest.raises(ValueError, match="at least 1"):
        stream.below(0)


def test_every_order_of_a_shuffle_is_equally_likely():
    seen = Counter("".join(Stream(secret(number), "s").shuffled("ABC")) for number in range(6000))
    assert set(seen) == {"".join(order) for order in permutations("ABC")}
    assert sum((count - 1000) ** 2 / 1000 for count in seen.values()) < 20.5  # chi-square, 5 df, p = 0.001


@pytest.mark.parametrize("size", [0, 1, 4, 16, 31, 33, 64])
def test_a_secret_of_other_than_256_bits_is_refused(size):
    with pytest.raises(InputError, match=f"{8 * size} bits") as refused:
        Stream(b"x" * size, "s")
    assert "256" in refused.value.findings[0].words_zh


# --- blocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 1, "c": 2}])
def test_every_block_holds_the_ratio_and_sizes_vary(ratio):
    unit = sum(ratio.values())
    sizes_seen = set()
    for number in range(30):
        arms = permuted(Stream(secret(number), "s"), ratio, [2 * unit, 3 * unit], 40)
        assert 40 <= len(arms) < 40 + 3 * unit
        stream, place = Stream(secret(number), "s"), 0
        while place < len(arms):
            size = [2 * unit, 3 * unit][stream.below(2)]
            stream.shuffled(range(size))
            block = Counter(arms[place : place + size])
            assert block == {arm: share * size // unit for arm, share in ratio.items()}
            sizes_seen.add(size)
            place += size
    assert sizes_seen == {2 * unit, 3 * unit}


def test_every_order_of_a_block_of_four_is_equally_likely():
    seen = Counter(permuted(Stream(secret(number), "s"), {"a": 1, "b": 1}, [4], 4) for number in range(6000))
    assert len(seen) == comb(4, 2)
    assert sum((count - 1000) ** 2 / 1000 for count in seen.values()) < 20.5


@pytest.mark.parametrize("sizes", [[3], [0], [4, 5], [-2]])
def test_a_block_size_that_does_not_fit_the_ratio_is_refused(sizes):
    with pytest.raises(InputError, match="no multiple of 2"):
        permuted(Stream(SECRET, "s"), {"a": 1, "b": 1}, sizes, 10)


# randomizeR 3.0.2, getAllSeq and assess(corGuess); formula of Blackwell & Hodges 1957 per block of 2m
@pytest.mark.parametrize(
    ("size", "sequences", "convergence", "divergence", "imbalance"),
    [
        (2, 2, 0.75, 0.25, 1),
        (4, 6, 0.708333333333333, 0.291666666666667, 2),
        (8, 70, 0.666071428571429, 0.333928571428571, 4),
        (10, 252, 0.653174603174603, 0.346825396825397, 5),
    ],
)
def test_predictability_of_a_block_equals_the_reference_package(
    size, sequences, convergence, divergence, imbalance
):
    found = predictability(size)
    assert found.sequences == sequences
    assert found.probability == Fraction(1, sequences)
    assert float(found.convergence) == pytest.approx(convergence, abs=1e-9)
    assert float(found.divergence) == pytest.approx(divergence, abs=1e-9)
    assert found.imbalance == imbalance


def test_predictability_equals_the_reference_file_where_it_is_at_hand():
    if not REFERENCE.exists():
        pytest.skip("the reference file is not beside this checkout")
    cases = [case for case in json.loads(REFERENCE.read_text())["cases"] if case["topic"] == "permuted_block"]
    assert cases
    for case in cases:
        shares = tuple(int(share) for share in case["inputs"]["ratio"].split(":"))
        found, due = predictability(case["inputs"]["blocks"], shares), case["expected"]
        assert found.sequences == due["n_sequences"]
        assert float(found.probability) == pytest.approx(due["prob_each"], abs=case["tol"])
        assert float(found.convergence) == pytest.approx(
            due["expected_correct_guess_convergence"], abs=case["tol"]
        )
        assert float(found.divergence) == pytest.approx(
            due["expected_correct_guess_directional"], abs=case["tol"]
        )
        assert found.imbalance == due["max_imbalance"]


def test_predictability_of_an_unequal_block_equals_trying_every_order():
    orders = set(permutations("aaaabb"))
    hits = Fraction(0)
    for order in orders:
        for place, arm in enumerate(order):
            lead = order[:place].count("a") - 2 * order[:place].count("b")
            hits += Fraction(1, 2) if lead == 0 else (lead < 0) == (arm == "a")
    assert predictability(6, (2, 1)).convergence == hits / len(orders) / 6


# --- the annex ------------------------------------------------------------------------------------


def test_a_stranger_derives_every_list_of_any_annex(stranger):
    for number in range(25):
        ratio = [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2, "c": 1}][number % 3]
        annex = Annex.make(study(enrollment=10 + number, ratio=ratio), secret(number), "rehearsal")
        text = annex.to_json()
        record = json.loads(text)
        assert annex.commitment == hashlib.sha256(text.encode()).hexdigest()
        assert annex.kit_list == tuple(stranger["kit_list"](record))
        for stratum in annex.strata:
            assert annex.sequences[stratum] == tuple(stranger["sequence"](record, stratum))


def test_the_annex_is_read_back_as_it_was_written(tmp_path):
    for mode in ("live", "rehearsal"):
        annex = Annex.make(study(), SECRET, mode)
        annex.write(tmp_path / mode)
        assert Annex.read(tmp_path / mode) == annex
        assert ("SIMULATED" in annex.to_json()) == (mode == "rehearsal")
        with pytest.raises(FileExistsError):
            annex.write(tmp_path / mode)


def test_strata_have_lists_of_their_own_and_sites_when_they_are_strata():
    annex = Annex.make(study(), SECRET, "live")
    assert annex.strata == ("low", "high")
    assert annex.sequences["low"] != annex.sequences["high"]
    assert Annex.make(study(by_site=True), SECRET, "live").strata == (
        "low/01",
        "low/02",
        "high/01",
        "high/02",
    )


def test_lists_are_long_enough_for_any_split_of_the_enrollment_and_never_wrap():
    annex = Annex.make(study(), SECRET, "live")
    assert all(len(arms) >= 84 for arms in annex.sequences.values())
    contents = Counter(arm for _, arm in annex.kit_list)
    for low in range(85):
        needed = Counter(annex.sequences["low"][:low]) + Counter(annex.sequences["high"][: 84 - low])
        assert all(needed[arm] <= contents[arm] for arm in needed)
    length = len(annex.sequences["low"])
    assert annex.arm("low", length) == annex.sequences["low"][-1]
    for stratum, ordinal in (("low", length + 1), ("low", 0), ("low", -1), ("middle", 1)):
        with pytest.raises(LookupError, match="no such slot"):
            annex.arm(stratum, ordinal)


def test_kit_numbers_are_distinct_scrambled_with_gaps_and_say_nothing_about_contents():
    gaps, late, smaller = Counter(), 0, 0
    for number in range(200):
        kits = Annex.make(study(enrollment=40), secret(number), "live").kit_list
        numbers = [int(kit) for kit, _ in kits]
        assert len(set(numbers)) == len(numbers)
        assert all(1000 <= kit < 10_000 for kit in numbers)
        gaps.update(after - before for before, after in pairwise(sorted(numbers)))
        late += sum(after > before for before, after in pairwise(numbers))
        ordered = sorted(kits, key=lambda kit: int(kit[0]))
        smaller += sum(one == other for (_, one), (_, other) in pairwise(ordered))
    pairs = 200 * (len(kits) - 1)
    assert set(gaps) == set(range(1, 20))
    assert abs(late / pairs - 0.5) < 0.02
    same = (len(kits) / 2 - 1) / (len(kits) - 1)  # two kits of a random order hold the same
    assert abs(smaller / pairs - same) < 0.02


def test_block_sizes_nobody_chose_come_from_the_secret():
    seen = {Annex.make(study(), secret(number), "live").block_sizes for number in range(60)}
    assert seen == {(4, 6), (4, 8), (6, 8), (4, 6, 8)}
    assert Annex.make(study(), SECRET, "live", block_sizes=[4]).block_sizes == (4,)


def test_no_printed_form_of_an_annex_shows_what_is_secret():
    annex = Annex.make(study(), SECRET, "live")
    _ = annex.sequences, annex.kit_list
    assert not any(word in repr(annex) for word in ("sirolimus", "placebo", annex.secret, "block"))


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "00" * 16},
        {"secret": "00" * 31 + "0x"},
        {"secret": 7},
        {"generator": "mt19937"},
        {"mode": "draft"},
        {"block_sizes": [3]},
        {"block_sizes": []},
        {"block_sizes": [4.0]},
        {"block_sizes": 4},
        {"ratio": [["a", 1]]},
        {"ratio": {"a": 1, "b": 1}},
        {"ratio": [["a", 0], ["b", 1]]},
        {"kits": 7},
        {"kits": -2},
        {"length": 0},
        {"length": 10**9},
        {"strata": []},
        {"strata": ["low", "low"]},
        {"strata": [1]},
        {"study": 7},
        {"mark": "LIVE"},
        {"extra": 1},
    ],
)
def test_an_annex_with_a_wrong_field_is_refused_in_one_line(change, tmp_path):
    record = json.loads(Annex.make(study(), SECRET, "rehearsal").to_json()) | change
    path = tmp_path / "annex.json"
    path.write_text(json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n")
    with pytest.raises(InputError) as refused:
        Annex.read(path)
    (found,) = refused.value.findings
    assert "\n" not in found.words
    assert found.words_zh
    assert "0001020304" not in found.words


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":NaN}',
        b"0" * 2_000_000,
        b"1" * 5000,
    ],
    ids=["empty", "newline", "torn", "list", "null", "bytes", "deep", "nan", "huge", "number"],
)
def test_a_file_that_is_no_annex_is_refused_in_one_line(data, tmp_path):
    path = tmp_path / "annex.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match="annex") as refused:
        Annex.read(path)
    assert refused.value.findings[0].file == str(path)


def test_a_missing_annex_and_a_reformatted_one_are_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        Annex.read(tmp_path / "none.json")
    with pytest.raises(InputError):
        Annex.read(tmp_path)
    record = json.loads(Annex.make(study(), SECRET, "live").to_json())
    (tmp_path / "pretty.json").write_text(json.dumps(record, indent=1))
    with pytest.raises(InputError, match="canonical"):
        Annex.read(tmp_path / "pretty.json")
