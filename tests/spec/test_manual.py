"""The manual of the rule language: each of its tables is a specification test, and its page shows what was tested."""

from pathlib import Path

import pytest
import yaml
from manual_page import page
from people import person
from spec_words import WORDS

from trialist.criteria import Truth, decide, evaluate, parse
from trialist.findings import InputError

HERE = Path(__file__).parent
MANUAL = yaml.load((HERE / "manual.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
VERDICTS = {"yes": Truth.TRUE, "no": Truth.FALSE, "unknown": Truth.UNKNOWN}
CASES = [
    pytest.param(
        case["rule"],
        told["told"] or [],
        told["verdict"],
        id=f"{case['rule'][:40]}|{'; '.join(told['told'] or [])}",
    )
    for section in MANUAL
    for case in section.get("cases", ())
    for told in case["people"]
]


@pytest.mark.parametrize(("rule", "told", "verdict"), CASES)
def test_rule_says_what_the_manual_says(rule, told, verdict):
    found = evaluate(parse(rule, WORDS), person(told), WORDS)
    assert found.truth is VERDICTS[verdict], found.trace.words()


@pytest.mark.parametrize(("rule", "told", "verdict"), CASES)
def test_deciding_without_a_trace_agrees_with_the_traced_verdict(rule, told, verdict):
    assert decide(parse(rule, WORDS), person(told), WORDS) is VERDICTS[verdict]


@pytest.mark.parametrize(("rule", "told", "verdict"), CASES)
def test_every_unknown_says_in_both_languages_what_is_missing(rule, told, verdict):
    trace = evaluate(parse(rule, WORDS), person(told), WORDS).trace
    for language in ("en", "zh"):
        assert bool(trace.missing(language)) == (verdict == "unknown")
        assert trace.words(language)


def test_the_page_of_the_manual_is_what_was_tested():
    written = (HERE.parents[1] / "docs" / "criteria.md").read_text(encoding="utf-8")
    assert written == page(MANUAL, WORDS), "run: python tests/spec/manual_page.py"


def test_the_manual_shows_every_function():
    from trialist.criteria.functions import FUNCTIONS

    rules = " ".join(case["rule"] for section in MANUAL for case in section.get("cases", ()))
    untold = {name for name in FUNCTIONS if f"{name}(" not in rules}
    assert untold == set(), "show them in a table of the manual"


def test_the_manual_shows_every_named_formula():
    from trialist.criteria.formulas import EGFR

    rules = " ".join(case["rule"] for section in MANUAL for case in section.get("cases", ()))
    assert {name for name in EGFR if f"'{name}'" not in rules} == set()


REFUSED = [pytest.param(rule, id=rule) for section in MANUAL for rule in section.get("refused", ())]


@pytest.mark.parametrize("rule", REFUSED)
def test_what_the_manual_calls_refused_is_refused(rule):
    with pytest.raises(InputError):
        parse(rule, WORDS)
