"""The relational engine and the referee give every random person the same verdict on every random rule.

Hypothesis draws the rules; all are asked of everybody in one plan. `TRIALIST_PROVE=1` asks more rules of more people.
"""

import os
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from random_people import VALUES, People
from random_rules import operators
from relational_cast import Database
from seeded_bugs import SEEDED, plant, showing
from strategies import DICTIONARY, EVERYTHING, asked_rules, histories, pool, small_rules

from trialist.criteria import Truth, decide, nodes, parse
from trialist.criteria.nodes import Node
from trialist.criteria.prose import prose
from trialist.criteria.reads import walk

PROVE = bool(os.environ.get("TRIALIST_PROVE"))
RULES, PEOPLE, POOL = (2000, 250, 90) if PROVE else (520, 120, 40)
TRIED_BY_DAY = (nodes.Persisted, nodes.Stable, nodes.Raised)


def reads_a_course(node: Node):
    """Whether the rule reads a run of counts or the course of a dose: there the referee tries each unknown day."""
    return any(isinstance(each, TRIED_BY_DAY) or reads_inside(each) for each in walk(node))


def reads_inside(node):
    return isinstance(node, nodes.Reached) and reads_a_course(node.rule)


def differences(rules, people, database):
    """Rule (a text or a node), person, the referee's verdict, the engine's: where they differ beyond what is allowed.

    Allowed is one thing: unknown, where the rule reads a course and the referee tried each unknown day of it.
    """
    parsed = {
        f"rule_{number}": parse(rule, DICTIONARY) if isinstance(rule, str) else rule
        for number, rule in enumerate(rules)
    }
    answers = database.ask(parsed, DICTIONARY)
    for (name, rule), text in zip(parsed.items(), rules, strict=True):
        for person, answer in zip(people, answers[name], strict=True):
            truth = decide(rule, person, DICTIONARY)
            if answer is not truth and not (answer is Truth.UNKNOWN and reads_a_course(rule)):
                yield text, person, truth, answer


def made_small(text, person):
    """A difference for a reader: the least part of the rule that shows it, and the fewest records (by Hypothesis)."""
    parts = [node for node in walk(parse(text, DICTIONARY)) if node.type == nodes.TRUTH]
    found = differences(parts, [person], Database([person]))
    rule = min(
        (each[0] for each in found), key=lambda node: len(list(walk(node))), default=parse(text, DICTIONARY)
    )
    kinds = ("measurements", "exposures", "conditions")
    records = [(kind, each) for kind in kinds for each in getattr(person, kind)]

    def only(places):
        kept = {kind: tuple(records[at][1] for at in places if records[at][0] == kind) for kind in kinds}
        return replace(person, **kept)

    def differs(places):
        return next(differences([rule], [only(places)], Database([only(places)])), None) is not None

    few = settings(max_examples=60, deadline=None, database=None, suppress_health_check=EVERYTHING)
    places = range(len(records))
    try:
        fewest = find(st.sets(st.sampled_from(places)).map(sorted), differs, settings=few) if records else []
    except NoSuchExample:
        fewest = list(places)
    _, *rest = next(differences([rule], [only(fewest)], Database([only(fewest)])))
    return prose(rule, DICTIONARY), *rest


@pytest.fixture(scope="module")
def asked():
    return asked_rules(pool(POOL), RULES)


@pytest.fixture(scope="module")
def crowd():
    source = random.Random(11)
    return [People(source).history() for _ in range(PEOPLE)]


@pytest.fixture(scope="module")
def database(crowd):
    return Database(crowd)


def test_the_relational_engine_agrees_with_the_referee(asked, crowd, database):
    assert len(set(asked)) >= 500
    assert len(crowd) >= 100
    if (found := next(differences(asked, crowd, database), None)) is not None:
        pytest.fail(f"the engines differ on {found[0]}\nmade small: {made_small(*found[:2])}")


@pytest.mark.prove
@pytest.mark.skipif(not PROVE, reason="a long proof: TRIALIST_PROVE=1")
def test_hypothesis_finds_no_rule_and_person_on_which_they_differ():
    """Rules and people both drawn, so that whatever differs is made small; 300 pairs."""

    @settings(
        max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=EVERYTHING
    )
    @given(rule=small_rules(), person=histories())
    def compare(rule, person):
        assert list(differences([rule], [person], Database([person]))) == []

    compare()


# -- Seeded bugs: each is found by the rules and people asked above -----------------------------------------------

ENOUGH = 16


@pytest.mark.parametrize("bug", SEEDED, ids=lambda bug: bug.__name__)
def test_a_seeded_bug_is_found(bug, asked, crowd, monkeypatch):
    rules = showing(bug, asked)[:ENOUGH]
    plant(bug, monkeypatch)
    assert next(differences(rules, crowd, Database(crowd)), None) is not None


# -- Prose: total, and never the same for rules that mean different things -----------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_rule_has_words_and_the_same_words_mean_the_same(language, asked, crowd):
    said = {}
    for rule in asked:
        node = parse(rule, DICTIONARY)
        words = prose(node, DICTIONARY, language)
        assert words
        assert not any(mark in words for mark in ("None", "Fraction", "nodes.", "_", "{"))
        said.setdefault(words, []).append(node)
    for words, alike in said.items():
        if len(set(alike)) > 1:
            verdicts = {tuple(decide(node, person, DICTIONARY) for person in crowd) for node in alike}
            assert len(verdicts) == 1, words


