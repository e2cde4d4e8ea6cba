"""The relational engine and the referee give every random person the same verdict on every random rule.

`TRIALIST_PROVE=1` asks more rules of more people.
"""

import os
import random

import pytest
from random_people import People
from random_rules import Rules, operators
from relational_cast import Database
from spec_words import words

from trialist.criteria import Truth, decide, nodes, parse
from trialist.criteria.nodes import Node
from trialist.screening.relational import bounds, kleene, measured, stated, subjects, taken

PROVE = bool(os.environ.get("TRIALIST_PROVE"))
RULES, PEOPLE, POOL = (1500, 200, 90) if PROVE else (500, 100, 40)
DICTIONARY = words()
TRIED_BY_DAY = (nodes.Persisted, nodes.Stable, nodes.Raised)


def reads_a_course(node: Node):
    """Whether the rule reads a run of counts or the course of a dose: there the referee tries each unknown day."""
    return isinstance(node, TRIED_BY_DAY) or any(map(reads_a_course, nodes.children(node)))


def differences(rules, people, database):
    """Rule, person, the referee's verdict, the engine's: where they differ beyond what is allowed.

    Allowed is one thing: unknown, where the rule reads a course and the referee tried each unknown day of it.
    """
    asked = {f"rule_{number}": rule for number, rule in enumerate(rules)}
    answers = database.ask(asked, DICTIONARY)
    for name, rule in asked.items():
        for person, answer in zip(people, answers[name], strict=True):
            truth = decide(rule, person, DICTIONARY)
            if answer is not truth and not (answer is Truth.UNKNOWN and reads_a_course(rule)):
                yield rule, person, truth, answer


@pytest.mark.parametrize("seed", [1])
def test_the_relational_engine_agrees_with_the_referee(seed):
    source = random.Random(seed)
    people = [People(source).history() for _ in range(PEOPLE)]
    rules = Rules(source, DICTIONARY, POOL)
    texts = {*rules.truths, *(f"{text} > {rules.amount(of)}" for text, of in rules.numbers)}
    while len(texts) < RULES:
        texts.add(rules.rule())
    found = list(differences([parse(text, DICTIONARY) for text in sorted(texts)], people, Database(people)))
    assert found == []


# -- Seeded bugs: each is found ----------------------------------------------------------------------------------

LATEST = "latest(platelets, within='1 mo') >= '50 10*9/L'"


def month_of_thirty_days(original):
    def shifted(day, duration, direction):
        if duration.unit == "mo":
            duration = type(duration)(30 * duration.amount, "d")
        return original(day, duration, direction)

    return shifted


def first_of_a_tie(original):
    return lambda rows: [rows.day_to.desc(), rows.clock.desc(), rows.record]


def latest_time_ignored(original):
    return lambda rows: [rows.day_to.desc(), rows.record.desc()]


def without_conversion(original):
    return lambda table, number, unit, analyte, dictionary: number


def unit_factor_upside_down(original):
    def factors(dictionary, unit, analyte):
        return {code: 1 / factor for code, factor in original(dictionary, unit, analyte).items()}

    return factors


def equal_is_above(original):
    return lambda one, two: original(two, one)


def less_counts_equality(original):
    return bounds.surely_at_most


def unknown_is_sure(original):
    return lambda condition: condition if isinstance(condition, bool) else condition.fill_null(True)


def either_for_both(original):
    return kleene.either


def leap_day_forgotten(original):
    def completed(birth, on):
        born, today = birth.month() * 100 + birth.day(), on.month() * 100 + on.day()
        return on.year() - birth.year() - (born > today).ifelse(1, 0)

    return completed


def refill_counts_twice(original):
    return lambda rows: rows


def first_member_only(original):
    def weighted(table, drugs):
        some = nodes.Drugs(drugs.name, drugs.weights[:1], drugs.unit, drugs.summed)
        return original(table, some)

    return weighted


