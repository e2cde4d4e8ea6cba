"""Sparse trials from the ledger to the page: every number of the results is finite, and the report is written."""

import json
import math
import re
from datetime import timedelta
from functools import cache

import pytest
from snapshot_cast import Trial, smart

from leaves import leaves
from trialist import report
from trialist.analysis import Allocation, analyze
from trialist.analysis.board import board
from trialist.cli.main import main
from trialist.ledger.snapshot import take
from trialist.protocol import Protocol
from trialist.report import board as board_pages

ARMS = ("sirolimus", "placebo")


@cache
def quick():
    """The bundled study with few draws."""
    record = json.loads(smart().text)
    record["estimands"]["overall_response_m6"]["analysis"]["options"] |= {
        "imputations": 5,
        "rerandomizations": 100,
    }
    return Protocol.from_text(json.dumps(record))


def nothing_strange(text):
    """Assert that a record's numbers are numbers: no NaN, no infinity, neither as such nor as words."""

    def refuse(constant):
        raise AssertionError(constant)

    seen = 0
    for path, leaf in leaves(json.loads(text, parse_constant=refuse)):
        seen += isinstance(leaf, (int, float))
        assert not isinstance(leaf, float) or math.isfinite(leaf), path
        assert not (isinstance(leaf, str) and re.fullmatch(r"-?(nan|inf(inity)?)", leaf, re.IGNORECASE)), path
    assert seen > 50


def legible(page):
    """Assert that a page says no program's word for a number that is not there."""
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|inf|None|null)\b", text)


def entered(first, second, *, drug=None, low=()):
    """Two arms by their counts at month 6 (None: missing); those at a place in `low` begin below 50."""
    trial, arms = Trial(), {}
    trial.at += timedelta(days=400)
    for turn, counts in enumerate((first, second)):
        for place, count in enumerate(counts):
            name = f"{turn + 1:02d}-{place:03d}"
            below = place in low
            trial.enter(
                name,
                baseline=40 + place if below else 60 + place,
                stratum="low" if below else "high",
                month_6=count,
            )
            for visit, day in (("W2", 14), ("M1", 30), ("M3", 90)):
                if place % 3:
                    trial.count(name, visit, day, 60 + place + day // 10)
            if drug and place < 2:
                trial.drug(name, drug, 60, 62)
            trial.adverse(name, "infection")
            arms[name] = ARMS[turn]
    return trial, arms


CASES = {
    "nobody": ([], []),
    "one participant": ([150], []),
    "an empty arm": ([150, 50, None, 60] * 3, []),
    "no events": ([50] * 12, [50] * 12),
    "one event": ([150] + [50] * 11, [50] * 12),
    "no events in an arm": ([150] * 6 + [50] * 6, [50] * 12),
    "separation": ([150] * 12, [50] * 12),
    "all respond": ([150] * 12, [150] * 12),
    "everybody missing": ([None] * 12, [None] * 12),
    "one value in an arm": ([150] + [None] * 11, [50] * 12),
}


@pytest.mark.parametrize("name", CASES)
def test_a_sparse_trial_has_finite_numbers_and_a_report(name):
    first, second = CASES[name]
    more = ({}, {"low": (0, 1)}, {"drug": "ivig"})[len(name) % 3]
    trial, arms = entered(first, second, **more)
    used = Allocation(
        {"sirolimus": 1, "placebo": 1}, (4,), {one: ("high", turn + 1) for turn, one in enumerate(arms)}
    )
    for view, language in ((arms, "en"), (None, "zh"))[: 1 + (len(name) < 10)]:
        snapshot = take(trial.events, quick(), arms=view, disclose=trial.disclose)
        found = analyze(quick(), snapshot, allocation=used if view else None)
        nothing_strange(found.text())
        legible(report.render(found, quick(), snapshot, language))


@pytest.mark.parametrize("name", ["nobody", "one participant", "an empty arm"])
def test_a_boards_report_of_a_sparse_trial_is_written(name, tmp_path):
    trial, arms = entered(*CASES[name])
    for view in (arms, None):
        snapshot = take(trial.events, smart(), arms=view, disclose=trial.disclose)
        found = board(smart(), snapshot, trial.events, "half")
        nothing_strange(json.dumps(found.as_json(), allow_nan=False))
        board_pages.write(found, smart(), snapshot, tmp_path / str(view is None), "en")
    for page in tmp_path.rglob("*.html"):
        legible(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("participants", "scenario"), [(4, "null")])
def test_the_command_line_goes_all_the_way_with_almost_nobody(participants, scenario, tmp_path):
    first, again = tmp_path / "trial", tmp_path / "again"
    words = ["--seed", "3", "--participants", str(participants), "--scenario", scenario]
    assert main(["rehearse", "smart", *words, "--out", str(first)]) == 0
    annex = ["--ledger", str(first / "ledger.jsonl"), "--annex", str(first / "annex.json")]
    assert main(["analyze", str(first / "study.yaml"), *annex, "--out", str(again)]) == 0
    for name in ("results.json", "results-blinded.json"):
        text = (again / name).read_text(encoding="utf-8")
        nothing_strange(text)
        assert text == (first / name).read_text(encoding="utf-8")
    for page in again.rglob("*.html"):
        legible(page.read_text(encoding="utf-8"))
