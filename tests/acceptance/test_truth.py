"""Truth: what the whole road reports is what a separate plain simulation says is so.

`truth_simulation.py` shares with the software the parameters of the study file and nothing else. Here virtual
trials go through the desk, the ledger, the snapshot and the analysis, and come out at its value.
"""

import ast
import json
import os
import statistics
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import pytest
import truth_simulation

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "src/trialist/protocol/studies/smart/study.yaml"
ARMS = ("sirolimus", "placebo")


@cache
def smart():
    from trialist.protocol import load

    return load("smart").complete()


@cache
def truth(scenario):
    return truth_simulation.truth(truth_simulation.parameters(STUDY), scenario)


def open_snapshot(rehearsed):
    from trialist.ledger.snapshot import take

    allocated = {one.id: one.allocation for one in rehearsed.desk.participants() if one.allocation}
    arms = {name: rehearsed.annex.arm(got.stratum, got.ordinal) for name, got in allocated.items()}
    events = list(rehearsed.ledger.events())
    return take(events, smart(), arms=arms, disclose=rehearsed.ledger.disclosed), arms


def primary(job):
    """The primary result of one rehearsal, as `results.json` holds it."""
    from trialist.analysis import analyze
    from trialist.rehearsal import rehearse

    seed, scenario = job
    snapshot, _ = open_snapshot(rehearse(smart(), seed, scenario=scenario))
    return json.loads(analyze(smart(), snapshot).text())["endpoints"]["overall_response"]


@cache
def twenty(scenario):
    return [primary((seed, scenario)) for seed in range(1, 21)]


def covering(results, value):
    return sum(low <= value <= high for low, high in (one["ci"] for one in results))


def off_by(results, value):
    """The mean error in Monte Carlo standard errors."""
    estimates = [one["estimate"] for one in results]
    return (statistics.fmean(estimates) - value) / (statistics.stdev(estimates) / len(estimates) ** 0.5)


def test_the_plain_simulation_imports_nothing_of_ours():
    tree = ast.parse(Path(truth_simulation.__file__).read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported == {"json", "sys", "pathlib", "numpy", "yaml"}


def nature_s_answer(person, course):
    """Whether this participant is a responder at month 6, from what nature made happen, in plain words."""
    if course.departure or course.rescue:
        return False
    readable = [
        contact
        for contact in course.contacts
        if contact.visit in {"M6", ""}
        and not (contact.missed or contact.clumped)
        and 150 <= contact.day <= 210
        and not (person.transfusion_day and 0 <= contact.day - person.transfusion_day <= 7)
    ]
    if not readable:
        return False
    count = min(readable, key=lambda contact: (abs(contact.day - 180), -contact.day)).platelets
    return count > 100 or (count < 100 and count > 2 * person.baseline_count)


@pytest.mark.parametrize("scenario", ["pooled", "pilot", "pessimistic", "null", "informative"])
def test_virtual_people_respond_as_often_as_the_plain_simulation_says(scenario):
    from trialist.population import Course, Model, Person, stream

    model = Model.of(smart().rehearsal, smart().schedule, scenario)
    drawn = (Person.draw(model, i, stream(11, str(i))) for i in range(6000))
    people = [p for p in drawn if 30 <= p.screening_count <= 100 and 30 <= p.baseline_count <= 100]
    section = truth_simulation.parameters(STUDY)
    expected = truth_simulation.truth(section, scenario, per_arm=200_000)
    for arm in ARMS:
        share = sum(nature_s_answer(p, Course.follow(p, arm, model)) for p in people) / len(people)
        error = (expected[arm] * (1 - expected[arm]) * (1 / len(people) + 1 / 200_000)) ** 0.5
        assert abs(share - expected[arm]) < 3.5 * error, (scenario, arm)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_analysis_finds_every_responder_that_nature_made(seed):
    from trialist.analysis import analyze
    from trialist.population import Course, Model
    from trialist.rehearsal import rehearse

    rehearsed = rehearse(smart(), seed)
    snapshot, arms = open_snapshot(rehearsed)
    model = Model.of(smart().rehearsal, smart().schedule)
    responders = Counter(
        arm
        for name, arm in arms.items()
        if nature_s_answer(rehearsed.people[name], Course.follow(rehearsed.people[name], arm, model))
    )
    found = json.loads(analyze(smart(), snapshot).text())["endpoints"]["overall_response"]["arms"]
    assert {arm: found[arm]["events"] for arm in ARMS} == {arm: responders[arm] for arm in ARMS}
    assert {arm: found[arm]["n"] for arm in ARMS} == Counter(arms.values())


def test_twenty_rehearsals_come_out_at_the_truth():
    results, value = twenty("pooled"), truth("pooled")["difference"]
    assert abs(off_by(results, value)) < 3
    assert covering(results, value) >= 17  # of 20 at 95 %: fewer has probability 0.016


def test_twenty_rehearsals_without_an_effect_find_none():
    results, value = twenty("null"), truth("null")["difference"]
    assert abs(value) < 4 * truth("null")["se"]
    assert abs(off_by(results, value)) < 3
    assert sum(one["p"] < 0.05 for one in results) <= 4  # more has probability 0.003


@pytest.mark.prove
def test_two_hundred_rehearsals_of_each_scenario_prove_it():
    """Writes docs/proofs/truth.json. Run by `make prove`; takes a quarter of an hour on one core."""
    jobs = [(seed, scenario) for scenario in ("pooled", "null") for seed in range(1001, 1201)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(primary, jobs, chunksize=5))
    pooled, null = found[:200], found[200:]
    proof = {
        "command": "make prove",
        "seeds": "1001 to 1200",
        "pooled": {
            "truth": truth("pooled"),
            "mean_estimate": round(statistics.fmean(one["estimate"] for one in pooled), 5),
            "error_in_monte_carlo_errors": round(off_by(pooled, truth("pooled")["difference"]), 3),
            "intervals_covering": covering(pooled, truth("pooled")["difference"]),
        },
        "null": {
            "truth": truth("null"),
            "mean_estimate": round(statistics.fmean(one["estimate"] for one in null), 5),
            "error_in_monte_carlo_errors": round(off_by(null, truth("null")["difference"]), 3),
            "p_below_0.05": sum(one["p"] < 0.05 for one in null),
        },
    }
    file = ROOT / "docs/proofs/truth.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(proof, indent=2) + "\n", encoding="utf-8")
    assert abs(proof["pooled"]["error_in_monte_carlo_errors"]) < 3
    assert 181 <= proof["pooled"]["intervals_covering"] <= 199
    assert abs(proof["null"]["error_in_monte_carlo_errors"]) < 3
    assert proof["null"]["p_below_0.05"] <= 19
