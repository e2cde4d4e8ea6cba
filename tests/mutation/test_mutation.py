"""The tests of the statistics notice small changes of the code; and the tool that makes the changes makes them."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEED = "2"
SOURCE = """
LIMIT = 3
Column = list[int | float]

def largest(values, bound: int = 2):
    \"\"\"Text with 1 + 1.\"\"\"
    assert bound != 7
    for value in zip(values, values, strict=True):
        pass
    if len(values) < bound and not values:
        raise ValueError(f"{1 + 1} of {bound}")
    return max(values) - 1.5 + values.reshape(-1)
"""


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    import code_mutants

    return code_mutants


def run(*arguments):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "TRIALIST_PROVE": ""}
    done = subprocess.run(
        [sys.executable, str(HERE / "mutation.py"), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_mutant_is_one_other_program(tool):
    found = list(tool.mutants("sample", SOURCE))
    texts = [ast.unparse(one.tree) for one in found]
    assert len({*texts, ast.unparse(ast.parse(SOURCE))}) == len(texts) + 1
    assert len({one.id for one in found}) == len(found)
    for text in texts:
        compile(text, "sample", "exec")


def test_numbers_comparisons_conditions_and_calls_change_but_no_texts(tool):
    said = {f"{one.before} -> {one.after}" for one in tool.mutants("sample", SOURCE)}
    assert {
        "3 -> 4",
        "len(values) < bound -> len(values) <= bound",
        "len(values) < bound -> len(values) > bound",
        "max(values) - 1.5 -> max(values) + 1.5",
        "max(values) -> min(values)",
        "1.5 -> 2.0",
        "2 -> 3",
    } <= said
    for silent in ("1 + 1", "int | float", "True", "bound != 7", "-1 -> +1"):
        assert not any(silent in one for one in said), silent


def test_a_mutant_knows_the_lines_of_its_statement_or_of_its_head(tool):
    lines = {
        one.before: SOURCE.splitlines()[one.lines.start - 1 : one.lines.stop - 1]
        for one in tool.mutants("sample", SOURCE)
    }
    assert lines["1.5"] == ["    return max(values) - 1.5 + values.reshape(-1)"]
    assert lines["len(values) < bound"] == ["    if len(values) < bound and not values:"]


def test_every_excuse_is_of_a_change_that_can_be_made(tool):
    rooms = ROOT / "src" / "trialist" / "statistics"
    made = {
        one.id
        for file in rooms.glob("*.py")
        for one in tool.mutants(file.stem, file.read_text(encoding="utf-8"))
    }
    excused = json.loads((HERE / "excused.json").read_text(encoding="utf-8"))
    assert set(excused) <= made
    assert all(excused.values())


def test_a_mutant_of_the_room_is_noticed_by_its_tests():
    told = json.loads(run("--only", "paired:mcnemar: first_only - second_only -> first_only + second_only"))
    assert told["killed"] == told["mutants"] == 1


@pytest.mark.prove
def test_nine_of_ten_small_changes_are_noticed(tmp_path):
    """Writes docs/proofs/mutation.json: six minutes of processor time, two at a time."""
    file = ROOT / "docs" / "proofs" / "mutation.json"
    run("--mutants", "400", "--seed", SEED, "--out", str(tmp_path / "mutation.json"))
    text = (tmp_path / "mutation.json").read_text(encoding="utf-8")
    told = json.loads(text)
    assert told["mutants"] == 400
    assert told["share_killed"] >= 0.9, told["survivors"]
    assert told["excused"] <= 0.05 * told["mutants"]
    file.write_text(text, encoding="utf-8")
