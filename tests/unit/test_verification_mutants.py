"""Small faults made everywhere in the bundled study are caught where they are made, or at what reads them."""

import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest

import mutants

PROOF = Path(__file__).parents[2] / "docs" / "proofs" / "mutants.json"
SURVIVORS_ALLOWED = 0.10


def test_operators_are_many_and_each_makes_faults():
    made = Counter(one.operator for one in mutants.mutants())
    assert len(made) >= 12
    assert set(made) == set(mutants.OPERATORS)
    assert made.total() >= 300


def test_a_mutant_differs_from_the_study_and_the_seed_decides_it():
    first, again, other = mutants.mutants(1), mutants.mutants(1), mutants.mutants(2)
    assert all(one.tree != mutants.original() for one in first)
    assert [one.done for one in first] == [one.done for one in again]
    assert [one.done for one in first] != [one.done for one in other]


def test_the_study_itself_says_nothing_new():
    tree = mutants.original()
    unchanged = mutants.Mutant("none", "eligibility.E8.rule", "nothing", tree)
    assert mutants.catching(unchanged) == []


def test_a_finding_far_from_the_fault_does_not_count():
    found = mutants.findings(mutants.original())[0]
    far = mutants.Mutant("none", "sites.03.recruitment_share", "0.13 → 0.14", mutants.original())
    assert not mutants.related(far, mutants.original(), found.located(path="estimands.titer_change_m6"))


def test_one_fault_of_each_kind_is_caught_or_explained():
    chosen = {}
    for mutant in random.Random(20).sample(mutants.mutants(), k=len(mutants.mutants())):
        chosen.setdefault(mutant.operator, mutant)
    missed = [one for one in chosen.values() if not mutants.catching(one)]
    assert len(missed) <= SURVIVORS_ALLOWED * len(chosen)
    assert all(mutants.why(one) for one in missed)


@pytest.mark.prove
def test_nine_of_ten_of_all_faults_are_caught_and_every_survivor_is_explained():
    start = time.process_time()
    made = mutants.mutants()
    caught = {id(one) for one in made if mutants.catching(one)}
    survivors = [one for one in made if id(one) not in caught]
    by_operator = {
        name: {
            "made": sum(one.operator == name for one in made),
            "caught": sum(one.operator == name and id(one) in caught for one in made),
        }
        for name in mutants.OPERATORS
    }
    unexplained = [f"{one.operator} {one.path} {one.done}" for one in survivors if mutants.why(one) is None]
    record = {
        "command": "make prove",
        "seed": 1,
        "mutants": len(made),
        "caught": len(caught),
        "share": round(len(caught) / len(made), 3),
        "cpu_seconds": round(time.process_time() - start),
        "operators": by_operator,
        "survivors": [
            {"operator": one.operator, "path": one.path, "done": one.done, "why": mutants.why(one)}
            for one in survivors
        ],
    }
    PROOF.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert len(survivors) <= SURVIVORS_ALLOWED * len(made)
    assert unexplained == []
