"""The seed of an analysis: named by the caller, the study file or nobody; it moves what is drawn and nothing else."""

import json
import re
from functools import cache

import pytest
from snapshot_cast import smart

from leaves import leaves
from trialist.analysis import analyze
from trialist.analysis.run import DEFAULT_SEED
from trialist.cli.main import main
from trialist.ledger.snapshot import take
from trialist.protocol import Protocol, load, parse
from trialist.verification.design import secrets_in_public
from trialist.verification.view import View

DRAWN = re.compile(
    r"\.seed\.|\.sensitivity\.(multiple_imputation|reference_imputation|rerandomization|tipping_point\.penalt)"
    r"|\.sensitivity\.tipping_point\.seed|\.endpoints\.titer_change\."
)
"""Where a result of draws stands."""


@cache
def few_draws(**options):
    record = json.loads(smart().text)
    for name in ("overall_response_m6", "titer_change_m6"):
        kept = {} if "seed" in options and options["seed"] is None else {"seed": 11}
        record["estimands"][name]["analysis"]["options"] = kept | {"imputations": 5, "rerandomizations": 200}
    return Protocol.from_text(json.dumps(record))


@cache
def snapshot(protocol):
    from trialist.rehearsal import rehearse

    done = rehearse(protocol, 2, participants=30)
    return take(done.ledger.events(), protocol, disclose=done.ledger.disclosed)


def test_the_same_seed_gives_the_same_bytes_and_another_moves_only_what_is_drawn():
    protocol = few_draws()
    tables = snapshot(protocol)
    first, again, other = (analyze(protocol, tables, seed=seed) for seed in (1, 1, 2))
    assert first.text() == again.text()
    one, two = (dict(leaves(found.as_json())) for found in (first, other))
    moved = {path for path in one if one[path] != two.get(path)} | set(two) - set(one)
    assert moved
    assert [path for path in moved if not DRAWN.search(path)] == []
    assert any(".rerandomization.p" in path for path in moved)
    assert any(".multiple_imputation.estimate" in path for path in moved)


@pytest.mark.parametrize(
    ("stated", "given", "expected"),
    [(11, None, (11, "study_file")), (11, 5, (5, "caller")), (None, None, (DEFAULT_SEED, "default"))],
)
def test_the_record_says_which_seed_was_used_and_who_named_it(stated, given, expected):
    protocol = few_draws() if stated else few_draws(seed=None)
    tables = take([], protocol)
    found = analyze(protocol, tables, seed=given)
    assert tuple(found.seed["overall_response_m6"].values()) == expected
    assert found.as_json()["seed"]["titer_change_m6"]["seed"] == expected[0]
    assert DEFAULT_SEED == 1


def test_the_command_line_hands_the_seed_over_and_refuses_what_is_none(tmp_path, capsys):
    trial = tmp_path / "trial"
    assert main(["rehearse", "smart", "--seed", "3", "--participants", "1", "--out", str(trial)]) == 0
    words = ["analyze", str(trial / "study.yaml"), "--ledger", str(trial / "ledger.jsonl")]
    assert main([*words, "--seed", "42", "--out", str(tmp_path / "a")]) == 0
    record = json.loads((tmp_path / "a/results-blinded.json").read_text(encoding="utf-8"))
    assert record["seed"]["overall_response_m6"] == {"seed": 42, "named_by": "caller"}
    assert record["sensitivity"]["rerandomization"]["seed"] == 42
    capsys.readouterr()
    for wrong in ("-1", "x", "1.5"):
        with pytest.raises(SystemExit):
            main([*words, "--seed", wrong, "--out", str(tmp_path / "b")])
        assert "whole number" in capsys.readouterr().err or wrong == "-1"
    assert main(["analyze", "smart", "--plan", "--seed", "1", "--out", str(tmp_path / "b")]) == 2
    assert "Neither the plan nor the board's reports draw anything" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Imputations are drawn with seed 20250107.", 0),
        ("Analysis: seed 20250107", 0),
        ("The random list was made with seed 42.", 1),
        ("Analysis as planned. The seed is 42.", 1),
    ],
)
def test_a_seed_of_the_analysis_in_public_words_is_no_secret_of_the_allocation(said, expected):
    text = load("smart").source.text
    old = 'en: "Central; block sizes,'
    assert old in text
    draft = parse(text.replace(old, f'en: "{said} {old[5:]}', 1), "study.yaml")
    assert (
        len([hit for hit in secrets_in_public(View(draft)) if "seed" in hit.fields["words"].lower()])
        == expected
    )