SEEDED = [
    (subjects, "shifted", month_of_thirty_days, [LATEST, "has(thrombosis, within='3 mo')"]),
    (measured, "moment", first_of_a_tie, [LATEST, "latest(platelets) == '30 10*9/L'"]),
    (measured, "moment", latest_time_ignored, [LATEST, "latest(platelets) == '30 10*9/L'"]),
    (measured, "converted", without_conversion, [LATEST]),
    (measured, "factors", unit_factor_upside_down, ["latest(creatinine) > '1 mg/dL'"]),
    (bounds, "surely_less", less_counts_equality, ["latest(platelets) < '50 10*9/L'"]),
    (bounds, "surely_at_most", equal_is_above, ["latest(platelets) <= '50 10*9/L'"]),
    (measured, "surely", unknown_is_sure, ["positive(apl)"]),
    (stated, "both", either_for_both, ["has(thrombosis)"]),
    (stated, "_completed", leap_day_forgotten, ["age >= '15 a'"]),
    (taken, "_refilled", refill_counts_twice, ["dose(prednisone_equivalent) > '5 mg/d'"]),
    (taken, "_weighted", first_member_only, ["dose(prednisone_equivalent) > '5 mg/d'"]),
]


@pytest.fixture(scope="module")
def crowd():
    source = random.Random(11)
    people = [People(source).history() for _ in range(400)]
    return people, Database(people)


@pytest.mark.parametrize(
    ("module", "name", "bug", "rules"), SEEDED, ids=[case[2].__name__ for case in SEEDED]
)
def test_a_seeded_bug_is_found(module, name, bug, rules, crowd, monkeypatch):
    people, database = crowd
    parsed = [parse(rule, DICTIONARY) for rule in rules]
    original = getattr(module, name)
    replaced = bug(original)
    for place in (bounds, kleene, measured, stated, subjects, taken):
        if module is not stated and getattr(place, name, None) is original:
            monkeypatch.setattr(place, name, replaced)
    monkeypatch.setattr(module, name, replaced)
    assert next(differences(parsed, people, database), None) is not None


def test_the_crowd_shows_no_difference_without_a_bug(crowd):
    people, database = crowd
    rules = [parse(rule, DICTIONARY) for rule in dict.fromkeys(rule for *_, some in SEEDED for rule in some)]
    assert list(differences(rules, people, database)) == []


# -- The generator reaches what it should ------------------------------------------------------------------------

TRUTHFUL = (
    "and",
    "or",
    "not",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "positive",
    "repeated",
    "persisted",
    "stable",
)
TRUTHFUL += ("raised", "given", "has", "ongoing", "attested", "reached", "constant")
NUMERIC = ("latest", "at", "limit", "egfr", "bmi", "age", "dose", "+", "-", "*", "/", "number")


def test_every_operation_stands_inside_every_connective_and_most_numbers_inside_every_sign():
    pairs = set()
    for seed in range(1, 6):
        source = random.Random(seed)
        rules = Rules(source, DICTIONARY, 40)
        for _ in range(500):
            pairs |= set(operators(rules.node()))
    expected = {(outer, inner) for outer in ("and", "or", "not") for inner in TRUTHFUL}
    expected |= {
        (outer, inner) for outer in ("<", "<=", ">", ">=", "==", "!=") for inner in NUMERIC if inner != "*"
    }
    assert expected - pairs == set()


def test_the_crowd_has_every_edge(crowd):
    people, _ = crowd
    results = [each for person in people for each in person.measurements]
    drugs = [each for person in people for each in person.exposures]
    days = [(person, each.date) for person in people for each in person.measurements]
    edges = {
        "no value": [each for each in results if each.value is None],
        "no unit": [each for each in results if each.unit is None and each.value is not None],
        "only a bound": [each for each in results if each.comparator],
        "negative": [each for each in results if each.value is not None and each.value < 0],
        "not evaluable": [each for each in results if not each.valid],
        "unknown unit": [each for each in results if each.unit == "furlong"],
        "month only": [day for _, day in days if day.month and not day.exact],
        "year only": [day for _, day in days if day.month is None],
        "on index": [day for person, day in days if day.exact and day.earliest == person.index],
        "after index": [day for person, day in days if day.earliest > person.index],
        "leap day": [person for person in people if (person.index.month, person.index.day) == (2, 29)],
        "ties": [
            p for p in people if len({(m.analyte, m.date) for m in p.measurements}) < len(p.measurements)
        ],
        "no start": [each for each in drugs if each.start is None],
        "end before start": [
            each for each in drugs if each.start and each.end and each.end.latest < each.start.earliest
        ],
        "no dose": [each for each in drugs if each.dose is None],
        "incomplete": [person for person in people if not person.complete],
    }
    assert {edge for edge, found in edges.items() if not found} == set()
