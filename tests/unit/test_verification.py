"""Every rule of the checker finds its fault where it is, and nothing where it is not."""

import json
import re
import subprocess
import sys
from functools import cache

import pytest

from trialist.protocol import load, parse
from trialist.verification import check
from trialist.verification.design import guessed
from trialist.verification.rules import RULES
from trialist.verification.sarif import sarif
from trialist.verification.view import View


@cache
def draft(example):
    text = load(example.study).source.text
    for old, new in example.edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    for path in example.gaps:
        text = without(text, path)
    return parse(text, f"{example.study}.yaml")


def without(text, path):
    """The text with the block at `path` made a gap."""
    lines = text.split("\n")
    start = parse(text, "whole.yaml").line(path) - 1
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = next(
        n
        for n in range(start + 1, len(lines))
        if lines[n].strip() and len(lines[n]) - len(lines[n].lstrip()) <= depth
    )
    return "\n".join(
        [*lines[:start], f"{' ' * depth}{path.rpartition('.')[2]}: {{gap: left out}}", *lines[end:]]
    )


def found(rule, example):
    return list(rule.findings(View(draft(example))))


def test_codes_are_given_once():
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_fault_and_is_silent_on_the_mended_text(rule):
    findings = found(rule, rule.fault)
    assert findings, "the example of the fault"
    assert found(rule, rule.clean) == []
    for finding in findings:
        assert finding.code == rule.code
        assert finding.line
        assert finding.path
        assert finding.words_zh
        assert finding.witness, "a case that a clinician can read"
        assert (
            finding.witness is None
            or not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", finding.witness)
            or (finding.witness_zh and re.search("[\u4e00-\u9fff]", finding.witness_zh))
        ), "the case in Chinese"
        assert "{" not in finding.words + finding.words_zh
        assert finding.ways_out
        assert len(finding.ways_out) == len(finding.ways_zh)
        assert finding.cites


def test_a_finding_is_a_question_of_the_text():
    asking = [rule.code for rule in RULES if "?" not in rule.message.en]
    assert asking == []


REGISTERED = check(load("smart-as-registered"))


@pytest.mark.parametrize(
    ("code", "path", "witness"),
    [
        (
            "SOL-01",
            "endpoints.complete_response.rule",
            "baseline 49: 99 responds, 100 does not, 101 responds",
        ),
        ("SOL-02", "endpoints.partial_response.rule", "proved for every baseline from 50 to 100"),
        ("SOL-02", "endpoints.partial_response.rule", "71 %"),
        ("SOL-03", "endpoints.complete_response.rule", "100 at entry, 101 at M6"),
        ("SOL-04", "endpoints.complete_response.rule", "100"),
        ("SOL-07", "eligibility.I3.rule", "no drug on record"),
        ("SOL-07", "eligibility.I4.rule", "no drug on record"),
        ("SOL-07", "eligibility.I5.rule", "no drug on record"),
        ("SOL-08", "eligibility.I1", "positive on day −90"),
        ("SOL-08", "eligibility.E9", "LDL"),
        ("SOL-09", "eligibility.I2.rule", "30"),
        ("SOL-09", "endpoints.partial_response.rule", ""),
        ("SOL-11", "endpoints.partial_response.rule", "99 counts as partial_response, 101 does not"),
        ("DAT-01", "schedule.times.baseline.from_day", ""),
        ("DEF-01", "endpoints.overall_response.rule", "single count"),
        ("QTY-04", "eligibility.I4.rule", "400 mg/d"),
        ("QTY-01", "eligibility.E7", "ten years"),
        ("QTY-03", "eligibility.E7.rule", "40.9"),
        ("QTY-02", "eligibility.E9.readings.0", "3.1032"),
        ("TXT-02", "eligibility.E9.text", ""),
        ("SCH-01", "schedule.visits.W2.window", "schedule.visits.M6.window"),
        ("SCH-02", "schedule.visits.M1.day", ""),
        ("SCH-06", "eligibility.I1.readings.1", "84 days"),
        ("SCH-09", "schedule.visits.M6", ""),
        ("DAT-05", "estimands", ""),
        ("DAT-17", "eligibility.E2.rule", "day 60"),
        ("DAT-08", "eligibility.E2.rule", "an agonist"),
        ("DAT-04", "objectives.safety", ""),
        ("DAT-22", "arms", ""),
        ("DAT-10", "endpoints.titer_change.analytes", ""),
        ("QTY-05", "products.sirolimus.strength", ""),
        ("DAT-09", "masking.visibility", ""),
        ("DES-04", "population.enrollment", "30/60 %"),
        ("DES-14", "endpoints", "19 %"),
        ("DES-17", "estimands", "Fisher"),
        ("DES-18", "estimands", "left out"),
        ("DES-21", "products.placebo", "knows the arm"),
        ("DES-22", "schedule.visits", "agreed"),
        ("DAT-24", "dictionaries.classes.immunosuppressant.text", "leflunomide"),
        ("DAT-52", "products.sirolimus.substance", "until yesterday"),
        ("DAT-53", "eligibility.I3.rule", "day 30"),
        ("DAT-54", "schedule.times.M6", "transfusion"),
        ("DAT-55", "arms.sirolimus", "trough"),
        ("QTY-01", "eligibility.I2", "ten years"),
        ("QTY-05", "products.sirolimus.strength", "2 of 0.5 mg are 1 mg"),
        ("QTY-09", "eligibility.E2.rule", "half-life 19.4 days"),
        ("SOL-07", "eligibility.E2.rule", "nobody asked"),
        ("TXT-20", "eligibility.AGE.reading", "turns 18"),
        ("TXT-20", "eligibility.E4.reading", "before consent"),
        ("TXT-20", "eligibility.E11.reading", "postpartum"),
        ("TXT-21", "eligibility.I4.rule", "27 February"),
        ("TXT-22", "eligibility.E3.text", "eye drops"),
        ("TXT-23", "eligibility.E7.text", "but not eGFR<40"),
    ],
)
def test_what_a_careful_reader_finds_in_the_public_page_comes_out(code, path, witness):
    found = [one for one in REGISTERED.findings if (one.code, one.path) == (code, path)]
    assert found
    assert witness in (found[0].witness or "")