# -- The rules and people that are asked reach what they should ------------------------------------------------------

CONNECTIVES = ("and", "or", "not")
SIGNS = ("<", "<=", ">", ">=", "==", "!=")
TRUTHS = (*CONNECTIVES, *SIGNS, "positive", "repeated", "persisted", "stable", "raised", "given", "has")
TRUTHS += ("ongoing", "attested", "reached", "constant")
NUMBERS = ("latest", "at", "limit", "egfr", "bmi", "age", "dose")


def test_the_rules_nest_every_operation_in_every_other_that_may_hold_it(asked):
    pairs = {pair for rule in asked for pair in operators(parse(rule, DICTIONARY))}
    expected = {(outer, inner) for outer in CONNECTIVES for inner in TRUTHS}
    expected |= {(sign, inner) for sign in SIGNS for inner in (*NUMBERS, "number", "+", "-", "*", "/")}
    expected |= {(outer, inner) for outer in "+-/" for inner in NUMBERS}
    expected |= {("*", inner) for inner in (*NUMBERS, "number", "/")}
    assert expected - pairs == set()


def edges(people):
    """The places where engines differ → what the people hold of each."""
    results = [each for person in people for each in person.measurements]
    drugs = [each for person in people for each in person.exposures]
    days = [(person, each.date) for person in people for each in person.measurements]
    exact = [(person, day.earliest) for person, day in days if day.exact]
    months = [day for _, day in days if day.month and not day.exact]
    return {
        "NULL: no value": [each for each in results if each.value is None],
        "NULL: no unit": [each for each in results if each.unit is None and each.value is not None],
        "NULL: no dose": [each for each in drugs if each.dose is None],
        "NULL: no start": [each for each in drugs if each.start is None],
        "NULL: no limit": [each for each in results if each.upper_limit is None],
        "NULL: no list is complete": [person for person in people if not person.complete],
        "tie: one day, one time": [p for p in people if _ties(p)],
        "tie: one day, two times": [p for p in people if _ties(p, times=2)],
        "only a bound": [each for each in results if each.comparator in ("<", ">")],
        "at most, at least": [each for each in results if each.comparator in ("<=", ">=")],
        "negative": [each for each in results if each.value is not None and each.value < 0],
        "not evaluable": [each for each in results if not each.valid],
        "unit: unknown": [each for each in results if each.unit == "furlong"],
        "partial: month": months,
        "partial: a month that the 30th does not end": [day for day in months if day.latest.day != 30],
        "partial: year": [day for _, day in days if day.month is None],
        "window end: index": [day for person, day in exact if day == person.index],
        "window end: the day after": [
            day for person, day in exact if day == person.index + timedelta(days=1)
        ],
        "leap day: index": [p for p in people if (p.index.month, p.index.day) == (2, 29)],
        "leap day: record": [day for _, day in exact if (day.month, day.day) == (2, 29)],
        "leap day: birth": [p for p in people if p.birth_date and str(p.birth_date)[5:] == "02-29"],
        "time zone: a day earlier in UTC": [each for each in results if each.time and each.time < "08:00"],
        "time zone: the last of the day": [each for each in results if each.time and each.time > "23:00"],
        "end before start": [x for x in drugs if x.start and x.end and x.end.latest < x.start.earliest],
        "refill on the last day": [p for p in people if _refilled(p)],
    }


def _ties(person, times=1):
    alike = {}
    for each in person.measurements:
        alike.setdefault((each.analyte, each.date), []).append(each.time)
    return any(len(found) > 1 and (len(set(found)) > 1) == (times > 1) for found in alike.values())


def _refilled(person):
    ends = {(each.substance, each.end) for each in person.exposures if each.end}
    return any((each.substance, each.start) in ends for each in person.exposures)


def test_the_people_hold_every_edge(crowd):
    assert {edge for edge, found in edges(crowd).items() if not found} == set()
    units = {(each.analyte, each.unit) for person in crowd for each in person.measurements}
    assert {(name, unit) for name, kinds in VALUES.items() for unit, _ in kinds} - units == set()


def test_every_window_of_a_rule_has_somebody_on_its_first_day_and_somebody_a_day_before(asked, crowd):
    windows = {
        node.window.since.duration
        for rule in asked
        for node in walk(parse(rule, DICTIONARY))
        if isinstance(getattr(node, "window", None), nodes.Window)
        and isinstance(node.window.since, nodes.Before)
    }
    assert len(windows) >= 5
    for duration in windows:
        first = [(person, duration.before(person.index)) for person in crowd]
        assert any(_recorded(person, day) for person, day in first), duration
        assert any(_recorded(person, day - timedelta(days=1)) for person, day in first), duration


def _recorded(person, day: date):
    days = [each.date for each in person.measurements] + [each.date for each in person.conditions]
    days += [end for each in person.exposures for end in (each.start, each.end)]
    return any(each and each.exact and each.earliest == day for each in days)