def test_no_gap_is_left_unasked():
    for study in ("smart-as-registered", "smart-text-b"):
        view = View(load(study))
        asked = [pattern for rule in RULES for pattern in rule.patterns]
        left = set(view.gaps) - set(view.open(*asked, "eligibility.*.reading", "eligibility.*.look_back"))
        codes = {one.code for one in check(view.draft).findings}
        assert not left or "DES-32" in codes


def test_who_guesses_by_site_is_right_more_often_than_a_coin():
    shares = [0.22, 0.16, 0.13, 0.11, 0.10, 0.08, 0.07, 0.06, 0.04, 0.03]
    assert guessed(84, shares, 2, by_site=False) < 0.54
    assert guessed(84, shares, 2, by_site=True) > 0.62


def test_the_whole_check_of_the_reference_study_takes_less_than_two_seconds_of_processor():
    script = (
        "import time\nfrom trialist.protocol import load\nfrom trialist.verification import check\n"
        "check(load('smart'))\nprint(time.process_time())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 2


def test_the_page_does_not_pass():
    assert REGISTERED.blocking


def test_json_and_sarif_hold_every_finding():
    records = REGISTERED.as_json("zh")
    keys = {"code", "severity", "path", "line", "words", "witness", "ways_out", "cites", "disposition"}
    assert all(set(record) == keys for record in records)
    log = sarif(REGISTERED.findings)
    assert len(log["runs"][0]["results"]) == len(records)
    json.dumps(log, allow_nan=False)


def test_the_completed_study_passes_with_every_finding_answered_by_its_dispositions():
    checked = check(load("smart"))
    assert checked.findings
    assert [(one.code, one.path) for one in checked.findings if one.disposition is None] == []
    assert len(load("smart").content.dispositions) <= 25


def test_without_its_dispositions_the_completed_study_is_blocked():
    text = load("smart").source.text
    checked = check(
        parse(re.sub(r"^dispositions:\n(?:  .*\n|\n)*", "", text, flags=re.MULTILINE), "bare.yaml")
    )
    assert {one.code for one in checked.blocking} == {"SOL-01", "SOL-02"}


def test_a_disposition_that_answers_nothing_is_itself_a_finding():
    text = load("smart").source.text.replace("  - finding: SOL-03\n", "  - finding: SOL-99\n")
    found = [one for one in check(parse(text, "odd.yaml")).findings if one.code == "DSP-01"]
    assert [one.path for one in found] == ["dispositions.2"]
    assert "SOL-99" in found[0].words


def test_a_disposition_of_a_proof_is_not_unused_where_proofs_are_left_out():
    assert "DSP-01" not in {one.code for one in check(load("smart"), proofs=False).findings}


def test_a_disposition_silences_its_path_alone():
    text = load("smart").source.text.replace("platelets) > 2 * baseline", "platelets) >= 3 * baseline")
    text = text.replace("path: endpoints.partial_response.rule", "path: endpoints.complete_response.rule")
    checked = check(parse(text, "moved.yaml"))
    assert "SOL-02" in {one.code for one in checked.blocking}


def test_without_proofs_the_solver_is_not_loaded():
    script = (
        "import sys\nfrom trialist.protocol import load\nfrom trialist.verification import check\n"
        "check(load('smart'), proofs=False)\nprint('z3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
